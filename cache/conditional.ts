/**
 * Preconditions of a request, judged by a stored response (RFC 9110 13, RFC 9111 4.3.2). If-None-Match compares weakly,
 * If-Match and If-Range strongly. httpd judges If-Match from its cache too, so the same is done here.
 * Any thread; pure.
 */
import { parseHttpDate } from './http-date.js';
import type { RequestFacts } from './request-facts.js';
import type { ResponseFacts } from './response-facts.js';
import type { Ms, StoredMeta } from './stored.js';

/** What the preconditions come to: 0 for "send it", else the status to answer with. */
export function precondition(meta: StoredMeta, request: RequestFacts, now: Ms): 0 | 304 | 412 {
  if (meta.status !== 200 && meta.status !== 203) return 0;
  // RFC 9110 13.2.2, in its order
  if (request.ifMatch !== undefined) {
    if (!matches(request.ifMatch, meta.etag, true)) return 412;
  } else if (request.ifUnmodifiedSince !== undefined) {
    const since = parseHttpDate(request.ifUnmodifiedSince, now);
    if (!Number.isNaN(since) && modifiedAt(meta) > since) return 412;
  }
  if (request.ifNoneMatch !== undefined) return matches(request.ifNoneMatch, meta.etag, false) ? 304 : 0;
  if (request.ifModifiedSince !== undefined) {
    const since = parseHttpDate(request.ifModifiedSince, now);
    if (!Number.isNaN(since) && modifiedAt(meta) <= since) return 304;
  }
  return 0;
}

// httpd differs: without Last-Modified it sends the whole response; RFC 9111 4.3.2 lets Date stand for it.
function modifiedAt(meta: StoredMeta): Ms {
  return meta.lastModified >= 0 ? meta.lastModified : meta.date;
}

const TAG = /\s*(W\/)?("[^"]*"|[^\s,"]+)\s*(?:,|$)/gy;

/** Is an entity tag in a list? `*` stands for any; a tag without quotes is taken as it is. */
export function matches(list: string, etag: string, isStrong: boolean): boolean {
  if (list.trim() === '*') return true;
  if (etag === '') return false;
  const isWeak = etag.startsWith('W/');
  if (isStrong && isWeak) return false;
  const own = isWeak ? etag.slice(2) : etag;
  TAG.lastIndex = 0;
  for (let match = TAG.exec(list); match !== null; match = TAG.exec(list)) {
    if (match[2] === own && !(isStrong && match[1] !== undefined)) return true;
    if (TAG.lastIndex >= list.length) break;
  }
  return false;
}

/** May a range be sent, by If-Range (RFC 9110 13.1.5)? */
export function isRangeWanted(meta: StoredMeta, ifRange: string | undefined, now: Ms): boolean {
  if (ifRange === undefined) return true;
  if (/^\s*(?:W\/)?"/.test(ifRange)) return matches(ifRange, meta.etag, true);
  const date = parseHttpDate(ifRange.trim(), now);
  // A date is a strong validator only when the response was a minute older than it (RFC 9110 8.8.2.2).
  return meta.lastModified >= 0 && date === meta.lastModified && meta.date - meta.lastModified >= 60_000;
}

/**
 * Does a 200 to HEAD speak of what is stored (RFC 9111 4.3.5)? undefined: it says nothing by which that could be told.
 * length     of the stored body
 * announced  Content-Length of the HEAD, -1 for none
 */
export function isSameByHead(
  meta: StoredMeta,
  length: number,
  said: ResponseFacts,
  announced: number,
): boolean | undefined {
  if (said.status >= 300 && said.status !== 404 && said.status !== 410) return undefined;
  if (meta.status !== said.status || (announced >= 0 && announced !== length)) return false;
  if (said.etag !== '' && !matches(said.etag, meta.etag, false)) return false;
  if (said.lastModified !== undefined && said.lastModified !== meta.lastModified) return false;
  return said.etag !== '' || said.lastModified !== undefined ? true : undefined;
}
