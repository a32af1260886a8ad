/**
 * How late the event loop of each worker thread is: what a request waits before anybody looks at it, whatever the members
 * do. Measured by the platform's sampler, which asks for a turn every 20 ms and notes how long after that it came. Every
 * two seconds a thread writes what it has seen in them into its row of shared memory. Only where a page shows it.
 *
 *   row   4 x Float64 | mean | 99th percentile | maximum | samples |   of the last two seconds, in seconds
 *
 * Source: perf_hooks.monitorEventLoopDelay. Thread: each worker writes its row, any reads.
 */
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';

const COLUMNS = 4;
const RESOLUTION_MS = 20;
const WINDOW_MS = 2000;
const NANOSECONDS = 1e9;

export interface LoopDelay {
  /** Seconds. */
  mean: number;
  p99: number;
  max: number;
  /** 0: the thread has not been looked at yet, or its loop has not turned in the window. */
  samples: number;
}

export function loopDelayBytes(threads: number): number {
  return threads * COLUMNS * 8;
}

export class LoopDelays {
  readonly #cells: Float64Array;
  readonly #thread: number;
  #sampler: IntervalHistogram | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** thread  whose row is written; whoever only reads gives 0 */
  constructor(buffer: SharedArrayBuffer, thread: number) {
    this.#cells = new Float64Array(buffer);
    this.#thread = thread;
  }

  /** Begins to measure the calling thread. */
  start(): void {
    this.#sampler = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    this.#sampler.enable();
    this.#timer = setInterval(() => this.#note(), WINDOW_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#sampler?.disable();
  }

  of(thread: number): LoopDelay {
    const [mean = 0, p99 = 0, max = 0, samples = 0] = this.#cells.subarray(thread * COLUMNS);
    return { mean, p99, max, samples };
  }

  #note(): void {
    const sampler = this.#sampler as IntervalHistogram;
    const { mean, max, count } = sampler;
    const p99 = count === 0 ? 0 : sampler.percentile(99);
    sampler.reset();
    const late = (value: number): number =>
      count === 0 ? 0 : Math.max(value / NANOSECONDS - RESOLUTION_MS / 1000, 0);
    this.#cells.set([late(mean), late(p99), late(max), count], this.#thread * COLUMNS);
  }
}
