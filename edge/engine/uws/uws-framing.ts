/**
 * Fields as uWebSockets.js lends and takes them, and what those of a request mean to it: how long a body it will read, and
 * whether it will close the connection by itself. The guard has the last word on whether the request is one at all. Thread: worker; pure.
 */
import { writeLatin1 } from '../../../workers/latin1.js';
import type { Fields } from '../../exchange.js';
import { fieldValue, indexOfField } from '../../http/fields.js';

/**
 * The library's cork holds 16 KB. What does not fit flushes it, and when the client's socket is too full for that, this build
 * forgets the rest, unless it came by tryEnd. So nothing longer is written in another way.
 */
export const CORK_BYTES = 8192;

let collecting: Fields = [];
function collectField(name: string, value: string): void {
  collecting.push(name, value);
}

/** A copy of what lies on the stack only until the handler returns. */
export function copyFields(request: { forEach(take: (name: string, value: string) => void): void }): Fields {
  const fields: Fields = [];
  collecting = fields;
  request.forEach(collectField);
  return fields;
}

/** Bytes of the body, 0 for none, -1 for a chunked one; of two lengths the library takes the first. */
export function announcedLength(fields: Fields): number {
  let length = 0;
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i];
    if (name === 'transfer-encoding') return -1;
    if (name === 'content-length' && length === 0) length = Number(fields[i + 1]) || 0;
  }
  return length;
}

/** The library takes any Connection of five characters for `close`, closes after the response, and does not say so. */
export function isClosedByLibrary(fields: Fields): boolean {
  for (let i = 0; i < fields.length; i += 2) {
    if (fields[i] === 'connection' && (fields[i + 1] as string).length === 5) return true;
  }
  return false;
}

/** Most heads fit in here; views on it are kept, because making one costs more than filling it. */
const SCRATCH = Buffer.allocUnsafe(4096);
const VIEWS: (Buffer | undefined)[] = [];

/** What stands in SCRATCH of the last head: its line, then names and values, and where each of those pairs ends. */
let standingLine = '';
const standing: string[] = [];
const standingEnds: number[] = [];
let standingCount = 0;

/**
 * A head as the library is given it, in one piece: status and reason, and all fields behind a line end. Date is left out:
 * the library adds its own. What it returns is valid until the next call; as far as a head begins like the one before it,
 * it is there already.
 * line         status and reason
 * asksToClose  for where the library can not close after the response
 */
export function joinHead(line: string, fields: Fields, asksToClose: boolean): Buffer {
  let count = 0;
  let from = 0;
  let text = line;
  let at = 0;
  if (line === standingLine) {
    text = '';
    at = line.length;
    for (; from < fields.length; from += 2) {
      if (isDate(fields[from] as string)) continue;
      const isStanding =
        count < standingCount && fields[from] === standing[count] && fields[from + 1] === standing[count + 1];
      if (!isStanding) break;
      count += 2;
      at = standingEnds[(count >> 1) - 1] as number;
    }
  }
  standingLine = line;
  for (let i = from; i < fields.length; i += 2) {
    const name = fields[i] as string;
    if (isDate(name)) continue;
    const value = fields[i + 1] as string;
    text += `\r\n${name}: ${value}`;
    standing[count] = name;
    standing[count + 1] = value;
    count += 2;
    standingEnds[(count >> 1) - 1] = at + text.length;
  }
  standingCount = count;
  return withText(at, asksToClose ? `${text}\r\nConnection: close` : text);
}

function isDate(name: string): boolean {
  return name.length === 4 && (name === 'Date' || name.toLowerCase() === 'date');
}

/** The first bytes of SCRATCH and this text. Fields are bytes. A string the library would measure, copy and send as UTF-8. */
function withText(at: number, text: string): Buffer {
  const length = at + text.length;
  if (length > SCRATCH.length) {
    standingLine = '';
    return Buffer.concat([SCRATCH.subarray(0, at), Buffer.from(text, 'latin1')]);
  }
  if (text !== '') writeLatin1(SCRATCH, text, at);
  let view = VIEWS[length];
  if (view === undefined) {
    view = SCRATCH.subarray(0, length);
    VIEWS[length] = view;
  }
  return view;
}

export const DATE_FIELD_BYTES = 37;

/**
 * An answer that is the last of its connection, as one text up to its last CRLF, which the library writes. It can not close
 * behind a head without a body, and would go on with what comes next: behind a refused request, that may be a request for one
 * server and a body for another. Nor can it leave its Date out, so what was stored is written in this way too.
 * line    status and reason
 * length  of the body that GET would get, -1 for none
 * body    undefined for a head alone; two bytes more than it leave, behind the length that was said
 * returns as joinHead; with Date
 */
export function joinLast(
  line: string,
  fields: Fields,
  status: number,
  length: number,
  body: Uint8Array | string | undefined,
): Buffer {
  const bytes = typeof body === 'string' ? Buffer.from(body) : body;
  const size = bytes?.length ?? length;
  const said = saysLength(status, size) ? ['Content-Length', String(size)] : [];
  const date = fieldValue(fields, 'date') ?? new Date().toUTCString();
  const head = joinHead(line, [...fields, ...said, 'Connection', 'close'], false);
  const rest = `\r\nDate: ${date}\r\n`;
  if (bytes === undefined || size === 0) return Buffer.concat([head, Buffer.from(rest, 'latin1')]);
  return Buffer.concat([head, Buffer.from(`${rest}\r\n`, 'latin1'), bytes]);
}

/** Is it a stored response, whose Date says when it was made (RFC 9110 6.6.1)? Of others the library's is as good. */
export function hasStoredDate(fields: Fields): boolean {
  return indexOfField(fields, 'age') >= 0 && indexOfField(fields, 'date') >= 0;
}

/** Content-Length without a body: for HEAD. */
export function saysLength(status: number, length: number): boolean {
  return length >= 0 && status !== 204 && status !== 304;
}

/**
 * No body follows the head. The end of any other whole answer can tell the library to say `Connection: close` and to close;
 * behind these drover closes. Behind streamed answers nobody can tell when all has left: the client is asked to close, and the
 * library's idle time-out sees to the rest.
 */
export function isBodyless(status: number, method: string): boolean {
  return status === 204 || status === 304 || method === 'HEAD';
}
