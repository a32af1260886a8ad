/**
 * slowhttptest's three attacks (heads, bodies and readers that are slow) with a thousand connections, on each engine.
 * All along, a probe on a connection of its own is answered; what is slow beyond RequestReadTimeout is closed; and
 * when it is over no client's connection is left open and no request under way. Connections to the member may be left, idle,
 * as many as there were answers at once. Each attack ends by itself after a fixed time.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../native-bench/free-port.js';
import { Appliance } from '../reg/appliance.js';
import { RawOrigin } from '../reg/raw-origin.js';

const CONNECTIONS = 1000;
/** Longer than either engine lets a slow head or body go on; a reader goes on until it is over. */
const CLOSED_WITHIN = 40;
const READ_FOR = 12;
const PROBE_EVERY_MS = 500;
/** A probe that takes longer was not served; a loaded machine needs some. */
const PATIENCE_MS = 10_000;
const LARGE = 400_000;
/** State of a socket that listens, in /proc/net/tcp. */
const LISTENS = '0A';

/** closes: connections that are too slow must be closed by drover within the attack. */
const ATTACKS: readonly { name: string; words: string[]; path: string; closes: boolean }[] = [
  { name: 'heads', words: ['-H', '-i', '3'], path: '/', closes: true },
  { name: 'bodies', words: ['-B', '-i', '3', '-s', '100000'], path: '/', closes: true },
  {
    name: 'readers',
    words: ['-X', '-w', '512', '-y', '1024', '-n', '3', '-z', '32'],
    path: '/large',
    closes: false,
  },
];

function hasTool(): boolean {
  try {
    execFileSync('which', ['slowhttptest'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Runs one attack; returns why it ended, in slowhttptest's words. */
async function attack(words: readonly string[], seconds: number, url: string): Promise<string> {
  const own = ['-c', `${CONNECTIONS}`, '-r', '400', '-l', `${seconds}`, '-p', '5', '-u', url];
  const child = spawn('slowhttptest', [...words, ...own], { stdio: ['ignore', 'pipe', 'ignore'] });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  await once(child, 'close');
  const [, why] = /Exit status:.*?([A-Z][a-z][\w ]+)/.exec(said) ?? [];
  assert.ok(why !== undefined, `slowhttptest did not end as it does: ${said.slice(-500)}`);
  return why;
}

describe('slow clients by the thousand', () => {
  let origin: RawOrigin;
  let drover: Appliance;
  let ports: Record<'uws' | 'node', number>;

  before(async function () {
    if (!hasTool()) {
      if (process.env['CI'] === 'true') assert.fail('slowhttptest is not installed');
      console.log('slowhttptest is not installed: nothing is attacked');
      this.skip();
    }
    const large = Buffer.alloc(LARGE, 'x');
    const head = `HTTP/1.1 200 OK\r\nContent-Length: ${LARGE}\r\n\r\n`;
    const small = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
    origin = await RawOrigin.start((socket, { head: { line } }) => {
      if (!line.includes('/large')) socket.write(small);
      else {
        socket.write(head);
        socket.write(large);
      }
    });
    const port = await freePort();
    drover = await Appliance.start(
      `Listen 127.0.0.1:${port}
RequestReadTimeout header=5 body=5,MinRate=500
<Location /server-status>
  SetHandler server-status
</Location>
ProxyPass /server-status !
ProxyPass / http://127.0.0.1:${origin.port}/
<VirtualHost *:${port}>
  EdgeEngine node
  ProxyPass / http://127.0.0.1:${origin.port}/
</VirtualHost>`,
      { threads: 2 },
    );
    ports = { uws: drover.port, node: port };
  });
  after(async () => {
    await drover.stop();
    await origin.stop();
  });

  async function probeUntil(port: number, isOver: () => boolean): Promise<number> {
    let probes = 0;
    for (; !isOver(); probes += 1) {
      const answer = await Promise.race([drover.ask('/', { port }), sleep(PATIENCE_MS)]);
      assert.equal(answer?.status, 200, `probe ${probes}`);
      await sleep(PROBE_EVERY_MS);
    }
    return probes;
  }

  async function busyWorkers(): Promise<number> {
    const { body } = await drover.ask('/server-status?auto');
    return Number(/^BusyWorkers: (\d+)$/m.exec(body)?.[1] ?? assert.fail(body));
  }

  for (const { name, words, path, closes } of ATTACKS) {
    for (const engine of ['uws', 'node'] as const) {
      it(`slow ${name} keep nobody else from being served by the ${engine} engine`, async () => {
        const port = ports[engine];
        let isOver = false;
        const attacked = attack(
          words,
          closes ? CLOSED_WITHIN : READ_FOR,
          `http://127.0.0.1:${port}${path}`,
        ).finally(() => {
          isOver = true;
        });
        const [ending, probes] = await Promise.all([attacked, probeUntil(port, () => isOver)]);
        assert.ok(probes > 3, `${probes} probes`);
        assert.equal(ending, closes ? 'No open connections left' : 'Hit test time limit');
        for (let tries = 0; tries < 600 && clientsOn(port) > 0; tries += 1) await sleep(50);
        assert.equal(clientsOn(port), 0, 'connections of clients are left');
        for (let tries = 0; tries < 600 && (await busyWorkers()) > 1; tries += 1) await sleep(50);
        assert.equal(await busyWorkers(), 1, 'requests besides the one that asks are under way');
      });
    }
  }
});

/** Connections that a process holds on one of its listening ports; those of which only the kernel knows have no inode. */
function clientsOn(port: number): number {
  const rows = readFileSync('/proc/net/tcp', 'latin1').trim().split('\n').slice(1);
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return rows.filter((row) => {
    const [, local = '', , state, , , , , , inode] = row.trim().split(/\s+/);
    return local.endsWith(suffix) && state !== LISTENS && inode !== '0';
  }).length;
}
