/**
 * The cache's counters: a client that knows what its requests were finds the same numbers in the metrics, in server-status
 * and in the JSON API, over two threads; and none of them where nothing is cached.
 */
import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Appliance } from './appliance.js';
import { RawOrigin } from './raw-origin.js';

const BODY = 'twelve bytes';
const LARGE = 60_000;

function reply(control: string, body = BODY, more = ''): string {
  return `HTTP/1.1 200 OK\r\nCache-Control: ${control}\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`;
}

const PAGES = [
  ['/metrics', 'edge-metrics'],
  ['/status', 'server-status'],
  ['/manager', 'balancer-manager'],
]
  .map(([path, name]) => `<Location ${path}>\nSetHandler ${name}\n</Location>`)
  .join('\n');

type Counts = Record<string, number>;

describe("the cache's counters", function () {
  this.timeout(120_000);
  let origin: RawOrigin;
  let edge: Appliance;
  let isFailing = false;
  let fetching: Socket | undefined;

  before(async () => {
    origin = await RawOrigin.start((socket, { head }) => {
      const { line } = head;
      if (line.includes('/slow')) fetching = socket;
      else if (line.includes('/private')) socket.write(reply('private'));
      else if (line.includes('/large')) socket.write(reply('max-age=600', 'x'.repeat(LARGE)));
      else if (line.includes('/frail') && isFailing)
        socket.write('HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n');
      else if (line.includes('/frail')) socket.write(reply('max-age=1, stale-if-error=600'));
      else if (line.includes('/tagged')) socket.write(reply('max-age=600', BODY, 'ETag: "v1"\r\n'));
      else if (!line.includes('/checked')) socket.write(reply('max-age=600'));
      else if (!head.fields.some(([name]) => name.toLowerCase() === 'if-none-match'))
        socket.write(reply('no-cache', BODY, 'ETag: "v1"\r\n'));
      else socket.write('HTTP/1.1 304 Not Modified\r\nCache-Control: no-cache\r\nETag: "v1"\r\n\r\n');
    });
    edge = await Appliance.start(
      `${PAGES}
CacheMemorySize 1M
CacheLock On
CacheLockMaxAge 30
CacheEnable memory /app
CachePurge 127.0.0.1
<Proxy balancer://shop>
BalancerMember http://127.0.0.1:${origin.port}
</Proxy>
ProxyPass /app balancer://shop/app`,
      { threads: 2 },
    );
  });
  after(async () => {
    await edge.stop();
    await origin.stop();
  });

  async function metrics(): Promise<Counts> {
    const { body } = await edge.ask('/metrics');
    const found = body.matchAll(/^drover_cache_([a-z_]+) (\d+)$/gm);
    return Object.fromEntries([...found].map(([, name, value]) => [name, Number(value)]));
  }

  /** What the requests of a step have added; figures that stayed as they were are left out. */
  async function added(step: () => Promise<unknown>): Promise<Counts> {
    const before = await metrics();
    await step();
    const after = await metrics();
    const changes = Object.entries(after).map(([name, value]): [string, number] => [
      name,
      value - (before[name] ?? 0),
    ]);
    return Object.fromEntries(
      changes.filter(([name, by]) => by !== 0 && name !== 'objects' && name !== 'used_bytes'),
    );
  }

  const bytes = BODY.length;

  it('are those of a client that counts', async () => {
    const ask = (path: string, headers = {}, method = 'GET') => edge.ask(path, { headers, method });
    assert.deepEqual(await added(() => ask('/app/a')), { misses_total: 1, stores_total: 1 });
    const seven = async () => {
      for (let n = 0; n < 7; n += 1) assert.equal((await ask('/app/a')).body, BODY);
    };
    assert.deepEqual(await added(seven), { hits_total: 7, hit_bytes_total: 7 * bytes });
    assert.deepEqual(await added(() => ask('/app/a', {}, 'HEAD')), { hits_total: 1 });
    assert.deepEqual(await added(() => ask('/app/a', { range: 'bytes=0-3' })), {
      hits_total: 1,
      hit_bytes_total: 4,
    });
    assert.deepEqual(await added(() => ask('/app/none', { 'cache-control': 'only-if-cached' })), {
      misses_total: 1,
    });
    assert.deepEqual(await added(() => ask('/app/private')), { misses_total: 1, refused_total: 1 });
    assert.deepEqual(await added(() => ask('/app/checked')), { misses_total: 1, stores_total: 1 });
    assert.deepEqual(await added(() => ask('/app/checked')), {
      hits_total: 1,
      hit_bytes_total: bytes,
      revalidated_total: 1,
      stores_total: 1,
    });
    assert.deepEqual(await added(() => ask('/app/a', {}, 'DELETE')), { invalidations_total: 1 });
    assert.deepEqual(await added(() => ask('/app/checked', {}, 'PURGE')), { purges_total: 1 });
  });

  it('count a 304 out of the cache as a hit without bytes', async () => {
    await edge.ask('/app/tagged');
    const headers = { 'if-none-match': '"v1"' };
    const step = async () => assert.equal((await edge.ask('/app/tagged', { headers })).status, 304);
    assert.deepEqual(await added(step), { hits_total: 1 });
  });

  it('count who waited for the fetch of another, and what was stale', async () => {
    const before = (await metrics())['collapsed_total'] ?? 0;
    const crowd = async (): Promise<void> => {
      const asked = Array.from({ length: 10 }, () => edge.ask('/app/slow'));
      while (((await metrics())['collapsed_total'] ?? 0) < before + 9) await sleep(5);
      while (fetching === undefined) await sleep(5);
      fetching.write(reply('max-age=600'));
      await Promise.all(asked);
    };
    assert.deepEqual(await added(crowd), {
      misses_total: 1,
      stores_total: 1,
      collapsed_total: 9,
      hits_total: 9,
      hit_bytes_total: 9 * bytes,
    });
    await edge.ask('/app/frail');
    isFailing = true;
    await sleep(2100);
    const found = await added(() => edge.ask('/app/frail'));
    assert.deepEqual(found, { stale_total: 1, hits_total: 1, hit_bytes_total: bytes });
  });

  it('count what had to go for others, and what there is', async () => {
    await edge.ask('/app/*', { method: 'PURGE' });
    const before = await metrics();
    assert.equal(before['objects'], 0);
    assert.equal(before['used_bytes'], 0);
    assert.equal(before['size_bytes'], 1 << 20);
    for (let n = 0; n < 30; n += 1) await edge.ask(`/app/large/${n}`);
    const after = await metrics();
    const gain = (name: string): number => (after[name] ?? 0) - (before[name] ?? 0);
    assert.equal(gain('misses_total'), 30);
    assert.equal(after['objects'], gain('stores_total') - gain('evictions_total'));
    assert.ok(gain('evictions_total') > 0 || gain('stores_total') < 30);
    assert.ok((after['used_bytes'] ?? 0) >= (after['objects'] ?? 0) * LARGE);
    assert.ok((after['used_bytes'] ?? 0) <= 1 << 20);
  });

  it('are the same in server-status and in the JSON API', async () => {
    const inMetrics = Object.values(await metrics());
    assert.equal(inMetrics.length, 19);
    const auto = (await edge.ask('/status?auto')).body;
    assert.deepEqual(
      [...auto.matchAll(/^EdgeCache[A-Za-z]+: (\d+)$/gm)].map((found) => Number(found[1])),
      inMetrics,
    );
    const { cache } = JSON.parse((await edge.ask('/manager/api/v1')).body);
    const { schemas } = JSON.parse((await edge.ask('/manager/api/v1/openapi.json')).body).components;
    assert.deepEqual(Object.keys(cache), schemas.Cache.required);
    assert.deepEqual(Object.values(cache), inMetrics);
    const page = (await edge.ask('/status')).body;
    assert.match(page, new RegExp(`<td>hits</td><td class="n">${cache.hits}</td>`));
    const ratio = Math.round((cache.hits / (cache.hits + cache.misses)) * 100);
    assert.match((await edge.ask('/manager')).body, new RegExp(`<b data-live="all-cache">${ratio} %</b>`));
  });

  it('are not there where nothing is cached', async () => {
    const plain = await Appliance.start(PAGES);
    try {
      assert.doesNotMatch((await plain.ask('/metrics')).body, /cache/);
      assert.doesNotMatch((await plain.ask('/status?auto')).body, /EdgeCache/);
      assert.doesNotMatch((await plain.ask('/status')).body, /<h2>Cache<\/h2>/);
      assert.doesNotMatch((await plain.ask('/manager')).body, /all-cache/);
      assert.equal(JSON.parse((await plain.ask('/manager/api/v1')).body).cache, null);
    } finally {
      await plain.stop();
    }
  });
});
