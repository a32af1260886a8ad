/**
 * The packets of AJP 1.3 as bytes: what is sent to a container (a forwarded request, a piece of a body, a ping) is written
 * here, what it sends back is read here, strictly: a packet that is not exactly what its type wants is an error, and
 * nothing of it reaches a client.
 *
 *   to the container    12 34 | length u16 | payload          from it    41 42 | length u16 | payload
 *
 * Integers are big-endian; a string is u16 length, bytes, NUL, and ff ff for none.
 * Source: Apache Tomcat, "AJPv13 protocol reference"; order of attributes as observed of httpd 2.4.71. Pure.
 */
import { hasControls } from './controls.js';
import type { RequestFacts } from './request-facts.js';
import { type ResponseHead, UNKNOWN_LENGTH } from './response-head.js';

/** A packet that is broken, or a request that does not fit into one. */
export class AjpError extends Error {
  override readonly name = 'AjpError';
}

const FORWARD_REQUEST = 0x02;
const STORED_METHOD = 0xff;
const END = 0xff;
const NO_STRING = 0xffff;
export const HEADER_BYTES = 4;
/** Around a piece of body: magic, length, length of the data. */
const DATA_OVERHEAD = 6;

export const CPING = Buffer.from([0x12, 0x34, 0, 1, 0x0a]);
/** A piece of body of no bytes: the body has ended. */
export const BODY_END = Buffer.from([0x12, 0x34, 0, 2, 0, 0]);

/** Types of packets that a container sends. */
export const PACKET = { data: 3, headers: 4, end: 5, getBody: 6, pong: 9 } as const;

const METHODS = new Map(
  [
    'OPTIONS GET HEAD POST PUT DELETE TRACE PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK ACL REPORT',
    'VERSION-CONTROL CHECKIN CHECKOUT UNCHECKOUT SEARCH MKWORKSPACE UPDATE LABEL MERGE BASELINE-CONTROL MKACTIVITY',
  ]
    .join(' ')
    .split(' ')
    .map((name, index) => [name, index + 1]),
);

const REQUEST_FIELDS = new Map(
  [
    'accept accept-charset accept-encoding accept-language authorization connection content-type',
    'content-length cookie cookie2 host pragma referer user-agent',
  ]
    .join(' ')
    .split(' ')
    .map((name, index) => [name, 0xa001 + index]),
);

const RESPONSE_FIELDS = [
  'Content-Type',
  'Content-Language',
  'Content-Length',
  'Date',
  'Last-Modified',
  'Location',
  'Set-Cookie',
  'Set-Cookie2',
  'Servlet-Engine',
  'Status',
  'WWW-Authenticate',
];

const ATTRIBUTE = {
  remoteUser: 3,
  authType: 4,
  queryString: 5,
  route: 6,
  sslCertificate: 7,
  sslCipher: 8,
  sslSession: 9,
  named: 10,
  sslKeySize: 11,
  secret: 12,
  storedMethod: 13,
} as const;

/** What a forwarded request is made of, beside the facts. */
export interface Forwarded {
  method: string;
  /** Path and query. */
  target: string;
  /** Bytes of the body, 0 for none that is said, -1 for an unknown number; undefined: the request says nothing of one. */
  length: number | undefined;
  secret: string;
}

/** Writes values one after another; full is full. */
class Writer {
  readonly bytes: Buffer;
  at = HEADER_BYTES;

  constructor(size: number) {
    this.bytes = Buffer.allocUnsafe(size);
  }

  byte(value: number): void {
    this.#reserve(1);
    this.bytes[this.at] = value;
    this.at += 1;
  }

  int(value: number): void {
    if (value > NO_STRING) throw new AjpError(`text of ${value} bytes`);
    this.#reserve(2);
    this.bytes.writeUInt16BE(value, this.at);
    this.at += 2;
  }

  /** Latin1: a character a byte, as fields are held. */
  string(text: string): void {
    this.int(text.length);
    this.#reserve(text.length + 1);
    this.bytes.write(text, this.at, 'latin1');
    this.at += text.length;
    this.byte(0);
  }

  attribute(code: number, text: string): void {
    this.byte(code);
    this.string(text);
  }

  named(name: string, text: string): void {
    this.attribute(ATTRIBUTE.named, name);
    this.string(text);
  }

  packet(): Buffer {
    this.bytes.writeUInt16BE(0x1234, 0);
    this.bytes.writeUInt16BE(this.at - HEADER_BYTES, 2);
    return this.bytes.subarray(0, this.at);
  }

  #reserve(count: number): void {
    if (this.at + count > this.bytes.length)
      throw new AjpError(`request longer than a packet of ${this.bytes.length} bytes`);
  }
}

/**
 * A request as one packet.
 * size    bytes of a packet at the most
 * errors  AjpError when it does not fit
 */
export function forwardRequest(request: Forwarded, facts: RequestFacts, size: number): Buffer {
  const mark = request.target.indexOf('?');
  const path = mark < 0 ? request.target : request.target.slice(0, mark);
  const method = METHODS.get(request.method) ?? STORED_METHOD;
  const out = new Writer(size);
  out.byte(FORWARD_REQUEST);
  out.byte(method);
  out.string(facts.protocol);
  out.string(path);
  out.string(facts.clientAddress);
  out.int(NO_STRING);
  out.string(facts.serverName);
  out.int(facts.serverPort);
  out.byte(facts.isSecure ? 1 : 0);
  writeFields(out, facts.fields, request.length);
  if (request.secret !== '') out.attribute(ATTRIBUTE.secret, request.secret);
  if (facts.user !== '') out.attribute(ATTRIBUTE.remoteUser, facts.user);
  if (facts.authType !== '') out.attribute(ATTRIBUTE.authType, facts.authType);
  if (mark >= 0) out.attribute(ATTRIBUTE.queryString, request.target.slice(mark + 1));
  if (facts.sessionRoute !== '') out.attribute(ATTRIBUTE.route, facts.sessionRoute);
  if (facts.isSecure) writeTls(out, facts);
  if (method === STORED_METHOD) out.attribute(ATTRIBUTE.storedMethod, request.method);
  out.named('AJP_REMOTE_PORT', String(facts.connection.remotePort));
  out.named('AJP_LOCAL_ADDR', facts.connection.localAddress);
  for (const [name, value] of facts.ajpVariables()) out.named(name, value);
  out.byte(END);
  return out.packet();
}

/** The client's fields, but for those of framing, which say what is really sent. */
function writeFields(out: Writer, fields: readonly string[], length: number | undefined): void {
  const sent: string[] = [];
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i] as string;
    const lower = name.toLowerCase();
    // The engine has answered Expect itself.
    if (lower === 'content-length' || lower === 'transfer-encoding' || lower === 'expect') continue;
    sent.push(name, fields[i + 1] as string);
  }
  if (length === UNKNOWN_LENGTH) sent.push('Transfer-Encoding', 'chunked');
  else if (length !== undefined) sent.push('Content-Length', String(length));
  out.int(sent.length / 2);
  for (let i = 0; i < sent.length; i += 2) {
    const code = REQUEST_FIELDS.get((sent[i] as string).toLowerCase());
    if (code === undefined) out.string(sent[i] as string);
    else out.int(code);
    out.string(sent[i + 1] as string);
  }
}

function writeTls(out: Writer, facts: RequestFacts): void {
  const write = (code: number, name: string): void => {
    const value = facts.tlsVariable(name);
    if (value !== undefined && value !== '') out.attribute(code, value);
  };
  write(ATTRIBUTE.sslCertificate, 'SSL_CLIENT_CERT');
  write(ATTRIBUTE.sslCipher, 'SSL_CIPHER');
  write(ATTRIBUTE.sslSession, 'SSL_SESSION_ID');
  const bits = Number(facts.tlsVariable('SSL_CIPHER_USEKEYSIZE') ?? 0);
  if (bits > 0 && bits <= 0xffff) {
    out.byte(ATTRIBUTE.sslKeySize);
    out.int(bits);
  }
  const protocol = facts.tlsVariable('SSL_PROTOCOL');
  if (protocol !== undefined && protocol !== '') out.named('AJP_SSL_PROTOCOL', protocol);
}

/** Bytes of a body that fit into one packet. */
export function bodyRoom(size: number): number {
  return size - DATA_OVERHEAD;
}

/** A piece of the request's body, at most bodyRoom of its size. */
export function bodyPacket(data: Buffer): Buffer {
  const packet = Buffer.allocUnsafe(DATA_OVERHEAD + data.length);
  packet.writeUInt16BE(0x1234, 0);
  packet.writeUInt16BE(data.length + 2, 2);
  packet.writeUInt16BE(data.length, 4);
  data.copy(packet, DATA_OVERHEAD);
  return packet;
}

/** The data of a SEND_BODY_CHUNK payload: a view. errors  AjpError */
export function dataOf(payload: Buffer): Buffer {
  if (payload.length < 3) throw new AjpError('body packet without a length');
  const length = payload.readUInt16BE(1);
  // Some containers leave the NUL away.
  if (payload.length !== length + 3 && payload.length !== length + 4)
    throw new AjpError(`body packet of ${payload.length} bytes for ${length} of data`);
  return payload.subarray(3, 3 + length);
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Fields of a connection: an AJP connection has none of them, and the client's are not the container's to say. */
const OF_CONNECTION = new Set(['connection', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade']);

/** Reads values one after another; nothing beyond the payload. */
class Reader {
  readonly #bytes: Buffer;
  at = 1;

  constructor(payload: Buffer) {
    this.#bytes = payload;
  }

  int(): number {
    if (this.at + 2 > this.#bytes.length) throw new AjpError('head ends within a number');
    const value = this.#bytes.readUInt16BE(this.at);
    this.at += 2;
    return value;
  }

  string(length: number): string {
    if (length === NO_STRING) return '';
    const end = this.at + length;
    if (end + 1 > this.#bytes.length || this.#bytes[end] !== 0)
      throw new AjpError('head ends within a string');
    if (hasControls(this.#bytes, this.at, end)) throw new AjpError('control character in the head');
    const text = this.#bytes.toString('latin1', this.at, end);
    if (/[\r\n]/.test(text)) throw new AjpError('line end in the head');
    this.at = end + 1;
    return text;
  }
}

/** SEND_HEADERS as the head of a response. errors  AjpError */
export function headOf(payload: Buffer): ResponseHead {
  const reader = new Reader(payload);
  const status = reader.int();
  if (status < 200 || status > 999) throw new AjpError(`status ${status}`);
  const reason = reader.string(reader.int());
  const head: ResponseHead = {
    status,
    reason,
    fields: [],
    length: UNKNOWN_LENGTH,
    isChunked: false,
    isReusable: true,
    idleSeconds: 0,
    upgrade: '',
    size: payload.length,
  };
  for (let left = reader.int(); left > 0; left -= 1) {
    const code = reader.int();
    const isCoded = code >= 0xa000 && code !== NO_STRING;
    const name = isCoded ? RESPONSE_FIELDS[code - 0xa001] : reader.string(code);
    if (name === undefined) throw new AjpError(`field of code ${code.toString(16)}`);
    if (!TOKEN.test(name)) throw new AjpError('field whose name is none');
    const value = reader.string(reader.int());
    addField(head, name, value.trim());
  }
  if (reader.at !== payload.length) throw new AjpError('bytes after the head');
  return head;
}

function addField(head: ResponseHead, name: string, value: string): void {
  const lower = name.toLowerCase();
  if (OF_CONNECTION.has(lower)) return;
  if (lower !== 'content-length') {
    head.fields.push(name, value);
    return;
  }
  const length = /^\d{1,15}$/.test(value) ? Number(value) : UNKNOWN_LENGTH;
  if (length === UNKNOWN_LENGTH || (head.length !== UNKNOWN_LENGTH && head.length !== length))
    throw new AjpError('bad Content-Length');
  head.length = length;
}
