/**
 * The few numbers that a paired comparison needs. Medians, because a shared machine gives outliers to one side only;
 * ratios per round, because two peers measured seconds apart share that moment's clock speed and neighbours.
 */

export interface Spread {
  median: number;
  min: number;
  max: number;
}

/** Median, least and greatest of values; values is not empty. The median of an even count is the mean of the two. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  const median = Number.isInteger(middle) ? (at(middle - 1) + at(middle)) / 2 : at(Math.floor(middle));
  return { median, min: at(0), max: at(sorted.length - 1) };
}

/** Ratio a/b per round; both have one value per round, in order. */
export function pairedRatio(a: readonly number[], b: readonly number[]): Spread {
  if (a.length !== b.length) throw new RangeError(`rounds do not pair: ${a.length} and ${b.length}`);
  return spreadOf(a.map((value, round) => value / (b[round] ?? Number.NaN)));
}
