/**
 * server-status: the keys that monitoring agents read, counted right, and what the handler takes and refuses.
 * Source: httpd 2.4, mod_status.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Appliance } from './appliance.js';
import { plainReply, RawOrigin } from './raw-origin.js';

/** Asks until it is so, twenty seconds at the most. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end; ) {
    if (await isSo()) return;
    await sleep(50);
  }
  assert.fail('it has not come to be so');
}

async function rawConnection(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  return socket;
}

describe('server-status', function () {
  this.timeout(120_000);
  let origin: RawOrigin;
  let edge: Appliance;
  /** A request for /slow has come to the member, which answers it when it is let to. */
  let heard: Promise<void>;
  let hear: () => void;
  let release: () => void;

  before(async () => {
    heard = new Promise((resolve) => {
      hear = resolve;
    });
    origin = await RawOrigin.start((socket, { head }) => {
      if (!head.line.includes('/slow')) socket.write(plainReply('hello'));
      else {
        release = () => socket.write(plainReply('slow'));
        hear();
      }
    });
    edge = await Appliance.start(
      `<Location /server-status>\nSetHandler server-status\n</Location>\nProxyPass /app http://127.0.0.1:${origin.port}/`,
      { threads: 2 },
    );
  });
  after(async () => {
    await edge.stop();
    await origin.stop();
  });

  /** `?auto` as a monitoring agent reads it. */
  async function auto(): Promise<Map<string, string>> {
    const { status, headers, body } = await edge.ask('/server-status?auto');
    assert.equal(status, 200);
    assert.equal(headers['content-type'], 'text/plain; charset=ISO-8859-1');
    const [name, ...lines] = body.trimEnd().split('\n');
    assert.equal(name, '127.0.0.1');
    return new Map(lines.map((line) => [line.split(': ')[0] ?? '', line.slice(line.indexOf(': ') + 2)]));
  }

  it('counts what was asked, over all threads', async () => {
    const before = Number((await auto()).get('Total Accesses'));
    for (let n = 0; n < 10; n += 1) assert.equal((await edge.ask('/app')).body, 'hello');
    // Another thread may count a request after its answer has come; each look is one more.
    let looks = 0;
    let after = await auto();
    while (Number(after.get('Total Accesses')) - before < 11 + looks || after.get('BusyWorkers') !== '1') {
      looks += 1;
      after = await auto();
    }
    assert.equal(Number(after.get('Total Accesses')) - before, 11 + looks);
    assert.match(after.get('Scoreboard') ?? '', /^[_W]{2}$/);
  });

  it('counts connections that are open and were accepted', async () => {
    const before = await auto();
    const accepted = Number(before.get('EdgeConnectionsAccepted'));
    assert.ok(Number(before.get('ConnsTotal')) >= 1);
    assert.equal(before.get('ConnsTotal'), before.get('EdgeConnectionsOpen'));
    const socket = await rawConnection(edge.port);
    // Each look is a connection of its own; the other one may be taken in later than they are.
    let looks = 0;
    await until(async () => {
      looks += 1;
      return Number((await auto()).get('EdgeConnectionsAccepted')) > accepted + looks;
    });
    socket.destroy();
  });

  it('shows what is being served, and what was, in httpd’s columns', async () => {
    const waiting = edge.ask('/app/slow?of=it');
    await heard;
    const { body } = await edge.ask('/server-status');
    const head = /<th>Srv<\/th>.*?<th>Request<\/th>/
      .exec(body)?.[0]
      .replace(/<[^>]+>/g, ' ')
      .trim();
    assert.equal(
      head?.split(/ +/).join(' '),
      'Srv PID Acc M SS Req Dur Conn Slot Client Protocol VHost Request',
    );
    const rows = body.match(/<tr><td class="" data-label="Srv">.*?<\/tr>/g) ?? [];
    const slow = rows.find((row) => row.includes('GET /app/slow?of=it HTTP/1.1')) ?? assert.fail(body);
    assert.match(slow, /data-label="M"><b>W<\/b>/);
    assert.match(slow, /data-label="Client">127\.0\.0\.1</);
    release();
    assert.equal((await waiting).body, 'slow');
    await until(async () => {
      const { body: after } = await edge.ask('/server-status');
      const done = after.match(/<tr><td class="" data-label="Srv">.*?<\/tr>/g) ?? [];
      return done.some((row) => row.includes('GET /app/slow?of=it') && row.includes('data-label="M">_<'));
    });
    assert.ok(!(await edge.ask('/server-status?notable')).body.includes('<th>Srv</th>'));
  });

  it('shows neither totals nor requests with ExtendedStatus Off', async () => {
    const plain = await Appliance.start(
      'ExtendedStatus Off\n<Location /server-status>\nSetHandler server-status\n</Location>',
    );
    try {
      const { body } = await plain.ask('/server-status');
      assert.ok(!body.includes('<th>Srv</th>') && !body.includes('Total accesses'));
      assert.match(body, /requests currently being processed/);
    } finally {
      await plain.stop();
    }
  });

  it('declines POST as httpd does, and refuses what is neither GET nor POST', async () => {
    const posted = await edge.ask('/server-status?auto', { method: 'POST', body: 'x=1' });
    assert.equal(posted.status, 404);
    const refused = await edge.ask('/server-status', { method: 'DELETE' });
    assert.equal(refused.status, 405);
  });

  it('refuses a body that no form is so long as', async () => {
    const refused = await edge.ask('/server-status', { method: 'POST', body: 'x'.repeat(70_000) });
    assert.equal(refused.status, 413);
    const headers = { 'Transfer-Encoding': 'chunked' };
    const body = 'x'.repeat(70_000);
    assert.equal((await edge.ask('/server-status', { method: 'POST', headers, body })).status, 413);
  });
});
