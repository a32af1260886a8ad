/**
 * Which session route does a request carry? Read from the URL's parameter first, then from the cookie, exactly as httpd
 * reads them, quirks included: the parameter's name is not checked for a left boundary, quotes are part of the value.
 * Source: httpd 2.4 manual, mod_proxy_balancer, "Load balancer stickyness"; observed on httpd. Pure, any thread.
 */
import type { StickySettings } from './balancer-settings.js';

/** Value of a path or query parameter in a URL, or undefined. */
export function parameterValue(url: string, name: string, isSemicolonEnd: boolean): string | undefined {
  for (let at = url.indexOf(name); at >= 0; at = url.indexOf(name, at + 1)) {
    const equals = at + name.length;
    if (url.charCodeAt(equals) !== 0x3d /* = */) continue;
    let start = equals + 1;
    while (start < url.length && isParameterEnd(url.charCodeAt(start), isSemicolonEnd)) start += 1;
    let end = start;
    while (end < url.length && !isParameterEnd(url.charCodeAt(end), isSemicolonEnd)) end += 1;
    if (end > start) return url.slice(start, end);
  }
  return undefined;
}

function isParameterEnd(code: number, isSemicolonEnd: boolean): boolean {
  return code === 0x3f /* ? */ || code === 0x26 /* & */ || (isSemicolonEnd && code === 0x3b);
}

/** Value of a cookie in a Cookie field, or undefined; `;` and `,` end it. */
export function cookieValue(cookies: string, name: string): string | undefined {
  for (let at = cookies.indexOf(name); at >= 0; at = cookies.indexOf(name, at + 1)) {
    if (at > 0 && !isBeforeCookie(cookies.charCodeAt(at - 1))) continue;
    let start = at + name.length;
    while (isBlank(cookies.charCodeAt(start))) start += 1;
    if (cookies.charCodeAt(start) !== 0x3d || start + 1 >= cookies.length) continue;
    start += 1;
    let end = start;
    while (end < cookies.length && cookies.charCodeAt(end) !== 0x3b && cookies.charCodeAt(end) !== 0x2c)
      end += 1;
    return cookies.slice(start, end);
  }
  return undefined;
}

function isBlank(code: number): boolean {
  return code === 0x20 || (code >= 0x09 && code <= 0x0d);
}

function isBeforeCookie(code: number): boolean {
  return code === 0x3b /* ; */ || code === 0x2c /* , */ || isBlank(code);
}

/** Route within a session id: all after the first separator; undefined without one. An empty separator: all of it. */
export function routeOf(session: string, separator: string): string | undefined {
  if (separator === '') return session === '' ? undefined : session;
  const at = session.indexOf(separator);
  return at < 0 || at + 1 === session.length ? undefined : session.slice(at + 1);
}

/**
 * The route a request asks for, and under which name it was found; undefined without one.
 * cookies  the Cookie field, duplicates joined
 */
export function sessionRoute(
  url: string,
  cookies: string | undefined,
  sticky: StickySettings,
): { route: string; name: string } | undefined {
  let name = sticky.parameter;
  let session = parameterValue(url, name, sticky.scolonpathdelim);
  if (session === undefined && cookies !== undefined) {
    name = sticky.cookie;
    session = cookieValue(cookies, name);
  }
  if (session === undefined) return undefined;
  const route = routeOf(session, sticky.separator);
  return route === undefined ? undefined : { route, name };
}
