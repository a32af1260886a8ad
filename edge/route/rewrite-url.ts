/**
 * What rewriting has to know of URLs: which texts are absolute URLs, where their query begins, how they are escaped.
 * Source: httpd 2.4, mod_rewrite, schemes as observed on httpd 2.4.71. Nothing here throws.
 */
import { escapePath } from '../http/uri.js';
import { requestScheme } from '../http/variables.js';
import type { Request } from '../request.js';
import { globRegex } from './glob.js';

/** Schemes that make a substitution an absolute URL; those with a query have it split off. */
const ABSOLUTE =
  /^(?:(ajp|balancer|fcgi|h2c?|https?|scgi|uwsgi|wss?):\/\/|(mailto:)|(?:ftp|gopher|ldaps?|nntp):\/\/|news:)/i;

/** Length of the scheme with what belongs to it, and whether a `?` begins a query; undefined for no absolute URL. */
export function schemeOf(url: string): { length: number; hasQuery: boolean } | undefined {
  const match = ABSOLUTE.exec(url);
  if (match === null) return undefined;
  return { length: match[0].length, hasQuery: (match[1] ?? match[2]) !== undefined };
}

/** An absolute URL with all behind its host percent-encoded. schemeLength: see schemeOf */
export function escapeAbsolute(url: string, schemeLength: number): string {
  if (url.charAt(schemeLength - 1) !== '/') {
    return url.slice(0, schemeLength) + escapePath(url.slice(schemeLength));
  }
  const slash = url.indexOf('/', schemeLength);
  return slash < 0 ? url : url.slice(0, slash + 1) + escapePath(url.slice(slash + 1));
}

/**
 * The path of a URL that leads to the very server which answers; undefined for any other.
 * Its port must be the one in ServerName: without one there, no URL is taken for the server's own.
 */
export function ownPath(r: Request, url: string): string | undefined {
  const { name, namePort, aliases } = r.server;
  const [, scheme = '', host = '', port, path = '/'] =
    /^(https?):\/\/([^/:]+)(?::(\d+))?(\/.*)?$/is.exec(url) ?? [];
  if (namePort === undefined || scheme.toLowerCase() !== requestScheme(r)) return undefined;
  if (Number(port ?? (scheme.length === 5 ? 443 : 80)) !== namePort) return undefined;
  const lower = host.toLowerCase();
  return lower === name || aliases.some((alias) => globRegex(alias, false, 'i').test(lower))
    ? path
    : undefined;
}

/** Control characters or blanks, which no request line may have. */
export function hasBlanks(text: string): boolean {
  return /[\0-\x20\x7f]/.test(text);
}
