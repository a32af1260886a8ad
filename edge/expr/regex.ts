/**
 * Regular expressions of the configuration are PCRE; they run in JavaScript's engine. This translates one into the
 * other, piece by piece, and refuses what has no equivalent instead of matching something else.
 *
 * What differs is written out: classes as byte ranges, `.`, `^` and `$` by the options in force, `(?i)` inside a pattern
 * as both cases of each letter, atomic groups and possessive quantifiers as a lookahead that captures and a reference to
 * it: `(?>x)` = `(?=(x))\1`. Those extra groups shift the numbers; RegexSource.groups then says where $0, $1 … are.
 *
 * httpd differs: a reference to a group that took no part matches the empty string in JavaScript and nothing in PCRE.
 *
 * Source: pcre2pattern(3); httpd's defaults are RegexDefaultOptions DOTALL DOLLAR_ENDONLY. Main thread, at load.
 */
import type { RegexSource } from './ast.js';
import { RegexError } from './error.js';
import { bothCases, type Ranges, writeChar, writeClass } from './regex-class.js';
import { RegexScanner } from './regex-scanner.js';

export { RegexError } from './error.js';

interface Options {
  i: boolean;
  s: boolean;
  m: boolean;
  x: boolean;
}

/** One piece: `wide` takes characters, `look` looks around, `fixed` asserts a place or sets an option. */
interface Atom {
  text: string;
  kind: 'wide' | 'look' | 'fixed';
}

const NOT_REPEATABLE = 'quantifier does not follow a repeatable item';
/** PCRE's own bound. */
const MAX_REPEAT = 65535;

/** While translating, groups and references are private-use characters; their numbers are known only at the end. */
const GROUP = 0xe000;
const ATOMIC = 0xe800;
const REFERENCE = 0xf000;
const ATOMIC_REFERENCE = 0xf400;
const MAX_GROUPS = 0x3ff;
const MAX_DEPTH = 200;

/**
 * pattern  PCRE as written in the configuration
 * flags    of `i` (case), `s` (. takes newlines: httpd's default anyway), `m` (^ and $ at lines), `x` (extended)
 * returns  source and flags for `new RegExp`; it compiles
 * errors   RegexError, with the place in the pattern
 */
export function translateRegex(pattern: string, flags = ''): RegexSource {
  const options = { i: flags.includes('i'), s: true, m: flags.includes('m'), x: flags.includes('x') };
  let translator = new Translator(pattern, options, false);
  let source = translator.run();
  if (translator.wantsBothCases) {
    translator = new Translator(pattern, options, true);
    source = translator.run();
  }
  const result: RegexSource = { source, flags: translator.isCaseBlind ? 'i' : '' };
  if (translator.groups !== undefined) result.groups = translator.groups;
  try {
    new RegExp(result.source, result.flags);
  } catch (error) {
    throw new RegexError(error instanceof Error ? error.message : String(error), 1);
  }
  return result;
}

class Translator {
  readonly #in: RegexScanner;
  readonly #isExpanding: boolean;
  #options: Options;
  #names = new Map<string, number>();
  #groupCount = 0;
  #atomicCount = 0;
  #depth = 0;
  #sawBlind = false;
  #sawCase = false;
  #repeats = false;
  #refers = false;
  /** Positions of $0, $1 … in a match, when atomic groups shift them. */
  groups: number[] | undefined;

  constructor(pattern: string, options: Options, isExpanding: boolean) {
    this.#in = new RegexScanner(pattern);
    this.#options = { ...options };
    this.#isExpanding = isExpanding;
  }

  /**
   * Is either case of a letter to be spelt out? The flag cannot say that some letters match in one case only; and V8's
   * linear engine, which keeps a client from stalling a worker, knows no flag.
   */
  get wantsBothCases(): boolean {
    return this.#sawBlind && (this.#sawCase || (this.#repeats && !this.#refers));
  }

  get isCaseBlind(): boolean {
    return this.#sawBlind && !this.#isExpanding;
  }

  run(): string {
    const body = this.#alternatives();
    if (!this.#in.isEnd()) this.#in.fail('unmatched closing parenthesis');
    return this.#number(body);
  }

  #alternatives(): string {
    if (++this.#depth > MAX_DEPTH) this.#in.fail('parentheses are too deeply nested');
    const outer = this.#options;
    this.#options = { ...outer };
    let out = '';
    while (!this.#in.isEnd()) {
      const isLiteral = this.#in.isQuoted();
      if (!isLiteral && this.#in.peek() === ')') break;
      if (!isLiteral && this.#in.accept('|')) out += '|';
      else if (isLiteral || !this.#skipped()) out += this.#quantified(this.#atom(isLiteral));
    }
    this.#options = outer;
    this.#depth--;
    return out;
  }

  /** White space and comments under (?x), and `(?#…)` always. */
  #skipped(): boolean {
    if (this.#in.accept('(?#')) {
      this.#in.until(')', '(?# comment');
      return true;
    }
    return this.#options.x && this.#in.match(/[ \t\n\v\f\r]+|#[^\n]*\n?/y) !== undefined;
  }

  /** What a quantifier may follow. */
  #atom(isLiteral: boolean): Atom {
    if (!isLiteral && this.#quantifier() !== undefined) this.#in.fail(NOT_REPEATABLE, this.#in.at - 1);
    const c = this.#in.take();
    if (isLiteral) return consuming(this.#char(c.charCodeAt(0)));
    switch (c) {
      case '\\':
        return this.#escape();
      case '(':
        return this.#group();
      case '[': {
        const { ranges, isNegated } = this.#in.bracket(this.#options.i);
        return consuming(this.#class(ranges, isNegated));
      }
      case '.':
        return consuming(this.#options.s ? '[\\s\\S]' : '[^\\n]');
      case '^':
        return fixed(this.#options.m ? '(?:^|(?<=\\n)(?!$))' : '^');
      case '$':
        return fixed(this.#options.m ? '(?=\\n|$)' : '$');
      default:
        return consuming(this.#char(c.charCodeAt(0)));
    }
  }

  #quantified(atom: Atom): string {
    // `x *` under (?x)
    while (!this.#in.isEnd() && !this.#in.isQuoted() && this.#skipped());
    const quantifier = this.#quantifier();
    if (quantifier === undefined) return atom.text;
    const { amount, mode } = quantifier;
    this.#repeats = true;
    if (atom.kind === 'fixed') this.#in.fail(NOT_REPEATABLE, quantifier.at);
    // JavaScript does not repeat what has no width.
    const base = atom.kind === 'look' ? `(?:${atom.text})` : atom.text;
    return mode === '+' ? this.#atomic(base + amount) : base + amount + mode;
  }

  #quantifier(): { amount: string; mode: string; at: number } | undefined {
    const { at } = this.#in;
    if (this.#in.isEnd() || this.#in.isQuoted()) return undefined;
    const found = this.#in.match(/([*+?]|\{(\d+)(?:,(\d*))?\})([?+]?)/y);
    if (found === undefined) return undefined;
    const [, amount = '', low = '0', high = '', mode = ''] = found;
    if (Math.max(Number(low), Number(high)) > MAX_REPEAT)
      this.#in.fail('number too big in {} quantifier', at);
    return { amount, mode, at };
  }

  #escape(): Atom {
    const scanner = this.#in;
    const number = scanner.match(/[1-9][0-9]*/y)?.[0];
    if (number !== undefined) return consuming(this.#numericEscape(number));
    const reference = scanner.match(/g(-?\d+)|g\{(-?\d+)\}/y);
    if (reference !== undefined) {
      const index = Number(reference[1] ?? reference[2]);
      return consuming(this.#reference(index < 0 ? this.#groupCount + 1 + index : index));
    }
    const named = scanner.match(/[kg]\{([A-Za-z_]\w*)\}|k<([A-Za-z_]\w*)>|k'([A-Za-z_]\w*)'/y);
    if (named !== undefined) return consuming(this.#namedReference(named[1] ?? named[2] ?? named[3] ?? ''));
    if (scanner.accept('A')) return fixed('^');
    if (scanner.accept('z')) return fixed('$');
    if (scanner.accept('Z')) return fixed('(?=\\n?$)');
    if (scanner.accept('b')) return fixed('\\b');
    if (scanner.accept('B')) return fixed('\\B');
    if (scanner.accept('N')) return consuming('[^\\n]');
    if (scanner.accept('R')) return consuming('(?:\\r\\n|(?!\\r\\n)[\\n-\\r\\x85])');
    const ranges = scanner.classEscape();
    if (ranges !== undefined) return consuming(writeClass(ranges, false));
    const code = scanner.charEscape(false);
    return code === undefined ? scanner.unknownEscape() : consuming(this.#char(code));
  }

  /** `\7` refers to a group; `\12` does when there are that many, else it is an octal character. */
  #numericEscape(digits: string): string {
    const index = Number(digits);
    if (index < 10 || index <= this.#groupCount) return this.#reference(index);
    const octal = /^[0-7]{1,3}/.exec(digits)?.[0];
    if (octal === undefined) this.#in.fail(`reference to non-existent subpattern ${digits}`);
    this.#in.at -= digits.length - octal.length;
    return this.#char(Number.parseInt(octal, 8) & 0xff);
  }

  #namedReference(name: string): string {
    const index = this.#names.get(name);
    return index === undefined
      ? this.#in.fail(`reference to non-existent subpattern ${name}`)
      : this.#reference(index);
  }

  #reference(index: number): string {
    if (index < 1 || index > MAX_GROUPS) this.#in.fail('reference to non-existent subpattern');
    this.#seeCase();
    this.#refers = true;
    if (this.#isExpanding && this.#options.i)
      this.#in.fail('a reference under (?i) beside case-sensitive text is not supported');
    return `(?:${String.fromCharCode(REFERENCE + index)})`;
  }

  #group(): Atom {
    const scanner = this.#in;
    const open = scanner.at - 1;
    if (scanner.startsWith('*')) scanner.fail('(*VERB) is not supported', open);
    if (!scanner.accept('?')) return consuming(this.#capture(undefined, open));
    if (scanner.accept(':')) return consuming(`(?:${this.#closed(open)})`);
    if (scanner.accept('>')) return consuming(this.#atomic(this.#closed(open)));
    for (const sign of ['=', '!', '<=', '<!'])
      if (scanner.accept(sign)) return looking(`(?${sign}${this.#closed(open)})`);
    const name = scanner.match(/P?<([A-Za-z_]\w*)>|'([A-Za-z_]\w*)'/y);
    if (name !== undefined) return consuming(this.#capture(name[1] ?? name[2], open));
    const reference = scanner.match(/P=([A-Za-z_]\w*)\)/y)?.[1];
    if (reference !== undefined) return consuming(this.#namedReference(reference));
    const options = scanner.match(/(\^?)([imsx]*)(?:-([imsx]*))?([:)])/y);
    if (options === undefined) return scanner.fail(`(?${scanner.peek()} is not supported`, open);
    const [, reset, on = '', off = '', end] = options;
    const outer = this.#options;
    this.#options = reset === '^' ? { i: false, s: false, m: false, x: false } : { ...outer };
    for (const letter of on) this.#options[letter as keyof Options] = true;
    for (const letter of off) this.#options[letter as keyof Options] = false;
    // `(?i)` holds to the end of the group around it, `(?i:…)` for its own.
    if (end === ')') return fixed('');
    const body = this.#closed(open);
    this.#options = outer;
    return consuming(`(?:${body})`);
  }

  #capture(name: string | undefined, open: number): string {
    const index = ++this.#groupCount;
    if (index > MAX_GROUPS) this.#in.fail('too many groups', open);
    if (name !== undefined) {
      if (this.#names.has(name)) this.#in.fail(`two named subpatterns have the same name (${name})`, open);
      this.#names.set(name, index);
    }
    return `(${String.fromCharCode(GROUP + index)}${this.#closed(open)})`;
  }

  #closed(open: number): string {
    const body = this.#alternatives();
    if (!this.#in.accept(')')) this.#in.fail('missing closing parenthesis', open);
    return body;
  }

  #atomic(body: string): string {
    const index = ++this.#atomicCount;
    if (index > MAX_GROUPS) this.#in.fail('too many groups');
    return `(?:(?=(${String.fromCharCode(ATOMIC + index)}${body}))${String.fromCharCode(ATOMIC_REFERENCE + index)})`;
  }

  #char(code: number): string {
    const isLetter = (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
    if (!isLetter) return writeChar(code);
    return this.#class([[code, code]], false);
  }

  #class(ranges: Ranges, isNegated: boolean): string {
    this.#seeCase();
    return writeClass(this.#isExpanding && this.#options.i ? bothCases(ranges) : ranges, isNegated);
  }

  #seeCase(): void {
    if (this.#options.i) this.#sawBlind = true;
    else this.#sawCase = true;
  }

  /** Puts numbers in the place of the private-use characters, by the order in which the groups open. */
  #number(body: string): string {
    const places = new Map<number, number>();
    let opened = 0;
    for (const c of body) {
      const code = c.charCodeAt(0);
      if (code >= GROUP && code < REFERENCE) places.set(code, ++opened);
    }
    if (this.#atomicCount > 0) {
      this.groups = [0];
      for (let i = 1; i <= this.#groupCount; i++) this.groups.push(places.get(GROUP + i) ?? 0);
    }
    const nameOf = new Map([...this.#names].map(([name, index]) => [index, name]));
    return body.replace(/[\uE000-\uF7FF]/g, (c) => {
      const code = c.charCodeAt(0);
      if (code >= ATOMIC_REFERENCE) return `\\${places.get(code - ATOMIC_REFERENCE + ATOMIC) ?? 0}`;
      if (code >= REFERENCE) {
        const place = places.get(code - REFERENCE + GROUP);
        return place === undefined ? this.#in.fail('reference to non-existent subpattern') : `\\${place}`;
      }
      const name = code < ATOMIC ? nameOf.get(code - GROUP) : undefined;
      return name === undefined ? '' : `?<${name}>`;
    });
  }
}

function consuming(text: string): Atom {
  return { text, kind: 'wide' };
}

function fixed(text: string): Atom {
  return { text, kind: 'fixed' };
}

function looking(text: string): Atom {
  return { text, kind: 'look' };
}
