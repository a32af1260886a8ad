/**
 * The wall clock with fractions of a millisecond, for %D and %t and for what is compared with Date.now() elsewhere. It goes
 * by the monotonic clock, so that a duration is never negative by a whim of the other one; but where the system's time was
 * set (by NTP after a boot, after a machine was asleep) it follows within a second, or times in logs would be wrong and
 * deadlines would have passed before they began until the process ends. Any thread; each has its own.
 */
import { performance } from 'node:perf_hooks';
import { TurnEnd } from './turn-end.js';

const CHECK_EVERY_MS = 1000;
/** Less than this is no step: Date.now() knows whole milliseconds, and a thread may be put to sleep between two readings. */
const STEP_MS = 20;
const READINGS = 3;

export class Clock {
  readonly #monotonic: () => number;
  readonly #wall: () => number;
  #origin: number;
  #checkAt: number;

  /**
   * monotonic  ms since anything
   * wall       ms since the epoch, whole ones
   * origin     time of the monotonic clock's zero, ms since the epoch
   */
  constructor(monotonic: () => number, wall: () => number, origin: number) {
    this.#monotonic = monotonic;
    this.#wall = wall;
    this.#origin = origin;
    this.#checkAt = monotonic() + CHECK_EVERY_MS;
  }

  /** Ms since the epoch. */
  read(): number {
    const now = this.#monotonic();
    if (now >= this.#checkAt) this.#follow(now);
    return this.#origin + now;
  }

  #follow(now: number): void {
    this.#checkAt = now + CHECK_EVERY_MS;
    let least = Number.POSITIVE_INFINITY;
    for (let i = 0; i < READINGS; i += 1) {
      const off = this.#wall() - (this.#origin + this.#monotonic());
      if (Math.abs(off) < Math.abs(least)) least = off;
    }
    if (Math.abs(least) >= STEP_MS) this.#origin += least;
  }
}

const CLOCK = new Clock(
  () => performance.now(),
  () => Date.now(),
  performance.timeOrigin,
);

/** Ms since the epoch, with fractions. */
export function wallClock(): number {
  return CLOCK.read();
}

let turn = 0;
const FORGET = new TurnEnd<undefined>(() => {
  turn = 0;
});

/**
 * The time at which it was first asked for in this turn of the event loop. All that a turn takes in had come by then, and a
 * look at the clock for each of it is not free.
 */
export function turnClock(): number {
  if (turn === 0) {
    turn = CLOCK.read();
    FORGET.add(undefined);
  }
  return turn;
}
