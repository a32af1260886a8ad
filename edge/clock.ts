/** Wall clock with fractions of a millisecond, for %D and %t; monotonic within the process. Any thread. */
export function wallClock(): number {
  return performance.timeOrigin + performance.now();
}
