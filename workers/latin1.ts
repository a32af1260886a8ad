/**
 * Heads between bytes and text, a byte a character (RFC 9110 5.5). Node's own two methods for it, which are what
 * Buffer's `toString` and `write` end in; to find out each time which encoding is meant costs as much as a short text.
 * They are not documented: where they are missing the documented ones do the same. Any thread.
 */
interface Latin1 {
  latin1Slice?(from: number, to: number): string;
  latin1Write?(text: string, at: number, length: number): number;
}

const own = Buffer.prototype as Latin1;
const hasSlice = typeof own.latin1Slice === 'function';
const hasWrite = typeof own.latin1Write === 'function';

/** Text of the bytes from one index up to another. */
export function latin1Text(bytes: Buffer, from: number, to: number): string {
  return hasSlice
    ? (bytes as unknown as Required<Latin1>).latin1Slice(from, to)
    : bytes.toString('latin1', from, to);
}

/** Writes a text into a buffer that is long enough, from an index on. */
export function writeLatin1(bytes: Buffer, text: string, at: number): void {
  if (hasWrite) (bytes as unknown as Required<Latin1>).latin1Write(text, at, text.length);
  else bytes.write(text, at, text.length, 'latin1');
}
