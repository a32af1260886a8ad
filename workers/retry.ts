/**
 * May a request be sent again? The only reader of a failure's `retry`. Without EdgeRetry it is httpd's rule: another member
 * is asked when nothing was sent and the member is out of use now, and a connection that was used before and closed
 * without a word is tried once more. EdgeRetry adds what an operator allows: requests that may be repeated (RFC 9110
 * 9.2.2) also leave a member that closed, was silent, or answered one of these statuses, as long as the client has seen
 * nothing of it and the budget lasts.
 * Pure. Any worker thread.
 */
import type { UpstreamConnection } from './upstream/connection.js';
import type { Failure, FailureCode } from './upstream/failure.js';

/** EdgeRetry. */
export interface RetrySettings {
  closed: boolean;
  timeout: boolean;
  statuses: number[];
}

/** RFC 9110 9.2.2: may be repeated without being asked. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

export function isIdempotent(method: string): boolean {
  return IDEMPOTENT.has(method);
}

/**
 * Had the member closed a connection that it kept before it saw the request? Then the same member may be asked again.
 * It lay idle in a pool before, warmed or used, and nothing of this request's answer has come.
 */
export function isStale(
  failure: Failure,
  { served, isWarmed, hasAnswer }: Pick<UpstreamConnection, 'served' | 'isWarmed' | 'hasAnswer'>,
  method: string,
): boolean {
  if (failure.retry !== 'stale' && failure.retry !== 'stale-other') return false;
  const wasIdle = served > 0 || isWarmed;
  return wasIdle && !hasAnswer && (UNSEEN.has(failure.code) || IDEMPOTENT.has(method));
}

/** The member has not seen the request, or says that it has done nothing of it. */
const UNSEEN: ReadonlySet<FailureCode> = new Set(['E_AJP_PING', 'E_UPSTREAM_REFUSED']);

/** The member is well, but has no place for the request: another one is asked, and none twice. */
export function isFull({ code }: Failure): boolean {
  return code === 'E_UPSTREAM_QUEUE' || code === 'E_UPSTREAM_REFUSED';
}

/** Codes of failures that came before anything of an answer, by EdgeRetry's words. */
const WORDS: Partial<Record<FailureCode, 'closed' | 'timeout'>> = {
  E_UPSTREAM_CLOSED: 'closed',
  E_UPSTREAM_TIMEOUT: 'timeout',
};

/**
 * May another member be asked after this failure? Whether there are tries left and a body to send is the caller's matter.
 * isUsable  the member may still be sent requests: httpd leaves no such member (flag I)
 */
export function mayLeave(
  failure: Failure,
  isUsable: boolean,
  settings: RetrySettings | undefined,
  method: string,
): boolean {
  if (failure.retry === 'other' || failure.retry === 'stale-other') return !isUsable || isFull(failure);
  const word = WORDS[failure.code];
  return settings !== undefined && word !== undefined && settings[word] && IDEMPOTENT.has(method);
}
