/**
 * The scoreboard: all that worker threads share about members and balancers, in one SharedArrayBuffer. This is the only
 * file with Atomics on it; how it lies in memory is drawn in scoreboard-layout.ts.
 *
 * Threads: any. lbstatus is only written with the balancer's lock held; all else by single atomic operations.
 */
import { strict as assert } from 'node:assert';
import { type MemberSettings, STATUS } from './member.js';
import {
  align,
  B,
  BALANCER_INTS,
  boardBytes,
  CHECK_INTS,
  CHECK_REASONS,
  CHECKS,
  CHECKS_INTS,
  type Check,
  type CheckReason,
  ERROR_REASONS,
  type ErrorReason,
  HEADER_INTS,
  M,
  MB,
  MEMBER_BIGS,
  MEMBER_INTS,
  VERSION,
  W,
  WB,
  WORKER_BIGS,
  WORKER_INTS,
} from './scoreboard-layout.js';
import { ScoreboardLife } from './scoreboard-life.js';

import { ScoreboardRecords } from './scoreboard-records.js';
import type { RowView } from './scoreboard-rows.js';

export { boardBytes, type ErrorReason } from './scoreboard-layout.js';

/** Spins before the thread sleeps: a holder that runs leaves after about 0.2 µs a member; one that was descheduled does not. */
const SPINS = 200;
const SLEEP_MS = 0.05;

/** Where lbstatus is eased: half of what an Int32 holds. */
export const LEAST_LBSTATUS = -0x40000000;

/** A new response time moves the average by one in so many, as TCP's round-trip time. */
const TIME_WEIGHT = 8;
/** 30 minutes in µs: what is longer counts as that and fits an Int32. */
const MAX_TIME = 1_800_000_000;

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
  readonly #checks: Int32Array;
  /** Outcomes, ejections, retries, lines. */
  readonly life: ScoreboardLife;
  /** Live settings as text. */
  readonly records: ScoreboardRecords;

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
    this.life = new ScoreboardLife(this.#ints, this.#bigs, this.#balancerAt);
    const checksAt = ints * 4 + this.#bigs.byteLength;
    this.#checks = new Int32Array(buffer, checksAt, slots * CHECKS_INTS);
    const recordsAt = checksAt + this.#checks.byteLength;
    this.records = new ScoreboardRecords(buffer, recordsAt, slots, balancers);
    const version = Atomics.compareExchange(this.#ints, 0, 0, VERSION);
    assert(version === 0 || version === VERSION, `scoreboard version ${version}, ${VERSION} expected`);
  }

  /** Writes a member's settings into its row; control thread, before any worker looks. */
  seed(member: MemberSettings): void {
    const row = this.#row(member.slot);
    Atomics.store(this.#ints, row + M.status, member.status | STATUS.O);
    Atomics.store(this.#ints, row + M.lbfactor, member.lbfactor);
    Atomics.store(this.#ints, row + M.factor, member.lbfactor);
    Atomics.store(this.#ints, row + M.lbset, member.lbset);
  }

  /** A slot that is given to a member anew: all its counters at zero, then as seed. No thread may be using it. */
  reseed(member: MemberSettings): void {
    const { ints, bigs } = this.viewOf(member.slot);
    ints.fill(0);
    bigs.fill(0n);
    Atomics.store(this.#checks, member.slot * CHECKS_INTS, 0);
    this.seed(member);
  }

  /** Live control; lbstatus with the balancer's lock held. */
  set(slot: number, column: 'lbfactor' | 'factor' | 'lbset' | 'lbstatus', value: number): void {
    Atomics.store(this.#ints, this.#row(slot) + M[column], value);
  }

  #row(slot: number): number {
    assert(slot >= 0 && slot < this.slots);
    return HEADER_INTS + slot * MEMBER_INTS;
  }

  /** A member's columns themselves, for scoreboard-rows.ts. */
  viewOf(slot: number): RowView {
    const [int, big] = [this.#row(slot), slot * MEMBER_BIGS];
    const ints = this.#ints.subarray(int, int + MEMBER_INTS);
    return { ints, bigs: this.#bigs.subarray(big, big + MEMBER_BIGS) };
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

  /** Times that it was tried again after an error. */
  retriesOf(slot: number): number {
    return Atomics.load(this.#ints, this.#row(slot) + M.retries);
  }

  errorReasonOf(slot: number): ErrorReason {
    return ERROR_REASONS[Atomics.load(this.#ints, this.#row(slot) + M.reason)] ?? 'other';
  }

  /** When the member went into error, in ms since the epoch; 0 for never. */
  errorTimeOf(slot: number): number {
    return Number(Atomics.load(this.#bigs, slot * MEMBER_BIGS + MB.errorTime));
  }

  // --- what methods decide by

  /** lbfactor as it was configured or set; methods use factorOf. */
  lbfactorOf(slot: number): number {
    return Atomics.load(this.#ints, HEADER_INTS + slot * MEMBER_INTS + M.lbfactor);
  }

  /** The factor in force: lbfactor, or less while a member warms up. */
  factorOf(slot: number): number {
    return Atomics.load(this.#ints, HEADER_INTS + slot * MEMBER_INTS + M.factor);
  }

  /** A factor for a while; control thread. */
  setFactor(slot: number, factor: number): void {
    Atomics.store(this.#ints, this.#row(slot) + M.factor, factor);
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

  /**
   * Halves the lbstatus of members, with the balancer's lock held. With sessions that all want the same member, or one that is
   * always the least busy, it goes on falling; whose turn it is stays as it was.
   * httpd differs: its number falls through the end of an int, and the busiest member becomes the next one for everybody.
   */
  easeLbstatus(slots: readonly number[]): void {
    for (const slot of slots) this.set(slot, 'lbstatus', this.lbstatusOf(slot) >> 1);
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

  /**
   * Response time of a member, for methods that decide by it. Threads may overwrite each other's sample; an average
   * does not mind.
   * time  ms;  now  ms since the epoch
   */
  observeTime(slot: number, time: number, now: number): void {
    const row = this.#row(slot);
    const before = Atomics.load(this.#ints, row + M.time);
    const sample = Math.min(Math.max(time, 0) * 1000, MAX_TIME);
    const after = before === 0 ? sample : before + (sample - before) / TIME_WEIGHT;
    Atomics.store(this.#ints, row + M.time, Math.max(Math.round(after), 1));
    Atomics.store(this.#ints, row + M.timeAt, now & 0x7fffffff);
  }

  /** Average response time in µs, 0 when none was observed. */
  timeOf(slot: number): number {
    return Atomics.load(this.#ints, HEADER_INTS + slot * MEMBER_INTS + M.time);
  }

  /** Ms since the average last moved. */
  timeAgeOf(slot: number, now: number): number {
    return ((now & 0x7fffffff) - Atomics.load(this.#ints, this.#row(slot) + M.timeAt)) & 0x7fffffff;
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

  /** Traffic of a member as if it had not had any. */
  clearTraffic(slot: number): void {
    Atomics.store(this.#bigs, slot * MEMBER_BIGS + MB.sent, 0n);
    Atomics.store(this.#bigs, slot * MEMBER_BIGS + MB.read, 0n);
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

  inUseOf(slot: number): number {
    return Atomics.load(this.#ints, this.#row(slot) + M.inUse);
  }

  givePlace(slot: number): void {
    const before = Atomics.sub(this.#ints, this.#row(slot) + M.inUse, 1);
    assert(before > 0, `connections in use of slot ${slot} fell below zero`);
  }

  // --- health checks; written by the control thread only

  countCheck(slot: number, column: 'hcPasses' | 'hcFails'): number {
    return Atomics.add(this.#ints, this.#row(slot) + M[column], 1) + 1;
  }

  resetChecks(slot: number, column: 'hcPasses' | 'hcFails'): void {
    Atomics.store(this.#ints, this.#row(slot) + M[column], 0);
  }

  /** Passes (or fails) that count towards the next change of state. */
  checkCountOf(slot: number, column: 'hcPasses' | 'hcFails'): number {
    return Atomics.load(this.#ints, this.#row(slot) + M[column]);
  }

  /** A failed check moves the time of the member's error, as httpd's does. */
  touchError(slot: number, reason: ErrorReason, now: number): void {
    Atomics.store(this.#ints, this.#row(slot) + M.reason, ERROR_REASONS.indexOf(reason));
    Atomics.store(this.#bigs, slot * MEMBER_BIGS + MB.errorTime, BigInt(Math.floor(now)));
  }

  recordCheck(slot: number, check: Check): void {
    const ring = slot * CHECKS_INTS;
    const count = Atomics.load(this.#checks, ring);
    const at = ring + 2 + (count % CHECKS) * CHECK_INTS;
    Atomics.store(this.#checks, at, Math.floor(check.at / 1000));
    Atomics.store(this.#checks, at + 1, Math.round(check.duration));
    Atomics.store(this.#checks, at + 2, CHECK_REASONS.indexOf(check.reason));
    Atomics.store(this.#checks, at + 3, check.status);
    // Last, so that who reads finds whole entries.
    Atomics.store(this.#checks, ring, count + 1);
  }

  /** The last checks of a member, newest first; empty when it has had none. */
  checksOf(slot: number): Check[] {
    const ring = slot * CHECKS_INTS;
    const count = Atomics.load(this.#checks, ring);
    const checks: Check[] = [];
    for (let n = count - 1; n >= 0 && n >= count - CHECKS; n -= 1) {
      const at = ring + 2 + (n % CHECKS) * CHECK_INTS;
      checks.push({
        at: (Atomics.load(this.#checks, at) >>> 0) * 1000,
        duration: Atomics.load(this.#checks, at + 1),
        reason: CHECK_REASONS[Atomics.load(this.#checks, at + 2)] as CheckReason,
        status: Atomics.load(this.#checks, at + 3),
      });
    }
    return checks;
  }

  // --- lock of a balancer's row

  lock(balancer: number): void {
    const at = this.#balancerAt + balancer * BALANCER_INTS + B.lock;
    let spins = 0;
    while (Atomics.compareExchange(this.#ints, at, 0, 1) !== 0) {
      spins += 1;
      if (spins > SPINS) Atomics.wait(this.#ints, at, 1, SLEEP_MS);
    }
  }

  unlock(balancer: number): void {
    Atomics.store(this.#ints, this.#balancerAt + balancer * BALANCER_INTS + B.lock, 0);
  }

  // --- worker rows

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
