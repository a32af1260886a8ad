/**
 * Interim responses (RFC 9110 15.2) on uWebSockets.js, which knows none. It writes one status line and then fields, name and
 * value as they are given: so the first interim response goes as a status line that is a whole head, and what follows it
 * begins inside the name of a field, the final status line too. Nothing is held back for it: each leaves with its cork.
 * Thread: worker.
 */
import type { Fields } from '../../exchange.js';
import type { HttpResponse } from './uws-exchange.js';
import { joinHead } from './uws-framing.js';

/**
 * Writes an interim response.
 * isFirst  nothing has been written for this request
 * returns  false where that is not possible: a later one without fields
 */
export function writeInterim(res: HttpResponse, isFirst: boolean, line: string, fields: Fields): boolean {
  const { first, block } = joinHead(fields, false);
  if (!isFirst && first === '') return false;
  res.cork(() => {
    if (!isFirst) res.writeHeader(nameAfterInterim(line, first), joined('', block));
    else if (first === '') res.writeStatus(`${line}\r\n`);
    else res.writeStatus(joined(`${line}\r\n${first}: `, block));
  });
  return true;
}

/** The name under which a head's first field is written behind interim responses; first: its own name, empty for none */
export function nameAfterInterim(line: string, first: string): string {
  // The library writes no field without a name.
  return `HTTP/1.1 ${line}\r\n${first || 'Server'}`;
}

function joined(start: string, block: string | Buffer): string | Buffer {
  if (typeof block === 'string') return `${start}${block}\r\n`;
  return Buffer.concat([Buffer.from(start, 'latin1'), block, Buffer.from('\r\n')]);
}
