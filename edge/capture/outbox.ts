/**
 * Lines of captures on their way from a worker thread to the control thread, which writes them. They are gathered, handed over
 * a batch at a time, and count as waiting until the control thread says that they are on disk; beyond a bound lines are
 * dropped and counted, so that neither a slow disk nor a slow control thread costs a request anything. Thread: worker, one each.
 */

/** Bytes gathered before they are handed over. */
const SEND_AT = 64 * 1024;
/** Bytes that may wait, those handed over included. */
const MAX_WAITING = 4 * 1024 * 1024;
const FLUSH_EVERY_MS = 250;
/** Losses are told at most so often. */
const TELL_EVERY_MS = 10_000;

export interface OutboxHands {
  send(capture: CaptureBatch): void;
  /** A line for the error log. */
  say(text: string): void;
}

/** Whole lines for a file. */
export interface CaptureBatch {
  file: string;
  lines: string;
  bytes: number;
}

export class Outbox {
  readonly #hands: OutboxHands;
  readonly #texts = new Map<string, { text: string; bytes: number }>();
  readonly #timer: NodeJS.Timeout;
  #waiting = 0;
  #dropped = 0;
  #told = 0;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(hands: OutboxHands) {
    this.#hands = hands;
    this.#timer = setInterval(() => this.flush(), FLUSH_EVERY_MS);
    this.#timer.unref();
  }

  /** Is there room for another line? What is not made costs nothing. */
  get hasRoom(): boolean {
    return this.#waiting < MAX_WAITING;
  }

  put(file: string, line: string): void {
    const bytes = Buffer.byteLength(line);
    this.#waiting += bytes;
    const held = this.#texts.get(file) ?? { text: '', bytes: 0 };
    held.text += line;
    held.bytes += bytes;
    this.#texts.set(file, held);
    if (held.bytes >= SEND_AT) this.#send(file, held);
  }

  drop(): void {
    this.#dropped += 1;
  }

  /** The control thread has so many bytes off its hands. */
  onWritten(bytes: number): void {
    this.#waiting -= bytes;
  }

  flush(): void {
    for (const [file, held] of this.#texts) this.#send(file, held);
    this.#tell();
  }

  close(): void {
    clearInterval(this.#timer);
    this.flush();
  }

  #send(file: string, { text, bytes }: { text: string; bytes: number }): void {
    this.#texts.delete(file);
    this.#hands.send({ file, lines: text, bytes });
  }

  #tell(): void {
    const now = Date.now();
    if (this.#dropped === this.#told || now - this.#toldAt < TELL_EVERY_MS) return;
    const fresh = this.#dropped - this.#told;
    this.#hands.say(
      `EdgeCapture: ${fresh} requests left out, the disk does not follow (${this.#dropped} in all)`,
    );
    this.#told = this.#dropped;
    this.#toldAt = now;
  }
}
