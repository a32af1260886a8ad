/**
 * What is stored, asked for by who closes: the whole of it comes with the Date of when it was made, the connection ends
 * behind it, and the access log has the bytes that left. Bodies that are too long for that come whole as well.
 * Source: RFC 9110 6.6.1; RFC 9112 9.6; httpd 2.4, mod_logio.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Appliance } from './appliance.js';
import { sendRaw } from './raw-client.js';

const MADE = 'Wed, 01 Jan 2025 00:00:00 GMT';
const SIZES = [0, 1, 5000, 8192, 8193, 100_000];

for (const engine of ['uws', 'node'] as const) {
  describe(`a stored answer behind which the connection ends, on the ${engine} engine`, function () {
    this.timeout(60_000);
    let origin: Server;
    let drover: Appliance;
    const sent: string[] = [];

    before(async () => {
      origin = createServer((request, response) => {
        response.setHeader('Date', MADE);
        response.setHeader('Cache-Control', 'max-age=2000000000');
        response.end('x'.repeat(Number(request.url?.slice(2))));
      });
      await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
      const { port } = origin.address() as AddressInfo;
      drover = await Appliance.start(
        `CacheEnable memory /\nProxyPass / http://127.0.0.1:${port}/
LogFormat "%B %O" sent\nCustomLog "\${FOLDER}/sent" sent`,
        { engine },
      );
    });
    after(async () => {
      await drover.stop();
      await new Promise((resolve) => origin.close(resolve));
    });

    for (const size of SIZES) {
      it(`of ${size} bytes`, async () => {
        await drover.ask(`/b${size}`);
        const host = `127.0.0.1:${drover.port}`;
        const ask = `GET /b${size} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;
        const reply = await sendRaw(drover.port, ask, { closes: true });
        assert.equal(reply.status, 200);
        assert.equal(reply.isClosed, true);
        assert.ok(reply.body === 'x'.repeat(size), `${reply.body.length} bytes of a body`);
        const [head = ''] = reply.text.split('\r\n\r\n', 1);
        assert.match(head, /\r\nAge: [1-9]/);
        assert.equal(head.match(/\r\nDate: /g)?.length, 1);
        if (engine === 'node' || size <= 8192) assert.ok(head.includes(`\r\nDate: ${MADE}`), head);
        sent.push(`${size} ${reply.text.length}`);
      });
    }

    if (engine === 'uws') {
      it('is logged with the bytes that left', async () => {
        for (;;) {
          const lines = readFileSync(join(drover.folder, 'sent'), 'utf8').split('\n').slice(0, -1);
          if (lines.length === 2 * sent.length) {
            assert.deepEqual(
              lines.filter((_, at) => at % 2 === 1),
              sent,
            );
            return;
          }
          await sleep(10);
        }
      });
    }
  });
}
