/**
 * Cache memory as the threads share it: one control buffer and some arenas, made by the control thread and handed to
 * every worker. The kernel gives pages when they are touched, so that a large cache costs what lies in it.
 *
 *   control  header    32 x Int32   | version | lock | free slot | highest slot | bulk epoch | objects | granules used | …
 *            heap                   bitmaps and list heads of the allocator (heap.ts)
 *            slots     16 x Int32   one a stored object (slots.ts)
 *            buckets    1 x Int32   first slot of each chain of the directory
 *            epochs     1 x Int32   65,536 of them, by hash of the key: what is being fetched while its key is
 *                                   invalidated is not stored
 *            counters  16 x Float64 one row a thread, and one for purges by the API (counters.ts)
 *            sketch     1 x Uint8   how often keys were asked for lately (sketch.ts)
 *   arena    granules of 64 bytes; a block is a row of them with a header of four words
 *
 * Threads: made by control, used by any.
 */

import type { DiskPlace } from '../disk/object-file.js';

export type Bytes = number;

export const VERSION = 1;
export const GRANULE: Bytes = 64;
export const GRANULE_WORDS = GRANULE / 4;
/** Granules of an arena are numbered with 24 bits: 1 GB. */
export const ARENA_BITS = 24;
export const HEADER_WORDS = 32;
export const HEAP_WORDS = 1024;
export const SLOT_WORDS = 16;
export const EPOCHS = 65536;
export const COUNTER_COLUMNS = 16;

/** Words of the header. */
export const H = {
  version: 0,
  lock: 1,
  freeSlot: 2,
  highSlot: 3,
  bulkEpoch: 4,
  objects: 5,
  granulesUsed: 6,
  sequence: 7,
  diskLock: 8,
} as const;

/** What a worker thread is given. Plain data: it is posted. */
export interface CacheMemory {
  control: SharedArrayBuffer;
  arenas: SharedArrayBuffer[];
  /** Slots of the directory: the most objects there can be. */
  slots: number;
  /** Power of two. */
  buckets: number;
  /** Counters of the sketch; power of two. */
  sketch: number;
  threads: number;
  /** Bytes of all arenas. */
  bytes: Bytes;
  /** Largest row of bytes that an object's body is kept in; longer ones have several. */
  segment: Bytes;
  /** CacheRoots that lie behind it. */
  disks: DiskPlace[];
  /** Added to the numbers of lists of varying fields: those of an earlier process lie on disk still. */
  sequenceBase: number;
  /** Name of the channel on which threads wake each other. */
  channel: string;
}

/** Bytes that an object is taken to have when slots are counted out. */
const BYTES_A_SLOT = 2048;
const FEWEST_SLOTS = 1024;
const LEAST_BYTES = 1 << 20;
const ARENA_BYTES = (1 << ARENA_BITS) * GRANULE;
/** A body up to this length lies in one piece and leaves with one call. */
const SEGMENT: Bytes = 131_072;

let made = 0;

/**
 * Reserves the memory of a cache.
 * bytes    for objects, in all arenas; raised to 1 MB
 * threads  worker threads, which number their counters' rows
 * disks    CacheRoots behind it
 */
export function makeCacheMemory(bytes: Bytes, threads: number, disks: DiskPlace[] = []): CacheMemory {
  const total = Math.max(Math.floor(bytes / GRANULE) * GRANULE, LEAST_BYTES);
  const slots = Math.max(Math.floor(total / BYTES_A_SLOT), FEWEST_SLOTS);
  const buckets = powerOfTwo(slots);
  const sketch = powerOfTwo(slots * 4);
  const arenas: SharedArrayBuffer[] = [];
  for (let left = total; left > 0; left -= ARENA_BYTES)
    arenas.push(new SharedArrayBuffer(Math.min(left, ARENA_BYTES)));
  made += 1;
  return {
    control: new SharedArrayBuffer(controlBytes(slots, buckets, sketch, threads)),
    arenas,
    slots,
    buckets,
    sketch,
    threads,
    bytes: total,
    // In a small cache a large segment would need half of it in one piece.
    segment: Math.min(SEGMENT, Math.floor(total / 16)),
    disks,
    // Seconds times 2^23: no process makes as many lists in a second.
    sequenceBase: Math.floor((Date.now() - Date.UTC(2025, 0, 1)) / 1000) * 2 ** 23,
    channel: `drover-cache-${process.pid}-${made}`,
  };
}

function powerOfTwo(least: number): number {
  return 2 ** Math.ceil(Math.log2(least));
}

/** The control buffer's parts as typed arrays. */
export interface Regions {
  header: Int32Array;
  heap: Int32Array;
  slots: Int32Array;
  buckets: Int32Array;
  epochs: Int32Array;
  counters: Float64Array;
  sketch: Uint8Array;
}

export function regionsOf({ control, slots, buckets, sketch, threads }: CacheMemory): Regions {
  let at = 0;
  const words = (count: number): Int32Array => {
    const view = new Int32Array(control, at, count);
    at += count * 4;
    return view;
  };
  const header = words(HEADER_WORDS);
  const heap = words(HEAP_WORDS);
  const slotWords = words(slots * SLOT_WORDS);
  const bucketWords = words(align(buckets));
  const epochs = words(EPOCHS);
  const counters = new Float64Array(control, at, (threads + 1) * COUNTER_COLUMNS);
  at += counters.byteLength;
  return {
    header,
    heap,
    slots: slotWords,
    buckets: bucketWords,
    epochs,
    counters,
    sketch: new Uint8Array(control, at, sketch),
  };
}

function controlBytes(slots: number, buckets: number, sketch: number, threads: number): Bytes {
  const words = HEADER_WORDS + HEAP_WORDS + slots * SLOT_WORDS + align(buckets) + EPOCHS;
  return words * 4 + (threads + 1) * COUNTER_COLUMNS * 8 + sketch;
}

/** Float64 rows begin on eight bytes. */
function align(words: number): number {
  return words + (words & 1);
}
