/**
 * May a response be stored, may a stored one be sent? Pure functions of what request and response say and of the clock that
 * is handed in; every no has a word of a closed list (reasons.ts). The order of the tests is httpd's, because the first
 * that fails gives the reason that X-Cache-Detail shows.
 * Source: RFC 9111 3, 4; RFC 5861; httpd 2.4, mod_cache as observed. Any thread.
 */
import { ageOf, isExplicit, type StoreRules } from './freshness.js';
import type { FetchReason, StoreReason } from './reasons.js';
import type { RequestFacts } from './request-facts.js';
import type { ResponseFacts } from './response-facts.js';
import type { Ms, StoredMeta } from './stored.js';

/** RFC 9110 15.1: may be stored without a word about it. httpd takes 200, 203, 300 and 301 of them. */
const STORED_BY_DEFAULT = new Set([200, 203, 300, 301]);
/**
 * The others of RFC 9110 15.1, with a Last-Modified to guess from. Without one, which is how nearly all of them come, they
 * would live for CacheDefaultExpire, an hour, and none of httpd's users has asked for that.
 */
// httpd differs: it stores none of these without a word.
const STORED_BY_GUESS = new Set([204, 308, 404, 405, 410, 414, 501]);
/** Statuses whose caching requirements are known here (RFC 9111 5.2.2.3). */
const UNDERSTOOD = new Set([
  ...[
    200, 201, 202, 203, 204, 205, 300, 301, 302, 303, 307, 308, 400, 401, 403, 404, 405, 406, 408, 409, 410,
  ],
  ...[411, 412, 413, 414, 415, 417, 421, 422, 426, 428, 429, 431, 451, 500, 501, 502, 503, 504, 505],
]);

export interface StoreQuestion {
  request: RequestFacts;
  response: ResponseFacts;
  rules: StoreRules;
  /** The key has a query that counts. */
  hasQuery: boolean;
  /** Variable `no-cache` is set. */
  isForbidden: boolean;
}

/** Why a response is not stored, or undefined when it is. now: ms since the epoch */
export function whyNotStored(question: StoreQuestion, now: Ms): StoreReason | undefined {
  const { request, response, rules } = question;
  const { status, control, expires } = response;
  const isSaid = isExplicit(response);
  // RFC 9111 3: a status that is not stored by default needs a word that allows it.
  if (status === 206) return 'partial';
  if (status === 304) return 'not-modified';
  const isGuessed = response.lastModified !== undefined && STORED_BY_GUESS.has(status);
  if (!STORED_BY_DEFAULT.has(status) && !isGuessed && !isSaid && !control.isPublic) return 'status';
  const hasAge = control.maxAge >= 0 || control.sMaxAge >= 0;
  if (!hasAge && !response.isTargeted && expires !== undefined) {
    if (Number.isNaN(expires)) return 'broken-expires';
    if (!rules.storeExpired && expires < now) return 'expired';
  }
  const age = control.sMaxAge >= 0 ? control.sMaxAge : control.maxAge;
  const hasValidator = response.etag !== '' || response.lastModified !== undefined;
  const mustAsk = control.mustRevalidate || control.proxyRevalidate;
  if (mustAsk && age === 0 && !hasValidator) return 'zero-max-age';
  if (question.hasQuery && !isSaid) return 'query';
  if (status === 200 && !isSaid && !hasValidator && !rules.ignoreNoLastMod) return 'no-freshness';
  if (control.mustUnderstand) {
    // RFC 9111 5.2.2.3: it takes the place of no-store where the status is understood.
    if (!UNDERSTOOD.has(status)) return 'must-understand';
  } else if (control.noStore && !rules.storeNoStore) return 'no-store';
  if (control.isPrivate && !rules.storePrivate) return 'private';
  // RFC 9111 3.5
  const isShared =
    control.sMaxAge >= 0 || control.mustRevalidate || control.isPublic || control.proxyRevalidate;
  if (request.hasAuthorization && !isShared) return 'authorization';
  if (response.vary[0] === '*') return 'vary-any';
  if (question.isForbidden) return 'no-cache-variable';
  if (response.hasSetCookie && !rules.storeSetCookie) return 'set-cookie';
  return undefined;
}

/** What becomes of a request for which something is stored. */
export type ServeVerdict =
  | { kind: 'fresh' }
  /** Sent although it is stale: the client said max-stale, or it may be asked for behind the client's back. */
  | { kind: 'stale'; revalidate: boolean }
  /** To be asked for first. */
  | { kind: 'fetch'; reason: FetchReason };

export interface ServeRules {
  /** CacheIgnoreCacheControl: what the client wants does not count. */
  ignoreCacheControl: boolean;
  /** CacheStaleWhileRevalidate, for responses that do not say; -1 for off. */
  staleWhileRevalidate: Ms;
}

const FRESH: ServeVerdict = { kind: 'fresh' };
const STALE_FOR_CLIENT: ServeVerdict = { kind: 'stale', revalidate: false };
const STALE_MEANWHILE: ServeVerdict = { kind: 'stale', revalidate: true };
const FETCH: Readonly<Record<'stale' | 'no-cache' | 'request' | 'purged', ServeVerdict>> = {
  stale: { kind: 'fetch', reason: 'stale' },
  'no-cache': { kind: 'fetch', reason: 'no-cache' },
  request: { kind: 'fetch', reason: 'request' },
  purged: { kind: 'fetch', reason: 'purged' },
};

/**
 * May what is stored be sent?
 * isSoft  it was purged softly
 * now     ms since the epoch
 */
export function mayServe(
  meta: StoredMeta,
  isSoft: boolean,
  request: RequestFacts,
  rules: ServeRules,
  now: Ms,
): ServeVerdict {
  const age = ageOf(meta, now);
  if (request.isPlain && !isSoft && !meta.noCache && age < meta.lifetime) return FRESH;
  const { control } = request;
  const counts = !rules.ignoreCacheControl;
  // RFC 9111 5.2.1.4, 5.2.2.4
  if (counts && request.wantsNoCache) return FETCH.request;
  if (meta.noCache) return FETCH['no-cache'];
  let lifetime = meta.lifetime;
  if (counts && control.maxAge >= 0 && control.maxAge * 1000 < lifetime) lifetime = control.maxAge * 1000;
  const needed = counts && control.minFresh > 0 ? control.minFresh * 1000 : 0;
  if (!isSoft && age + needed < lifetime) return FRESH;
  if (needed > 0 && age < lifetime) return FETCH.request;
  if (meta.mustRevalidate) return isSoft ? FETCH.purged : FETCH.stale;
  if (counts && !isSoft && control.maxStale >= 0 && age - lifetime < control.maxStale * 1000)
    return STALE_FOR_CLIENT;
  // Behind the client's back only when it did not ask for younger than that.
  if (counts && control.maxAge >= 0 && control.maxAge * 1000 <= age) return FETCH.request;
  const meanwhile = meta.staleWhileRevalidate >= 0 ? meta.staleWhileRevalidate : rules.staleWhileRevalidate;
  if (meanwhile >= 0 && (isSoft || age - meta.lifetime < meanwhile)) return STALE_MEANWHILE;
  return isSoft ? FETCH.purged : FETCH.stale;
}

/**
 * May a stale copy be sent because the member failed (RFC 5861 4, CacheStaleOnError)?
 * isOn  CacheStaleOnError, for responses that do not say stale-if-error
 */
export function mayServeOnError(meta: StoredMeta, request: RequestFacts, isOn: boolean, now: Ms): boolean {
  if (meta.mustRevalidate || meta.noCache) return false;
  const stale = ageOf(meta, now) - meta.lifetime;
  const said = Math.max(meta.staleIfError, request.control.staleIfError * 1000);
  return said >= 0 ? stale < said : isOn;
}

/** May the stale copy be sent while another request asks for a newer one? */
export function mayServeMeanwhile(meta: StoredMeta, request: RequestFacts): boolean {
  return !meta.mustRevalidate && !meta.noCache && !request.wantsNoCache && request.control.maxAge < 0;
}
