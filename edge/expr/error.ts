/** What an expression or a regular expression in the configuration is refused with, at load; never thrown at run time. */
export class ExprError extends Error {
  /** Place in the expression's text, from 1. */
  readonly column: number;

  constructor(message: string, column: number) {
    super(message);
    this.name = 'ExprError';
    this.column = column;
  }
}

/** A pattern that PCRE would refuse, or that has no equivalent in JavaScript; the message says which and where. */
export class RegexError extends Error {
  /** Place in the pattern, from 1. */
  readonly column: number;

  constructor(message: string, column: number) {
    super(message);
    this.name = 'RegexError';
    this.column = column;
  }
}
