/**
 * How long a response is fresh and how old it is (RFC 9111 4.2), with mod_cache's directives for what the response does not
 * say. Explicit lifetimes are taken as they are: CacheMinExpire and CacheMaxExpire bound guesses alone, as in httpd.
 * Any thread; pure.
 */
import type { ResponseFacts } from './response-facts.js';
import type { LifetimeBasis, Ms, StoredMeta } from './stored.js';

/** mod_cache's settings for responses, by place. */
export interface StoreRules {
  defaultExpire: Ms;
  minExpire: Ms;
  maxExpire: Ms;
  lastModifiedFactor: number;
  ignoreNoLastMod: boolean;
  storeNoStore: boolean;
  storePrivate: boolean;
  storeExpired: boolean;
  /** False: a response with Set-Cookie is not stored. */
  storeSetCookie: boolean;
  /** Bytes of a body that is kept. */
  minSize: number;
  maxSize: number;
}

/** httpd's defaults; the largest size is mod_cache_disk's. */
export const STORE_DEFAULTS: Readonly<StoreRules> = {
  defaultExpire: 3_600_000,
  minExpire: 0,
  maxExpire: 86_400_000,
  lastModifiedFactor: 0.1,
  ignoreNoLastMod: false,
  storeNoStore: false,
  storePrivate: false,
  storeExpired: false,
  storeSetCookie: true,
  minSize: 0,
  maxSize: 1_000_000,
};

/** Does the response say itself how long it is fresh? */
export function isExplicit(facts: ResponseFacts): boolean {
  return (
    facts.control.sMaxAge >= 0 ||
    facts.control.maxAge >= 0 ||
    (!facts.isTargeted && facts.expires !== undefined)
  );
}

/** Freshness lifetime, counted from an age of 0, and what it was taken from. */
export function lifetimeOf(facts: ResponseFacts, rules: StoreRules): { lifetime: Ms; basis: LifetimeBasis } {
  const { control, date, expires, lastModified } = facts;
  // RFC 9111 4.2.1: s-maxage, then max-age, then Expires.
  if (control.sMaxAge >= 0) return { lifetime: control.sMaxAge * 1000, basis: 'explicit' };
  if (control.maxAge >= 0) return { lifetime: control.maxAge * 1000, basis: 'explicit' };
  if (expires !== undefined && !facts.isTargeted)
    return { lifetime: Number.isNaN(expires) ? 0 : expires - date, basis: 'expires' };
  if (lastModified !== undefined && lastModified < date) {
    const guess = (date - lastModified) * rules.lastModifiedFactor;
    return { lifetime: Math.max(rules.minExpire, Math.min(guess, rules.maxExpire)), basis: 'heuristic' };
  }
  return { lifetime: rules.defaultExpire, basis: 'default' };
}

/**
 * Corrected initial age (RFC 9111 4.2.3).
 * requestTime, responseTime  when the member was asked, and when the head came
 */
export function initialAgeOf(facts: ResponseFacts, requestTime: Ms, responseTime: Ms): Ms {
  const apparent = Math.max(0, responseTime - facts.date);
  // Date has no fractions: half a second of age that is none comes from there.
  const whole = apparent < 1000 ? 0 : apparent;
  const said = facts.age * 1000;
  const delay = facts.age > 0 ? responseTime - requestTime : 0;
  return Math.max(whole, said + delay);
}

/** Age now. */
export function ageOf(meta: StoredMeta, now: Ms): Ms {
  return meta.initialAge + Math.max(0, now - meta.responseTime);
}
