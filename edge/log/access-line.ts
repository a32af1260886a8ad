/**
 * Access log lines: a LogFormat to one function from a finished request to its line. Runs for every request, so the
 * work is done at load: each code becomes one small function, the time is written once a second, values are escaped only
 * when a test finds something to escape, and what many requests have alike is one piece of text.
 * Source: httpd 2.4, mod_log_config, "Custom Log Formats"; mod_logio. Workers; nothing compiled here throws.
 */

import type { Request } from '../request.js';
import { compileAccessCode } from './access-codes.js';
import type { LogFormat, LogItem } from './format.js';

type Read = (r: Request) => string;
type Piece = string | Read;

/** Codes that say the same of many requests in a row; so does `%t` in its usual form. */
const STEADY = new Set(['A', 'H', 'l', 'p', 's', 'u', 'v', 'V']);

/** returns  the line of a request, with its newline */
export function compileAccessLine(format: LogFormat): Read {
  const pieces = compileRuns([...format.items, { text: '\n' }]);
  return (r) => {
    let line = '';
    for (const piece of pieces) line += typeof piece === 'string' ? piece : piece(r);
    return line;
  };
}

/** Neighbours that are text or steady become one piece. */
function compileRuns(items: readonly LogItem[]): Piece[] {
  const pieces: Piece[] = [];
  let run: Piece[] = [];
  const endRun = (): void => {
    if (run.length > 0) pieces.push(remembered(run));
    run = [];
  };
  for (const item of items) {
    if (isSteady(item)) run.push(compileItem(item));
    else {
      endRun();
      pieces.push(compileItem(item));
    }
  }
  endRun();
  return pieces;
}

function isSteady(item: LogItem): boolean {
  return 'text' in item || STEADY.has(item.code) || (item.code === 't' && (item.arg ?? '') === '');
}

function compileItem(item: LogItem): Piece {
  if ('text' in item) return item.text;
  const read = compileAccessCode(item);
  const { statuses } = item;
  if (statuses === undefined) return read;
  const codes = new Set(statuses.codes);
  return (r) => (codes.has(r.status) === statuses.negate ? '-' : read(r));
}

/** A run as one piece, which is joined anew when a value in it has changed. */
function remembered(run: readonly Piece[]): Piece {
  const reads = run.filter((piece): piece is Read => typeof piece !== 'string');
  const join = (values: readonly string[]): string => {
    let next = 0;
    return run.map((piece) => (typeof piece === 'string' ? piece : values[next++])).join('');
  };
  if (reads.length === 0) return join([]);
  const last: string[] = [];
  let text = '';
  return (r) => {
    let hasChanged = false;
    for (let i = 0; i < reads.length; i += 1) {
      const value = (reads[i] as Read)(r);
      if (value === last[i]) continue;
      last[i] = value;
      hasChanged = true;
    }
    if (hasChanged) text = join(last);
    return text;
  };
}
