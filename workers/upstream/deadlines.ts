/**
 * Deadlines of what is under way, checked together every TICK_MS: a request arms and disarms one for the price of a Set
 * entry instead of a timer. The interval runs only while something is armed, so that an idle thread sleeps.
 * One per worker thread.
 */
const TICK_MS = 50;

export interface Timed {
  /** Ms since the epoch after which onDeadline is called; may be moved at any time. */
  deadline: number;
  /** Called once per arming. */
  onDeadline(): void;
}

export class Deadlines {
  readonly #armed = new Set<Timed>();
  #timer: NodeJS.Timeout | undefined;

  arm(timed: Timed): void {
    this.#armed.add(timed);
    if (this.#timer === undefined) this.#timer = setInterval(() => this.#tick(), TICK_MS);
  }

  disarm(timed: Timed): void {
    this.#armed.delete(timed);
  }

  get size(): number {
    return this.#armed.size;
  }

  #tick(): void {
    if (this.#armed.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
      return;
    }
    const now = Date.now();
    for (const timed of this.#armed) {
      if (timed.deadline > now) continue;
      this.#armed.delete(timed);
      timed.onDeadline();
    }
  }
}
