/**
 * A request that waits for another one's fetch of the same key, or for the disk. When the wait is over it looks again: it is answered from
 * what was stored, or goes its own way. Its client may leave meanwhile. Thread: worker; one per waiting request.
 */
import type { Waiter } from '../../cache/waiting.js';
import type { ExchangeOwner } from '../exchange.js';
import { FACTS } from '../guard.js';
import type { CacheHost, Lookup } from './phase.js';

/** What it waits for. */
export interface WaitPlace {
  /** limit: ms */
  wait(key: string, waiter: Waiter, limit: number): void;
  leave(key: string, waiter: Waiter): void;
}

export class WaitingRequest implements Waiter, ExchangeOwner {
  readonly #lookup: Lookup;
  readonly #key: string;
  readonly #waiting: WaitPlace;
  readonly #host: CacheHost;
  readonly #again: (inTime: boolean) => boolean;
  /** What the guard found in this request; the next one has overwritten it. */
  readonly #guardFacts = { ...FACTS };
  #isGone = false;

  /** again: looks again; false when the request has to go on */
  constructor(
    lookup: Lookup,
    key: string,
    waiting: WaitPlace,
    host: CacheHost,
    again: (inTime: boolean) => boolean,
  ) {
    this.#lookup = lookup;
    this.#key = key;
    this.#waiting = waiting;
    this.#host = host;
    this.#again = again;
  }

  start(): void {
    const { r, runtime } = this.#lookup;
    r.exchange.attach(this);
    this.#waiting.wait(this.#key, this, runtime.settings.lockMaxAge * 1000);
  }

  onReady(inTime: boolean): void {
    if (this.#isGone) return;
    this.#isGone = true;
    const { r, resume } = this.#lookup;
    try {
      Object.assign(FACTS, this.#guardFacts);
      if (this.#again(inTime)) return;
      if (resume === undefined) this.#host.resumeQuick(r);
      else resume();
    } catch (error) {
      this.#host.onFault(r, error);
      r.exchange.fault();
    }
  }

  onClientAbort(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#waiting.leave(this.#key, this);
    this.#lookup.r.isAborted = true;
    this.#host.onRequestEnd(this.#lookup.r);
  }

  onClientWritable(): void {}
  onResponseEnd(): void {}
}
