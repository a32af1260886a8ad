/**
 * ProxyErrorOverride: which answers of members give way to a page of our own, and what such a page keeps of them.
 * Source: httpd 2.4, mod_proxy "ProxyErrorOverride". Thread: worker; does not throw.
 */
import type { Request } from '../request.js';
import type { Place } from '../settings.js';
import { reasonOf } from './status.js';

export function isOverridden(override: Place['errorOverride'], status: number): boolean {
  if (override === undefined || override === false || status < 400) return false;
  return override === true || override.includes(status);
}

/** ProxyErrorOverride keeps the challenge of a 401. */
export function authenticateOf({ status, fields }: { status: number; fields: readonly string[] }): string[] {
  const kept: string[] = [];
  for (let i = 0; status === 401 && i < fields.length; i += 2) {
    const name = fields[i] as string;
    if (name.toLowerCase() === 'www-authenticate') kept.push(name, fields[i + 1] as string);
  }
  return kept;
}

/**
 * An ErrorDocument that a member has given is sent with the status of the error, where that one is overridden at the
 * document's place. To HEAD, and without a body, it keeps its own, as httpd has it.
 */
export function keepErrorStatus(r: Request, { errorOverride }: Place): void {
  const { documentFor } = r;
  if (documentFor === undefined || !isOverridden(errorOverride, documentFor.status)) return;
  if (r.exchange.method === 'HEAD' || r.status === 204 || r.status === 304) return;
  r.status = documentFor.status;
  r.reason = reasonOf(r.status);
}
