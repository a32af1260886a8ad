/**
 * Interim responses (RFC 9110 15.2) on uWebSockets.js, which knows none. It writes one status line and then fields, name and
 * value as they are given: so the first interim response goes as a status line that is a whole head, and what follows it
 * begins inside the name of a field, the final status line too. Nothing is held back for it: each leaves with its cork.
 * Thread: worker.
 */
import type { Fields } from '../../exchange.js';
import type { HttpResponse } from './uws-exchange.js';
import { joinHead } from './uws-framing.js';

const VERSION = Buffer.from('HTTP/1.1 ');
const UNNAMED = Buffer.from('\r\nServer');

/**
 * Writes an interim response.
 * isFirst  nothing has been written for this request
 * line     status and reason
 * returns  false where that is not possible: a later one without fields
 */
export function writeInterim(res: HttpResponse, isFirst: boolean, line: string, fields: Fields): boolean {
  const head = joinHead(line, fields, false);
  if (!isFirst && !head.includes('\r\n')) return false;
  const ended = Buffer.concat([head, Buffer.from('\r\n')]);
  res.cork(() => {
    if (isFirst) res.writeStatus(ended);
    else writeAfterInterim(res, ended);
  });
  return true;
}

/**
 * Writes what joinHead has made behind interim responses: as a field whose name is all up to the first colon behind the
 * status line. The library writes no field without a name.
 */
export function writeAfterInterim(res: HttpResponse, head: Buffer): void {
  const lineEnd = head.indexOf('\r\n');
  const end = lineEnd < 0 ? head.length : head.indexOf(': ', lineEnd);
  const name = [VERSION, head.subarray(0, end)];
  if (lineEnd < 0) name.push(UNNAMED);
  res.writeHeader(Buffer.concat(name), head.subarray(end + 2));
}
