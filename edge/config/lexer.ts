/**
 * From the bytes of a configuration file to logical lines, and from a line to words.
 *
 * A physical line that ends in a backslash goes on in the next one: the backslash goes, nothing comes in its place, even
 * in the middle of a word or a comment. A logical line carries the number of its last physical line, as httpd counts.
 * A word is what stands between blanks, or between quotes where it begins with one; inside quotes a backslash protects
 * the quote, and two backslashes are one everywhere; any other backslash stays. A quote that is never closed runs to the
 * end of the line. A quote in the middle of a word is an ordinary character. A zero byte ends its line.
 *
 * Source: httpd 2.4 manual, "Configuration Files", "Syntax of the Configuration Files"; the quoting was compared with a
 * running httpd. Thread: whichever reads the configuration.
 */
import type { Word } from './table.js';

export interface LogicalLine {
  /** With its leading blanks, without its line end. */
  text: string;
  /** 1-based number of its last physical line. */
  line: number;
}

const BLANKS = ' \t\n\v\f\r';

export function isBlank(character: string | undefined): boolean {
  return character !== undefined && character !== '' && BLANKS.includes(character);
}

/** Logical lines of a file in order; comments and empty lines are among them. */
export function* logicalLines(content: string): Generator<LogicalLine> {
  let line = 0;
  let start = 0;
  let pending = '';
  while (start < content.length) {
    const newline = content.indexOf('\n', start);
    const isLast = newline < 0;
    let text = content.slice(start, isLast ? content.length : newline);
    start = isLast ? content.length : newline + 1;
    line++;
    const end = text.indexOf('\0');
    if (end >= 0) text = text.slice(0, end);
    if (!isLast && text.endsWith('\r')) text = text.slice(0, -1);
    if (!isLast && text.endsWith('\\')) {
      pending += text.slice(0, -1);
      continue;
    }
    yield { text: pending + text, line };
    pending = '';
  }
  if (pending !== '') yield { text: pending, line };
}

/**
 * The word at or after `from`.
 * returns  the word, its 1-based column, and where the next word begins; undefined when only blanks are left
 */
export function nextWord(text: string, from: number): { word: Word; next: number } | undefined {
  let at = skipBlanks(text, from);
  if (at >= text.length) return undefined;
  const column = at + 1;
  const quote = text[at];
  if (quote === '"' || quote === "'") {
    let end = at + 1;
    while (end < text.length && text[end] !== quote) {
      const isPair = text[end] === '\\' && (text[end + 1] === quote || text[end + 1] === '\\');
      end += isPair ? 2 : 1;
    }
    const word = withoutEscapes(text.slice(at + 1, Math.min(end, text.length)), quote);
    return { word: { text: word, column }, next: skipBlanks(text, end + 1) };
  }
  const start = at;
  while (at < text.length && !isBlank(text[at])) at++;
  return { word: { text: withoutEscapes(text.slice(start, at), ''), column }, next: skipBlanks(text, at) };
}

/** All words from `from` on; an empty pair of quotes is a word without characters. */
export function splitWords(text: string, from = 0): Word[] {
  const words: Word[] = [];
  for (let found = nextWord(text, from); found !== undefined; found = nextWord(text, found.next)) {
    words.push(found.word);
  }
  return words;
}

export function skipBlanks(text: string, from: number): number {
  let at = from;
  while (at < text.length && isBlank(text[at])) at++;
  return at;
}

function withoutEscapes(text: string, quote: string): string {
  if (!text.includes('\\')) return text;
  let result = '';
  for (let at = 0; at < text.length; at++) {
    const following = text[at + 1];
    const isPair = text[at] === '\\' && (following === '\\' || (quote !== '' && following === quote));
    if (isPair) at++;
    result += text[at] ?? '';
  }
  return result;
}
