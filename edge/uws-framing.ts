/**
 * The fields of a request as uWebSockets.js lends them, and what they mean to it: how long a body it will read, and whether it will close the
 * connection by itself. The guard has the last word on whether the request is one at all. Thread: worker; pure.
 */
import type { Fields } from './exchange.js';

let collecting: Fields = [];
function collectField(name: string, value: string): void {
  collecting.push(name, value);
}

/** A copy of what lies on the stack only until the handler returns. */
export function copyFields(request: { forEach(take: (name: string, value: string) => void): void }): Fields {
  const fields: Fields = [];
  collecting = fields;
  request.forEach(collectField);
  return fields;
}

/** Bytes of the body, 0 for none, -1 for a chunked one; of two lengths the library takes the first. */
export function announcedLength(fields: Fields): number {
  let length = 0;
  for (let i = 0; i < fields.length; i += 2) {
    const name = fields[i];
    if (name === 'transfer-encoding') return -1;
    if (name === 'content-length' && length === 0) length = Number(fields[i + 1]) || 0;
  }
  return length;
}

/** The library takes any Connection of five characters for `close`, closes after the response, and does not say so. */
export function isClosedByLibrary(fields: Fields): boolean {
  for (let i = 0; i < fields.length; i += 2) {
    if (fields[i] === 'connection' && (fields[i + 1] as string).length === 5) return true;
  }
  return false;
}
