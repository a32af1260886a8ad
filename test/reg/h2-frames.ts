/**
 * HTTP/2 by hand: frames and field blocks as bytes, right ones and wrong ones, and a client that keeps what came back in
 * words. Node's own client refuses to send most of what a server has to refuse.
 *
 * Source: RFC 9113 4.1, 6, 7; RFC 7541 6.
 */
import type { Socket } from 'node:net';

export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

export const TYPES = [
  'DATA',
  'HEADERS',
  'PRIORITY',
  'RST_STREAM',
  'SETTINGS',
  'PUSH_PROMISE',
  'PING',
  'GOAWAY',
  'WINDOW_UPDATE',
  'CONTINUATION',
] as const;
export type FrameType = (typeof TYPES)[number];

export const CODES = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
] as const;
export type Code = (typeof CODES)[number];

export const END_STREAM = 1;
export const ACK = 1;
export const END_HEADERS = 4;
export const PADDED = 8;
export const PRIORITIZED = 32;

const HEAD_BYTES = 9;

/** stream  the whole of the four bytes, with the bit that is reserved */
export function frame(
  type: FrameType | number,
  flags: number,
  stream: number,
  payload: Uint8Array | readonly number[] = [],
): Buffer {
  const body = Buffer.from(payload);
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUIntBE(body.length, 0, 3);
  head[3] = typeof type === 'number' ? type : TYPES.indexOf(type);
  head[4] = flags;
  head.writeUInt32BE(stream >>> 0, 5);
  return Buffer.concat([head, body]);
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

export function settings(...pairs: [id: number, value: number][]): Buffer {
  const payload = pairs.map(([id, value]) =>
    Buffer.concat([Buffer.from([id >> 8, id & 0xff]), uint32(value)]),
  );
  return frame('SETTINGS', 0, 0, Buffer.concat(payload));
}

export function reset(stream: number, code: number): Buffer {
  return frame('RST_STREAM', 0, stream, uint32(code));
}

export function windowUpdate(stream: number, by: number): Buffer {
  return frame('WINDOW_UPDATE', 0, stream, uint32(by));
}

/** on  the stream it depends on, with the bit for `exclusive`; weight  from 1 */
export function priority(on: number, weight: number): Buffer {
  return Buffer.concat([uint32(on), Buffer.from([weight - 1])]);
}

/** RFC 7541 5.1 */
export function integer(prefix: number, bits: number, value: number): Buffer {
  const most = 2 ** bits - 1;
  if (value < most) return Buffer.from([prefix | value]);
  const bytes = [prefix | most];
  let rest = value - most;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  bytes.push(rest);
  return Buffer.from(bytes);
}

function text(value: string): Buffer {
  return Buffer.concat([integer(0, 7, value.length), Buffer.from(value, 'latin1')]);
}

/** A literal field that is not remembered. */
export function field(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.from([0]), text(name), text(value)]);
}

/** A literal field that goes into the dynamic table. */
export function remembered(name: string, value: string): Buffer {
  return Buffer.concat([Buffer.from([0x40]), text(name), text(value)]);
}

export function indexed(index: number): Buffer {
  return integer(0x80, 7, index);
}

export function block(...fields: (readonly [string, string])[]): Buffer {
  return Buffer.concat(fields.map(([name, value]) => field(name, value)));
}

/** What a request needs, with further fields behind. */
export function request(method: string, ...more: (readonly [string, string])[]): Buffer {
  const own = [
    [':method', method],
    [':scheme', 'http'],
    [':path', '/'],
    [':authority', 'a.test'],
  ] as const;
  return block(...own, ...more);
}

/** A client that has sent what it was told to, and notes every frame that comes, as `HEADERS 1 END_STREAM`. */
export class FrameClient {
  readonly heard: string[] = [];
  /** Payload of each DATA frame that came. */
  readonly data: Buffer[] = [];
  isClosed = false;
  /** The connection was reset, so that what was said last may be lost on its way. */
  isReset = false;
  readonly socket: Socket;
  #held = Buffer.alloc(0);

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => {
      this.isReset = true;
    });
    socket.on('close', () => {
      this.isClosed = true;
    });
    socket.on('data', (chunk: Buffer) => {
      this.#held = Buffer.concat([this.#held, chunk]);
      while (this.#held.length >= HEAD_BYTES) {
        const end = HEAD_BYTES + this.#held.readUIntBE(0, 3);
        if (this.#held.length < end) return;
        this.#note(this.#held.subarray(0, end));
        this.#held = this.#held.subarray(end);
      }
    });
  }

  /** Came, and is no frame so far. */
  get rest(): Buffer {
    return this.#held;
  }

  #note(bytes: Buffer): void {
    const type = TYPES[bytes[3] as number] ?? `type ${bytes[3]}`;
    const stream = bytes.readUInt32BE(5);
    const payload = bytes.subarray(HEAD_BYTES);
    const words: (string | number)[] = [type, stream];
    if (type === 'GOAWAY') words.push(codeName(payload.readUInt32BE(4)));
    else if (type === 'RST_STREAM') words.push(codeName(payload.readUInt32BE(0)));
    else if (type === 'SETTINGS' || type === 'PING') {
      if (((bytes[4] as number) & ACK) !== 0) words.push('ACK');
      if (type === 'PING') words.push(payload.toString('latin1'));
    } else if (type === 'DATA' || type === 'HEADERS') {
      if (type === 'DATA') this.data.push(payload);
      if (((bytes[4] as number) & END_STREAM) !== 0) words.push('END_STREAM');
    }
    this.heard.push(words.join(' '));
  }

  /** errors: rejects with what was heard when `isThere` stays false for so many ms */
  async until(isThere: (client: FrameClient) => boolean, patience: number): Promise<void> {
    const end = Date.now() + patience;
    while (!isThere(this)) {
      if (Date.now() > end) throw new Error(`heard only: ${this.transcript}`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  }

  get transcript(): string {
    const end = this.isReset ? 'reset' : 'closed';
    return [...this.heard, this.rest.toString('latin1'), ...(this.isClosed ? [end] : [])].join(', ');
  }
}

function codeName(code: number): string {
  return CODES[code] ?? `code ${code}`;
}
