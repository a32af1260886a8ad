/**
 * Log lines as bytes, gathered until there are enough for a write. A few lines at a time are joined as text and become
 * bytes at once: a text that grows for hundreds of requests has thousands of parts when it is wanted, none of them in the
 * processor's caches any more, and the garbage collector carries all of them along meanwhile.
 * Any thread; one per file.
 */

/** Bytes gathered before a write: large enough for one system call per few hundred requests. */
export const WRITE_AT = 64 * 1024;
/** Characters that stay text. */
const TEXT_LENGTH = 2048;
/** Bytes of UTF-8 for a character at the most. */
const MOST_BYTES = 3;
const SIZE = WRITE_AT + MOST_BYTES * TEXT_LENGTH;

/** Takes whole lines, as UTF-8; the bytes are its own. */
export type WriteLines = (bytes: Buffer) => void;

export class LineBuffer {
  readonly #write: WriteLines;
  #text = '';
  /** Made when there is something to keep: a server may have hundreds of logs that nobody writes to. */
  #bytes: Buffer | undefined;
  #used = 0;

  constructor(write: WriteLines) {
    this.#write = write;
  }

  /** line  with its line end */
  add(line: string): void {
    this.#text += line;
    if (this.#text.length < TEXT_LENGTH) return;
    this.#settle(this.#write);
    if (this.#used >= WRITE_AT) this.#hand(this.#write);
  }

  /** Gives away all that has been gathered, to whom it is given else or to another one. */
  flush(write: WriteLines = this.#write): void {
    this.#settle(write);
    if (this.#used > 0) this.#hand(write);
  }

  #settle(write: WriteLines): void {
    const text = this.#text;
    this.#text = '';
    const most = MOST_BYTES * text.length;
    if (this.#used + most > SIZE && this.#used > 0) this.#hand(write);
    if (most > SIZE) write(Buffer.from(text));
    else if (most > 0) {
      this.#bytes ??= Buffer.allocUnsafeSlow(SIZE);
      this.#used += this.#bytes.write(text, this.#used);
    }
  }

  #hand(write: WriteLines): void {
    const bytes = (this.#bytes as Buffer).subarray(0, this.#used);
    const isMuch = this.#used >= SIZE / 2;
    this.#used = 0;
    if (isMuch) this.#bytes = undefined;
    write(isMuch ? bytes : Buffer.from(bytes));
  }
}
