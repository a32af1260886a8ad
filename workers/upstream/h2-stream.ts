/**
 * One request on a connection in HTTP/2, as every protocol presents a conversation. It serves once: its place on the
 * connection is given back with its end, whichever that is. A stream that the member never worked on (REFUSED_STREAM, or
 * above the last stream of a GOAWAY) may be sent anywhere again, whatever its method.
 *
 *   idle → [ping] → busy → done          any → closed
 *
 * Source: RFC 9113 5.4, 6.4, 8.1, 8.7. Thread: the worker that opened it.
 */
import { type ClientHttp2Stream, constants } from 'node:http2';
import type { Job } from '../job.js';
import type { MemberSettings } from '../member.js';
import type { RequestBody } from '../request-body.js';
import type { Conversation, UpstreamConnection } from './connection.js';
import type { Deadlines, Timed } from './deadlines.js';
import { CLOSED_EARLY, failureOf, INCOMPLETE, TIMEOUT_EXPIRED } from './failure.js';
import { requestHeaders, responseHead, trailerHeaders, trailersOf } from './h2-head.js';
import type { H2Session } from './h2-session.js';
import type { Way } from './socket.js';

/** Interim responses that are taken before a member is called broken (httpd: AP_MAX_INTERIM_RESPONSES). */
const MAX_INTERIM = 10;

export class H2Stream implements UpstreamConnection, Timed {
  readonly member: MemberSettings;
  readonly way: Way | undefined;
  next: Timed | undefined;
  previous: Timed | undefined;
  readonly served: number;
  isWarmed = false;
  lastActivity = Date.now();
  /** Never: what is used again is the connection, not the stream. */
  readonly isReusable = false;
  readonly idleLimit = 0;
  bytesRead = 0;
  hasAnswer = false;
  onIdleClose: ((connection: UpstreamConnection) => void) | undefined;

  readonly #session: H2Session;
  readonly #deadlines: Deadlines;
  #stream: ClientHttp2Stream | undefined;
  #talk: Conversation | undefined;
  #timeout = 0;
  #isOver = false;
  #isPaused = false;
  #isPinging = false;
  #interims = 0;
  #trailers: string[] | undefined;

  constructor(member: MemberSettings, session: H2Session, deadlines: Deadlines) {
    this.member = member;
    this.way = session.way;
    this.served = session.served;
    this.#session = session;
    this.#deadlines = deadlines;
    session.enter();
  }

  get deadline(): number {
    return this.lastActivity + this.#timeout;
  }

  /** As UpstreamConnection.converse; a ping is a PING frame, which the member answers before it gets the request. */
  converse(
    talk: Conversation,
    job: Job,
    path: string,
    body: RequestBody | undefined,
    withPing: boolean,
    timeout: number,
    now: number,
  ): number {
    this.#talk = talk;
    this.#timeout = timeout;
    this.lastActivity = now;
    this.#deadlines.arm(this);
    if (!withPing) return this.#send(job, path, body);
    this.#isPinging = true;
    this.#session.ping((isThere) => {
      if (this.#talk === undefined) return;
      this.#isPinging = false;
      if (!isThere) {
        this.#fail('E_UPSTREAM_REFUSED');
        return;
      }
      this.#send(job, path, body, false);
      this.#talk.onContinue();
    });
    return 0;
  }

  #send(job: Job, path: string, body: RequestBody | undefined, withKept = true): number {
    try {
      const headers = requestHeaders(this.member, job, path, body);
      const waitForTrailers = body?.mayHaveTrailers === true;
      const stream = this.#session.request(headers, { endStream: body === undefined, waitForTrailers });
      if (waitForTrailers) stream.on('wantTrailers', () => sendTrailers(stream, body.trailers));
      this.#hear(stream);
    } catch {
      // Told later: who converses has to hear first that the conversation began. Nothing was sent.
      setImmediate(() => this.#fail('E_UPSTREAM_REFUSED'));
      return 0;
    }
    const kept = withKept ? body?.kept() : undefined;
    if (kept !== undefined) this.#stream?.write(kept);
    return job.upstreamFields.length + path.length + (kept?.length ?? 0);
  }

  #hear(stream: ClientHttp2Stream): void {
    this.#stream = stream;
    stream.on('error', ignore);
    stream.on('drain', () => this.#talk?.onDrain());
    stream.on('headers', (_headers, _flags, raw?: unknown) => this.#onInterim(raw as string[]));
    stream.on('response', (_headers, flags, raw?: unknown) => this.#onResponse(raw as string[], flags));
    stream.on('trailers', (_headers, _flags, raw?: unknown) => {
      this.#trailers = trailersOf(raw as string[]);
    });
    stream.on('close', () => this.#onClose());
  }

  /** Sends a piece of the request's body; false when the member is slower. */
  write(chunk: Buffer | string): boolean {
    this.lastActivity = Date.now();
    return this.#stream === undefined || this.#stream.destroyed ? true : this.#stream.write(chunk, 'latin1');
  }

  finishRequest(): void {
    if (this.#stream?.writableEnded === false) this.#stream.end();
  }

  pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#deadlines.disarm(this);
    this.#stream?.pause();
  }

  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    if (this.#talk === undefined) return;
    this.lastActivity = Date.now();
    this.#deadlines.arm(this);
    this.#stream?.resume();
  }

  /** Ends it, whatever it is doing; nobody is told. */
  destroy(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const isWhole = this.#talk === undefined && this.hasAnswer;
    this.#talk = undefined;
    this.#deadlines.disarm(this);
    const stream = this.#stream;
    if (stream !== undefined && !stream.closed) {
      // A request that goes on after its answer is not wanted any more, which is no fault (RFC 9113 8.1).
      const isEarly = isWhole && !stream.writableFinished && !stream.writableEnded;
      if (!isWhole) stream.close(constants.NGHTTP2_CANCEL);
      else if (isEarly) stream.close(constants.NGHTTP2_NO_ERROR);
      stream.resume();
    }
    this.#session.leave();
  }

  onDeadline(): void {
    // Only who has waited in vain knows that the member is gone; a client that gives up must not end what others wait for.
    if (this.#isPinging) this.#session.close();
    this.#fail(this.hasAnswer ? 'E_UPSTREAM_BODY' : 'E_UPSTREAM_TIMEOUT');
  }

  // --- what the member says

  #onInterim(raw: readonly string[]): void {
    const head = responseHead(raw);
    this.lastActivity = Date.now();
    this.#interims += 1;
    if (this.#interims > MAX_INTERIM) this.#fail('E_UPSTREAM_INTERIM');
    else if (head.status !== 100) this.#talk?.onInterim(head);
  }

  #onResponse(raw: readonly string[], flags: number): void {
    const head = responseHead(raw);
    this.lastActivity = Date.now();
    this.hasAnswer = true;
    this.bytesRead += 13 + head.reason.length;
    const isLast = (flags & constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    const talk = isLast ? this.#complete() : this.#talk;
    talk?.onHead(head, undefined, isLast);
    const stream = this.#stream;
    if (isLast || stream === undefined) return;
    stream.on('data', (chunk: Buffer) => {
      this.lastActivity = Date.now();
      this.bytesRead += chunk.length;
      this.#talk?.onData(chunk, false);
    });
    // A stream that was reset ends too: its 'close' says that.
    stream.on('end', () => {
      if (!stream.aborted && stream.rstCode === constants.NGHTTP2_NO_ERROR)
        this.#complete()?.onEnd(this.#trailers);
    });
  }

  #onClose(): void {
    if (this.#talk === undefined) return;
    if (this.hasAnswer) this.#fail('E_UPSTREAM_BODY');
    else if (this.#stream?.rstCode === constants.NGHTTP2_REFUSED_STREAM) this.#fail('E_UPSTREAM_REFUSED');
    else this.#fail('E_UPSTREAM_CLOSED');
  }

  #fail(code: Parameters<typeof failureOf>[0]): void {
    const talk = this.#talk;
    const isLate = this.deadline <= Date.now();
    const osError = isLate ? TIMEOUT_EXPIRED : code === 'E_UPSTREAM_BODY' ? INCOMPLETE : CLOSED_EARLY;
    this.destroy();
    talk?.onFailure(failureOf(code), osError);
  }

  /** The conversation is over before its owner hears so, that it may give the stream back. */
  #complete(): Conversation | undefined {
    const talk = this.#talk;
    this.#talk = undefined;
    this.#deadlines.disarm(this);
    return talk;
  }
}

/** What Node does not take for trailers ends the request, not the process. */
function sendTrailers(stream: ClientHttp2Stream, trailers: readonly string[]): void {
  try {
    stream.sendTrailers(trailerHeaders(trailers));
  } catch {
    stream.close(constants.NGHTTP2_CANCEL);
  }
}

function ignore(): void {}
