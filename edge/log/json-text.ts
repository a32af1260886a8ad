/**
 * Text for lines of JSON. What clients send and files say is held as bytes, one a character; a reader of JSON expects
 * text, so bytes that are UTF-8 become it, and others stay the characters of Latin-1. Any thread; nothing here throws.
 */
import { isUtf8 } from 'node:buffer';

const BEYOND_ASCII = /[\x80-\uffff]/;
const BEYOND_BYTES = /[^\0-\xff]/;

/** bytes  as received; what has characters beyond bytes is text already */
export function textOf(bytes: string): string {
  if (!BEYOND_ASCII.test(bytes) || BEYOND_BYTES.test(bytes)) return bytes;
  const buffer = Buffer.from(bytes, 'latin1');
  return isUtf8(buffer) ? buffer.toString('utf8') : bytes;
}
