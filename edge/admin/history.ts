/**
 * The last minutes of each member, for charts: a ring of samples in shared memory, which the control thread writes every
 * SAMPLE_EVERY and any thread reads. A sample that is read while it is written may be half old: a chart can bear that.
 */
import type { Ms } from '../settings.js';

export const SAMPLE_EVERY: Ms = 2000;
/** Samples kept: five minutes. */
export const SAMPLES = 150;

/** What a sample says of the time since the one before. */
export interface Sample {
  /** Requests, and of these those that failed at the member. */
  requests: number;
  errors: number;
  /** Requests under way when it was taken. */
  busy: number;
  /** Mean response time in ms, 0 without requests. */
  time: Ms;
}

const COLUMNS = 4;
/** Cells before the rings: number of samples taken so far. */
const HEADER = 1;

export function historyBytes(slots: number): number {
  return (HEADER + slots * SAMPLES * COLUMNS) * 8;
}

export class History {
  readonly #cells: Float64Array;
  readonly #slots: number;

  constructor(buffer: SharedArrayBuffer, slots: number) {
    this.#cells = new Float64Array(buffer);
    this.#slots = slots;
  }

  /** Samples taken since the start. */
  get taken(): number {
    return this.#cells[0] as number;
  }

  /** Writes one sample of every slot. Control thread. */
  take(sampleOf: (slot: number) => Sample): void {
    const at = this.taken % SAMPLES;
    for (let slot = 0; slot < this.#slots; slot += 1) {
      const { requests, errors, busy, time } = sampleOf(slot);
      this.#cells.set([requests, errors, busy, time], this.#cellOf(slot, at));
    }
    this.#cells[0] = this.taken + 1;
  }

  /** Oldest first; shorter than SAMPLES in the first minutes. */
  of(slot: number): Sample[] {
    const { taken } = this;
    const samples: Sample[] = [];
    for (let n = Math.max(taken - SAMPLES, 0); n < taken; n += 1) {
      const at = this.#cellOf(slot, n % SAMPLES);
      const [requests = 0, errors = 0, busy = 0, time = 0] = this.#cells.subarray(at, at + COLUMNS);
      samples.push({ requests, errors, busy, time });
    }
    return samples;
  }

  clear(slot: number): void {
    this.#cells.fill(0, this.#cellOf(slot, 0), this.#cellOf(slot + 1, 0));
  }

  #cellOf(slot: number, sample: number): number {
    return HEADER + (slot * SAMPLES + sample) * COLUMNS;
  }
}
