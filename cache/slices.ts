/**
 * Large objects in slices (CacheSlice): pieces of equal length, each an object of its own below the URL's. Under the URL's key
 * lies the list: fields, validators and freshness of the whole, its length, and the number that its slices' keys carry. A list
 * that is invalidated or replaced has another number afterwards, so that no slice of an older one is ever found.
 *
 * Slices are joined only under one strong validator (RFC 9110 15.3.7.3): a strong ETag, or else Last-Modified where it is
 * strong (8.8.2.2). Any thread; pure.
 */

import type { Bytes } from './memory/layout.js';
import type { Span } from './range.js';
import type { ResponseFacts } from './response-facts.js';
import type { StoredMeta } from './stored.js';

/** Of a list: the length of its slices and of the whole. */
export interface SliceFacts {
  size: Bytes;
  total: Bytes;
}

export function sliceKey(urlKey: string, sequence: number, size: Bytes, index: number): string {
  return `${urlKey}\n${sequence}\n${size}/${index}`;
}

/** The bytes of a slice. total: Infinity where it is not known */
export function sliceSpan(index: number, size: Bytes, total: Bytes): Span {
  return { first: index * size, last: Math.min((index + 1) * size, total) - 1 };
}

/** `bytes 0-9/100`; undefined where it is anything else, the length unknown included. */
export function parseContentRange(value: string): (Span & { total: Bytes }) | undefined {
  const match = /^\s*bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})\s*$/i.exec(value);
  if (match === null) return undefined;
  const [first, last, total] = [Number(match[1]), Number(match[2]), Number(match[3])];
  return first <= last && last < total ? { first, last, total } : undefined;
}

/** What slices of one object have in common; empty where the response says nothing that is strong enough. */
export function strongValidator(facts: Pick<ResponseFacts, 'etag' | 'lastModified' | 'date'>): string {
  const { etag, lastModified, date } = facts;
  if (etag !== '') return etag.startsWith('W/') ? '' : etag;
  if (lastModified === undefined || lastModified < 0 || date - lastModified < 60_000) return '';
  return new Date(lastModified).toUTCString();
}

export function validatorOf(meta: StoredMeta): string {
  return strongValidator(meta);
}

/** Is it one range at the most, so that slices can answer it? */
export function isOneRange(range: string | undefined): boolean {
  return range === undefined || /^\s*bytes\s*=\s*(?:\d{1,15}-\d{0,15}|-\d{1,15})\s*$/i.test(range);
}

/** The slice that a request begins with, as far as that is known before the length is. */
export function firstSlice(range: string | undefined, size: Bytes): number {
  const first = /^\s*bytes\s*=\s*(\d+)-/i.exec(range ?? '')?.[1];
  return first === undefined ? 0 : Math.floor(Number(first) / size);
}
