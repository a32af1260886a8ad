/**
 * ProxyPass and ProxyPassMatch: a decoded path to the balancer or member it is sent to, and the path asked for there.
 * Compiled once per thread; the first entry that fits decides. No slash is added or taken away between target and rest:
 * `ProxyPass /ws http://h/` makes `/ws/x` into `//x`, as httpd does.
 * Source: httpd 2.4, mod_proxy, "ProxyPass", "ProxyPassMatch". Any thread; does not throw.
 */
import { boundedRegExp } from '../expr/bounded-regex.js';
import { encodePath } from '../http/uri.js';
import type { Request } from '../request.js';
import type { ProxyPassSettings, ProxyTarget } from '../settings.js';
import { hasVariables, interpolate } from './interpolate.js';
import type { UrlMapper } from './url-mapper.js';

/** Where a request goes. */
export interface Mapped {
  target: ProxyTarget;
  /** Path for the member, encoded, with a leading slash; without query. */
  path: string;
  /** httpd's r->filename without `proxy:`; <Proxy> sections are matched with it. */
  url: string;
}

/** `declined`: no entry fits or `!`; `unroutable`: the path runs into the host part (AH01144). */
export type Mapping = Mapped | 'declined' | 'unroutable';

export type MapStep = (uri: string, rawPath: string, r: Request) => Mapping | undefined;

/** What entries are compiled with. */
export interface MapTools {
  /** URL prefix of a target as shown in logs: `balancer://x` or the member's name. */
  nameOf: (target: ProxyTarget) => string;
  /** AllowEncodedSlashes NoDecode: a `%2F` that is left in the path is one. */
  keepsSlash: boolean;
  mapUrl: UrlMapper;
  /** ProxyPassInterpolateEnv at the request's place. */
  interpolates: (r: Request) => boolean;
}

/** Compiles one entry to a step that gives undefined when the entry does not fit. */
export function compileEntry(entry: ProxyPassSettings, tools: MapTools): MapStep {
  const { target, interpolate } = entry;
  if (target?.kind === 'url' && hasVariables(interpolate, entry.path, target.url))
    return compileInterpolated(entry, target.url, tools);
  if (entry.kind === 'regex') return compileRegex(entry, boundedRegExp(entry.path), tools);
  if (target?.kind === 'url') return compileOpen(entry, target.url, tools);
  const { nameOf, keepsSlash } = tools;
  return (uri, rawPath) => {
    const length = aliasMatch(uri, entry.path);
    if (length === 0) return undefined;
    if (target === undefined) return 'declined';
    const rawLength = entry.nocanon ? aliasMatch(rawPath, entry.path) : 0;
    const rest = rawLength > 0 ? rawPath.slice(rawLength) : encodePath(uri.slice(length), keepsSlash);
    return mapped(target, target.path, rest, nameOf(target));
  };
}

function compileRegex(entry: ProxyPassSettings, regex: RegExp, tools: MapTools): MapStep {
  const { target } = entry;
  const { nameOf, keepsSlash, mapUrl } = tools;
  return (uri) => {
    const match = regex.exec(uri);
    if (match === null) return undefined;
    if (target === undefined) return 'declined';
    const template = target.kind === 'url' ? target.url : target.path;
    const isFilled = template.includes('$');
    if (target.kind === 'url') {
      const { head, path } = splitUrl(isFilled ? substitute(template, match) : template + uri);
      return openMapped(head, encodePath(path, keepsSlash), mapUrl);
    }
    if (!isFilled) return mapped(target, template, encodePath(uri, keepsSlash), nameOf(target));
    return mapped(target, '', encodePath(substitute(template, match), keepsSlash), nameOf(target));
  };
}

/** A prefix with a URL that is nobody's until a request comes. */
function compileOpen(entry: ProxyPassSettings, url: string, { keepsSlash, mapUrl }: MapTools): MapStep {
  const { head, path } = splitUrl(url);
  const base = encodePath(path, keepsSlash);
  return (uri, rawPath) => {
    const length = aliasMatch(uri, entry.path);
    if (length === 0) return undefined;
    const rawLength = entry.nocanon ? aliasMatch(rawPath, entry.path) : 0;
    const rest = rawLength > 0 ? rawPath.slice(rawLength) : encodePath(uri.slice(length), keepsSlash);
    return openMapped(head, base + rest, mapUrl);
  };
}

/** `interpolate`: what the entry says is known when its variables are; the pattern of a ProxyPassMatch stays as it is. */
function compileInterpolated(entry: ProxyPassSettings, url: string, tools: MapTools): MapStep {
  const regex = entry.kind === 'regex' ? boundedRegExp(entry.path) : undefined;
  const compile = (said: ProxyPassSettings, to: string): MapStep =>
    regex === undefined ? compileOpen(said, to, tools) : compileRegex(said, regex, tools);
  const asWritten = compile(entry, url);
  return (uri, rawPath, r) => {
    if (!tools.interpolates(r)) return asWritten(uri, rawPath, r);
    const to = interpolate(url, r);
    const path = regex === undefined ? interpolate(entry.path, r) : entry.path;
    return compile({ ...entry, path, target: { kind: 'url', url: to } }, to)(uri, rawPath, r);
  };
}

function splitUrl(url: string): { head: string; path: string } {
  const head = /^[^:/?#]*:\/\/[^/?#]*/.exec(url)?.[0] ?? url;
  return { head, path: url.slice(head.length) };
}

function openMapped(head: string, path: string, mapUrl: UrlMapper): Mapping {
  if (path !== '' && path.charCodeAt(0) !== 0x2f) return 'unroutable';
  return mapUrl(head, path);
}

function mapped(target: ProxyTarget, base: string, rest: string, name: string): Mapping {
  const path = base + rest;
  if (path !== '' && path.charCodeAt(0) !== 0x2f) return 'unroutable';
  return {
    target,
    path: path === '' ? '/' : path,
    url: name + path,
  };
}

/** `$0` to `$9` by the match's groups; a group that did not take part is empty. */
export function substitute(template: string, match: RegExpExecArray): string {
  return template.replace(/\$(\d)/g, (_, digit: string) => match[Number(digit)] ?? '');
}

/**
 * Characters of the path that a prefix covers, 0 when it does not fit. A run of slashes in one matches a run in the
 * other; unless it ends in a slash, the prefix must end where a segment ends.
 */
export function aliasMatch(uri: string, prefix: string): number {
  if (uri.startsWith(prefix)) {
    const end = prefix.length;
    if (prefix.charCodeAt(end - 1) !== 0x2f) {
      return end === uri.length || uri.charCodeAt(end) === 0x2f ? end : 0;
    }
    if (uri.charCodeAt(end) !== 0x2f) return end;
  } else if (!uri.includes('//') && !prefix.includes('//')) return 0;
  let u = 0;
  let p = 0;
  while (p < prefix.length) {
    if (prefix.charCodeAt(p) === 0x2f) {
      if (uri.charCodeAt(u) !== 0x2f) return 0;
      while (prefix.charCodeAt(p) === 0x2f) p += 1;
      while (uri.charCodeAt(u) === 0x2f) u += 1;
    } else {
      if (uri.charCodeAt(u) !== prefix.charCodeAt(p)) return 0;
      u += 1;
      p += 1;
    }
  }
  if (prefix.charCodeAt(p - 1) !== 0x2f && u < uri.length && uri.charCodeAt(u) !== 0x2f) return 0;
  return u;
}
