/**
 * The memory store as one thread uses it. What this thread has served lies in an index of its own (lru-cache, bounded in
 * bytes): a hit there takes no lock. What it has not, it finds in the shared directory, so that a response stored by one
 * thread is served by all from the next request on. An invalidation moves the slot to its next generation, and every index
 * compares generations: what one thread invalidates no other serves.
 *
 * Bodies and heads lie once, in shared memory. Only what a thread serves often is kept in its heap besides.
 * Threads: a worker; one store each.
 */
import { Counters } from '../counters.js';
import { DiskStore } from '../disk/store.js';
import { HASH, hashKey } from '../hash.js';
import type { StoredMeta } from '../stored.js';
import { B, Directory, KIND, S, ticks } from './directory.js';
import { Entry } from './entry.js';
import { NONE } from './heap.js';
import {
  type Bytes,
  type CacheMemory,
  EPOCHS,
  GRANULE,
  H,
  type Regions,
  regionsOf,
  SLOT_WORDS,
} from './layout.js';
import { ThreadIndex } from './thread-index.js';
import { add, load } from './words.js';
import { type StoreHow, Writer } from './writer.js';

/** What a fetch has to find unchanged when its response is to be stored. */
export interface Moment {
  /** Which epoch: what is stored for a URL under another key goes by the URL's. */
  at: number;
  epoch: number;
  bulk: number;
}

/** May this request fetch? `again`: it is there now. */
export type Lead = 'lead' | 'wait' | 'pass' | 'again';

const META_TEXT = 'latin1';
const SOFT = 1;
const AS_USUAL: StoreHow = {};
/** Slots looked at in one go, with the lock held, when many objects are purged. */
const PURGE_STEP = 512;

export class MemoryStore {
  readonly memory: CacheMemory;
  readonly counters: Counters;
  readonly directory: Directory;
  /** CacheRoots behind the memory. */
  readonly disks: readonly DiskStore[];
  readonly #regions: Regions;
  readonly #index: ThreadIndex;
  /** Somebody was waiting for what was put in or given up last. */
  #wasWaited = false;

  constructor(memory: CacheMemory, thread: number) {
    this.memory = memory;
    this.#regions = regionsOf(memory);
    this.directory = new Directory(memory, this.#regions, thread);
    this.counters = new Counters(memory, thread);
    const { header } = this.#regions;
    this.disks = memory.disks.map((place) => new DiskStore(place, header, H.diskLock, this.counters, thread));
    this.#index = new ThreadIndex(memory.bytes, memory.threads);
  }

  /** The object of a key, pinned: it has to be released. Undefined when there is none. */
  find(key: string, now: number): Entry | undefined {
    const known = this.#index.get(key);
    if (known !== undefined) {
      if (this.directory.pin(known.slot, known.generation)) {
        this.#use(known, now);
        return known;
      }
      this.#index.delete(key);
    }
    return this.#adopt(key, now);
  }

  release(entry: Entry): void {
    this.directory.unpin(entry.slot);
  }

  #use(entry: Entry, now: number): void {
    const { slots, sketch } = this.directory;
    const at = entry.slot * SLOT_WORDS;
    slots[at + S.lastUsed] = ticks(now);
    entry.isSoft = slots[at + S.flags] === SOFT;
    sketch.add(entry.a, entry.b);
  }

  /** Looks into the directory, and takes what is there into this thread's index. */
  #adopt(key: string, now: number): Entry | undefined {
    hashKey(key);
    const { a, b } = HASH;
    const { directory } = this;
    directory.sketch.add(a, b);
    directory.lock();
    const slot = directory.find(a, b);
    if (slot === NONE) {
      directory.unlock();
      return undefined;
    }
    const at = slot * SLOT_WORDS;
    const block = (directory.slots[at + S.block] as number) - 1;
    if (block < 0) {
      directory.unlock();
      return undefined;
    }
    const generation = load(directory.slots, at + S.generation);
    // With the lock held nobody takes it out meanwhile.
    add(directory.slots, at + S.pins, 1);
    directory.unlock();
    const entry = this.#read(key, slot, generation, a, b, block);
    if (entry === undefined) {
      directory.unpin(slot);
      return undefined;
    }
    entry.isSoft = directory.slots[at + S.flags] === SOFT;
    directory.slots[at + S.lastUsed] = ticks(now);
    const used = (this.#regions.header[H.granulesUsed] as number) * GRANULE;
    this.#index.set(key, entry, used);
    return entry;
  }

  /** An object's block as an entry; undefined when it is another key's. */
  #read(
    key: string,
    slot: number,
    generation: number,
    a: number,
    b: number,
    block: number,
  ): Entry | undefined {
    const { heap } = this.directory;
    const keyLength = heap.word(block, B.keyLength);
    const metaLength = heap.word(block, B.metaLength);
    const length = heap.word(block, B.bodyLength);
    const count = heap.word(block, B.segments);
    const start = (B.first + count) * 4;
    if (textIn(heap.view(block, start, keyLength)) !== key) return undefined;
    const meta = JSON.parse(textIn(heap.view(block, start + keyLength, metaLength))) as StoredMeta;
    const segments: Uint8Array[] = [];
    if (count === 0) segments.push(heap.view(block, start + keyLength + metaLength, length));
    const { segment } = this.memory;
    for (let i = 0; i < count; i += 1) {
      const size = Math.min(segment, length - i * segment);
      segments.push(heap.view(heap.word(block, B.first + i), 0, size));
    }
    return new Entry(key, slot, generation, a, b, meta, segments, length);
  }

  // --- storing

  /** To be taken before a member is asked. */
  momentOf(key: string): Moment {
    hashKey(key);
    const { epochs, header } = this.#regions;
    const at = HASH.a & (EPOCHS - 1);
    return { at, epoch: epochs[at] as number, bulk: header[H.bulkEpoch] as number };
  }

  /**
   * Begins to store an object.
   * length  of its body, or -1 when its end will show it
   * most    a body longer than this is not kept
   * returns undefined when there is no room that it may have
   */
  write(
    key: string,
    meta: StoredMeta,
    length: Bytes,
    most: Bytes,
    moment: Moment,
    now: number,
    how: StoreHow = AS_USUAL,
  ): Writer | undefined {
    const writer = new Writer(this, key, meta, length, most, moment, now, how);
    if (writer.isRefused) {
      this.countEvictions();
      return undefined;
    }
    return writer;
  }

  /** Puts a written object into the directory; with the lock held. False when it was invalidated meanwhile. */
  publish(a: number, b: number, block: number, kind: number, moment: Moment, now: number): boolean {
    const { directory } = this;
    if (!this.isCurrent(moment)) return false;
    const before = directory.find(a, b);
    if (before !== NONE) {
      this.#wasWaited ||= directory.slots[before * SLOT_WORDS + S.waited] === 1;
      directory.kill(before);
    }
    const slot = directory.insert(a, b, kind, now);
    if (slot === NONE) return false;
    directory.setBlock(slot, block);
    return true;
  }

  /** Has nothing of the URL been invalidated since that moment? */
  isCurrent(moment: Moment): boolean {
    const { epochs, header } = this.#regions;
    return epochs[moment.at] === moment.epoch && header[H.bulkEpoch] === moment.bulk;
  }

  countEvictions(): void {
    const { evicted } = this.directory;
    if (evicted === 0) return;
    this.directory.evicted = 0;
    this.counters.add('evictions', evicted);
  }

  /** A number for a list of varying fields, see StoredMeta.sequence. */
  nextSequence(): number {
    this.directory.lock();
    const next = this.directory.nextSequence();
    this.directory.unlock();
    return this.memory.sequenceBase + next;
  }

  /** Counts one more variant of a list, which may have been taken out; false when it has as many as it may. */
  addVariant({ slot, generation }: Entry, most: number): boolean {
    if (!this.directory.pin(slot, generation)) return true;
    const count = add(this.directory.slots, slot * SLOT_WORDS + S.variants, 1);
    this.directory.unpin(slot);
    return count <= most;
  }

  // --- one fetch for all

  /**
   * Asks to be the one that fetches a key that is not there.
   * maxAge  seconds after which a fetch counts as lost and another one may begin
   */
  lead(key: string, now: number, maxAge: number): Lead {
    hashKey(key);
    const { a, b } = HASH;
    const { directory } = this;
    const { slots } = directory;
    const tick = ticks(now);
    directory.lock();
    let slot = directory.find(a, b);
    let verdict: Lead = 'lead';
    if (slot === NONE) {
      slot = directory.insert(a, b, KIND.pending, now);
      if (slot === NONE) verdict = 'pass';
    } else {
      const at = slot * SLOT_WORDS;
      const kind = slots[at + S.kind];
      if (kind === KIND.object || kind === KIND.vary) verdict = 'again';
      else if (kind === KIND.pass && (slots[at + S.until] as number) > tick) verdict = 'pass';
      else if (kind === KIND.pending && tick - (slots[at + S.lockedSince] as number) <= maxAge) {
        verdict = 'wait';
        slots[at + S.waited] = 1;
      }
    }
    if (verdict === 'lead') {
      slots[slot * SLOT_WORDS + S.kind] = KIND.pending;
      slots[slot * SLOT_WORDS + S.lockedSince] = tick;
    }
    directory.unlock();
    return verdict;
  }

  /**
   * Ends a fetch that stored nothing.
   * passFor  seconds in which nobody waits for this key again, because its responses are not stored; 0 for none
   */
  unlead(key: string, now: number, passFor: number): void {
    hashKey(key);
    const { directory } = this;
    const { slots } = directory;
    directory.lock();
    const slot = directory.find(HASH.a, HASH.b);
    if (slot !== NONE && slots[slot * SLOT_WORDS + S.kind] === KIND.pending) {
      const at = slot * SLOT_WORDS;
      this.#wasWaited ||= slots[at + S.waited] === 1;
      slots[at + S.waited] = 0;
      if (passFor > 0) {
        slots[at + S.kind] = KIND.pass;
        slots[at + S.until] = ticks(now) + passFor;
      } else directory.kill(slot);
    }
    directory.unlock();
  }

  /** Asks to be the one that revalidates an object that is there. waits: the one who asks will wait when it may not. */
  tryLock(entry: Entry, now: number, maxAge: number, waits: boolean): boolean {
    const { directory } = this;
    const at = entry.slot * SLOT_WORDS + S.lockedSince;
    const tick = ticks(now);
    directory.lock();
    const since = directory.slots[at] as number;
    const isFree = since === 0 || tick - since > maxAge;
    if (isFree) directory.slots[at] = Math.max(tick, 1);
    else if (waits) directory.slots[entry.slot * SLOT_WORDS + S.waited] = 1;
    directory.unlock();
    return isFree;
  }

  /** Gives the right to revalidate back; the entry is pinned still. */
  unlockEntry(entry: Entry): void {
    const { directory } = this;
    const at = entry.slot * SLOT_WORDS;
    directory.lock();
    directory.slots[at + S.lockedSince] = 0;
    this.#wasWaited ||= directory.slots[at + S.waited] === 1;
    directory.slots[at + S.waited] = 0;
    directory.unlock();
  }

  /** Was somebody in another thread waiting for what was put in or given up since this was last asked? */
  takeWaited(): boolean {
    const was = this.#wasWaited;
    this.#wasWaited = false;
    return was;
  }

  // --- taking out

  /** What is stored under a key is not served any more, nor stored if it is being fetched. soft: it is only stale. */
  invalidate(key: string, isSoft = false): boolean {
    let isThere = this.#invalidateHere(key, isSoft);
    if (isSoft || this.disks.length === 0) return isThere;
    for (const disk of this.disks) if (disk.remove(key)) isThere = true;
    // Somebody may have begun to read the file after the first time, and before it went.
    this.#invalidateHere(key, false);
    return isThere;
  }

  #invalidateHere(key: string, isSoft: boolean): boolean {
    hashKey(key);
    const { a, b } = HASH;
    const { directory } = this;
    const at = a & (EPOCHS - 1);
    directory.lock();
    this.#regions.epochs[at] = ((this.#regions.epochs[at] as number) + 1) | 0;
    const slot = directory.find(a, b);
    const isThere = slot !== NONE && directory.slots[slot * SLOT_WORDS + S.block] !== 0;
    if (isThere) this.#takeOut(slot, isSoft);
    directory.unlock();
    return isThere;
  }

  #takeOut(slot: number, isSoft: boolean): void {
    const { slots } = this.directory;
    const at = slot * SLOT_WORDS;
    if (!isSoft) this.directory.kill(slot);
    // A list of varying fields goes on leading to its variants, which are soft themselves.
    else if (slots[at + S.kind] === KIND.object) slots[at + S.flags] = SOFT;
  }

  /**
   * Takes out every object that a test picks; what is being fetched now is not stored.
   * test  gets the key, and what is stored beside the body as JSON
   */
  purge(test: (key: string, meta: string) => boolean, isSoft: boolean): number {
    const { directory } = this;
    const { slots, heap } = directory;
    let count = 0;
    directory.lock();
    this.#regions.header[H.bulkEpoch] = ((this.#regions.header[H.bulkEpoch] as number) + 1) | 0;
    const high = directory.high;
    for (let slot = 0; slot < high; slot += 1) {
      if (slot % PURGE_STEP === PURGE_STEP - 1) {
        directory.unlock();
        directory.lock();
      }
      const block = (slots[slot * SLOT_WORDS + S.block] as number) - 1;
      if (block < 0 || slots[slot * SLOT_WORDS + S.kind] === KIND.free) continue;
      const start = (B.first + heap.word(block, B.segments)) * 4;
      const keyLength = heap.word(block, B.keyLength);
      const key = textIn(heap.view(block, start, keyLength));
      const meta = textIn(heap.view(block, start + keyLength, heap.word(block, B.metaLength)));
      if (!test(key, meta)) continue;
      this.#takeOut(slot, isSoft);
      count += 1;
    }
    directory.unlock();
    return count;
  }
}

function textIn(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(META_TEXT);
}
