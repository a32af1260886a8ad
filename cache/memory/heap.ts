/**
 * The allocator of cache memory: two-level segregated fit (Masmano and others, 2004). Free blocks lie in lists by size,
 * 16 steps to each power of two; two levels of bitmaps find the first list that has one large enough, so that taking and
 * giving back cost the same however full the memory is. Neighbours that are free become one block, which keeps the
 * memory usable under any order of sizes.
 *
 *   block   4 x Int32  | granules * 2 + is free | block before it + 1 | next free + 1 | free before + 1 |  then its bytes
 *
 * Blocks are named by the number of their first granule over all arenas.
 * Threads: any, with the lock held.
 */
import {
  ARENA_BITS,
  type Bytes,
  type CacheMemory,
  GRANULE,
  GRANULE_WORDS,
  H,
  type Regions,
} from './layout.js';

const STEP_BITS = 4;
const STEPS = 1 << STEP_BITS;
const LEVELS = ARENA_BITS - STEP_BITS + 3;
const BLOCK_HEADER: Bytes = 16;
const IN_ARENA = (1 << ARENA_BITS) - 1;

/** Words of the heap's region: one bitmap of levels, one of steps per level, then the heads of the lists. */
const LEVEL_MAP = 0;
const STEP_MAPS = 1;
const HEADS = STEP_MAPS + LEVELS;

/** No block. */
export const NONE = -1;

export class Heap {
  readonly #map: Int32Array;
  readonly #header: Int32Array;
  readonly #arenas: Int32Array[];
  readonly #bytes: Uint8Array[];
  /** Granules of each arena. */
  readonly #sizes: number[];

  constructor(memory: CacheMemory, regions: Regions) {
    this.#map = regions.heap;
    this.#header = regions.header;
    this.#arenas = memory.arenas.map((arena) => new Int32Array(arena));
    this.#bytes = memory.arenas.map((arena) => new Uint8Array(arena));
    this.#sizes = memory.arenas.map((arena) => arena.byteLength / GRANULE);
  }

  /** Makes one free block of every arena; once, by the first thread. */
  format(): void {
    for (let i = 0; i < this.#sizes.length; i += 1) {
      const block = i << ARENA_BITS;
      this.#setWord(block, 0, (this.#sizes[i] as number) * 2);
      this.#setWord(block, 1, 0);
      this.#enlist(block);
    }
  }

  /** A block that holds so many bytes, or NONE. */
  take(bytes: Bytes): number {
    const wanted = granulesFor(bytes);
    // Searching from the next step up: every block of that list is large enough.
    const padded = wanted < STEPS ? wanted : wanted + (1 << (log2(wanted) - STEP_BITS)) - 1;
    let level = levelOf(padded);
    if (level >= LEVELS) return NONE;
    let steps = (this.#map[STEP_MAPS + level] as number) & (-1 << stepOf(padded));
    if (steps === 0) {
      const levels = (this.#map[LEVEL_MAP] as number) & (-1 << (level + 1));
      if (levels === 0) return NONE;
      level = lowestBit(levels);
      steps = this.#map[STEP_MAPS + level] as number;
    }
    const block = (this.#map[HEADS + level * STEPS + lowestBit(steps)] as number) - 1;
    this.#delist(block);
    this.#split(block, wanted);
    const size = this.#sizeOf(block);
    this.#setWord(block, 0, size * 2);
    this.#header[H.granulesUsed] = (this.#header[H.granulesUsed] as number) + size;
    return block;
  }

  /** Gives a block back. */
  give(block: number): void {
    let first = block;
    let size = this.#sizeOf(block);
    this.#header[H.granulesUsed] = (this.#header[H.granulesUsed] as number) - size;
    const after = this.#after(block, size);
    if (after !== NONE && this.#isFree(after)) {
      this.#delist(after);
      size += this.#sizeOf(after);
    }
    const before = this.#word(block, 1) - 1;
    if (before !== NONE && this.#isFree(before)) {
      this.#delist(before);
      size += this.#sizeOf(before);
      first = before;
    }
    this.#setWord(first, 0, size * 2);
    const next = this.#after(first, size);
    if (next !== NONE) this.#setWord(next, 1, first + 1);
    this.#enlist(first);
  }

  /** The bytes of a block from an offset on; a view on shared memory. */
  view(block: number, offset: Bytes, length: Bytes): Uint8Array {
    const bytes = this.#bytes[block >>> ARENA_BITS] as Uint8Array;
    const start = (block & IN_ARENA) * GRANULE + BLOCK_HEADER + offset;
    return bytes.subarray(start, start + length);
  }

  /** A word of a block's own content. */
  word(block: number, index: number): number {
    return this.#word(block, index + BLOCK_HEADER / 4);
  }

  setWord(block: number, index: number, value: number): void {
    this.#setWord(block, index + BLOCK_HEADER / 4, value);
  }

  /** Granules of a block, its header included. */
  granulesOf(block: number): number {
    return this.#sizeOf(block);
  }

  #split(block: number, wanted: number): void {
    const size = this.#sizeOf(block);
    if (size === wanted) return;
    const rest = block + wanted;
    this.#setWord(block, 0, wanted * 2);
    this.#setWord(rest, 0, (size - wanted) * 2);
    this.#setWord(rest, 1, block + 1);
    const next = this.#after(rest, size - wanted);
    if (next !== NONE) this.#setWord(next, 1, rest + 1);
    this.#enlist(rest);
  }

  #enlist(block: number): void {
    const size = this.#sizeOf(block);
    const level = levelOf(size);
    const step = stepOf(size);
    const head = HEADS + level * STEPS + step;
    const first = this.#map[head] as number;
    this.#setWord(block, 0, size * 2 + 1);
    this.#setWord(block, 2, first);
    this.#setWord(block, 3, 0);
    if (first !== 0) this.#setWord(first - 1, 3, block + 1);
    this.#map[head] = block + 1;
    this.#map[STEP_MAPS + level] = (this.#map[STEP_MAPS + level] as number) | (1 << step);
    this.#map[LEVEL_MAP] = (this.#map[LEVEL_MAP] as number) | (1 << level);
  }

  #delist(block: number): void {
    const size = this.#sizeOf(block);
    const next = this.#word(block, 2);
    const before = this.#word(block, 3);
    this.#setWord(block, 0, size * 2);
    if (next !== 0) this.#setWord(next - 1, 3, before);
    if (before !== 0) {
      this.#setWord(before - 1, 2, next);
      return;
    }
    const level = levelOf(size);
    const step = stepOf(size);
    this.#map[HEADS + level * STEPS + step] = next;
    if (next !== 0) return;
    const steps = (this.#map[STEP_MAPS + level] as number) & ~(1 << step);
    this.#map[STEP_MAPS + level] = steps;
    if (steps === 0) this.#map[LEVEL_MAP] = (this.#map[LEVEL_MAP] as number) & ~(1 << level);
  }

  /** The block behind one in the same arena, or NONE. */
  #after(block: number, size: number): number {
    const end = (block & IN_ARENA) + size;
    return end >= (this.#sizes[block >>> ARENA_BITS] as number) ? NONE : block + size;
  }

  #sizeOf(block: number): number {
    return this.#word(block, 0) >>> 1;
  }

  #isFree(block: number): boolean {
    return (this.#word(block, 0) & 1) === 1;
  }

  #word(block: number, index: number): number {
    const words = this.#arenas[block >>> ARENA_BITS] as Int32Array;
    return words[(block & IN_ARENA) * GRANULE_WORDS + index] as number;
  }

  #setWord(block: number, index: number, value: number): void {
    const words = this.#arenas[block >>> ARENA_BITS] as Int32Array;
    words[(block & IN_ARENA) * GRANULE_WORDS + index] = value;
  }
}

export function granulesFor(bytes: Bytes): number {
  return Math.ceil((bytes + BLOCK_HEADER) / GRANULE);
}

function log2(n: number): number {
  return 31 - Math.clz32(n);
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}

function levelOf(granules: number): number {
  return granules < STEPS ? 0 : log2(granules) - STEP_BITS + 1;
}

function stepOf(granules: number): number {
  return granules < STEPS ? granules : (granules >>> (log2(granules) - STEP_BITS)) & (STEPS - 1);
}
