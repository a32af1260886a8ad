/**
 * One HTTP/1.1 connection to a member: a conversation at a time, reused while both sides allow it. A net.Socket with
 * `onread` reads into one buffer that all connections of a thread share (libuv fills and hands it over in one go), so
 * no stream machinery and no copy stands between the member and the client; what a listener wants to keep it copies.
 *
 *   connecting → idle → head → body | chunked | until-close → idle …        any → closed
 *
 * The one place that reads what members send: all of it is checked here (response-head.ts, chunked.ts), so that a broken
 * response ends as a Failure and never as half an answer. Source: RFC 9112. Thread: the worker that opened it.
 */
import { strict as assert } from 'node:assert';
import net from 'node:net';
import type { MemberSettings } from '../member.js';
import { ChunkedDecoder } from './chunked.js';
import { hasControls } from './controls.js';
import type { Deadlines, Timed } from './deadlines.js';
import { writeDirect } from './direct-write.js';
import {
  CLOSED_EARLY,
  CONNECT_TIMEOUT_CODE,
  type Failure,
  failureOf,
  INCOMPLETE,
  type OsError,
  osErrorOf,
  TIMEOUT_EXPIRED,
} from './failure.js';
import { HeadError, parseHead, type ResponseHead, UNKNOWN_LENGTH } from './response-head.js';

/** What hears one request's answer. Chunks are views on the shared read buffer: copy what must outlive the call. */
export interface Conversation {
  onInterim(head: ResponseHead): void;
  /** body: what came with the head, or undefined; isLast: nothing follows and onEnd is not called. */
  onHead(head: ResponseHead, body: Buffer | undefined, isLast: boolean): void;
  /** isLast: nothing follows and onEnd is not called. */
  onData(chunk: Buffer, isLast: boolean): void;
  /** The body ended without a last chunk of its own. */
  onEnd(): void;
  /** The connection is unusable; the conversation is over. */
  onFailure(failure: Failure, osError: OsError | undefined): void;
  /** The member took what was written; the request's body may go on. */
  onDrain(): void;
}

const READ_BUFFER_BYTES = 65536;
/** Interim responses that are forwarded before a member is called broken (httpd: AP_MAX_INTERIM_RESPONSES). */
const MAX_INTERIM = 10;
/** Bytes that are looked at first for a head: most heads are shorter, and the rest of a read is body. */
const FIRST_LOOK_BYTES = 1024;
/** Bytes of a response head at the most, whatever responsefieldsize says of one line. */
const MAX_HEAD_BYTES = 262144;

let readBuffer: Buffer | undefined;

type Phase = 'connecting' | 'idle' | 'head' | 'body' | 'chunked' | 'until-close' | 'closed';

export class Http1Connection implements Timed {
  readonly member: MemberSettings;
  next: Timed | undefined;
  previous: Timed | undefined;
  /** Requests answered on this connection so far. */
  served = 0;
  /** Ms since the epoch when something last moved on it. */
  lastActivity: number;
  /** Idle milliseconds the member promised to wait (`Keep-Alive: timeout=`), 0 for no word. */
  idleLimit = 0;
  /** Bytes read in this conversation as httpd counts them: status line and body. */
  bytesRead = 0;
  /** Has anything of this conversation's answer come? */
  hasAnswer = false;
  onIdleClose: ((connection: Http1Connection) => void) | undefined;

  readonly #socket: net.Socket;
  readonly #deadlines: Deadlines;
  #phase: Phase = 'connecting';
  #talk: Conversation | undefined;
  #isHeadRequest = false;
  #timeout: number;
  #left = 0;
  #interims = 0;
  #partial: Buffer | undefined;
  #decoder: ChunkedDecoder | undefined;
  #isReusable = false;
  #isPaused = false;
  #isRequestSent = false;

  /**
   * Opens a connection.
   * address    IP to connect to
   * onConnect  called once: without an error when it is usable, with one when it never will be
   */
  constructor(
    member: MemberSettings,
    address: string,
    timeout: number,
    deadlines: Deadlines,
    onConnect: (error: OsError | undefined, connection: Http1Connection) => void,
  ) {
    this.member = member;
    this.#deadlines = deadlines;
    readBuffer ??= Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);
    this.#socket = net.connect({
      host: address,
      port: member.port,
      noDelay: true,
      keepAlive: member.keepalive,
      onread: {
        buffer: readBuffer,
        callback: (length: number, buffer: Uint8Array): boolean => this.#onBytes(buffer as Buffer, length),
      },
    });
    this.#socket.once('connect', () => {
      this.#deadlines.disarm(this);
      this.#phase = 'idle';
      onConnect(undefined, this);
    });
    this.#socket.on('drain', () => this.#talk?.onDrain());
    this.#socket.on('end', () => this.#onEnd());
    this.#socket.on('error', (error: NodeJS.ErrnoException) => {
      const wasConnecting = this.#phase === 'connecting';
      this.#onError(osErrorOf(error));
      if (wasConnecting) onConnect(osErrorOf(error), this);
    });
    this.#socket.on('close', () => this.#onEnd());
    this.lastActivity = Date.now();
    this.#timeout = timeout;
    this.#deadlines.arm(this);
  }

  get deadline(): number {
    return this.lastActivity + this.#timeout;
  }

  get isOpen(): boolean {
    return this.#phase !== 'closed';
  }

  /** May the next request use it? True between the end of a clean conversation and the next. */
  get isReusable(): boolean {
    return this.#phase === 'idle' && this.#isReusable && this.#isRequestSent;
  }

  /**
   * Starts a conversation: sends a request's head, and its body as far as it is there.
   * head     request line and fields with the empty line, latin1
   * timeout  ms of silence after which it fails
   * now      ms since the epoch
   */
  converse(
    talk: Conversation,
    method: string,
    head: string,
    body: Buffer | undefined,
    timeout: number,
    now: number,
  ): void {
    assert(this.#phase === 'idle');
    this.#phase = 'head';
    this.#talk = talk;
    this.#isHeadRequest = method === 'HEAD';
    this.#timeout = timeout;
    this.#interims = 0;
    this.#isReusable = false;
    this.#isRequestSent = false;
    this.bytesRead = 0;
    this.hasAnswer = false;
    this.lastActivity = now;
    this.#deadlines.arm(this);
    if (body === undefined) {
      if (!writeDirect(this.#socket, head)) this.#socket.write(head, 'latin1');
    } else {
      this.#socket.cork();
      this.#socket.write(head, 'latin1');
      this.#socket.write(body);
      this.#socket.uncork();
    }
  }

  /** Sends a piece of the request's body; false when the member is slower: wait for onDrain. */
  write(chunk: Buffer | string): boolean {
    this.lastActivity = Date.now();
    return this.#phase === 'closed' ? true : this.#socket.write(chunk as Buffer);
  }

  /** The request is complete; only then may the connection be reused. */
  finishRequest(): void {
    this.#isRequestSent = true;
  }

  /** Stops reading the answer: the client is slower than the member. The time-out rests meanwhile. */
  pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#deadlines.disarm(this);
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    if (this.#talk === undefined) return;
    this.lastActivity = Date.now();
    this.#deadlines.arm(this);
    this.#socket.resume();
  }

  /** Ends it, whatever it is doing; nobody is told. */
  destroy(): void {
    this.#phase = 'closed';
    this.#talk = undefined;
    this.#deadlines.disarm(this);
    this.#socket.destroy();
  }

  onDeadline(): void {
    const talk = this.#talk;
    if (talk === undefined) {
      this.#socket.destroy(Object.assign(new Error('connect timeout'), { code: CONNECT_TIMEOUT_CODE }));
      return;
    }
    this.destroy();
    talk.onFailure(failureOf(this.hasAnswer ? 'E_UPSTREAM_BODY' : 'E_UPSTREAM_TIMEOUT'), TIMEOUT_EXPIRED);
  }

  // --- what the socket tells

  #onError(osError: OsError): void {
    const talk = this.#talk;
    const wasIdle = this.#phase === 'idle';
    const hadAnswer = this.hasAnswer;
    this.destroy();
    if (talk !== undefined)
      talk.onFailure(failureOf(hadAnswer ? 'E_UPSTREAM_BODY' : 'E_UPSTREAM_CLOSED'), osError);
    else if (wasIdle) this.onIdleClose?.(this);
  }

  #onEnd(): void {
    switch (this.#phase) {
      case 'until-close': {
        const talk = this.#takeTalk();
        this.destroy();
        talk.onEnd();
        break;
      }
      case 'idle':
      case 'head':
        this.#onError(CLOSED_EARLY);
        break;
      case 'body':
      case 'chunked':
        this.#onError(INCOMPLETE);
        break;
      case 'connecting':
      case 'closed':
        break;
    }
  }

  /** Returns false to stop reading. */
  #onBytes(buffer: Buffer, length: number): boolean {
    this.lastActivity = Date.now();
    switch (this.#phase) {
      case 'head':
        this.#onHeadBytes(buffer, length);
        break;
      case 'body':
        this.#onBodyBytes(buffer, 0, length);
        break;
      case 'chunked':
        this.#onChunkedBytes(buffer, 0, length);
        break;
      case 'until-close':
        this.bytesRead += length;
        this.#talk?.onData(buffer.subarray(0, length), false);
        break;
      case 'idle': // bytes nobody asked for: not to be trusted (httpd: AH03408)
        this.destroy();
        this.onIdleClose?.(this);
        break;
      case 'connecting':
      case 'closed':
        break;
    }
    return !this.#isPaused;
  }

  #onHeadBytes(buffer: Buffer, length: number): void {
    let bytes = buffer;
    let end = length;
    if (this.#partial !== undefined) {
      bytes = Buffer.concat([this.#partial, buffer.subarray(0, length)]);
      end = bytes.length;
      this.#partial = undefined;
    }
    let at = 0;
    while (this.#phase === 'head') {
      const head = this.#parse(bytes, at, end);
      if (head === undefined) return;
      at += head.size;
      this.hasAnswer = true;
      if (head.status >= 200) {
        this.bytesRead += 13 + head.reason.length;
        this.#onFinalHead(head, bytes, at, end);
        return;
      }
      this.#onInterimHead(head);
      if (at >= end) return;
    }
  }

  /** A head that is all there; undefined when more has to come, or when it is broken and the conversation over. */
  #parse(bytes: Buffer, at: number, end: number): ResponseHead | undefined {
    try {
      for (let size = FIRST_LOOK_BYTES; ; size *= 8) {
        const text = bytes.toString('latin1', at, Math.min(end, at + size));
        const head = parseHead(text, this.member.responsefieldsize);
        if (head !== undefined) {
          if (hasControls(bytes, at, at + head.size))
            throw new HeadError('control character in the response head');
          return head;
        }
        if (at + size >= end) break;
      }
    } catch (error) {
      if (!(error instanceof HeadError)) throw error;
      this.hasAnswer = true;
      this.#fail(
        error.isBadField
          ? failureOf('E_UPSTREAM_FIELD', { note: '' })
          : failureOf('E_UPSTREAM_HEAD', { note: error.message }),
      );
      return undefined;
    }
    this.#keepPartial(bytes, at, end);
    return undefined;
  }

  #keepPartial(bytes: Buffer, at: number, end: number): void {
    if (end - at >= MAX_HEAD_BYTES) {
      this.#fail(failureOf('E_UPSTREAM_HEAD', { note: `Response head longer than ${MAX_HEAD_BYTES} bytes` }));
      return;
    }
    // What does not begin like HTTP is refused at once; it would else be waited for until the time-out.
    // httpd differs: it takes such an answer for HTTP/0.9 and hands all of it to the client.
    const start = bytes.toString('latin1', at, Math.min(end, at + 5));
    if (!'HTTP/'.startsWith(start.slice(0, 5))) {
      this.hasAnswer = true;
      this.#fail(failureOf('E_UPSTREAM_HEAD'));
      return;
    }
    this.#partial = Buffer.from(bytes.subarray(at, end));
  }

  #fail(failure: Failure): void {
    const talk = this.#takeTalk();
    this.destroy();
    talk.onFailure(failure, undefined);
  }

  #takeTalk(): Conversation {
    const talk = this.#talk;
    assert(talk !== undefined);
    this.#talk = undefined;
    return talk;
  }

  #onInterimHead(head: ResponseHead): void {
    this.#interims += 1;
    if (head.status === 101)
      this.#fail(failureOf('E_UPSTREAM_UPGRADE', { note: `Unexpected Upgrade: ${head.upgrade}` }));
    else if (this.#interims > MAX_INTERIM) this.#fail(failureOf('E_UPSTREAM_INTERIM'));
    else this.#talk?.onInterim(head);
  }

  #onFinalHead(head: ResponseHead, bytes: Buffer, at: number, end: number): void {
    this.#isReusable = head.isReusable;
    if (head.idleSeconds > 0) this.idleLimit = head.idleSeconds * 1000;
    // RFC 9112 6.3 #1: these have no body, whatever their fields say.
    if (this.#isHeadRequest || head.status === 204 || head.status === 304) {
      if (end > at) this.#isReusable = false;
      this.#complete().onHead(head, undefined, true);
      return;
    }
    if (head.isChunked) {
      this.#phase = 'chunked';
      this.#decoder = new ChunkedDecoder();
      this.#talk?.onHead(head, undefined, false);
      if (end > at) this.#onChunkedBytes(bytes, at, end);
      return;
    }
    if (head.length === UNKNOWN_LENGTH) {
      this.#phase = 'until-close';
      this.#isReusable = false;
      this.bytesRead += end - at;
      this.#talk?.onHead(head, end > at ? bytes.subarray(at, end) : undefined, false);
      return;
    }
    const available = end - at;
    if (available >= head.length) {
      if (available > head.length) this.#isReusable = false;
      this.bytesRead += head.length;
      this.#complete().onHead(head, bytes.subarray(at, at + head.length), true);
      return;
    }
    this.#phase = 'body';
    this.#left = head.length - available;
    this.bytesRead += available;
    this.#talk?.onHead(head, available > 0 ? bytes.subarray(at, end) : undefined, false);
  }

  #onBodyBytes(buffer: Buffer, at: number, end: number): void {
    const length = Math.min(this.#left, end - at);
    this.#left -= length;
    this.bytesRead += length;
    if (this.#left > 0) {
      this.#talk?.onData(buffer.subarray(at, at + length), false);
      return;
    }
    if (end - at > length) this.#isReusable = false;
    this.#complete().onData(buffer.subarray(at, at + length), true);
  }

  #onChunkedBytes(buffer: Buffer, at: number, end: number): void {
    const decoder = this.#decoder;
    assert(decoder !== undefined);
    const next = decoder.push(buffer, at, end, (piece) => {
      this.bytesRead += piece.length;
      this.#talk?.onData(piece, false);
    });
    if (this.#phase !== 'chunked') return;
    if (decoder.isBad) {
      this.#onError(INCOMPLETE);
      return;
    }
    if (!decoder.isDone) return;
    if (next < end) this.#isReusable = false;
    this.#complete().onEnd();
  }

  /** The answer is complete: the conversation is over before its owner hears so, that it may give the connection back. */
  #complete(): Conversation {
    const talk = this.#takeTalk();
    this.#deadlines.disarm(this);
    this.#decoder = undefined;
    this.#isPaused = false;
    this.#phase = 'idle';
    this.served += 1;
    return talk;
  }
}
