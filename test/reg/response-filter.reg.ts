/** Compression on a running drover: long bodies in pieces, slow clients, clients that leave, and limits of bodies. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { Appliance } from './appliance.js';

/** Such that it does not get shorter. */
const PIECE = randomBytes(65536);
const PIECES = 160;

for (const engine of ['uws', 'node'] as const) {
  describe(`response filter on ${engine}`, () => {
    let origin: Server;
    let appliance: Appliance;
    /** Bytes that the member has got rid of, and whether its response was cut. */
    let sent = 0;
    let cuts = 0;

    before(async function () {
      this.timeout(120_000);
      origin = createServer((request, response) => {
        sent = 0;
        request.resume();
        request.on('error', () => {});
        response.on('close', () => {
          if (!response.writableFinished) cuts += 1;
        });
        if (request.url === '/post') {
          request.on('end', () => response.end('taken'));
          return;
        }
        response.setHeader('Content-Type', 'text/plain');
        const next = (left: number): void => {
          if (left === 0) {
            response.end();
            return;
          }
          sent += PIECE.length;
          if (response.write(PIECE)) setImmediate(next, left - 1);
          else response.once('drain', () => next(left - 1));
        };
        next(request.url === '/endless' ? 1_000_000 : PIECES);
      });
      await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
      const { port } = origin.address() as AddressInfo;
      const text = `
SetOutputFilter DEFLATE
DeflateCompressionLevel 1
LimitRequestBody 100000
<Location /post>
  SetOutputFilter none
</Location>
ProxyPass / http://127.0.0.1:${port}/`;
      appliance = await Appliance.start(text, { engine });
    });

    after(async function () {
      this.timeout(120_000);
      await appliance.stop();
      origin.closeAllConnections();
      await new Promise((resolve) => origin.close(resolve));
    });

    it('passes a long body on, compressed, whole', async () => {
      const { headers, body } = await appliance.ask('/long', { headers: { 'accept-encoding': 'gzip' } });
      assert.equal(headers['content-encoding'], 'gzip');
      const plain = gunzipSync(Buffer.from(body, 'latin1'));
      assert.equal(plain.length, PIECE.length * PIECES);
      assert.ok(plain.subarray(-PIECE.length).equals(PIECE));
    }).timeout(120_000);

    it('stops reading from the member while the client takes nothing', async () => {
      const socket = connect(appliance.port, '127.0.0.1');
      socket.write('GET /endless HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n');
      await new Promise((resolve) => socket.once('readable', resolve));
      // What lies in sockets and filters is filled, then nothing moves any more.
      let before = -1;
      for (let i = 0; i < 200 && before !== sent; i += 1) {
        before = sent;
        await sleep(150);
      }
      assert.equal(sent, before);
      assert.ok(sent < 256 * 2 ** 20, `${sent} bytes were read ahead`);
      const cutsBefore = cuts;
      socket.destroy();
      while (cuts === cutsBefore) await sleep(5);
      assert.equal((await appliance.ask('/post', { method: 'POST', body: 'x' })).body, 'taken');
    }).timeout(120_000);

    it('refuses a body that is announced as too long before a member is asked', async () => {
      const { status } = await appliance.ask('/post', { method: 'POST', body: 'x'.repeat(100_001) });
      assert.equal(status, 413);
      await appliance.logSays(/AH01588: Requested content-length of 100001/);
      const { body } = await appliance.ask('/post', { method: 'POST', body: 'x'.repeat(100_000) });
      assert.equal(body, 'taken');
    }).timeout(120_000);

    it('refuses a chunked body as soon as it is too long', async () => {
      const socket = connect(appliance.port, '127.0.0.1');
      socket.write('POST /post HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n');
      const chunk = `4000\r\n${'y'.repeat(0x4000)}\r\n`;
      let text = '';
      socket.on('data', (bytes: Buffer) => {
        text += bytes.toString('latin1');
      });
      socket.on('error', () => {});
      for (let i = 0; i < 20 && !socket.destroyed && text === ''; i += 1) {
        socket.write(chunk);
        await sleep(5);
      }
      for (const end = Date.now() + 30_000; Date.now() < end && text === ''; ) await sleep(5);
      assert.match(text, /^HTTP\/1\.1 413 /);
      socket.destroy();
    }).timeout(120_000);
  });
}
