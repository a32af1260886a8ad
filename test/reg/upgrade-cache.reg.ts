/**
 * The cache over `-k upgrade`: the new program begins with what the old one had, and what is purged in either is served by
 * neither, as long as both are there. What the old one finishes counts in the new one.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Appliance } from './appliance.js';
import { KeptConnections } from './kept-connections.js';
import { isAlive } from './process-run.js';
import { RawOrigin } from './raw-origin.js';
import { terminate, upgrade } from './upgrade-run.js';

const CLI = join(import.meta.dirname, '../../edge/cli.js');

describe('the cache over an upgrade', function () {
  this.timeout(120_000);
  let origin: RawOrigin;
  let drover: Appliance;
  let successor = 0;
  /** Connections to the old program, which it keeps while it drains. */
  let kept: KeptConnections | undefined;
  let slow: (() => void) | undefined;

  /** Where tcp_migrate_req is off, connections that wait on a listener that closes are reset: they are made again. */
  async function stateOf(path: string): Promise<string> {
    for (let left = 10; ; left -= 1) {
      try {
        return String((await drover.ask(path)).headers['cache-status']);
      } catch (error) {
        if (left === 0 || (error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error;
      }
    }
  }
  function bytesRead(): number {
    const words = [CLI, 'ctl', '-f', join(drover.folder, 'drover.conf'), 'status', 'b', '--json'];
    const { stdout } = spawnSync(process.execPath, words, { encoding: 'utf8' });
    const { members } = JSON.parse(stdout) as { members: { bytesRead: number }[] };
    return members[0]?.bytesRead ?? -1;
  }

  before(async () => {
    origin = await RawOrigin.start((socket, { head }) => {
      const send = (): boolean =>
        socket.write('HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nContent-Length: 4\r\n\r\nbody');
      if (head.line.includes('/slow')) slow = send;
      else send();
    });
    drover = await Appliance.start(
      `KeepAliveTimeout 60
CacheMemorySize 16M
CacheEnable memory /
CacheStatus On
CachePurge 127.0.0.1
<Proxy balancer://b>
  BalancerMember http://127.0.0.1:${origin.port}
</Proxy>
ProxyPass / balancer://b/`,
      { threads: 2 },
    );
  });
  after(async () => {
    kept?.close();
    // Only after a failure is anything left.
    for (const pid of [drover.pid, successor]) if (pid > 0 && isAlive(pid)) process.kill(pid, 'SIGKILL');
    await origin.stop();
  });

  it('is there, but for what was purged', async () => {
    for (const path of ['/page', '/purged', '/later', '/last']) {
      await stateOf(path);
      assert.match(await stateOf(path), /hit/);
    }
    assert.equal((await drover.ask('/purged', { method: 'PURGE' })).status, 200);
    kept = await KeptConnections.open(drover.port, '/page');
    successor = await upgrade(drover);
    const asked = origin.requests.length;
    assert.match(await stateOf('/page'), /hit/);
    assert.equal(origin.requests.length, asked);
    assert.match(await stateOf('/purged'), /fwd=/);
  });

  it('is told in the old program what is purged in the new one', async () => {
    assert.equal((await drover.ask('/later', { method: 'PURGE' })).status, 200);
    await kept?.hear(drover.port, '/later', /Cache-Status: .*fwd=/i);
    kept?.close();
    assert.equal(await drover.exitCode(), 0);
  });

  it('leaves no file behind', () => {
    const left = readdirSync(drover.folder).filter((name) => name.includes('cache'));
    assert.deepEqual(left, []);
  });

  it('goes over to a third program, while the second still drains', async () => {
    const hanging = drover.ask('/slow');
    while (slow === undefined) await sleep(5);
    const second = successor;
    successor = await upgrade(drover);
    assert.match(await stateOf('/page'), /hit/);
    assert.match(await stateOf('/last'), /hit/);
    const before = bytesRead();
    slow();
    assert.equal((await hanging).status, 200);
    while (isAlive(second)) await sleep(10);
    // What it has finished meanwhile counts in the third.
    while (bytesRead() === before) await sleep(50);
    await terminate(successor);
    await drover.sweep();
  });
});
