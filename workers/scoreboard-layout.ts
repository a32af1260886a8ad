/**
 * How the scoreboard lies in memory: sizes of its rows and the meaning of their columns. Layout (version 2), all rows
 * 8-byte aligned, Int32 first and BigInt64 behind them:
 *
 *   header   16 x Int32    | version | slots | balancers | threads | epoch | spare x 11 |
 *   member   32 x Int32    | status | lbfactor | lbset | lbstatus | busy | in use | open | retries |      one row a slot,
 *                          | reason | time | hc pass | hc fail | factor in force | last time |            growth included
 *                          | heartbeat ready, busy, seen | errors in a row | window begin, requests, errors |
 *                          | ejections | waiting | spare x 9 |
 *             8 x BigInt64 | elected | errors | sent | read | error time | requests | ejected until | spare |
 *   balancer  4 x Int32    | lock | retrying | panic | spare |                               one row a balancer
 *   worker    8 x Int32    | state | live requests | connections | spare x 5 |               one row a thread
 *             4 x BigInt64 | requests | bytes | spare x 2 |
 *   checks    2 + 8 x 4 Int32 | count | spare | (second | duration | reason | status) x 8 |  one ring a slot: the last
 *                                                                                           health checks
 *   records   text of live settings: scoreboard-records.ts
 *
 * What counts requests or bytes is 64 bits wide: at 50,000 requests a second an Int32 lasts half a day. An
 * Atomics.add on a BigInt64Array costs 14 ns here, on an Int32Array 9.
 */
import { recordsBytes } from './scoreboard-records.js';

export const VERSION = 2;
export const HEADER_INTS = 16;
export const MEMBER_INTS = 32;
export const MEMBER_BIGS = 8;
export const BALANCER_INTS = 4;
export const WORKER_INTS = 8;
export const WORKER_BIGS = 4;
/** Health checks that are remembered of a member. */
export const CHECKS = 8;
export const CHECK_INTS = 4;
export const CHECKS_INTS = 2 + CHECKS * CHECK_INTS;

/** Int32 columns of a member's row. */
export const M = {
  status: 0,
  lbfactor: 1,
  lbset: 2,
  lbstatus: 3,
  busy: 4,
  inUse: 5,
  open: 6,
  retries: 7,
  reason: 8,
  /** Moving average of the response time in µs. */
  time: 9,
  hcPasses: 10,
  hcFails: 11,
  /** lbfactor as methods use it: smaller while a member that came back warms up. */
  factor: 12,
  /** When the average last moved, ms since the epoch, the lower 31 bits. */
  timeAt: 13,
  hbReady: 14,
  hbBusy: 15,
  /** Seconds since the epoch. */
  hbSeen: 16,
  errorsInRow: 17,
  /** Begin of the window in which errors are counted, seconds since the epoch. */
  windowAt: 18,
  windowRequests: 19,
  windowErrors: 20,
  ejections: 21,
  /** Requests that stand in line for a connection below max. */
  waiting: 22,
} as const;

/** BigInt64 columns of a member's row. */
export const MB = {
  elected: 0,
  errors: 1,
  sent: 2,
  read: 3,
  errorTime: 4,
  requests: 5,
  ejectedUntil: 6,
} as const;
export const B = { lock: 0, retrying: 1, panic: 2 } as const;
export const W = { state: 0, live: 1, connections: 2 } as const;
export const WB = { requests: 0, bytes: 1 } as const;

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
  'errors in a row',
  'error ratio',
] as const;
export type ErrorReason = (typeof ERROR_REASONS)[number];

/** How a health check ended, as management pages and logs spell it; stored by index. */
export const CHECK_REASONS = [
  'passed',
  'connection refused',
  'connect timeout',
  'unreachable',
  'name not found',
  'no answer in time',
  'connection closed',
  'tls handshake',
  'status',
  'expression',
  'not an answer',
] as const;
export type CheckReason = (typeof CHECK_REASONS)[number];

/** One health check of a member as it is remembered. */
export interface Check {
  /** Ms since the epoch, whole seconds. */
  at: number;
  /** Ms that it took. */
  duration: number;
  reason: CheckReason;
  /** Status of the answer, 0 where there was none. */
  status: number;
}

/** What a member says of itself: requests that it could take, and requests that it has. */
export interface Heartbeat {
  ready: number;
  busy: number;
}

/** Bytes of a scoreboard with so many member slots, balancers and threads. */
export function boardBytes(slots: number, balancers: number, threads: number): number {
  const ints = HEADER_INTS + slots * MEMBER_INTS + align(balancers * BALANCER_INTS) + threads * WORKER_INTS;
  const bigs = slots * MEMBER_BIGS + threads * WORKER_BIGS;
  return ints * 4 + bigs * 8 + slots * CHECKS_INTS * 4 + recordsBytes(slots, balancers);
}

/** Int32s in front of what must begin at 8 bytes. */
export function align(ints: number): number {
  return ints + (ints & 1);
}
