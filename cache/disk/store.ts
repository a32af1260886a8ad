/**
 * Objects below one CacheRoot, as one thread sees them. The memory store stands before it: what is stored goes to both, what
 * memory has pushed out or a restart has emptied is read from disk when it is asked for, and is in memory again then. So a
 * hit never touches the disk, and there is no index to be lost: an object is where its key says, or it is not there.
 *
 *   store    packed when the last byte has come → written under a name of its own → renamed, if not invalidated meanwhile
 *   read     the moment is taken → file → whole and right? not purged? → memory, if not invalidated meanwhile
 *   remove   the key's epoch moves on → unlinked → the epoch moves on again, for who was reading in between
 *
 * A file has its final name only when it is complete, so that a process killed at any moment leaves whole objects and
 * nameless leftovers, which the sweep clears away. The rename and the unlink exclude each other by a lock of their own.
 * Thread: worker; one each per CacheRoot.
 */
import { mkdirSync, readFile, renameSync, statSync, unlink, unlinkSync, utimes, writeFile } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Counters } from '../counters.js';
import { lock, unlock } from '../memory/words.js';
import type { Shelf } from '../memory/writer.js';
import { type DiskPlace, type FiledObject, pack, pathOf, unpack } from './object-file.js';
import { PurgeList, type PurgeRule } from './purge-list.js';

/** Bytes that may wait to be written; what comes when the disk is that far behind stays in memory alone. */
const MOST_WAITING = 32 << 20;
/** Writes under way at once. */
const MOST_WRITES = 4;
/** How a file that is being written is called. */
export const TEMPORARY = '.writing-';

/** What was read: an object, softly purged or not; undefined when there is none that may be served. */
export type DiskAnswer = { object: FiledObject; isSoft: boolean } | undefined;

interface Job {
  key: string;
  file: Buffer;
  isCurrent: () => boolean;
}

let temporaries = 0;

export class DiskStore implements Shelf {
  readonly place: DiskPlace;
  readonly #purges: PurgeList;
  readonly #words: Int32Array;
  readonly #lockAt: number;
  readonly #counters: Counters;
  readonly #prefix: string;
  #jobs: Job[] = [];
  #waiting = 0;
  #writes = 0;
  #isClosed = false;
  /** Who waits for an object that is being read. */
  readonly #reads = new Map<string, ((answer: DiskAnswer) => void)[]>();

  /** words, lockAt: the word of the disk's lock, which all threads share */
  constructor(place: DiskPlace, words: Int32Array, lockAt: number, counters: Counters, thread: number) {
    this.place = place;
    this.#purges = new PurgeList(place.root);
    this.#words = words;
    this.#lockAt = lockAt;
    this.#counters = counters;
    this.#prefix = `${TEMPORARY}${process.pid}-${thread}-`;
  }

  keep(key: string, meta: string, segments: readonly Uint8Array[], isCurrent: () => boolean): () => void {
    let bytes = meta.length;
    for (const segment of segments) bytes += segment.length;
    if (this.#isClosed || this.#waiting + bytes > MOST_WAITING) return () => undefined;
    const file = pack(key, meta, segments);
    return () => {
      this.#waiting += file.length;
      this.#jobs.push({ key, file, isCurrent });
      this.#writeMore();
    };
  }

  #writeMore(): void {
    while (this.#writes < MOST_WRITES) {
      const job = this.#jobs.shift();
      if (job === undefined) return;
      this.#writes += 1;
      temporaries += 1;
      const temporary = join(this.place.root, this.#prefix + temporaries);
      writeFile(temporary, job.file, { mode: 0o600 }, (error) => {
        const isIn = error === null && this.#publish(job, temporary);
        if (isIn) {
          this.#counters.add('diskStores');
          this.#counters.add('diskBytes', job.file.length);
        } else unlink(temporary, () => undefined);
        if (error !== null) this.#counters.add('diskFailures');
        this.#waiting -= job.file.length;
        this.#writes -= 1;
        this.#writeMore();
      });
    }
  }

  #publish({ key, isCurrent }: Job, temporary: string): boolean {
    const path = pathOf(this.place, key);
    return this.#locked(() => {
      // Who writes here after close may have invalidated it, and that is not known here.
      if (this.#isClosed || !isCurrent()) return false;
      try {
        renameSync(temporary, path);
      } catch {
        try {
          mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
          renameSync(temporary, path);
        } catch {
          this.#counters.add('diskFailures');
          return false;
        }
      }
      return true;
    });
  }

  #locked<T>(act: () => T): T {
    lock(this.#words, this.#lockAt);
    try {
      return act();
    } finally {
      unlock(this.#words, this.#lockAt);
    }
  }

  /** Is there a file for a key? It costs a look at the directory, which the kernel remembers. */
  has(key: string): boolean {
    return statSync(pathOf(this.place, key), { throwIfNoEntry: false }) !== undefined;
  }

  /** Reads an object; those who ask for one that is being read get the same. */
  read(key: string, done: (answer: DiskAnswer) => void): void {
    const waiting = this.#reads.get(key);
    if (waiting !== undefined) {
      waiting.push(done);
      return;
    }
    this.#reads.set(key, [done]);
    const path = pathOf(this.place, key);
    readFile(path, (error, file) => {
      const answer = error === null ? this.#judge(key, path, file) : undefined;
      const all = this.#reads.get(key) ?? [];
      this.#reads.delete(key);
      for (const one of all) one(answer);
    });
  }

  #judge(key: string, path: string, file: Buffer): DiskAnswer {
    const object = unpack(file, key);
    let judgement: 'good' | 'soft' | 'gone' = 'gone';
    if (object === undefined) this.#counters.add('diskBroken');
    else {
      try {
        this.#purges.refresh();
        judgement = this.#purges.judge(key, object.meta);
      } catch {
        // Whoever cannot tell what was purged serves nothing.
        this.#counters.add('diskFailures');
      }
    }
    if (object === undefined || judgement === 'gone') {
      unlink(path, () => undefined);
      return undefined;
    }
    // The sweep takes what was used longest ago.
    const now = new Date();
    utimes(path, now, now, () => undefined);
    return { object, isSoft: judgement === 'soft' };
  }

  remove(key: string): boolean {
    const path = pathOf(this.place, key);
    return this.#locked(() => {
      try {
        unlinkSync(path);
        return true;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') this.#counters.add('diskFailures');
        return false;
      }
    });
  }

  purge(rule: PurgeRule, isSoft: boolean, at: number): void {
    this.#locked(() => this.#purges.add(rule, isSoft, at));
  }

  /** Nothing is written any more: another generation may write here. */
  close(): void {
    this.#isClosed = true;
    for (const { file } of this.#jobs) this.#waiting -= file.length;
    this.#jobs = [];
  }
}
