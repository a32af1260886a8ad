/**
 * LogFormat and ErrorLogFormat: text to items. Both are text with `%` codes, but differ in modifiers, in escapes and in
 * what a space means: in an error format it separates fields, and a field with an empty item disappears as a whole.
 * Source: httpd 2.4, mod_log_config, "Custom Log Formats", "Modifiers"; core, "ErrorLogFormat". Main thread, at load.
 */
import type { LogCode, LogFormat, LogItem } from './format.js';
import { SEVERITIES } from './severity.js';
import { isTryWord, TRY_WORDS } from './tries.js';

const ACCESS_CODES = new Set([...'aABbCDefhHiIklLmnoOpPqrRsStTuUvVXxc', '^FB', '^ti', '^to', '^dr']);
const ERROR_CODES = new Set([...'aAeEFiklLmMnPTtvV']);
/** Codes that mean nothing without a name in braces. */
const NAMED = new Set(['C', 'e', 'i', 'n', 'o', 'x', 'c', '^ti', '^to']);
const TEXT_ESCAPES = new Map([
  ['\\\\', '\\'],
  ['\\n', '\n'],
  ['\\t', '\t'],
  ['\\r', '\r'],
]);

/**
 * The format of LogFormat and CustomLog.
 * errors  Error with httpd's message: `Unrecognized LogFormat directive %y`
 */
export function parseLogFormat(text: string): LogFormat {
  const items: LogItem[] = [];
  let at = 0;
  while (at < text.length) {
    if (text.charAt(at) !== '%') {
      const end = text.indexOf('%', at);
      const literal = text.slice(at, end < 0 ? text.length : end);
      items.push({ text: literal.replace(/\\[\\ntr]/g, (pair) => TEXT_ESCAPES.get(pair) ?? pair) });
      at += literal.length;
    } else if (text.charAt(at + 1) === '%') {
      items.push({ text: '%' });
      at += 2;
    } else {
      const { item, end } = parseAccessCode(text, at + 1);
      items.push(item);
      at = end;
    }
  }
  return { source: text, items };
}

/** Modifiers come in any order and the last of a kind counts. */
function parseAccessCode(text: string, from: number): { item: LogCode; end: number } {
  const item: LogCode = { code: '' };
  const codes: number[] = [];
  let negate = false;
  let at = from;
  for (;;) {
    const modifier = /!|<|>|,|\d+|\{([^}]*)(?:\}|$)/y;
    modifier.lastIndex = at;
    const found = modifier.exec(text);
    if (found === null) break;
    at = modifier.lastIndex;
    if (found[0] === '!') negate = !negate;
    else if (found[0] === '<') item.which = 'original';
    else if (found[0] === '>') item.which = 'final';
    else if (found[1] !== undefined) item.arg = found[1];
    else if (found[0] !== ',') codes.push(Number(found[0]));
  }
  item.code = text.charAt(at) === '^' ? text.slice(at, at + 3) : text.charAt(at);
  at += item.code.length;
  if (item.code === '') throw new Error('Ran off end of LogFormat parsing args to some directive');
  if (!ACCESS_CODES.has(item.code))
    throw new Error(`Unrecognized LogFormat directive %${item.code.charAt(0)}`);
  if (NAMED.has(item.code)) item.arg ??= '';
  if (item.code === '^dr' && !isTryWord(item.arg ?? ''))
    throw new Error(`%^dr takes one of ${TRY_WORDS.join(', ')} in braces`);
  if (codes.length > 0) item.statuses = { codes, negate };
  return { item, end: at };
}

/**
 * The format of ErrorLogFormat.
 * kind    `main` is the format of lines; `request` and `connection` are the extra lines about them
 * errors  Error with httpd's message: `Unrecognized error log format directive %y`
 */
export function parseErrorLogFormat(
  text: string,
  kind: 'main' | 'request' | 'connection' = 'main',
): LogFormat {
  const items: LogItem[] = [];
  let literal = '';
  const flush = (): void => {
    if (literal !== '') items.push({ text: literal });
    literal = '';
  };
  let at = 0;
  while (at < text.length) {
    const c = text.charAt(at);
    const next = text.charAt(at + 1);
    if (c === '\\' && next !== '') {
      literal += TEXT_ESCAPES.get(c + next) ?? next;
      at += 2;
    } else if (c === '%' && next === '%') {
      literal += '%';
      at += 2;
    } else if (c === ' ' || (c === '%' && next === ' ')) {
      flush();
      items.push({ text: c === ' ' ? ' ' : '', isSeparator: true });
      at += c === ' ' ? 1 : 2;
    } else if (c === '%') {
      flush();
      const { item, end } = parseErrorCode(text, at + 1);
      items.push(item);
      at = end;
    } else {
      literal += c;
      at++;
    }
  }
  flush();
  if (kind === 'main') checkMain(items);
  else if (items.some((item) => 'code' in item && item.code === 'M'))
    throw new Error('%M cannot be used in once-per-request or once-per-connection formats');
  return { source: text, items };
}

function checkMain(items: LogItem[]): void {
  const codes = items.filter((item) => 'code' in item);
  if (codes.some((item) => item.isRequired === true))
    throw new Error("The '+' flag cannot be used in the main error log format");
  if (!codes.some((item) => item.code === 'M'))
    throw new Error("main ErrorLogFormat must contain message format string '%M'");
}

function parseErrorCode(text: string, from: number): { item: LogCode; end: number } {
  const pattern = /([-+\d]*)(?:\{([^}]*)\}?)?([-+\d]*)([\s\S]?)/y;
  pattern.lastIndex = from;
  const [whole = '', before = '', arg, after = '', code = ''] = pattern.exec(text) ?? [];
  if (code === '') throw new Error('Ran off end of error log format parsing args to some directive');
  if (!ERROR_CODES.has(code)) throw new Error(`Unrecognized error log format directive %${code}`);
  const item: LogCode = { code };
  const flags = before + after;
  if (arg !== undefined) item.arg = arg;
  if (flags.includes('-')) item.hasDash = true;
  if (flags.includes('+')) item.isRequired = true;
  const rank = /\d+/.exec(flags)?.[0];
  if (rank !== undefined) item.fromRank = parseRank(rank);
  return { item, end: from + whole.length };
}

function parseRank(digits: string): number {
  const rank = Number(digits);
  if (rank >= SEVERITIES.length) throw new Error('The specified loglevel modifier is out of range');
  return rank;
}
