import type { components } from '../../../../client/src/index';

type SummaryRow = components['schemas']['JobSummary']['data'][number];

/** How far back the overview looks, and how long one bar is. */
export const RANGES = {
  '1h': { spanMs: 3_600_000, bucket: '2m', bucketMs: 120_000 },
  '6h': { spanMs: 6 * 3_600_000, bucket: '10m', bucketMs: 600_000 },
  '24h': { spanMs: 86_400_000, bucket: '1h', bucketMs: 3_600_000 },
  '7d': { spanMs: 7 * 86_400_000, bucket: '6h', bucketMs: 6 * 3_600_000 },
} as const;

export type Range = keyof typeof RANGES;

export const DEFAULT_RANGE: Range = '24h';

export function readRange(text: string | null): Range {
  return text !== null && Object.hasOwn(RANGES, text) ? (text as Range) : DEFAULT_RANGE;
}

/** What finished in a range, bucket by bucket. The arrays are of equal length. */
export interface History {
  /** When each bucket begins, milliseconds. */
  at: number[];
  finished: number[];
  failed: number[];
  /** Durations of jobs that succeeded, milliseconds; null where none did, or none has one. */
  p50: (number | null)[];
  p95: (number | null)[];
  /** Jobs by the state that they came to. */
  totals: Partial<Record<components['schemas']['JobState'], number>>;
}

/**
 * The rows of a summary by state and bucket, with a zero for every bucket that has none.
 *
 * @param now by the service's clock, milliseconds
 */
export function historyOf(rows: readonly SummaryRow[], range: Range, now: number): History {
  const { spanMs, bucketMs } = RANGES[range];
  const first = floorTo(now - spanMs, bucketMs);
  const length = (floorTo(now, bucketMs) - first) / bucketMs + 1;
  const history: History = {
    at: Array.from({ length }, (_, place) => first + place * bucketMs),
    finished: new Array<number>(length).fill(0),
    failed: new Array<number>(length).fill(0),
    p50: new Array<number | null>(length).fill(null),
    p95: new Array<number | null>(length).fill(null),
    totals: {},
  };
  for (const { state, bucket, count, durationMs } of rows) {
    if (state === undefined || !bucket) continue;
    history.totals[state] = (history.totals[state] ?? 0) + count;
    const place = (Date.parse(bucket) - first) / bucketMs;
    if (!Number.isInteger(place) || place < 0 || place >= length) continue;
    history.finished[place]! += count;
    if (state === 'failed') history.failed[place]! += count;
    if (state !== 'succeeded' || !durationMs) continue;
    history.p50[place] = durationMs.p50;
    history.p95[place] = durationMs.p95;
  }
  return history;
}

function floorTo(at: number, step: number): number {
  return Math.floor(at / step) * step;
}
