/**
 * RewriteRule and RewriteCond lines have quoting and flags of their own: a quote ends at the next one whatever stands
 * before it, and a backslash keeps the blank after it.
 *
 * Source: httpd 2.4, mod_rewrite, as observed. Thread: main, at load.
 */
import { fail } from '../error.js';
import { isBlank, skipBlanks } from '../lexer.js';
import type { DirectiveLine, Word } from '../table.js';

export interface RewriteLine {
  first: Word;
  second: Word;
  flags: Flag[];
}

export interface Flag {
  /** As written. */
  name: string;
  value: string;
}

/** Two words and, in brackets, flags. */
export function parseRewriteLine(line: DirectiveLine): RewriteLine {
  const offset = line.column + line.name.length;
  const first = word(line.raw, 0, offset);
  const second = first && word(line.raw, first.next, offset);
  if (second === undefined) fail(line, `${line.name}: bad argument line '${line.raw.trim()}'`);
  const third = word(line.raw, second.next, offset);
  const flags = third === undefined ? [] : parseFlags(line, third.word);
  return { first: (first as NonNullable<typeof first>).word, second: second.word, flags };
}

function word(text: string, from: number, offset: number): { word: Word; next: number } | undefined {
  let at = skipBlanks(text, from);
  if (at >= text.length) return undefined;
  const quote = text[at] === '"' || text[at] === "'" ? text[at] : undefined;
  if (quote !== undefined) at += 1;
  const start = at;
  for (; at < text.length; at += 1) {
    if (quote === undefined ? isBlank(text[at]) : text[at] === quote) break;
    if (text[at] === '\\' && isBlank(text[at + 1])) at += 1;
  }
  return { word: { text: text.slice(start, at), column: offset + start + 1 }, next: at + 1 };
}

function parseFlags(line: DirectiveLine, { text, column }: Word): Flag[] {
  if (!text.startsWith('[') || !text.endsWith(']') || text.length < 2) {
    fail(line, `${line.name}: bad flag delimiters`, column);
  }
  return text
    .slice(1, -1)
    .split(',')
    .map((part) => {
      const flag = part.replace(/^\s+/, '');
      const equals = flag.indexOf('=');
      // What stands after the sign keeps its blanks: `B= ?`.
      return equals < 0
        ? { name: flag.trim(), value: '' }
        : { name: flag.slice(0, equals).trim(), value: flag.slice(equals + 1) };
    });
}
