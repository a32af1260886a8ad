/**
 * One AJP 1.3 connection to a servlet container (Tomcat and its kin): a request at a time, the connection reused for as
 * long as the container says so. What is sent and read is ajp-message.ts's and ajp-answer.ts's; here is the socket's life
 * and the request's body, of which the container gets a packet unasked when its length is known, and then one for each
 * that it asks for.
 *
 *   connecting → idle → busy → idle …        any → closed
 *
 * httpd differs: flushpackets and flushwait have no meaning, because what has arrived is passed on at once.
 * Source: Apache Tomcat, "AJPv13 protocol reference"; httpd 2.4, mod_proxy_ajp. Thread: the worker that opened it.
 */
import { strict as assert } from 'node:assert';
import type net from 'node:net';
import type { Job } from '../job.js';
import type { MemberSettings } from '../member.js';
import type { RequestBody } from '../request-body.js';
import { TurnEnd } from '../turn-end.js';
import { AjpAnswer, type AjpSink } from './ajp-answer.js';
import { AjpError, BODY_END, bodyPacket, bodyRoom, CPING, forwardRequest } from './ajp-message.js';
import type { Conversation, OnConnect, UpstreamConnection } from './connection.js';
import type { Deadlines, Timed } from './deadlines.js';
import { CLOSED_EARLY, CONNECT_TIMEOUT_CODE, failureOf, type OsError, TIMEOUT_EXPIRED } from './failure.js';
import type { ResponseHead } from './response-head.js';
import { connectErrorOf, openSocket, type Way } from './socket.js';

/** httpd: AJP_MSG_BUFFER_SZ and AJP_MAX_BUFFER_SZ. */
const LEAST_PACKET = 8192;
const MOST_PACKET = 65536;
/** Bytes of a request's body that wait for the container before the client has to. */
const MOST_QUEUED = 65536;
/** RFC 9110 9.2.2. */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

/** Requests on kept connections, see http1.ts. */
const SENDING = new TurnEnd<AjpConnection>((connection) => connection.sendUnsent());

type State = 'connecting' | 'idle' | 'busy' | 'closed';

export class AjpConnection implements UpstreamConnection, Timed, AjpSink {
  readonly member: MemberSettings;
  readonly way: Way | undefined;
  next: Timed | undefined;
  previous: Timed | undefined;
  served = 0;
  isWarmed = false;
  lastActivity: number;
  onIdleClose: ((connection: UpstreamConnection) => void) | undefined;
  readonly idleLimit = 0;

  readonly #socket: net.Socket;
  readonly #deadlines: Deadlines;
  readonly #answer: AjpAnswer;
  readonly #packetSize: number;
  #state: State = 'connecting';
  #talk: Conversation | undefined;
  #timeout: number;
  #isPaused = false;
  /** The request, while a pong is waited for. */
  #held: Buffer | undefined;
  /** A failure now may be another member's chance: nothing of a body was sent, and the method may be repeated. */
  #mayRepeat = false;
  #isPinging = false;
  // the request's body
  #queue: Buffer[] = [];
  #queued = 0;
  /** What waits for the end of the turn; undefined: nothing does, all goes at once. */
  #unsent: Buffer[] | undefined;
  /** Bytes that the container waits for; 0: it has not asked. */
  #asked = 0;
  #isEnded = false;
  #isEndSent = false;
  #isFull = false;

  /** As Http1Connection's. */
  constructor(
    member: MemberSettings,
    address: string,
    way: Way | undefined,
    timeout: number,
    deadlines: Deadlines,
    onConnect: OnConnect,
  ) {
    this.member = member;
    this.way = way;
    this.#deadlines = deadlines;
    this.#packetSize = Math.min(Math.max(member.iobuffersize, LEAST_PACKET), MOST_PACKET);
    this.#answer = new AjpAnswer(this, this.#packetSize);
    this.#socket = openSocket(
      member,
      address,
      way,
      [],
      (length, buffer) => this.#onBytes(buffer, length),
      () => {
        this.#deadlines.disarm(this);
        this.#state = 'idle';
        onConnect(undefined, this);
      },
    );
    this.#socket.on('end', () => this.#onClosed(CLOSED_EARLY));
    this.#socket.on('close', () => this.#onClosed(CLOSED_EARLY));
    this.#socket.on('error', (error: NodeJS.ErrnoException) => {
      const wasConnecting = this.#state === 'connecting';
      const osError = connectErrorOf(this.#socket, error);
      if (wasConnecting) this.destroy();
      else this.#onClosed(osError);
      if (wasConnecting) onConnect(osError, this);
    });
    this.lastActivity = Date.now();
    this.#timeout = timeout;
    this.#deadlines.arm(this);
  }

  get deadline(): number {
    return this.lastActivity + this.#timeout;
  }

  get isReusable(): boolean {
    const isSent = this.#isEnded && this.#queued === 0;
    return this.#state === 'idle' && (this.served === 0 || (this.#answer.isReusable && isSent));
  }

  get bytesRead(): number {
    return this.#answer.bytes;
  }

  get hasAnswer(): boolean {
    return this.#answer.hasBegun;
  }

  /** As UpstreamConnection.converse; a ping is CPING, which the container answers before it gets the request. */
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
    this.#timeout = timeout;
    this.#queue = [];
    this.#queued = 0;
    this.#asked = 0;
    this.#isEnded = false;
    this.#isEndSent = false;
    this.#isFull = false;
    this.#isPinging = withPing;
    this.#mayRepeat = body === undefined && IDEMPOTENT.has(job.method);
    this.lastActivity = now;
    this.#deadlines.arm(this);
    this.#answer.begin(job.method === 'HEAD', withPing);
    const packet = this.#packetFor(job, path, body);
    if (this.served > 0 || this.isWarmed) {
      this.#unsent = [];
      SENDING.add(this);
    }
    // Told later: who converses has to hear first that the conversation began.
    if (packet === undefined) setImmediate(() => this.#fail('E_AJP_OVERFLOW', undefined));
    else if (withPing) {
      this.#held = packet;
      this.#send(CPING);
    } else this.#send(packet);
    if (packet === undefined || withPing) return 0;
    const kept = body?.kept();
    if (kept !== undefined) this.write(kept);
    return packet.length + (kept?.length ?? 0);
  }

  #send(packet: Buffer): void {
    if (this.#unsent === undefined) this.#socket.write(packet);
    else this.#unsent.push(packet);
  }

  /** Sends what waits for the end of the turn. */
  sendUnsent(): void {
    const packets = this.#unsent ?? [];
    this.#unsent = undefined;
    if (this.#state === 'busy' && packets.length > 0) this.#socket.write(Buffer.concat(packets));
  }

  #packetFor(job: Job, path: string, body: RequestBody | undefined): Buffer | undefined {
    // A chunked body stays one, whether or not all of it is there already.
    const length = body === undefined ? undefined : job.bodyLength < 0 ? -1 : body.unframed();
    if (body !== undefined) body.unframed();
    if (length !== undefined && length > 0) this.#asked = bodyRoom(this.#packetSize);
    const said = length ?? (job.saysEmptyBody ? 0 : undefined);
    const request = { method: job.method, target: path, length: said, secret: this.member.secret };
    try {
      return forwardRequest(request, job.facts(), this.#packetSize);
    } catch (error) {
      if (!(error instanceof AjpError)) throw error;
      return undefined;
    }
  }

  // --- the request's body

  /** Bytes wait until the container asks; false when enough of them do. */
  write(chunk: Buffer | string): boolean {
    if (this.#state !== 'busy') return true;
    const bytes = typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk;
    if (bytes.length > 0) {
      this.lastActivity = Date.now();
      this.#queue.push(bytes);
      this.#queued += bytes.length;
    }
    this.#pump();
    this.#isFull = this.#queued >= MOST_QUEUED;
    return !this.#isFull;
  }

  finishRequest(): void {
    this.#isEnded = true;
    if (this.#state === 'busy') this.#pump();
  }

  #pump(): void {
    if (this.#asked === 0) return;
    if (this.#queued > 0) {
      const data = this.#takeQueued(Math.min(this.#asked, bodyRoom(this.#packetSize)));
      this.#asked = 0;
      this.#mayRepeat = false;
      this.#send(bodyPacket(data));
    } else if (this.#isEnded && !this.#isEndSent) {
      this.#asked = 0;
      this.#isEndSent = true;
      this.#send(BODY_END);
    }
  }

  #takeQueued(most: number): Buffer {
    const parts: Buffer[] = [];
    let room = most;
    while (room > 0 && this.#queue.length > 0) {
      const first = this.#queue[0] as Buffer;
      const part = first.subarray(0, room);
      parts.push(part);
      room -= part.length;
      if (part.length === first.length) this.#queue.shift();
      else this.#queue[0] = first.subarray(part.length);
    }
    const data = parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts);
    this.#queued -= data.length;
    return data;
  }

  // --- flow and ends

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

  destroy(): void {
    this.#state = 'closed';
    this.#talk = undefined;
    this.#held = undefined;
    this.#unsent = undefined;
    this.#queue = [];
    this.#answer.stop();
    this.#deadlines.disarm(this);
    this.#socket.destroy();
  }

  onDeadline(): void {
    if (this.#talk === undefined) {
      this.#socket.destroy(Object.assign(new Error('connect timeout'), { code: CONNECT_TIMEOUT_CODE }));
      return;
    }
    // Only this request is late: a container that has just answered a ping is not to be left for it.
    const isPinged = this.member.ping !== undefined && !this.#isPinging;
    if (this.#answer.hasBegun) this.#fail('E_UPSTREAM_BODY', TIMEOUT_EXPIRED);
    else this.#fail(isPinged ? 'E_AJP_TIMEOUT' : this.#early(), TIMEOUT_EXPIRED);
  }

  /** What a failure before the head is, by what has been sent. */
  #early(): 'E_UPSTREAM_REFUSED' | 'E_AJP_PING' | 'E_AJP_CLOSED' | 'E_AJP_FAILED' {
    if (this.#unsent !== undefined) return 'E_UPSTREAM_REFUSED';
    if (this.#isPinging) return 'E_AJP_PING';
    return this.#mayRepeat ? 'E_AJP_CLOSED' : 'E_AJP_FAILED';
  }

  #fail(code: Parameters<typeof failureOf>[0], osError: OsError | undefined): void {
    const talk = this.#talk;
    this.destroy();
    talk?.onFailure(failureOf(code), osError);
  }

  #onClosed(osError: OsError): void {
    if (this.#state === 'busy') {
      this.#fail(this.#answer.hasBegun ? 'E_UPSTREAM_BODY' : this.#early(), osError);
    } else if (this.#state === 'idle') {
      this.destroy();
      this.onIdleClose?.(this);
    }
  }

  /** Returns false to stop reading. */
  #onBytes(buffer: Buffer, length: number): boolean {
    this.lastActivity = Date.now();
    if (this.#state === 'busy' && this.#unsent === undefined) this.#answer.read(buffer, length);
    else this.#onClosed(CLOSED_EARLY);
    return !this.#isPaused;
  }

  // --- what the container says

  onPong(): void {
    const held = this.#held;
    this.#held = undefined;
    this.#isPinging = false;
    if (held === undefined) return;
    this.#socket.write(held);
    this.#talk?.onContinue();
  }

  onBodyAsked(bytes: number): void {
    this.#asked = Math.max(bytes, 1);
    this.#pump();
    if (!this.#isFull || this.#queued >= MOST_QUEUED) return;
    this.#isFull = false;
    this.#talk?.onDrain();
  }

  onHead(head: ResponseHead, body: Buffer | undefined, isLast: boolean): void {
    const talk = isLast ? this.#complete() : this.#talk;
    talk?.onHead(head, body, isLast);
  }

  onData(chunk: Buffer, isLast: boolean): void {
    const talk = isLast ? this.#complete() : this.#talk;
    talk?.onData(chunk, isLast);
  }

  onEnd(): void {
    this.#complete()?.onEnd();
  }

  onBroken(): void {
    this.#fail(this.#answer.hasBegun ? 'E_UPSTREAM_BODY' : this.#early(), CLOSED_EARLY);
  }

  /** The conversation is over before its owner hears so, that it may give the connection back. */
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
