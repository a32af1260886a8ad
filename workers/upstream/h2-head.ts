/**
 * Heads of HTTP/2 to and from a member: what stands in a request line and field lines becomes pseudo-fields and fields,
 * and the fields that come back become the head that every protocol gives (response-head.ts). nghttp2 has checked their
 * names and values; what speaks of one connection only is kept back, as there.
 *
 * Source: RFC 9113 8.2, 8.3; RFC 9110 7.6.1. Pure.
 */
import { STATUS_CODES } from 'node:http';
import type { OutgoingHttpHeaders } from 'node:http2';
import type { Job } from '../job.js';
import { hostField, type MemberSettings } from '../member.js';
import type { RequestBody } from '../request-body.js';
import { type ResponseHead, UNKNOWN_LENGTH } from './response-head.js';

/** Fields that no stream may have, and those that `length` and the trailers themselves stand for. */
const KEPT_BACK = new Set([
  'connection',
  'content-length',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
const COLON = 0x3a;

/** A request's head. path: whole path and query for the member */
export function requestHeaders(
  member: MemberSettings,
  job: Job,
  path: string,
  body: RequestBody | undefined,
): OutgoingHttpHeaders {
  const headers = newHeaders();
  headers[':method'] = job.method;
  headers[':scheme'] = member.scheme === 'h2' ? 'https' : 'http';
  headers[':authority'] = job.host === '' ? hostField(member) : job.host;
  headers[':path'] = path;
  for (const line of job.upstreamFields.split('\r\n')) {
    const colon = line.indexOf(': ');
    if (colon <= 0) continue;
    const name = line.slice(0, colon).toLowerCase();
    // A field that stands twice is of a rule's making; clients' own have been merged.
    if (!KEPT_BACK.has(name)) headers[name] = merged(headers[name], line.slice(colon + 2));
  }
  if (wantsTrailers(job.facts().fields)) headers.te = 'trailers';
  const length = body === undefined ? (job.saysEmptyBody ? 0 : UNKNOWN_LENGTH) : body.unframed();
  if (length >= 0) headers['content-length'] = length;
  return headers;
}

/** A client may call its fields as it likes: nothing is inherited. */
function newHeaders(): OutgoingHttpHeaders {
  return Object.create(null) as OutgoingHttpHeaders;
}

function merged(before: OutgoingHttpHeaders[string], value: string): string {
  return before === undefined ? value : `${String(before)}, ${value}`;
}

/** RFC 9110 10.1.4. What comes of trailers is passed on, so that the client's word holds for the member too. */
function wantsTrailers(fields: readonly string[]): boolean {
  for (let i = 0; i < fields.length; i += 2) {
    if ((fields[i] as string).toLowerCase() === 'te' && /\btrailers\b/i.test(fields[i + 1] as string))
      return true;
  }
  return false;
}

/** Fields behind a request's body as Node takes them. */
export function trailerHeaders(trailers: readonly string[]): OutgoingHttpHeaders {
  const headers = newHeaders();
  for (let i = 0; i < trailers.length; i += 2) {
    const name = trailers[i] as string;
    if (KEPT_BACK.has(name.toLowerCase())) continue;
    headers[name] = merged(headers[name], trailers[i + 1] as string);
  }
  return headers;
}

/** raw  name, value, name, value …, pseudo-fields first */
export function responseHead(raw: readonly string[]): ResponseHead {
  const head: ResponseHead = {
    status: 0,
    reason: '',
    fields: [],
    length: UNKNOWN_LENGTH,
    isChunked: false,
    isReusable: true,
    idleSeconds: 0,
    upgrade: '',
    size: 0,
  };
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    const value = raw[i + 1] as string;
    if (name === ':status') head.status = Number(value);
    else if (name === 'content-length') head.length = Number(value);
    else if (name.charCodeAt(0) !== COLON && !KEPT_BACK.has(name)) head.fields.push(name, value);
  }
  head.reason = STATUS_CODES[head.status] ?? '';
  return head;
}

/** Fields after a body; none of them may speak of the message's framing (RFC 9110 6.5.1). */
export function trailersOf(raw: readonly string[]): string[] {
  const fields: string[] = [];
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    if (name.charCodeAt(0) !== COLON && !KEPT_BACK.has(name)) fields.push(name, raw[i + 1] as string);
  }
  return fields;
}
