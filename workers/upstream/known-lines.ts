/**
 * Lines that response heads have had before, by their place in the head. Most lines of a member's head are those of the
 * head before: to compare the bytes of one, four at a time, costs a tenth of reading it. What is remembered was checked when
 * it was met, and is text of its own, not a view on the head it came with. One memory for all members: where their heads
 * differ, lines are compared in vain and read as ever.
 * Any worker thread; each has its own.
 */
import { latin1Text } from '../latin1.js';

/** A line as bytes, and what it was read as. */
export interface KnownLine<T> {
  /** Bytes of it, with its line end. */
  length: number;
  /** Its bytes, four in each, the first one lowest; the last of them overlaps the one before. */
  words: Int32Array;
  meaning: T;
}

/** Places and bytes that are worth remembering. */
const MOST_LINES = 32;
const MOST_BYTES = 512;
const WORD = 4;
/** What stands at a place may be another line in each head, which is not learnt each time. */
const LEARN_EVERY = 16;

export class KnownLines<T> {
  readonly #lines = new Array<KnownLine<T> | undefined>(MOST_LINES).fill(undefined);
  readonly #misses = new Uint8Array(MOST_LINES);

  /** The line at this place of a head, when it is the one that stood there before. to: end of what may be read */
  find(bytes: Buffer, at: number, to: number, place: number): KnownLine<T> | undefined {
    const line = place < MOST_LINES ? this.#lines[place] : undefined;
    return line !== undefined && at + line.length <= to && isSame(bytes, at, line) ? line : undefined;
  }

  /** Is the line at this place, which was not known, to be learnt? True for one of many. */
  mayLearn(place: number): boolean {
    if (place >= MOST_LINES) return false;
    const count = this.#misses[place] as number;
    this.#misses[place] = (count + 1) % LEARN_EVERY;
    return count === 0;
  }

  /** Remembers the line from one index up to another, behind its line end. meaning: with texts of its own (ownText) */
  learn(bytes: Buffer, from: number, to: number, place: number, meaning: T): void {
    const length = to - from;
    if (length < WORD || length > MOST_BYTES) return;
    const words = new Int32Array(Math.ceil(length / WORD));
    for (let i = 0; i < words.length; i += 1)
      words[i] = bytes.readInt32LE(from + Math.min(i * WORD, length - WORD));
    this.#lines[place] = { length, words, meaning };
  }
}

let lastBuffer: ArrayBufferLike | undefined;
let lastView: DataView = new DataView(new ArrayBuffer(0));

function isSame(bytes: Buffer, at: number, { length, words }: KnownLine<unknown>): boolean {
  if (bytes.buffer !== lastBuffer) {
    lastBuffer = bytes.buffer;
    lastView = new DataView(bytes.buffer);
  }
  const view = lastView;
  const from = bytes.byteOffset + at;
  const last = words.length - 1;
  for (let i = 0; i < last; i += 1) if (view.getInt32(from + i * WORD, true) !== words[i]) return false;
  return view.getInt32(from + length - WORD, true) === words[last];
}

/** A copy of a text: a view on another one is slow to compare, and keeps all of the other one in memory. */
export function ownText(text: string): string {
  return latin1Text(Buffer.from(text, 'latin1'), 0, text.length);
}
