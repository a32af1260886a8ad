/**
 * The frames that nearly all of a conversation consists of: messages that are one frame, not compressed. A member's are
 * read where they lie, and a client's message is masked while it is copied; what is not of this kind goes through `ws`.
 * Measured in ws-echo-1k: 27 µs of processor time an echo without this, 21 with it.
 *
 * Source: RFC 6455 5.2, 5.3. Any worker thread; does not throw.
 */
import { randomFillSync } from 'node:crypto';

/** What a frame's first byte is when it is all of a message: FIN, no reserved bits, text or binary. */
const [WHOLE_TEXT, WHOLE_BINARY] = [0x81, 0x82];
const MASKED = 0x80;
const [IN_TWO_BYTES, IN_EIGHT_BYTES] = [126, 127];

/** A message found in bytes: from, to, and what it is. One object for all calls. */
export interface Found {
  start: number;
  end: number;
  isBinary: boolean;
}

/**
 * A member's frame at a place, when it is all of a message and has come whole.
 * found    filled when there is one
 * returns  false for any other frame, and for none
 */
export function findMessage(bytes: Uint8Array, at: number, limit: number, found: Found): boolean {
  const left = bytes.length - at;
  const first = bytes[at];
  if (left < 2 || (first !== WHOLE_TEXT && first !== WHOLE_BINARY)) return false;
  let length = bytes[at + 1] as number;
  let head = 2;
  if (length >= IN_EIGHT_BYTES) return false; // masked, or so long that the rest of it is awaited anyway
  if (length === IN_TWO_BYTES) {
    if (left < 4) return false;
    length = ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
    head = 4;
  }
  if (length > limit || left < head + length) return false;
  found.start = at + head;
  found.end = found.start + length;
  found.isBinary = first === WHOLE_BINARY;
  return true;
}

/** Random bytes in stock: RFC 6455 10.3 wants masks that nobody foretells, and each draw has a price. */
const STOCK = new Uint32Array(2048);
let drawn = STOCK.length;

function nextMask(): number {
  if (drawn === STOCK.length) {
    randomFillSync(STOCK);
    drawn = 0;
  }
  const mask = STOCK[drawn] as number;
  drawn += 1;
  return mask;
}

/** A message as a client's frame. The data is copied. */
export function messageFrame(data: Uint8Array, isBinary: boolean): Buffer {
  const { length } = data;
  const lengthBytes = length < IN_TWO_BYTES ? 0 : length < 65536 ? 2 : 8;
  const head = 2 + lengthBytes + 4;
  // Buffers begin at multiples of eight: so does the payload, that it may be masked by words.
  const pad = (8 - (head % 8)) % 8;
  const whole = Buffer.allocUnsafe(pad + head + length);
  const frame = whole.subarray(pad);
  const mask = nextMask();
  frame[0] = isBinary ? WHOLE_BINARY : WHOLE_TEXT;
  if (lengthBytes === 0) frame[1] = MASKED | length;
  else {
    frame[1] = MASKED | (lengthBytes === 2 ? IN_TWO_BYTES : IN_EIGHT_BYTES);
    if (lengthBytes === 2) frame.writeUInt16BE(length, 2);
    else {
      frame.writeUInt32BE(Math.floor(length / 2 ** 32), 2);
      frame.writeUInt32BE(length >>> 0, 6);
    }
  }
  frame.writeUInt32LE(mask, head - 4);
  frame.set(data, head);
  hide(frame, head, mask);
  return frame;
}

function hide(frame: Buffer, from: number, mask: number): void {
  const start = frame.byteOffset + from;
  const words = start % 4 === 0 ? (frame.length - from) >>> 2 : 0;
  if (words > 0) {
    const view = new Uint32Array(frame.buffer, start, words);
    for (let i = 0; i < words; i += 1) view[i] = (view[i] as number) ^ mask;
  }
  for (let i = from + words * 4; i < frame.length; i += 1)
    frame[i] = (frame[i] as number) ^ (mask >>> (((i - from) & 3) * 8));
}
