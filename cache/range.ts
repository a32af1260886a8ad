/**
 * Ranges of a stored body (RFC 9110 14): the Range field to spans of bytes, and the parts of a multipart answer. A client
 * that asks for a great many, or for much more than the body in overlapping pieces, gets the whole body, as in httpd.
 * Any thread; pure.
 */

/** First and last byte, both included. */
export interface Span {
  first: number;
  last: number;
}

/** httpd: MaxRanges. */
const MOST_SPANS = 200;

/**
 * The spans of a Range field in a body of that length.
 * returns  undefined: no range that is to be heeded; an empty list: none of them is in the body (416)
 */
export function parseRange(value: string, length: number): Span[] | undefined {
  const match = /^\s*bytes\s*=\s*(.*)$/i.exec(value);
  if (match === null) return undefined;
  const spans: Span[] = [];
  let bytes = 0;
  const specs = (match[1] as string).split(',');
  if (specs.length > MOST_SPANS) return undefined;
  for (const spec of specs) {
    const parts = /^\s*(\d{0,15})\s*-\s*(\d{0,15})\s*$/.exec(spec);
    if (parts === null || (parts[1] === '' && parts[2] === '')) return undefined;
    const span = spanOf(parts[1] as string, parts[2] as string, length);
    if (span === 'invalid') return undefined;
    if (span === undefined) continue;
    spans.push(span);
    bytes += span.last - span.first + 1;
  }
  return bytes > length * 2 && spans.length > 1 ? undefined : spans;
}

function spanOf(first: string, last: string, length: number): Span | undefined | 'invalid' {
  if (first === '') {
    const size = Math.min(Number(last), length);
    return size === 0 ? undefined : { first: length - size, last: length - 1 };
  }
  if (last !== '' && Number(last) < Number(first)) return 'invalid';
  if (Number(first) >= length) return undefined;
  return { first: Number(first), last: last === '' ? length - 1 : Math.min(Number(last), length - 1) };
}

export function contentRange({ first, last }: Span, length: number): string {
  return `bytes ${first}-${last}/${length}`;
}

/** Text before each part of a multipart/byteranges body, and after the last. */
export function partHead(boundary: string, type: string, span: Span, length: number): string {
  const kind = type === '' ? '' : `Content-Type: ${type}\r\n`;
  return `\r\n--${boundary}\r\n${kind}Content-Range: ${contentRange(span, length)}\r\n\r\n`;
}

export function multipartEnd(boundary: string): string {
  return `\r\n--${boundary}--\r\n`;
}
