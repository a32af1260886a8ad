/**
 * The columns of the scoreboard that a member's life is kept in beyond httpd's: outcomes in a row and in a window, times
 * it was ejected, requests that wait for it; and of a balancer, retries under way and whether it panics. A view on the
 * scoreboard's own arrays. Threads: any, by single atomic operations.
 */
import { STATUS } from './member.js';
import {
  B,
  BALANCER_INTS,
  ERROR_REASONS,
  type ErrorReason,
  HEADER_INTS,
  type Heartbeat,
  M,
  MB,
  MEMBER_BIGS,
  MEMBER_INTS,
} from './scoreboard-layout.js';

export class ScoreboardLife {
  readonly #ints: Int32Array;
  readonly #bigs: BigInt64Array;
  readonly #balancerAt: number;

  /** balancerAt  first Int32 of the balancers' rows */
  constructor(ints: Int32Array, bigs: BigInt64Array, balancerAt: number) {
    this.#ints = ints;
    this.#bigs = bigs;
    this.#balancerAt = balancerAt;
  }

  #at(slot: number, column: keyof typeof M): number {
    return HEADER_INTS + slot * MEMBER_INTS + M[column];
  }

  // --- outcomes

  /**
   * Counts how a request ended, in a row and in the window.
   * second, window  seconds; a window that is over is begun anew
   */
  countOutcome(slot: number, isError: boolean, second: number, window: number): void {
    const begun = Atomics.load(this.#ints, this.#at(slot, 'windowAt')) >>> 0;
    if (second - begun >= window) {
      Atomics.store(this.#ints, this.#at(slot, 'windowAt'), second);
      Atomics.store(this.#ints, this.#at(slot, 'windowRequests'), 0);
      Atomics.store(this.#ints, this.#at(slot, 'windowErrors'), 0);
    }
    Atomics.add(this.#ints, this.#at(slot, 'windowRequests'), 1);
    if (isError) {
      Atomics.add(this.#ints, this.#at(slot, 'windowErrors'), 1);
      Atomics.add(this.#ints, this.#at(slot, 'errorsInRow'), 1);
    } else Atomics.store(this.#ints, this.#at(slot, 'errorsInRow'), 0);
  }

  errorsInRowOf(slot: number): number {
    return Atomics.load(this.#ints, this.#at(slot, 'errorsInRow'));
  }

  windowRequestsOf(slot: number): number {
    return Atomics.load(this.#ints, this.#at(slot, 'windowRequests'));
  }

  windowErrorsOf(slot: number): number {
    return Atomics.load(this.#ints, this.#at(slot, 'windowErrors'));
  }

  // --- ejection

  /** Puts a member in error until a time (ms since the epoch) and begins its counts anew. */
  eject(slot: number, reason: ErrorReason, now: number, until: number, ejections: number): void {
    Atomics.store(this.#ints, this.#at(slot, 'reason'), ERROR_REASONS.indexOf(reason));
    Atomics.store(this.#ints, this.#at(slot, 'ejections'), ejections);
    Atomics.store(this.#ints, this.#at(slot, 'errorsInRow'), 0);
    Atomics.store(this.#ints, this.#at(slot, 'windowAt'), 0);
    Atomics.store(this.#bigs, slot * MEMBER_BIGS + MB.errorTime, BigInt(Math.floor(now)));
    Atomics.store(this.#bigs, slot * MEMBER_BIGS + MB.ejectedUntil, BigInt(Math.floor(until)));
    Atomics.or(this.#ints, this.#at(slot, 'status'), STATUS.E);
  }

  /** When the last ejection ends or has ended, ms since the epoch; 0 for never. */
  ejectedUntilOf(slot: number): number {
    return Number(Atomics.load(this.#bigs, slot * MEMBER_BIGS + MB.ejectedUntil));
  }

  /** Ejections that count towards the length of the next one. */
  ejectionsOf(slot: number): number {
    return Atomics.load(this.#ints, this.#at(slot, 'ejections'));
  }

  /** Is it in error because it was ejected, and not by an error that came later? */
  isEjected(slot: number): boolean {
    if ((Atomics.load(this.#ints, this.#at(slot, 'status')) & STATUS.E) === 0) return false;
    const at = slot * MEMBER_BIGS;
    return Atomics.load(this.#bigs, at + MB.ejectedUntil) > Atomics.load(this.#bigs, at + MB.errorTime);
  }

  // --- waiting for a connection below max

  /** Stands in line for a member; false when `limit` stand there already, or `all` in the lines of all members. */
  joinLine(slot: number, limit: number, all: number): boolean {
    const at = this.#at(slot, 'waiting');
    const isShort = Atomics.add(this.#ints, at, 1) < limit;
    // Counted in first: two that come at once may both be sent away, but never both be let in.
    if (isShort && (all === Number.POSITIVE_INFINITY || this.#waiting() <= all)) return true;
    Atomics.sub(this.#ints, at, 1);
    return false;
  }

  #waiting(): number {
    let sum = 0;
    for (let at = HEADER_INTS + M.waiting; at < this.#balancerAt; at += MEMBER_INTS)
      sum += Atomics.load(this.#ints, at);
    return sum;
  }

  leaveLine(slot: number): void {
    Atomics.sub(this.#ints, this.#at(slot, 'waiting'), 1);
  }

  waitingOf(slot: number): number {
    return Atomics.load(this.#ints, this.#at(slot, 'waiting'));
  }

  // --- what members say of themselves

  /** Control thread. now  ms since the epoch */
  hearHeartbeat(slot: number, beat: Heartbeat, now: number): void {
    Atomics.store(this.#ints, this.#at(slot, 'hbReady'), beat.ready);
    Atomics.store(this.#ints, this.#at(slot, 'hbBusy'), beat.busy);
    Atomics.store(this.#ints, this.#at(slot, 'hbSeen'), Math.floor(now / 1000));
  }

  hbReadyOf(slot: number): number {
    return Atomics.load(this.#ints, this.#at(slot, 'hbReady'));
  }

  hbBusyOf(slot: number): number {
    return Atomics.load(this.#ints, this.#at(slot, 'hbBusy'));
  }

  /** Seconds since the epoch, 0 for never. */
  hbSeenOf(slot: number): number {
    return Atomics.load(this.#ints, this.#at(slot, 'hbSeen')) >>> 0;
  }

  // --- of a balancer

  #balancer(row: number, column: keyof typeof B): number {
    return this.#balancerAt + row * BALANCER_INTS + B[column];
  }

  /** Takes one of so many places for retries; false when all are taken. */
  takeRetry(row: number, limit: number): boolean {
    const at = this.#balancer(row, 'retrying');
    if (Atomics.add(this.#ints, at, 1) < limit) return true;
    Atomics.sub(this.#ints, at, 1);
    return false;
  }

  giveRetries(row: number, count: number): void {
    Atomics.sub(this.#ints, this.#balancer(row, 'retrying'), count);
  }

  retryingOf(row: number): number {
    return Atomics.load(this.#ints, this.#balancer(row, 'retrying'));
  }

  /** True for the one thread that sees the change. */
  setPanic(row: number, isOn: boolean): boolean {
    const value = isOn ? 1 : 0;
    return Atomics.exchange(this.#ints, this.#balancer(row, 'panic'), value) !== value;
  }

  isPanicking(row: number): boolean {
    return Atomics.load(this.#ints, this.#balancer(row, 'panic')) === 1;
  }
}
