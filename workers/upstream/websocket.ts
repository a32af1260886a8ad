/**
 * A member that speaks WebSocket, message by message, for an engine that can only pass on messages: the frames are made
 * and read by the `ws` package over a connection that has been upgraded already. Text is passed on as the bytes it came
 * in: whether they are UTF-8 the client judges. Each ping is the other side's to answer. Messages of one frame do without
 * that package (websocket-frames.ts), as long as nothing else is under way.
 *
 * Compression is this leg's own (permessage-deflate), when the member agreed to what was offered; contexts are not
 * kept from message to message, which would cost a quarter of a megabyte a socket for ever.
 * Source: RFC 6455, RFC 7692. Thread: the worker that owns the connection.
 */
import { createHash } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import { createRequire } from 'node:module';
import type { Tunnel, TunnelSink } from './tunnel.js';
import { type Found, findMessage, messageFrame } from './websocket-frames.js';

/** What hears the member. Nothing comes after onMemberClose. */
export interface WebSocketHearer {
  /** The message is lent for the call. */
  onMemberMessage(data: Buffer, isBinary: boolean): void;
  onMemberPing(data: Buffer): void;
  /** code: as it came, 1005 for a Close without one, 1006 when the member was gone without; 1002, 1009: it broke a rule */
  onMemberClose(code: number, reason: Buffer): void;
  onMemberDrain(): void;
}

/** What of `ws` its type file does not name. */
interface Receiver extends EventEmitter {
  readonly writableLength: number;
  /** 0 where a frame may begin. */
  readonly _state?: number;
  readonly _bufferedBytes?: number;
  /** Opcode of the message whose fragments are coming, 0 for none. */
  readonly _fragmented?: number;
  /** Of the last frame; a Close is the last of all. */
  readonly _opcode?: number;
  write(chunk: Buffer): boolean;
}
interface Sender {
  /** What waits to be compressed. */
  readonly _bufferedBytes?: number;
  send(data: Uint8Array, options: { binary: boolean; compress: boolean; fin: boolean; mask: boolean }): void;
  ping(data: Uint8Array, mask: boolean): void;
  pong(data: Uint8Array, mask: boolean): void;
  close(code: number | undefined, data: Uint8Array, mask: boolean, done: () => void): void;
}
interface Deflate {
  accept(parameters: readonly unknown[]): unknown;
  cleanup(): void;
}
interface Parts {
  Receiver: new (options: Record<string, unknown>) => Receiver;
  Sender: new (socket: unknown, extensions: Record<string, Deflate>) => Sender;
  PerMessageDeflate: new (options: Record<string, unknown>) => Deflate;
  extension: { parse(field: string): Record<string, unknown[]> };
}

const DEFLATE = 'permessage-deflate';
/** What a member is offered of compression. */
export const DEFLATE_OFFER = `${DEFLATE}; server_no_context_takeover; client_no_context_takeover`;
/** Shorter messages are not worth compressing. */
const DEFLATE_FROM_BYTES = 1024;
const CLOSE = 8;
const NO_CODE = 1005;
const GONE = 1006;
const PROTOCOL_ERROR = 1002;
const TOO_BIG = 1009;

let parts: Parts | undefined;

/** Read with the first tunnel: 23 ms and 9 MB a thread, which most never need. */
function loadWs(): Parts {
  parts ??= createRequire(import.meta.url)('ws') as unknown as Parts;
  return parts;
}

/** Sec-WebSocket-Accept for a Sec-WebSocket-Key: RFC 6455 4.2.2. */
export function acceptFor(key: string): string {
  return createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
}

/** One for all: it is read before the next frame is looked for. */
const FOUND: Found = { start: 0, end: 0, isBinary: false };

export class WebSocketMember implements TunnelSink {
  readonly #limit: number;
  readonly #tunnel: Tunnel;
  readonly #hearer: WebSocketHearer;
  readonly #deflate: Deflate | undefined;
  readonly #receiver: Receiver;
  readonly #sender: Sender;
  #isClosed = false;
  #isCloseSent = false;
  #isHearerFull = false;
  #isReceiverFull = false;
  /** Payload bytes that went to the member, and came. */
  sent = 0;

  /**
   * limit       bytes of a message at the most
   * extensions  the member's Sec-WebSocket-Extensions, empty for none
   * errors      throws when the member agreed to what was not offered
   */
  constructor(tunnel: Tunnel, hearer: WebSocketHearer, limit: number, extensions: string) {
    this.#limit = limit;
    this.#tunnel = tunnel;
    this.#hearer = hearer;
    const agreed: Record<string, Deflate> = {};
    this.#deflate = acceptDeflate(extensions, limit);
    if (this.#deflate !== undefined) agreed[DEFLATE] = this.#deflate;
    this.#receiver = new (loadWs().Receiver)({
      isServer: false,
      extensions: agreed,
      maxPayload: limit,
      skipUTF8Validation: true,
    });
    this.#receiver.on('message', (data: Buffer, isBinary: boolean) => {
      if (!this.#isClosed) hearer.onMemberMessage(data, isBinary);
    });
    this.#receiver.on('ping', (data: Buffer) => {
      if (!this.#isClosed) hearer.onMemberPing(data);
    });
    this.#receiver.on('conclude', (code: number, reason: Buffer) => this.#closed(code, reason));
    this.#receiver.on('error', (error: Error) => this.#broken(error));
    this.#receiver.on('drain', () => {
      this.#isReceiverFull = false;
      this.#flow();
    });
    this.#sender = new (loadWs().Sender)(socketOf(tunnel, this), agreed);
  }

  /** Begins to listen. rest: what came behind the head. */
  open(rest: Buffer): void {
    if (rest.length > 0) this.onMemberBytes(rest);
    this.#tunnel.listen(this);
    this.#flow();
  }

  get hasDeflate(): boolean {
    return this.#deflate !== undefined;
  }

  /** Bytes that the member has not taken yet. */
  get backlog(): number {
    return this.#tunnel.backlog + (this.#sender._bufferedBytes ?? 0);
  }

  // --- to the member

  /** The data may be reused once this returns, unless the leg is compressed. */
  send(data: Uint8Array, isBinary: boolean): void {
    if (this.#isClosed || this.#isCloseSent) return;
    if (this.hasDeflate) {
      this.#sender.send(data, { binary: isBinary, compress: true, fin: true, mask: true });
      return;
    }
    const frame = messageFrame(data, isBinary);
    this.sent += frame.length;
    this.#tunnel.write(frame);
  }

  ping(data: Uint8Array): void {
    if (!this.#isClosed && !this.#isCloseSent) this.#sender.ping(data, true);
  }

  pong(data: Uint8Array): void {
    if (!this.#isClosed && !this.#isCloseSent) this.#sender.pong(data, true);
  }

  /** Sends a Close, once. code: 1005 for one without a code */
  close(code: number, reason: Uint8Array): void {
    if (this.#isCloseSent) return;
    this.#isCloseSent = true;
    this.#sender.close(code === NO_CODE ? undefined : code, reason, true, () => this.#tunnel.finish());
  }

  // --- from the member

  /** The hearer is slower: no more messages until resume. */
  pause(): void {
    this.#isHearerFull = true;
    this.#flow();
  }

  resume(): void {
    this.#isHearerFull = false;
    this.#flow();
  }

  #flow(): void {
    if (this.#isHearerFull || this.#isReceiverFull) this.#tunnel.pause();
    else this.#tunnel.resume();
  }

  onMemberBytes(bytes: Buffer): void {
    let at = 0;
    if (this.#isReceiverAtRest) {
      while (!this.#isClosed && findMessage(bytes, at, this.#limit, FOUND)) {
        const { start, end, isBinary } = FOUND;
        at = end;
        this.#hearer.onMemberMessage(bytes.subarray(start, end), isBinary);
      }
    }
    if (this.#isClosed || at === bytes.length) return;
    // The receiver keeps what a message has begun with; the bytes lie in a shared buffer.
    if (this.#receiver.write(Buffer.from(at === 0 ? bytes : bytes.subarray(at)))) return;
    this.#isReceiverFull = true;
    this.#flow();
  }

  /** Nothing of a frame or a message waits in the receiver: it may be passed by. */
  get #isReceiverAtRest(): boolean {
    const { _state, _bufferedBytes, _fragmented, _opcode, writableLength } = this.#receiver;
    return (
      _state === 0 && _bufferedBytes === 0 && _fragmented === 0 && _opcode !== CLOSE && writableLength === 0
    );
  }

  onMemberDrain(): void {
    this.#hearer.onMemberDrain();
  }

  onMemberEnd(): void {
    this.#closed(GONE, Buffer.alloc(0));
  }

  #broken(error: Error): void {
    const code =
      error instanceof RangeError && /payload size/i.test(error.message) ? TOO_BIG : PROTOCOL_ERROR;
    this.#closed(code, Buffer.alloc(0));
  }

  #closed(code: number, reason: Buffer): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (code !== GONE) this.close(code, reason);
    this.#deflate?.cleanup();
    this.#hearer.onMemberClose(code, reason);
  }
}

/** Compression as the member's answer has it; undefined for none. errors: throws when it is not what was offered */
function acceptDeflate(extensions: string, limit: number): Deflate | undefined {
  if (extensions === '') return undefined;
  const answered = loadWs().extension.parse(extensions);
  const parameters = answered[DEFLATE];
  if (parameters === undefined || Object.keys(answered).length !== 1)
    throw new Error(`an extension that was not offered: ${extensions}`);
  const deflate = new (loadWs().PerMessageDeflate)({
    isServer: false,
    maxPayload: limit,
    threshold: DEFLATE_FROM_BYTES,
    serverNoContextTakeover: true,
    clientNoContextTakeover: true,
  });
  deflate.accept(parameters);
  return deflate;
}

/** The tunnel as a sender of `ws` wants to see its socket. */
function socketOf(tunnel: Tunnel, member: { sent: number }) {
  return {
    cork: () => undefined,
    uncork: () => undefined,
    write: (chunk: Uint8Array, done?: () => void): boolean => {
      member.sent += chunk.length;
      const isTaken = tunnel.write(chunk);
      done?.();
      return isTaken;
    },
  };
}
