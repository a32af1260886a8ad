/**
 * One connection to a member in HTTP/2, shared by as many requests as the member allows at a time. nghttp2 under Node
 * keeps the protocol and its windows: a stream holds at most STREAM_WINDOW_BYTES that its client has not taken, and the
 * connection's window has room for that of all streams, so that a slow client stops nobody else's answer and memory stays
 * bounded. A member that sends GOAWAY gets no new stream; those it has are finished.
 *
 *   connecting → open → leaving → closed          any → closed
 *
 * Source: RFC 9113 5, 6.8; httpd 2.4, mod_proxy_http2. Thread: the worker that opened it.
 */
import http2, {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type ClientSessionRequestOptions,
  type OutgoingHttpHeaders,
} from 'node:http2';
import type net from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { MemberSettings } from '../member.js';
import type { Deadlines, Timed } from './deadlines.js';
import { CLOSED_EARLY, CONNECT_TIMEOUT_CODE, type OsError } from './failure.js';
import { connectErrorOf, openSocket, type Way } from './socket.js';

/** Bytes of an answer that wait for its client. */
const STREAM_WINDOW_BYTES = 131072;
/** Requests at a time on one connection, whatever a member allows. */
export const MOST_STREAMS = 100;
/** Bytes that Node may hold for one connection, in its own way of counting: windows, fields, what waits to be sent. */
const SESSION_MEGABYTES = 32;
const MOST_FIELDS = 1000;
const MOST_FIELD_BYTES = 262144;

type State = 'connecting' | 'open' | 'leaving' | 'closed';

/** Told once, when the session can be used or never will be. */
export type OnSession = (error: OsError | undefined) => void;

export class H2Session implements Timed {
  readonly way: Way | undefined;
  next: Timed | undefined;
  previous: Timed | undefined;
  /** Requests begun on it. */
  served = 0;
  /** Ms since the epoch when the last of its requests ended. */
  lastActivity = Date.now();
  /** It serves one request: nobody else's may go the same way. */
  readonly isSingle: boolean;
  readonly #socket: net.Socket;
  readonly #deadlines: Deadlines;
  readonly #timeout: number;
  readonly #onEnd: (session: H2Session) => void;
  #session: ClientHttp2Session | undefined;
  #state: State = 'connecting';
  #streams = 0;
  #waiting: OnSession[] = [];
  #pinging: ((isThere: boolean) => void)[] = [];

  /**
   * address  IP to connect to, or the path of a unix socket
   * timeout  ms for connecting
   * onEnd    it takes no more requests
   */
  constructor(
    member: MemberSettings,
    address: string,
    way: Way | undefined,
    timeout: number,
    deadlines: Deadlines,
    onEnd: (session: H2Session) => void,
  ) {
    this.way = way;
    this.isSingle = !member.reuse || way?.prelude !== undefined;
    this.#deadlines = deadlines;
    this.#timeout = timeout;
    this.#onEnd = onEnd;
    const alpn = way?.tls === undefined ? [] : ['h2'];
    this.#socket = openSocket(member, address, way, alpn, undefined, () => this.#onReady(alpn.length > 0));
    this.#socket.on('error', this.#onSocketError);
    deadlines.arm(this);
  }

  /** A stream more can be begun, now or as soon as the connection stands. */
  get hasRoom(): boolean {
    if (this.#state !== 'connecting' && this.#state !== 'open') return false;
    const allowed = this.#session?.remoteSettings.maxConcurrentStreams ?? MOST_STREAMS;
    return this.#streams < (this.isSingle ? 1 : Math.min(allowed, MOST_STREAMS));
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  get isIdle(): boolean {
    return this.#streams === 0;
  }

  get deadline(): number {
    return this.lastActivity + this.#timeout;
  }

  /** Takes the place of a stream; it is given back by leave. */
  enter(): void {
    this.#streams += 1;
  }

  leave(): void {
    this.#streams -= 1;
    this.lastActivity = Date.now();
    if (this.isSingle || (this.#state === 'leaving' && this.#streams === 0)) this.close();
  }

  /** onSession is called when it stands, or when it does not; not before this returns. */
  whenOpen(onSession: OnSession): void {
    this.#waiting.push(onSession);
  }

  /** errors  throws what Node has against the fields, or where the session has ended */
  request(headers: OutgoingHttpHeaders, options: ClientSessionRequestOptions): ClientHttp2Stream {
    if (this.#session === undefined) throw new Error('no session');
    this.served += 1;
    return this.#session.request(headers, options);
  }

  /**
   * Asks whether the member is there; who asks while a ping is out waits for that one, since Node keeps only ten.
   * onPong: called once, not before this returns
   */
  ping(onPong: (isThere: boolean) => void): void {
    this.#pinging.push(onPong);
    if (this.#pinging.length > 1) return;
    const tell = (isThere: boolean): void => {
      for (const one of this.#pinging.splice(0)) one(isThere);
    };
    try {
      if (this.#session?.ping((error) => tell(error === null)) !== undefined) return;
    } catch {
      // It has ended, and says so only later.
    }
    setImmediate(tell, false);
  }

  /** Ends it and all of its streams. */
  close(): void {
    const wasClosed = this.#state === 'closed';
    this.#state = 'closed';
    this.#deadlines.disarm(this);
    this.#session?.destroy();
    this.#socket.destroy();
    if (!wasClosed) this.#onEnd(this);
  }

  onDeadline(): void {
    if (this.#state !== 'connecting') return;
    this.#socket.destroy(Object.assign(new Error('connect timeout'), { code: CONNECT_TIMEOUT_CODE }));
  }

  #onReady(isSecure: boolean): void {
    this.#deadlines.disarm(this);
    const socket = this.#socket;
    if (isSecure && (socket as TLSSocket).alpnProtocol !== 'h2') {
      this.#tell({ ...CLOSED_EARLY, tls: ['SSL Proxy: the member did not agree to h2 (ALPN)'] });
      return;
    }
    socket.off('error', this.#onSocketError);
    this.#session = http2.connect(isSecure ? 'https://member' : 'http://member', {
      createConnection: () => socket,
      maxSessionMemory: SESSION_MEGABYTES,
      maxHeaderListPairs: MOST_FIELDS,
      settings: {
        enablePush: false,
        initialWindowSize: STREAM_WINDOW_BYTES,
        maxHeaderListSize: MOST_FIELD_BYTES,
      },
    });
    this.#session.on('error', () => undefined);
    this.#session.on('close', () => {
      if (this.#state === 'connecting') this.#tell(CLOSED_EARLY);
      else this.close();
    });
    this.#session.on('goaway', () => this.#onGoaway());
    this.#session.once('connect', () => {
      this.#session?.setLocalWindowSize(STREAM_WINDOW_BYTES * MOST_STREAMS);
      this.#state = 'open';
      this.#tell(undefined);
    });
  }

  #onGoaway(): void {
    if (this.#state !== 'open') return;
    this.#state = 'leaving';
    this.#onEnd(this);
    if (this.#streams === 0) this.close();
  }

  readonly #onSocketError = (error: NodeJS.ErrnoException): void => {
    this.#tell(connectErrorOf(this.#socket, error));
  };

  #tell(error: OsError | undefined): void {
    const waiting = this.#waiting.splice(0);
    if (error !== undefined) this.close();
    for (const onSession of waiting) onSession(error);
  }
}
