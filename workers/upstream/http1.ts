/**
 * One HTTP/1.1 connection to a member: a conversation at a time, reused while both sides allow it. A net.Socket with
 * `onread` reads into one buffer that all connections of a thread share (libuv fills it and hands it over in one go), so
 * that no stream machinery and no copy stands between the member and the client. What is read is understood by
 * answer.ts; here is the socket's life, its deadlines, and who is told when it ends.
 *
 *   connecting → idle → busy → idle …        busy → tunnel (after 101)        any → closed
 *
 * A request leaves at the end of its turn of the event loop, when all has been read that the member had said before. What
 * came on a kept connection until then, bytes or its end, is no answer to the request, which goes to another connection.
 *
 * Source: RFC 9112 9, 9.2; httpd 2.4, ap_proxy_check_connection. Thread: the worker that opened it.
 */
import { strict as assert } from 'node:assert';
import type net from 'node:net';
import { turnClock } from '../clock.js';
import type { Job } from '../job.js';
import type { MemberSettings } from '../member.js';
import type { RequestBody } from '../request-body.js';
import { TurnEnd } from '../turn-end.js';
import { AnswerReader, type AnswerSink } from './answer.js';
import type { Conversation, OnConnect, UpstreamConnection } from './connection.js';
import type { Deadlines, Timed } from './deadlines.js';
import { backlogOf, writeBytesDirect, writeDirect } from './direct-write.js';
import {
  CLOSED_EARLY,
  CONNECT_TIMEOUT_CODE,
  type Failure,
  failureOf,
  INCOMPLETE,
  type OsError,
  TIMEOUT_EXPIRED,
} from './failure.js';
import { RequestHeads } from './request-head.js';
import type { ResponseHead } from './response-head.js';
import { connectErrorOf, openSocket, type Way } from './socket.js';
import { type Tunnel, type TunnelSink, upgradeFor } from './tunnel.js';

/** Requests leave together. */
const SENDING = new TurnEnd<Http1Connection>((connection) => connection.sendHead());

type State = 'connecting' | 'idle' | 'busy' | 'tunnel' | 'closed';

export class Http1Connection implements UpstreamConnection, Timed, AnswerSink, Tunnel {
  readonly member: MemberSettings;
  readonly way: Way | undefined;
  next: Timed | undefined;
  previous: Timed | undefined;
  /** Requests answered on this connection so far. */
  served = 0;
  isWarmed = false;
  /** Ms since the epoch when something last moved on it. */
  lastActivity: number;
  onIdleClose: ((connection: UpstreamConnection) => void) | undefined;

  readonly #socket: net.Socket;
  readonly #deadlines: Deadlines;
  readonly #answer: AnswerReader;
  readonly #heads: RequestHeads;
  readonly #mayWriteDirect: boolean;
  #state: State = 'connecting';
  #talk: Conversation | undefined;
  #tunnel: TunnelSink | undefined;
  #timeout: number;
  #isPaused = false;
  #isRequestSent = false;
  /** A request's head that waits for the end of the turn, and what is there of its body. */
  #unsent = '';
  #unsentBody: Buffer | undefined;
  #isPinging = false;

  /**
   * Opens a connection.
   * address    IP to connect to, or the path of a unix socket
   * onConnect  called once: without an error when it is usable, with one when it never will be
   */
  constructor(
    member: MemberSettings,
    address: string,
    way: Way | undefined,
    timeout: number,
    deadlines: Deadlines,
    onConnect: OnConnect,
  ) {
    this.member = member;
    this.#deadlines = deadlines;
    this.#answer = new AnswerReader(this, member.responsefieldsize);
    this.#heads = new RequestHeads(member);
    this.way = way;
    this.#mayWriteDirect = way?.tls === undefined;
    const onBytes = (length: number, buffer: Buffer): boolean => this.#onBytes(buffer, length);
    this.#socket = openSocket(member, address, way, [], onBytes, () => {
      this.#deadlines.disarm(this);
      this.#state = 'idle';
      onConnect(undefined, this);
    });
    this.#socket.on('drain', () => {
      if (this.#tunnel !== undefined) this.#tunnel.onMemberDrain();
      else this.#talk?.onDrain();
    });
    this.#socket.on('end', () => this.#onEnd());
    this.#socket.on('error', (error: NodeJS.ErrnoException) => {
      const wasConnecting = this.#state === 'connecting';
      const osError = connectErrorOf(this.#socket, error);
      this.#onError(osError);
      if (wasConnecting) onConnect(osError, this);
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
    return this.#state !== 'closed';
  }

  /** May the next request use it? True before the first, and between the end of a clean conversation and the next. */
  get isReusable(): boolean {
    if (this.#state !== 'idle') return false;
    return this.served === 0 || (this.#answer.isReusable && this.#isRequestSent && this.#unsent === '');
  }

  /** Idle milliseconds the member promised to wait (`Keep-Alive: timeout=`), 0 for no word. */
  get idleLimit(): number {
    return this.#answer.idleSeconds * 1000;
  }

  /** Bytes read in this conversation as httpd counts them: status line and body. */
  get bytesRead(): number {
    return this.#answer.bytes;
  }

  /** Has anything of this conversation's answer come? */
  get hasAnswer(): boolean {
    return this.#answer.hasBegun;
  }

  /** As UpstreamConnection.converse; a ping is `Expect: 100-continue`. */
  converse(
    talk: Conversation,
    job: Job,
    path: string,
    body: RequestBody | undefined,
    withPing: boolean,
    timeout: number,
    now: number,
  ): number {
    assert(this.#state === 'idle');
    this.#state = 'busy';
    this.#talk = talk;
    const upgrade = job.upgrade === '' ? '' : upgradeFor(this.member, job.upgrade);
    this.#answer.begin(job.method === 'HEAD', upgrade);
    this.#timeout = timeout;
    this.#isRequestSent = false;
    this.#isPinging = withPing;
    this.lastActivity = now;
    this.#deadlines.arm(this);
    const head = this.#heads.text(job, path, body, withPing, upgrade);
    const kept = withPing ? undefined : body?.kept();
    this.#unsent = head;
    this.#unsentBody = kept;
    SENDING.add(this);
    return head.length + (kept?.length ?? 0);
  }

  /** Sends the head that waits; one that nobody waits for any more is forgotten. */
  sendHead(): void {
    const head = this.#unsent;
    const body = this.#unsentBody;
    this.#unsent = '';
    this.#unsentBody = undefined;
    if (this.#state !== 'busy' || head === '') return;
    if (body !== undefined) {
      this.#socket.cork();
      this.#socket.write(head, 'latin1');
      this.#socket.write(body);
      this.#socket.uncork();
    } else if (!this.#mayWriteDirect || !writeDirect(this.#socket, head)) this.#socket.write(head, 'latin1');
  }

  /** Lay the connection idle before, and has nothing of the request left yet? */
  get #isUntouched(): boolean {
    return this.#unsent !== '' && (this.served > 0 || this.isWarmed);
  }

  /** Sends a piece of the request's body; false when the member is slower: wait for onDrain. */
  write(chunk: Uint8Array | string): boolean {
    this.lastActivity = Date.now();
    if (this.#state === 'closed') return true;
    if (this.#unsent !== '') this.sendHead();
    if (
      this.#state === 'tunnel' &&
      this.#mayWriteDirect &&
      writeBytesDirect(this.#socket, chunk as Uint8Array)
    )
      return true;
    return this.#socket.write(chunk as Uint8Array);
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
    if (this.#talk === undefined && this.#tunnel === undefined) return;
    this.lastActivity = Date.now();
    if (this.#tunnel === undefined) this.#deadlines.arm(this);
    this.#socket.resume();
  }

  // --- after 101

  listen(sink: TunnelSink): void {
    this.#tunnel = sink;
    this.resume();
  }

  get backlog(): number {
    return Math.max(this.#socket.writableLength, backlogOf(this.#socket));
  }

  finish(): void {
    this.#socket.end();
  }

  /** Ends it, whatever it is doing; nobody is told. */
  destroy(): void {
    this.#state = 'closed';
    this.#talk = undefined;
    this.#tunnel = undefined;
    this.#answer.stop();
    this.#deadlines.disarm(this);
    this.#socket.destroy();
  }

  onDeadline(): void {
    const talk = this.#talk;
    if (talk === undefined) {
      this.#socket.destroy(Object.assign(new Error('connect timeout'), { code: CONNECT_TIMEOUT_CODE }));
      return;
    }
    const isWithinBody = this.#answer.phase !== 'head';
    this.destroy();
    talk.onFailure(failureOf(isWithinBody ? 'E_UPSTREAM_BODY' : 'E_UPSTREAM_TIMEOUT'), TIMEOUT_EXPIRED);
  }

  // --- what the socket tells

  /** The connection broke, or ended where it may not. */
  #onError(osError: OsError): void {
    const talk = this.#talk;
    const tunnel = this.#tunnel;
    const wasIdle = this.#state === 'idle';
    const isWithinBody = this.#answer.phase !== 'head';
    const seen = this.#isUntouched ? 'E_UPSTREAM_REFUSED' : 'E_UPSTREAM_CLOSED';
    this.destroy();
    if (tunnel !== undefined) tunnel.onMemberEnd();
    else if (talk !== undefined) talk.onFailure(failureOf(isWithinBody ? 'E_UPSTREAM_BODY' : seen), osError);
    else if (wasIdle) this.onIdleClose?.(this);
  }

  #onEnd(): void {
    if (this.#state === 'idle' || this.#state === 'tunnel') this.#onError(CLOSED_EARLY);
    if (this.#state !== 'busy') return;
    if (this.#answer.phase === 'until-close') {
      const talk = this.#talk;
      this.destroy();
      talk?.onEnd();
    } else this.#onError(this.#answer.phase === 'head' ? CLOSED_EARLY : INCOMPLETE);
  }

  /** Returns false to stop reading. */
  #onBytes(buffer: Buffer, length: number): boolean {
    this.lastActivity = turnClock();
    if (this.#state === 'busy') {
      if (this.#isUntouched) this.#onError(CLOSED_EARLY);
      else this.#answer.read(buffer, length);
    } else if (this.#tunnel !== undefined) {
      this.#answer.bytes += length;
      this.#tunnel.onMemberBytes(buffer.subarray(0, length));
    } else if (this.#state === 'idle') {
      // Bytes that nobody asked for: not to be trusted (httpd: AH03408).
      this.destroy();
      this.onIdleClose?.(this);
    }
    return !this.#isPaused;
  }

  // --- what the answer tells

  onInterim(head: ResponseHead): void {
    if (head.status === 100 && this.#isPinging) {
      this.#isPinging = false;
      this.#talk?.onContinue();
    } else this.#talk?.onInterim(head);
  }

  onHead(head: ResponseHead, body: Buffer | undefined, isLast: boolean): void {
    const talk = isLast ? this.#complete() : this.#talk;
    talk?.onHead(head, body, isLast);
  }

  onData(chunk: Buffer, isLast: boolean): void {
    const talk = isLast ? this.#complete() : this.#talk;
    talk?.onData(chunk, isLast);
  }

  onEnd(trailers?: string[]): void {
    this.#complete()?.onEnd(trailers);
  }

  onUpgrade(head: ResponseHead, rest: Buffer): void {
    const talk = this.#talk;
    this.#talk = undefined;
    this.#deadlines.disarm(this);
    this.#state = 'tunnel';
    // Nothing is read until somebody listens.
    this.#isPaused = true;
    talk?.onUpgrade(head, this, rest);
  }

  onBroken(failure: Failure): void {
    const talk = this.#talk;
    this.destroy();
    talk?.onFailure(failure, failure.code === 'E_UPSTREAM_BODY' ? INCOMPLETE : undefined);
  }

  /** The answer is complete: the conversation is over before its owner hears so, that it may give the connection back. */
  #complete(): Conversation | undefined {
    const talk = this.#talk;
    this.#talk = undefined;
    this.#deadlines.disarm(this);
    this.#isPaused = false;
    this.#state = 'idle';
    this.served += 1;
    return talk;
  }
}
