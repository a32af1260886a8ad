/**
 * A request that node's parser refused, as an exchange: it goes through the pipeline like any other, so that it gets
 * httpd's page and its line in the access log, but all that can be said to it is no. What is known of it is the first
 * line of the bytes that came.
 * Thread: worker.
 */
import type { Socket } from 'node:net';
import type { Exchange, ExchangeOwner, Fields } from '../../exchange.js';
import { reasonOf } from '../../http/status.js';
import type { Listener } from '../listener.js';

/** What node says of bytes that are no request. */
export interface ParserError extends NodeJS.ErrnoException {
  rawPacket?: Buffer;
}

/** Somebody speaks plain HTTP to a TLS port; httpd makes a request of its own of it, whatever it was. */
export const PLAIN_HTTP: ParserError = Object.assign(
  new Error('AH01996: SSL handshake failed: HTTP spoken on HTTPS port; trying to send HTML error page'),
  { code: 'ERR_PLAIN_HTTP', rawPacket: Buffer.from('GET / HTTP/1.0\r\n') },
);
const PLAIN_HTTP_NOTE =
  "Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />\n Instead use the HTTPS scheme to access this URL, please.<br />\n";

/** An address as logs show it: IPv4 in IPv6 is IPv4. */
export function plainAddress(address: string | undefined): string {
  if (address === undefined) return '';
  return address.startsWith('::ffff:') ? address.slice(7) : address;
}

/** As logs show it, right or wrong; lines before it are passed over as by any parser. */
const REQUEST_LINE = /^(?:\r?\n)*([^\s]{1,64}) ([^\s]{1,8190}) ([!-~]{1,16})\r?\n/;
const FIELD_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*$/;

/** Status for the parser's codes; anything else is a bad request. */
const STATUSES: Record<string, number> = { ERR_HTTP_REQUEST_TIMEOUT: 408, HPE_HEADER_OVERFLOW: 400 };

/** Bytes of a refused request that are looked at. */
const MOST_READ = 16_384;

/** Fields up to the line that is none. */
function fieldsOf(head: string): Fields {
  const fields: Fields = [];
  for (const line of head.split(/\r?\n/)) {
    const match = FIELD_LINE.exec(line);
    if (match === null) break;
    fields.push(match[1] as string, match[2] as string);
  }
  return fields;
}

export class RefusedExchange implements Exchange {
  readonly method: string;
  readonly target: string;
  readonly protocol: string;
  readonly fields: Fields;
  readonly isSecure: boolean;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly keepAliveCount = 0;
  readonly wantsClose = true;
  readonly bodyLength = 0;
  /** The guard answers with this at once. */
  readonly refusedStatus: number;
  readonly refusedNote: string;
  bodyBytesSent = 0;
  bytesSent = 0;
  readonly #socket: Socket;
  #owner: ExchangeOwner | undefined;

  constructor(error: ParserError, socket: Socket, listener: Listener) {
    const bytes = error.rawPacket?.toString('latin1', 0, MOST_READ) ?? '';
    const line = REQUEST_LINE.exec(bytes);
    // httpd reads no further than to a line that asks for another protocol.
    this.fields =
      line !== null && /^HTTP\/\d\.\d$/.test(line[3] as string) ? fieldsOf(bytes.slice(line[0].length)) : [];
    this.method = line?.[1] ?? '-';
    this.target = line?.[2] ?? '-';
    this.protocol = line?.[3] ?? 'HTTP/1.1';
    this.refusedStatus = STATUSES[error.code ?? ''] ?? 400;
    this.refusedNote = error === PLAIN_HTTP ? PLAIN_HTTP_NOTE : '';
    this.isSecure = listener.isSecure;
    this.remoteAddress = plainAddress(socket.remoteAddress);
    this.remotePort = socket.remotePort ?? 0;
    this.localAddress = plainAddress(socket.localAddress);
    this.localPort = socket.localPort ?? listener.listen.port;
    this.#socket = socket;
  }

  tlsVariable(): string | undefined {
    return undefined;
  }

  attach(owner: ExchangeOwner): void {
    this.#owner = owner;
  }

  readBody(): void {}
  pauseBody(): void {}
  resumeBody(): void {}

  inform(): boolean {
    return false;
  }

  respond(status: number, reason: string, fields: Fields, body: Uint8Array | string | undefined): void {
    const bytes = Buffer.from((body ?? '') as Uint8Array);
    let head = `HTTP/1.1 ${status} ${reason || reasonOf(status)}\r\nDate: ${new Date().toUTCString()}\r\n`;
    for (let i = 0; i < fields.length; i += 2)
      head += `${fields[i] as string}: ${fields[i + 1] as string}\r\n`;
    head += `Content-Length: ${bytes.length}\r\nConnection: close\r\n\r\n`;
    this.bodyBytesSent = bytes.length;
    this.bytesSent = head.length + bytes.length;
    this.#socket.end(Buffer.concat([Buffer.from(head, 'latin1'), bytes]));
    this.#owner?.onResponseEnd();
  }

  /** Never a body that follows: a refusal is whole. */
  begin(): void {
    this.abort();
  }

  write(): boolean {
    return true;
  }

  end(): void {}
  closeAfter(): void {}

  abort(): void {
    this.#socket.destroy();
  }

  fault(): void {
    this.abort();
    this.#owner?.onClientAbort();
  }
}
