/**
 * WebSocket frames by hand, right ones and wrong ones (RFC 6455 5.2), and a client that sends them as they are and keeps
 * what came back: messages, pongs, the Close or that there was none, each in its order.
 */
import { createHash, randomBytes } from 'node:crypto';
import { openRaw } from './raw-client.js';

export const [CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG] = [0, 1, 2, 8, 9, 10];
const NAMES: Record<number, string> = { [TEXT]: 'text', [BINARY]: 'binary' };

export interface FrameOptions {
  /** False: more fragments follow. */
  isLast?: boolean;
  /** The three reserved bits, 0 to 7. */
  reserved?: number;
  isMasked?: boolean;
}

export function frame(opcode: number, payload: string | Uint8Array = '', options: FrameOptions = {}): Buffer {
  const { isLast = true, reserved = 0, isMasked = true } = options;
  const data = Buffer.from(payload as Uint8Array);
  const first = (isLast ? 0x80 : 0) | (reserved << 4) | opcode;
  const masked = isMasked ? 0x80 : 0;
  let head: Buffer;
  if (data.length < 126) head = Buffer.from([first, masked | data.length]);
  else if (data.length < 65536) {
    head = Buffer.from([first, masked | 126, 0, 0]);
    head.writeUInt16BE(data.length, 2);
  } else {
    head = Buffer.from([first, masked | 127, 0, 0, 0, 0, 0, 0, 0, 0]);
    head.writeUInt32BE(data.length, 6);
  }
  if (!isMasked) return Buffer.concat([head, data]);
  const mask = randomBytes(4);
  const hidden = Buffer.allocUnsafe(data.length);
  for (let i = 0; i < data.length; i += 1) hidden[i] = (data[i] as number) ^ (mask[i & 3] as number);
  return Buffer.concat([head, mask, hidden]);
}

export function close(code: number, reason: string | Uint8Array = ''): Buffer {
  return frame(
    CLOSE,
    Buffer.concat([Buffer.from([code >> 8, code & 0xff]), Buffer.from(reason as Uint8Array)]),
  );
}

/** What a server said: messages by kind, length and digest; pongs as they came; how it ended. */
export interface Said {
  messages: string[];
  pongs: string[];
  end: string;
}

export interface Talk {
  send: readonly Buffer[];
  /** Messages and pongs to wait for before the client says Close; undefined: it says nothing more, and waits for the end. */
  replies?: number;
  /** All bytes in writes of one. */
  isSplit?: boolean;
}

const PATIENCE_MS = 15_000;

/** Opens a WebSocket by hand, holds a talk, and tells what came back. */
export async function talk(
  port: number,
  path: string,
  { send, replies, isSplit = false }: Talk,
): Promise<Said> {
  const socket = await openRaw(port);
  const said: Said = { messages: [], pongs: [], end: 'silent' };
  let held: Buffer = Buffer.alloc(0);
  let isOpen = false;
  let isClosing = false;
  const fields = `Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${randomBytes(16).toString('base64')}`;
  socket.write(`GET ${path} HTTP/1.1\r\nHost: a.test\r\n${fields}\r\nSec-WebSocket-Version: 13\r\n\r\n`);
  const begin = async (): Promise<void> => {
    if (!isSplit) {
      socket.write(Buffer.concat(send));
      return;
    }
    for (const byte of Buffer.concat(send)) {
      socket.write(Buffer.from([byte]));
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const hear = (opcode: number, payload: Buffer): void => {
    if (opcode === CLOSE) {
      const code = payload.length < 2 ? '' : ` ${payload.readUInt16BE(0)} ${payload.toString('latin1', 2)}`;
      said.end = `close${code}`;
      if (!isClosing && replies !== undefined) socket.write(frame(CLOSE, payload));
      isClosing = true;
      return;
    }
    if (opcode === PONG) said.pongs.push(payload.toString('latin1'));
    else {
      const digest = createHash('sha1').update(payload).digest('hex').slice(0, 8);
      said.messages.push(`${NAMES[opcode] ?? opcode} ${payload.length} ${digest}`);
    }
  };
  return new Promise((resolve) => {
    const over = (): void => {
      clearTimeout(timer);
      socket.destroy();
      // As it stands: the close that this brings about is not the server's.
      resolve({ ...said });
    };
    const timer = setTimeout(over, PATIENCE_MS);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      if (said.end === 'silent') said.end = 'gone';
      over();
    });
    socket.on('data', (chunk: Buffer) => {
      held = Buffer.concat([held, chunk]);
      if (!isOpen) {
        const end = held.indexOf('\r\n\r\n');
        if (end < 0) return;
        isOpen = held.toString('latin1', 0, end).startsWith('HTTP/1.1 101');
        held = held.subarray(end + 4);
        if (!isOpen) {
          said.end = 'no WebSocket';
          over();
          return;
        }
        void begin();
      }
      for (let one = takeFrame(held); one !== undefined; one = takeFrame(held)) {
        held = one.rest;
        hear(one.opcode, one.payload);
      }
      if (!isClosing && replies !== undefined && said.messages.length + said.pongs.length >= replies) {
        isClosing = true;
        socket.write(close(1000, 'bye'));
      }
    });
  });
}

/** A server's frame: whole and not masked. */
export function takeFrame(
  bytes: Buffer,
): { opcode: number; reserved: number; payload: Buffer; rest: Buffer } | undefined {
  if (bytes.length < 2) return undefined;
  const short = (bytes[1] as number) & 127;
  const head = short === 127 ? 10 : short === 126 ? 4 : 2;
  if (bytes.length < head) return undefined;
  const length = short === 127 ? bytes.readUInt32BE(6) : short === 126 ? bytes.readUInt16BE(2) : short;
  if (bytes.length < head + length) return undefined;
  return {
    opcode: (bytes[0] as number) & 15,
    reserved: ((bytes[0] as number) >> 4) & 7,
    payload: bytes.subarray(head, head + length),
    rest: bytes.subarray(head + length),
  };
}
