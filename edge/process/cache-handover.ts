/**
 * A cache's part in a reload. The old process writes its hot objects into a file that the supervisor has made, and the new
 * one reads it before its threads listen. While both are there, each tells the other what is invalidated in it, and
 * drops what it hears of: a purge that one answers is known to the other some 20 ms later. The old one has connections
 * to answer once more on, and the new one has what the old one knew.
 * Thread: control.
 */
import type { CacheMemory } from '../../cache/memory/layout.js';
import {
  dropInvalidated,
  type Invalidated,
  InvalidationWatch,
  readSnapshot,
  writeSnapshot,
} from '../../cache/memory/snapshot.js';
import { MemoryStore } from '../../cache/memory/store.js';
import { messageOf } from '../errors.js';
import type { Ms } from '../settings.js';
import type { ProcessLog } from './process-log.js';

/** More would make a reload wait longer than it saves. */
const MOST_BYTES = 64 << 20;
/** Comparing all epochs takes some 20 µs. */
const LOOK_EVERY_MS = 20;
/** A successor that has not come within this never will. */
const LOOK_FOR_MS = 60_000;
/** For so long a predecessor may still answer on kept connections (drain.ts), and a little more. */
const LOOK_BACK_MS = 20_000;

export class CacheHandover {
  readonly #memory: CacheMemory;
  readonly #store: MemoryStore;
  readonly #log: ProcessLog;
  readonly #tell: (what: Invalidated) => void;
  #watch: InvalidationWatch | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isLeaving = false;

  /** tell  hears what is invalidated here while there is another process to tell */
  constructor(memory: CacheMemory, log: ProcessLog, tell: (what: Invalidated) => void) {
    this.#memory = memory;
    this.#log = log;
    this.#tell = tell;
    // The row of counters behind those of the worker threads, as for purges by the API.
    this.#store = new MemoryStore(memory, memory.threads);
  }

  /** Takes in what the process before this one has written. */
  load(file: string): void {
    this.#watch = new InvalidationWatch(this.#memory);
    this.#lookFor(LOOK_BACK_MS);
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
    this.#lookFor(LOOK_FOR_MS);
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

  /** Drops what the other process has invalidated. */
  drop(what: Invalidated): void {
    this.#watch?.expect(what);
    dropInvalidated(this.#store, what);
  }

  #lookFor(time: Ms): void {
    clearInterval(this.#timer);
    const until = Date.now() + time;
    this.#timer = setInterval(() => {
      if (!this.#isLeaving && Date.now() > until) this.end();
      else this.#look();
    }, LOOK_EVERY_MS);
    this.#timer.unref();
  }

  #look(): void {
    const news = this.#watch?.news();
    if (news !== undefined) this.#tell(news);
  }
}
