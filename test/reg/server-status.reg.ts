/**
 * server-status: the keys that monitoring agents read, counted right, and what the handler takes and refuses.
 * Source: httpd 2.4, mod_status.
 */
import assert from 'node:assert/strict';
import { Appliance } from './appliance.js';
import { plainReply, RawOrigin } from './raw-origin.js';

describe('server-status', function () {
  this.timeout(20_000);
  let origin: RawOrigin;
  let edge: Appliance;

  before(async () => {
    origin = await RawOrigin.start((socket) => socket.write(plainReply('hello')));
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
    const after = await auto();
    assert.equal(Number(after.get('Total Accesses')) - before, 11);
    assert.equal(after.get('BusyWorkers'), '1');
    assert.match(after.get('Scoreboard') ?? '', /^[_W]{2}$/);
  });

  it('takes POST, and refuses what is neither GET nor POST', async () => {
    const posted = await edge.ask('/server-status?auto', { method: 'POST', body: 'x=1' });
    assert.equal(posted.status, 200);
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
