/**
 * CacheSlice: ranges of a large object, and the whole of it, from slices that the member is asked for once; an object that
 * changes meanwhile is never mixed; what cannot be had in slices goes the usual way. On both engines.
 */
import assert from 'node:assert/strict';
import { freePort } from '../../native-bench/free-port.js';
import { Appliance } from './appliance.js';
import { RawOrigin } from './raw-origin.js';

const SLICE = 65_536;
const TOTAL = 3 * SLICE + 1000;

/** A body whose every byte tells its place. */
function bodyOf(seed: number): Buffer {
  const body = Buffer.alloc(TOTAL);
  for (let i = 0; i < TOTAL; i += 1) body[i] = (i * 7 + Math.floor(i / 251) + seed) & 0xff;
  return body;
}

for (const engine of ['uws', 'node'] as const)
  describe(`a sliced object (${engine})`, function () {
    this.timeout(120_000);
    let origin: RawOrigin;
    let edge: Appliance;
    /** Of /changes; others stay. */
    let version = 1;
    const bodies = new Map([1, 2].map((seed) => [seed, bodyOf(seed)]));

    before(async () => {
      origin = await RawOrigin.start(
        (socket, { head }) => {
          const fields = new Map(head.fields.map(([name, value]) => [name.toLowerCase(), value]));
          const path = head.line.split(' ')[1] ?? '';
          if (path.startsWith('/small')) {
            socket.write(`HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 5\r\n\r\nsmall`);
            return;
          }
          const seed = path.startsWith('/changes') ? version : 1;
          const body = bodies.get(seed) ?? Buffer.alloc(0);
          const tag = path.startsWith('/weak') ? `W/"${seed}"` : `"${seed}"`;
          const age = path.startsWith('/stale') ? 'max-age=0' : 'max-age=60';
          const more = `ETag: ${tag}\r\nCache-Control: ${age}\r\nX-Kept: yes\r\n`;
          const range = /^bytes=(\d+)-(\d+)$/.exec(fields.get('range') ?? '');
          const isOther = fields.has('if-range') && fields.get('if-range') !== tag;
          if (range === null || isOther) {
            socket.write(`HTTP/1.1 200 OK\r\n${more}Content-Length: ${body.length}\r\n\r\n`);
            if (!head.line.startsWith('HEAD')) socket.write(body);
            return;
          }
          const [first, last] = [Number(range[1]), Math.min(Number(range[2]), body.length - 1)];
          if (first >= body.length) socket.write('HTTP/1.1 416 No\r\nContent-Length: 0\r\n\r\n');
          else {
            const part = body.subarray(first, last + 1);
            const length = `Content-Range: bytes ${first}-${last}/${body.length}\r\nContent-Length: ${part.length}`;
            socket.write(`HTTP/1.1 206 Partial Content\r\n${more}${length}\r\n\r\n`);
            socket.write(part);
          }
        },
        await freePort(),
      );
      edge = await Appliance.start(
        [
          'CacheMemorySize 32M',
          'CacheEnable memory /',
          'CacheSlice 64K',
          'CacheStatus On',
          'CachePurge 127.0.0.1',
          `ProxyPass / http://127.0.0.1:${origin.port}/`,
        ].join('\n'),
        { engine, threads: 4 },
      );
    });
    after(async () => {
      await edge.stop();
      await origin.stop();
    });
    beforeEach(() => origin.reset());

    const ranges = (): string[] =>
      origin.requests.map(({ head }) => {
        const field = head.fields.find(([name]) => name.toLowerCase() === 'range');
        return field?.[1] ?? 'all';
      });
    const bytes = (seed: number, first: number, last: number): string =>
      (bodies.get(seed) as Buffer).subarray(first, last + 1).toString('latin1');
    const get = (path: string, headers: Record<string, string> = {}) => edge.ask(path, { headers });

    it('is asked for by the slices that a range needs, and these once', async () => {
      const range = `bytes=${SLICE + 10}-${2 * SLICE + 20}`;
      const first = await get('/ranges', { range });
      assert.equal(first.status, 206);
      assert.equal(first.body, bytes(1, SLICE + 10, 2 * SLICE + 20));
      assert.equal(first.headers['content-range'], `bytes ${SLICE + 10}-${2 * SLICE + 20}/${TOTAL}`);
      assert.equal(first.headers['x-kept'], 'yes');
      assert.deepEqual(ranges(), [`bytes=${SLICE}-${2 * SLICE - 1}`, `bytes=${2 * SLICE}-${3 * SLICE - 1}`]);
      const again = await get('/ranges', { range: `bytes=${SLICE}-${2 * SLICE}` });
      assert.equal(again.body, bytes(1, SLICE, 2 * SLICE));
      assert.match(String(again.headers['cache-status']), /^drover; hit; .*detail=slices/);
      assert.equal(origin.requests.length, 2);
      const tail = await get('/ranges', { range: 'bytes=-500' });
      assert.equal(tail.body, bytes(1, TOTAL - 500, TOTAL - 1));
      assert.equal(origin.requests.length, 3);
    });

    it('is put together whole, with the slices that are there', async () => {
      const whole = await get('/ranges');
      assert.equal(whole.status, 200);
      assert.equal(whole.headers['content-length'], String(TOTAL));
      assert.equal(whole.body, bytes(1, 0, TOTAL - 1));
      assert.deepEqual(ranges(), [`bytes=0-${SLICE - 1}`]);
      const head = await edge.ask('/ranges', { method: 'HEAD' });
      assert.equal(head.headers['content-length'], String(TOTAL));
      assert.equal(origin.requests.length, 1);
    });

    it('is fetched once for many who ask at once', async () => {
      // Some of them look for the object when another thread is just about to have it.
      for (let i = 0; i < 15; i += 1) {
        origin.reset();
        const answers = await Promise.all(Array.from({ length: 20 }, () => get(`/many${i}`)));
        for (const { body } of answers) assert.equal(body, bytes(1, 0, TOTAL - 1));
        assert.equal(origin.requests.length, 4);
      }
    });

    it('answers conditions and ranges that are not in it', async () => {
      await get('/ranges');
      assert.equal((await get('/ranges', { 'if-none-match': '"1"' })).status, 304);
      assert.equal((await get('/ranges', { range: `bytes=${TOTAL}-` })).status, 416);
      assert.equal((await get('/ranges', { range: 'bytes=0-9', 'if-range': '"x"' })).status, 200);
      assert.equal((await get('/ranges', { range: 'bytes=0-9', 'if-range': '"1"' })).body, bytes(1, 0, 9));
      assert.equal(origin.requests.length, 0);
    });

    it('goes with a purge, and comes anew', async () => {
      await get('/ranges');
      assert.equal((await edge.ask('/ranges', { method: 'PURGE' })).status, 200);
      assert.equal((await get('/ranges', { range: 'bytes=0-9' })).body, bytes(1, 0, 9));
      assert.deepEqual(ranges(), [`bytes=0-${SLICE - 1}`]);
    });

    it('that has changed is not mixed: the answer is cut, and the next one is of the new', async () => {
      assert.equal((await get('/changes', { range: 'bytes=0-9' })).body, bytes(1, 0, 9));
      version = 2;
      await assert.rejects(get('/changes'));
      const fresh = await get('/changes');
      version = 1;
      assert.equal(fresh.body, bytes(2, 0, TOTAL - 1));
    });

    it('is asked for again when it is stale, and keeps its slices when it has not changed', async () => {
      await get('/stale');
      origin.reset();
      assert.equal((await get('/stale')).body, bytes(1, 0, TOTAL - 1));
      assert.deepEqual(ranges(), [`bytes=0-${SLICE - 1}`]);
    });

    it('is taken whole where there are no ranges or no strong validator, and kept as anything else', async () => {
      assert.equal((await get('/small')).body, 'small');
      assert.equal((await get('/small')).body, 'small');
      assert.equal(origin.requests.length, 2);
      origin.reset();
      assert.equal((await get('/weak')).body, bytes(1, 0, TOTAL - 1));
      assert.equal((await get('/weak', { range: 'bytes=1-2' })).body, bytes(1, 1, 2));
      assert.equal(origin.requests.length, 2);
    });

    it('takes other methods, and what no slices can answer, past itself', async () => {
      await get('/ranges');
      origin.reset();
      const several = await get('/ranges', { range: 'bytes=0-1,5-6' });
      assert.equal(several.status, 200);
      assert.equal((await edge.ask('/ranges', { method: 'POST', body: 'x' })).status, 200);
      assert.equal((await get('/ranges', { range: 'bytes=0-9' })).body, bytes(1, 0, 9));
      assert.deepEqual(ranges().slice(2), [`bytes=0-${SLICE - 1}`]);
    });

    it('survives a member that is gone, as far as slices are there', async () => {
      await get('/gone', { range: 'bytes=0-9' });
      const { port } = origin;
      await origin.stop();
      try {
        assert.equal((await get('/gone', { range: 'bytes=5-9' })).body, bytes(1, 5, 9));
        await assert.rejects(get('/gone'));
        assert.equal((await get('/gone', { range: 'bytes=5-9' })).status, 206);
      } finally {
        origin = await RawOrigin.start(origin.onRequest, port);
      }
      assert.equal((await get('/gone')).body.length, TOTAL);
    });
  });
