/**
 * What is counted of mirrored requests, by shadow balancer. Every thread writes a shard of its own with plain additions and
 * whoever reads sums up the shards, as in admin/tally.ts. Any thread.
 */

/** Why a request of the share that is copied was not copied after all. */
export const SKIP_REASONS = ['body', 'busy', 'upgrade', 'broken'] as const;
export type SkipReason = (typeof SKIP_REASONS)[number];

const COLUMNS = [
  /** Copies that were sent, and that are under way. */
  ...['copies', 'outstanding'],
  ...SKIP_REASONS,
  /** Answers by status class, and copies without any. */
  ...['1xx', '2xx', '3xx', '4xx', '5xx', 'failed'],
  /** Both sides have answered: with the same status, with another one; the shadow took longer; ms of both sides. */
  ...['same', 'different', 'slower', 'shadowTime', 'liveTime'],
] as const;
export type MirrorColumn =
  | ('copies' | 'outstanding' | 'failed' | 'same' | 'different' | 'slower' | 'shadowTime' | 'liveTime')
  | SkipReason
  | `${1 | 2 | 3 | 4 | 5}xx`;

export function mirrorBytes(shadows: number, threads: number): number {
  return shadows * COLUMNS.length * threads * 8;
}

export class MirrorCounts {
  readonly #cells: Float64Array;
  readonly #shadows: number;
  readonly #threads: number;
  readonly #shard: number;

  /** thread  whose shard is written; whoever only reads gives 0 */
  constructor(buffer: ArrayBufferLike, shadows: number, threads: number, thread: number) {
    this.#cells = new Float64Array(buffer);
    this.#shadows = shadows;
    this.#threads = threads;
    this.#shard = thread * shadows * COLUMNS.length;
  }

  /** shadow: its place in shadowRows */
  add(shadow: number, column: MirrorColumn, value = 1): void {
    const at = this.#shard + shadow * COLUMNS.length + COLUMNS.indexOf(column);
    this.#cells[at] = (this.#cells[at] as number) + value;
  }

  /** Over all threads. */
  sum(shadow: number, column: MirrorColumn): number {
    let sum = 0;
    for (let thread = 0; thread < this.#threads; thread += 1) {
      const row = thread * this.#shadows + shadow;
      sum += this.#cells[row * COLUMNS.length + COLUMNS.indexOf(column)] as number;
    }
    return sum;
  }

  /** A thread begins in its shard: what its predecessor had under way is gone. */
  clearOutstanding(): void {
    for (let shadow = 0; shadow < this.#shadows; shadow += 1)
      this.#cells[this.#shard + shadow * COLUMNS.length + COLUMNS.indexOf('outstanding')] = 0;
  }
}
