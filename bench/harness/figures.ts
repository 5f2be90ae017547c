/** What several rounds gave: the middle one, and how far apart they were. */
export interface Spread {
  median: number;
  least: number;
  most: number;
  rounds: number;
}

/** @throws RangeError without a value: a median of nothing is no figure */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [below, above] = [sorted[Math.ceil(middle) - 1], sorted[Math.floor(middle)]];
  if (below === undefined || above === undefined) throw new RangeError('no round was measured');
  return {
    median: rounded((below + above) / 2),
    least: rounded(sorted[0]!),
    most: rounded(sorted.at(-1)!),
    rounds: sorted.length,
  };
}

/** @param share 0.99 for p99; the smallest value that so many are not above. NaN where there is no value. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = Float64Array.from(values).sort();
  return rounded(sorted[Math.max(Math.ceil(share * sorted.length), 1) - 1] ?? NaN);
}

/** How long something took, milliseconds. */
export interface Latency {
  samples: number;
  p50: number;
  p99: number;
  max: number;
}

export function latencyOf(values: readonly number[]): Latency {
  return {
    samples: values.length,
    p50: quantile(values, 0.5),
    p99: quantile(values, 0.99),
    max: quantile(values, 1),
  };
}

/** To three significant digits, whole from a hundred on: nothing measured here is known better. */
export function rounded(value: number): number {
  return Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3));
}
