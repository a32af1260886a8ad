/**
 * What the cache says of itself in a response: X-Cache and X-Cache-Detail as mod_cache writes them, Cache-Status as RFC
 * 9211 wants it. Only where a place asks for them. Thread: worker; pure.
 */
import { type FetchReason, type StoreReason, storeSentence } from '../../cache/reasons.js';
import type { Fields } from '../exchange.js';
import { canonicalName } from '../http/variables.js';
import type { Request } from '../request.js';
import type { PlaceRules } from './runtime.js';

/** What happened to a request, for these fields. */
export interface CacheStory {
  result: 'HIT' | 'MISS' | 'REVALIDATE' | 'INVALIDATE';
  /** httpd's words for X-Cache-Detail. */
  detail: string;
  /** Parameters of Cache-Status after the cache's name. */
  status: string;
}

/** Adds the fields that the place asks for. */
export function addMarks(fields: Fields, r: Request, rules: PlaceRules, story: CacheStory): void {
  if (rules.header) fields.push('X-Cache', `${story.result} from ${canonicalName(r)}`);
  if (rules.detailHeader) fields.push('X-Cache-Detail', `"${story.detail}" from ${canonicalName(r)}`);
  if (rules.status) fields.push('Cache-Status', `drover; ${story.status}`);
}

/** RFC 9211 2.2: why a request went on. */
export function forwardWord(reason: FetchReason): string {
  switch (reason) {
    case 'miss':
      return 'fwd=uri-miss';
    case 'vary-miss':
      return 'fwd=vary-miss';
    case 'stale':
      return 'fwd=stale';
    case 'purged':
      return 'fwd=stale; detail=purged';
    case 'no-cache':
      return 'fwd=stale; detail=no-cache';
    case 'request':
      return 'fwd=request';
    case 'range':
      return 'fwd=partial';
    case 'method':
      return 'fwd=method';
    case 'bypass':
      return 'fwd=bypass';
  }
}

/**
 * The story of an answer that came from a member.
 * reason  undefined when it is being stored
 */
export function missStory(
  why: FetchReason,
  status: number,
  reason: StoreReason | undefined,
  detail: string,
): CacheStory {
  const forward = forwardWord(why);
  if (reason === undefined) {
    return {
      result: 'MISS',
      detail: 'cache miss: attempting entity save',
      status: `${forward}; fwd-status=${status}; stored`,
    };
  }
  const own = forward.includes('detail=') ? '' : `; detail=${reason}`;
  return {
    result: 'MISS',
    detail: storeSentence(reason, detail),
    status: `${forward}; fwd-status=${status}${own}`,
  };
}
