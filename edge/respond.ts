/**
 * Answers of drover's own: error pages, ErrorDocument, redirects. Header rules of the `always` table apply to them, those
 * of `onsuccess` do not, as in httpd.
 * Source: httpd 2.4 core "ErrorDocument"; mod_headers "always". Thread: worker.
 */
import { wallClock } from '../workers/clock.js';
import type { Crossing, OpenCrossing } from './crossing.js';
import type { Fields } from './exchange.js';
import { indexOfField, removeField } from './http/fields.js';
import { allowWithTrace } from './http/methods.js';
import { escapeHtml, PAGE_TYPE, page, proxyNote } from './http/pages.js';
import { settleFields } from './http/settled-fields.js';
import { dropsConnection, reasonOf } from './http/status.js';
import type { Request } from './request.js';
import type { Plan } from './route/place.js';

/** What an answer of our own says. */
export interface Answer {
  status: number;
  /** Reason phrase where it is not the status's own (`Proxy Error`). */
  reason?: string;
  /** HTML for the page, already escaped; or what went wrong with a member when isProxyNote. */
  note?: string;
  isProxyNote?: boolean;
  /** Code for the logs. */
  code: string;
  fields?: Fields;
  /** No page: the fields say it all. */
  isEmpty?: boolean;
}

/** Where ErrorDocuments with a local path come from. */
export interface DocumentSource {
  /** Answers the request with the document; false when there is none at that path. */
  fetchDocument(r: Request, path: string): boolean;
}

/** Sends the response that the request's fields describe: the one way out for heads. */
export function sendHead(r: Request, length: number): void {
  closeIfNeeded(r);
  if ((r.over?.tracksFirstByte ?? r.server.tracksFirstByte) === true) r.firstByteAt = wallClock();
  r.exchange.begin(r.status, r.reason, outgoingFields(r), length);
}

/** Sends a complete response. length: Content-Length where it differs from the body's. */
export function sendWhole(r: Request, body: Uint8Array | string | undefined, length?: number): void {
  closeIfNeeded(r);
  if ((r.over?.tracksFirstByte ?? r.server.tracksFirstByte) === true) r.firstByteAt = wallClock();
  r.exchange.respond(r.status, r.reason, outgoingFields(r), body, length);
}

/** Answers 101 and joins both sides; undefined when what the member answered is no handshake. */
export function sendUpgrade(r: Request, crossing: Crossing): OpenCrossing | undefined {
  return r.exchange.upgrade?.(r.reason, outgoingFields(r), crossing);
}

/** Some answers, servers and clients are the last of their connection. */
export function closeIfNeeded(r: Request): void {
  if (!r.server.keepAlive || dropsConnection(r.status) || (r.hasVariables && isOldClient(r)))
    r.exchange.closeAfter();
}

/**
 * By variables that BrowserMatch sets for clients which are not up to HTTP/1.1.
 * httpd differs: it writes HTTP/1.0 for force-response-1.0 and force-no-vary, and does not chunk; engines always write 1.1.
 */
function isOldClient(r: Request): boolean {
  if (r.hasFlag('nokeepalive') || r.hasFlag('force-no-vary')) return true;
  return r.hasFlag('downgrade-1.0') && !asksToStay(r);
}

function asksToStay(r: Request): boolean {
  return /(?:^|,)\s*keep-alive\s*(?:,|$)/i.test(r.header('connection') ?? '');
}

function outgoingFields(r: Request): Fields {
  if (r.hasVariables && r.hasFlag('force-no-vary')) {
    r.responseFields = r.responseFields.slice();
    r.alwaysFields = r.alwaysFields.slice();
    removeField(r.responseFields, 'vary');
    removeField(r.alwaysFields, 'vary');
  }
  const { alwaysFields, responseFields } = r;
  return alwaysFields.length === 0 ? responseFields : alwaysFields.concat(responseFields);
}

/**
 * Sends a file as the page of an error, with the fields that httpd gives a file.
 * type            undefined: none is said
 * modifiedMicros  µs since the epoch
 */
export function sendDocument(
  r: Request,
  plan: Plan,
  body: Buffer,
  type: string | undefined,
  modifiedMicros: bigint,
): void {
  r.responseFields.push('Last-Modified', new Date(Number(modifiedMicros / 1000n)).toUTCString());
  r.responseFields.push('ETag', `"${body.length.toString(16)}-${modifiedMicros.toString(16)}"`);
  r.responseFields.push('Accept-Ranges', 'bytes');
  if (type !== undefined) r.responseFields.push('Content-Type', type);
  plan.alwaysHeaders?.(r);
  plan.onsuccessHeaders?.(r);
  settleFields(r);
  if (r.exchange.method === 'HEAD') sendWhole(r, undefined, body.length);
  else sendWhole(r, body);
}

/** Answers with an error page, or what ErrorDocument says instead. plan: undefined before one is known. */
export function answer(r: Request, plan: Plan | undefined, what: Answer, documents?: DocumentSource): void {
  r.reasonCode = what.code;
  const { documentFor } = r;
  const document = documentFor === undefined ? plan?.documents?.get(what.status) : undefined;
  // Where it leads is settled while the request has no status of its own; what it says, when there is one.
  const target = document === undefined || document.kind === 'text' ? undefined : document.textOf(r);
  r.status = documentFor?.status ?? what.status;
  r.reason = documentFor?.reason ?? what.reason ?? reasonOf(what.status);
  r.responseFields = what.fields ?? [];
  r.alwaysFields = r.keptFields?.slice() ?? [];
  const isAway = document?.kind === 'url' && target !== undefined;
  if ((r.status === 405 || r.status === 501) && !isAway && indexOfField(r.responseFields, 'allow') < 0)
    r.responseFields.push('Allow', allowWithTrace('', r.server.traceEnable));
  if (what.isEmpty === true) {
    plan?.alwaysHeaders?.(r);
    settleFields(r);
    sendWhole(r, '');
    return;
  }
  let failed = documentFor === undefined ? undefined : what.status;
  if (document?.kind === 'path' && documents !== undefined) {
    failed = 404;
    r.documentFor = { status: r.status, reason: r.reason };
    if (dropsConnection(r.status)) r.exchange.closeAfter();
    if (target !== undefined && documents.fetchDocument(r, target)) return;
    r.documentFor = undefined;
  }
  let body: string;
  if (isAway) {
    r.status = 302;
    r.reason = reasonOf(302);
    r.responseFields.push('Location', target);
    body = page(r, 302, r.reason, target);
  } else if (document?.kind === 'text') body = document.textOf(r) ?? '';
  else {
    const note = what.note ?? '';
    body = page(
      r,
      r.status,
      r.reason,
      what.isProxyNote === true && note !== '' ? proxyNote(escapeHtml(note)) : note,
      failed,
    );
  }
  r.contentType = undefined;
  r.responseFields.push('Content-Type', PAGE_TYPE);
  plan?.alwaysHeaders?.(r);
  settleFields(r);
  // httpd differs: it says no length here.
  if (r.exchange.method === 'HEAD') sendWhole(r, undefined, body.length);
  else sendWhole(r, Buffer.from(body, 'latin1'));
}
