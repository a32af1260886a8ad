/**
 * `Upgrade: h2c`: a connection that began in HTTP/1.1 goes on in HTTP/2, and its first request is stream 1 there. Node's
 * sessions know no such beginning, so the request is put among the client's bytes as the frame that it would have been,
 * behind the preface and the SETTINGS with which every client begins after the 101.
 *
 * Source: RFC 7540 3.2 (which RFC 9113 keeps only for those that still ask for it); RFC 7541 6.2.2. Thread: worker.
 */
import type http from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { fieldValue } from '../../http/fields.js';
import type { Ms } from '../../settings.js';

const SWITCHING = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n';
const PREFACE_BYTES = 24;
const FRAME_HEAD_BYTES = 9;
/** Longest frame that any peer takes (RFC 9113 4.2). */
const FRAME_BYTES = 16384;
const HEADERS = 1;
const CONTINUATION = 9;
const END_STREAM = 1;
const END_HEADERS = 4;
/** Client's SETTINGS, longest that is waited for. */
const MOST_SETTINGS_BYTES = 1024;
/** Fields of the connection, that no stream may have. */
const DROPPED = new Set([
  'connection',
  'upgrade',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'host',
  'te',
]);

/** Does a request without a body ask for it properly? */
export function asksH2c({ headers, rawHeaders }: http.IncomingMessage): boolean {
  const names = rawHeaders.filter((_text, i) => i % 2 === 0).map((name) => name.toLowerCase());
  const count = names.filter((name) => name === 'http2-settings').length;
  const isNamed = /(?:^|,)\s*http2-settings\s*(?:,|$)/i.test(headers.connection ?? '');
  return headers.upgrade?.toLowerCase() === 'h2c' && count === 1 && isNamed && headers.host !== undefined;
}

/**
 * Switches. first: what came behind the request's head
 * timeout  ms that the client may be silent before it begins
 * then  gets the socket, whose next bytes are an HTTP/2 client's
 */
export function upgradeToH2c(
  req: http.IncomingMessage,
  socket: Duplex,
  first: Buffer,
  timeout: Ms,
  then: (socket: Socket) => void,
): void {
  const request = headersFrames(req);
  const { socket: timed } = req;
  const leave = (): void => void socket.destroy();
  let held: Buffer = first;
  const take = (chunk: Buffer): void => {
    held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
    if (held.length < PREFACE_BYTES + FRAME_HEAD_BYTES) return;
    const size = held.readUIntBE(PREFACE_BYTES, 3);
    const end = PREFACE_BYTES + FRAME_HEAD_BYTES + size;
    if (size <= MOST_SETTINGS_BYTES && held.length < end) return;
    socket.off('data', take);
    socket.off('end', leave);
    timed.off('timeout', leave);
    timed.setTimeout(0);
    socket.pause();
    // A first frame that is none is the session's to refuse.
    socket.unshift(Buffer.concat([held.subarray(0, end), request, held.subarray(end)]));
    then(socket as Socket);
  };
  socket.write(SWITCHING, 'latin1');
  socket.on('data', take);
  // The server has let go of it, and would wait for ever.
  socket.on('end', leave);
  timed.setTimeout(timeout, leave);
  if (held.length > 0) take(Buffer.alloc(0));
}

function headersFrames(req: http.IncomingMessage): Buffer {
  const block: number[] = [];
  literal(block, ':method', req.method ?? 'GET');
  literal(block, ':scheme', 'http');
  literal(block, ':authority', fieldValue(req.rawHeaders, 'host') ?? '');
  literal(block, ':path', req.url ?? '/');
  const nominated = (req.headers.connection ?? '').toLowerCase().split(',');
  const dropped = new Set([...DROPPED, ...nominated.map((name) => name.trim())]);
  for (let i = 0; i < req.rawHeaders.length; i += 2) {
    const name = (req.rawHeaders[i] as string).toLowerCase();
    if (!dropped.has(name)) literal(block, name, req.rawHeaders[i + 1] as string);
  }
  const frames: Buffer[] = [];
  for (let at = 0; at < block.length; at += FRAME_BYTES) {
    const part = Buffer.from(block.slice(at, at + FRAME_BYTES));
    const isLast = at + FRAME_BYTES >= block.length;
    const flags = (at === 0 ? END_STREAM : 0) | (isLast ? END_HEADERS : 0);
    const head = Buffer.alloc(FRAME_HEAD_BYTES);
    head.writeUIntBE(part.length, 0, 3);
    head[3] = at === 0 ? HEADERS : CONTINUATION;
    head[4] = flags;
    head.writeUInt32BE(1, 5);
    frames.push(head, part);
  }
  return Buffer.concat(frames);
}

/** A literal field that is not remembered, with a name of its own, nothing in Huffman's code. */
function literal(block: number[], name: string, value: string): void {
  block.push(0);
  for (const text of [name, value]) {
    integer(block, text.length);
    for (let i = 0; i < text.length; i += 1) block.push(text.charCodeAt(i) & 0xff);
  }
}

/** RFC 7541 5.1 with a prefix of seven bits. */
function integer(block: number[], value: number): void {
  if (value < 127) {
    block.push(value);
    return;
  }
  block.push(127);
  let rest = value - 127;
  for (; rest >= 128; rest >>= 7) block.push((rest & 127) | 128);
  block.push(rest);
}
