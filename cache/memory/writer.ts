/**
 * A response on its way into shared memory. Its place is taken when its length is known: at once for a body of announced
 * length, whose pieces are then copied where they will stay; at its end for any other, whose pieces are gathered until
 * then. Nothing of it can be found before commit, and an abort leaves nothing behind.
 *
 * A body up to memory.segment lies behind its head in one block; a longer one has blocks of its own, each a segment.
 * Threads: a worker.
 */
import { HASH, hashKey } from '../hash.js';
import type { StoredMeta } from '../stored.js';
import { B, type Claim, KIND } from './directory.js';
import { NONE } from './heap.js';
import type { Bytes } from './layout.js';
import type { MemoryStore, Moment } from './store.js';

/** Bytes of an object that are neither key, meta nor body. */
const OBJECT_WORDS = B.first * 4;

/** Where an object goes besides memory. */
export interface Shelf {
  /**
   * Takes a complete object; its bytes are copied before this returns.
   * meta       StoredMeta as JSON
   * isCurrent  has it not been invalidated meanwhile? May be asked at any time
   * returns    what puts it there, to be called when it is in memory
   */
  keep(key: string, meta: string, segments: readonly Uint8Array[], isCurrent: () => boolean): () => void;
}

/** What is unusual about a store. */
export interface StoreHow {
  shelf?: Shelf | undefined;
  /** Comes in whatever has to go: it was let in before, and comes back from disk. */
  isForced?: boolean;
}

export class Writer {
  readonly #store: MemoryStore;
  readonly #key: string;
  readonly #meta: string;
  readonly #kind: number;
  readonly #a: number;
  readonly #b: number;
  readonly #length: Bytes;
  readonly #most: Bytes;
  readonly #moment: Moment;
  readonly #now: number;
  readonly #how: StoreHow;
  #block: number = NONE;
  #segments: Uint8Array[] = [];
  #gathered: Buffer[] | undefined;
  #written: Bytes = 0;
  #isOver = false;

  constructor(
    store: MemoryStore,
    key: string,
    meta: StoredMeta,
    length: Bytes,
    most: Bytes,
    moment: Moment,
    now: number,
    how: StoreHow,
  ) {
    hashKey(key);
    this.#store = store;
    this.#key = key;
    this.#a = HASH.a;
    this.#b = HASH.b;
    this.#meta = JSON.stringify(meta);
    this.#kind = meta.vary === undefined ? KIND.object : KIND.vary;
    this.#length = length;
    this.#most = most;
    this.#moment = moment;
    this.#now = now;
    this.#how = how;
    if (length < 0) this.#gathered = [];
    else if (!this.#reserve(length)) this.#isOver = true;
  }

  /** There was no room. */
  get isRefused(): boolean {
    return this.#isOver;
  }

  get written(): Bytes {
    return this.#written;
  }

  /** Takes a piece; its bytes are copied. False when the body turns out longer than it may be: it has been given up. */
  write(chunk: Uint8Array): boolean {
    if (this.#isOver) return false;
    if (this.#written + chunk.length > (this.#gathered === undefined ? this.#length : this.#most)) {
      this.abort();
      return false;
    }
    if (this.#gathered !== undefined) this.#gathered.push(Buffer.from(chunk));
    else this.#copy(chunk);
    this.#written += chunk.length;
    return true;
  }

  #copy(chunk: Uint8Array): void {
    const { segment } = this.#store.memory;
    let at = this.#written;
    for (let from = 0; from < chunk.length; ) {
      const into = this.#segments.length === 1 ? 0 : Math.floor(at / segment);
      const target = this.#segments[into] as Uint8Array;
      const offset = this.#segments.length === 1 ? at : at % segment;
      const size = Math.min(chunk.length - from, target.length - offset);
      target.set(size === chunk.length ? chunk : chunk.subarray(from, from + size), offset);
      from += size;
      at += size;
    }
  }

  /** The body is complete: from now on it is served. False when it was not, or there is no room, or it was invalidated. */
  commit(): boolean {
    if (this.#isOver) return false;
    if (this.#gathered !== undefined) {
      const pieces = this.#gathered;
      const length = this.#written;
      this.#gathered = undefined;
      if (!this.#reserve(length)) {
        this.#isOver = true;
        return false;
      }
      this.#written = 0;
      for (const piece of pieces) {
        this.#copy(piece);
        this.#written += piece.length;
      }
    } else if (this.#written !== this.#length) {
      this.abort();
      return false;
    }
    this.#isOver = true;
    const { directory } = this.#store;
    // Once others find it, it can go at any time.
    const shelve = this.#how.shelf?.keep(this.#key, this.#meta, this.#segments, () =>
      this.#store.isCurrent(this.#moment),
    );
    directory.lock();
    const isIn = this.#store.publish(this.#a, this.#b, this.#block, this.#kind, this.#moment, this.#now);
    if (!isIn) directory.giveBlocks(this.#block);
    directory.unlock();
    this.#store.countEvictions();
    if (isIn && this.#how.isForced !== true) this.#store.counters.add('stores');
    if (isIn) shelve?.();
    return isIn;
  }

  abort(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#gathered = undefined;
    if (this.#block === NONE) return;
    const { directory } = this.#store;
    directory.lock();
    directory.giveBlocks(this.#block);
    directory.unlock();
    this.#block = NONE;
  }

  /** Takes the blocks of a body and writes the head. */
  #reserve(length: Bytes): boolean {
    const { directory, memory } = this.#store;
    const { heap } = directory;
    const head = OBJECT_WORDS + this.#key.length + this.#meta.length;
    const isWhole = head + length <= memory.segment;
    const count = isWhole ? 0 : Math.ceil(length / memory.segment);
    // What has a shelf is not lost with its place in memory, and one that is refused here would not come to the shelf.
    const isForced = this.#how.isForced === true || this.#how.shelf !== undefined;
    const claim: Claim = { a: this.#a, b: this.#b, spent: 0, victims: 0, isForced };
    directory.lock();
    const block = directory.takeBlock(head + count * 4 + (isWhole ? length : 0), claim, this.#now);
    let isTaken = block !== NONE;
    if (isTaken) {
      heap.setWord(block, B.segments, 0);
      for (let i = 0; i < count; i += 1) {
        const one = directory.takeBlock(
          Math.min(memory.segment, length - i * memory.segment),
          claim,
          this.#now,
        );
        isTaken = one !== NONE;
        if (!isTaken) break;
        heap.setWord(block, B.first + i, one);
        heap.setWord(block, B.segments, i + 1);
      }
      if (!isTaken) directory.giveBlocks(block);
    }
    directory.unlock();
    if (!isTaken) return false;
    this.#block = block;
    heap.setWord(block, B.keyLength, this.#key.length);
    heap.setWord(block, B.metaLength, this.#meta.length);
    heap.setWord(block, B.bodyLength, length);
    const start = (B.first + count) * 4;
    const text = Buffer.from(this.#key + this.#meta, 'latin1');
    heap.view(block, start, text.length).set(text);
    this.#segments = isWhole
      ? [heap.view(block, start + text.length, length)]
      : Array.from({ length: count }, (_, i) =>
          heap.view(heap.word(block, B.first + i), 0, Math.min(memory.segment, length - i * memory.segment)),
        );
    return true;
  }
}
