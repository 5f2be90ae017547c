/** How long it took, milliseconds. */
export interface Figures {
  samples: number;
  p50: number;
  p95: number;
  max: number;
}

/** NaN where there is no value. */
export function figuresOf(values: readonly number[]): Figures {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => round(sorted[Math.max(Math.ceil(share * sorted.length), 1) - 1] ?? NaN);
  return { samples: sorted.length, p50: at(0.5), p95: at(0.95), max: at(1) };
}

/** To a tenth. */
export const round = (value: number) => Math.round(value * 10) / 10;
