/**
 * TRACE and OPTIONS where they go no further: the request comes back as it was received, or what it may be.
 * Source: RFC 9110 9.3.7, 9.3.8; httpd 2.4 core, "TraceEnable". Thread: worker.
 */

import { settleFields } from './http/settled-fields.js';
import type { Request } from './request.js';
import { sendWhole } from './respond.js';
import type { Plan } from './route/place.js';

/** plan: undefined where nothing is proxied, and no header rule holds either. */
export function sendTrace(r: Request, plan: Plan | undefined): void {
  send(r, plan, ['Content-Type', 'message/http'], Buffer.from(traceBody(r), 'latin1'));
}

/** plan: undefined for the server as a whole (`OPTIONS *`), which no header rule is for. */
export function sendOptions(r: Request, plan: Plan | undefined, allow: string): void {
  send(r, plan, plan === undefined ? [] : ['Allow', allow], '');
}

function send(r: Request, plan: Plan | undefined, fields: string[], body: Uint8Array | string): void {
  r.status = 200;
  r.reason = 'OK';
  r.proxyUrl = '';
  r.responseFields = fields;
  r.alwaysFields = r.keptFields?.slice() ?? [];
  plan?.alwaysHeaders?.(r);
  plan?.onsuccessHeaders?.(r);
  settleFields(r);
  sendWhole(r, body);
}

/** What TRACE shows: the request as it came, fields in their order. */
function traceBody(r: Request): string {
  const { method, target, protocol, fields } = r.exchange;
  let text = `${method} ${target} ${protocol}\r\n`;
  for (let i = 0; i < fields.length; i += 2) text += `${fields[i] as string}: ${fields[i + 1] as string}\r\n`;
  return `${text}\r\n`;
}
