/**
 * How long the supervisor waits before it starts an edge process again. The first death costs no wait, because a balancer
 * that is away hurts more than a restart; one that dies young again (within 5 s of its start) is slowed down: 0.25 s,
 * then twice as long each time, 8 s at the most. One that lived longer starts the row anew. Supervisor process only.
 */
import type { Ms } from '../settings.js';

const YOUNG: Ms = 5000;
const FIRST: Ms = 250;
const LONGEST: Ms = 8000;

export class Backoff {
  #next: Ms = 0;

  /** The wait after a process that lived so long. */
  after(lived: Ms): Ms {
    if (lived >= YOUNG) this.#next = 0;
    const wait = this.#next;
    this.#next = wait === 0 ? FIRST : Math.min(wait * 2, LONGEST);
    return wait;
  }
}
