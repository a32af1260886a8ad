/**
 * A cache's part in a reload. The old process writes its hot objects into a file that the supervisor has made, and tells
 * from then on, until it ends, what is invalidated in it; the new one reads the file before its threads listen, and
 * drops what it hears of. A purge that the old one answers while both serve is known to the new one some 20 ms later.
 * Thread: control.
 */
import type { CacheMemory } from '../cache/memory/layout.js';
import {
  dropInvalidated,
  type Invalidated,
  InvalidationWatch,
  readSnapshot,
  writeSnapshot,
} from '../cache/memory/snapshot.js';
import { MemoryStore } from '../cache/memory/store.js';
import { messageOf } from './errors.js';
import type { ProcessLog } from './process-log.js';

/** More would make a reload wait longer than it saves. */
const MOST_BYTES = 64 << 20;
/** Comparing all epochs takes some 20 µs. */
const LOOK_EVERY_MS = 20;
/** A successor that has not come within this never will; looks end. */
const LOOK_FOR_MS = 60_000;

export class CacheHandover {
  readonly #memory: CacheMemory;
  readonly #store: MemoryStore;
  readonly #log: ProcessLog;
  readonly #tell: (what: Invalidated) => void;
  #watch: InvalidationWatch | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isLeaving = false;

  /** tell  hears what is invalidated after a snapshot */
  constructor(memory: CacheMemory, log: ProcessLog, tell: (what: Invalidated) => void) {
    this.#memory = memory;
    this.#log = log;
    this.#tell = tell;
    // The row of counters behind those of the worker threads, as for purges by the API.
    this.#store = new MemoryStore(memory, memory.threads);
  }

  /** Takes in what the process before this one has written. */
  load(file: string): void {
    try {
      const count = readSnapshot(this.#store, file, Date.now());
      this.#log.log('cache', 'info', `${count} cached objects taken over`);
    } catch (error) {
      this.#log.log('cache', 'warn', `cached objects are not taken over: ${messageOf(error)}`);
    }
  }

  /** Writes the snapshot; false when there is none. */
  save(file: string): boolean {
    clearInterval(this.#timer);
    // Before the first object is looked at: what goes while the file is written is told, too.
    this.#watch = new InvalidationWatch(this.#memory);
    try {
      writeSnapshot(this.#store, file, MOST_BYTES);
    } catch (error) {
      this.#log.log('cache', 'warn', `cached objects are not handed over: ${messageOf(error)}`);
      this.#watch = undefined;
      return false;
    }
    const until = Date.now() + LOOK_FOR_MS;
    this.#timer = setInterval(() => {
      if (!this.#isLeaving && Date.now() > until) this.end();
      else this.#look();
    }, LOOK_EVERY_MS);
    this.#timer.unref();
    return true;
  }

  /** The successor serves: looks go on until the end. */
  leave(): void {
    this.#isLeaving = true;
  }

  /** Looks a last time. */
  end(): void {
    clearInterval(this.#timer);
    this.#look();
    this.#watch = undefined;
  }

  /** Drops what the process before this one has invalidated. */
  drop(what: Invalidated): void {
    dropInvalidated(this.#store, what);
  }

  #look(): void {
    const news = this.#watch?.news();
    if (news !== undefined) this.#tell(news);
  }
}
