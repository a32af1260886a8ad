/**
 * How often keys were asked for lately, in a byte each of two rows of counters (a count-min sketch), shared by all threads.
 * It decides who may push whom out when memory is full: a key that was asked for once has no right to the place of one
 * that is asked for all the time, however many such keys come along. Counters are halved after a while, so that what was
 * wanted yesterday does not stay for ever.
 * Source: Einziger, Friedman, Manes, "TinyLFU: A Highly Efficient Cache Admission Policy", 2017.
 * Threads: any, without a lock: a count that is lost in a race costs nothing.
 */

const MOST = 15;
/** Counts per counter before all are halved. */
const SAMPLE = 8;

export class Sketch {
  readonly #counters: Uint8Array;
  readonly #mask: number;
  readonly #period: number;
  #additions = 0;

  /** threads  each halves after its share of the counts */
  constructor(counters: Uint8Array, threads: number) {
    this.#counters = counters;
    this.#mask = counters.length - 1;
    this.#period = Math.max(1, Math.floor((counters.length * SAMPLE) / threads));
  }

  /** Counts a request for the key of these two hashes. */
  add(a: number, b: number): void {
    const counters = this.#counters;
    const i = a & this.#mask;
    const j = b & this.#mask;
    const x = counters[i] as number;
    const y = counters[j] as number;
    // Only the lesser of the two says anything of this key; the greater one has been another's too.
    if (x <= y && x < MOST) counters[i] = x + 1;
    if (y <= x && y < MOST) counters[j] = y + 1;
    this.#additions += 1;
    if (this.#additions >= this.#period) this.#halve();
  }

  /** Requests lately, 0 to 15. */
  countOf(a: number, b: number): number {
    return Math.min(this.#counters[a & this.#mask] as number, this.#counters[b & this.#mask] as number);
  }

  #halve(): void {
    this.#additions = 0;
    const counters = this.#counters;
    for (let i = 0; i < counters.length; i += 1) counters[i] = (counters[i] as number) >>> 1;
  }
}
