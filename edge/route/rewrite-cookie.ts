/**
 * The CO flag of RewriteRule: `NAME:VALUE:DOMAIN[:minutes[:path[:secure[:httponly[:samesite]]]]]`, or the same with
 * semicolons when it begins with one. The cookie goes with whatever the answer will be.
 * Source: httpd 2.4, mod_rewrite, "CO|cookie"; form as observed on httpd 2.4.71. Does not throw.
 */
import { sanitised } from '../http/header-rules-value.js';
import type { Request } from '../request.js';

const WEEKDAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

export function addRewriteCookie(r: Request, text: string): void {
  const isSemicolon = text.startsWith(';');
  const parts = (isSemicolon ? text.slice(1) : text).split(isSemicolon ? ';' : ':');
  const [name, value, domain, minutes, path, secure, httpOnly, sameSite] = parts;
  if (!name || value === undefined || !domain) return;
  let cookie = `${name}=${value}; path=${path || '/'}; domain=${domain}`;
  const seconds = 60 * (Number.parseInt(minutes ?? '', 10) || 0);
  if (seconds !== 0) cookie += `; expires=${expiry(r.startedAt + seconds * 1000)}`;
  if (/^(?:true|1|secure)$/i.test(secure ?? '')) cookie += '; secure';
  if (/^(?:true|1|httponly)$/i.test(httpOnly ?? '')) cookie += '; HttpOnly';
  if (sameSite && !/^(?:false|0)$/i.test(sameSite)) cookie += `; SameSite=${sameSite}`;
  r.keepField('Set-Cookie', sanitised(cookie));
}

/** `Fri, 20-Nov-2026 23:19:43 GMT` */
function expiry(time: number): string {
  const at = new Date(time);
  const two = (n: number): string => String(n).padStart(2, '0');
  const day = `${two(at.getUTCDate())}-${MONTHS[at.getUTCMonth()]}-${at.getUTCFullYear()}`;
  const clock = [at.getUTCHours(), at.getUTCMinutes(), at.getUTCSeconds()].map(two).join(':');
  return `${WEEKDAYS[at.getUTCDay()]}, ${day} ${clock} GMT`;
}
