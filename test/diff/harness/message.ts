/**
 * HTTP/1 messages as bytes, for both ends of the comparison: the client reads responses with it, the origins read
 * requests. It keeps what arrived as it arrived (case, order, duplicates), because that is what is compared; a server's
 * own parser would have tidied it already. It decodes only the three body framings.
 *
 * Source: RFC 9112 sections 2 (message), 6.3 (body length), 7.1 (chunked).
 */

/** Header fields in arrival order, names as sent. */
export type FieldList = [name: string, value: string][];

export interface MessageHead {
  /** Request line or status line, without its line end. */
  line: string;
  fields: FieldList;
}

export type Framing =
  | { kind: 'none' }
  | { kind: 'length'; length: number }
  | { kind: 'chunked' }
  | { kind: 'close' };

/** Splits a message's head from bytes; undefined while the empty line has not come. */
export function takeHead(bytes: Buffer): { head: MessageHead; rest: Buffer } | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [line = '', ...rows] = bytes.toString('latin1', 0, end).split('\r\n');
  const fields: FieldList = rows.map((row) => {
    const colon = row.indexOf(':');
    return colon < 0 ? [row, ''] : [row.slice(0, colon), row.slice(colon + 1).trim()];
  });
  return { head: { line, fields }, rest: bytes.subarray(end + 4) };
}

/** All values of one name, joined as RFC 9110 5.3 allows; undefined when the field is absent. */
export function fieldValue(fields: FieldList, name: string): string | undefined {
  const found = fields.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);
  return found.length > 0 ? found.join(', ') : undefined;
}

/** Framing that the fields announce; unframed is what applies without any (none for requests, close for responses). */
export function framingOf(fields: FieldList, unframed: 'none' | 'close'): Framing {
  if (/\bchunked\b/i.test(fieldValue(fields, 'transfer-encoding') ?? '')) return { kind: 'chunked' };
  const length = fieldValue(fields, 'content-length');
  return length === undefined
    ? { kind: unframed }
    : { kind: 'length', length: Number.parseInt(length, 10) || 0 };
}

/** Takes a body out of a stream of bytes. Feed it until isDone; it returns what belongs to the next message. */
export class BodyDecoder {
  isDone: boolean;
  #framing: Framing;
  #parts: Buffer[] = [];
  #size = 0;
  #held: Buffer = Buffer.alloc(0);
  #isLastChunkSeen = false;

  constructor(framing: Framing) {
    this.#framing = framing;
    this.isDone = framing.kind === 'none' || (framing.kind === 'length' && framing.length === 0);
  }

  /** What came, a chunk that was cut included. */
  get body(): Buffer {
    return Buffer.concat([...this.#parts, this.#cutChunk()]);
  }

  #cutChunk(): Buffer {
    const lineEnd = this.#framing.kind === 'chunked' && !this.isDone ? this.#held.indexOf('\r\n') : -1;
    if (lineEnd < 0 || this.#isLastChunkSeen) return Buffer.alloc(0);
    const size = Number.parseInt(this.#held.toString('latin1', 0, lineEnd), 16);
    return this.#held.subarray(lineEnd + 2, lineEnd + 2 + Math.max(size, 0));
  }

  feed(bytes: Buffer): Buffer {
    if (this.isDone) return bytes;
    if (this.#framing.kind === 'chunked') return this.#feedChunked(bytes);
    const wanted = this.#framing.kind === 'length' ? this.#framing.length - this.#size : bytes.length;
    this.#take(bytes.subarray(0, wanted));
    if (this.#framing.kind === 'length' && this.#size === this.#framing.length) this.isDone = true;
    return bytes.subarray(Math.min(wanted, bytes.length));
  }

  #take(bytes: Buffer): void {
    this.#parts.push(bytes);
    this.#size += bytes.length;
  }

  #feedChunked(bytes: Buffer): Buffer {
    this.#held = Buffer.concat([this.#held, bytes]);
    for (;;) {
      const lineEnd = this.#held.indexOf('\r\n');
      if (lineEnd < 0) return Buffer.alloc(0);
      if (this.#isLastChunkSeen) {
        // Trailer section: lines up to an empty one, dropped.
        this.#held = this.#held.subarray(lineEnd + 2);
        if (lineEnd > 0) continue;
        this.isDone = true;
        const rest = this.#held;
        this.#held = Buffer.alloc(0);
        return rest;
      }
      const size = Number.parseInt(this.#held.toString('latin1', 0, lineEnd), 16);
      if (!(size > 0)) {
        this.#isLastChunkSeen = true;
        this.#held = this.#held.subarray(lineEnd + 2);
        continue;
      }
      if (this.#held.length < lineEnd + 2 + size + 2) return Buffer.alloc(0);
      this.#take(this.#held.subarray(lineEnd + 2, lineEnd + 2 + size));
      this.#held = this.#held.subarray(lineEnd + 2 + size + 2);
    }
  }
}
