/**
 * Reads one answer of a member after the other from the bytes of a connection, and tells what it finds: interim heads,
 * the head, pieces of the body, the end. All of it is checked (response-head.ts, chunked.ts), so that a
 * broken answer ends as a Failure and never as half an answer.
 *
 *   head → body | chunked | until-close → done
 *
 * Pieces are views on what was read: who hears them copies what must outlive the call. What hears may start the next
 * answer (begin) or stop this one at once, so nothing is touched after the last call of an answer.
 * Source: RFC 9112 6, 7. Any worker thread.
 */
import { ChunkedDecoder } from './chunked.js';
import { type Failure, failureOf } from './failure.js';
import { HeadError, parseHead, parseTrailers, type ResponseHead, UNKNOWN_LENGTH } from './response-head.js';

/** What hears an answer. */
export interface AnswerSink {
  onInterim(head: ResponseHead): void;
  /** body: what came with the head, or undefined; isLast: the answer is complete. */
  onHead(head: ResponseHead, body: Buffer | undefined, isLast: boolean): void;
  onData(chunk: Buffer, isLast: boolean): void;
  /** The body ended without a last piece of its own. trailers: fields after it, as ResponseHead.fields */
  onEnd(trailers?: string[]): void;
  /** The member agreed to the protocol that it was asked for; rest: what came behind the head. */
  onUpgrade(head: ResponseHead, rest: Buffer): void;
  /** The answer is broken; what follows cannot be understood. */
  onBroken(failure: Failure): void;
}

/** Interim responses that are taken before a member is called broken (httpd: AP_MAX_INTERIM_RESPONSES). */
const MAX_INTERIM = 10;
/** Bytes that are looked at first for a connection's first head. The rest of a read is body, which nobody wants as text. */
const FIRST_LOOK_BYTES = 1024;
/** By how much a head may be longer than the one before, and still be found at the first look. */
const MARGIN_BYTES = 64;
/** Bytes of a response head at the most, whatever responsefieldsize says of one line. */
const MAX_HEAD_BYTES = 262144;

export type AnswerPhase = 'head' | 'body' | 'chunked' | 'until-close' | 'done';

export class AnswerReader {
  phase: AnswerPhase = 'done';
  /** Has anything of this answer come? */
  hasBegun = false;
  /** May the connection be used again after this answer? */
  isReusable = false;
  /** Bytes as httpd counts them: status line and body. */
  bytes = 0;
  /** Idle seconds the member promised to wait (`Keep-Alive: timeout=`), 0 for no word. */
  idleSeconds = 0;
  readonly #sink: AnswerSink;
  readonly #lineLimit: number;
  #isHeadRequest = false;
  #upgrade = '';
  #left = 0;
  #interims = 0;
  /** Bytes that are looked at first: a member's heads are of about the same length, and a long one is soon forgotten. */
  #look = FIRST_LOOK_BYTES;
  #partial: Buffer | undefined;
  #decoder: ChunkedDecoder | undefined;

  /** lineLimit  longest field line in bytes (responsefieldsize) */
  constructor(sink: AnswerSink, lineLimit: number) {
    this.#sink = sink;
    this.#lineLimit = lineLimit;
  }

  /**
   * Expects an answer; to HEAD there is no body whatever its head says.
   * upgrade  protocol that the member was asked for, empty for none
   */
  begin(isHeadRequest: boolean, upgrade: string): void {
    this.phase = 'head';
    this.hasBegun = false;
    this.isReusable = false;
    this.bytes = 0;
    this.#isHeadRequest = isHeadRequest;
    this.#upgrade = upgrade;
    this.#interims = 0;
  }

  /** Expects nothing any more. */
  stop(): void {
    this.phase = 'done';
    this.#partial = undefined;
    this.#decoder = undefined;
  }

  read(buffer: Buffer, length: number): void {
    switch (this.phase) {
      case 'head':
        this.#readHead(buffer, length);
        break;
      case 'body':
        this.#readBody(buffer, length);
        break;
      case 'chunked':
        this.#readChunked(buffer, 0, length);
        break;
      case 'until-close':
        this.bytes += length;
        this.#sink.onData(buffer.subarray(0, length), false);
        break;
      case 'done':
        break;
    }
  }

  #readHead(buffer: Buffer, length: number): void {
    this.hasBegun = true;
    let bytes = buffer;
    let end = length;
    if (this.#partial !== undefined) {
      bytes = Buffer.concat([this.#partial, buffer.subarray(0, length)]);
      end = bytes.length;
      this.#partial = undefined;
    }
    // httpd passes over one empty line, which a body before may have left behind.
    let at = bytes[0] === 0x0d && bytes[1] === 0x0a ? 2 : 0;
    while (this.phase === 'head') {
      const head = this.#parse(bytes, at, end);
      if (head === undefined) return;
      at += head.size;
      if (head.status >= 200) {
        this.bytes += 13 + head.reason.length;
        this.#onFinalHead(head, bytes, at, end);
        return;
      }
      if (head.status === 101 && isSame(head.upgrade, this.#upgrade)) {
        this.bytes += 13 + head.reason.length;
        this.stop();
        this.#sink.onUpgrade(head, Buffer.from(bytes.subarray(at, end)));
        return;
      }
      this.#onInterimHead(head);
      if (at >= end) return;
    }
  }

  /** A head that is all there; undefined when more has to come, or when it is broken. */
  #parse(bytes: Buffer, at: number, end: number): ResponseHead | undefined {
    try {
      const head = parseHead(bytes, at, end, this.#lineLimit, this.#look);
      if (head === undefined) this.#keepPartial(bytes, at, end);
      else this.#look = Math.max(head.size + MARGIN_BYTES, this.#look >> 1);
      return head;
    } catch (error) {
      if (!(error instanceof HeadError)) throw error;
      const note = error.isBadField ? '' : error.message;
      this.#break(failureOf(error.isBadField ? 'E_UPSTREAM_FIELD' : 'E_UPSTREAM_HEAD', { note }));
      return undefined;
    }
  }

  #keepPartial(bytes: Buffer, at: number, end: number): void {
    if (end - at >= MAX_HEAD_BYTES) {
      this.#break(
        failureOf('E_UPSTREAM_HEAD', { note: `Response head longer than ${MAX_HEAD_BYTES} bytes` }),
      );
      return;
    }
    // What does not begin like HTTP is refused at once; it would else be waited for until the time-out.
    // httpd differs: it takes such an answer for HTTP/0.9 and hands all of it to the client.
    if (!'HTTP/'.startsWith(bytes.toString('latin1', at, Math.min(end, at + 5)))) {
      this.#break(failureOf('E_UPSTREAM_HEAD'));
      return;
    }
    this.#partial = Buffer.from(bytes.subarray(at, end));
  }

  #break(failure: Failure): void {
    this.stop();
    this.#sink.onBroken(failure);
  }

  #onInterimHead(head: ResponseHead): void {
    this.#interims += 1;
    if (head.status === 101) {
      const note = `Unexpected Upgrade: ${head.upgrade || 'n/a'} (expecting ${this.#upgrade || 'n/a'})`;
      this.#break(failureOf('E_UPSTREAM_UPGRADE', { note }));
    } else if (this.#interims > MAX_INTERIM) this.#break(failureOf('E_UPSTREAM_INTERIM'));
    else this.#sink.onInterim(head);
  }

  #onFinalHead(head: ResponseHead, bytes: Buffer, at: number, end: number): void {
    this.isReusable = head.isReusable;
    this.idleSeconds = head.idleSeconds;
    const available = end - at;
    // RFC 9112 6.3 #1: these have no body, whatever their fields say.
    if (this.#isHeadRequest || head.status === 204 || head.status === 304) {
      this.#lastHead(head, undefined, available > 0);
    } else if (head.isChunked && available > 0 && !isHexDigit(bytes[at] as number)) {
      // No chunk from the first byte on: while nothing has left, the client can still be told.
      this.#break(failureOf('E_UPSTREAM_FIELD'));
    } else if (head.isChunked) {
      this.phase = 'chunked';
      this.#decoder = new ChunkedDecoder();
      this.#sink.onHead(head, undefined, false);
      if (available > 0) this.#readChunked(bytes, at, end);
    } else if (head.length === UNKNOWN_LENGTH) {
      this.phase = 'until-close';
      this.isReusable = false;
      this.bytes += available;
      this.#sink.onHead(head, available > 0 ? bytes.subarray(at, end) : undefined, false);
    } else if (available >= head.length) {
      this.bytes += head.length;
      this.#lastHead(head, bytes.subarray(at, at + head.length), available > head.length);
    } else {
      this.phase = 'body';
      this.#left = head.length - available;
      this.bytes += available;
      this.#sink.onHead(head, available > 0 ? bytes.subarray(at, end) : undefined, false);
    }
  }

  /** More bytes than the answer has: whatever they are, the connection is not to be trusted. */
  #lastHead(head: ResponseHead, body: Buffer | undefined, hasMore: boolean): void {
    if (hasMore) this.isReusable = false;
    this.phase = 'done';
    this.#sink.onHead(head, body, true);
  }

  #readBody(buffer: Buffer, end: number): void {
    const length = Math.min(this.#left, end);
    this.#left -= length;
    this.bytes += length;
    const isLast = this.#left === 0;
    if (isLast) this.phase = 'done';
    if (end > length) this.isReusable = false;
    this.#sink.onData(buffer.subarray(0, length), isLast);
  }

  #endChunked(lines: string): void {
    let trailers: string[] | undefined;
    try {
      if (lines !== '') trailers = parseTrailers(lines, this.#lineLimit);
    } catch (error) {
      if (!(error instanceof HeadError)) throw error;
      this.#break(failureOf('E_UPSTREAM_BODY'));
      return;
    }
    this.stop();
    this.#sink.onEnd(trailers);
  }

  #readChunked(buffer: Buffer, at: number, end: number): void {
    const decoder = this.#decoder;
    if (decoder === undefined) return;
    const next = decoder.push(buffer, at, end, (piece) => {
      this.bytes += piece.length;
      if (this.#decoder === decoder) this.#sink.onData(piece, false);
    });
    if (this.#decoder !== decoder) return; // stopped by who heard a piece
    if (decoder.isBad) this.#break(failureOf('E_UPSTREAM_BODY'));
    else if (decoder.isDone) {
      if (next < end) this.isReusable = false;
      this.#endChunked(decoder.trailers);
    }
  }
}

/** Names of protocols are compared without case. */
function isSame(given: string, asked: string): boolean {
  return asked !== '' && (given === asked || given.toLowerCase() === asked.toLowerCase());
}

function isHexDigit(code: number): boolean {
  const letter = code | 0x20;
  return (code >= 0x30 && code <= 0x39) || (letter >= 0x61 && letter <= 0x66);
}
