/**
 * Deadlines of what is under way, checked together every TICK_MS: a request arms and disarms one for the price of a few
 * pointers instead of a timer. Armed things are a linked list through the things themselves. The interval runs only
 * while something is armed, so that an idle thread sleeps. One per worker thread.
 */
const TICK_MS = 50;

export interface Timed {
  /** Ms since the epoch after which onDeadline is called; may move at any time. */
  readonly deadline: number;
  /** Called once per arming. */
  onDeadline(): void;
  /** The list's links; only this file touches them. Undefined when not armed. */
  next: Timed | undefined;
  previous: Timed | undefined;
}

export class Deadlines {
  /** The list is a ring through this. */
  readonly #ring: Timed;
  #timer: NodeJS.Timeout | undefined;

  constructor() {
    const ring: Timed = { deadline: 0, onDeadline: () => undefined, next: undefined, previous: undefined };
    ring.next = ring;
    ring.previous = ring;
    this.#ring = ring;
  }

  arm(timed: Timed): void {
    if (timed.next !== undefined) return;
    const last = this.#ring.previous as Timed;
    timed.previous = last;
    timed.next = this.#ring;
    last.next = timed;
    this.#ring.previous = timed;
    if (this.#timer === undefined) this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  disarm(timed: Timed): void {
    const { next, previous } = timed;
    if (next === undefined || previous === undefined) return;
    previous.next = next;
    next.previous = previous;
    timed.next = undefined;
    timed.previous = undefined;
  }

  get isIdle(): boolean {
    return this.#ring.next === this.#ring;
  }

  #tick(): void {
    if (this.isIdle) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      return;
    }
    const now = Date.now();
    const due: Timed[] = [];
    for (let at = this.#ring.next as Timed; at !== this.#ring; at = at.next as Timed) {
      if (at.deadline <= now) due.push(at);
    }
    for (const timed of due) {
      if (timed.next === undefined) continue; // disarmed by another one's end
      this.disarm(timed);
      timed.onDeadline();
    }
  }
}
