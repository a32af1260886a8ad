/**
 * Many open WebSockets that each say something once a second: all of it comes back, and memory stops growing once they are
 * open. `WEBSOCKETS=5000 npm run test:slow` makes more of them.
 */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { Appliance } from '../reg/appliance.js';
import { EchoMember } from '../reg/websocket-peers.js';

const SOCKETS = Number(process.env['WEBSOCKETS'] ?? 1000);
const SECONDS = 12;
/** Opened at a time: a listener's backlog is no longer. */
const BATCH = 100;
/** A message is this, and what round it is of. */
const TEXT = 'm'.repeat(120);
/** Of one open WebSocket, all buffers and both sockets of it. */
const MOST_BYTES_EACH = 40_000;
const SPARE_BYTES = 60_000_000;

for (const engine of ['uws', 'node'] as const) {
  describe(`${SOCKETS} WebSockets through the ${engine} engine`, function () {
    this.timeout(300_000);
    let member: EchoMember;
    let drover: Appliance;
    const sockets: WebSocket[] = [];

    before(async () => {
      member = await EchoMember.start();
      drover = await Appliance.start(`ProxyPass / ws://127.0.0.1:${member.port}/`, { engine });
    });
    after(async () => {
      for (const socket of sockets) socket.terminate();
      try {
        await drover.stop();
      } finally {
        await member.stop();
      }
    });

    it('lose nothing of a message a second, in bounded memory', async () => {
      const before = drover.residentBytes();
      let heard = 0;
      let lost = 0;
      while (sockets.length < SOCKETS) {
        const some = Array.from({ length: Math.min(BATCH, SOCKETS - sockets.length) }, () => {
          const socket = new WebSocket(`ws://127.0.0.1:${drover.port}/x`, { perMessageDeflate: false });
          socket.on('message', () => {
            heard += 1;
          });
          socket.on('close', () => {
            lost += 1;
          });
          socket.on('error', () => undefined);
          return socket;
        });
        sockets.push(...some);
        await Promise.all(some.map((socket) => new Promise((resolve) => socket.once('open', resolve))));
      }
      const open = drover.residentBytes();
      let middle = 0;
      for (let round = 0; round < SECONDS; round += 1) {
        const end = Date.now() + 1000;
        for (const socket of sockets) socket.send(`${TEXT} ${round}`);
        await sleep(Math.max(end - Date.now(), 0));
        if (round === Math.floor(SECONDS / 2)) middle = drover.residentBytes();
      }
      for (let wait = 0; wait < 1000 && heard < SOCKETS * SECONDS; wait += 1) await sleep(20);
      const last = drover.residentBytes();
      const megabytes = [before, open, middle, last].map((bytes) => Math.round(bytes / 1e6));
      console.log(`    resident megabytes before, open, half-way, at the end: ${megabytes.join(', ')}`);
      assert.deepEqual([heard, lost], [SOCKETS * SECONDS, 0]);
      assert.ok(last - before < SOCKETS * MOST_BYTES_EACH + SPARE_BYTES, `${last - before} bytes more`);
      assert.ok(last - middle < SPARE_BYTES / 2, `${last - middle} bytes more in the second half`);
    });
  });
}
