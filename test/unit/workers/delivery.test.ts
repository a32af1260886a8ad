import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../../native-bench/free-port.js';
import type { MemberSettings } from '../../../workers/member.js';
import { plainReply, RawOrigin } from '../../reg/raw-origin.js';
import { member } from './fixture.js';
import { Room, TestJob } from './job-fixture.js';

/** Settings for a member at an origin. */
function memberAt(slot: number, port: number, more: Partial<MemberSettings> = {}): MemberSettings {
  return member(slot, { name: `http://127.0.0.1:${port}`, port, timeout: 200, retry: 0, ...more });
}

/** Numbers from 0 to below 1, the same for the same seed (mulberry32). */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What a member does with a request, by the word in its path. */
const FAULTS: Record<string, (socket: Socket) => void> = {
  ok: (socket) => socket.write(plainReply('ok')),
  late: (socket) => setTimeout(() => socket.write(plainReply('ok')), 10),
  chunked: (socket) =>
    socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n'),
  close: (socket) => socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok'),
  unframed: (socket) => socket.end('HTTP/1.1 200 OK\r\n\r\nok'),
  interim: (socket) => socket.write(`HTTP/1.1 103 Hints\r\n\r\n${plainReply('ok')}`),
  surplus: (socket) => socket.write(`${plainReply('ok')}surplus`),
  reset: (socket) => socket.resetAndDestroy(),
  end: (socket) => socket.end(),
  silent: () => undefined,
  garbage: (socket) => socket.write('garbage\r\n\r\n'),
  half: (socket) => socket.end('HTTP/1.1 200 OK\r\nConte'),
  cut: (socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nok'),
  stall: (socket) => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nok'),
  chunkcut: (socket) => socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n'),
  badchunk: (socket) => socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nok\r\n'),
  busy: (socket) => socket.write('HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n'),
};
const NAMES = Object.keys(FAULTS);

describe('a delivery', function () {
  this.timeout(30_000);
  let origins: RawOrigin[];
  let room: Room;
  beforeEach(async () => {
    const answer = (socket: Socket, target: string): void => FAULTS[target.split('/')[1] ?? 'ok']?.(socket);
    origins = [];
    for (let n = 0; n < 2; n += 1)
      origins.push(
        await RawOrigin.start((socket, { head }) => answer(socket, head.line.split(' ')[1] ?? '')),
      );
  });
  afterEach(async () => {
    room.close();
    await Promise.all(origins.map((origin) => origin.stop()));
  });
  const portOf = (index: number): number => (origins[index] as RawOrigin).port;

  for (const name of NAMES) {
    it(`gives back all it held after an answer of the kind: ${name}`, async () => {
      room = new Room([memberAt(0, portOf(0), { max: 2 })]);
      for (const method of ['GET', 'POST']) {
        const job = new TestJob(method, `/${name}`);
        room.deliver(job);
        assert.notEqual(await job.done, 'cancelled');
        room.assertIdle();
      }
    });
  }

  it('gives back what it held of every member after a failover', async () => {
    const port = await freePort();
    room = new Room([memberAt(0, port, { max: 1, retry: 1000 }), memberAt(1, portOf(0), { max: 1 })]);
    let asked: Socket | undefined;
    (origins[0] as RawOrigin).onRequest = (socket) => {
      asked = socket;
    };
    const job = new TestJob('GET', '/held');
    room.deliver(job);
    while (asked === undefined) await sleep(1);
    assert.deepEqual([room.board.busyOf(0), room.board.busyOf(1)], [1, 1]);
    asked.write(plainReply('ok'));
    assert.equal(await job.done, 'answered');
    assert.deepEqual(job.picks, [0, 1]);
    room.assertIdle();
  });

  it('gives back all when it is cancelled: in line, connecting, before, within and after the answer', async () => {
    room = new Room([memberAt(0, portOf(0), { max: 1 })]);
    const first = new TestJob('GET', '/silent');
    const second = new TestJob('GET', '/silent');
    room.deliver(first);
    room.deliver(second);
    second.cancel();
    first.cancel();
    await sleep(30);
    room.assertIdle();
    for (const path of ['/silent', '/stall', '/ok']) {
      const job = new TestJob('GET', path);
      room.deliver(job);
      await sleep(30);
      job.cancel();
      room.assertIdle();
    }
  });

  it('stops reading from the member when the client is full, from the first piece on', async () => {
    (origins[0] as RawOrigin).onRequest = (socket) => {
      const size = 4_000_000;
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
      socket.write(Buffer.alloc(size, 'x'));
    };
    room = new Room([memberAt(0, portOf(0), { timeout: 1000 })]);
    const job = new TestJob('GET', '/large');
    job.isFull = true;
    const delivery = room.deliver(job);
    await sleep(150);
    assert.ok(job.body.length <= 65_536, `${job.body.length} bytes came`);
    await sleep(1100); // the member's time-out rests as long as the client is the slow one
    job.isFull = false;
    delivery.resume();
    assert.equal(await job.done, 'answered');
    assert.equal(job.body.length, 4_000_000);
    room.assertIdle();
  });

  it('sends a chunked body to its end when all of it came while 100 was waited for', async () => {
    const [origin] = origins as [RawOrigin];
    origin.onHead = (socket) => {
      setTimeout(() => socket.write('HTTP/1.1 100 Continue\r\n\r\n'), 20);
    };
    room = new Room([memberAt(0, portOf(0), { ping: 15_000, timeout: 15_000 })]);
    const job = new TestJob('POST', '/ok', -1);
    const delivery = room.deliver(job);
    delivery.pushBody(Buffer.alloc(20_000, 'a'), false);
    await sleep(10);
    delivery.pushBody(Buffer.alloc(20_000, 'b'), false);
    delivery.pushBody(Buffer.alloc(0), true);
    assert.equal(await job.done, 'answered');
    assert.equal(origin.requests[0]?.body.length, 40_000);
    room.assertIdle();
  });

  it('leaves nothing held after a thousand random faults', async () => {
    const random = seeded(20_240_907);
    const port = await freePort();
    room = new Room(
      [
        // Errors are forgiven at once: on a slow machine the limits are met by requests that are fine, too.
        memberAt(0, portOf(0), { max: 8, acquire: 100, timeout: 200, retry: 0 }),
        memberAt(1, portOf(1), { ping: 100, timeout: 200, retry: 0 }),
        memberAt(2, port, { retry: 0 }),
      ],
      { failonstatus: [503], failontimeout: true, lbmethod: 'bybusyness' },
    );
    const ends = new Map<string, number>();
    let left = 1000;
    const runOne = async (): Promise<void> => {
      const name = NAMES[Math.floor(random() * NAMES.length)] ?? 'ok';
      const method = random() < 0.5 ? 'GET' : 'POST';
      const size = method === 'GET' ? 0 : Math.floor(random() * 60_000);
      const isChunked = random() < 0.5;
      const job = new TestJob(method, `/${name}`, size > 0 && isChunked ? -1 : size);
      const delivery = room.deliver(job);
      for (let sent = 0; sent < size && job.end === undefined; ) {
        const piece = Math.min(size - sent, 1 + Math.floor(random() * 30_000));
        sent += piece;
        delivery.pushBody(Buffer.alloc(piece, 'x'), sent === size);
        if (random() < 0.3) await sleep(1);
      }
      if (random() < 0.3) setTimeout(() => job.cancel(), Math.floor(random() * 30));
      const end = await job.done;
      ends.set(end, (ends.get(end) ?? 0) + 1);
    };
    const runMany = async (): Promise<void> => {
      while (left > 0) {
        left -= 1;
        await runOne();
      }
    };
    await Promise.all(Array.from({ length: 40 }, runMany));
    assert.equal(
      [...ends.values()].reduce((sum, count) => sum + count, 0),
      1000,
    );
    // How many of each depends on how busy the machine is; that each way out was taken does not.
    for (const end of ['answered', 'failed', 'cancelled'])
      assert.ok((ends.get(end) ?? 0) > 0, `${end}: ${ends.get(end)}`);
    while (!room.isIdle()) await sleep(10);
    room.assertIdle();
  });
});
