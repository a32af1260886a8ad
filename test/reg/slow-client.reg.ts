/**
 * A client that asks on and on over one connection and reads nothing: at some point the kernel takes no more, mostly in
 * the first piece of a response. When the client reads at last, it finds every byte of every response in its place.
 * uWebSockets.js drops a client that asks while an answer is under way, so how many fit is found out on a connection
 * that is lost by it.
 */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { BodyDecoder, framingOf, takeHead } from '../diff/harness/message.js';
import { Appliance } from './appliance.js';
import { openRaw } from './raw-client.js';
import { RawOrigin } from './raw-origin.js';

/** A little more than what is read from a member at once, so that a response comes in a large piece and a small one. */
const SIZE = 70_000;
/** Enough for a response to be passed on when the client's side takes it. */
const PASS_MS = 4;
/** A question that has not reached the member for so long does not, until something is read. */
const STOPPED_MS = 1000;
const MOST = 300;

/** A body that tells which response it belongs to and where each of its bytes stands. */
function bodyOf(number: number): Buffer {
  const text = Array.from({ length: Math.ceil(SIZE / 16) }, (_, i) => `${number}:${i} `.padEnd(16, '.'));
  return Buffer.from(text.join('')).subarray(0, SIZE);
}

describe('a client that reads nothing for a while', function () {
  this.timeout(120_000);
  let origin: RawOrigin;
  let drover: Appliance;
  const start = async (engine: 'uws' | 'node', coding: 'length' | 'chunked'): Promise<void> => {
    const field = coding === 'length' ? `Content-Length: ${SIZE}` : 'Transfer-Encoding: chunked';
    origin = await RawOrigin.start((socket, { head }) => {
      const body = bodyOf(Number(head.line.split(' ')[1]?.slice(1)));
      const parts =
        coding === 'length'
          ? [body]
          : [Buffer.from(`${SIZE.toString(16)}\r\n`), body, Buffer.from('\r\n0\r\n\r\n')];
      socket.write(Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\n${field}\r\n\r\n`), ...parts]));
    });
    const text = `MaxKeepAliveRequests 0\nProxyPass / http://127.0.0.1:${origin.port}/`;
    drover = await Appliance.start(text, { engine });
  };
  afterEach(async () => {
    await drover.stop();
    await origin.stop();
  });

  /** Asks so many times without reading, then reads all; the number of requests that were taken, and what came. */
  async function askAll(count: number): Promise<{ asked: number; bytes: Buffer; isLost: boolean }> {
    const socket = await openRaw(drover.port);
    const chunks: Buffer[] = [];
    socket.on('error', () => undefined);
    let asked = 0;
    for (; asked < count && !socket.destroyed; asked += 1) {
      const before = origin.requests.length;
      socket.write(`GET /${asked} HTTP/1.1\r\nHost: a.test\r\n\r\n`);
      for (const end = Date.now() + STOPPED_MS; Date.now() < end && origin.requests.length === before; )
        await sleep(1);
      if (origin.requests.length === before) break;
      await sleep(PASS_MS);
    }
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    const last = bodyOf(asked - 1).subarray(-32);
    const isOver = (): boolean =>
      socket.destroyed || socket.readableEnded || Buffer.concat(chunks.slice(-8)).includes(last);
    for (const end = Date.now() + 60_000; Date.now() < end && !isOver(); ) await sleep(20);
    for (let size = -1; size !== lengthOf(chunks); ) {
      size = lengthOf(chunks);
      await sleep(100);
    }
    // While nothing was read, an end of the connection could not be seen.
    const isLost = socket.destroyed || socket.readableEnded;
    socket.destroy();
    return { asked, bytes: Buffer.concat(chunks), isLost };
  }

  for (const engine of ['uws', 'node'] as const) {
    for (const coding of ['length', 'chunked'] as const) {
      it(`gets every byte in its place: ${coding}, ${engine} engine`, async () => {
        await start(engine, coding);
        const { asked } = await askAll(MOST);
        assert.ok(asked > 1 && asked < MOST, `${asked} requests were taken`);
        // How much the kernel takes varies: where it took less this time, the last question lost the connection again.
        for (let count = asked; count > asked - 6; count -= 1) {
          const again = await askAll(count);
          if (again.isLost || again.asked < count) continue;
          assertResponses(again.bytes, count);
          return;
        }
        assert.fail('the connection was lost every time');
      });
    }
  }
});

function lengthOf(chunks: readonly Buffer[]): number {
  return chunks.reduce((sum, chunk) => sum + chunk.length, 0);
}

function assertResponses(bytes: Buffer, count: number): void {
  let rest = bytes;
  for (let number = 0; number < count; number += 1) {
    const taken = takeHead(rest);
    assert.ok(taken !== undefined, `response ${number} of ${count} has no head`);
    const decoder = new BodyDecoder(framingOf(taken.head.fields, 'close'));
    rest = decoder.feed(taken.rest);
    assert.equal(decoder.isDone, true, `response ${number} of ${count} is cut`);
    assert.ok(decoder.body.equals(bodyOf(number)), `response ${number} of ${count} has wrong bytes`);
  }
  assert.equal(rest.length, 0);
}
