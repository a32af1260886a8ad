/**
 * Field lines that response heads have had before, by their place in the head. Most lines of a member's head are those of
 * the head before: to compare one costs a fifth of reading it. What is remembered was checked when it was met, and is text
 * of its own, not a view on the head it came with. One memory for all members: where their heads differ, lines are
 * compared in vain and read as ever.
 * Any worker thread; each has its own.
 */
import { latin1Text } from '../latin1.js';

export interface KnownLine {
  /** With its line end. */
  text: string;
  name: string;
  value: string;
  /** It says nothing of the connection, nor of the body's length. */
  isEndToEnd: boolean;
}

/** Controls that no line may have; CR and LF are its ends. */
export const CONTROL = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/;
/** Places and characters that are worth remembering. */
const MOST_LINES = 32;
const MOST_CHARS = 512;
/** What stands at a place may be another line in each head, which is not learnt each time. */
const LEARN_EVERY = 16;

const LINES = new Array<KnownLine | undefined>(MOST_LINES).fill(undefined);
const MISSES = new Uint8Array(MOST_LINES);

/** The line at this place of a head, when it is one that stood there before. */
export function knownLine(text: string, start: number, place: number): KnownLine | undefined {
  const line = place < MOST_LINES ? LINES[place] : undefined;
  return line !== undefined && text.startsWith(line.text, start) ? line : undefined;
}

/**
 * A line that was not known, and may be from here on.
 * end  before its line end, CR LF or LF
 */
export function meetLine(
  text: string,
  start: number,
  end: number,
  name: string,
  value: string,
  isEndToEnd: boolean,
  place: number,
): void {
  if (place >= MOST_LINES || end - start > MOST_CHARS) return;
  const misses = MISSES[place] as number;
  MISSES[place] = (misses + 1) % LEARN_EVERY;
  if (misses > 0) return;
  const line = text.slice(start, text.indexOf('\n', end) + 1);
  if (CONTROL.test(line)) return;
  LINES[place] = { text: flat(line), name: flat(name), value: flat(value), isEndToEnd };
}

/** A text of its own: a view on another one is slow to compare, and keeps all of the other one in memory. */
function flat(text: string): string {
  return latin1Text(Buffer.from(text, 'latin1'), 0, text.length);
}
