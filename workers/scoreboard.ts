/**
 * The scoreboard: all that worker threads share about members and balancers, in one SharedArrayBuffer. This is the only
 * file with Atomics on it. Layout (version 1), all rows 8-byte aligned:
 *
 *   header   16 x Int32   | version | slots | balancers | threads | epoch | spare x 11 |
 *   member   16 x Int32   | status | lbfactor | lbset | lbstatus | busy | in use | open | retries |      one row a slot,
 *                         | reason | time avg | hc pass | hc fail | spare x 4                    |      growth included
 *             8 x BigInt64| elected | errors | sent | read | error time | requests | spare x 2  |
 *   balancer  4 x Int32   | lock | spare x 3 |                                                        one row a balancer
 *   worker    8 x Int32   | state | live requests | connections | spare x 5 |                         one row a thread
 *             4 x BigInt64| requests | bytes | spare x 2 |
 *
 * What counts requests or bytes is 64 bits wide: at 50,000 requests a second an Int32 lasts half a day. An
 * Atomics.add on a BigInt64Array costs 14 ns here, on an Int32Array 9.
 *
 * Threads: any. lbstatus is only written with the balancer's lock held; all else by single atomic operations.
 */
import { strict as assert } from 'node:assert';
import { type MemberSettings, STATUS } from './member.js';

const VERSION = 1;
const HEADER_INTS = 16;
const MEMBER_INTS = 16;
const MEMBER_BIGS = 8;
const BALANCER_INTS = 4;
const WORKER_INTS = 8;
const WORKER_BIGS = 4;

/** Int32 columns of a member's row. */
const M = {
  status: 0,
  lbfactor: 1,
  lbset: 2,
  lbstatus: 3,
  busy: 4,
  inUse: 5,
  open: 6,
  retries: 7,
  reason: 8,
  time: 9,
  hcPasses: 10,
  hcFails: 11,
} as const;
/** BigInt64 columns of a member's row. */
const MB = { elected: 0, errors: 1, sent: 2, read: 3, errorTime: 4, requests: 5 } as const;
const W = { state: 0, live: 1, connections: 2 } as const;
const WB = { requests: 0, bytes: 1 } as const;

/** Why a member is in error, as management pages and logs spell it; stored by index. */
export const ERROR_REASONS = [
  '',
  'connection refused',
  'connect timeout',
  'unreachable',
  'name not found',
  'no free connection',
  'no answer in time',
  'connection closed',
  'failonstatus',
  'tls handshake',
  'ping timeout',
  'health check',
  'other',
] as const;
export type ErrorReason = (typeof ERROR_REASONS)[number];

/** Spins before the thread sleeps: a holder that runs leaves after about 0.2 µs a member; one that was descheduled does not. */
const SPINS = 200;
const SLEEP_MS = 0.05;

/** Bytes of a scoreboard with so many member slots, balancers and threads. */
export function boardBytes(slots: number, balancers: number, threads: number): number {
  const ints = HEADER_INTS + slots * MEMBER_INTS + align(balancers * BALANCER_INTS) + threads * WORKER_INTS;
  return ints * 4 + (slots * MEMBER_BIGS + threads * WORKER_BIGS) * 8;
}

function align(ints: number): number {
  return ints + (ints & 1);
}

export class Scoreboard {
  readonly slots: number;
  readonly balancers: number;
  readonly threads: number;
  readonly #ints: Int32Array;
  readonly #bigs: BigInt64Array;
  readonly #balancerAt: number;
  readonly #workerAt: number;
  /** First BigInt64 of the workers' rows. */
  readonly #workerBigs: number;

  /**
   * A view on a scoreboard; the first view of a fresh buffer writes the header.
   * errors  asserts that the buffer is of this version and large enough
   */
  constructor(buffer: SharedArrayBuffer, slots: number, balancers: number, threads: number) {
    const bytes = boardBytes(slots, balancers, threads);
    assert(buffer.byteLength >= bytes, `scoreboard of ${buffer.byteLength} bytes, ${bytes} needed`);
    this.slots = slots;
    this.balancers = balancers;
    this.threads = threads;
    this.#balancerAt = HEADER_INTS + slots * MEMBER_INTS;
    this.#workerAt = this.#balancerAt + align(balancers * BALANCER_INTS);
    const ints = this.#workerAt + threads * WORKER_INTS;
    this.#ints = new Int32Array(buffer, 0, ints);
    this.#bigs = new BigInt64Array(buffer, ints * 4, slots * MEMBER_BIGS + threads * WORKER_BIGS);
    this.#workerBigs = slots * MEMBER_BIGS;
    const version = Atomics.compareExchange(this.#ints, 0, 0, VERSION);
    assert(version === 0 || version === VERSION, `scoreboard version ${version}, ${VERSION} expected`);
  }

  /** Writes a member's settings into its row; control thread, before any worker looks. */
  seed(member: MemberSettings): void {
    const row = this.#row(member.slot);
    Atomics.store(this.#ints, row + M.status, member.status | STATUS.O);
    Atomics.store(this.#ints, row + M.lbfactor, member.lbfactor);
    Atomics.store(this.#ints, row + M.lbset, member.lbset);
  }

  #row(slot: number): number {
    assert(slot >= 0 && slot < this.slots);
    return HEADER_INTS + slot * MEMBER_INTS;
  }

  // --- status

  statusOf(slot: number): number {
    return Atomics.load(this.#ints, HEADER_INTS + slot * MEMBER_INTS + M.status);
  }

  setStatus(slot: number, bits: number): void {
    Atomics.or(this.#ints, this.#row(slot) + M.status, bits);
  }

  clearStatus(slot: number, bits: number): void {
    Atomics.and(this.#ints, this.#row(slot) + M.status, ~bits);
  }

  /** Puts a member in error unless it ignores errors (flag I). */
  fail(slot: number, reason: ErrorReason, now: number): void {
    const row = this.#row(slot);
    Atomics.add(this.#bigs, slot * MEMBER_BIGS + MB.errors, 1n);
    if ((Atomics.load(this.#ints, row + M.status) & STATUS.I) !== 0) return;
    Atomics.store(this.#ints, row + M.reason, ERROR_REASONS.indexOf(reason));
    Atomics.store(this.#bigs, slot * MEMBER_BIGS + MB.errorTime, BigInt(Math.floor(now)));
    Atomics.or(this.#ints, row + M.status, STATUS.E);
  }

  /** Takes a member out of error and counts the try. */
  clearError(slot: number): void {
    const row = this.#row(slot);
    Atomics.and(this.#ints, row + M.status, ~STATUS.E);
    Atomics.add(this.#ints, row + M.retries, 1);
  }

  errorReasonOf(slot: number): ErrorReason {
    return ERROR_REASONS[Atomics.load(this.#ints, this.#row(slot) + M.reason)] ?? 'other';
  }

  /** When the member went into error, in ms since the epoch; 0 for never. */
  errorTimeOf(slot: number): number {
    return Number(Atomics.load(this.#bigs, slot * MEMBER_BIGS + MB.errorTime));
  }

  // --- what methods decide by

  lbfactorOf(slot: number): number {
    return Atomics.load(this.#ints, HEADER_INTS + slot * MEMBER_INTS + M.lbfactor);
  }

  lbsetOf(slot: number): number {
    return Atomics.load(this.#ints, HEADER_INTS + slot * MEMBER_INTS + M.lbset);
  }

  lbstatusOf(slot: number): number {
    return Atomics.load(this.#ints, HEADER_INTS + slot * MEMBER_INTS + M.lbstatus);
  }

  /** Adds to lbstatus and returns the new value; with the balancer's lock held. */
  addLbstatus(slot: number, delta: number): number {
    return Atomics.add(this.#ints, HEADER_INTS + slot * MEMBER_INTS + M.lbstatus, delta) + delta;
  }

  busyOf(slot: number): number {
    return Atomics.load(this.#ints, HEADER_INTS + slot * MEMBER_INTS + M.busy);
  }

  /** Counts a request that was given to a member: busy until leave. */
  elect(slot: number): void {
    Atomics.add(this.#bigs, slot * MEMBER_BIGS + MB.elected, 1n);
  }

  enter(slot: number): void {
    Atomics.add(this.#ints, this.#row(slot) + M.busy, 1);
  }

  leave(slot: number): void {
    const before = Atomics.sub(this.#ints, this.#row(slot) + M.busy, 1);
    assert(before > 0, `busy of slot ${slot} fell below zero`);
  }

  electedOf(slot: number): number {
    return Number(Atomics.load(this.#bigs, slot * MEMBER_BIGS + MB.elected));
  }

  // --- traffic

  /** Bytes sent to and read from a member. */
  addTraffic(slot: number, sent: number, read: number): void {
    const at = slot * MEMBER_BIGS;
    Atomics.add(this.#bigs, at + MB.sent, BigInt(sent));
    Atomics.add(this.#bigs, at + MB.read, BigInt(read));
  }

  sentOf(slot: number): number {
    return Number(Atomics.load(this.#bigs, slot * MEMBER_BIGS + MB.sent));
  }

  readOf(slot: number): number {
    return Number(Atomics.load(this.#bigs, slot * MEMBER_BIGS + MB.read));
  }

  errorsOf(slot: number): number {
    return Number(Atomics.load(this.#bigs, slot * MEMBER_BIGS + MB.errors));
  }

  // --- connections of a member, counted over all threads for `max`

  /** Takes one of `max` places; false when all are taken. */
  takePlace(slot: number, max: number): boolean {
    const at = this.#row(slot) + M.inUse;
    if (Atomics.add(this.#ints, at, 1) < max) return true;
    Atomics.sub(this.#ints, at, 1);
    return false;
  }

  givePlace(slot: number): void {
    const before = Atomics.sub(this.#ints, this.#row(slot) + M.inUse, 1);
    assert(before > 0, `connections in use of slot ${slot} fell below zero`);
  }

  // --- lock of a balancer's row

  lock(balancer: number): void {
    const at = this.#balancerAt + balancer * BALANCER_INTS;
    let spins = 0;
    while (Atomics.compareExchange(this.#ints, at, 0, 1) !== 0) {
      spins += 1;
      if (spins > SPINS) Atomics.wait(this.#ints, at, 1, SLEEP_MS);
    }
  }

  unlock(balancer: number): void {
    Atomics.store(this.#ints, this.#balancerAt + balancer * BALANCER_INTS, 0);
  }

  // --- worker rows

  setWorkerState(thread: number, state: number): void {
    Atomics.store(this.#ints, this.#workerAt + thread * WORKER_INTS + W.state, state);
  }

  workerStateOf(thread: number): number {
    return Atomics.load(this.#ints, this.#workerAt + thread * WORKER_INTS + W.state);
  }

  /** Requests that a thread is serving now; returns the new number. */
  addLive(thread: number, delta: 1 | -1): number {
    return Atomics.add(this.#ints, this.#workerAt + thread * WORKER_INTS + W.live, delta) + delta;
  }

  liveOf(thread: number): number {
    return Atomics.load(this.#ints, this.#workerAt + thread * WORKER_INTS + W.live);
  }

  countResponse(thread: number, bytes: number): void {
    const at = this.#workerBigs + thread * WORKER_BIGS;
    Atomics.add(this.#bigs, at + WB.requests, 1n);
    Atomics.add(this.#bigs, at + WB.bytes, BigInt(bytes));
  }

  requestsOf(thread: number): number {
    return Number(Atomics.load(this.#bigs, this.#workerBigs + thread * WORKER_BIGS + WB.requests));
  }

  bytesOf(thread: number): number {
    return Number(Atomics.load(this.#bigs, this.#workerBigs + thread * WORKER_BIGS + WB.bytes));
  }
}
