/**
 * A request's body on its way to a member. Its first PREFETCH_BYTES are kept until an answer comes, so that the request
 * can be given to another member as long as nothing of it is lost; what follows is streamed, and then it cannot.
 * A body that is all there before a member is asked goes with Content-Length, however the client framed it.
 * Fields behind it go on where chunks or HTTP/2 have a place for them.
 * Source: httpd 2.4, mod_proxy_http, "Request Bodies"; RFC 9112 6.1, 7.1, 7.1.2. Any worker thread; only requests with a body
 * have one of these.
 */

import type { Job } from './job.js';

/** Body bytes that are read before a member is asked (httpd: MAX_MEM_SPOOL). */
const PREFETCH_BYTES = 16384;

/** Where the body goes. */
export interface BodySink {
  /** False when the member is slower: wait for its drain. */
  write(chunk: Buffer | string): boolean;
  finishRequest(): void;
}

export class RequestBody {
  /** All of it has come from the client. */
  isComplete = false;
  /** The kept part has been sent: what comes now goes straight on. */
  isStreaming = false;
  /** Something was sent that is not kept any more: it can not be sent again. */
  isGone = false;
  /** A member is asked when enough of it has come; else at once. */
  readonly waits: boolean;
  readonly #job: Pick<Job, 'bodyLength' | 'manner' | 'facts'>;
  #kept: Buffer[] = [];
  #bytes = 0;
  #isChunked = false;

  /** waits  for its first bytes before a member is asked */
  constructor(job: Pick<Job, 'bodyLength' | 'manner' | 'facts'>, waits: boolean) {
    this.#job = job;
    this.waits = waits;
  }

  /** Fields behind it: name, value, name, value …; none before it is complete, or where its length was announced. */
  get trailers(): readonly string[] {
    return this.isComplete && this.#job.bodyLength < 0 ? this.#job.facts().trailers : NONE;
  }

  /** Are there fields behind it, or may there be? */
  get mayHaveTrailers(): boolean {
    return this.#job.bodyLength < 0 && (!this.isComplete || this.trailers.length > 0);
  }

  /** Keeps a piece that came before the body is streamed; true when a member may be asked. */
  keep(chunk: Buffer, isLast: boolean): boolean {
    this.isComplete = isLast;
    if (chunk.length > 0) this.#hold(chunk);
    return isLast || this.#bytes >= PREFETCH_BYTES || !this.waits;
  }

  #hold(chunk: Buffer): void {
    this.#kept.push(chunk);
    this.#bytes += chunk.length;
  }

  /** The framing field for the head, decided anew for every try. */
  framing(): string {
    this.#isChunked = this.#job.manner?.isChunked === true || this.mayHaveTrailers;
    if (this.#isChunked) return 'Transfer-Encoding: chunked\r\n';
    return `Content-Length: ${this.isComplete ? this.#bytes : this.#job.bodyLength}\r\n`;
  }

  /** For a protocol with a framing of its own: nothing is added to the bytes. Returns their number, -1 when unknown. */
  unframed(): number {
    this.#isChunked = false;
    return this.isComplete ? this.#bytes : this.#job.bodyLength;
  }

  /** What is kept, framed as the head said; undefined for nothing. */
  kept(): Buffer | undefined {
    if (this.#bytes === 0) return this.#isChunked && this.isComplete ? lastChunk(this.trailers) : undefined;
    const body = this.#kept.length === 1 ? (this.#kept[0] as Buffer) : Buffer.concat(this.#kept);
    if (!this.#isChunked) return body;
    // The last of it came after the head had been sent, while 100 was waited for.
    return this.isComplete ? Buffer.concat([chunkOf(body), lastChunk(this.trailers)]) : chunkOf(body);
  }

  /** Sends a piece on; false when the member is slower. */
  stream(chunk: Buffer, isLast: boolean, sink: BodySink): boolean {
    this.isComplete = isLast;
    // What was not waited for is kept on the way, so that it can be sent again as well.
    if (this.waits || this.isGone || this.#bytes + chunk.length > PREFETCH_BYTES) this.drop();
    else if (chunk.length > 0) this.#hold(chunk);
    const isTaken = chunk.length === 0 || (this.#isChunked ? writeChunk(chunk, sink) : sink.write(chunk));
    if (!isLast) return isTaken;
    if (this.#isChunked) sink.write(lastChunk(this.trailers));
    sink.finishRequest();
    return true;
  }

  /** Lets go of what is kept. */
  drop(): void {
    this.isGone = true;
    this.#kept = [];
  }
}

/** A piece of a size that costs more to copy than to send in three calls. */
const LARGE_BYTES = 65536;

function writeChunk(data: Buffer, sink: BodySink): boolean {
  if (data.length < LARGE_BYTES) return sink.write(chunkOf(data));
  sink.write(`${data.length.toString(16)}\r\n`);
  sink.write(data);
  return sink.write('\r\n');
}

const NONE: readonly string[] = [];

function lastChunk(trailers: readonly string[]): Buffer {
  let text = '0\r\n';
  for (let i = 0; i < trailers.length; i += 2)
    text += `${trailers[i] as string}: ${trailers[i + 1] as string}\r\n`;
  return Buffer.from(`${text}\r\n`, 'latin1');
}

function chunkOf(data: Buffer): Buffer {
  const size = Buffer.from(`${data.length.toString(16)}\r\n`, 'latin1');
  return Buffer.concat([size, data, Buffer.from('\r\n', 'latin1')]);
}
