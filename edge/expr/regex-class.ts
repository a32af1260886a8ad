/**
 * Bracket classes and the class escapes of PCRE, as sets of byte ranges, written out for JavaScript.
 * PCRE here works on bytes in the C locale, so \s, \w and the POSIX names are ASCII; JavaScript's own \s is wider,
 * which is why ranges are written out instead of passed on.
 * Source: pcre2pattern(3), "Square brackets and character classes", "POSIX character classes". Main thread, at load.
 */
import { RegexError } from './error.js';

/** Closed ranges of character codes. */
export type Ranges = [number, number][];

const LAST = 0xffff;
const DIGIT: Ranges = [[48, 57]];
const UPPER: Ranges = [[65, 90]];
const LOWER: Ranges = [[97, 122]];
const ALPHA: Ranges = [...UPPER, ...LOWER];
const ALNUM: Ranges = [...DIGIT, ...ALPHA];
const PUNCT: Ranges = [
  [33, 47],
  [58, 64],
  [91, 96],
  [123, 126],
];

const POSIX = new Map<string, Ranges>([
  ['alpha', ALPHA],
  ['digit', DIGIT],
  ['alnum', ALNUM],
  ['upper', UPPER],
  ['lower', LOWER],
  [
    'space',
    [
      [9, 13],
      [32, 32],
    ],
  ],
  [
    'blank',
    [
      [9, 9],
      [32, 32],
    ],
  ],
  [
    'cntrl',
    [
      [0, 31],
      [127, 127],
    ],
  ],
  ['graph', [[33, 126]]],
  ['print', [[32, 126]]],
  ['punct', PUNCT],
  ['xdigit', [...DIGIT, [65, 70], [97, 102]]],
  ['word', [...ALNUM, [95, 95]]],
  ['ascii', [[0, 127]]],
]);

const ESCAPES = new Map<string, Ranges>([
  ['d', DIGIT],
  ['w', [...ALNUM, [95, 95]]],
  ['s', POSIX.get('space') ?? []],
  [
    'h',
    [
      [9, 9],
      [32, 32],
      [160, 160],
    ],
  ],
  [
    'v',
    [
      [10, 13],
      [133, 133],
    ],
  ],
]);

/** Ranges of `\d`, `\S` …; undefined when the letter is no class escape. */
export function escapeRanges(letter: string): Ranges | undefined {
  const ranges = ESCAPES.get(letter);
  if (ranges !== undefined) return ranges;
  const negated = letter === letter.toLowerCase() ? undefined : ESCAPES.get(letter.toLowerCase());
  return negated === undefined ? undefined : complement(negated);
}

/** Ranges of `[:name:]` or `[:^name:]`, without the brackets and colons. */
export function posixRanges(name: string, column: number): Ranges {
  const isNegated = name.startsWith('^');
  const ranges = POSIX.get(isNegated ? name.slice(1) : name);
  if (ranges === undefined) throw new RegexError(`unknown POSIX class name [:${name}:]`, column);
  return isNegated ? complement(ranges) : ranges;
}

function complement(ranges: Ranges): Ranges {
  const out: Ranges = [];
  let from = 0;
  for (const [low, high] of [...ranges].sort((a, b) => a[0] - b[0])) {
    if (low > from) out.push([from, low - 1]);
    from = Math.max(from, high + 1);
  }
  if (from <= LAST) out.push([from, LAST]);
  return out;
}

/** With the other case of every ASCII letter: for `(?i:…)`, which JavaScript has not. */
export function bothCases(ranges: Ranges): Ranges {
  const out: Ranges = [...ranges];
  for (const [low, high] of ranges) {
    addShifted(out, low, high, 65, 90, 32);
    addShifted(out, low, high, 97, 122, -32);
  }
  return out;
}

function addShifted(out: Ranges, low: number, high: number, first: number, last: number, by: number): void {
  const from = Math.max(low, first);
  const to = Math.min(high, last);
  if (from <= to) out.push([from + by, to + by]);
}

/** A JavaScript class of these ranges; one plain character stands without brackets. */
export function writeClass(ranges: Ranges, isNegated: boolean): string {
  const only = ranges.length === 1 ? ranges[0] : undefined;
  if (!isNegated && only !== undefined && only[0] === only[1]) return writeChar(only[0]);
  const inner = ranges.map(([low, high]) => {
    if (low === high) return writeChar(low);
    return low === 0 && high === LAST ? '\\s\\S' : `${writeChar(low)}-${writeChar(high)}`;
  });
  return `[${isNegated ? '^' : ''}${inner.join('')}]`;
}

/** One character, escaped so that it means itself inside and outside a class. */
export function writeChar(code: number): string {
  const char = String.fromCharCode(code);
  if (/[A-Za-z0-9_ !"#%&',:;<=>@`~]/.test(char)) return char;
  if (code > 32 && code < 127) return `\\${char}`;
  return code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
}
