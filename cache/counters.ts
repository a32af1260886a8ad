/**
 * What the cache has done, in shared memory: a row a worker thread, which that thread alone writes. Status pages and metrics
 * read the sums (readCounters) from any thread. Numbers are doubles: exact up to 2^53.
 */
import { type CacheMemory, COUNTER_COLUMNS, GRANULE, H, regionsOf } from './memory/layout.js';

/** Columns, in order. */
const COLUMNS = [
  'hits',
  'misses',
  'stale',
  'revalidated',
  'collapsed',
  'stores',
  'refused',
  'evictions',
  'invalidations',
  'purges',
  'bytesServed',
  'diskHits',
  'diskStores',
  'diskBytes',
  'diskBroken',
  'diskFailures',
] as const;

export type CacheCounter = (typeof COLUMNS)[number];

/**
 * Sums over all threads since the start. hits: answers from memory, the stale ones and 304s included. misses: requests
 * whose answer came from a member, or (only-if-cached) was 504, for want of a copy. revalidated: copies that a member
 * confirmed. collapsed: requests that waited for another one's fetch, or got the stale copy meanwhile. refused: responses
 * that policy or memory did not let in. bytesServed: of bodies in hits. diskHits: objects that came
 * back from disk; diskStores, diskBytes: what was written there; diskBroken: files that were not whole, or not right, and
 * were not served; diskFailures: what the file system refused.
 */
export type CacheCounts = Record<CacheCounter, number> & {
  /** Objects in memory, bytes they take, and bytes there are. */
  objects: number;
  bytesUsed: number;
  bytesTotal: number;
};

export class Counters {
  readonly #row: Float64Array;

  constructor(memory: CacheMemory, thread: number) {
    const { counters } = regionsOf(memory);
    this.#row = counters.subarray(thread * COUNTER_COLUMNS, (thread + 1) * COUNTER_COLUMNS);
  }

  add(counter: CacheCounter, by = 1): void {
    const at = COLUMN_OF[counter];
    this.#row[at] = (this.#row[at] as number) + by;
  }

  /** A hit and its bytes: every one passes here. */
  addHit(bytes: number): void {
    const row = this.#row;
    row[0] = (row[0] as number) + 1;
    row[10] = (row[10] as number) + bytes;
  }
}

const COLUMN_OF = Object.fromEntries(COLUMNS.map((name, at) => [name, at])) as Record<CacheCounter, number>;

/** The sums; may be called from any thread at any time. */
export function readCounters(memory: CacheMemory): CacheCounts {
  const { counters, header } = regionsOf(memory);
  const sums = Object.fromEntries(
    COLUMNS.map((name, at) => {
      let sum = 0;
      for (let row = at; row < counters.length; row += COUNTER_COLUMNS) sum += counters[row] as number;
      return [name, sum];
    }),
  ) as Record<CacheCounter, number>;
  return {
    ...sums,
    objects: header[H.objects] as number,
    bytesUsed: (header[H.granulesUsed] as number) * GRANULE,
    bytesTotal: memory.bytes,
  };
}
