/**
 * The shared directory: a chained hash table over slots, one slot a stored object, and the rules of its memory. Whoever
 * holds the lock may look up, put in, take out, and make room.
 *
 *   slot  16 x Int32 | generation | pins | hash a | hash b | next + 1 | block + 1 | kind | last used |
 *                    | locked since + 1 | waited for | granules | variants | flags | until | sequence | spare |
 *
 * An object that is taken out gets a new generation at once, so that no thread finds it any more; its memory is given back
 * with its last pin (words.ts).
 *
 * Room is made by sampling: of some slots chosen at random the one that was used longest ago goes, which over all threads
 * comes close to true LRU without a list that every hit would have to write. An object only comes in when it is asked for
 * more than the objects that would have to go, taken together (sketch.ts): one large file does not push out a hundred
 * small ones that are in use. Threads: any, with the lock held unless said otherwise.
 */
import { Heap, NONE } from './heap.js';
import { type Bytes, type CacheMemory, H, type Regions, SLOT_WORDS, VERSION } from './layout.js';
import { Sketch } from './sketch.js';
import { age, lock, pin, unlock, unpin } from './words.js';

/** What a slot stands for, as long as it is in the directory; `vary`: a list of fields, by which variants have keys of their own. */
export const KIND = { free: 0, object: 1, vary: 2, pending: 3, pass: 4 } as const;

/** Words of a slot. */
export const S = {
  generation: 0,
  pins: 1,
  a: 2,
  b: 3,
  next: 4,
  block: 5,
  kind: 6,
  lastUsed: 7,
  lockedSince: 8,
  waited: 9,
  granules: 10,
  variants: 11,
  flags: 12,
  until: 13,
  sequence: 14,
} as const;

/** Content of an object's first block: four words, its segments' blocks, then key, meta, and the body when it fits. */
export const B = { keyLength: 0, metaLength: 1, bodyLength: 2, segments: 3, first: 4 } as const;

const SAMPLES = 16;
/** Slots looked at in a row when sampling found none. */
const SCAN = 256;
/** Objects that one store may push out. */
const MOST_VICTIMS = 512;
/** A fetch whose thread died leaves a pending slot; nobody waits for it as long as this (seconds). */
const ABANDONED = 120;

/** Seconds from here fit an Int32 for 68 years. */
const EPOCH_MS = Date.UTC(2025, 0, 1);

/** ms since the epoch as a slot's seconds. */
export function ticks(now: number): number {
  return Math.floor((now - EPOCH_MS) / 1000);
}

/** What a store has been let push out so far; one per object that comes in. */
export interface Claim {
  a: number;
  b: number;
  /** Requests for those that went. */
  spent: number;
  victims: number;
  /** Whatever they were asked for. */
  isForced: boolean;
}

export class Directory {
  readonly heap: Heap;
  readonly sketch: Sketch;
  readonly slots: Int32Array;
  readonly #header: Int32Array;
  readonly #buckets: Int32Array;
  readonly #count: number;
  #random: number;
  /** Objects pushed out by this thread, for its counter. */
  evicted = 0;

  constructor(memory: CacheMemory, regions: Regions, thread: number) {
    this.heap = new Heap(memory, regions);
    this.sketch = new Sketch(regions.sketch, memory.threads);
    this.slots = regions.slots;
    this.#header = regions.header;
    this.#buckets = regions.buckets;
    this.#count = memory.slots;
    this.#random = (thread + 1) * 0x9e3779b9;
    this.lock();
    if (this.#header[H.version] !== VERSION) {
      this.heap.format();
      this.#header[H.version] = VERSION;
    }
    this.unlock();
  }

  lock(): void {
    lock(this.#header, H.lock);
  }

  unlock(): void {
    unlock(this.#header, H.lock);
  }

  /** The slot of a key's hashes, or NONE. */
  find(a: number, b: number): number {
    const { slots } = this;
    for (let slot = this.#bucket(a) - 1; slot >= 0; ) {
      const at = slot * SLOT_WORDS;
      if (slots[at + S.a] === a && slots[at + S.b] === b) return slot;
      slot = (slots[at + S.next] as number) - 1;
    }
    return NONE;
  }

  /** Puts a key in; the caller has seen that it is not there. NONE when no slot is free and none can be made free. */
  insert(a: number, b: number, kind: number, now: number): number {
    const slot = this.#takeSlot(now);
    if (slot === NONE) return NONE;
    const { slots } = this;
    const at = slot * SLOT_WORDS;
    const bucket = a & (this.#buckets.length - 1);
    slots[at + S.a] = a;
    slots[at + S.b] = b;
    slots[at + S.next] = this.#bucket(a);
    slots.fill(0, at + S.block, at + SLOT_WORDS);
    slots[at + S.kind] = kind;
    slots[at + S.lastUsed] = ticks(now);
    this.#buckets[bucket] = slot + 1;
    slots[at + S.pins] = 1;
    return slot;
  }

  /** Gives a slot its object: from now on it is found. */
  setBlock(slot: number, block: number): void {
    const at = slot * SLOT_WORDS;
    this.slots[at + S.block] = block + 1;
    this.slots[at + S.granules] = this.heap.granulesOf(block);
    this.#header[H.objects] = (this.#header[H.objects] as number) + 1;
  }

  /** Takes a slot out of the directory. */
  kill(slot: number): void {
    const { slots } = this;
    const at = slot * SLOT_WORDS;
    const next = slots[at + S.next] as number;
    const bucket = (slots[at + S.a] as number) & (this.#buckets.length - 1);
    if (this.#buckets[bucket] === slot + 1) this.#buckets[bucket] = next;
    else {
      let before = (this.#buckets[bucket] as number) - 1;
      while (before >= 0 && slots[before * SLOT_WORDS + S.next] !== slot + 1)
        before = (slots[before * SLOT_WORDS + S.next] as number) - 1;
      if (before >= 0) slots[before * SLOT_WORDS + S.next] = next;
    }
    slots[at + S.next] = 0;
    if (slots[at + S.block] !== 0) this.#header[H.objects] = (this.#header[H.objects] as number) - 1;
    // Whoever reads from it may hold its last pin: to those who make room it must not look like one that nobody reads.
    slots[at + S.kind] = KIND.free;
    age(slots, at + S.generation);
    if (unpin(slots, at + S.pins)) this.free(slot);
  }

  /** Gives back what a slot held, after its last pin. */
  free(slot: number): void {
    const at = slot * SLOT_WORDS;
    const block = (this.slots[at + S.block] as number) - 1;
    if (block >= 0) this.giveBlocks(block);
    this.slots[at + S.block] = 0;
    this.slots[at + S.next] = this.#header[H.freeSlot] as number;
    this.#header[H.freeSlot] = slot + 1;
  }

  /** Gives back an object's first block and its segments. */
  giveBlocks(block: number): void {
    const segments = this.heap.word(block, B.segments);
    for (let i = 0; i < segments; i += 1) this.heap.give(this.heap.word(block, B.first + i));
    this.heap.give(block);
  }

  /** Pins the object of a slot of that generation; without the lock. */
  pin(slot: number, generation: number): boolean {
    const at = slot * SLOT_WORDS;
    const got = pin(this.slots, at + S.pins, at + S.generation, generation);
    if (got === 'last') this.#freeLocked(slot);
    return got === 'pinned';
  }

  /** Gives a pin back; without the lock. */
  unpin(slot: number): void {
    if (unpin(this.slots, slot * SLOT_WORDS + S.pins)) this.#freeLocked(slot);
  }

  /** A block for so many bytes, for which others may have to go; NONE when they may not, or there are none to go. */
  takeBlock(bytes: Bytes, claim: Claim, now: number): number {
    for (;;) {
      const block = this.heap.take(bytes);
      if (block !== NONE) return block;
      if (!this.#pushOut(claim, now)) return NONE;
    }
  }

  /** Slots that have ever been used; those above are free. */
  get high(): number {
    return this.#header[H.highSlot] as number;
  }

  /** A number that no other list of varying fields has. */
  nextSequence(): number {
    const next = (this.#header[H.sequence] as number) + 1;
    this.#header[H.sequence] = next;
    return next;
  }

  #bucket(a: number): number {
    return this.#buckets[a & (this.#buckets.length - 1)] as number;
  }

  #freeLocked(slot: number): void {
    this.lock();
    this.free(slot);
    this.unlock();
  }

  #takeSlot(now: number): number {
    const free = (this.#header[H.freeSlot] as number) - 1;
    if (free >= 0) {
      this.#header[H.freeSlot] = this.slots[free * SLOT_WORDS + S.next] as number;
      return free;
    }
    const high = this.high;
    if (high < this.#count) {
      this.#header[H.highSlot] = high + 1;
      return high;
    }
    // Every slot is taken: one goes, whatever it was asked for.
    const victim = this.#victim(now);
    if (victim === NONE) return NONE;
    this.evicted += 1;
    this.kill(victim);
    return this.#header[H.freeSlot] === 0 ? NONE : this.#takeSlot(now);
  }

  #pushOut(claim: Claim, now: number): boolean {
    if (claim.victims >= MOST_VICTIMS) return false;
    const victim = this.#victim(now);
    if (victim === NONE) return false;
    const at = victim * SLOT_WORDS;
    const asked = this.sketch.countOf(this.slots[at + S.a] as number, this.slots[at + S.b] as number);
    claim.victims += 1;
    claim.spent += Math.max(asked - 1, 0);
    if (!claim.isForced && claim.spent > 0 && claim.spent > this.sketch.countOf(claim.a, claim.b) - 1)
      return false;
    this.evicted += 1;
    this.kill(victim);
    return true;
  }

  /** Of some slots at random, the one that was used longest ago; NONE when nothing may go. */
  #victim(now: number): number {
    const high = this.high;
    if (high === 0) return NONE;
    const tick = ticks(now);
    let best: number = NONE;
    for (let i = 0; i < SAMPLES; i += 1) best = this.#older(best, this.#nextRandom() % high, tick);
    if (best !== NONE) return best;
    const start = this.#nextRandom() % high;
    for (let i = 0; i < SCAN && i < high && best === NONE; i += 1)
      best = this.#older(best, (start + i) % high, tick);
    return best;
  }

  #older(best: number, slot: number, tick: number): number {
    const { slots } = this;
    const at = slot * SLOT_WORDS;
    const kind = slots[at + S.kind] as number;
    // Nothing is gained by what somebody is reading from.
    if (kind === KIND.free || slots[at + S.pins] !== 1) return best;
    if (kind === KIND.pass && (slots[at + S.until] as number) > tick) return best;
    if (kind === KIND.pending && tick - (slots[at + S.lockedSince] as number) < ABANDONED) return best;
    if (best === NONE) return slot;
    const other = best * SLOT_WORDS;
    const difference = (slots[at + S.lastUsed] as number) - (slots[other + S.lastUsed] as number);
    if (difference !== 0) return difference < 0 ? slot : best;
    const mine = this.sketch.countOf(slots[at + S.a] as number, slots[at + S.b] as number);
    const its = this.sketch.countOf(slots[other + S.a] as number, slots[other + S.b] as number);
    return mine < its ? slot : best;
  }

  #nextRandom(): number {
    let x = this.#random;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#random = x;
    return x >>> 0;
  }
}
