/**
 * Clients in HTTP/2 that ask and do not take what they get: without a window, or without reading from the connection at
 * all. They are given up after Timeout, whatever answers them; one that takes little at a time is not.
 */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Appliance } from './appliance.js';
import { block, FrameClient, frame, PREFACE, settings, windowUpdate } from './h2-frames.js';
import { openRaw } from './raw-client.js';
import { RawOrigin } from './raw-origin.js';

const SIZE = 400_000;
const LARGE = 16_000_000;
const WHOLE = 5;
const [WINDOW, MOST] = [4, 2 ** 31 - 1];

function get(stream: number, path: string): Buffer {
  const fields = block([':method', 'GET'], [':scheme', 'http'], [':path', path], [':authority', 'a.test']);
  return frame('HEADERS', WHOLE, stream, fields);
}

describe('HTTP/2 clients that stand still', function () {
  this.timeout(120_000);
  let origin: RawOrigin;
  let drover: Appliance;
  /** The member's side of the large answer. */
  let member: Socket | undefined;
  before(async () => {
    origin = await RawOrigin.start((socket, { head }) => {
      const isLarge = head.line.includes('/large');
      if (isLarge) member = socket;
      const size = isLarge ? LARGE : SIZE;
      socket.write(`HTTP/1.1 200 OK\r\nCache-Control: max-age=600\r\nContent-Length: ${size}\r\n\r\n`);
      socket.write(Buffer.alloc(size, 'x'));
    });
    drover = await Appliance.start(
      `LoadModule http2_module modules/mod_http2.so
       LoadModule proxy_module modules/mod_proxy.so
       LoadModule proxy_http_module modules/mod_proxy_http.so
       LoadModule cache_module modules/mod_cache.so
       Protocols h2c http/1.1
       Timeout 2
       KeepAliveTimeout 60
       CacheEnable memory /kept
       ProxyPass / http://127.0.0.1:${origin.port}/`,
      { engine: 'node' },
    );
    await drover.ask('/kept', { headers: { host: 'a.test' } });
  });
  after(async () => {
    try {
      await drover.stop();
    } finally {
      await origin.stop();
    }
  });

  for (const path of ['/kept', '/fresh']) {
    it(`are reset when they give no window for ${path}`, async () => {
      const client = new FrameClient(await openRaw(drover.port));
      client.socket.write(Buffer.concat([PREFACE, settings([WINDOW, 0]), get(1, path)]));
      await client.until(({ heard }) => heard.includes('RST_STREAM 1 CANCEL'), 60_000);
      assert.equal(client.isClosed, false);
      client.socket.destroy();
    });
  }

  it('are cut off when they read nothing, and their members are free', async () => {
    const socket = await openRaw(drover.port);
    let isClosed = false;
    socket.on('error', () => undefined);
    socket.on('close', () => {
      isClosed = true;
    });
    socket.pause();
    socket.write(
      Buffer.concat([PREFACE, settings([WINDOW, MOST]), windowUpdate(0, MOST - 65_535), get(1, '/large')]),
    );
    while (member === undefined) await sleep(5);
    while (!member.destroyed) await sleep(5);
    socket.resume();
    while (!isClosed) await sleep(5);
  });

  it('are not meant when they take little at a time', async () => {
    const client = new FrameClient(await openRaw(drover.port));
    client.socket.write(
      Buffer.concat([PREFACE, settings([WINDOW, 0]), windowUpdate(0, MOST - 65_535), get(1, '/kept')]),
    );
    for (let given = 0; given < SIZE; given += 10_000) {
      client.socket.write(windowUpdate(1, 10_000));
      await sleep(100);
    }
    await client.until(({ heard }) => heard.some((words) => /^(?:DATA 1 END|RST_)/.test(words)), 60_000);
    assert.equal(
      client.data.reduce((sum, part) => sum + part.length, 0),
      SIZE,
      client.transcript,
    );
    client.socket.destroy();
  });
});
