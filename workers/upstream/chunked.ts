/**
 * Decoder of the chunked transfer coding, fed with whatever arrives. Gives views on the input, copies nothing; chunk
 * extensions are read and dropped, trailers kept as text. Strict: a size is 1 to 12 hex digits, a chunk's data is followed by a
 * line end. Source: RFC 9112 7.1. Any worker thread; does not throw.
 */

const MAX_SIZE_DIGITS = 12;
/** Bytes of extensions or trailers that are read before it is called an error. */
const MAX_LINE = 8192;

type State = 'size' | 'extension' | 'size-lf' | 'data' | 'data-end' | 'data-lf' | 'trailer' | 'done' | 'bad';

export class ChunkedDecoder {
  #state: State = 'size';
  #digits = 0;
  #size = 0;
  #line = 0;
  /** Is the trailer's current line empty so far? */
  #isLineEmpty = true;
  #trailers = '';

  get isDone(): boolean {
    return this.#state === 'done';
  }

  get isBad(): boolean {
    return this.#state === 'bad';
  }

  /** Lines behind the last chunk, each with its end, a byte a character; empty for none. */
  get trailers(): string {
    return this.#trailers;
  }

  /**
   * Takes input from `at`, gives the next piece of data to `take`, and goes on until the input ends, the body ends or
   * the coding is broken (then isBad).
   * take     hears each piece, a view on the input; its answer is not waited for
   * returns  index after the last byte that was read
   */
  push(input: Buffer, at: number, end: number, take: (piece: Buffer) => void): number {
    let i = at;
    while (i < end) {
      if (this.#state === 'data') {
        const length = Math.min(this.#size, end - i);
        take(input.subarray(i, i + length));
        this.#size -= length;
        i += length;
        if (this.#size === 0) this.#state = 'data-end';
        continue;
      }
      this.#step(input[i] as number);
      i += 1;
      if (this.#state === 'done' || this.#state === 'bad') break;
    }
    return i;
  }

  #step(byte: number): void {
    switch (this.#state) {
      case 'size':
        this.#sizeByte(byte);
        break;
      case 'extension':
        this.#line += 1;
        if (byte === 0x0a) this.#sizeEnd();
        else if (byte === 0x0d) this.#state = 'size-lf';
        else if (this.#line > MAX_LINE) this.#state = 'bad';
        break;
      case 'size-lf':
        if (byte === 0x0a) this.#sizeEnd();
        else this.#state = 'bad';
        break;
      case 'data-end':
        if (byte === 0x0d) this.#state = 'data-lf';
        else if (byte === 0x0a) this.#nextSize();
        else this.#state = 'bad';
        break;
      case 'data-lf':
        if (byte === 0x0a) this.#nextSize();
        else this.#state = 'bad';
        break;
      case 'trailer':
        this.#trailerByte(byte);
        break;
      case 'data':
      case 'done':
      case 'bad':
        break;
    }
  }

  #sizeByte(byte: number): void {
    const digit = hexDigit(byte);
    if (digit >= 0) {
      this.#digits += 1;
      this.#size = this.#size * 16 + digit;
      if (this.#digits > MAX_SIZE_DIGITS) this.#state = 'bad';
    } else if (this.#digits === 0) this.#state = 'bad';
    else if (byte === 0x0d) this.#state = 'size-lf';
    else if (byte === 0x0a) this.#sizeEnd();
    else if (byte === 0x3b || byte === 0x20 || byte === 0x09) this.#state = 'extension';
    else this.#state = 'bad';
  }

  #sizeEnd(): void {
    this.#line = 0;
    this.#isLineEmpty = true;
    this.#state = this.#size === 0 ? 'trailer' : 'data';
  }

  #nextSize(): void {
    this.#digits = 0;
    this.#size = 0;
    this.#state = 'size';
  }

  #trailerByte(byte: number): void {
    this.#line += 1;
    if (byte === 0x0a) {
      if (this.#isLineEmpty) this.#state = 'done';
      else this.#trailers += '\n';
      this.#isLineEmpty = true;
    } else if (byte !== 0x0d || !this.#isLineEmpty) {
      this.#isLineEmpty = false;
      this.#trailers += String.fromCharCode(byte);
    }
    if (this.#line > MAX_LINE) this.#state = 'bad';
  }
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
