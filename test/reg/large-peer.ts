/**
 * The two ends of a large transfer: a sender that makes an endless pattern as fast as the socket takes it, and a reader
 * that compares every byte with it. Either can be slow: it stops for a while, over and over, so that everything between
 * the two fills up, without the test lasting minutes. The pattern's length is a prime number near a megabyte, so that a
 * lost, doubled or swapped piece of any usual size shows.
 */

import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { framingOf, takeHead } from '../diff/harness/message.js';

const PATTERN = makePattern(1_048_573);
const DOUBLE = Buffer.concat([PATTERN, PATTERN]);
const PIECE = 262_144;
/** How often a slow end stops in one transfer, and for how long. */
const STOPS = 8;
const STOP_MS = 80;

export interface Pace {
  isSlow: boolean;
}

export type Coding = 'length' | 'chunked';

function makePattern(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = 0x2545f491;
  for (let i = 0; i < length; i += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state & 0xff;
  }
  return bytes;
}

/** The field that frames a body. */
export function framingField(coding: Coding, size: number): string {
  return coding === 'length' ? `Content-Length: ${size}` : 'Transfer-Encoding: chunked';
}

/** Sends so many bytes of the pattern; resolves when the socket has taken all of them, rejects when it closes before. */
export async function sendPattern(socket: Socket, size: number, coding: Coding, pace: Pace): Promise<void> {
  let isClosed = socket.destroyed;
  socket.once('close', () => {
    isClosed = true;
    socket.emit('drain');
  });
  let nextStop = 0;
  for (let at = 0; at < size; ) {
    if (isClosed) throw new Error(`closed after ${at} of ${size} bytes were sent`);
    if (pace.isSlow && at >= nextStop) {
      nextStop += size / STOPS;
      await sleep(STOP_MS);
    }
    const from = at % PATTERN.length;
    const piece = DOUBLE.subarray(from, from + Math.min(PIECE, size - at));
    at += piece.length;
    if (coding === 'chunked') socket.write(`${piece.length.toString(16)}\r\n`);
    let isTaken = socket.write(piece);
    if (coding === 'chunked') isTaken = socket.write('\r\n');
    if (!isTaken) await new Promise((resolve) => socket.once('drain', resolve));
  }
  if (coding === 'chunked') socket.write('0\r\n\r\n');
}

/** Reads one message (request or response) and compares its body with the pattern. */
export class PatternReader {
  readonly #socket: Socket;
  readonly #pace: Pace;
  readonly #stopEvery: number;
  #held: Buffer = Buffer.alloc(0);
  #line = '';
  #left = 0;
  #isChunked = false;
  #isInBody = false;
  #isLast = false;
  #size = 0;
  #nextStop = 0;
  #done: ((error?: Error) => void) | undefined;

  /** expected  bytes of the body, for the pace alone */
  constructor(socket: Socket, expected: number, pace: Pace) {
    this.#socket = socket;
    this.#pace = pace;
    this.#stopEvery = expected / STOPS;
  }

  /** Resolves at the end of the body with the first line and the number of bytes; rejects on a wrong or missing byte. */
  read(): Promise<{ line: string; size: number }> {
    return new Promise((resolve, reject) => {
      const onData = (chunk: Buffer): void => this.#take(chunk);
      const onClose = (): void => this.#done?.(new Error(`closed after ${this.#size} bytes of the body`));
      this.#done = (error) => {
        this.#socket.off('data', onData);
        this.#socket.off('close', onClose);
        this.#done = undefined;
        if (error === undefined) resolve({ line: this.#line, size: this.#size });
        else reject(error);
      };
      this.#socket.on('data', onData);
      this.#socket.once('close', onClose);
    });
  }

  #take(chunk: Buffer): void {
    let rest = this.#held.length > 0 ? Buffer.concat([this.#held, chunk]) : chunk;
    this.#held = Buffer.alloc(0);
    if (!this.#isInBody) {
      const taken = takeHead(rest);
      if (taken === undefined) {
        this.#held = rest;
        return;
      }
      this.#line = taken.head.line;
      rest = taken.rest;
      if (/ 100 /.test(this.#line)) {
        this.#take(rest);
        return;
      }
      const framing = framingOf(taken.head.fields, 'none');
      this.#isInBody = true;
      this.#isChunked = framing.kind === 'chunked';
      this.#left = framing.kind === 'length' ? framing.length : 0;
      if (framing.kind === 'none' || (framing.kind === 'length' && framing.length === 0)) {
        this.#done?.();
        return;
      }
    }
    this.#body(rest);
    if (this.#pace.isSlow && this.#size >= this.#nextStop) {
      this.#nextStop += this.#stopEvery;
      this.#socket.pause();
      setTimeout(() => this.#socket.resume(), STOP_MS);
    }
  }

  #body(bytes: Buffer): void {
    let rest = bytes;
    while (rest.length > 0) {
      if (this.#left > 0) {
        const piece = rest.subarray(0, this.#left);
        this.#compare(piece);
        this.#left -= piece.length;
        rest = rest.subarray(piece.length);
        if (this.#left === 0 && !this.#isChunked) this.#done?.();
        continue;
      }
      if (!this.#isChunked) return;
      // A line: the end of a chunk, a size, or the end of the trailers.
      const end = rest.indexOf('\r\n');
      if (end < 0) {
        this.#held = rest;
        return;
      }
      const text = rest.toString('latin1', 0, end);
      rest = rest.subarray(end + 2);
      if (this.#isLast && text === '') this.#done?.();
      else if (text !== '') {
        this.#left = Number.parseInt(text, 16);
        this.#isLast = this.#left === 0;
      }
    }
  }

  #compare(piece: Buffer): void {
    for (let at = 0; at < piece.length; at += PATTERN.length) {
      const part = piece.subarray(at, at + PATTERN.length);
      const from = this.#size % PATTERN.length;
      if (DOUBLE.compare(part, 0, part.length, from, from + part.length) !== 0)
        this.#done?.(new Error(`wrong bytes in the ${part.length} after the first ${this.#size}`));
      this.#size += part.length;
    }
  }
}
