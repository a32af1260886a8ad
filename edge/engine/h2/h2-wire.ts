/**
 * A client's socket as nghttp2 under Node gets to see it, with an eye on the frames that pass. Node has nghttp2 forget
 * streams as soon as they are closed, so that it takes frames on them for late ones and ignores them; and it does not hear
 * that nghttp2 has ended a connection by a GOAWAY, so that it keeps what is dead. Both are seen here: frames on streams
 * that their client itself had ended or reset, numbers of streams that go back, and a GOAWAY on its way out.
 *
 * Frames on a stream that we have reset are no fault of the client, who may not have heard of it (RFC 9113 5.1).
 *
 * Node leaves without a GOAWAY when it has something else to write at the time, so the last word is said here; and a socket
 * that is closed with bytes unread resets the connection, which may overtake that word, so what still comes is read for a
 * while and thrown away.
 *
 *   socket → walk → nghttp2                nghttp2 → walk → socket
 *
 * Source: RFC 9113 5.1, 5.1.1, 5.4.1. Measured in cached-1k-h2: about a quarter of a request. Thread: worker.
 */
import { EventEmitter } from 'node:events';
import { constants } from 'node:http2';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Ms } from '../../settings.js';
import { FrameWalk, GOAWAY, goaway } from './h2-frame-walk.js';

const [DATA, HEADERS, RST_STREAM, PING] = [0, 1, 3, 6];
const END_STREAM = 1;
const ACK = 1;
const PREFACE_BYTES = 24;
/** Streams that have ended lately: enough to tell a frame that is late from a number that was never used. */
const REMEMBERED = 128;
/** Who has ended a stream so far; above it the second in which it was last sent DATA. */
const [CLIENT, SERVER] = [1, 2];
const BOTH = CLIENT | SERVER;
const SECOND_AT = 2;

/** Bytes up to which what is written at a time is joined; of more so many are written before the next are. */
const JOINED_BYTES = 65536;
/** What a client may go on to send behind our last word, before the connection is cut. */
const LINGER_MS: Ms = 2000;
const LINGER_BYTES = 1_048_576;

type OnWritten = (error?: Error | null) => void;

export interface WireOwner {
  /** The client broke the protocol where nghttp2 does not mind; or nghttp2 has ended the connection, when isTold. */
  onWireEnd(code: number, isTold: boolean): void;
  /** An answer to a ping, of which none was sent. */
  onStrayPong(): void;
}

export class H2Wire extends EventEmitter {
  readonly readable = true;
  readonly writable = true;
  readonly #socket: Socket;
  readonly #owner: WireOwner;
  readonly #in: FrameWalk;
  readonly #out: FrameWalk;
  /** Streams that are open: who has ended them, and when they moved. */
  readonly #streams = new Map<number, number>();
  /** The last streams that their client ended or reset, and those that we have reset before their client had ended them. */
  readonly #ended = new Uint32Array(REMEMBERED);
  readonly #left = new Uint32Array(REMEMBERED);
  #endedAt = 0;
  #leftAt = 0;
  /** Up to here streams may have been reset by us that are not remembered any more. */
  #forgotten = 0;
  #highest = 0;
  #violation = -1;
  // what is being written
  #parts: Buffer[] = [];
  #done: OnWritten[] = [];
  #bytes = 0;
  /** Ms since the epoch since when the client has taken nothing of what is being written; 0: nothing is. */
  stuckSince = 0;
  readonly #bornAt = Date.now();
  #second = 0;
  #isOver = false;
  // how it ends
  #hasBegun = false;
  #isTold = false;
  #isLeaving = false;
  #lingers = LINGER_BYTES;
  readonly #timeout: Ms;

  /** timeout  ms that a client may take nothing of the last bytes */
  constructor(socket: Socket, owner: WireOwner, timeout: Ms) {
    super();
    this.#socket = socket;
    this.#owner = owner;
    this.#timeout = timeout;
    this.#in = new FrameWalk(PREFACE_BYTES, (type, flags, stream) => this.#onIn(type, flags, stream));
    this.#out = new FrameWalk(0, (type, flags, stream, code) => this.#onOut(type, flags, stream, code));
    // Both are what Node does with a socket that it knows.
    socket.setNoDelay();
    if (socket instanceof TLSSocket) socket.disableRenegotiation();
    socket.on('data', (chunk: Buffer) => this.#pass(chunk));
    socket.on('end', () => this.emit('end'));
    socket.on('error', (error) => {
      if (!this.#isLeaving) this.emit('error', error);
    });
    socket.on('close', () => this.emit('close'));
  }

  #pass(chunk: Buffer): void {
    if (this.#isLeaving) {
      this.#lingers -= chunk.length;
      if (this.#lingers < 0) this.#socket.destroy();
      return;
    }
    this.#in.walk(chunk);
    this.emit('data', chunk);
    if (this.#violation < 0 || this.#isOver) return;
    this.#isOver = true;
    // nghttp2 has what came before, and is to say it first.
    const code = this.#violation;
    setImmediate(() => this.#owner.onWireEnd(code, false));
  }

  // --- what Node's adapter for streams of others makes use of

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  cork(): void {}

  write(chunk: Buffer, done: OnWritten): void {
    this.#done.push(done);
    if (this.#isLeaving) return;
    this.#hasBegun = true;
    this.#out.walk(chunk);
    this.#parts.push(chunk);
    this.#bytes += chunk.length;
  }

  /** nghttp2 hands over each frame's head and payload by itself: what is short leaves as one, and as one record of TLS. */
  uncork(): void {
    const parts = this.#parts;
    const done = this.#done;
    const isShort = this.#bytes <= JOINED_BYTES;
    this.#parts = [];
    this.#done = [];
    this.#bytes = 0;
    const written: OnWritten = (error) => {
      this.stuckSince = 0;
      for (const one of done) one(error);
    };
    if (parts.length === 0) {
      written();
      return;
    }
    this.stuckSince = Date.now();
    if (isShort)
      this.#socket.write(parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts), written);
    else this.#writeFrom(parts, 0, written);
  }

  /** Piece by piece, so that it can be told who takes little from who takes nothing. */
  #writeFrom(parts: readonly Buffer[], first: number, written: OnWritten): void {
    let next = first;
    let bytes = 0;
    this.#socket.cork();
    while (next < parts.length && bytes < JOINED_BYTES) {
      const part = parts[next] as Buffer;
      bytes += part.length;
      next += 1;
      const isLast = next === parts.length || bytes >= JOINED_BYTES;
      const from = next;
      this.#socket.write(part, isLast ? (error) => this.#onPiece(parts, from, written, error) : undefined);
    }
    this.#socket.uncork();
  }

  #onPiece(parts: readonly Buffer[], next: number, written: OnWritten, error?: Error | null): void {
    if (next === parts.length || (error !== null && error !== undefined)) {
      written(error);
      return;
    }
    this.stuckSince = Date.now();
    this.#writeFrom(parts, next, written);
  }

  /** Drops the connection. */
  cut(): void {
    this.#socket.destroy();
  }

  /** Called every second. */
  tick(now: number): void {
    this.#second = Math.floor((now - this.#bornAt) / 1000);
  }

  /** Ms since the epoch at which a stream was last sent DATA, to a second; what has no window is sent none. */
  movedAt(stream: number): number {
    return this.#bornAt + ((this.#streams.get(stream) ?? 0) >>> SECOND_AT) * 1000;
  }

  end(done: () => void): void {
    this.#socket.setTimeout(this.#timeout, () => this.#socket.destroy());
    this.#socket.end(done);
  }

  destroy(): void {
    if (this.#isTold) this.#leave();
    if (!this.#isLeaving) {
      this.#socket.destroy();
      return;
    }
    if (this.#socket.writable) this.#socket.end();
    this.#socket.resume();
  }

  /**
   * Says why the connection ends, unless nghttp2 has; nothing is written behind that. Before the first frame, which must
   * be SETTINGS, nghttp2 has both to say, and nothing else is in its way.
   */
  sayLast(code: number): void {
    if (this.#isLeaving || !this.#hasBegun) return;
    if (!this.#isTold && this.#socket.writable) this.#socket.write(goaway(this.#highest, code));
    this.#leave();
  }

  #leave(): void {
    if (this.#isLeaving) return;
    this.#isLeaving = true;
    this.#isOver = true;
    const timer = setTimeout(() => this.#socket.destroy(), LINGER_MS);
    this.#socket.once('close', () => clearTimeout(timer));
  }

  // --- frames

  #onIn(type: number, flags: number, stream: number): void {
    if (type === PING) {
      if ((flags & ACK) !== 0) this.#owner.onStrayPong();
      return;
    }
    if (type === RST_STREAM) {
      if (this.#streams.delete(stream)) this.#remember(stream);
      return;
    }
    if ((type !== HEADERS && type !== DATA) || stream === 0) return;
    const ends = (flags & END_STREAM) !== 0 ? CLIENT : 0;
    const state = this.#streams.get(stream);
    if (state !== undefined) {
      if (ends !== 0) this.#mark(stream, state | CLIENT);
    } else if (stream > this.#highest) {
      if (type !== HEADERS) return;
      this.#highest = stream;
      this.#streams.set(stream, ends);
    } else if (this.#ended.includes(stream)) this.#violation = constants.NGHTTP2_STREAM_CLOSED;
    else if (stream > this.#forgotten && !this.#left.includes(stream))
      this.#violation = constants.NGHTTP2_PROTOCOL_ERROR;
  }

  #onOut(type: number, flags: number, stream: number, code: number): void {
    if (type === GOAWAY) {
      if (code === 0) return;
      this.#isTold = true;
      if (this.#isOver) return;
      this.#isOver = true;
      setImmediate(() => this.#owner.onWireEnd(code, true));
      return;
    }
    const state = this.#streams.get(stream);
    if (state === undefined) return;
    if (type === RST_STREAM) {
      this.#streams.delete(stream);
      if ((state & CLIENT) !== 0) this.#remember(stream);
      else {
        this.#forgotten = Math.max(this.#forgotten, this.#left[this.#leftAt] as number);
        this.#left[this.#leftAt] = stream;
        this.#leftAt = (this.#leftAt + 1) % REMEMBERED;
      }
    } else if ((type === DATA || type === HEADERS) && (flags & END_STREAM) !== 0)
      this.#mark(stream, state | SERVER);
    else if (type === DATA && state >>> SECOND_AT !== this.#second)
      this.#streams.set(stream, (state & BOTH) | (this.#second << SECOND_AT));
  }

  #mark(stream: number, state: number): void {
    if ((state & BOTH) !== BOTH) {
      this.#streams.set(stream, state);
      return;
    }
    this.#streams.delete(stream);
    this.#remember(stream);
  }

  #remember(stream: number): void {
    this.#ended[this.#endedAt] = stream;
    this.#endedAt = (this.#endedAt + 1) % REMEMBERED;
  }
}
