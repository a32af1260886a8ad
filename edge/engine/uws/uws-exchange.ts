/**
 * A request on uWebSockets.js as an exchange. What costs is the number of calls into the addon, so a head is written with
 * one: all fields ride in the status line, after CRLFs (every value was checked for controls before). What lies on the
 * stack (`req`) is copied at once, `onAborted` is attached before the handler returns unless all has been said by then, and
 * the library's object is not touched any more once the response has ended or the client is gone. It adds Date by itself.
 * Thread: worker.
 */
import type { HttpRequest, HttpResponse, us_socket_context_t } from 'uWebSockets.js';
import type { BodyReader, Exchange, ExchangeOwner, Fields, PreparedHead } from '../../exchange.js';
import type { Listener } from '../listener.js';
import { Answers } from './uws-answers.js';
import { readBody } from './uws-body.js';
import * as framing from './uws-framing.js';
import { writeAfterInterim, writeInterim } from './uws-interim.js';
import type { OpenPeers } from './uws-peers.js';

/** The exchange whose bytes are written within the running cork. */
let corked: UwsExchange;
const runCorked = (): void => corked.flush();

function flushHead(exchange: UwsExchange): void {
  exchange.flushHead();
}

type Pending = 'none' | 'whole' | 'begin' | 'piece' | 'end';

export type { HttpRequest, HttpResponse, us_socket_context_t };

export class UwsExchange implements Exchange {
  readonly method: string;
  readonly target: string;
  readonly protocol = 'HTTP/1.1';
  readonly fields: Fields;
  readonly isSecure: boolean;
  readonly remoteAddress: string;
  readonly remotePort = 0;
  readonly hasUtf8Fields = true;
  readonly localAddress: string;
  readonly localPort: number;
  readonly keepAliveCount = 0;
  readonly bodyLength: number;
  bodyBytesSent = 0;
  bytesSent = 0;

  readonly #res: HttpResponse;
  readonly #answers: Answers;
  /** The library's handler has not returned: it has corked the socket, and the client cannot go meanwhile. */
  #isInHandler = true;
  #owner: ExchangeOwner | undefined;
  #isGone = false;
  #isClosing = false;
  #isClosedByLibrary = false;
  #isBodyPaused = false;
  #hasWritable = false;
  #hasInformed = false;

  #pending: Pending = 'none';
  #isHeadPending = false;
  #isWhole = false;
  #status = 0;
  #reason = '';
  #out: Fields = [];
  #prepared: PreparedHead | undefined;
  /** The body stays where it is, and need not be copied. */
  #isBodyKept = false;
  #body: Uint8Array | string | undefined;
  #length = -1;
  #isTaken = true;
  /** What the socket did not take of a body of known length; ours until it does. */
  #rest: Uint8Array | undefined;
  #isEndAsked = false;
  /** Of a short last answer: only one that is written whole can be ended with a close. */
  #gathered: Uint8Array[] | undefined;
  /** tryEnd has had all bytes: the library's object may not be touched any more. */
  #isDone = false;
  /** The last answer of its connection, written without the library's end. */
  #isByHand = false;
  /** method  where the library's route says it already */
  constructor(
    res: HttpResponse,
    req: HttpRequest,
    listener: Listener,
    peers: OpenPeers,
    answers: Answers,
    method = req.getCaseSensitiveMethod(),
  ) {
    this.#res = res;
    this.#answers = answers;
    this.method = method;
    const query = req.getQuery() as string | undefined;
    this.target = query === undefined ? req.getUrl() : `${req.getUrl()}?${query}`;
    this.fields = framing.copyFields(req);
    this.isSecure = listener.isSecure;
    this.localAddress = listener.listen.address;
    this.localPort = listener.listen.port;
    this.remoteAddress = peers.addressOf(res);
    this.bodyLength = framing.announcedLength(this.fields);
    this.#isClosedByLibrary = framing.isClosedByLibrary(this.fields);
    this.#isClosing = this.#isClosedByLibrary;
  }

  /** To be called before the library's handler returns. What has been answered by then need not hear of the client's leaving. */
  leaveHandler(): void {
    this.#isInHandler = false;
    if (!this.#isGone && !this.#isDone) this.#res.onAborted(() => this.#onAborted());
  }

  get wantsClose(): boolean {
    return this.#isClosing;
  }

  tlsVariable(name: string): string | undefined {
    return name === 'HTTPS' ? (this.isSecure ? 'on' : 'off') : undefined;
  }

  attach(owner: ExchangeOwner): void {
    this.#owner = owner;
  }

  readBody(reader: BodyReader): void {
    readBody(this.#res, this.bodyLength < 0, reader, this, this.#answers);
  }

  /** The client is gone, or has its answer. */
  isOver(): boolean {
    return this.#isGone;
  }

  pauseBody(): void {
    if (this.#isGone || this.#isBodyPaused) return;
    this.#isBodyPaused = true;
    this.#res.pause();
  }

  resumeBody(): void {
    if (this.#isGone || !this.#isBodyPaused) return;
    this.#isBodyPaused = false;
    this.#res.resume();
  }

  /** uWebSockets.js answers 100 by itself. */
  inform(status: number, reason: string, fields: Fields): boolean {
    if (this.#isGone || this.#status > 0 || status === 100) return false;
    const isFirst = !this.#hasInformed;
    this.#hasInformed = true;
    return writeInterim(this.#res, isFirst, `${status} ${reason}`, fields);
  }

  respond(
    status: number,
    reason: string,
    fields: Fields,
    body: Uint8Array | string | undefined,
    length?: number,
  ): void {
    this.#head(status, reason, fields);
    this.#body = body;
    this.#length = length ?? (body === undefined ? 0 : body.length);
    this.#isWhole = true;
    this.#isHeadPending = true;
    if (!this.#isClosing && (this.#isInHandler || !Answers.isShort(body))) this.#run('whole');
    else this.#putOff(body);
  }

  respondPrepared(head: PreparedHead, body: Uint8Array): void {
    if (!this.#isClosing) this.#prepared = head;
    this.#isBodyKept = true;
    this.respond(head.status, head.reason, head.fields, body);
  }

  /**
   * A last answer always waits for the end of the turn. The library would else go on with what came in the same read, and
   * forget that the connection was to be closed: behind a request that was refused, these bytes may be a request for one
   * server and a body for another. While an answer is pending it drops the connection instead.
   */
  #putOff(body: Uint8Array | string | undefined): void {
    if (!this.#isBodyKept) this.#body = this.#answers.keep(body);
    this.#answers.add(this);
  }

  runWhole(): void {
    this.#run('whole');
  }

  /** The head waits for the first piece of the body, to leave with it, but not longer than this turn of the loop. */
  begin(status: number, reason: string, fields: Fields, length: number): void {
    this.#head(status, reason, fields);
    this.#length = length;
    if (this.#isClosing && length >= 0 && length <= framing.CORK_BYTES) {
      this.#gathered = [];
      return;
    }
    this.#isHeadPending = true;
    process.nextTick(flushHead, this);
  }

  flushHead(): void {
    if (this.#isHeadPending) this.#run('begin');
  }

  write(chunk: Uint8Array): boolean {
    if (this.#isGone) return true;
    if (this.#gathered !== undefined) {
      this.#gathered.push(Uint8Array.from(chunk));
      return true;
    }
    if (this.#length >= 0 || chunk.length <= framing.CORK_BYTES) {
      this.#body = chunk;
      this.#run('piece');
      return this.#isTaken;
    }
    this.flushHead();
    for (let at = 0; at < chunk.length; at += framing.CORK_BYTES) {
      this.#body = chunk.subarray(at, at + framing.CORK_BYTES);
      this.#run('piece');
    }
    return this.#isTaken;
  }

  end(): void {
    if (this.#gathered !== undefined)
      this.respond(this.#status, this.#reason, this.#out, Buffer.concat(this.#gathered));
    else if (this.#rest !== undefined || !this.#isTaken) this.#isEndAsked = true;
    else if (this.#isDone) this.#ended();
    else this.#run('end');
  }

  /** The library's object, for what follows a 101; undefined when the client is gone. */
  protected handOver(): HttpResponse | undefined {
    if (this.#isGone) return undefined;
    this.#isGone = true;
    return this.#res;
  }

  closeAfter(): void {
    this.#isClosing = true;
  }

  abort(): void {
    if (this.#isGone) return;
    // What there is of it leaves all the same.
    const pieces = this.#gathered;
    this.#gathered = undefined;
    this.#isHeadPending ||= pieces !== undefined;
    for (const piece of pieces ?? []) this.write(piece);
    this.flushHead();
    this.#isGone = true;
    this.#res.close();
  }

  fault(): void {
    if (this.#isGone) return;
    const owner = this.#owner;
    if (this.bytesSent > 0) this.abort();
    else {
      this.#isClosing = true;
      this.#owner = undefined;
      this.respond(500, 'Internal Server Error', ['Content-Type', 'text/plain'], 'Internal Server Error\n');
    }
    owner?.onClientAbort();
  }

  #head(status: number, reason: string, fields: Fields): void {
    // A paused body stops the answer too (uWebSockets pauses the socket), so it flows again before anything is written.
    this.resumeBody();
    this.#status = status;
    this.#reason = reason;
    this.#out = fields;
  }

  #run(pending: Pending): void {
    if (this.#isGone) return;
    this.#pending = pending;
    corked = this;
    if (this.#isInHandler) this.flush();
    else this.#res.cork(runCorked);
    if (this.#isByHand) this.#res.close();
  }

  /** Called within the cork: everything written here leaves in one call to the kernel. */
  flush(): void {
    if (this.#isHeadPending) this.#writeHead();
    switch (this.#pending) {
      case 'whole':
        if (this.#isByHand || this.#writeWhole()) this.#ended();
        break;
      case 'piece':
        this.#isTaken = this.#writePiece(this.#body as Uint8Array);
        break;
      case 'end':
        if (this.#length < 0) {
          // Never with the flag to close: the library would write its field into the chunked body.
          this.#res.end();
          this.#ended();
        } else this.abort(); // less came than was announced
        break;
      default:
    }
    this.#body = undefined;
  }

  #writeHead(): void {
    this.#isHeadPending = false;
    const head = this.#prepared?.block ?? this.#joinHead(`${this.#status} ${this.#reason}`);
    this.bytesSent += 13 + head.length + (this.#isByHand ? -2 : framing.DATE_FIELD_BYTES);
    // With the status line go all fields: each call into the library costs as much as writing a few hundred bytes.
    if (this.#hasInformed) writeAfterInterim(this.#res, head);
    else this.#res.writeStatus(head);
  }

  #joinHead(line: string): Buffer {
    const body = framing.isBodyless(this.#status, this.method) ? undefined : (this.#body ?? '');
    const isLast = this.#isClosing && this.#isWhole && (body ?? '').length <= framing.CORK_BYTES;
    const isOurs = isLast && !this.#isClosedByLibrary;
    this.#isByHand = isOurs ? body === undefined : isLast && framing.hasStoredDate(this.#out);
    if (!this.#isByHand) return framing.joinHead(line, this.#out, this.#isClosing && !isOurs);
    this.bodyBytesSent += body?.length ?? 0;
    return framing.joinLast(line, this.#out, this.#status, this.#length, body);
  }

  /** False when some of the body still has to leave. */
  #writeWhole(): boolean {
    const body = this.#body;
    if (framing.isBodyless(this.#status, this.method)) {
      // A length that endWithoutBody is told is waited for: it would drop the connection at the next request.
      if (framing.saysLength(this.#status, this.#length))
        this.#res.writeHeader('Content-Length', `${this.#length}`);
      this.#res.endWithoutBody();
    } else {
      const size = body === undefined ? 0 : body.length;
      this.bytesSent += 18 + String(size).length;
      if (size > framing.CORK_BYTES && body instanceof Uint8Array) {
        this.#isEndAsked = true;
        return this.#writePiece(body);
      }
      this.bodyBytesSent += size;
      this.bytesSent += size;
      this.#res.end(body ?? '', this.#isClosing);
    }
    return true;
  }

  /** False when the client is slower; what was not taken is kept (known length) or buffered by the library. */
  #writePiece(chunk: Uint8Array): boolean {
    this.bodyBytesSent += chunk.length;
    this.bytesSent += chunk.length;
    if (this.#length < 0) {
      const isTaken = this.#res.write(chunk);
      if (!isTaken) this.#awaitWritable();
      return isTaken;
    }
    if (this.#rest !== undefined) {
      this.#rest = Buffer.concat([this.#rest, chunk]);
      return false;
    }
    const before = this.#res.getWriteOffset();
    const [isTaken, isDone] = this.#res.tryEnd(chunk, this.#length);
    this.#isDone = isDone;
    if (isTaken) return true;
    const rest = chunk.subarray(this.#res.getWriteOffset() - before);
    this.#rest = this.#isBodyKept ? rest : Buffer.from(rest);
    this.#awaitWritable();
    return false;
  }

  #awaitWritable(): void {
    if (this.#hasWritable) return;
    this.#hasWritable = true;
    this.#res.onWritable(() => this.#onWritable());
  }

  #onWritable(): boolean {
    if (this.#isGone) return true;
    const rest = this.#rest;
    if (rest !== undefined) {
      const before = this.#res.getWriteOffset();
      const [isTaken, isDone] = this.#res.tryEnd(rest, this.#length);
      this.#isDone = isDone;
      if (!isTaken) {
        this.#rest = rest.subarray(this.#res.getWriteOffset() - before);
        return false;
      }
      this.#rest = undefined;
    }
    this.#isTaken = true;
    if (this.#isDone) this.#ended();
    else if (this.#isEndAsked) this.end();
    else this.#owner?.onClientWritable();
    return true;
  }

  #ended(): void {
    this.#isGone = true;
    this.#owner?.onResponseEnd();
  }

  #onAborted(): void {
    if (this.handOver() !== undefined) this.#owner?.onClientAbort();
  }
}
