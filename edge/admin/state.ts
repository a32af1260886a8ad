/**
 * How balancers and members stand at this moment, as plain data: the answer of the JSON API, what the pages render and
 * the command prints. Units are in the names, because JSON has no types: `Ms`, `Seconds`; bytes and counts have none.
 * The API's description (openapi.ts) says the same in a schema, and tests hold the two together. Any thread.
 */
import { type BalancerSettings, defaultAttempts } from '../../workers/balancer-settings.js';
import { isUsable, type MemberSettings } from '../../workers/member.js';
import type { Check, ErrorReason } from '../../workers/scoreboard-layout.js';
import type { Ms } from '../settings.js';
import type { Overview } from './overview.js';
import { type Standing, standingOf, stateText, statusLetters, statusWords } from './status-text.js';
import { quantile } from './tally.js';

export interface ResponseTimes {
  count: number;
  meanMs: number;
  p50Ms: number;
  p90Ms: number;
  p99Ms: number;
}

export interface HealthState {
  method: string;
  intervalMs: number;
  passes: number;
  fails: number;
  uri: string;
  expression: string;
  passesInRow: number;
  failsInRow: number;
  /** Newest first. */
  checks: { at: string; durationMs: number; reason: string; status: number }[];
}

export interface MemberState {
  slot: number;
  /** As configurations and httpd's pages name it: `http://10.0.0.5:8080`. */
  url: string;
  /** httpd's words: `Init Ok`. */
  status: string;
  flags: string[];
  usable: boolean;
  standing: Standing;
  /** Why it is as it is, for people. */
  state: string;
  errorReason: ErrorReason;
  /** Time of the last error, or null. */
  errorAt: string | null;
  /** Until it is tried again, 0 when at once; null when it is not in error. */
  retrySeconds: number | null;
  loadfactor: number;
  lbset: number;
  route: string;
  redirect: string;
  busy: number;
  elected: number;
  lbstatus: number;
  errors: number;
  bytesSent: number;
  bytesRead: number;
  /** Null where nothing is counted, or nothing came yet. */
  responseTimes: ResponseTimes | null;
  /** Answers by status class, or null where nothing is counted. */
  answers: Record<'1xx' | '2xx' | '3xx' | '4xx' | '5xx', number> | null;
  health: HealthState | null;
  /** It was added while running, into a spare slot. */
  added: boolean;
  leaving: boolean;
  /** Settings that differ from what the configuration says. */
  changed: string[];
}

export interface BalancerState {
  row: number;
  name: string;
  lbmethod: string;
  /** `COOKIE|parameter`, or empty. */
  stickysession: string;
  stickysessionsep: string;
  nofailover: boolean;
  timeoutSeconds: number;
  maxattempts: number;
  /** Spare slots that are free. */
  freeSlots: number;
  usableMembers: number;
  changed: string[];
  members: MemberState[];
}

/** The state of these balancers; rows of the settings. */
export function stateOf(overview: Overview, rows: readonly number[], now: Ms): BalancerState[] {
  overview.live.refresh();
  return rows.map((row) => balancerState(overview, row, now));
}

function balancerState(overview: Overview, row: number, now: Ms): BalancerState {
  const { live } = overview;
  const balancer = live.balancers[row] as BalancerSettings;
  const members = live.membersOf(row).map((member) => memberState(overview, member, now));
  const added = members.filter((member) => member.added).length;
  return {
    row,
    name: balancer.name,
    lbmethod: balancer.lbmethod,
    stickysession: stickyText(balancer),
    stickysessionsep: balancer.sticky?.separator ?? '.',
    nofailover: balancer.nofailover,
    timeoutSeconds: balancer.timeout / 1000,
    maxattempts: balancer.maxattempts ?? defaultAttempts(balancer),
    freeSlots: balancer.growth - added,
    usableMembers: members.filter((member) => member.usable).length,
    changed: Object.keys(live.changesOfBalancer(row)),
    members,
  };
}

export function stickyText({ sticky }: BalancerSettings): string {
  if (sticky === undefined) return '';
  return sticky.cookie === sticky.parameter ? sticky.cookie : `${sticky.cookie}|${sticky.parameter}`;
}

export function memberState(overview: Overview, member: MemberSettings, now: Ms): MemberState {
  const { board, live } = overview;
  const { slot, retry } = member;
  const status = board.statusOf(slot);
  const errorTime = board.errorTimeOf(slot);
  const reason = board.errorReasonOf(slot);
  const busy = board.busyOf(slot);
  const changes = live.changesOfMember(slot);
  const isLeaving = changes.isLeaving === true;
  const isInError = statusLetters(status).includes('E');
  const counts = overview.tally?.ofMember(slot);
  const [c1 = 0, c2 = 0, c3 = 0, c4 = 0, c5 = 0] = counts?.classes ?? [];
  return {
    slot,
    url: member.name,
    status: statusWords(status).trimEnd(),
    flags: statusLetters(status),
    usable: isUsable(status),
    standing: standingOf(status),
    state: stateText({ status, reason, errorTime, retry, busy, isLeaving, now }),
    errorReason: isInError ? reason : '',
    errorAt: errorTime === 0 ? null : new Date(errorTime).toISOString(),
    retrySeconds: isInError ? Math.max(Math.ceil((errorTime + retry - now) / 1000), 0) : null,
    loadfactor: board.lbfactorOf(slot) / 100,
    lbset: board.lbsetOf(slot),
    route: member.route,
    redirect: member.redirect,
    busy,
    elected: board.electedOf(slot),
    lbstatus: board.lbstatusOf(slot),
    errors: board.errorsOf(slot),
    bytesSent: board.sentOf(slot),
    bytesRead: board.readOf(slot),
    responseTimes: responseTimes(overview, slot),
    answers: counts === undefined ? null : { '1xx': c1, '2xx': c2, '3xx': c3, '4xx': c4, '5xx': c5 },
    health: healthState(overview, member),
    added: changes.added !== undefined,
    leaving: isLeaving,
    changed: changedOf(overview, member),
  };
}

function responseTimes({ tally }: Overview, slot: number): ResponseTimes | null {
  const counts = tally?.ofMember(slot);
  if (counts === undefined || counts.count === 0) return null;
  const { buckets, count, sum } = counts;
  const at = (share: number): number => rounded(quantile(buckets, share) ?? 0);
  return { count, meanMs: rounded(sum / count), p50Ms: at(0.5), p90Ms: at(0.9), p99Ms: at(0.99) };
}

function rounded(ms: Ms): number {
  return Math.round(ms * 100) / 100;
}

function healthState({ board }: Overview, { slot, health }: MemberSettings): HealthState | null {
  if (health === undefined) return null;
  const { method, interval, passes, fails, uri, expression } = health;
  return {
    method,
    intervalMs: interval,
    passes,
    fails,
    uri,
    expression,
    passesInRow: board.checkCountOf(slot, 'hcPasses'),
    failsInRow: board.checkCountOf(slot, 'hcFails'),
    checks: board.checksOf(slot).map(checkState),
  };
}

function checkState({ at, duration, reason, status }: Check): HealthState['checks'][number] {
  return { at: new Date(at).toISOString(), durationMs: duration, reason, status };
}

/** By the names of httpd's parameters. */
function changedOf({ board, live }: Overview, member: MemberSettings): string[] {
  const { slot } = member;
  const base = live.configuredMember(slot);
  if (base === undefined) return [];
  const changed: string[] = [];
  if (board.lbfactorOf(slot) !== base.lbfactor) changed.push('loadfactor');
  if (board.lbsetOf(slot) !== base.lbset) changed.push('lbset');
  if (statusLetters(board.statusOf(slot) ^ base.status).some((letter) => !'ECU'.includes(letter)))
    changed.push('status');
  const { route, redirect, health } = live.changesOfMember(slot);
  if (route !== undefined) changed.push('route');
  if (redirect !== undefined) changed.push('redirect');
  if (health !== undefined) changed.push('hcmethod');
  return changed;
}
