/**
 * A short answer of the node engine written as one string, past the machinery of Node's responses, which hands head, body
 * and an empty end to the kernel by three pieces and keeps a state for each. Measured in proxied-1k-node: 12 % of a
 * request's processor time. What is left to Node is all that comes after an answer: the next request of the connection,
 * its idle time, its end.
 *
 * The fields of Node's response that say that a head has been sent are not documented, so that they are looked at before,
 * and where one is not what it is in Node 20 the answer goes the usual way. Thread: worker; does not throw.
 */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { writeTextDirect } from '../../../workers/upstream/direct-write.js';
import type { Fields } from '../../exchange.js';

/** Of a body; with its head it stays below what Node writes from its stack. */
export const DIRECT_BYTES = 8192;
const MOST_TEXT = 16384;
/** What Node refuses in a field's value. */
const FORBIDDEN = /[^\t\x20-\x7e\x80-\xff]/;

interface Internals {
  _header: unknown;
  _headerSent: unknown;
  _last: unknown;
  outputData: unknown;
}

let dateSecond = 0;
let dateText = '';

/** `Date` of now, made once a second. */
function dateLine(): string {
  const second = Math.floor(Date.now() / 1000);
  if (second !== dateSecond) {
    dateSecond = second;
    dateText = `Date: ${new Date(second * 1000).toUTCString()}\r\n`;
  }
  return dateText;
}

/**
 * Sends an answer; the response is then to be ended without a body.
 * fields   with their framing, and without Date when hasDate is false
 * body     undefined for none
 * isLast   the connection ends behind it
 * returns  false when nothing was sent
 */
export function respondDirect(
  res: ServerResponse,
  line: string,
  fields: Fields,
  hasDate: boolean,
  body: Uint8Array | string | undefined,
  isLast: boolean,
): boolean {
  const { socket } = res;
  if (socket === null || socket instanceof TLSSocket || !isUnused(res, socket)) return false;
  let text = `${line}\r\n`;
  if (FORBIDDEN.test(line)) return false;
  for (let i = 0; i < fields.length; i += 2) {
    const value = fields[i + 1] as string;
    if (FORBIDDEN.test(value)) return false;
    text += `${fields[i] as string}: ${value}\r\n`;
  }
  text += hasDate ? '\r\n' : `${dateLine()}\r\n`;
  if (typeof body === 'string') text += body;
  else if (body !== undefined)
    text += Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('latin1');
  if (text.length >= MOST_TEXT || !writeTextDirect(socket, text)) return false;
  const internals = res as unknown as Internals;
  internals._header = line;
  internals._headerSent = true;
  internals._last = isLast;
  return true;
}

/**
 * Sends an interim response: Node has some of them, each with fields of its own choice, and throws at a Link that it does not
 * like. returns false when nothing was sent: it is not this answer's turn, or a value is none
 */
export function informDirect(res: ServerResponse, line: string, fields: Fields): boolean {
  const { socket } = res;
  if (socket === null || !isUnused(res, socket) || FORBIDDEN.test(line)) return false;
  let text = `${line}\r\n`;
  for (let i = 0; i < fields.length; i += 2) {
    const value = fields[i + 1] as string;
    if (FORBIDDEN.test(value)) return false;
    text += `${fields[i] as string}: ${value}\r\n`;
  }
  socket.write(`${text}\r\n`, 'latin1');
  return true;
}

/** Is it the answer whose turn it is, and is nothing of it sent? */
function isUnused(res: ServerResponse, socket: Socket): boolean {
  const { _header, _headerSent, outputData } = res as unknown as Internals;
  const { _httpMessage } = socket as unknown as { _httpMessage: unknown };
  if (_header !== null || _headerSent !== false || _httpMessage !== res) return false;
  return Array.isArray(outputData) && outputData.length === 0;
}
