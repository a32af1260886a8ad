/**
 * The part of the scoreboard that holds text: one record a balancer, then one a member slot, and an epoch that grows with
 * each change. Records are read and written seldom and under a lock; the epoch alone, without it, by every pick.
 *
 *   2 x Int32      | epoch | lock |
 *   2048 bytes     | length (2 bytes) | UTF-8 |      a record
 *
 * What the text says is the matter of live-settings.ts. Threads: any.
 */

const RECORD_BYTES = 2048;
const LENGTH_BYTES = 2;
const HEADER_BYTES = 8;
/** Int32 columns of the header. */
const EPOCH = 0;
const LOCK = 1;
const SLEEP_MS = 0.05;

export function recordsBytes(slots: number, balancers: number): number {
  return HEADER_BYTES + (slots + balancers) * RECORD_BYTES;
}

export class ScoreboardRecords {
  readonly #header: Int32Array;
  readonly #bytes: Buffer;
  readonly #balancers: number;

  /** at  where the records begin in the buffer, in bytes; a multiple of 8 */
  constructor(buffer: SharedArrayBuffer, at: number, slots: number, balancers: number) {
    this.#header = new Int32Array(buffer, at, 2);
    this.#bytes = Buffer.from(buffer, at + HEADER_BYTES, (slots + balancers) * RECORD_BYTES);
    this.#balancers = balancers;
  }

  /** Grows with each change; cheap enough for every pick. */
  epoch(): number {
    return Atomics.load(this.#header, EPOCH);
  }

  /** A balancer's text, empty when nothing was written. */
  ofBalancer(row: number): string {
    return this.#read(row);
  }

  ofMember(slot: number): string {
    return this.#read(this.#balancers + slot);
  }

  /** errors  RangeError when the text does not fit; nothing is changed then */
  writeBalancer(row: number, text: string): void {
    this.#write(row, text);
  }

  writeMember(slot: number, text: string): void {
    this.#write(this.#balancers + slot, text);
  }

  /**
   * Writes a member's text where there is none yet; false when another thread was first.
   * prepare  called before the text can be read; must not throw
   * errors   as writeMember
   */
  claimMember(slot: number, text: string, prepare: () => void): boolean {
    return this.#write(this.#balancers + slot, text, prepare);
  }

  #read(index: number): string {
    const at = index * RECORD_BYTES;
    this.#lock();
    const length = this.#bytes.readUInt16LE(at);
    const text = this.#bytes.toString('utf8', at + LENGTH_BYTES, at + LENGTH_BYTES + length);
    Atomics.store(this.#header, LOCK, 0);
    return text;
  }

  /** prepare: only where nothing is written yet */
  #write(index: number, text: string, prepare?: () => void): boolean {
    const bytes = Buffer.from(text, 'utf8');
    if (bytes.length > RECORD_BYTES - LENGTH_BYTES)
      throw new RangeError(`a record of ${bytes.length} bytes is too long`);
    const at = index * RECORD_BYTES;
    this.#lock();
    const isFree = prepare === undefined || this.#bytes.readUInt16LE(at) === 0;
    if (isFree) {
      prepare?.();
      this.#bytes.writeUInt16LE(bytes.length, at);
      bytes.copy(this.#bytes, at + LENGTH_BYTES);
      Atomics.add(this.#header, EPOCH, 1);
    }
    Atomics.store(this.#header, LOCK, 0);
    return isFree;
  }

  #lock(): void {
    while (Atomics.compareExchange(this.#header, LOCK, 0, 1) !== 0)
      Atomics.wait(this.#header, LOCK, 1, SLEEP_MS);
  }
}
