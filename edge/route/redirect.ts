/**
 * Redirect and RedirectMatch: from a request's path to the status and URL it is sent away with.
 * A list is tried in order and the first entry that fits decides; the rest of the path and the client's query are handed
 * on. A redirect of a section has no path of its own: its URL is an expression, and it comes before every list.
 * Source: httpd 2.4, mod_alias, "Redirect", "RedirectMatch", "RedirectRelative"; escaping as observed on httpd 2.4.71.
 * Compiled once per thread; nothing compiled here throws.
 */
import type { RegexSource, StringExpr } from '../expr/ast.js';
import { compileString } from '../expr/compile.js';
import { compileMatch, parseSubstitution, substitute } from '../expr/matcher.js';
import { sanitised } from '../http/header-rules-value.js';
import { escapePath } from '../http/uri.js';
import type { Request } from '../request.js';
import { aliasMatch } from './proxypass.js';
import { publicUrl } from './reverse.js';

/** One Redirect or RedirectMatch with a path. */
export type RedirectSettings = {
  status: number;
  /** URL, or path on this server, that the rest of the path is put behind; absent for a status that has none. */
  url?: string;
} & ({ kind: 'prefix'; path: string } | { kind: 'regex'; regex: RegexSource });

/** Redirect in a section without a path. */
export interface PlaceRedirect {
  status: number;
  /** Absent for a status that has none. */
  url?: StringExpr;
}

/** What the client gets: a status of redirection has a location, any other an empty one. */
export interface Redirection {
  status: number;
  location: string;
}

export type RedirectStep = (r: Request, isRelative: boolean) => Redirection | undefined;

/** A step for a list; undefined when it is empty. */
export function compileRedirects(list: readonly RedirectSettings[]): RedirectStep | undefined {
  if (list.length === 0) return undefined;
  const entries = list.map((entry) => ({ status: entry.status, locate: compileEntry(entry) }));
  return (r, isRelative) => {
    for (const { status, locate } of entries) {
      const location = locate(r);
      if (location !== undefined) return redirection(r, status, location, isRelative);
    }
    return undefined;
  };
}

export function compilePlaceRedirect({ status, url }: PlaceRedirect): RedirectStep {
  if (url === undefined) return () => ({ status, location: '' });
  const text = compileString(url);
  return (r, isRelative) => redirection(r, status, withQuery(r, escapeUrl(text(r))), isRelative);
}

/** Gives the URL that an entry sends a request to, empty when it has none; undefined when it does not fit. */
function compileEntry(entry: RedirectSettings): (r: Request) => string | undefined {
  const { url } = entry;
  if (entry.kind === 'prefix') {
    const { path } = entry;
    return (r) => {
      const length = aliasMatch(r.uri, path);
      if (length === 0) return undefined;
      return url === undefined ? '' : withQuery(r, url + escapePath(r.uri.slice(length)));
    };
  }
  const find = compileMatch(entry.regex);
  const parts = parseSubstitution(url ?? '');
  return (r) => {
    const groups = find(r.uri);
    if (groups === undefined) return undefined;
    return url === undefined ? '' : withQuery(r, escapeUrl(substitute(parts, groups)));
  };
}

/** The client's query goes along unless the URL has one of its own. */
function withQuery(r: Request, url: string): string {
  return r.query === undefined || url.includes('?') ? url : `${url}?${r.query}`;
}

/** A path becomes a URL of this server; what is neither is a mistake of the configuration. */
function redirection(r: Request, status: number, location: string, isRelative: boolean): Redirection {
  if (status < 300 || status >= 400) return { status, location: '' };
  if (location.startsWith('/')) {
    return { status, location: sanitised(isRelative ? location : publicUrl(r, location)) };
  }
  if (!IS_URL.test(location)) return { status: 500, location: '' };
  return { status, location: sanitised(location) };
}

const IS_URL = /^[a-z][a-z0-9+.-]*:/i;

/**
 * Scheme, host and path escaped, query and fragment as they are; the scheme's own port is dropped.
 * httpd differs: it writes `XXXXXXXX` for a password in the URL.
 */
function escapeUrl(url: string): string {
  const [, head = '', tail = ''] = /^([^?#]*)(.*)$/s.exec(url) ?? [];
  return escapePath(withoutDefaultPort(head)) + tail;
}

function withoutDefaultPort(url: string): string {
  return url.replace(/^(http:\/\/[^/]*):80(?=\/|$)|^(https:\/\/[^/]*):443(?=\/|$)/i, '$1$2');
}
