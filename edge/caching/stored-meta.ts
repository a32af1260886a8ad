/**
 * What is kept beside a body: made of a response's head when it comes, or of a stored one and what refreshes it. Any thread; pure.
 */
import { initialAgeOf, lifetimeOf } from '../../cache/freshness.js';
import type { ResponseFacts } from '../../cache/response-facts.js';
import type { StoredMeta } from '../../cache/stored.js';
import { storedFields } from '../../cache/stored-fields.js';
import type { Fields } from '../exchange.js';
import { reasonOf } from '../http/status.js';
import type { PlaceRules } from './runtime.js';

/**
 * ignored                    CacheIgnoreHeaders, in lower case
 * requestTime, responseTime  ms since the epoch: when the member was asked, and when the head came
 */
export function metaOf(
  facts: ResponseFacts,
  fields: Fields,
  ignored: readonly string[],
  rules: PlaceRules,
  requestTime: number,
  responseTime: number,
  reason: string,
): StoredMeta {
  const { control } = facts;
  return {
    status: facts.status,
    // As httpd, which keeps the number alone.
    reason: reasonOf(facts.status) || reason,
    fields: storedFields(fields, facts, ignored),
    date: facts.date,
    requestTime,
    responseTime,
    initialAge: initialAgeOf(facts, requestTime, responseTime),
    ...lifetimeOf(facts, rules),
    // RFC 9111 5.2.2.10: s-maxage includes what proxy-revalidate says.
    mustRevalidate: control.mustRevalidate || control.proxyRevalidate || control.sMaxAge >= 0,
    noCache: control.noCache,
    staleWhileRevalidate: span(control.staleWhileRevalidate),
    staleIfError: span(control.staleIfError),
    etag: facts.etag,
    lastModified: facts.lastModified ?? -1,
    ...(facts.tags.length === 0 ? {} : { tags: facts.tags }),
  };
}

function span(seconds: number): number {
  return seconds < 0 ? -1 : seconds * 1000;
}

/** The object that stands for a URL whose responses vary. */
export function listMeta(vary: string[], sequence: number, now: number): StoredMeta {
  return {
    status: 0,
    reason: '',
    fields: [],
    date: now,
    requestTime: now,
    responseTime: now,
    initialAge: 0,
    lifetime: 0,
    basis: 'explicit',
    mustRevalidate: false,
    noCache: false,
    staleWhileRevalidate: -1,
    staleIfError: -1,
    etag: '',
    lastModified: -1,
    vary,
    sequence,
  };
}
