/**
 * What comes of a rewriting: an answer, a member, a path for the phases that follow, or a path to begin again with.
 * Outside sections a path of this server is final unless PT hands it on; in a section it is an internal redirect.
 * Source: httpd 2.4, mod_rewrite; corner cases as observed on httpd 2.4.71. Thread: worker; nothing here throws.
 */

import { sanitised } from '../http/header-rules-value.js';
import { encodePath, escapePath } from '../http/uri.js';
import { requestScheme, serverName, serverPort } from '../http/variables.js';
import type { Request } from '../request.js';
import type { Mapped } from './proxypass.js';
import { newRewriting, type RewriteList, type Rewriting } from './rewrite.js';
import type { PlaceRewrite } from './rewrite-place.js';
import { escapeAbsolute, hasBlanks, schemeOf } from './rewrite-url.js';
import type { UrlMapper } from './url-mapper.js';

export type Rewritten =
  | { kind: 'answer'; status: number; location: string; module: string; problem: string }
  | { kind: 'proxy'; mapped: Mapped }
  /** A path that ProxyPass and Redirect are not asked about. */
  | { kind: 'local' }
  /** The request's path is another now. */
  | { kind: 'passed' }
  | { kind: 'again'; path: string };

export type ServerRewrite = (r: Request) => Rewritten | undefined;
/** mapped  where the request goes so far */
export type PlaceRewriteStep = (r: Request, mapped: Mapped | undefined) => Rewritten | undefined;

export function compileServerRewrite(run: RewriteList, mapUrl: UrlMapper): ServerRewrite {
  return (r) => {
    setScriptVariables(r);
    const before = r.query;
    const rewriting = newRewriting(r, r.uri);
    const end = run(rewriting);
    if (end === 'unchanged') return undefined;
    r.query = rewriting.query;
    r.isRewriteEnded ||= rewriting.isEnded;
    if (end === 'status') return problemAnswer(rewriting);
    if (isBroken(rewriting, end === 'unescaped')) return brokenQuery();
    if (end === 'passed') {
      r.uri = rewriting.filename;
      return r.uri.startsWith('/') ? { kind: 'passed' } : invalid(r);
    }
    return remote(rewriting, end === 'unescaped', before, mapUrl) ?? { kind: 'local' };
  };
}

export function compilePlaceRewrite(
  place: PlaceRewrite,
  run: RewriteList,
  mapUrl: UrlMapper,
  documentRoot: string,
): PlaceRewriteStep {
  const { directory = '/', base } = place;
  return (r, mapped) => {
    setScriptVariables(r);
    const before = r.query;
    // Where the request leads is known decoded here, encoded later.
    const start = mapped === undefined ? documentRoot + r.uri : `proxy:${decoded(mapped.url)}`;
    const rewriting = newRewriting(r, start);
    const end = run(rewriting);
    if (end === 'unchanged') return undefined;
    r.query = rewriting.query;
    r.isRewriteEnded ||= rewriting.isEnded;
    if (end === 'status') return problemAnswer(rewriting);
    if (isBroken(rewriting, end === 'unescaped')) return brokenQuery();
    if (base !== undefined) rewriting.filename = underBase(rewriting.filename, directory, base);
    const away = remote(rewriting, end === 'unescaped', before, mapUrl);
    if (away !== undefined) return away;
    const { filename } = rewriting;
    if (filename === start) return undefined;
    if (!filename.startsWith('/')) return answer(400);
    return { kind: 'again', path: withoutRoot(filename, documentRoot) };
  };
}

/** A redirect, or a member; undefined for a path of this server. */
function remote(
  rewriting: Rewriting,
  isUnescaped: boolean,
  before: string | undefined,
  mapUrl: UrlMapper,
): Rewritten | undefined {
  const { filename, query } = rewriting;
  if (filename.startsWith('proxy:')) return toMember(filename.slice(6), isUnescaped, mapUrl);
  const scheme = schemeOf(filename);
  if (scheme === undefined) return undefined;
  let location = isUnescaped ? filename : escapeAbsolute(filename, scheme.length);
  if (query !== undefined) location += `?${isUnescaped || query === before ? query : escapePath(query)}`;
  const status = rewriting.status === 0 ? 302 : rewriting.status;
  return answer(status, sanitised(location));
}

/** A query that would end a request line, or a field: only that of a redirect is escaped. */
function isBroken({ filename, query }: Rewriting, isUnescaped: boolean): boolean {
  if (query === undefined || !hasBlanks(query)) return false;
  return isUnescaped || filename.startsWith('proxy:') || schemeOf(filename) === undefined;
}

function brokenQuery(): Rewritten {
  const problem = 'AH10410: Rewritten query string contains control characters or spaces';
  return answer(403, '', 'rewrite', problem);
}

function toMember(url: string, isUnescaped: boolean, mapUrl: UrlMapper): Rewritten {
  const [, head = '', path = ''] = /^([^:]*:\/\/[^/?#]*)(.*)$/s.exec(url) ?? [];
  if (isUnescaped && hasBlanks(path)) {
    return answer(
      403,
      '',
      'proxy_http',
      'AH10415: To be forwarded path contains control characters or spaces',
    );
  }
  return { kind: 'proxy', mapped: mapUrl(head, isUnescaped ? path : encodePath(path)) };
}

function answer(status: number, location = '', module = 'rewrite', problem = ''): Rewritten {
  return { kind: 'answer', status, location, module, problem };
}

function problemAnswer({ status, problem }: Rewriting): Rewritten {
  return answer(status, '', 'rewrite', problem);
}

function invalid(r: Request): Rewritten {
  const { method, target, protocol } = r.exchange;
  const problem = `AH00126: Invalid URI in request '${r.uri}' '${method} ${target} ${protocol}'`;
  return answer(400, '', 'core', problem);
}

/** SCRIPT_URL and SCRIPT_URI: what was asked for before any rule. */
function setScriptVariables(r: Request): void {
  if (r.env?.has('SCRIPT_URL') === true) return;
  const scheme = requestScheme(r);
  const port = serverPort(r);
  const suffix = port === (scheme === 'https' ? 443 : 80) ? '' : `:${port}`;
  r.setEnv('SCRIPT_URL', r.uri);
  r.setEnv('SCRIPT_URI', `${scheme}://${serverName(r)}${suffix}${r.uri}`);
}

function decoded(url: string): string {
  return url.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

/** RewriteBase: the section's path, at the beginning of a path or behind a host, becomes the base. */
function underBase(filename: string, directory: string, base: string): string {
  const scheme = schemeOf(filename);
  const from = scheme === undefined ? 0 : filename.indexOf('/', scheme.length);
  if (from < 0 || !filename.startsWith(directory, from)) return filename;
  const end = base.endsWith('/') ? base : `${base}/`;
  return filename.slice(0, from) + end + filename.slice(from + directory.length);
}

function withoutRoot(filename: string, documentRoot: string): string {
  return documentRoot !== '' && filename.startsWith(`${documentRoot}/`)
    ? filename.slice(documentRoot.length)
    : filename;
}
