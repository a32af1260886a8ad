/**
 * ProxyPass and ProxyPassMatch: a decoded path to the balancer or member it is sent to, and the path asked for there.
 * Compiled once per thread; the first entry that fits decides. No slash is added or taken away between target and rest:
 * `ProxyPass /ws http://h/` makes `/ws/x` into `//x`, as httpd does.
 * Source: httpd 2.4, mod_proxy, "ProxyPass", "ProxyPassMatch". Any thread; does not throw.
 */
import { encodePath } from '../http/uri.js';
import type { ProxyPassSettings, ProxyTarget } from '../settings.js';

/** Where a request goes. */
export interface Mapped {
  target: ProxyTarget;
  /** Path for the member, encoded, with a leading slash; without query. */
  path: string;
  /** httpd's r->filename without `proxy:`; <Proxy> sections are matched with it. */
  url: string;
  dropsQuery: boolean;
}

/** `declined`: no entry fits or `!`; `unroutable`: the path runs into the host part (AH01144). */
export type Mapping = Mapped | 'declined' | 'unroutable';

export type MapStep = (uri: string, rawPath: string) => Mapping;

/**
 * Compiles one entry.
 * nameOf  URL prefix of a target as shown in logs: `balancer://x` or the member's name
 * keepsEncodedSlash  AllowEncodedSlashes NoDecode: a `%2F` that is left in the path is one
 * returns a step that gives undefined when the entry does not fit
 */
export function compileEntry(
  entry: ProxyPassSettings,
  nameOf: (target: ProxyTarget) => string,
  keepsEncodedSlash: boolean,
): (uri: string, rawPath: string) => Mapping | undefined {
  const { target } = entry;
  if (entry.kind === 'regex') return compileRegex(entry, nameOf, keepsEncodedSlash);
  return (uri, rawPath) => {
    const length = aliasMatch(uri, entry.path);
    if (length === 0) return undefined;
    if (target === undefined) return 'declined';
    if (entry.nocanon) {
      const rawLength = aliasMatch(rawPath, entry.path);
      if (rawLength > 0)
        return mapped(target, pathOf(target), rawPath.slice(rawLength), nameOf(target), entry);
    }
    return mapped(
      target,
      pathOf(target),
      encodePath(uri.slice(length), keepsEncodedSlash),
      nameOf(target),
      entry,
    );
  };
}

function compileRegex(
  entry: ProxyPassSettings,
  nameOf: (target: ProxyTarget) => string,
  keepsEncodedSlash: boolean,
): (uri: string, rawPath: string) => Mapping | undefined {
  const { target } = entry;
  const regex = new RegExp(entry.path);
  return (uri) => {
    const match = regex.exec(uri);
    if (match === null) return undefined;
    if (target === undefined) return 'declined';
    const template = pathOf(target);
    if (!template.includes('$'))
      return mapped(target, template, encodePath(uri, keepsEncodedSlash), nameOf(target), entry);
    return mapped(
      target,
      '',
      encodePath(substitute(template, match), keepsEncodedSlash),
      nameOf(target),
      entry,
    );
  };
}

function pathOf(target: ProxyTarget): string {
  return target.kind === 'url' ? '' : target.path;
}

function mapped(
  target: ProxyTarget,
  base: string,
  rest: string,
  name: string,
  entry: ProxyPassSettings,
): Mapping {
  const path = base + rest;
  if (path !== '' && path.charCodeAt(0) !== 0x2f) return 'unroutable';
  return {
    target,
    path: path === '' ? '/' : path,
    url: name + path,
    dropsQuery: entry.noquery && target.kind !== 'balancer',
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
