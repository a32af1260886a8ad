/** Methods as httpd knows them. Source: httpd 2.4, core. Any thread; pure. */
import type { ServerSettings } from '../settings.js';

/** What a path that is not proxied allows, beside TRACE. */
export const ALLOWED = 'OPTIONS,HEAD,GET,POST';

/** Beside those of ALLOWED. */
const REGISTERED = new Set(
  (
    'PUT DELETE PATCH TRACE CONNECT PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK VERSION-CONTROL CHECKOUT UNCHECKOUT ' +
    'CHECKIN UPDATE LABEL REPORT MKWORKSPACE MKACTIVITY BASELINE-CONTROL MERGE'
  ).split(' '),
);

/** Methods httpd knows by itself; others are answered with 501 where nothing is proxied. */
export function isRegistered(method: string): boolean {
  return REGISTERED.has(method);
}

/** Value of Allow; methods: those that are allowed beside TRACE. */
export function allowWithTrace(methods: string, enabled: ServerSettings['traceEnable']): string {
  if (enabled === 'off') return methods;
  return methods === '' ? 'TRACE' : `${methods},TRACE`;
}
