/**
 * TRACE where it goes no further: the request comes back as it was received.
 * Source: RFC 9110 9.3.8; httpd 2.4 core, "TraceEnable". Thread: worker.
 */
import type { Request } from './request.js';
import { sendWhole } from './respond.js';
import { serverField } from './server-token.js';
import type { ServerSettings } from './settings.js';

/** Value of Allow; methods: those that are allowed beside TRACE. */
export function allowWithTrace(methods: string, enabled: ServerSettings['traceEnable']): string {
  if (enabled === 'off') return methods;
  return methods === '' ? 'TRACE' : `${methods},TRACE`;
}

export function sendTrace(r: Request): void {
  r.responseFields = ['Server', serverField(), 'Content-Type', 'message/http'];
  sendWhole(r, Buffer.from(traceBody(r), 'latin1'));
}

/** What TRACE shows: the request as it came, fields in their order. */
function traceBody(r: Request): string {
  const { method, target, protocol, fields } = r.exchange;
  let text = `${method} ${target} ${protocol}\r\n`;
  for (let i = 0; i < fields.length; i += 2) text += `${fields[i] as string}: ${fields[i + 1] as string}\r\n`;
  return `${text}\r\n`;
}
