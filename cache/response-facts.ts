/**
 * What of a response matters to a cache, found in one pass over its fields. Any thread; pure.
 */
import {
  type CacheControl,
  NO_CONTROL,
  PRAGMA_NO_CACHE,
  parseCacheControl,
  parseTargetedControl,
} from './cache-control.js';
import { parseHttpDate } from './http-date.js';
import type { Ms } from './stored.js';

export interface ResponseFacts {
  status: number;
  control: Readonly<CacheControl>;
  hasControl: boolean;
  /** The control is CDN-Cache-Control's: Expires does not count. */
  isTargeted: boolean;
  /** NaN: there, but no date. Undefined: not there. */
  expires: Ms | undefined;
  /** Expires as it came. */
  expiresText: string;
  /** Date, or when the response came. */
  date: Ms;
  hasDate: boolean;
  lastModified: Ms | undefined;
  etag: string;
  /** Age in seconds; 0 where there is none, or nonsense. */
  age: number;
  /** Names in lower case; `*` alone for anything. */
  vary: string[];
  hasSetCookie: boolean;
  tags: string[];
}

/** Reads a response's fields. now: when the head came, ms since the epoch. */
export function readResponse(status: number, fields: readonly string[], now: Ms): ResponseFacts {
  const facts: ResponseFacts = {
    status,
    control: NO_CONTROL,
    hasControl: false,
    isTargeted: false,
    expires: undefined,
    expiresText: '',
    date: now,
    hasDate: false,
    lastModified: undefined,
    etag: '',
    age: 0,
    vary: [],
    hasSetCookie: false,
    tags: [],
  };
  let cacheControl: string | undefined;
  let targeted: string | undefined;
  let hasAge = false;
  let isPragmaNoCache = false;
  for (let i = 0; i < fields.length; i += 2) {
    const value = fields[i + 1] as string;
    switch ((fields[i] as string).toLowerCase()) {
      case 'cache-control':
        cacheControl = cacheControl === undefined ? value : `${cacheControl}, ${value}`;
        break;
      case 'cdn-cache-control':
        targeted = targeted === undefined ? value : `${targeted}, ${value}`;
        break;
      case 'expires':
        // RFC 9111 4.2.1: of several, the first, or none.
        if (facts.expires === undefined) {
          facts.expires = parseHttpDate(value, now);
          facts.expiresText = value;
        }
        break;
      case 'date': {
        const date = parseHttpDate(value, now);
        if (!Number.isNaN(date)) {
          facts.date = date;
          facts.hasDate = true;
        }
        break;
      }
      case 'last-modified': {
        const date = parseHttpDate(value, now);
        if (!Number.isNaN(date)) facts.lastModified = date;
        break;
      }
      case 'etag':
        facts.etag = value;
        break;
      case 'age': {
        // RFC 9111 5.1: the first member counts, nonsense does not.
        const first = /^\s*(\d+)\s*(?:,|$)/.exec(value)?.[1];
        if (!hasAge && first !== undefined) facts.age = Math.min(Number(first), 2 ** 31);
        hasAge = true;
        break;
      }
      case 'vary':
        for (const name of value.split(',')) addName(facts.vary, name.trim().toLowerCase());
        break;
      case 'pragma':
        isPragmaNoCache ||= PRAGMA_NO_CACHE.test(value);
        break;
      case 'set-cookie':
        facts.hasSetCookie = true;
        break;
      case 'surrogate-key':
        facts.tags.push(...value.split(/\s+/).filter((tag) => tag !== ''));
        break;
      case 'cache-tag':
        for (const tag of value.split(',')) if (tag.trim() !== '') facts.tags.push(tag.trim());
        break;
    }
  }
  if (facts.vary.includes('*')) facts.vary = ['*'];
  const control = targeted === undefined ? undefined : parseTargetedControl(targeted);
  if (control !== undefined) {
    facts.control = control;
    facts.isTargeted = true;
    facts.hasControl = true;
  } else if (cacheControl !== undefined) {
    facts.control = parseCacheControl(cacheControl);
    facts.hasControl = true;
  }
  // RFC 9111 5.4 gives it no meaning here; httpd asks again before each use, beside Cache-Control too.
  if (isPragmaNoCache && !facts.isTargeted && !facts.control.noCache)
    facts.control = { ...facts.control, noCache: true };
  return facts;
}

function addName(names: string[], name: string): void {
  if (name !== '' && !names.includes(name)) names.push(name);
}
