/**
 * A servlet container that speaks AJP 1.3 and is made of a bare socket: it reads forwarded requests to the byte, asks for
 * their bodies, and answers by a script, which may be wrong in any way. Written apart from the code it tests, from the same
 * protocol reference.
 */
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

export interface AjpRequest {
  /** Place of its connection among those of this container, and its own within it, from 0. */
  connection: number;
  index: number;
  method: string;
  protocol: string;
  uri: string;
  remoteAddress: string;
  serverName: string;
  serverPort: number;
  isSecure: boolean;
  /** Name and value; coded names as the protocol reference spells them. */
  fields: [string, string][];
  /** By name; those with a code by the word of the protocol reference. */
  attributes: [string, string][];
  body: Buffer;
}

/** What is written for a request, once its body is there; undefined: nothing. `close` ends the connection. */
export type AjpScript = (request: AjpRequest) => Buffer | 'close' | undefined;

const METHODS =
  '- OPTIONS GET HEAD POST PUT DELETE TRACE PROPFIND PROPPATCH MKCOL COPY MOVE LOCK UNLOCK ACL REPORT'.split(
    ' ',
  );
const FIELDS = [
  '- accept accept-charset accept-encoding accept-language authorization connection content-type content-length',
  'cookie cookie2 host pragma referer user-agent',
]
  .join(' ')
  .split(' ');
const ATTRIBUTES = [
  '- context servlet_path remote_user auth_type query_string jvm_route ssl_cert ssl_cipher ssl_session',
  'req_attribute ssl_key_size secret stored_method',
]
  .join(' ')
  .split(' ');
const CODED_ANSWER = new Map([
  ['Content-Type', 0xa001],
  ['Content-Length', 0xa003],
  ['Location', 0xa006],
  ['Set-Cookie', 0xa007],
]);

function int(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff]);
}

function string(text: string): Buffer {
  return Buffer.concat([int(text.length), Buffer.from(text, 'latin1'), Buffer.from([0])]);
}

export function packet(...parts: (Buffer | number)[]): Buffer {
  const payload = Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.from([part]) : part)));
  return Buffer.concat([Buffer.from('AB'), int(payload.length), payload]);
}

export function headers(status: number, reason: string, fields: readonly [string, string][]): Buffer {
  const rows = fields.flatMap(([name, value]) => {
    const code = CODED_ANSWER.get(name);
    return [code === undefined ? string(name) : int(code), string(value)];
  });
  return packet(4, int(status), string(reason), int(fields.length), ...rows);
}

export function data(bytes: Buffer | string): Buffer {
  const body = Buffer.from(bytes as string);
  return packet(3, int(body.length), body, 0);
}

export function end(isReusable = true): Buffer {
  return packet(5, isReusable ? 1 : 0);
}

/** A whole answer. */
export function answer(status: number, body: string, fields: readonly [string, string][] = []): Buffer {
  return Buffer.concat([headers(status, 'OK', fields), ...(body === '' ? [] : [data(body)]), end()]);
}

export class AjpContainer {
  script: AjpScript = (request) => answer(200, `${request.method} ${request.uri}\n`);
  /** Answers CPING. */
  isAlive = true;
  connections = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #seen: AjpRequest[] = [];

  private constructor() {
    this.#server = createServer((socket) => this.#serve(socket));
  }

  static async start(): Promise<AjpContainer> {
    const container = new AjpContainer();
    await new Promise<void>((resolve) => container.#server.listen(0, '127.0.0.1', resolve));
    return container;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Requests since the last call. */
  drain(): AjpRequest[] {
    return this.#seen.splice(0);
  }

  /** Says something that was not asked for, on every connection. */
  say(bytes: Buffer): void {
    for (const socket of this.#sockets) socket.write(bytes);
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #serve(socket: Socket): void {
    const connection = this.connections++;
    socket.setNoDelay(true);
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
    let held: Buffer = Buffer.alloc(0);
    let index = 0;
    let current: { request: AjpRequest; left: number } | undefined;
    const reply = (request: AjpRequest): void => {
      current = undefined;
      this.#seen.push(request);
      const bytes = this.script(request);
      if (bytes === 'close') socket.destroy();
      else if (bytes !== undefined && !socket.destroyed) socket.write(bytes);
    };
    const take = (payload: Buffer): void => {
      if (current !== undefined) {
        const piece = payload.length < 2 ? payload : payload.subarray(2);
        current.request.body = Buffer.concat([current.request.body, piece]);
        current.left -= piece.length;
        if (piece.length === 0 || current.left === 0) reply(current.request);
        else socket.write(packet(6, int(8186)));
      } else if (payload[0] === 10) {
        if (this.isAlive) socket.write(packet(9));
      } else {
        const request = forwarded(payload, connection, index++);
        const field = (name: string): string | undefined =>
          request.fields.find(([known]) => known.toLowerCase() === name)?.[1];
        const length = Number(field('content-length') ?? 0);
        const isChunked = field('transfer-encoding') !== undefined;
        if (length === 0 && !isChunked) reply(request);
        else {
          current = { request, left: isChunked ? -1 : length };
          if (isChunked) socket.write(packet(6, int(8186)));
        }
      }
    };
    socket.on('data', (chunk) => {
      held = Buffer.concat([held, chunk]);
      while (held.length >= 4 && held.length >= 4 + held.readUInt16BE(2)) {
        const size = held.readUInt16BE(2);
        const payload = held.subarray(4, 4 + size);
        if (held.readUInt16BE(0) !== 0x1234) throw new Error('a packet that is none');
        held = held.subarray(4 + size);
        take(payload);
      }
    });
  }
}

function forwarded(payload: Buffer, connection: number, index: number): AjpRequest {
  let at = 1;
  const byte = (): number => payload[at++] ?? 0;
  const word = (): number => {
    at += 2;
    return payload.readUInt16BE(at - 2);
  };
  const textOf = (length: number): string => {
    if (length === 0xffff) return '';
    at += length + 1;
    return payload.toString('latin1', at - length - 1, at - 1);
  };
  const text = (): string => textOf(word());
  const code = byte();
  const request: AjpRequest = {
    connection,
    index,
    method: METHODS[code] ?? '',
    protocol: text(),
    uri: text(),
    remoteAddress: text(),
    serverName: '',
    serverPort: 0,
    isSecure: false,
    fields: [],
    attributes: [],
    body: Buffer.alloc(0),
  };
  text(); // the client's host name, which nobody looks up
  request.serverName = text();
  request.serverPort = word();
  request.isSecure = byte() === 1;
  for (let left = word(); left > 0; left -= 1) {
    const name = word();
    const spelled = name >= 0xa000 ? (FIELDS[name & 0xff] ?? '?') : textOf(name);
    request.fields.push([spelled, text()]);
  }
  for (let kind = byte(); kind !== 0xff; kind = byte()) {
    const word_ = ATTRIBUTES[kind] ?? '?';
    if (word_ === 'req_attribute') request.attributes.push([text(), text()]);
    else if (word_ === 'ssl_key_size') request.attributes.push([word_, String(word())]);
    else request.attributes.push([word_, text()]);
    if (word_ === 'stored_method') request.method = request.attributes.at(-1)?.[1] ?? '';
  }
  if (at !== payload.length) throw new Error(`${payload.length - at} bytes after the attributes`);
  return request;
}
