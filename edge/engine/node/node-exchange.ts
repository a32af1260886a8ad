/**
 * A request on node:http as an exchange. Node's own Connection, Keep-Alive and Date fields are not httpd's, so heads are
 * made here; what it costs to know of a connection (requests served, requests waiting) stands in weak maps by socket.
 * Thread: worker.
 */
import type http from 'node:http';
import type { Socket } from 'node:net';
import type tls from 'node:tls';
import type { BodyReader, Exchange, ExchangeOwner, Fields } from '../../exchange.js';
import { sessionOf } from '../../secure/session.js';
import type { ServerSettings } from '../../settings.js';
import type { Listener } from '../listener.js';
import { plainAddress } from './engine-node-refused.js';
import { DIRECT_BYTES, informDirect, respondDirect } from './node-direct.js';

/** Requests served per connection, for %k. */
const SERVED = new WeakMap<Socket, number>();
/** Connections whose last answer has been given: what else comes is nobody's. */
export const CLOSING = new WeakSet<Socket>();
/** Requests of a connection that have not been answered to their end; several where the client does not wait for answers. */
const WAITING = new WeakMap<Socket, Set<NodeExchange>>();
/** The request whose body is being read on a connection: the parser's error may be about it. */
export const ACTIVE = new WeakMap<Socket, NodeExchange>();

const NO_BYTES = new Uint8Array(0);

export class NodeExchange implements Exchange {
  readonly method: string;
  readonly target: string;
  readonly protocol: string;
  readonly fields: Fields;
  readonly isSecure: boolean;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly keepAliveCount: number;
  readonly bodyLength: number;
  bodyBytesSent = 0;
  bytesSent = 0;

  protected readonly req: http.IncomingMessage;
  readonly #res: http.ServerResponse;
  readonly #server: ServerSettings;
  /** httpd speaks of keep-alive only to who asked for it. */
  readonly #asksKeepAlive: boolean;
  #owner: ExchangeOwner | undefined;
  #reader: BodyReader | undefined;
  #isOver = false;
  /** The client is slower: 'drain' is waited for. */
  #isFull = false;
  #isClosing = false;
  /** Begun, and nothing of the body has come. */
  #isHeadHeld = false;

  constructor(req: http.IncomingMessage, res: http.ServerResponse, listener: Listener) {
    const { socket } = req;
    this.req = req;
    this.#res = res;
    this.method = req.method ?? 'GET';
    this.target = req.url ?? '/';
    this.protocol = `HTTP/${req.httpVersion}`;
    this.fields = lowerNames(req.rawHeaders);
    this.isSecure = listener.isSecure;
    this.remoteAddress = plainAddress(socket.remoteAddress);
    this.remotePort = socket.remotePort ?? 0;
    this.localAddress = plainAddress(socket.localAddress);
    this.localPort = socket.localPort ?? listener.listen.port;
    this.keepAliveCount = SERVED.get(socket) ?? 0;
    SERVED.set(socket, this.keepAliveCount + 1);
    this.#server = listener.vhosts.fallback;
    this.#asksKeepAlive = /(?:^|,)\s*keep-alive\s*(?:,|$)/i.test(req.headers.connection ?? '');
    this.bodyLength = announcedLength(req);
    res.sendDate = true;
    const waiting = waitingOf(socket);
    waiting.add(this);
    res.on('close', () => {
      waiting.delete(this);
      this.onGone();
    });
    res.on('error', ignore);
    req.on('error', ignore);
  }

  /** The connection is closed. Before the response has ended, that is the client's going; after, the owner has been told. */
  onGone(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#owner?.onClientAbort();
  }

  get wantsClose(): boolean {
    return this.#isClosing;
  }

  get unsentTrailers(): readonly string[] {
    return this.req.rawTrailers;
  }

  tlsVariable(name: string): string | undefined {
    if (this.isSecure) return sessionOf(this.req.socket as tls.TLSSocket).variable(name);
    return name === 'HTTPS' ? 'off' : undefined;
  }

  tlsNames(exportsCertificates: boolean): string[] {
    return this.isSecure
      ? sessionOf(this.req.socket as tls.TLSSocket).standardNames(exportsCertificates)
      : [];
  }

  get sniName(): string | undefined {
    return this.isSecure ? sessionOf(this.req.socket as tls.TLSSocket).serverName : undefined;
  }

  attach(owner: ExchangeOwner): void {
    this.#owner = owner;
  }

  /** The parser could not go on within this request's body: false when it is not being read. */
  breakBody(): boolean {
    if (this.#isOver || this.#reader === undefined || this.#res.headersSent) return false;
    this.#isClosing = true;
    this.#reader.onBodyBroken();
    return true;
  }

  readBody(reader: BodyReader): void {
    this.#reader = reader;
    ACTIVE.set(this.req.socket, this);
    this.req.on('data', (chunk: Buffer) => reader.onBody(chunk, false));
    this.req.on('end', () => {
      this.#reader = undefined;
      reader.onBody(Buffer.alloc(0), true);
    });
  }

  pauseBody(): void {
    this.req.pause();
  }

  resumeBody(): void {
    this.req.resume();
  }

  inform(status: number, reason: string, fields: Fields): boolean {
    // Node says 100 itself.
    if (this.protocol === 'HTTP/1.0' || status === 100 || this.#isOver) return false;
    return informDirect(this.#res, `HTTP/1.1 ${status} ${reason}`, fields);
  }

  respond(
    status: number,
    reason: string,
    fields: Fields,
    body: Uint8Array | string | undefined,
    length?: number,
  ): void {
    const size = length ?? (body === undefined ? 0 : Buffer.byteLength(body));
    const hasBody = status !== 204 && status !== 304;
    const out = this.#outgoing(fields, hasBody ? size : -1);
    const sent = body === undefined || !hasBody || this.method === 'HEAD' ? undefined : body;
    const bytes = sent === undefined ? 0 : Buffer.byteLength(sent);
    this.#count(bytes);
    const line = `HTTP/1.1 ${status} ${reason}`;
    if (bytes <= DIRECT_BYTES && bytes === (sent?.length ?? 0) && !this.#isOver) {
      const isDirect = respondDirect(this.#res, line, out, hasDate(fields), sent, this.#isClosing);
      if (isDirect) {
        this.#finish(undefined);
        return;
      }
    }
    this.#writeHead(status, reason, out);
    this.#finish(sent === undefined ? undefined : Buffer.from(sent as Uint8Array));
  }

  begin(status: number, reason: string, fields: Fields, length: number): void {
    this.#writeHead(status, reason, this.#outgoing(fields, length));
    this.#isHeadHeld = true;
    process.nextTick(flushHead, this);
  }

  /** Node holds a head until its body begins, and members may take their time between the two. */
  flushHead(): void {
    if (!this.#isHeadHeld || this.#isOver) return;
    this.#isHeadHeld = false;
    // flushHeaders would write the head as UTF-8, and each byte of a field above ASCII as two.
    this.#res.write(NO_BYTES);
  }

  write(chunk: Uint8Array): boolean {
    if (this.#isOver) return true;
    this.#isHeadHeld = false;
    this.#count(chunk.length);
    // The chunk lies in a buffer that is about to be read into again.
    if (this.#res.write(Buffer.from(chunk))) return true;
    if (!this.#isFull) this.#res.once('drain', () => this.#onDrain());
    this.#isFull = true;
    return false;
  }

  #onDrain(): void {
    this.#isFull = false;
    this.#owner?.onClientWritable();
  }

  /** As httpd, which hands trailers on in HTTP/2 alone. */
  end(): void {
    this.#finish(undefined);
  }

  /** False when the client is gone: from now on the connection is another's, and nothing is told of it here. */
  protected handOver(): boolean {
    if (this.#isOver) return false;
    this.#isOver = true;
    return true;
  }

  closeAfter(): void {
    this.#isClosing = true;
  }

  abort(): void {
    this.#isOver = true;
    const { socket } = this.req;
    // Node holds what is written back until the end of the turn; what there is of the response leaves all the same.
    while (socket.writableCorked > 0) socket.uncork();
    socket.destroy();
  }

  fault(): void {
    if (this.#isOver) return;
    const owner = this.#owner;
    this.#owner = undefined;
    if (this.#res.headersSent) this.abort();
    else {
      this.#isClosing = true;
      this.respond(500, 'Internal Server Error', ['Content-Type', 'text/plain'], 'Internal Server Error\n');
    }
    owner?.onClientAbort();
  }

  /** The fields that are sent; whether the connection goes on is decided here. */
  #outgoing(fields: Fields, length: number): Fields {
    const out: string[] = fields.slice();
    if (length >= 0) out.push('Content-Length', String(length));
    this.#isClosing ||= this.#isLast();
    if (this.#isClosing) CLOSING.add(this.req.socket);
    if (this.#isClosing) out.push('Connection', 'close');
    else if (this.#asksKeepAlive) out.push('Keep-Alive', this.#keepAliveField(), 'Connection', 'Keep-Alive');
    let bytes = 64;
    for (const text of out) bytes += text.length + 2;
    this.bytesSent += bytes;
    return out;
  }

  #writeHead(status: number, reason: string, fields: Fields): void {
    const res = this.#res;
    if (hasDate(fields)) res.sendDate = false;
    // Node's own Connection and Keep-Alive fields are not httpd's.
    res.removeHeader('Connection');
    res.shouldKeepAlive = !this.#isClosing;
    res.writeHead(status, reason, fields);
  }

  /** httpd serves one request more than MaxKeepAliveRequests says. */
  #isLast(): boolean {
    if (this.protocol === 'HTTP/1.0' && !this.#asksKeepAlive) return true;
    return this.#server.maxKeepAliveRequests > 0 && this.keepAliveCount >= this.#server.maxKeepAliveRequests;
  }

  #keepAliveField(): string {
    const { maxKeepAliveRequests, keepAliveTimeout } = this.#server;
    const timeout = `timeout=${Math.floor(keepAliveTimeout / 1000)}`;
    return maxKeepAliveRequests === 0
      ? timeout
      : `${timeout}, max=${maxKeepAliveRequests - this.keepAliveCount}`;
  }

  #count(size: number): void {
    this.bodyBytesSent += size;
    this.bytesSent += size;
  }

  #finish(last: Buffer | undefined): void {
    if (this.#isOver) return;
    this.#isHeadHeld = false;
    const done = (): void => {
      if (this.#isOver) return;
      this.#isOver = true;
      this.#owner?.onResponseEnd();
    };
    if (last === undefined) this.#res.end(done);
    else this.#res.end(last, done);
  }
}

function ignore(): void {}

function flushHead(exchange: NodeExchange): void {
  exchange.flushHead();
}

/** Does somebody wait for an answer on a connection? */
export function hasWaiting(socket: Socket): boolean {
  return (WAITING.get(socket)?.size ?? 0) > 0;
}

/** Node tells the response alone that is being sent of its connection's end, and none of those behind it. */
function waitingOf(socket: Socket): Set<NodeExchange> {
  const known = WAITING.get(socket);
  if (known !== undefined) return known;
  const waiting = new Set<NodeExchange>();
  WAITING.set(socket, waiting);
  socket.once('close', () => {
    for (const exchange of waiting) exchange.onGone();
  });
  return waiting;
}

function hasDate(fields: Fields): boolean {
  for (let i = 0; i < fields.length; i += 2) if ((fields[i] as string).toLowerCase() === 'date') return true;
  return false;
}

function lowerNames(raw: readonly string[]): Fields {
  return raw.map((text, i) => (i % 2 === 0 ? text.toLowerCase() : text));
}

function announcedLength(req: http.IncomingMessage): number {
  if (req.headers['transfer-encoding'] !== undefined) return -1;
  return Number(req.headers['content-length'] ?? 0) || 0;
}
