/**
 * Why this status: which members a request was given to, in what order, how long each had it and how it ended. Recorded
 * only for requests of a server whose access log has a `%{…}^dr` code, which are drover's own (httpd has none of that
 * name), or is JSON. One code, a word for each question:
 *
 *   %{tried}^dr    `http://a:1=E_UPSTREAM_CONNECT/3,http://b:1=200/41`: member, how it ended, milliseconds
 *   %{tries}^dr    how many times a member was asked       %{reason}^dr  code of an answer of drover's own, or `-`
 *   %{member}^dr   the last member                          %{waited}^dr  milliseconds until the first member was asked
 *
 * Thread: worker.
 */
import type { Request } from '../request.js';
import { escapeLogItem } from './escape.js';

/** A member that was asked. */
export interface Try {
  member: string;
  /** Wall clock, ms since the epoch with fractions; endedAt 0 while it is under way. */
  startedAt: number;
  endedAt: number;
  /** Code of a failure; empty: the member answered. */
  failure: string;
}

export const TRY_WORDS = ['tried', 'tries', 'member', 'reason', 'waited'] as const;
export type TryWord = (typeof TRY_WORDS)[number];

export function isTryWord(word: string): word is TryWord {
  return (TRY_WORDS as readonly string[]).includes(word);
}

export function compileTries(word: TryWord): (r: Request) => string {
  switch (word) {
    case 'tried':
      return (r) => r.tries?.map((one) => shown(r, one)).join(',') || '-';
    case 'tries':
      return (r) => String(r.tries?.length ?? 0);
    case 'member':
      return (r) => escapeLogItem(r.tries?.at(-1)?.member ?? '') || '-';
    case 'reason':
      return (r) => r.reasonCode || '-';
    case 'waited':
      return (r) => {
        const first = r.tries?.[0];
        return first === undefined ? '-' : millis(r.startedAt, first.startedAt);
      };
  }
}

/** The last member that was asked gave no answer. */
export function endTry(tries: Try[] | undefined, now: number, failure: string): void {
  const last = tries?.at(-1);
  if (last !== undefined) Object.assign(last, { endedAt: now, failure });
}

function shown(r: Request, { member, startedAt, endedAt, failure }: Try): string {
  const end = endedAt === 0 ? r.endedAt : endedAt;
  return `${escapeLogItem(member)}=${failure || String(r.status)}/${millis(startedAt, end)}`;
}

function millis(from: number, to: number): string {
  return String(Math.max(0, Math.round(to - from)));
}
