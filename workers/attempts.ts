/**
 * The tries of a request beyond its first: which members it has been at, how many more it may ask, what it has taken of the
 * retry budget. Made when a first try fails; a request that goes well has none. All of it is given back by `end`.
 * Source: httpd 2.4, mod_proxy_balancer ("maxattempts"). Any worker thread.
 */
import type { Balancer } from './balancer.js';
import type { Scoreboard } from './scoreboard.js';

export class Attempts {
  /** Slots of members that failed it; each counts it as busy until the request ends, as in httpd. */
  readonly slots: number[] = [];
  readonly #balancer: Balancer;
  #count = 0;

  constructor(balancer: Balancer) {
    this.#balancer = balancer;
  }

  /** May one more member be asked? Counts the try when it may. */
  next(): boolean {
    if (this.#count >= this.#balancer.maxattempts || !this.#balancer.takeRetry()) return false;
    this.#count += 1;
    return true;
  }

  /** All members that it has been at, with the one it is at now. */
  tried(now: number): number[] {
    return [...this.slots, now];
  }

  end(board: Scoreboard): void {
    for (const slot of this.slots) board.leave(slot);
    this.#balancer.giveRetries(this.#count);
  }
}
