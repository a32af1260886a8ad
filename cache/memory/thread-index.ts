/**
 * What a thread has served lately, by key: a hit in it takes no lock and reads no text. It is an lru-cache, bounded in bytes by
 * what the objects themselves take, because what all indexes of a process take comes on top of that. Thread: a worker; one each.
 */
import { LRUCache } from 'lru-cache';
import type { StoredMeta } from '../stored.js';
import type { Entry } from './entry.js';
import type { Bytes } from './layout.js';

/** Heap bytes of an index's entry that are no text. */
const ENTRY_BYTES: Bytes = 700;
/**
 * The indexes of all threads together may take this part of what the objects take; the process grows by about twice as much
 * for them (native-bench/cache-memory.ts). Of the cache's size it may be no more either, but that is mostly empty at first.
 */
const INDEX_PART = 40;
const LEAST_INDEX: Bytes = 1 << 20;

export class ThreadIndex {
  readonly #entries: LRUCache<string, Entry>;
  readonly #part: number;

  /** size: of the cache */
  constructor(size: Bytes, threads: number) {
    this.#part = INDEX_PART * threads;
    this.#entries = new LRUCache<string, Entry>({
      maxSize: Math.max(Math.floor(size / this.#part), LEAST_INDEX),
      sizeCalculation: (entry, key) => ENTRY_BYTES + key.length * 2 + textOf(entry.meta),
    });
  }

  get(key: string): Entry | undefined {
    return this.#entries.get(key);
  }

  /** used: bytes that all objects take now */
  set(key: string, entry: Entry, used: Bytes): void {
    this.#entries.set(key, entry);
    const most = Math.max(used / this.#part, LEAST_INDEX);
    while (this.#entries.calculatedSize > most) this.#entries.pop();
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }
}

/** Bytes of heap that an object's fields take, roughly. */
function textOf(meta: StoredMeta): number {
  let bytes = 0;
  for (const text of meta.fields) bytes += text.length + 24;
  return bytes * 2;
}
