/** Wall clock with fractions of a millisecond, for %D and %t; monotonic within the process. Any thread. */
import { performance } from 'node:perf_hooks';

const ORIGIN = performance.timeOrigin;

export function wallClock(): number {
  return ORIGIN + performance.now();
}
