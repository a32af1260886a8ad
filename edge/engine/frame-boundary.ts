/**
 * Where the frames of a WebSocket end, in a stream of bytes that is passed on unread: a frame of our own may only stand
 * between two others. Looks at lengths alone and judges nothing; what is no WebSocket merely never has an end.
 * Source: RFC 6455 5.2. Thread: worker; two a tunnel.
 */
const LENGTH_16 = 126;
const LENGTH_64 = 127;
const MASK_BYTES = 4;

export class FrameBoundary {
  /** Bytes of the head seen so far, and its length as far as it is known. */
  #seen = 0;
  #headSize = 2;
  #payload = 0;
  #left = 0;

  /** True before the first byte and after the last one of each frame. */
  get isBetween(): boolean {
    return this.#seen === 0 && this.#left === 0;
  }

  /**
   * Takes bytes in.
   * returns  how many of them belong to the frame that had begun before; all of them when it does not end here
   */
  push(bytes: Uint8Array): number {
    let first = this.isBetween ? 0 : -1;
    let at = 0;
    while (at < bytes.length) {
      if (this.#left > 0) {
        const taken = Math.min(this.#left, bytes.length - at);
        this.#left -= taken;
        at += taken;
      } else {
        this.#head(bytes[at] as number);
        at += 1;
      }
      if (first < 0 && this.isBetween) first = at;
    }
    return first < 0 ? bytes.length : first;
  }

  #head(byte: number): void {
    this.#seen += 1;
    if (this.#seen === 2) {
      const length = byte & 0x7f;
      const more = length === LENGTH_16 ? 2 : length === LENGTH_64 ? 8 : 0;
      this.#payload = more === 0 ? length : 0;
      this.#headSize = 2 + more + (byte >= 0x80 ? MASK_BYTES : 0);
      this.#lengthEnd = 2 + more;
    } else if (this.#seen > 2 && this.#seen <= this.#lengthEnd) this.#payload = this.#payload * 256 + byte;
    if (this.#seen < this.#headSize) return;
    this.#left = this.#payload;
    this.#seen = 0;
    this.#headSize = 2;
  }

  /** Place behind the length within the head. */
  #lengthEnd = 2;
}

/**
 * A Close frame.
 * code      status code, RFC 6455 7.4
 * mask      four bytes for what a client sends; undefined for a server's
 */
export function closeFrame(code: number, mask: Uint8Array | undefined): Uint8Array {
  const [high, low] = [code >> 8, code & 0xff];
  if (mask === undefined) return Uint8Array.of(0x88, 2, high, low);
  const [a = 0, b = 0, c = 0, d = 0] = mask;
  return Uint8Array.of(0x88, 0x82, a, b, c, d, high ^ a, low ^ b);
}
