/**
 * What is kept of a response beside its body, as the policy reads it and threads hand it on: plain data, written into
 * shared memory as JSON once, when the response is stored. Times are ms since the epoch, spans are ms.
 */

export type Ms = number;

/** Where a lifetime came from: the response's own words, or a guess that mod_cache's directives allow. */
export type LifetimeBasis = 'explicit' | 'expires' | 'heuristic' | 'default';

export interface StoredMeta {
  status: number;
  reason: string;
  /** Fields to send: name, value, name, value …, without Age, Date and what belongs to a connection. */
  fields: string[];
  /** Date of the response, or when it came. */
  date: Ms;
  requestTime: Ms;
  responseTime: Ms;
  /** Corrected initial age (RFC 9111 4.2.3). */
  initialAge: Ms;
  /** Freshness lifetime, counted from an age of 0; may be negative for what was old when it came. */
  lifetime: Ms;
  basis: LifetimeBasis;
  /** Never to be sent stale: must-revalidate, proxy-revalidate, s-maxage. */
  mustRevalidate: boolean;
  /** Never to be sent without asking: no-cache. */
  noCache: boolean;
  /** Spans after the lifetime in which it may be sent while it is asked for, or when that fails; -1: not said. */
  staleWhileRevalidate: Ms;
  staleIfError: Ms;
  /** Empty for none. */
  etag: string;
  /** -1 for none. */
  lastModified: Ms;
  /** Of Surrogate-Key and Cache-Tag; absent for none. */
  tags?: string[];
  /** Of a list of varying fields alone: their names in lower case, and the number that its variants' keys carry. */
  vary?: string[];
  sequence?: number;
  /** Of a list of slices alone: their length, and that of the whole (slices.ts). */
  slices?: { size: number; total: number };
}
