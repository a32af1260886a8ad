/**
 * A day of a busy cache in minutes: stores of random sizes straight into the memory store, far more than it holds, with reads
 * and purges between them. Memory has to stay where it was once the cache was full, and nothing may be lost by the allocator:
 * at the end everything is taken out, and what is left has to be nothing.
 *
 *   npm run build && node dist/test/slow/cache-churn.js [stores] [MiB of cache]
 */
import { readCounters } from '../../cache/counters.js';
import { makeCacheMemory } from '../../cache/memory/layout.js';
import { MemoryStore } from '../../cache/memory/store.js';
import type { StoredMeta } from '../../cache/stored.js';

/** Keys are drawn from so many, so that some are stored again and most are new. */
const KEYS = 2_000_000;
const LARGEST = 200_000;
const LEAST = 64;

function metaOf(now: number): StoredMeta {
  return {
    status: 200,
    reason: 'OK',
    fields: ['Content-Type', 'text/plain', 'Cache-Control', 'max-age=86400'],
    date: now,
    requestTime: now,
    responseTime: now,
    initialAge: 0,
    lifetime: 86_400_000,
    basis: 'explicit',
    mustRevalidate: false,
    noCache: false,
    staleWhileRevalidate: -1,
    staleIfError: -1,
    etag: '',
    lastModified: -1,
  };
}

/** Sizes by their logarithm: most are small, and the large ones take most of the room. */
function sizeOf(): number {
  return Math.floor(LEAST * (LARGEST / LEAST) ** Math.random());
}

const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);

function main(stores: number, size: number): void {
  const memory = makeCacheMemory(size * 2 ** 20, 2);
  // Two threads' worth of indexes over one memory, as in a process.
  const [one, two] = [new MemoryStore(memory, 0), new MemoryStore(memory, 1)];
  const body = Buffer.alloc(LARGEST, 'c');
  const began = Date.now();
  let kept = 0;
  let bytes = 0;
  const rows: string[] = ['stores     kept    used MiB  objects  evicted   RSS MiB  heap MiB  seconds'];
  console.log(rows[0]);
  for (let n = 1; n <= stores; n += 1) {
    const now = Date.now();
    const key = `http://churn.test:80/${Math.floor(Math.random() * KEYS)}?`;
    const length = sizeOf();
    const store = n % 2 === 0 ? one : two;
    const writer = store.write(key, metaOf(now), length, LARGEST, store.momentOf(key), now);
    writer?.write(body.subarray(0, length));
    if (writer?.commit() === true) {
      kept += 1;
      bytes += length;
    }
    if (n % 3 === 0) {
      const other = n % 2 === 0 ? two : one;
      const found = other.find(`http://churn.test:80/${Math.floor(Math.random() ** 4 * KEYS)}?`, now);
      if (found !== undefined) other.release(found);
    }
    if (n % 1000 === 0) store.invalidate(key);
    if (n % Math.ceil(stores / 20) === 0) {
      const { bytesUsed, objects, evictions } = readCounters(memory);
      const { rss, heapUsed } = process.memoryUsage();
      const seconds = (now - began) / 1000;
      console.log(
        [n, kept, mib(bytesUsed), objects, evictions, mib(rss), mib(heapUsed), seconds.toFixed(0)]
          .map((cell, at) => String(cell).padStart([8, 9, 9, 9, 9, 9, 9, 8][at] ?? 8))
          .join(' '),
      );
    }
  }
  one.purge(() => true, false);
  const { bytesUsed, objects } = readCounters(memory);
  console.log(
    `${mib(bytes)} MiB went through; after a purge of everything ${objects} objects, ${bytesUsed} bytes`,
  );
  if (objects !== 0 || bytesUsed !== 0) process.exitCode = 1;
}

main(Number(process.argv[2] ?? 10_000_000), Number(process.argv[3] ?? 256));
