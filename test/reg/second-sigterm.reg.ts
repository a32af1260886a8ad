/**
 * A second SIGTERM in the middle of a drain, with a real download under way: the first one lets it go on and takes nothing
 * new, the second cuts it, and drover ends at once with 0 and leaves nothing.
 */
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Appliance } from './appliance.js';
import { RawOrigin } from './raw-origin.js';
import { processesOf } from './upgrade-run.js';

const PIECE = 'p'.repeat(10_000);

for (const engine of ['uws', 'node'] as const)
  describe(`a second SIGTERM while a download drains (${engine})`, function () {
    this.timeout(120_000);
    let origin: RawOrigin;
    let drover: Appliance;
    let member: Socket | undefined;

    before(async () => {
      origin = await RawOrigin.start((socket) => {
        member = socket;
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n${PIECE}`);
      });
      drover = await Appliance.start(`ProxyPass / http://127.0.0.1:${origin.port}/`, { engine, threads: 2 });
    });
    after(async () => {
      for (const pid of processesOf(drover)) process.kill(pid, 'SIGKILL');
      await origin.stop();
    });

    it('ends it with 0, where the first let it go on', async () => {
      let received = 0;
      let isCut = false;
      const download = await new Promise<IncomingMessage>((resolve, reject) => {
        get({ port: drover.port, host: '127.0.0.1', path: '/', agent: false }, resolve).on('error', reject);
      });
      download.on('data', (chunk: Buffer) => {
        received += chunk.length;
      });
      const over = new Promise<void>((resolve) => {
        download.on('error', () => {
          isCut = true;
        });
        download.on('close', resolve);
      });
      while (received < PIECE.length) await sleep(5);

      drover.signal('SIGTERM');
      await drover.logSays('AH00491: caught SIGTERM, shutting down');
      while (!(await isRefused(drover.port))) await sleep(5);
      member?.write(PIECE);
      while (received < 2 * PIECE.length) await sleep(5);
      assert.ok(processesOf(drover).length >= 2, 'supervisor and edge process are there');

      drover.signal('SIGTERM');
      await over;
      assert.equal(isCut, true, 'the download was cut');
      assert.equal(await drover.exitCode(), 0);
      assert.deepEqual(processesOf(drover), []);
      assert.equal(existsSync(join(drover.folder, 'drover.pid')), false);
      assert.doesNotMatch(drover.log(), /\babort(?:ed)?\b|uv loop|open handles|SIGKILL|still has/i);
      await drover.sweep();
    });
  });

function isRefused(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
  });
}
