/**
 * What is wrong with a configuration: where, and in httpd's words. Errors are collected by the reader and printed
 * together (error-text.ts), so that one run shows all of them.
 *
 * Source: httpd 2.4's own messages on standard error; httpd-style first lines, so that scripts that read them still do.
 * Thread: whichever reads the configuration (supervisor, command line).
 */
import type { DirectiveLine } from './table.js';

/** A place in a file: line and column are 1-based; column 0 where no word is meant. */
export interface Position {
  file: string;
  line: number;
  column: number;
}

/**
 * How httpd prints it. `directive`: `AH00526: Syntax error on line N of FILE:` and the message on its own line.
 * `reading`: one line after the program's name, naming each including file from the outermost to the innermost.
 * `command-line`: found in a -C or -c argument. `bare`: the message alone, after the program's name; `coded`: the same
 * with a number before it (`AH00543: drover: …`); `plain`: the message alone.
 */
export type ErrorFamily = 'directive' | 'reading' | 'command-line' | 'bare' | 'coded' | 'plain';

export interface ConfErrorExtra {
  /** What to do about it, or the nearest known word. */
  hint?: string;
  family?: ErrorFamily;
  /** Include lines that led to the file, outermost first. */
  chain?: readonly Position[];
  /** httpd's number of the message, for `coded`. */
  code?: string;
}

/** A fault in a configuration. `message` is httpd's text without its prefix. */
export class ConfError extends Error {
  override readonly name = 'ConfError';
  readonly at: Position;
  readonly hint: string | undefined;
  readonly family: ErrorFamily;
  readonly chain: readonly Position[];
  readonly code: string;

  constructor(message: string, at: Position, extra: ConfErrorExtra = {}) {
    super(message);
    this.at = at;
    this.hint = extra.hint;
    this.family = extra.family ?? 'directive';
    this.chain = extra.chain ?? [];
    this.code = extra.code ?? '';
  }
}

/**
 * Refuse a line with httpd's message.
 * column  of the word that is wrong; left out: the directive's name
 * errors  always throws ConfError
 */
export function fail(line: DirectiveLine, message: string, column?: number): never {
  throw new ConfError(message, { file: line.file, line: line.line, column: column ?? line.column });
}

/** Of `file:line`. */
export function positionOf(at: string): Position {
  const colon = at.lastIndexOf(':');
  const line = Number(at.slice(colon + 1));
  if (colon < 0 || !Number.isInteger(line)) return { file: at, line: 0, column: 0 };
  return { file: at.slice(0, colon), line, column: 1 };
}
