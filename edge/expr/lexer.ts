/**
 * Tokens of expressions. The words between quotes are not one token: a string is a small grammar of its own (text,
 * `%{…}`, `$1`), so the parser asks for string pieces while it is inside one and for ordinary tokens elsewhere, and the
 * lexer keeps no state but its place. Token names are those that httpd's messages show.
 * Source: httpd 2.4 manual, "Expressions in Apache HTTP Server"; details by trying `apache2 -t`.
 * Main thread, at load.
 */
import { ExprError } from './error.js';

export interface Token {
  /** `T_DIGIT`, `T_ID`, `T_OP_STR_EQ`, `'('`, `$end` …: as httpd's messages name it. */
  kind: string;
  /** The word itself; for T_REGEX the pattern; for T_ERROR the message. */
  text: string;
  /** Offset in the expression. */
  at: number;
}

/** A piece of a string: literal text, the start of `%{`, `$n`, or the end (closing delimiter). */
export interface Piece {
  kind: 'T_STRING' | 'T_VAR_BEGIN' | 'T_REGEX_BACKREF' | 'end' | 'T_ERROR';
  text: string;
  at: number;
}

const WORDS = new Map<string, string>(
  Object.entries({
    true: 'T_TRUE',
    false: 'T_FALSE',
    and: 'T_OP_AND',
    or: 'T_OP_OR',
    not: 'T_OP_NOT',
    in: 'T_OP_IN',
    eq: 'T_OP_EQ',
    ne: 'T_OP_NE',
    lt: 'T_OP_LT',
    le: 'T_OP_LE',
    gt: 'T_OP_GT',
    ge: 'T_OP_GE',
  }),
);

const SYMBOLS: readonly [string, string][] = [
  ['==', 'T_OP_STR_EQ'],
  ['!=', 'T_OP_STR_NE'],
  ['<=', 'T_OP_STR_LE'],
  ['>=', 'T_OP_STR_GE'],
  ['=~', 'T_OP_REG'],
  ['!~', 'T_OP_NRE'],
  ['&&', 'T_OP_AND'],
  ['||', 'T_OP_OR'],
  ['%{', 'T_VAR_BEGIN'],
  ['=', 'T_OP_STR_EQ'],
  ['<', 'T_OP_STR_LT'],
  ['>', 'T_OP_STR_GT'],
  ['!', 'T_OP_NOT'],
  ['.', 'T_OP_CONCAT'],
  ['(', "'('"],
  [')', "')'"],
  ['{', "'{'"],
  ['}', "'}'"],
  [',', "','"],
  ["'", 'T_STR_BEGIN'],
  ['"', 'T_STR_BEGIN'],
];

const UNTERMINATED = 'Unterminated string or variable';
const DIGITS = /-?[0-9]+/y;
const WORD = /[A-Za-z][A-Za-z0-9_]*/y;
const DASHED = /-([A-Za-z][A-Za-z0-9_]*)/y;
const BACKREF = /\$[0-9]/y;
const SPACE = /[ \t\r\n]*/y;
/** A pattern begins with `/`, or with `m` and one of these; both ends are the same character. */
const REGEX = /m([/#$%^|?!'",;:._-])|(\/)/y;
const REGEX_FLAGS = /[ismg]+(?![A-Za-z0-9_])/y;
const ESCAPES: Record<string, string> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };

export class Lexer {
  readonly text: string;
  at = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** The next token outside strings. */
  token(): Token {
    this.#eat(SPACE);
    const at = this.at;
    if (at >= this.text.length) return { kind: '$end', text: '', at };
    return this.#number(at) ?? this.#regex(at) ?? this.#word(at) ?? this.#symbol(at);
  }

  #number(at: number): Token | undefined {
    const digits = this.#eat(DIGITS);
    if (digits !== undefined) return { kind: 'T_DIGIT', text: digits, at };
    const backref = this.#eat(BACKREF);
    return backref === undefined ? undefined : { kind: 'T_REGEX_BACKREF', text: backref, at };
  }

  /** There is no escape for the delimiter inside a pattern (as in httpd), hence `m#…#`. */
  #regex(at: number): Token | undefined {
    REGEX.lastIndex = at;
    const open = REGEX.exec(this.text);
    if (open === null) return undefined;
    // `m_x_` is a longer match as a name.
    if (open[1] === '_') return undefined;
    const from = REGEX.lastIndex;
    const to = this.text.indexOf(open[1] ?? '/', from);
    if (to < 0) {
      this.at = this.text.length;
      return { kind: '$end', text: '', at };
    }
    this.at = to + 1;
    return { kind: 'T_REGEX', text: this.text.slice(from, to), at };
  }

  /**
   * Letters behind a pattern's end.
   * httpd differs: the manual documents i, s, m and g; httpd's own scanner takes i alone.
   */
  regexFlags(): string {
    return this.#eat(REGEX_FLAGS) ?? '';
  }

  #word(at: number): Token | undefined {
    const word = this.#eat(WORD);
    if (word !== undefined) return { kind: WORDS.get(word) ?? 'T_ID', text: word, at };
    const dashed = this.#eat(DASHED)?.slice(1);
    if (dashed === undefined) return undefined;
    const kind = WORDS.get(dashed);
    if (kind !== undefined && (kind === 'T_OP_IN' || dashed.length === 2) && dashed !== 'or')
      return { kind, text: dashed, at };
    return { kind: dashed.length === 1 ? 'T_OP_UNARY' : 'T_OP_BINARY', text: dashed, at };
  }

  #symbol(at: number): Token {
    for (const [symbol, kind] of SYMBOLS) {
      if (!this.text.startsWith(symbol, at)) continue;
      this.at = at + symbol.length;
      return { kind, text: symbol, at };
    }
    this.at = this.text.length;
    return { kind: 'T_ERROR', text: `Parse error near '${this.text.charAt(at)}'`, at };
  }

  /** Name of a variable or function just behind `%{`, then `}` or `:`. */
  name(): Token {
    const at = this.at;
    const word = this.#eat(WORD);
    return word === undefined ? this.nameEnd() : { kind: 'T_ID', text: word, at };
  }

  nameEnd(): Token {
    const at = this.at;
    const c = this.text.charAt(at);
    if (c === '') return { kind: 'T_ERROR', text: UNTERMINATED, at };
    this.at++;
    if (c === '}') return { kind: 'T_VAR_END', text: c, at };
    if (c === ':') return { kind: "':'", text: c, at };
    return { kind: 'T_ERROR', text: `Invalid character in variable name '${c}'`, at };
  }

  /** The next piece of a string that ends at `delimiter`, or at the end of the text when that is undefined. */
  piece(delimiter: string | undefined): Piece {
    const at = this.at;
    let value = '';
    while (this.at < this.text.length) {
      const c = this.text.charAt(this.at);
      const special = c === delimiter || this.text.startsWith('%{', this.at) || this.#isBackref();
      if (special && value !== '') break;
      if (c === delimiter) return this.#take('end', 1);
      if (c === '%' && special) return this.#take('T_VAR_BEGIN', 2);
      if (special) return this.#take('T_REGEX_BACKREF', 2);
      if (c === '\\') {
        const escaped = this.#escape();
        if (escaped === undefined) break;
        if (escaped instanceof ExprError) return { kind: 'T_ERROR', text: escaped.message, at: this.at };
        value += escaped;
      } else {
        value += c;
        this.at++;
      }
    }
    if (value !== '') return { kind: 'T_STRING', text: value, at };
    if (delimiter === undefined) return { kind: 'end', text: '', at };
    return { kind: 'T_ERROR', text: UNTERMINATED, at };
  }

  #isBackref(): boolean {
    BACKREF.lastIndex = this.at;
    return BACKREF.test(this.text);
  }

  /** Reads `\x`; undefined for a backslash that ends the text. */
  #escape(): string | ExprError | undefined {
    const next = this.text.charAt(this.at + 1);
    if (next === '') {
      this.at++;
      return undefined;
    }
    if (next >= '0' && next <= '9') return this.#octal();
    this.at += 2;
    return ESCAPES[next] ?? next;
  }

  #octal(): string | ExprError {
    const digits = /^[0-7]{1,3}/.exec(this.text.slice(this.at + 1, this.at + 4))?.[0];
    if (digits === undefined) return new ExprError('Bad escape sequence', this.at + 1);
    const code = Number.parseInt(digits, 8);
    if (code > 255) return new ExprError('Escape sequence out of bound', this.at + 1);
    this.at += 1 + digits.length;
    return String.fromCharCode(code);
  }

  #take(kind: Piece['kind'], length: number): Piece {
    const at = this.at;
    this.at += length;
    return { kind, text: this.text.slice(at, this.at), at };
  }

  #eat(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found === null) return undefined;
    this.at = pattern.lastIndex;
    return found[0];
  }
}
