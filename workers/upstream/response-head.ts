/**
 * The head of an HTTP/1 response: status line and fields, read strictly, and how its body is framed. What is not
 * unambiguous is an error and becomes 502; nothing half-read reaches a client. Fields that speak of this connection
 * only are kept back here: Connection and all it names, Keep-Alive, TE, Trailer, Upgrade, Transfer-Encoding,
 * Proxy-Authenticate, and Content-Length, which becomes `length`.
 *
 * What a head means does not depend on those before it: lines that were met before are only read faster.
 * Source: RFC 9112 2.2, 4, 5, 6.3; RFC 9110 7.6.1. One pass, text is latin1: a byte a character. Any worker thread.
 */
import { latin1Text } from '../latin1.js';
import { hasControls } from './controls.js';
import {
  foldBack,
  frame,
  HeadError,
  type Hop,
  isConnectionField,
  printable,
  type ResponseHead,
  UNKNOWN_LENGTH,
} from './head-framing.js';
import { KnownLines, ownText } from './known-lines.js';

export { HeadError, type ResponseHead, UNKNOWN_LENGTH } from './head-framing.js';

const STATUS_LINE = /^HTTP\/1\.([01]) +([1-9]\d\d)(?: (.*))?$/;
const CR = 0x0d;
const LF = 0x0a;
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

/** A field as it was read; isEndToEnd: it says nothing of the connection, nor of the body's length. */
interface Field {
  name: string;
  value: string;
  isEndToEnd: boolean;
}

const STATUS_LINES = new KnownLines<StatusLine>();
const FIELDS = new KnownLines<Field>();

/** What a head is read from. Text is made of it when a line is met that is not known. */
interface Source {
  bytes: Buffer;
  from: number;
  to: number;
  /** Bytes that become text at first. */
  look: number;
  /** Of the bytes behind `from`. */
  text: string;
}

/**
 * Reads a head from the bytes between two indices; undefined when its end is not there yet.
 * to         may be behind the head's end
 * lineLimit  longest line in bytes (responsefieldsize)
 * look       bytes that the head probably has: what is behind it need not become text
 * errors     throws HeadError
 */
export function parseHead(
  bytes: Buffer,
  from: number,
  to: number,
  lineLimit: number,
  look: number,
): ResponseHead | undefined {
  const source: Source = { bytes, from, to, look, text: '' };
  let at = from;
  let first: StatusLine;
  const known = STATUS_LINES.find(bytes, from, to, 0);
  if (known !== undefined) {
    first = known.meaning;
    at += known.length;
  } else {
    at = nextLine(source, from);
    if (at < 0) return undefined;
    first = readStatusLine(source, at);
  }
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
  for (let place = 0; !isEmptyLine(bytes, at, to); place += 1) {
    const line = FIELDS.find(bytes, at, to, place);
    if (line !== undefined && line.length <= lineLimit) {
      const { name, value, isEndToEnd } = line.meaning;
      takeField(head, hop, name, value, isEndToEnd);
      at += line.length;
      continue;
    }
    const next = nextLine(source, at);
    if (next < 0) return undefined;
    readField(head, hop, source, at, next, lineLimit, place);
    at = next;
  }
  head.size = at + (bytes[at] === LF ? 1 : 2) - from;
  frame(head, hop);
  return head;
}

/**
 * Fields behind a body, without those that speak of this connection.
 * text    field lines, each with its end
 * errors  throws HeadError
 */
export function parseTrailers(text: string, lineLimit: number): string[] {
  const bytes = Buffer.from(`HTTP/1.1 200 OK\r\n${text}\r\n`, 'latin1');
  return parseHead(bytes, 0, bytes.length, lineLimit, bytes.length)?.fields ?? [];
}

function isEmptyLine(bytes: Buffer, at: number, to: number): boolean {
  return at < to && (bytes[at] === LF || (bytes[at] === CR && at + 1 < to && bytes[at + 1] === LF));
}

/** Index behind the end of the line at `at`, or -1: it is not there yet. */
function nextLine(source: Source, at: number): number {
  const { bytes, from, to, look } = source;
  if (source.text === '') source.text = latin1Text(bytes, from, Math.min(to, from + look));
  let end = source.text.indexOf('\n', at - from);
  while (end < 0 && from + source.text.length < to) {
    source.text = latin1Text(bytes, from, Math.min(to, from + 8 * source.text.length));
    end = source.text.indexOf('\n', at - from);
  }
  return end < 0 ? -1 : from + end + 1;
}

/** Index in the text of the end of the line before `next`, its line end left out. */
function lineEnd({ text, from }: Source, next: number): number {
  const end = next - from - 1;
  return text.charCodeAt(end - 1) === CR ? end - 1 : end;
}

function readStatusLine(source: Source, next: number): StatusLine {
  const { bytes, from, text } = source;
  const line = text.slice(0, lineEnd(source, next));
  const match = STATUS_LINE.exec(line);
  if (match === null)
    throw new HeadError(`Corrupt status line returned by remote server: ${printable(line)}`);
  refuseControls(bytes, from, next);
  const [, minor, status, reason = ''] = match;
  const meaning = { status: Number(status), reason: ownText(reason), isHttp11: minor === '1' };
  if (STATUS_LINES.mayLearn(0)) STATUS_LINES.learn(bytes, from, next, 0, meaning);
  return meaning;
}

/** Reads a line that was not known, and may remember it. */
function readField(
  head: ResponseHead,
  hop: Hop,
  source: Source,
  from: number,
  next: number,
  lineLimit: number,
  place: number,
): void {
  const { bytes, text } = source;
  const start = from - source.from;
  const end = lineEnd(source, next);
  const cr = text.indexOf('\r', start);
  if (cr >= 0 && cr < end) throw new HeadError('CR within a line of the response head');
  if (end - start > lineLimit) throw new HeadError(`response field line longer than ${lineLimit} bytes`);
  let at = start;
  let code = text.charCodeAt(at);
  while (at < end && IS_TOKEN[code] === 1) {
    at += 1;
    code = text.charCodeAt(at);
  }
  if (code !== COLON || at === start || at >= end) {
    badField(head, hop, text, start, end);
    refuseControls(bytes, from, next);
    return;
  }
  const name = nameAt(text, start, at);
  const value = trimmed(text, at + 1, end);
  takeField(head, hop, name, value, false);
  refuseControls(bytes, from, next);
  if (!FIELDS.mayLearn(place)) return;
  const meaning = { name: ownText(name), value: ownText(value), isEndToEnd: hop.last === '' };
  FIELDS.learn(bytes, from, next, place, meaning);
}

function refuseControls(bytes: Buffer, from: number, to: number): void {
  if (hasControls(bytes, from, to)) throw new HeadError('control character in the response head');
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
