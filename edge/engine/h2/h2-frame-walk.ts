/**
 * Heads of HTTP/2 frames in a run of bytes, however it is cut; payloads are stepped over. What walks both directions of a
 * connection knows its streams without understanding a field.
 *
 * Source: RFC 9113 4.1. Thread: worker; does not throw.
 */
const HEAD_BYTES = 9;
export const GOAWAY = 7;
/** Of a GOAWAY the code is read as well: last stream, code. */
const GOAWAY_BYTES = HEAD_BYTES + 8;

/** highest: number of a stream; that, or the client's next lower one, is the last that may have been served */
export function goaway(highest: number, code: number): Buffer {
  const frame = Buffer.alloc(GOAWAY_BYTES);
  frame[2] = GOAWAY_BYTES - HEAD_BYTES;
  frame[3] = GOAWAY;
  frame.writeUInt32BE(highest % 2 === 1 ? highest : Math.max(0, highest - 1), 9);
  frame.writeUInt32BE(code, 13);
  return frame;
}

/** code: a GOAWAY's, else 0 */
export type OnFrame = (type: number, flags: number, stream: number, code: number) => void;

export class FrameWalk {
  readonly #onFrame: OnFrame;
  readonly #head = Buffer.alloc(GOAWAY_BYTES);
  #have = 0;
  /** Bytes to step over before the next head. */
  #skip: number;

  /** skip  bytes before the first frame */
  constructor(skip: number, onFrame: OnFrame) {
    this.#skip = skip;
    this.#onFrame = onFrame;
  }

  walk(bytes: Uint8Array): void {
    let at = 0;
    while (at < bytes.length) {
      if (this.#skip > 0) {
        const step = Math.min(this.#skip, bytes.length - at);
        this.#skip -= step;
        at += step;
        continue;
      }
      this.#head[this.#have] = bytes[at] as number;
      this.#have += 1;
      at += 1;
      if (this.#have >= HEAD_BYTES) this.#read();
    }
  }

  #read(): void {
    const head = this.#head;
    const length = head.readUIntBE(0, 3);
    const type = head[3] as number;
    const isLong = type === GOAWAY && length >= GOAWAY_BYTES - HEAD_BYTES;
    if (isLong && this.#have < GOAWAY_BYTES) return;
    this.#skip = HEAD_BYTES + length - this.#have;
    this.#have = 0;
    const stream = head.readUInt32BE(5) & 0x7fff_ffff;
    this.#onFrame(type, head[4] as number, stream, isLong ? head.readUInt32BE(13) : 0);
  }
}
