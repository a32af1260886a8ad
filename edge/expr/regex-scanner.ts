/**
 * The characters of a PCRE pattern one escape at a time: what stands behind a backslash, and bracket classes.
 * Source: pcre2pattern(3), "Backslash", "Square brackets and character classes". Main thread, at load.
 */
import { RegexError } from './error.js';
import { escapeRanges, posixRanges, type Ranges } from './regex-class.js';

export class RegexScanner {
  readonly text: string;
  at = 0;
  /** Inside `\Q…\E` everything is literal. */
  #isQuoted = false;

  constructor(text: string) {
    this.text = text;
  }

  isEnd(): boolean {
    this.#skipQuotes();
    return this.at >= this.text.length;
  }

  /** Inside `\Q…\E`; meaningful just after isEnd. */
  isQuoted(): boolean {
    return this.#isQuoted;
  }

  startsWith(word: string): boolean {
    return this.text.startsWith(word, this.at);
  }

  peek(): string {
    return this.text.charAt(this.at);
  }

  take(): string {
    return this.text.charAt(this.at++);
  }

  accept(word: string): boolean {
    if (!this.startsWith(word)) return false;
    this.at += word.length;
    return true;
  }

  /** Text up to `end`, which is passed over. */
  until(end: string, what: string): string {
    const to = this.text.indexOf(end, this.at);
    if (to < 0) this.fail(`missing ${end} after ${what}`);
    const found = this.text.slice(this.at, to);
    this.at = to + end.length;
    return found;
  }

  /** A sticky pattern at this place. */
  match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found === null) return undefined;
    this.at = pattern.lastIndex;
    return found;
  }

  fail(message: string, at = this.at): never {
    throw new RegexError(message, at + 1);
  }

  #skipQuotes(): void {
    for (;;) {
      if (this.startsWith('\\E')) this.#isQuoted = false;
      else if (!this.#isQuoted && this.startsWith('\\Q')) this.#isQuoted = true;
      else return;
      this.at += 2;
    }
  }

  /** Code of an escape that stands for one character, behind its backslash; undefined when it is something else. */
  charEscape(isInClass: boolean): number | undefined {
    const simple = this.match(/[aefnrt]/y)?.[0];
    if (simple !== undefined) return SIMPLE[simple];
    const hex = this.match(/x\{([0-9A-Fa-f]{1,4})\}|x([0-9A-Fa-f]{0,2})/y);
    if (hex !== undefined) return Number.parseInt(hex[1] ?? hex[2] ?? '', 16) || 0;
    const octal = this.match(/o\{([0-7]{1,3})\}|(0[0-7]{0,2})/y);
    if (octal !== undefined) return Number.parseInt(octal[1] ?? octal[2] ?? '', 8);
    const control = this.match(/c([ -~])/y)?.[1];
    if (control !== undefined) return control.toUpperCase().charCodeAt(0) ^ 64;
    if (isInClass && this.accept('b')) return 8;
    const digits = isInClass ? this.match(/[0-7]{1,3}/y)?.[0] : undefined;
    if (digits !== undefined) return Number.parseInt(digits, 8) & 0xff;
    return this.match(/[^A-Za-z0-9]/y)?.[0].charCodeAt(0);
  }

  /** A bracket class from behind its `[`; under (?i) `[:upper:]` and `[:lower:]` are any letter. */
  bracket(isCaseBlind: boolean): { ranges: Ranges; isNegated: boolean } {
    const open = this.at - 1;
    const isNegated = this.accept('^');
    const ranges: Ranges = [];
    // A `]` that comes first is itself.
    let isFirst = true;
    for (;;) {
      if (this.isEnd()) this.fail('missing terminating ] for character class', open);
      if (!isFirst && !this.isQuoted() && this.accept(']')) return { ranges, isNegated };
      isFirst = false;
      this.#classItem(ranges, isCaseBlind);
    }
  }

  #classItem(ranges: Ranges, isCaseBlind: boolean): void {
    const at = this.at;
    const low = this.#classChar(isCaseBlind);
    const isRange =
      !this.isEnd() && !this.isQuoted() && this.peek() === '-' && this.text.charAt(this.at + 1) !== ']';
    if (!isRange) {
      if (typeof low === 'number') ranges.push([low, low]);
      else ranges.push(...low);
      return;
    }
    this.at++;
    if (this.isEnd()) this.fail('missing terminating ] for character class');
    const high = this.#classChar(isCaseBlind);
    if (typeof low !== 'number' || typeof high !== 'number')
      this.fail('invalid range in character class', at);
    if (high < low) this.fail('range out of order in character class', at);
    ranges.push([low, high]);
  }

  #classChar(isCaseBlind: boolean): number | Ranges {
    if (this.isQuoted()) return this.take().charCodeAt(0);
    if (this.match(/\[([.=]).*?\1\]/y) !== undefined) this.fail('POSIX collating elements are not supported');
    const posix = this.match(/\[:(\^?[a-z]+):\]/y);
    if (posix !== undefined) return posixRanges(blurCase(posix[1] ?? '', isCaseBlind), this.at);
    if (!this.accept('\\')) return this.take().charCodeAt(0);
    return this.classEscape() ?? this.charEscape(true) ?? this.unknownEscape();
  }

  /** `\d`, `\S` … behind the backslash. */
  classEscape(): Ranges | undefined {
    const ranges = escapeRanges(this.peek());
    if (ranges !== undefined) this.at++;
    return ranges;
  }

  unknownEscape(): never {
    const c = this.peek();
    if (c === '') this.fail('\\ at end of pattern');
    return this.fail(`\\${c} is not supported`);
  }
}

function blurCase(name: string, isCaseBlind: boolean): string {
  return isCaseBlind ? name.replace(/^(\^?)(?:upper|lower)$/, '$1alpha') : name;
}

const SIMPLE: Record<string, number> = { a: 7, e: 27, f: 12, n: 10, r: 13, t: 9 };
