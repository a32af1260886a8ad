/**
 * How a worker thread leaves: it stops accepting, asks every client that sends one more request to come again on another
 * connection, and is done when no connection is left, or no request and its patience with idle connections is over.
 * An idle connection that is closed at the wrong moment costs its client a request, so a thread that is succeeded waits
 * until the engines' own idle time has closed them; one that ends for good does not wait long.
 *
 * A listener that closes resets what the kernel has queued on it, unless it may hand that to another listener of the address
 * (net.ipv4.tcp_migrate_req, see migrate.ts). So the thread takes everything in first and closes within the same turn of the
 * loop: that leaves connections whose handshake has not ended.
 *
 * WebSockets stay until the deadline, where nothing comes after until now. A second order may shorten the first, never
 * lengthen it. Thread: worker.
 */

import type { DrainOrder } from '../process/messages.js';
import type { OpenEngine } from './listener.js';

/**
 * How long a thread that is succeeded waits for kept connections between two requests: a little longer than the engines
 * keep an idle one. A client that asks once more within that is answered and told to come again on a new one.
 */
const SUCCEEDED_IDLE_MS = 15_000;
/** When nothing comes after, waiting for the next request of an idle connection serves nobody. */
const LAST_IDLE_MS = 200;
/** After this long it is told what it waits for. */
const SLOW_MS = 5000;
/** At the deadline: what WebSockets may take to say that they close. */
const FAREWELL_MS = 500;
const LOOK_EVERY_MS = 25;
/** What the end of the last response may take to be handed to the kernel. */
const LEAVE_MS = 50;

export interface Draining {
  /** Requests under way. */
  readonly live: number;
  drain(): void;
  closeCrossings(): void;
}

export class Drain {
  readonly #open: readonly OpenEngine[];
  readonly #requests: Draining;
  readonly #done: () => void;
  readonly #onSlow: (text: string) => void;
  #slowAt = Infinity;
  #deadline = Infinity;
  #idleUntil = Infinity;
  #isSaid = false;
  #timer: NodeJS.Timeout | undefined;

  /**
   * done    called once, when nothing is left to wait for
   * onSlow  told once what a thread that has no successor still waits for
   */
  constructor(
    open: readonly OpenEngine[],
    requests: Draining,
    done: () => void,
    onSlow: (text: string) => void = () => {},
  ) {
    this.#onSlow = onSlow;
    this.#open = open;
    this.#requests = requests;
    this.#done = done;
  }

  order({ deadline, isLast }: DrainOrder): void {
    this.#deadline = Math.min(this.#deadline, deadline);
    this.#idleUntil = Math.min(this.#idleUntil, Date.now() + (isLast ? LAST_IDLE_MS : SUCCEEDED_IDLE_MS));
    if (isLast) {
      this.#requests.closeCrossings();
      this.#slowAt = Math.min(this.#slowAt, Date.now() + SLOW_MS);
    }
    if (this.#timer !== undefined) return;
    this.#requests.drain();
    // Immediates run after the loop has polled: what waited for accept has been taken in just then.
    setImmediate(() => {
      for (const engine of this.#open) engine.stopListening();
    });
    this.#timer = setInterval(() => this.#look(), LOOK_EVERY_MS);
  }

  /** No more looking. */
  end(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const now = Date.now();
    if (now >= this.#deadline && !this.#isSaid) {
      this.#isSaid = true;
      this.#deadline = now + FAREWELL_MS;
      this.#requests.closeCrossings();
    }
    if (now >= this.#slowAt) {
      this.#slowAt = Infinity;
      const connections = this.#open.reduce((sum, engine) => sum + engine.connections, 0);
      this.#onSlow(`${this.#requests.live} requests on ${connections} connections are still waited for`);
    }
    const isOver = now >= this.#deadline || (this.#requests.live === 0 && this.#mayCloseIdle(now));
    if (!isOver) return;
    this.end();
    setTimeout(this.#done, LEAVE_MS);
  }

  #mayCloseIdle(now: number): boolean {
    return now >= this.#idleUntil || this.#open.every(({ connections }) => connections === 0);
  }
}
