/**
 * Outlier ejection (EdgeOutlier): a member that answers errors while the others do not is left alone for a while. Health
 * checks ask a page that may well work; this looks at what real requests got.
 *
 *   errors in a row ≥ consecutive, or errors in the window ≥ ratio of at least `requests`  →  out for time × n, n times in a
 *   row, at most maxtime; a member that then keeps well for maxtime begins at n = 1 again
 *
 * An error is a status of 500 or more, or no answer. At most `share` of the members are out by this at a time, never the
 * last one, and no member that ignores errors (flag I). The member shows flag E with its reason, and comes back by
 * itself. Any worker thread; only called where it is configured.
 */
import { type MemberSettings, STATUS } from './member.js';
import type { Scoreboard } from './scoreboard.js';

export interface OutlierSettings {
  /** Errors in a row, 0 for no such rule. */
  consecutive: number;
  /** Errors of the requests in a window, 0 to 1; 0 for no such rule. */
  ratio: number;
  /** Requests that a window must have before the ratio counts. */
  requests: number;
  /** Ms. */
  window: number;
  /** Ms of the first ejection, and of the longest. */
  time: number;
  maxtime: number;
  /** Of the members, how many may be out by this; 0 to 1. */
  share: number;
}

/** Is a member's answer an error? status 0: it has not answered. */
export function isOutlierError(status: number): boolean {
  return status === 0 || status >= 500;
}

/**
 * Takes note of one outcome.
 * members  of the balancer; lock: row whose lock orders ejections
 * now      ms since the epoch
 * returns  words for the log when the member is ejected
 */
export function observeOutcome(
  settings: OutlierSettings,
  board: Scoreboard,
  members: readonly MemberSettings[],
  lock: number,
  slot: number,
  status: number,
  now: number,
): string | undefined {
  const { life } = board;
  const isError = isOutlierError(status);
  life.countOutcome(slot, isError, Math.floor(now / 1000), settings.window / 1000);
  if (!isError) return undefined;
  const inRow = life.errorsInRowOf(slot);
  const isRow = settings.consecutive > 0 && inRow >= settings.consecutive;
  const requests = life.windowRequestsOf(slot);
  const errors = life.windowErrorsOf(slot);
  const isRatio = settings.ratio > 0 && requests >= settings.requests && errors >= settings.ratio * requests;
  if (!isRow && !isRatio) return undefined;
  board.lock(lock);
  const time = ejectOne(settings, board, members, slot, isRow, now);
  board.unlock(lock);
  if (time === undefined) return undefined;
  const why = isRow ? `${inRow} errors in a row` : `${errors} errors of ${requests} requests`;
  return `for ${time / 1000}s: ${why}`;
}

/** Returns the ms that it is out, or undefined when it may not be. */
function ejectOne(
  settings: OutlierSettings,
  board: Scoreboard,
  members: readonly MemberSettings[],
  slot: number,
  isRow: boolean,
  now: number,
): number | undefined {
  const { life } = board;
  if ((board.statusOf(slot) & (STATUS.I | STATUS.E)) !== 0) return undefined;
  let out = 0;
  for (const member of members) if (life.isEjected(member.slot)) out += 1;
  const most = members.length > 1 ? Math.max(Math.floor(settings.share * members.length), 1) : 0;
  if (out >= Math.min(most, members.length - 1)) return undefined;
  const isFresh = now - life.ejectedUntilOf(slot) > settings.maxtime;
  const ejections = isFresh ? 1 : life.ejectionsOf(slot) + 1;
  const time = Math.min(settings.time * ejections, settings.maxtime);
  life.eject(slot, isRow ? 'errors in a row' : 'error ratio', now, now + time, ejections);
  return time;
}
