/**
 * The head of an HTTP/1 response: status line and fields, read strictly, and how its body is framed. What is not
 * unambiguous is an error and becomes 502; nothing half-read reaches a client. Fields that speak of this connection
 * only are kept back here: Connection and all it names, Keep-Alive, TE, Trailer, Upgrade, Transfer-Encoding,
 * Proxy-Authenticate, and Content-Length, which becomes `length`.
 *
 * Source: RFC 9112 2.2, 4, 5, 6.3; RFC 9110 7.6.1. Pure; one pass over the text, which is latin1: a byte a character.
 */

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
}

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

const STATUS_LINE = /^HTTP\/1\.([01]) +([1-9]\d\d)(?: (.*))?$/;
/** RFC 9110 5.6.2 token. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** What no field value may hold: controls but tab. */
const CONTROL = /[\0-\x08\x0a-\x1f\x7f]/;

/**
 * Where a head ends: index after the empty line, or -1 when it is not all there.
 * A lone LF ends a line too (RFC 9112 2.2 lets a recipient take it, and httpd does).
 */
export function headEnd(text: string): number {
  const crlf = text.indexOf('\r\n\r\n');
  if (crlf >= 0) {
    const lf = text.indexOf('\n\n');
    if (lf < 0 || lf > crlf) return crlf + 4;
    return lf + 2;
  }
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) {
    if (text.charCodeAt(at + 1) === 0x0a) return at + 2;
    if (text.charCodeAt(at + 1) === 0x0d && text.charCodeAt(at + 2) === 0x0a) return at + 3;
  }
  return -1;
}

/**
 * Reads a complete head.
 * text       as latin1, its last characters the empty line
 * lineLimit  longest line in bytes (responsefieldsize)
 * errors     throws HeadError
 */
export function parseHead(text: string, lineLimit: number): ResponseHead {
  let end = text.indexOf('\n');
  const first = STATUS_LINE.exec(trimLine(text, 0, end));
  if (first === null) {
    throw new HeadError(
      `Corrupt status line returned by remote server: ${printable(trimLine(text, 0, end))}`,
    );
  }
  const head: ResponseHead = {
    status: Number(first[2]),
    reason: first[3] ?? '',
    fields: [],
    length: UNKNOWN_LENGTH,
    isChunked: false,
    isReusable: first[1] === '1',
    idleSeconds: 0,
    upgrade: '',
  };
  if (CONTROL.test(head.reason)) throw new HeadError('control character in the reason phrase');
  const hop: Hop = { connection: '', transferEncoding: '' };
  for (;;) {
    const start = end + 1;
    end = text.indexOf('\n', start);
    if (end < 0) break;
    if (end - start > lineLimit) throw new HeadError(`response field line longer than ${lineLimit} bytes`);
    const line = trimLine(text, start, end);
    if (line === '') break;
    addField(head, hop, line);
  }
  frame(head, hop);
  return head;
}

/** Fields that decide about the connection, collected in the pass. */
interface Hop {
  connection: string;
  transferEncoding: string;
}

function trimLine(text: string, start: number, end: number): string {
  return text.slice(start, text.charCodeAt(end - 1) === 0x0d ? end - 1 : end);
}

function printable(text: string): string {
  return text.slice(0, 64).replace(/[^\x20-\x7e]/g, '?');
}

function addField(head: ResponseHead, hop: Hop, line: string): void {
  const code = line.charCodeAt(0);
  if (code === 0x20 || code === 0x09) {
    unfold(head, line);
    return;
  }
  const colon = line.indexOf(':');
  if (colon < 0) throw new HeadError('bad HTTP/1.1 header returned', true);
  const name = line.slice(0, colon);
  if (!TOKEN.test(name)) throw new HeadError(`bad field name returned: ${printable(name)}`, true);
  const value = trimValue(line, colon + 1);
  if (CONTROL.test(value)) throw new HeadError(`control character in field ${name}`);
  if (!isConnectionField(head, hop, name, value)) head.fields.push(name, value);
}

/** RFC 9112 5.2: a proxy replaces an obs-fold with a space or refuses the response. */
function unfold(head: ResponseHead, line: string): void {
  const last = head.fields.length - 1;
  if (last < 0) throw new HeadError('folded line before the first field', true);
  const value = trimValue(line, 0);
  if (CONTROL.test(value)) throw new HeadError('control character in a folded field');
  head.fields[last] = `${head.fields[last] as string} ${value}`;
}

function trimValue(line: string, from: number): string {
  let start = from;
  let end = line.length;
  while (start < end && isBlank(line.charCodeAt(start))) start += 1;
  while (end > start && isBlank(line.charCodeAt(end - 1))) end -= 1;
  return line.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/** Takes in a field that is about the connection or the framing; false for all others. The length decides first. */
function isConnectionField(head: ResponseHead, hop: Hop, name: string, value: string): boolean {
  switch (name.length) {
    case 2:
      return name.toLowerCase() === 'te';
    case 7: {
      const lower = name.toLowerCase();
      if (lower === 'upgrade') head.upgrade = value;
      return lower === 'upgrade' || lower === 'trailer';
    }
    case 10:
      return isConnectionOrKeepAlive(head, hop, name.toLowerCase(), value);
    case 14:
      if (name.toLowerCase() !== 'content-length') return false;
      setLength(head, value);
      return true;
    case 17:
      if (name.toLowerCase() !== 'transfer-encoding') return false;
      hop.transferEncoding = hop.transferEncoding === '' ? value : `${hop.transferEncoding}, ${value}`;
      return true;
    case 18:
      return name.toLowerCase() === 'proxy-authenticate';
    default:
      return false;
  }
}

function isConnectionOrKeepAlive(head: ResponseHead, hop: Hop, lower: string, value: string): boolean {
  if (lower === 'connection') {
    hop.connection = hop.connection === '' ? value : `${hop.connection}, ${value}`;
    return true;
  }
  if (lower !== 'keep-alive') return false;
  const timeout = /(?:^|[\s,])timeout=(\d{1,6})/i.exec(value);
  if (timeout !== null) head.idleSeconds = Number(timeout[1]);
  return true;
}

/** RFC 9112 6.3 #5: anything but one value, possibly repeated, is an unrecoverable error. */
function setLength(head: ResponseHead, value: string): void {
  let length = -1;
  for (const part of value.split(',')) {
    const text = part.trim();
    if (!/^\d{1,15}$/.test(text)) throw new HeadError(`bad Content-Length returned: ${printable(value)}`);
    if (length >= 0 && length !== Number(text))
      throw new HeadError('differing Content-Length values returned');
    length = Number(text);
  }
  if (head.length !== UNKNOWN_LENGTH && head.length !== length) {
    throw new HeadError('differing Content-Length values returned');
  }
  head.length = length;
}

function frame(head: ResponseHead, hop: Hop): void {
  if (hop.connection !== '') applyConnection(head, hop.connection.toLowerCase());
  if (hop.transferEncoding === '') return;
  if (hop.transferEncoding.toLowerCase() !== 'chunked') {
    throw new HeadError(`Transfer-Encoding ${printable(hop.transferEncoding)} returned`);
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
