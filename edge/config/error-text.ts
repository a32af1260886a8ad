/**
 * Errors as text. The first lines are httpd's, so that scripts that read them still do; then comes what httpd does not
 * say: the line itself with a caret under the word, and a hint. Everything found in one run is printed, blank lines
 * between. Colour only where the caller says so (standard error is a terminal).
 *
 * Source: httpd 2.4's messages on standard error.
 */
import type { ConfError } from './error.js';

export interface ErrorTextOptions {
  /** What stands where httpd prints its own name. */
  program: string;
  isColoured: boolean;
  /** The logical line at a place, or undefined; without it the line is not shown. */
  lineAt?: (file: string, line: number) => string | undefined;
}

const WIDEST = 100;

/** All errors, in the order given, with a newline at the end. */
export function formatErrors(errors: readonly ConfError[], options: ErrorTextOptions): string {
  return `${errors.map((error) => formatError(error, options)).join('\n\n')}\n`;
}

export function formatError(error: ConfError, options: ErrorTextOptions): string {
  const lines = [...heading(error, options), ...sourceLines(error, options)];
  if (error.hint !== undefined) lines.push(`    ${paint(error.hint, '36', options)}`);
  return lines.join('\n');
}

function heading(error: ConfError, options: ErrorTextOptions): string[] {
  const message = paint(printable(error.message), '1', options);
  const { program } = options;
  switch (error.family) {
    case 'directive':
      return [`AH00526: Syntax error on line ${error.at.line} of ${printable(error.at.file)}:`, message];
    case 'reading': {
      const places = [...error.chain, error.at].map(
        (at) => `Syntax error on line ${at.line} of ${at.file}: `,
      );
      return [`${program}: ${printable(places.join(''))}${message}`];
    }
    case 'command-line':
      return [`${program}: Syntax error in -C/-c directive: ${message}`];
    case 'coded':
      return [`${error.code}: ${program}: ${message}`];
    case 'plain':
      return [message];
    case 'bare':
      return [`${program}: ${message}`];
  }
}

function sourceLines(error: ConfError, options: ErrorTextOptions): string[] {
  const text = options.lineAt?.(error.at.file, error.at.line);
  if (text === undefined || text.trim() === '') return [];
  const indent = text.length - text.trimStart().length;
  const at = Math.max(error.at.column - 1, indent);
  const from = at - indent > WIDEST - 20 ? at - 40 : indent;
  const shown = text.slice(from, from + WIDEST).trimEnd();
  const lead = from > indent ? '… ' : '';
  // A tab before the caret stays a tab, so that both lines have the same width.
  const under = `${lead}${text.slice(from, at)}`.replace(/[^\t]/g, ' ');
  return [
    `    ${lead}${printable(shown)}${from + WIDEST < text.length ? ' …' : ''}`,
    `    ${under}${paint('^', '31;1', options)}`,
  ];
}

function paint(text: string, code: string, options: ErrorTextOptions): string {
  return options.isColoured ? `\u001b[${code}m${text}\u001b[0m` : text;
}

/** Control bytes and bytes above ASCII as httpd's log writes them; a tab stays. */
export function printable(text: string): string {
  return text.replace(/[^\t\x20-\x7e]/g, (character) => {
    if (character === '\n') return '\\n';
    if (character === '\r') return '\\r';
    const code = character.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : character;
  });
}
