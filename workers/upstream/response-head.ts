/**
 * The head of an HTTP/1 response: status line and fields, read strictly, and how its body is framed. What is not
 * unambiguous is an error and becomes 502; nothing half-read reaches a client. Fields that speak of this connection
 * only are kept back here: Connection and all it names, Keep-Alive, TE, Trailer, Upgrade, Transfer-Encoding,
 * Proxy-Authenticate, and Content-Length, which becomes `length`.
 *
 * Source: RFC 9112 2.2, 4, 5, 6.3; RFC 9110 7.6.1. One pass over the text, which is latin1: a byte a character. What it says of
 * a text does not depend on those before it: lines that were met before are only read faster.
 */
import { CONTROL, knownLine, meetLine } from './known-lines.js';

/** Length of a body that ends with the connection or with the last chunk. */
export const UNKNOWN_LENGTH = -1;

export interface ResponseHead {
  status: number;
  reason: string;
  /** End-to-end fields: name, value, name, value …, in order, case as sent. */
  fields: string[];
  /** Bytes of the body, or UNKNOWN_LENGTH; for HEAD what the member announced. */
  length: number;
  isChunked: boolean;
  /** May the connection serve another request after this one? */
  isReusable: boolean;
  /** Seconds of `Keep-Alive: timeout=`, 0 when not given. */
  idleSeconds: number;
  /** Value of Upgrade, or empty. */
  upgrade: string;
  /** Bytes of the head itself, with its empty line. */
  size: number;
}

/** What of the head that was read last has not been met before; one object per thread, valid until the next head. */
export const NEW_LINES = { from: 0, to: 0 };

/** What is wrong with a head; the words go to the error log. */
export class HeadError extends Error {
  override readonly name = 'HeadError';
  /** A line without a colon: httpd answers 502 Bad Gateway and not Proxy Error. */
  readonly isBadField: boolean;

  constructor(message: string, isBadField = false) {
    super(message);
    this.isBadField = isBadField;
  }
}

export const CONTROL_TEXT = 'control character in the response head';
const STATUS_LINE = /^HTTP\/1\.([01]) +([1-9]\d\d)(?: (.*))?$/;
const CR = 0x0d;
const SPACE = 0x20;
const TAB = 0x09;
const COLON = 0x3a;

/** 1 for the characters of a token (RFC 9110 5.6.2). */
const IS_TOKEN = new Uint8Array(256);
for (const char of "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") {
  IS_TOKEN[char.charCodeAt(0)] = 1;
}

interface StatusLine {
  status: number;
  reason: string;
  isHttp11: boolean;
}

/** The status line met last, nearly always the next one too. */
let lastLine = 'HTTP/1.1 200 OK';
let lastStatus: StatusLine = { status: 200, reason: 'OK', isHttp11: true };

/**
 * Reads a head from the start of a text; undefined when its end is not there yet.
 * text       latin1: a byte a character; may go on after the head. The caller looks for control characters in the
 *            bytes of NEW_LINES (controls.ts); CR and LF are seen to here
 * lineLimit  longest line in bytes (responsefieldsize)
 * errors     throws HeadError
 */
export function parseHead(text: string, lineLimit: number): ResponseHead | undefined {
  let end = text.indexOf('\n');
  if (end < 0) return undefined;
  const first = statusLine(text, text.charCodeAt(end - 1) === CR ? end - 1 : end);
  const head: ResponseHead = {
    status: first.status,
    reason: first.reason,
    fields: [],
    length: UNKNOWN_LENGTH,
    isChunked: false,
    isReusable: first.isHttp11,
    idleSeconds: 0,
    upgrade: '',
    size: 0,
  };
  const hop: Hop = { connection: '', transferEncoding: '', last: '' };
  NEW_LINES.from = NEW_LINES.to = 0;
  for (let place = 0; ; place += 1) {
    const start = end + 1;
    const known = knownLine(text, start, place);
    if (known !== undefined && known.text.length <= lineLimit) {
      takeField(head, hop, known.name, known.value, known.isEndToEnd);
      end += known.text.length;
      continue;
    }
    end = text.indexOf('\n', start);
    if (end < 0) return undefined;
    const lineEnd = text.charCodeAt(end - 1) === CR ? end - 1 : end;
    if (lineEnd <= start) break;
    const cr = text.indexOf('\r', start);
    if (cr >= 0 && cr < lineEnd) throw new HeadError('CR within a line of the response head');
    if (lineEnd - start > lineLimit)
      throw new HeadError(`response field line longer than ${lineLimit} bytes`);
    if (NEW_LINES.to === 0) NEW_LINES.from = start;
    NEW_LINES.to = end;
    readLine(head, hop, text, start, lineEnd, place);
  }
  head.size = end + 1;
  frame(head, hop);
  return head;
}

/**
 * Fields behind a body, without those that speak of this connection.
 * text    field lines, each with its end
 * errors  throws HeadError
 */
export function parseTrailers(text: string, lineLimit: number): string[] {
  if (CONTROL.test(text)) throw new HeadError('control character in the trailers');
  const head = parseHead(`HTTP/1.1 200 OK\r\n${text}\r\n`, lineLimit);
  return head?.fields ?? [];
}

function statusLine(text: string, end: number): StatusLine {
  if (end === lastLine.length && text.startsWith(lastLine)) return lastStatus;
  const line = text.slice(0, end);
  const match = STATUS_LINE.exec(line);
  if (match === null)
    throw new HeadError(`Corrupt status line returned by remote server: ${printable(line)}`);
  if (CONTROL.test(line)) throw new HeadError(CONTROL_TEXT);
  lastLine = line;
  lastStatus = { status: Number(match[2]), reason: match[3] ?? '', isHttp11: match[1] === '1' };
  return lastStatus;
}

/** Fields that decide about the connection, collected in the pass. */
interface Hop {
  connection: string;
  transferEncoding: string;
  /** Name of the field before when it was one of those that are kept back; a fold goes on with it. */
  last: string;
}

function printable(text: string): string {
  return text.slice(0, 64).replace(/[^\x20-\x7e]/g, '?');
}

function readLine(
  head: ResponseHead,
  hop: Hop,
  text: string,
  start: number,
  end: number,
  place: number,
): void {
  let at = start;
  let code = text.charCodeAt(at);
  while (at < end && IS_TOKEN[code] === 1) {
    at += 1;
    code = text.charCodeAt(at);
  }
  if (code !== COLON || at === start || at >= end) {
    badField(head, hop, text, start, end);
    return;
  }
  const name = nameAt(text, start, at);
  const value = trimmed(text, at + 1, end);
  takeField(head, hop, name, value, false);
  meetLine(text, start, end, name, value, hop.last === '', place);
}

/** isEndToEnd  false: that is to be found out */
function takeField(head: ResponseHead, hop: Hop, name: string, value: string, isEndToEnd: boolean): void {
  if (!isEndToEnd && isConnectionField(head, hop, name, value)) hop.last = name;
  else {
    hop.last = '';
    head.fields.push(name, value);
  }
}

/**
 * The name of a field. V8 makes a view on the text of anything longer than 12 characters, and what is compared with a view
 * takes the slow way each time; Content-Length is in nearly every head.
 */
function nameAt(text: string, start: number, end: number): string {
  return end - start === 14 && text.startsWith('Content-Length', start)
    ? 'Content-Length'
    : text.slice(start, end);
}

/** A line that is no `name: value`: the fold of the one before it, or an error. */
function badField(head: ResponseHead, hop: Hop, text: string, start: number, end: number): void {
  const isFold = text.charCodeAt(start) === SPACE || text.charCodeAt(start) === TAB;
  const last = head.fields.length - 1;
  if (isFold && (last > 0 || hop.last !== '')) {
    // RFC 9112 5.2: a proxy replaces an obs-fold with a space or refuses the response.
    const rest = trimmed(text, start, end);
    if (hop.last === '') head.fields[last] = `${head.fields[last] as string} ${rest}`;
    else foldBack(hop, rest);
    return;
  }
  const line = text.slice(start, end);
  throw new HeadError(
    line.includes(':') ? `bad field name returned: ${printable(line)}` : 'bad HTTP/1.1 header returned',
    true,
  );
}

/** More of a field that is kept back. How long the body is must stand in one line: nothing with a space is a length. */
function foldBack(hop: Hop, rest: string): void {
  const name = hop.last.toLowerCase();
  if (name === 'connection') hop.connection += ` ${rest}`;
  else if (name === 'content-length' || name === 'transfer-encoding')
    throw new HeadError(`folded ${hop.last} returned`);
}

function trimmed(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}

/**
 * Takes in a field that is about the connection or the framing; false for all others. Length and first letter decide
 * nearly always, so that hardly a name is lower-cased.
 */
function isConnectionField(head: ResponseHead, hop: Hop, name: string, value: string): boolean {
  const first = name.charCodeAt(0) | 0x20;
  switch (name.length) {
    case 2:
      return name.toLowerCase() === 'te';
    case 7:
      if (first === 0x75 /* u */ && name.toLowerCase() === 'upgrade') head.upgrade = value;
      else return first === 0x74 /* t */ && name.toLowerCase() === 'trailer';
      return true;
    case 10:
      if (first === 0x63 /* c */ && (name === 'Connection' || name.toLowerCase() === 'connection')) {
        if (value === 'keep-alive' || value === 'Keep-Alive') return true;
        hop.connection = hop.connection === '' ? value : `${hop.connection}, ${value}`;
        return true;
      }
      if (first !== 0x6b /* k */ || name.toLowerCase() !== 'keep-alive') return false;
      head.idleSeconds = Number(/(?:^|[\s,])timeout=(\d{1,6})/i.exec(value)?.[1] ?? 0);
      return true;
    case 14:
      if (first !== 0x63 || (name !== 'Content-Length' && name.toLowerCase() !== 'content-length'))
        return false;
      setLength(head, value);
      return true;
    case 17:
      if (first !== 0x74 || (name !== 'Transfer-Encoding' && name.toLowerCase() !== 'transfer-encoding'))
        return false;
      hop.transferEncoding = hop.transferEncoding === '' ? value : `${hop.transferEncoding}, ${value}`;
      return true;
    case 18:
      return first === 0x70 /* p */ && name.toLowerCase() === 'proxy-authenticate';
    default:
      return false;
  }
}

/** RFC 9112 6.3 #5: anything but one value, possibly repeated, is an unrecoverable error. */
function setLength(head: ResponseHead, value: string): void {
  let length = digits(value);
  if (length < 0) {
    for (const part of value.split(',')) {
      const one = digits(part.trim());
      if (one < 0 || (length >= 0 && length !== one)) {
        throw new HeadError(`bad Content-Length returned: ${printable(value)}`);
      }
      length = one;
    }
  }
  if (head.length !== UNKNOWN_LENGTH && head.length !== length) {
    throw new HeadError('differing Content-Length values returned');
  }
  head.length = length;
}

/** A number of 1 to 15 digits, or -1. */
function digits(text: string): number {
  if (text.length === 0 || text.length > 15) return -1;
  let number = 0;
  for (let i = 0; i < text.length; i += 1) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    number = number * 10 + digit;
  }
  return number;
}

function frame(head: ResponseHead, hop: Hop): void {
  if (hop.connection !== '') applyConnection(head, hop.connection.toLowerCase());
  if (hop.transferEncoding === '') return;
  if (hop.transferEncoding !== 'chunked' && hop.transferEncoding.toLowerCase() !== 'chunked') {
    // What is coded below chunks can not be decoded here, and nobody could be told of it.
    if (/chunked/i.test(hop.transferEncoding))
      throw new HeadError(`Transfer-Encoding ${printable(hop.transferEncoding)} returned`);
    // RFC 9112 6.3 #4: all until the member closes, as in httpd.
    head.isReusable = false;
    head.length = UNKNOWN_LENGTH;
    return;
  }
  // RFC 9112 6.3 #3: Transfer-Encoding overrides Content-Length, and the connection is not to be trusted after it.
  if (head.length !== UNKNOWN_LENGTH) head.isReusable = false;
  head.isChunked = true;
  head.length = UNKNOWN_LENGTH;
}

/** RFC 9110 7.6.1: every field that Connection names goes no further. */
function applyConnection(head: ResponseHead, connection: string): void {
  for (const part of connection.split(',')) {
    const token = part.trim();
    if (token === 'close') head.isReusable = false;
    else if (token !== '' && token !== 'keep-alive') dropField(head.fields, token);
  }
}

function dropField(fields: string[], lower: string): void {
  for (let i = 0; i < fields.length; ) {
    if ((fields[i] as string).toLowerCase() === lower) fields.splice(i, 2);
    else i += 2;
  }
}
