/**
 * What mod_proxy changes in a member's response fields: URLs of members become public ones (ProxyPassReverse), cookie
 * domains and paths are mapped, old date forms become RFC 1123. Compiled per plan; undefined when nothing is configured,
 * but the dates, which are always looked at (normaliseDates).
 * Source: httpd 2.4, mod_proxy, "ProxyPassReverse", "ProxyPassReverseCookieDomain", "ProxyPassReverseCookiePath".
 * Thread: worker; does not throw.
 */
import { parseHttpDate } from '../../cache/http-date.js';
import type { Fields } from '../exchange.js';
import { sanitised } from '../http/header-rules-value.js';
import { requestScheme, serverName, serverPort } from '../http/variables.js';
import type { Request } from '../request.js';
import type { Place, ReverseMapping } from '../settings.js';
import { hasVariables, interpolate } from './interpolate.js';

export type ReverseStep = (r: Request) => void;

export function compileReverse(place: Place): ReverseStep | undefined {
  const { proxyPassReverse = [], cookieDomains: domains = [], cookiePaths: paths = [] } = place;
  const urls = proxyPassReverse.flatMap(({ from, path, interpolate }) =>
    from.map((internal) => ({ internal, external: path, interpolate })),
  );
  if (urls.length + domains.length + paths.length === 0) return undefined;
  const isOpen = ({ interpolate, internal, external }: ReverseMapping): boolean =>
    place.interpolateEnv === true && hasVariables(interpolate, internal, external);
  if (![...urls, ...domains, ...paths].some(isOpen)) return (r) => reverseFields(r, urls, domains, paths);
  return (r) => {
    // httpd differs: variables are put in when the request goes out, before SetEnv has set any.
    const fill = (list: readonly ReverseMapping[]): ReverseMapping[] =>
      list.map((entry) => (isOpen(entry) ? filled(entry, r) : entry));
    reverseFields(r, fill(urls), fill(domains), fill(paths));
  };
}

function filled({ internal, external }: ReverseMapping, r: Request): ReverseMapping {
  return { internal: interpolate(internal, r), external: sanitised(interpolate(external, r)) };
}

function reverseFields(
  r: Request,
  urls: readonly ReverseMapping[],
  domains: readonly ReverseMapping[],
  paths: readonly ReverseMapping[],
): void {
  const hasCookies = domains.length + paths.length > 0;
  const fields = r.responseFields;
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string;
    if (isUrlField(name)) fields[i + 1] = reverseUrl(r, urls, fields[i + 1] as string);
    else if (hasCookies && name.length === 10 && name.toLowerCase() === 'set-cookie') {
      fields[i + 1] = reverseCookie(fields[i + 1] as string, domains, paths);
    }
  }
}

/** Location, Content-Location, URI, Destination. */
function isUrlField(name: string): boolean {
  switch (name.length) {
    case 8:
      return name.toLowerCase() === 'location';
    case 16:
      return name.toLowerCase() === 'content-location';
    case 3:
      return name.toLowerCase() === 'uri';
    case 11:
      return name.toLowerCase() === 'destination';
    default:
      return false;
  }
}

function reverseUrl(r: Request, urls: readonly ReverseMapping[], value: string): string {
  for (const { internal: from, external: path } of urls) {
    const compared = from.startsWith('/') ? pathOfUrl(value) : value;
    if (compared === undefined || compared.length < from.length) continue;
    if (compared.slice(0, from.length).toLowerCase() !== from.toLowerCase()) continue;
    const url = path + compared.slice(from.length);
    return /^[a-z][a-z0-9+.-]*:/i.test(url) ? url : publicUrl(r, url);
  }
  return value;
}

/** The path of an absolute URL or of a path; undefined for anything else. */
function pathOfUrl(value: string): string | undefined {
  if (value.startsWith('/')) return value;
  const match = /^[a-z][a-z0-9+.-]*:\/\/[^/]*(\/.*)?$/i.exec(value);
  return match === null ? undefined : (match[1] ?? '/');
}

/** A path as an absolute URL of the server the client asked. */
export function publicUrl(r: Request, path: string): string {
  const scheme = requestScheme(r);
  const port = serverPort(r);
  const suffix = port === (scheme === 'https' ? 443 : 80) ? '' : `:${port}`;
  return `${scheme}://${serverName(r)}${suffix}${path}`;
}

/** Attribute names keep their case; the whole value of a matching attribute is replaced, as httpd does. */
function reverseCookie(
  cookie: string,
  domains: readonly ReverseMapping[],
  paths: readonly ReverseMapping[],
): string {
  return cookie.replace(
    /((?:^|;)\s*)(path|domain)=([^;]*)/gi,
    (whole, lead: string, name: string, value: string) => {
      const isDomain = name.toLowerCase() === 'domain';
      const mapping = (isDomain ? domains : paths).find(({ internal }) =>
        isDomain ? value.toLowerCase().startsWith(internal.toLowerCase()) : value.startsWith(internal),
      );
      return mapping === undefined ? whole : `${lead}${name}=${mapping.external}`;
    },
  );
}

/**
 * The last touch on a member's fields: Date, Expires and Last-Modified in RFC 850 or asctime form are rewritten to
 * RFC 1123 (RFC 9110 5.6.7).
 * returns  whether there is a Server field
 */
export function finishFields(fields: Fields): boolean {
  let hasServer = false;
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string;
    switch (name.length) {
      case 6:
        hasServer ||= name === 'Server' || name.toLowerCase() === 'server';
        break;
      case 4:
      case 7:
      case 13: {
        const value = fields[i + 1] as string;
        if (value.length !== 29 || value.charCodeAt(3) !== 0x2c) fields[i + 1] = maybeDate(name, value);
        break;
      }
    }
  }
  return hasServer;
}

function maybeDate(name: string, value: string): string {
  const lower = name.toLowerCase();
  return lower === 'date' || lower === 'expires' || lower === 'last-modified' ? rfc1123(value) : value;
}

const OBSOLETE_DATE =
  /^(?:[A-Z][a-z]+day, \d\d-[A-Z][a-z]{2}-\d\d \d\d:\d\d:\d\d GMT|[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4})$/;

function rfc1123(value: string): string {
  if (!OBSOLETE_DATE.test(value)) return value;
  const time = parseHttpDate(value, Date.now());
  return Number.isNaN(time) ? value : new Date(time).toUTCString();
}
