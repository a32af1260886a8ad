/**
 * Clients that leave: in the middle of a download, of an upload, of a head, while the member thinks. The member's transfer
 * stops, its connection is not used again, and no member is left counted as busy: bybusyness, which asks the least busy
 * one, then still finds them all.
 */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Appliance } from './appliance.js';
import { openRaw } from './raw-client.js';
import { plainReply, RawOrigin, type RawRequest } from './raw-origin.js';

/** More than all buffers between a member and a client that does not read. */
const ENDLESS = 64 * 2 ** 20;

for (const engine of ['uws', 'node'] as const) {
  describe(`a client that leaves, on the ${engine} engine`, function () {
    this.timeout(120_000);
    let origins: RawOrigin[];
    let drover: Appliance;
    /** Bytes of endless answers that members could send, and whether their connection was closed. */
    let sent: number;
    let closed: number;

    beforeEach(() => {
      sent = 0;
      closed = 0;
      for (const origin of origins) origin.reset();
    });
    before(async () => {
      origins = await Promise.all(['web1', 'web2', 'web3'].map((name) => RawOrigin.start(answer(name))));
      const members = origins.map((origin) => `BalancerMember http://127.0.0.1:${origin.port}`);
      drover = await Appliance.start(
        `<Proxy balancer://b>\n${members.join('\n')}\nProxySet lbmethod=bybusyness\n</Proxy>
ProxyPass / balancer://b/`,
        { engine },
      );
    });
    after(async () => {
      await drover.stop();
      await Promise.all(origins.map((origin) => origin.stop()));
    });

    function answer(name: string): (socket: Socket, request: RawRequest) => void {
      return (socket, { head }) => {
        if (head.line.includes('/never'))
          socket.once('close', () => {
            closed += 1;
          });
        else if (head.line.includes('/endless')) sendEndless(socket);
        else socket.write(plainReply(name));
      };
    }
    function sendEndless(socket: Socket): void {
      const piece = Buffer.alloc(65_536, 'x');
      const more = (): void => {
        while (!socket.destroyed && sent < ENDLESS) {
          sent += piece.length;
          if (!socket.write(piece)) return;
        }
      };
      socket.once('close', () => {
        closed += 1;
      });
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${ENDLESS * 4}\r\n\r\n`);
      socket.on('drain', more);
      more();
    }
    /** Asserts that no member counts as busy: one that did would not be asked while others are idle. */
    async function assertIdle(): Promise<void> {
      const seen = new Set<string>();
      for (let n = 0; n < 60 && seen.size < 3; n += 1) seen.add((await drover.ask()).body);
      assert.deepEqual([...seen].sort(), ['web1', 'web2', 'web3']);
    }
    async function until(isSo: () => boolean): Promise<void> {
      while (!isSo()) await sleep(5);
    }

    it('within a download stops the member’s transfer', async () => {
      const socket = await openRaw(drover.port);
      socket.write('GET /endless HTTP/1.1\r\nHost: a.test\r\n\r\n');
      await new Promise((resolve) => socket.once('data', resolve));
      socket.destroy();
      await until(() => closed === 1);
      assert.ok(sent < ENDLESS, 'all of it was read from the member');
      await assertIdle();
    });

    it('without having read a byte of a download stops it too', async () => {
      const socket = await openRaw(drover.port);
      socket.pause();
      socket.write('GET /endless HTTP/1.1\r\nHost: a.test\r\n\r\n');
      let before = -1;
      while (sent === 0 || sent !== before) {
        before = sent;
        await sleep(100);
      }
      socket.resetAndDestroy();
      await until(() => closed === 1);
      await assertIdle();
    });

    it('while the member thinks ends the member’s request', async () => {
      const socket = await openRaw(drover.port);
      socket.write('GET /never HTTP/1.1\r\nHost: a.test\r\n\r\n');
      await until(() => origins.some((origin) => origin.requests.length > 0));
      socket.destroy();
      await until(() => closed === 1);
      await assertIdle();
    });

    it('in the middle of an upload leaves nothing behind', async () => {
      for (const size of [10, 100_000]) {
        const socket = await openRaw(drover.port);
        socket.write(
          `POST /upload HTTP/1.1\r\nHost: a.test\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(size)}`,
        );
        await sleep(50);
        socket.destroy();
      }
      await until(() => origins.every((origin) => origin.open <= 1));
      await assertIdle();
      assert.deepEqual(
        origins.flatMap(({ requests }) => requests.filter(({ head }) => head.line.includes('upload'))),
        [],
      );
    });

    it('in the middle of a chunk or a head leaves nothing behind', async () => {
      const halves = [
        'POST /upload HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\nabc',
        'GET /half HTTP/1.1\r\nHost: a.te',
        'GET /ha',
      ];
      for (const half of halves) {
        const socket = await openRaw(drover.port);
        socket.write(half);
        await sleep(20);
        socket.resetAndDestroy();
      }
      await assertIdle();
    });

    it('many times at once leaves nothing behind', async () => {
      const sockets = await Promise.all(Array.from({ length: 60 }, () => openRaw(drover.port)));
      sockets.forEach((socket, n) => {
        socket.on('error', () => undefined);
        socket.write(`GET /${n % 2 === 0 ? 'never' : 'x'} HTTP/1.1\r\nHost: a.test\r\n\r\n`);
      });
      await until(() => origins.reduce((sum, origin) => sum + origin.requests.length, 0) >= 60);
      for (const socket of sockets) socket.destroy();
      await until(() => closed === 30);
      await assertIdle();
    });
  });
}
