/**
 * Compressed variants in the cache: made once, by a thread that does nothing else, whole or not at all, and served to
 * everybody after the first.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer, type OutgoingHttpHeaders, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { Appliance } from './appliance.js';

const LINE = 'the same words again and again, as in a page that is worth it\n';
const SITE = (port: number): string => `
CacheEnable memory /
CacheHeader On
CacheMaxFileSize 8000000
<Location /br/>
  SetOutputFilter BROTLI_COMPRESS
</Location>
<Location /gzip/>
  SetOutputFilter DEFLATE
</Location>
ProxyPass / http://127.0.0.1:${port}/`;

interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: Buffer;
}

/** How much nicer the threads of a process are than its main one, by number. */
function nicerBy(pid: number): number[] {
  const niceOf = (tid: string): number => {
    const stat = readFileSync(`/proc/${pid}/task/${tid}/stat`, 'utf8').replace(/^.*\) /, '');
    return Number(stat.split(' ')[16]);
  };
  const usual = niceOf(String(pid));
  return readdirSync(`/proc/${pid}/task`).map((tid) => niceOf(tid) - usual);
}

for (const engine of ['uws', 'node'] as const) {
  describe(`compressed variants on ${engine}`, function () {
    this.timeout(120_000);
    let origin: Server;
    let drover: Appliance;
    let asked = 0;
    /** Called when half of a body of /…/halves has been sent. */
    let onHalf: (cut: () => void, rest: () => void) => void = () => {};

    before(async () => {
      origin = createServer((request_, response) => {
        asked += 1;
        const path = request_.url ?? '';
        const [size = '0'] = /\d+/.exec(path) ?? [];
        const body = LINE.repeat(Math.ceil(Number(size) / LINE.length)).slice(0, Number(size));
        response.writeHead(200, {
          'Content-Type': 'text/plain',
          'Content-Length': body.length,
          'Cache-Control': 'max-age=600',
        });
        if (!path.includes('halves')) return void response.end(body);
        const half = body.length / 2;
        response.write(body.slice(0, half));
        onHalf(
          () => response.destroy(),
          () => response.end(body.slice(half)),
        );
      });
      await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
      drover = await Appliance.start(SITE((origin.address() as AddressInfo).port), { engine });
    });
    after(async () => {
      await drover.stop();
      origin.closeAllConnections();
      await new Promise((resolve) => origin.close(resolve));
    });

    /** errors: rejects when the response is cut */
    function ask(
      path: string,
      headers: OutgoingHttpHeaders = { 'accept-encoding': 'gzip, br' },
    ): Promise<Answer> {
      return new Promise((resolve, reject) => {
        const sent = request(
          {
            host: '127.0.0.1',
            port: drover.port,
            path,
            agent: false,
            headers,
          },
          (response) => {
            const parts: Buffer[] = [];
            response.on('data', (part: Buffer) => parts.push(part));
            response.on('end', () =>
              resolve({
                status: response.statusCode ?? 0,
                headers: response.headers,
                body: Buffer.concat(parts),
              }),
            );
            response.on('error', reject);
          },
        );
        sent.on('error', reject);
        sent.end();
      });
    }

    for (const [name, coding, decode] of [
      ['gzip', 'gzip', gunzipSync],
      ['br', 'br', brotliDecompressSync],
    ] as const) {
      it(`are made once, of bodies of any length (${coding})`, async () => {
        for (const size of [100, 8191, 8192, 60_000, 200_000, 4_194_304, 4_194_305]) {
          const path = `/${name}/${size}`;
          const before = asked;
          const first = await ask(path);
          const again = await ask(path);
          assert.equal(first.headers['content-encoding'], coding, path);
          assert.match(String(first.headers['x-cache']), /MISS/);
          assert.equal(decode(first.body).length, size, path);
          assert.match(String(again.headers['x-cache']), /HIT/, path);
          assert.equal(again.headers['content-encoding'], coding);
          assert.ok(again.body.equals(first.body), path);
          assert.equal(asked, before + 1, path);
        }
      });
    }

    it('are made by a thread of less priority', () => {
      const nicer = nicerBy(drover.edge).filter((by) => by !== 0);
      assert.deepEqual(nicer, [5]);
    });

    it('are told apart from the plain body', async () => {
      const plain = await ask('/gzip/200001', {});
      assert.equal(plain.body.toString('latin1').slice(0, LINE.length), LINE);
      assert.equal(plain.headers['content-encoding'], undefined);
      const encoded = await ask('/gzip/200001', { 'accept-encoding': 'gzip' });
      assert.match(String(encoded.headers['x-cache']), /MISS/);
      assert.ok(gunzipSync(encoded.body).equals(plain.body));
      assert.ok((await ask('/gzip/200001', {})).body.equals(plain.body));
    });

    it('are made of many bodies at once', async () => {
      const sizes = Array.from({ length: 40 }, (_, i) => 300_000 + i);
      const answers = await Promise.all(sizes.map((size) => ask(`/gzip/${size}`)));
      for (const [i, { body }] of answers.entries()) assert.equal(gunzipSync(body).length, sizes[i]);
      const before = asked;
      const hits = await Promise.all(sizes.map((size) => ask(`/gzip/${size}`)));
      for (const [i, { body }] of hits.entries()) assert.ok(body.equals(answers[i]?.body ?? Buffer.alloc(0)));
      assert.equal(asked, before);
    });

    it('are not made of what the member cut', async () => {
      onHalf = (cut) => setTimeout(cut, 50);
      await assert.rejects(ask('/gzip/halves-200000'));
      const before = asked;
      onHalf = (_cut, rest) => rest();
      const { headers, body } = await ask('/gzip/halves-200000');
      assert.match(String(headers['x-cache']), /MISS/);
      assert.equal(gunzipSync(body).length, 200_000);
      assert.equal(asked, before + 1);
    });

    it('are made for those to come when the first client leaves', async () => {
      let goOn = (): void => {};
      onHalf = (_cut, rest) => {
        goOn = rest;
      };
      const before = asked;
      const sent = request({
        host: '127.0.0.1',
        port: drover.port,
        path: '/gzip/halves-300000',
        agent: false,
        headers: { 'accept-encoding': 'gzip' },
      });
      const gone = new Promise<void>((resolve) => {
        sent.on('error', () => resolve());
        sent.on('close', () => resolve());
      });
      sent.end();
      while (asked === before) await sleep(5);
      sent.destroy();
      await gone;
      await sleep(50);
      goOn();
      const wanted = { 'accept-encoding': 'gzip', 'cache-control': 'only-if-cached' };
      let stored = await ask('/gzip/halves-300000', wanted);
      for (let i = 0; i < 500 && stored.status === 504; i += 1) {
        await sleep(10);
        stored = await ask('/gzip/halves-300000', wanted);
      }
      assert.match(String(stored.headers['x-cache']), /HIT/);
      assert.equal(gunzipSync(stored.body).length, 300_000);
      assert.equal(asked, before + 1);
    });
  });
}
