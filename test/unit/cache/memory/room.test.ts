/** What objects cost in cache memory, and that a churn of random sizes loses none of it: test/slow/cache-churn.ts in small. */
import assert from 'node:assert/strict';
import { readCounters } from '../../../../cache/counters.js';
import { makeCacheMemory } from '../../../../cache/memory/layout.js';
import { MemoryStore } from '../../../../cache/memory/store.js';
import type { StoredMeta } from '../../../../cache/stored.js';

const NOW = Date.UTC(2026, 0, 1);
const META: StoredMeta = {
  status: 200,
  reason: 'OK',
  fields: ['Content-Type', 'text/plain', 'Cache-Control', 'max-age=100', 'ETag', '"abcdef"'],
  date: NOW,
  requestTime: NOW,
  responseTime: NOW,
  initialAge: 0,
  lifetime: 100_000,
  basis: 'explicit',
  mustRevalidate: false,
  noCache: false,
  staleWhileRevalidate: -1,
  staleIfError: -1,
  etag: '"abcdef"',
  lastModified: -1,
};

function put(store: MemoryStore, key: string, body: Uint8Array): boolean {
  const writer = store.write(key, META, body.length, 1e9, store.momentOf(key), NOW);
  writer?.write(body);
  return writer?.commit() === true;
}

/** The same numbers in every run. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('the room of the memory store', () => {
  it('is taken by objects of 10 KB with little more than their bytes', () => {
    const memory = makeCacheMemory(48 << 20, 4);
    const stores = [0, 1, 2, 3].map((thread) => new MemoryStore(memory, thread));
    const body = Buffer.alloc(10_240, 'm');
    const count = 3000;
    for (let n = 0; n < count; n += 1) {
      assert.ok(put(stores[n % 4] as MemoryStore, `http://room.test:80/${n}?`, body));
      for (const store of stores) {
        const entry = store.find(`http://room.test:80/${n}?`, NOW);
        assert.ok(entry !== undefined);
        store.release(entry);
      }
    }
    const { bytesUsed, objects } = readCounters(memory);
    assert.equal(objects, count);
    const control = memory.control.byteLength * (bytesUsed / memory.bytes);
    assert.ok(
      bytesUsed + control <= 1.1 * count * body.length,
      `${bytesUsed} bytes, and ${control} of control`,
    );
  });

  it('is whole again after thousands of stores of random sizes, reads and invalidations', () => {
    const memory = makeCacheMemory(4 << 20, 2);
    const stores = [new MemoryStore(memory, 0), new MemoryStore(memory, 1)] as const;
    const random = generator(7);
    const body = Buffer.alloc(100_000, 'c');
    for (let n = 0; n < 20_000; n += 1) {
      const key = `http://room.test:80/${Math.floor(random() * 4000)}?`;
      put(stores[n % 2 === 0 ? 0 : 1], key, body.subarray(0, Math.floor(64 * 1500 ** random())));
      if (n % 50 === 0) stores[0].invalidate(key);
      const entry = stores[1].find(`http://room.test:80/${Math.floor(random() * 4000)}?`, NOW);
      if (entry !== undefined) stores[1].release(entry);
      assert.ok(readCounters(memory).bytesUsed <= memory.bytes);
    }
    stores[0].purge(() => true, false);
    const { bytesUsed, objects } = readCounters(memory);
    assert.deepEqual({ bytesUsed, objects }, { bytesUsed: 0, objects: 0 });
    assert.ok(
      put(stores[0], 'http://room.test:80/large?', Buffer.alloc(3 << 20)),
      'there is no room for one large object',
    );
  });
});
