/**
 * The first look at every request: what an engine's parser lets through and a proxy must not, and httpd's limits.
 * One pass over the fields gives the few facts that later phases need, so that nobody scans for them again.
 *
 * uWebSockets.js takes the first of two Content-Length or Host fields, reads `Transfer-Encoding: gzip` as chunked, and
 * accepts methods that are no tokens: each of these is a way to make two servers see two different requests. Whatever
 * is not one unambiguous request is refused here, and the framing fields of a client are never forwarded.
 * Source: RFC 9112 3.2, 6.1, 6.3, 11.2; RFC 9110 5.5, 9.1; httpd 2.4 core, LimitRequest*. Thread: worker; does not throw.
 */
import type { Exchange, Fields } from './exchange.js';
import { setField } from './http/fields.js';
import { allowWithTrace, isRegistered } from './http/methods.js';
import { escapeHtml } from './http/pages.js';
import type { ServerSettings } from './settings.js';

/** Why a request is refused; the note stands in the page as httpd writes it. */
export interface Refusal {
  status: number;
  note: string;
  code: string;
  fields?: string[];
  /** Nobody knows for sure where the request ends: it is answered at once, and is the last of its connection. */
  isUnframed?: boolean;
}

/** What the pass found; one object per worker, valid until the next inspect. */
export interface Facts {
  host: string | undefined;
  connection: string;
  cookies: string | undefined;
  saysEmptyBody: boolean;
  /** Value of Upgrade, empty for none. */
  upgrade: string;
}

/** Methods seen all the time; others are checked by TOKEN. */
const KNOWN_METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE']);
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** RFC 9110 5.5: controls have no place in a value, but for the tab. */
const CONTROL = /[\0-\x08\x0a-\x1f\x7f]/;
/** Controls, or what is not ASCII: nearly no value has any. */
const UNUSUAL = /[^\t\x20-\x7e]/;

export const FACTS: Facts = {
  host: undefined,
  connection: '',
  cookies: undefined,
  saysEmptyBody: false,
  upgrade: '',
};

function refuse(status: number, code: string, note = ''): Refusal {
  return { status, note, code };
}

const BAD_METHOD = refuse(400, 'E_REQUEST_METHOD');
const UNREGISTERED = refuse(501, 'E_METHOD');
const BAD_VALUE = refuse(400, 'E_REQUEST_FIELD');
const BAD_LENGTH: Refusal = { ...refuse(400, 'E_REQUEST_LENGTH'), isUnframed: true };
const BAD_CODING: Refusal = { ...refuse(400, 'E_REQUEST_CODING'), isUnframed: true };
export const BAD_HOST: Refusal = refuse(400, 'E_REQUEST_HOST');
const LONG_LINE = refuse(414, 'E_REQUEST_LINE');
const LONG_FIELD = refuse(
  400,
  'E_REQUEST_FIELD_SIZE',
  'Size of a request header field exceeds server limit.',
);
/** The page repeats what the client sent. */
function badExpectation(value: string): Refusal {
  return refuse(417, 'E_REQUEST_EXPECT', escapeHtml(value));
}
const MANY_FIELDS = refuse(
  400,
  'E_REQUEST_FIELDS',
  "The number of request header fields exceeds this server's limit.",
);

/** Undefined when the request may go on; FACTS then holds what was found. */
export function inspect(exchange: Exchange, limits: ServerSettings): Refusal | undefined {
  const { method, fields } = exchange;
  FACTS.host = undefined;
  FACTS.connection = '';
  FACTS.cookies = undefined;
  FACTS.saysEmptyBody = false;
  FACTS.upgrade = '';
  if (exchange.refusedStatus !== undefined)
    return refuse(exchange.refusedStatus, 'E_REQUEST_SYNTAX', exchange.refusedNote);
  if (method !== 'GET' && !KNOWN_METHODS.has(method) && !TOKEN.test(method)) return BAD_METHOD;
  if (limits.httpProtocolOptions.registeredMethods && !KNOWN_METHODS.has(method) && !isRegistered(method))
    return { ...UNREGISTERED, fields: ['Allow', allowWithTrace('', limits.traceEnable)] };
  if (method.length + exchange.target.length + 10 > limits.limitRequestLine) return LONG_LINE;
  if (limits.limitRequestFields > 0 && fields.length / 2 > limits.limitRequestFields) return MANY_FIELDS;
  let length: string | undefined;
  let coding: string | undefined;
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string;
    let value = fields[i + 1] as string;
    if (name.length + value.length + 2 > limits.limitRequestFieldSize) return LONG_FIELD;
    if (UNUSUAL.test(value)) {
      if (CONTROL.test(value)) return BAD_VALUE;
      // A character above U+00FF would lose its upper bits on the way to a member: U+010A would become a line end.
      if (exchange.hasUtf8Fields === true) value = Buffer.from(value).toString('latin1');
      fields[i + 1] = value;
    }
    switch (name) {
      case 'host':
        if (FACTS.host !== undefined) return BAD_HOST;
        FACTS.host = value;
        break;
      case 'content-length':
        if (length !== undefined) return BAD_LENGTH;
        length = value;
        break;
      case 'transfer-encoding':
        if (coding !== undefined) return BAD_CODING;
        coding = value;
        break;
      case 'connection':
        FACTS.connection = FACTS.connection === '' ? value : `${FACTS.connection}, ${value}`;
        break;
      case 'cookie':
        FACTS.cookies = FACTS.cookies === undefined ? value : `${FACTS.cookies}, ${value}`;
        break;
      case 'upgrade':
        FACTS.upgrade = FACTS.upgrade === '' ? value : `${FACTS.upgrade}, ${value}`;
        break;
      case 'expect':
        if (value.toLowerCase() !== '100-continue') return badExpectation(value);
        break;
      default:
        if (!isToken(name)) return BAD_VALUE;
    }
  }
  return checkFraming(exchange, length, coding);
}

/** Cheap for the usual: lower-case letters and hyphens. */
function isToken(name: string): boolean {
  for (let i = 0; i < name.length; i += 1) {
    const code = name.charCodeAt(i);
    if ((code < 0x61 || code > 0x7a) && code !== 0x2d) return TOKEN.test(name);
  }
  return name.length > 0;
}

function checkFraming(
  exchange: Exchange,
  length: string | undefined,
  coding: string | undefined,
): Refusal | undefined {
  // RFC 9112 3.2: exactly one Host in HTTP/1.1.
  if ((FACTS.host === undefined || FACTS.host === '') && exchange.protocol !== 'HTTP/1.0') return BAD_HOST;
  // RFC 9112 6.1: a request with both is refused, as is any coding but chunked alone.
  if (coding !== undefined && (length !== undefined || coding.toLowerCase() !== 'chunked')) return BAD_CODING;
  if (length !== undefined && !/^\d{1,15}$/.test(length)) return BAD_LENGTH;
  FACTS.saysEmptyBody = length !== undefined && Number(length) === 0;
  return undefined;
}

/**
 * RFC 9112 3.2.2: the absolute form's host counts, and replaces what Host says; the rest is the path. Other forms stay as
 * they are.
 */
export function originForm(target: string, fields: Fields): string {
  // Nearly every target begins with a slash.
  if (target.charCodeAt(0) === 0x2f) return target;
  const match = /^https?:\/\/([^/?#]*)(.*)$/i.exec(target);
  if (match === null) return target;
  FACTS.host = (match[1] as string).toLowerCase();
  setField(fields, 'host', FACTS.host);
  const rest = match[2] as string;
  return rest.startsWith('/') ? rest : `/${rest}`;
}
