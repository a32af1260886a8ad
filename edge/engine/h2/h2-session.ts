/**
 * A client's connection in HTTP/2: its streams, and what bounds them. nghttp2 under Node keeps the protocol (RFC 9113)
 * and refuses floods of SETTINGS, PING, empty frames, CONTINUATION and fields; what it does not count is counted here:
 * streams that the client takes back (rapid reset), streams that stand still because it gives no window or sends no
 * body, and a connection on which nothing happens.
 *
 * Source: RFC 9113 5.1.2, 6.8, 10.5; httpd 2.4, mod_http2. Thread: worker.
 */
import http2, { type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import type { Socket } from 'node:net';
import type tls from 'node:tls';
import type { Exchange } from '../../exchange.js';
import { type ClientSession, sessionOf } from '../../secure/session.js';
import type { Ms, ServerSettings } from '../../settings.js';
import { plainAddress } from '../node/engine-node-refused.js';
import { H2Exchange } from './h2-exchange.js';
import { H2Wire, type WireOwner } from './h2-wire.js';
import { goawayCodeOf, type Http2End, http2EndOf } from './http2-ends.js';

const { constants } = http2;

/** mod_http2's directives, as far as they have a meaning here. */
export interface Http2Settings {
  /** H2MaxSessionStreams */
  maxSessionStreams: number;
  /** H2WindowSize: bytes a client may send on a stream before it is answered for. */
  windowSize: number;
  /** H2StreamTimeout; undefined: Timeout. */
  streamTimeout?: Ms;
  /** H2Direct: the preface is understood without being asked; undefined: where h2c is among the Protocols. */
  direct?: boolean;
  /** H2Upgrade, for `Upgrade: h2c`. */
  upgrade?: boolean;
  modernTlsOnly: boolean;
  earlyHints: boolean;
  /** H2Padding: bits of random padding, 0 for none. */
  padding: number;
  webSockets: boolean;
  /** H2MaxStreamErrors: frames that break the protocol before the connection is closed. */
  maxStreamErrors: number;
}

export const HTTP2_DEFAULTS: Http2Settings = {
  maxSessionStreams: 100,
  windowSize: 65535,
  modernTlsOnly: true,
  earlyHints: false,
  padding: 0,
  webSockets: true,
  maxStreamErrors: 8,
};

/** What is the same for all streams of a connection. */
export interface Peer {
  isSecure: boolean;
  remoteAddress: string;
  remotePort: number;
  localAddress: string;
  localPort: number;
}

/** Who opens sessions and hears of them. */
export interface SessionOwner {
  readonly server: ServerSettings;
  readonly hasWebSockets: boolean;
  onExchange(exchange: Exchange): void;
  /** A stream stood still for too long and was reset, or the connection did and was dropped. */
  onStalled(session: H2Session): void;
  /** why: words for the error log, empty for a usual end */
  onSessionEnd(session: H2Session, why: string, end: Http2End): void;
}

/** Streams that a client may take back at once, and per second after that, before it is taken for an attack. */
const RESET_BURST = 300;
const RESETS_PER_SECOND = 33;
/** Bytes that Node may hold for one connection: streams, fields, what waits to be sent. */
const SESSION_MEGABYTES = 10;
const MOST_FIELD_BYTES = 65536;
/** Connection-wide, beside the stream's: a hundred streams must not wait for each other. */
const CONNECTION_WINDOW_BYTES = 1048576;
const LAST_STREAM = 2 ** 31 - 1;
/** RFC 9113 9.2.2, as httpd's H2ModernTLSOnly reads it: forward secrecy and authenticated encryption. */
const MODERN_CIPHER = /^(?:TLS_|(?:EC)?DHE-.*(?:GCM|CHACHA20|CCM))/;

export class H2Session implements WireOwner {
  readonly settings: Http2Settings;
  readonly peer: Peer;
  /** Streams so far. */
  served = 0;
  readonly #owner: SessionOwner;
  readonly #session: ServerHttp2Session;
  readonly #socket: Socket;
  readonly #wire: H2Wire;
  readonly #open = new Set<H2Exchange>();
  #idleSince = Date.now();
  #resets = RESET_BURST;
  #resetsAt = Date.now();
  #why = '';
  #kind: Http2End = 'protocol';
  #isLeaving = false;
  /** Pongs that nobody asked for: those to come, of which Node makes an error each, and all. */
  #strayPongs = 0;
  #allStrayPongs = 0;

  /** socket  may have bytes to read already; nobody else may read from it */
  constructor(socket: Socket, owner: SessionOwner, isSecure: boolean) {
    const { server } = owner;
    this.#owner = owner;
    this.#socket = socket;
    this.settings = server.http2 ?? HTTP2_DEFAULTS;
    this.peer = {
      isSecure,
      remoteAddress: plainAddress(socket.remoteAddress),
      remotePort: socket.remotePort ?? 0,
      localAddress: plainAddress(socket.localAddress),
      localPort: socket.localPort ?? 0,
    };
    const fieldBytes = Math.max(MOST_FIELD_BYTES, server.limitRequestFieldSize + server.limitRequestLine);
    const options: http2.ServerOptions = {
      maxSessionMemory: SESSION_MEGABYTES,
      // Node counts streams above the limit among them, which a client may begin before it has heard of the limit.
      maxSessionInvalidFrames: this.settings.maxStreamErrors + this.settings.maxSessionStreams,
      maxHeaderListPairs: Math.max(128, server.limitRequestFields * 2),
      paddingStrategy:
        this.settings.padding > 0 ? constants.PADDING_STRATEGY_MAX : constants.PADDING_STRATEGY_NONE,
      settings: {
        maxConcurrentStreams: this.settings.maxSessionStreams,
        initialWindowSize: this.settings.windowSize,
        maxHeaderListSize: fieldBytes,
        enablePush: false,
        ...(owner.hasWebSockets && this.settings.webSockets ? { enableConnectProtocol: true } : {}),
      },
    };
    const wire = new H2Wire(socket, this, server.timeout);
    this.#wire = wire;
    this.#session = http2.performServerHandshake(wire as unknown as Socket, options);
    const destroy = this.#session.destroy.bind(this.#session);
    this.#session.destroy = (error, code) => {
      const wanted = goawayCodeOf(error);
      if (wanted === constants.NGHTTP2_PROTOCOL_ERROR && this.#isStrayPong()) return;
      // For a stream nghttp2 has it reset; for the connection it says GOAWAY, and the wire sees that.
      if (wanted === constants.NGHTTP2_FLOW_CONTROL_ERROR) return;
      // Node ends it with INTERNAL_ERROR, whatever the client has done.
      const why = code ?? wanted ?? (error === undefined ? 0 : constants.NGHTTP2_INTERNAL_ERROR);
      if (why !== constants.NGHTTP2_NO_ERROR) wire.sayLast(why);
      destroy(error, why);
    };
    this.#session.on('stream', (stream: ServerHttp2Stream, _headers: unknown, flags: number, raw?: unknown) =>
      this.#onStream(stream, flags, raw as string[]),
    );
    this.#session.on('error', (error) => this.#because(error.message, http2EndOf(error)));
    this.#session.on('close', () => this.#owner.onSessionEnd(this, this.#why, this.#kind));
    this.#session.setLocalWindowSize(Math.max(CONNECTION_WINDOW_BYTES, this.settings.windowSize));
    if (isSecure && this.settings.modernTlsOnly && !isModern(socket as tls.TLSSocket)) {
      this.#end(constants.NGHTTP2_INADEQUATE_SECURITY, 'TLS is not modern enough for HTTP/2', 'tls');
    }
  }

  /** Undefined in clear text. */
  get secure(): ClientSession | undefined {
    return this.peer.isSecure ? sessionOf(this.#socket as tls.TLSSocket) : undefined;
  }

  #onStream(stream: ServerHttp2Stream, flags: number, raw: readonly string[]): void {
    const hasBody = (flags & constants.NGHTTP2_FLAG_END_STREAM) === 0;
    const exchange = new H2Exchange(stream, raw, hasBody, this);
    this.served += 1;
    this.#open.add(exchange);
    this.#owner.onExchange(exchange);
  }

  /** A stream is over. isReset: its answer was not complete */
  forget(exchange: H2Exchange, isReset: boolean): void {
    this.#open.delete(exchange);
    if (this.#open.size === 0) this.#idleSince = Date.now();
    if (isReset) this.#countReset();
  }

  #countReset(): void {
    const now = Date.now();
    this.#resets = Math.min(RESET_BURST, this.#resets + ((now - this.#resetsAt) / 1000) * RESETS_PER_SECOND);
    this.#resetsAt = now;
    this.#resets -= 1;
    if (this.#resets < 0)
      this.#end(constants.NGHTTP2_ENHANCE_YOUR_CALM, 'too many streams were reset by the client', 'resets');
  }

  /** Called every second: lets go who stands still. */
  sweep(now: number): void {
    const { keepAliveTimeout, timeout } = this.#owner.server;
    this.#wire.tick(now);
    if (this.#wire.stuckSince > 0 && now - this.#wire.stuckSince > timeout) {
      // Not even a reset of its streams would reach it.
      this.#wire.cut();
      this.#owner.onStalled(this);
      return;
    }
    if (this.#open.size === 0) {
      if (now - this.#idleSince > (this.served > 0 ? keepAliveTimeout : timeout)) this.#session.close();
      return;
    }
    const limit = this.settings.streamTimeout ?? timeout;
    for (const exchange of this.#open) {
      if (exchange.waitsSince === 0 || now - exchange.waitsSince <= limit) continue;
      if (now - this.#wire.movedAt(exchange.stream) > limit) {
        exchange.expire();
        this.#owner.onStalled(this);
      }
    }
  }

  /** The server goes: first only said, so that what is on its way still comes (RFC 9113 6.8); then with the last stream. */
  announceLeave(): void {
    if (this.#session.closed || this.#session.destroyed) return;
    this.#session.goaway(constants.NGHTTP2_NO_ERROR, LAST_STREAM);
  }

  leave(): void {
    if (this.#isLeaving || this.#session.destroyed) return;
    this.#isLeaving = true;
    this.#session.close();
  }

  destroy(): void {
    this.#session.destroy();
  }

  #end(code: number, why: string, kind: Http2End): void {
    this.#because(why, kind);
    if (this.#session.destroyed) return;
    this.#session.goaway(code);
    this.#session.destroy(undefined, code);
  }

  // --- what passes on the wire

  onWireEnd(code: number, isTold: boolean): void {
    const why = 'the client broke the protocol of HTTP/2';
    if (!isTold) this.#end(code, why, 'protocol');
    else if (!this.#session.destroyed) {
      this.#because(why, 'protocol');
      this.#session.destroy(undefined, code);
    }
  }

  /** RFC 9113 6.7 has nothing against it, Node has. */
  onStrayPong(): void {
    this.#strayPongs += 1;
    this.#allStrayPongs += 1;
  }

  #isStrayPong(): boolean {
    if (this.#strayPongs === 0 || this.#allStrayPongs > this.settings.maxStreamErrors) return false;
    this.#strayPongs -= 1;
    return true;
  }

  #because(why: string, kind: Http2End): void {
    if (this.#why !== '') return;
    this.#why = why;
    this.#kind = kind;
  }
}

function isModern(socket: tls.TLSSocket): boolean {
  if (socket.getProtocol() === 'TLSv1.3') return true;
  return socket.getProtocol() === 'TLSv1.2' && MODERN_CIPHER.test(socket.getCipher().name);
}
