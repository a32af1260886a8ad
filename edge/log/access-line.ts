/**
 * Access log lines: a LogFormat to one function from a finished request to its line. Runs for every request, so the
 * work is done at load: each code becomes one small function, the time is written once a second, values are escaped only
 * when a test finds something to escape.
 * Source: httpd 2.4, mod_log_config, "Custom Log Formats"; mod_logio. Workers; nothing compiled here throws.
 */

import type { Request } from '../request.js';
import { compileAccessCode } from './access-codes.js';
import type { LogFormat, LogItem } from './format.js';

type Piece = string | ((r: Request) => string);

/** returns  the line of a request, with its newline */
export function compileAccessLine(format: LogFormat): (r: Request) => string {
  const pieces = mergeTexts(format.items.map(compileItem));
  return (r) => {
    let line = '';
    for (const piece of pieces) line += typeof piece === 'string' ? piece : piece(r);
    return `${line}\n`;
  };
}

function compileItem(item: LogItem): Piece {
  if ('text' in item) return item.text;
  const read = compileAccessCode(item);
  const { statuses } = item;
  if (statuses === undefined) return read;
  const codes = new Set(statuses.codes);
  return (r) => (codes.has(r.status) === statuses.negate ? '-' : read(r));
}

function mergeTexts(pieces: Piece[]): Piece[] {
  const merged: Piece[] = [];
  for (const piece of pieces) {
    const last = merged.at(-1);
    if (typeof piece === 'string' && typeof last === 'string') merged[merged.length - 1] = last + piece;
    else merged.push(piece);
  }
  return merged;
}
