/**
 * <Macro name $a …>, Use name value …, UndefMacro name: text with parameters, read again wherever it is used. Parameters
 * are replaced as plain text, the longest names first. The lines of a macro count from 1, and messages name both where
 * it was defined and where it is used.
 *
 * Source: httpd 2.4 manual, mod_macro; messages from a running httpd.
 */
import type { LogicalLine } from './lexer.js';

/** Text of a fault in a macro, in httpd's words. */
export class MacroError extends Error {}

interface Macro {
  name: string;
  parameters: readonly string[];
  body: readonly LogicalLine[];
  /** `macro 'x' (defined on line 2 of "site.conf")`. */
  title: string;
  where: string;
}

export class Macros {
  readonly #macros = new Map<string, Macro>();
  readonly #warn: (text: string) => void;

  constructor(warn: (text: string) => void) {
    this.#warn = warn;
  }

  /**
   * words  name and parameters
   * errors MacroError
   */
  define(words: readonly string[], body: readonly LogicalLine[], file: string, line: number): void {
    const [name, ...parameters] = words;
    if (name === undefined || name === '') throw new MacroError('<Macro macro definition: empty name');
    const where = `defined on line ${line} of "${file}"`;
    const title = `macro '${name}' (${where})`;
    const before = this.#macros.get(name.toLowerCase());
    if (before !== undefined) {
      const again = where.replace('defined', 'redefined');
      this.#warn(`AH02802: macro '${name}' multiply defined: ${before.where}, ${again}`);
    }
    this.#checkParameters(title, parameters);
    this.#checkBody(title, parameters, body);
    this.#macros.set(name.toLowerCase(), { name, parameters, body, title, where });
  }

  undefine(name: string): void {
    if (!this.#macros.delete(name.toLowerCase())) {
      throw new MacroError(`cannot remove undefined macro '${name}'`);
    }
  }

  /**
   * words   name and values
   * returns the lines with values in place, and the name they go by in messages
   * errors  MacroError
   */
  use(
    words: readonly string[],
    file: string,
    line: number,
  ): { name: string; file: string; lines: LogicalLine[] } {
    const [name = '', ...values] = words;
    if (this.#macros.size === 0) throw new MacroError('no macro defined before Use');
    if (name === '') throw new MacroError('no macro name specified with Use');
    const macro = this.#macros.get(name.toLowerCase());
    if (macro === undefined) throw new MacroError(`macro '${name}' undefined`);
    const { parameters, title } = macro;
    if (values.length !== parameters.length) {
      throw new MacroError(`${title} used with ${values.length} arguments instead of ${parameters.length}`);
    }
    const pairs = parameters.map((parameter, at) => ({ parameter, value: values[at] ?? '' }));
    const lines = macro.body.map((each, at) => ({ text: substitute(each.text, pairs), line: at + 1 }));
    return { name: macro.name, file: `${title} used on line ${line} of "${file}"`, lines };
  }

  #checkParameters(title: string, parameters: readonly string[]): void {
    parameters.forEach((parameter, at) => {
      if (parameter === '') throw new MacroError(`${title}: empty argument #${at + 1} name`);
      if (!/^[$%@]/.test(parameter)) {
        this.#warn(
          `AH02796: ${title} argument name '${parameter}' (#${at + 1}) without expected prefix, ` +
            "better prefix argument names with one of '$%@'.",
        );
      }
      for (let other = at + 1; other < parameters.length; other++) {
        const name = parameters[other] ?? '';
        const numbers = `#${at + 1} and #${other + 1}`;
        if (name === parameter) {
          throw new MacroError(
            `argument name conflict in ${title}: argument '${parameter}': ${numbers}, change argument names!`,
          );
        }
        if (name.startsWith(parameter) || parameter.startsWith(name)) {
          this.#warn(
            `AH02797: ${title}: argument name prefix conflict (${parameter} #${at + 1} and ${name} ` +
              `#${other + 1}), be careful about your macro definition!`,
          );
        }
      }
    });
  }

  #checkBody(title: string, parameters: readonly string[], body: readonly LogicalLine[]): void {
    if (body.length === 0) {
      this.#warn(`AH02799: ${title}: empty contents!`);
      return;
    }
    parameters.forEach((parameter, at) => {
      if (body.some((line) => line.text.includes(parameter))) return;
      this.#warn(`AH02800: ${title}: argument '${parameter}' (#${at + 1}) never used`);
    });
  }
}

/** One pass over the text: at each place the longest name that stands there. */
function substitute(text: string, pairs: readonly { parameter: string; value: string }[]): string {
  const longestFirst = [...pairs].sort((a, b) => b.parameter.length - a.parameter.length);
  let result = '';
  for (let at = 0; at < text.length; ) {
    const hit = longestFirst.find((pair) => text.startsWith(pair.parameter, at));
    result += hit === undefined ? (text[at] ?? '') : hit.value;
    at += hit === undefined ? 1 : hit.parameter.length;
  }
  return result;
}
