/**
 * Reads what a container sends in answer to one request: packets out of whatever bytes arrive, checked for their order and
 * their sizes, and told as a response's head, pieces and end.
 *
 *   [pong] → (get body)* → headers → (data | get body)* → end
 *
 * Pieces are views on what was read. What hears may start the next answer or stop this one at once, so nothing is
 * touched after the last call of an answer. Source: Apache Tomcat, "AJPv13 protocol reference". Any worker thread.
 */
import { AjpError, dataOf, HEADER_BYTES, headOf, PACKET } from './ajp-message.js';
import { type ResponseHead, UNKNOWN_LENGTH } from './response-head.js';

/** What hears a container. */
export interface AjpSink {
  onPong(): void;
  /** The container wants this many bytes of the request's body, or fewer. */
  onBodyAsked(bytes: number): void;
  onHead(head: ResponseHead, body: Buffer | undefined, isLast: boolean): void;
  onData(chunk: Buffer, isLast: boolean): void;
  onEnd(): void;
  /** What came is no answer, and what follows cannot be understood. */
  onBroken(error: AjpError): void;
}

type Phase = 'pong' | 'head' | 'body' | 'done';

export class AjpAnswer {
  phase: Phase = 'done';
  /** Has anything of this answer been told? */
  hasBegun = false;
  /** The container keeps the connection open. */
  isReusable = false;
  /** Bytes of bodies. */
  bytes = 0;
  readonly #sink: AjpSink;
  readonly #packetSize: number;
  #partial: Buffer | undefined;
  #isBodyless = false;
  #isHeadRequest = false;
  #left = UNKNOWN_LENGTH;
  /** Told late, so that an answer that is all there is told as one. */
  #head: ResponseHead | undefined;
  #data: Buffer | undefined;

  /** packetSize  bytes of a packet at the most */
  constructor(sink: AjpSink, packetSize: number) {
    this.#sink = sink;
    this.#packetSize = packetSize;
  }

  begin(isHeadRequest: boolean, withPing: boolean): void {
    this.phase = withPing ? 'pong' : 'head';
    this.hasBegun = false;
    this.isReusable = false;
    this.bytes = 0;
    this.#isHeadRequest = isHeadRequest;
    this.#head = undefined;
    this.#data = undefined;
  }

  stop(): void {
    this.phase = 'done';
    this.#partial = undefined;
    this.#head = undefined;
    this.#data = undefined;
  }

  read(buffer: Buffer, length: number): void {
    let bytes = buffer.subarray(0, length);
    if (this.#partial !== undefined) {
      bytes = Buffer.concat([this.#partial, bytes]);
      this.#partial = undefined;
    }
    try {
      this.#packets(bytes);
    } catch (error) {
      if (!(error instanceof AjpError)) throw error;
      this.stop();
      this.#sink.onBroken(error);
    }
  }

  #packets(bytes: Buffer): void {
    let at = 0;
    while (this.phase !== 'done') {
      if (at + HEADER_BYTES > bytes.length) break;
      if (bytes[at] !== 0x41 || bytes[at + 1] !== 0x42) throw new AjpError('no AJP packet');
      const size = bytes.readUInt16BE(at + 2);
      if (size === 0 || size + HEADER_BYTES > this.#packetSize) throw new AjpError(`packet of ${size} bytes`);
      const end = at + HEADER_BYTES + size;
      if (end > bytes.length) break;
      const payload = bytes.subarray(at + HEADER_BYTES, end);
      at = end;
      if (payload[0] === PACKET.end) {
        this.#onEnd(payload, at < bytes.length);
        return;
      }
      this.#onPacket(payload);
    }
    if (this.phase === 'done') return;
    this.#flush();
    // Whoever heard may have stopped this answer.
    if (this.#isOpen() && at < bytes.length) this.#partial = Buffer.from(bytes.subarray(at));
  }

  #isOpen(): boolean {
    return this.phase !== 'done';
  }

  #onPacket(payload: Buffer): void {
    const type = payload[0];
    if (type === PACKET.pong && payload.length === 1 && this.phase === 'pong') {
      this.phase = 'head';
      this.#sink.onPong();
    } else if (this.phase === 'pong') throw new AjpError('packet before CPONG');
    else if (type === PACKET.getBody && payload.length === 3) this.#sink.onBodyAsked(payload.readUInt16BE(1));
    else if (type === PACKET.headers && this.phase === 'head') this.#onHead(headOf(payload));
    else if (type === PACKET.data && this.phase === 'body') this.#onData(dataOf(payload));
    else throw new AjpError(`packet of type ${type ?? 'none'} in the ${this.phase}`);
  }

  #onHead(head: ResponseHead): void {
    this.phase = 'body';
    this.#isBodyless = this.#isHeadRequest || head.status === 204 || head.status === 304;
    this.#left = head.length;
    this.#head = head;
  }

  #onData(data: Buffer): void {
    if (data.length === 0 || this.#isBodyless) return; // a flush, or what no client can get
    if (this.#left !== UNKNOWN_LENGTH) {
      if (data.length > this.#left) throw new AjpError('body longer than its Content-Length');
      this.#left -= data.length;
    }
    this.bytes += data.length;
    this.#flush();
    if (this.#isOpen()) this.#data = data;
  }

  /** Tells what was held back; more follows. */
  #flush(): void {
    const head = this.#head;
    const data = this.#data;
    // The head alone is held until the first byte, as long as they come together.
    if (head === undefined && data === undefined) return;
    this.#head = undefined;
    this.#data = undefined;
    this.hasBegun = true;
    if (head !== undefined) this.#sink.onHead(head, data, false);
    else if (data !== undefined) this.#sink.onData(data, false);
  }

  #onEnd(payload: Buffer, hasMore: boolean): void {
    if (this.phase !== 'body' || payload.length !== 2) throw new AjpError('end before the head');
    if (!this.#isBodyless && this.#left > 0) throw new AjpError('body shorter than its Content-Length');
    // Bytes after the end are nobody's: the connection is not to be trusted.
    this.isReusable = payload[1] === 1 && !hasMore;
    const head = this.#head;
    const data = this.#data;
    this.stop();
    this.hasBegun = true;
    if (head !== undefined) {
      // httpd differs: the Content-Length of an answer to HEAD is lost there.
      if (!this.#isBodyless && head.length === UNKNOWN_LENGTH) head.length = data?.length ?? 0;
      this.#sink.onHead(head, data, true);
    } else if (data !== undefined) this.#sink.onData(data, true);
    else this.#sink.onEnd();
  }
}
