/**
 * A request on a stream of HTTP/2 as an exchange. What HTTP/1.1 says in a request line and Host comes in pseudo-fields
 * and goes on as if it had been said there; what is of a connection has no place here (RFC 9113 8.2.2). Node's streams
 * hold what the client's window does not take: they tell when to stop, and a stopped client is found by the sweep of
 * h2-session.ts.
 *
 * A WebSocket comes as an extended CONNECT (RFC 8441): it is shown as the GET with Upgrade that a member understands, and
 * its 101 becomes a 200.
 * Thread: worker.
 */
import { randomBytes } from 'node:crypto';
import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { Crossing, OpenCrossing } from '../../crossing.js';
import type { BodyReader, Exchange, ExchangeOwner, Fields } from '../../exchange.js';
import { ByteTunnel } from '../byte-tunnel.js';
import type { H2Session } from './h2-session.js';

const NOTHING = Buffer.alloc(0);
/** Fields of a connection, which a stream may not have; Upgrade and the handshake of a WebSocket belong to HTTP/1.1. */
const OF_CONNECTION = new Set([
  'connection',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
]);
const RESET_CONTENT = 205;
/** RFC 9110 15: what is no status is taken for an error of the server's; Node sends none of them. */
const MOST_STATUS = 599;
const BAD_GATEWAY = 502;
/** Fields of which Node sends one alone. */
const SINGLE = new Set(
  `age authorization access-control-allow-credentials access-control-max-age access-control-request-method
  content-encoding content-language content-length content-location content-md5 content-range content-type date dnt
  etag expires from host if-match if-modified-since if-none-match if-range if-unmodified-since last-modified location
  max-forwards proxy-authorization range referer retry-after tk upgrade-insecure-requests user-agent
  x-content-type-options`.split(/\s+/),
);

export class H2Exchange implements Exchange {
  readonly method: string;
  readonly target: string;
  readonly protocol = 'HTTP/2.0';
  readonly fields: Fields = [];
  readonly isSecure: boolean;
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly keepAliveCount: number;
  readonly bodyLength: number;
  readonly wantsClose = false;
  /** Its number. */
  readonly stream: number;
  trailers?: Fields;
  bodyBytesSent = 0;
  bytesSent = 0;
  /** Ms since the epoch at which the client was first waited for, 0 while nobody waits; the session's sweep reads it. */
  waitsSince = 0;

  readonly #stream: ServerHttp2Stream;
  readonly #session: H2Session;
  readonly #isWebSocket: boolean;
  #owner: ExchangeOwner | undefined;
  #reader: BodyReader | undefined;
  #trailers: OutgoingHttpHeaders | undefined;
  /** The stream ends with trailers, be they empty. */
  #hasTrailers = false;
  #isBodyLeft = false;
  /** Of an answer that may have no body whatever the member sends: Node would end the stream with the head. */
  #held: OutgoingHttpHeaders | undefined;
  #isOver = false;
  #isEnded = false;

  /** raw  name, value, name, value …, pseudo-fields first */
  constructor(stream: ServerHttp2Stream, raw: readonly string[], hasBody: boolean, session: H2Session) {
    this.#stream = stream;
    this.stream = stream.id ?? 0;
    this.#session = session;
    const { peer } = session;
    this.isSecure = peer.isSecure;
    this.remoteAddress = peer.remoteAddress;
    this.remotePort = peer.remotePort;
    this.localAddress = peer.localAddress;
    this.localPort = peer.localPort;
    this.keepAliveCount = session.served;
    const head = readFields(raw, this.fields);
    this.#isWebSocket = head.protocol === 'websocket';
    this.method = this.#isWebSocket ? 'GET' : head.method;
    this.target = head.path;
    if (this.#isWebSocket) {
      const key = randomBytes(16).toString('base64');
      this.fields.push('upgrade', 'websocket', 'connection', 'Upgrade', 'sec-websocket-key', key);
    }
    this.bodyLength = !hasBody || this.#isWebSocket ? 0 : head.length;
    stream.on('error', ignore);
    stream.on('close', () => this.#onClose());
  }

  tlsVariable(name: string): string | undefined {
    const { secure } = this.#session;
    if (secure !== undefined) return secure.variable(name);
    return name === 'HTTPS' ? 'off' : undefined;
  }

  tlsNames(exportsCertificates: boolean): string[] {
    return this.#session.secure?.standardNames(exportsCertificates) ?? [];
  }

  get sniName(): string | undefined {
    return this.#session.secure?.serverName;
  }

  attach(owner: ExchangeOwner): void {
    this.#owner = owner;
  }

  // --- request body

  readBody(reader: BodyReader): void {
    this.#reader = reader;
    this.waitsSince = Date.now();
    for (let i = 0; i < this.fields.length; i += 2) {
      if (this.fields[i] === 'expect' && !this.#stream.headersSent)
        this.#stream.additionalHeaders({ ':status': 100 });
    }
    this.#stream.on('data', (chunk: Buffer) => {
      this.waitsSince = Date.now();
      reader.onBody(chunk, false);
    });
    this.#stream.on('trailers', (_headers: unknown, _flags: number, raw?: unknown) => {
      this.trailers = raw as string[];
    });
    this.#stream.on('end', () => {
      this.#reader = undefined;
      if (!this.#isEnded) this.waitsSince = 0;
      if (!this.#stream.aborted) reader.onBody(NOTHING, true);
    });
  }

  pauseBody(): void {
    this.waitsSince = 0;
    this.#stream.pause();
  }

  resumeBody(): void {
    if (this.#reader !== undefined) this.waitsSince = Date.now();
    this.#stream.resume();
  }

  // --- response

  inform(status: number, _reason: string, fields: Fields): boolean {
    if (this.#isOver || this.#stream.headersSent || (status === 103 && !this.#session.settings.earlyHints))
      return false;
    try {
      this.#stream.additionalHeaders(headersOf(status, fields));
      return true;
    } catch {
      return false; // What Node does not say of it, the answer will do without.
    }
  }

  respond(
    status: number,
    _reason: string,
    fields: Fields,
    body: Uint8Array | string | undefined,
    length?: number,
  ): void {
    if (this.#isGone()) return;
    const headers = headersOf(status, fields);
    const size = length ?? (body === undefined ? 0 : Buffer.byteLength(body));
    if (size >= 0 && !isBodiless(status)) headers['content-length'] = size;
    this.#isEnded = true;
    const isEmpty = body === undefined || body.length === 0 || this.method === 'HEAD' || isBodiless(status);
    this.#countHead(fields);
    this.#stream.respond(headers, { endStream: isEmpty });
    if (isEmpty) {
      this.#leaveBody();
      return;
    }
    this.#count(size);
    this.waitsSince = Date.now();
    // The bytes may lie in a buffer that is about to be read into again.
    this.#stream.end(typeof body === 'string' ? body : Buffer.from(body));
    this.#leaveBody();
  }

  begin(status: number, _reason: string, fields: Fields, length: number): void {
    if (this.#isGone()) return;
    const headers = headersOf(status, fields);
    this.#countHead(fields);
    if (status === RESET_CONTENT) {
      this.#held = headers;
      return;
    }
    if (length >= 0) headers['content-length'] = length;
    // Only what has no length may have trailers; to wait for them costs a frame.
    const waitForTrailers = length < 0;
    this.#stream.respond(headers, { waitForTrailers });
    this.#hasTrailers = waitForTrailers;
    if (waitForTrailers) this.#stream.on('wantTrailers', () => this.#sendTrailers());
  }

  write(chunk: Uint8Array): boolean {
    if (this.#isGone() || this.#held !== undefined) return true;
    this.#count(chunk.length);
    if (this.#stream.write(Buffer.from(chunk))) return true;
    if (this.waitsSince === 0) this.waitsSince = Date.now();
    this.#stream.once('drain', () => {
      this.waitsSince = 0;
      if (!this.#isOver) this.#owner?.onClientWritable();
    });
    return false;
  }

  end(trailers?: Fields): void {
    if (this.#isGone()) return;
    if (trailers !== undefined && trailers.length > 0) {
      this.#trailers = headersOf(0, trailers);
    }
    this.#isEnded = true;
    this.waitsSince = Date.now();
    if (this.#held === undefined) this.#stream.end();
    else this.#stream.respond(this.#held, { endStream: true });
    this.#leaveBody();
  }

  #sendTrailers(): void {
    if (this.#stream.destroyed) return;
    try {
      this.#stream.sendTrailers(this.#trailers ?? {});
    } catch {
      reset(this.#stream, constants.NGHTTP2_INTERNAL_ERROR);
      return;
    }
    // Node writes once it is idle, and what is reset by then is not written.
    if (this.#isBodyLeft) setImmediate(() => this.#stream.close(constants.NGHTTP2_NO_ERROR));
  }

  /** RFC 9113 8.1: the answer is complete, the rest of the request is not wanted. */
  #leaveBody(): void {
    if (this.#reader === undefined) return;
    this.#reader = undefined;
    this.#isBodyLeft = true;
    if (this.#hasTrailers) return; // They come behind 'finish', and a stream that was reset sends none.
    this.#stream.once('finish', () => this.#stream.close(constants.NGHTTP2_NO_ERROR));
  }

  canUpgrade(protocol: string): boolean {
    return this.#isWebSocket && protocol === 'websocket';
  }

  upgrade(_reason: string, fields: Fields, crossing: Crossing): OpenCrossing | undefined {
    if (this.#isGone()) return undefined;
    this.#isOver = true;
    const { onEnd } = crossing;
    crossing.onEnd = (sent, received) => {
      this.bytesSent += received;
      onEnd(sent, received);
    };
    const headers = headersOf(200, fields);
    delete headers['sec-websocket-accept'];
    this.#countHead(fields);
    this.#stream.respond(headers);
    return new ByteTunnel(this.#stream, crossing, NOTHING);
  }

  /** A stream ends by itself; the connection goes on. */
  closeAfter(): void {}

  abort(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    reset(this.#stream, constants.NGHTTP2_INTERNAL_ERROR);
  }

  /** The client was waited for too long. */
  expire(): void {
    this.waitsSince = 0;
    reset(this.#stream, constants.NGHTTP2_CANCEL);
  }

  fault(): void {
    if (this.#isOver) return;
    const owner = this.#owner;
    this.#owner = undefined;
    if (this.#stream.headersSent) this.abort();
    else this.respond(500, '', ['content-type', 'text/plain'], 'Internal Server Error\n');
    owner?.onClientAbort();
  }

  #isGone(): boolean {
    return this.#isOver || this.#stream.destroyed || this.#stream.closed;
  }

  #onClose(): void {
    this.#session.forget(this, this.#stream.rstCode !== constants.NGHTTP2_NO_ERROR && !this.#isEnded);
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#isEnded && this.#stream.writableFinished) this.#owner?.onResponseEnd();
    else this.#owner?.onClientAbort();
  }

  #countHead(fields: Fields): void {
    let bytes = 18;
    for (const text of fields) bytes += text.length + 1;
    this.bytesSent += bytes;
  }

  #count(size: number): void {
    this.bodyBytesSent += size;
    this.bytesSent += size;
  }
}

function ignore(): void {}

/**
 * Ends a stream so that its answer can not be taken for complete: Node would first end it as if it were, with a frame
 * that has END_STREAM, unless there is nothing to be done at its end.
 */
function reset(stream: ServerHttp2Stream, code: number): void {
  stream._final = (done) => done();
  stream.close(code);
}

interface Head {
  method: string;
  path: string;
  protocol: string;
  length: number;
}

/** Fills the fields, Host first, cookies joined (RFC 9113 8.2.3); returns what stood in pseudo-fields. */
function readFields(raw: readonly string[], fields: Fields): Head {
  const head: Head = { method: 'GET', path: '', protocol: '', length: -1 };
  let authority = '';
  let cookieAt = -1;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i] as string;
    const value = raw[i + 1] as string;
    if (name.charCodeAt(0) === COLON) {
      if (name === ':method') head.method = value;
      else if (name === ':path') head.path = value;
      else if (name === ':protocol') head.protocol = value;
      else if (name === ':authority') {
        authority = value;
        fields.push('host', value);
      }
    } else if (name === 'host' && authority !== '') continue;
    else if (name === 'cookie' && cookieAt >= 0) fields[cookieAt] += `; ${value}`;
    else {
      if (name === 'cookie') cookieAt = fields.length + 1;
      if (name === 'content-length') head.length = Number(value) || 0;
      fields.push(name, value);
    }
  }
  // CONNECT has no path: what it asks for is an authority.
  if (head.path === '') head.path = authority;
  return head;
}

const COLON = 0x3a;

function isBodiless(status: number): boolean {
  return status === 204 || status === RESET_CONTENT || status === 304;
}

/** Fields as Node takes them. status: 0 for trailers */
function headersOf(status: number, fields: Fields): OutgoingHttpHeaders {
  // A member may call its fields as it likes: nothing is inherited.
  const headers = Object.create(null) as OutgoingHttpHeaders;
  if (status > 0) headers[':status'] = status > MOST_STATUS ? BAD_GATEWAY : status;
  for (let i = 0; i < fields.length; i += 2) {
    const name = (fields[i] as string).toLowerCase();
    const value = fields[i + 1] as string;
    if (OF_CONNECTION.has(name)) continue;
    const before = headers[name];
    if (before === undefined) headers[name] = value;
    else if (SINGLE.has(name)) continue;
    else if (Array.isArray(before)) before.push(value);
    else headers[name] = [String(before), value];
  }
  return headers;
}
