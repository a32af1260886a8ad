/**
 * Parameters of httpd's management pages: `application/x-www-form-urlencoded`, decoded twice as httpd does, because scripts
 * that were written for it encode twice. And who may change something: a request of this very site.
 * Source: httpd 2.4, mod_proxy_balancer, balancer_handler; observed on 2.4.71. Pure.
 */
import type { Request } from '../request.js';

export type Form = ReadonlyMap<string, string>;

/** The last of several values of a name counts. */
export function parseForm(text: string): Form {
  const form = new Map<string, string>();
  for (const pair of text.split('&')) {
    if (pair === '') continue;
    const at = pair.indexOf('=');
    const name = decode(at < 0 ? pair : pair.slice(0, at));
    const value = at < 0 ? '' : decode(decode(pair.slice(at + 1)));
    form.set(name, value);
  }
  return form;
}

/** What is no valid encoding stays as it is, and so does a plus sign. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * httpd looks at Referer: it must be there, and its host must be the one that the request was sent to.
 * serverName  as the page shows it
 */
export function hasOwnReferer(r: Request, serverName: string): boolean {
  const referer = r.header('referer');
  return referer !== undefined && hostOf(referer) === serverName.toLowerCase();
}

/** Does a browser say that the request comes from somewhere else? What says nothing is no browser of today. */
export function isForeign(r: Request, serverName: string): boolean {
  const site = r.header('sec-fetch-site');
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true;
  const origin = r.header('origin');
  return origin !== undefined && hostOf(origin) !== serverName.toLowerCase();
}

function hostOf(url: string): string | undefined {
  try {
    return new URL(url).hostname.replace(/^\[|\]$/g, '').toLowerCase();
  } catch {
    return undefined;
  }
}
