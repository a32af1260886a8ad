/**
 * Changes of what serves, one after the other. Whoever waits within a turn, as before the next start of a process that
 * dies again and again, is woken when another turn is asked for: the new change may be what mends it. Supervisor process.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Ms } from '../settings.js';

export class Turns {
  readonly #onDone: () => void;
  #last: Promise<void> = Promise.resolve();
  /** Turns that were asked for and have not begun. */
  #waiting = 0;
  #alarm = new AbortController();

  /** onDone  after each turn, however it ended */
  constructor(onDone: () => void) {
    this.#onDone = onDone;
  }

  /** Runs a change after those before it; errors are the caller's, and do not stop later turns. */
  take<T>(change: () => Promise<T>): Promise<T> {
    this.#waiting += 1;
    this.wake();
    const mine = this.#last.then(() => {
      this.#waiting -= 1;
      return change();
    });
    this.#last = mine.then(this.#onDone, this.#onDone);
    return mine;
  }

  get isAnyWaiting(): boolean {
    return this.#waiting > 0;
  }

  /** Waits within a turn, at most so long. */
  async pause(wait: Ms): Promise<void> {
    await sleep(wait, undefined, { signal: this.#alarm.signal }).catch(() => {});
  }

  /** Ends a pause. */
  wake(): void {
    this.#alarm.abort();
    this.#alarm = new AbortController();
  }
}
