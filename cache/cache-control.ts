/**
 * Cache-Control of requests and responses (RFC 9111 5.2), with stale-while-revalidate and stale-if-error (RFC 5861),
 * and CDN-Cache-Control (RFC 9213), which for a cache like this one takes the place of the others.
 *
 * A number that is none counts as 0, so that a response with broken words is stale rather than fresh for ever; of a
 * directive that is said twice the stricter one counts (4.2.1). Quoted strings are read as such: what is in them is no
 * directive. Any thread; pure.
 */

/** Seconds; -1 for a directive that is not there. */
export interface CacheControl {
  noStore: boolean;
  /** no-cache without fields; with fields they are in noCacheFields, in lower case. */
  noCache: boolean;
  noCacheFields: string[];
  isPrivate: boolean;
  privateFields: string[];
  isPublic: boolean;
  mustRevalidate: boolean;
  proxyRevalidate: boolean;
  mustUnderstand: boolean;
  onlyIfCached: boolean;
  maxAge: number;
  sMaxAge: number;
  /** Infinity for max-stale without a number. */
  maxStale: number;
  minFresh: number;
  staleWhileRevalidate: number;
  staleIfError: number;
}

/** Among the words of Pragma, whose only one it is. */
export const PRAGMA_NO_CACHE = /(?:^|,)\s*no-cache\s*(?:,|=|$)/i;

/** What an absent field says. */
export const NO_CONTROL: Readonly<CacheControl> = Object.freeze(emptyControl());

function emptyControl(): CacheControl {
  return {
    noStore: false,
    noCache: false,
    noCacheFields: [],
    isPrivate: false,
    privateFields: [],
    isPublic: false,
    mustRevalidate: false,
    proxyRevalidate: false,
    mustUnderstand: false,
    onlyIfCached: false,
    maxAge: -1,
    sMaxAge: -1,
    maxStale: -1,
    minFresh: -1,
    staleWhileRevalidate: -1,
    staleIfError: -1,
  };
}

/** One directive: a token, and perhaps a token or quoted string after `=`. Anything else between commas is passed over. */
const DIRECTIVE =
  /\s*(?:([!#$%&'*+\-.^_`|~\w]+)(\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^",\s]*)))?)?([^",]*)(?:,|$)/gy;
/** RFC 9111 1.2.2: what does not fit counts as this. */
const MOST_SECONDS = 2 ** 31;

/** Reads a field's value, lines joined with commas. */
export function parseCacheControl(value: string): CacheControl {
  const control = emptyControl();
  DIRECTIVE.lastIndex = 0;
  while (DIRECTIVE.lastIndex < value.length) {
    const start = DIRECTIVE.lastIndex;
    const match = DIRECTIVE.exec(value);
    if (match === null) {
      // A quote that is not closed: nothing behind it can be trusted to be a directive, so the next comma begins anew.
      const comma = value.indexOf(',', start);
      if (comma < 0) break;
      DIRECTIVE.lastIndex = comma + 1;
      continue;
    }
    const [, name, argument, quoted, plain, rest] = match;
    if (name === undefined) continue;
    const isClean = rest?.trim() === '';
    apply(control, name.toLowerCase(), argument === undefined ? undefined : (quoted ?? plain ?? ''), isClean);
  }
  return control;
}

function apply(control: CacheControl, name: string, value: string | undefined, isClean: boolean): void {
  switch (name) {
    case 'no-store':
      control.noStore = true;
      break;
    case 'no-cache':
      if (value === undefined || value === '') control.noCache = true;
      else control.noCacheFields.push(...names(value));
      break;
    case 'private':
      if (value === undefined || value === '') control.isPrivate = true;
      else control.privateFields.push(...names(value));
      break;
    case 'public':
      control.isPublic = true;
      break;
    case 'must-revalidate':
      control.mustRevalidate = true;
      break;
    case 'proxy-revalidate':
      control.proxyRevalidate = true;
      break;
    case 'must-understand':
      control.mustUnderstand = true;
      break;
    case 'only-if-cached':
      control.onlyIfCached = true;
      break;
    case 'max-age':
      control.maxAge = stricter(control.maxAge, seconds(value, isClean));
      break;
    case 's-maxage':
      control.sMaxAge = stricter(control.sMaxAge, seconds(value, isClean));
      break;
    case 'max-stale':
      control.maxStale = value === undefined ? Number.POSITIVE_INFINITY : seconds(value, isClean);
      break;
    case 'min-fresh':
      control.minFresh = Math.max(control.minFresh, seconds(value, isClean));
      break;
    case 'stale-while-revalidate':
      control.staleWhileRevalidate = stricter(control.staleWhileRevalidate, seconds(value, isClean));
      break;
    case 'stale-if-error':
      control.staleIfError = stricter(control.staleIfError, seconds(value, isClean));
      break;
  }
}

function names(value: string): string[] {
  return value
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

function stricter(before: number, now: number): number {
  return before < 0 ? now : Math.min(before, now);
}

function seconds(value: string | undefined, isClean: boolean): number {
  if (value === undefined || !isClean || !/^\d+$/.test(value)) return 0;
  return Math.min(Number(value), MOST_SECONDS);
}

/** A member of a Structured Fields dictionary (RFC 8941 3.2) of the types that occur: bare key, integer, or anything else. */
const MEMBER =
  /[ \t]*([a-z*][a-z0-9_\-.*]*)(?:=(?:(-?\d{1,15})(?![\d.])|(\?[01])|(-?\d{1,12}\.\d{1,3}|"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"|[A-Za-z*][!#$%&'*+\-.^_`|~:/\w]*|:[A-Za-z0-9+/=]*:)))?(?:;[ ]*[a-z*][a-z0-9_\-.*]*(?:=(?:"(?:[^"\\]|\\["\\])*"|[^;,"\s]+))?)*[ \t]*(,|$)/y;

/**
 * A targeted field (RFC 9213 2.2): undefined when it is empty or no valid dictionary, and then it does not count.
 * A directive of a type that it does not have is passed over.
 */
export function parseTargetedControl(value: string): CacheControl | undefined {
  const control = emptyControl();
  if (value.trim() === '') return undefined;
  MEMBER.lastIndex = 0;
  for (;;) {
    const match = MEMBER.exec(value);
    if (match === null) return undefined;
    const [, name = '', integer, truth, other, end] = match;
    const isNumber = /age$|stale|fresh|revalidate$|error$/.test(name) && !/^(?:must|proxy)-/.test(name);
    if (isNumber) {
      if (integer !== undefined && !integer.startsWith('-')) apply(control, name, integer, true);
    } else if (integer === undefined && other === undefined && truth !== '?0')
      apply(control, name, undefined, true);
    if (end !== ',') return control;
    if (/^[ \t]*$/.test(value.slice(MEMBER.lastIndex))) return undefined;
  }
}
