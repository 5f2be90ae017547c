import { PoolClient } from 'pg';
import { Column, columnNames, overRows, selectRows } from './sql-values.js';

/**
 * Upper bounds of the buckets, seconds. What is stored is one number for each bucket: another bound wants a migration that says what becomes
 * of them.
 */
export const HISTOGRAM_BOUNDS = {
  job_duration: [1, 5, 15, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 21_600, 43_200, 86_400],
  detection_lag: [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1_800, 3_600, 21_600, 86_400],
  poll_duration: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1_800],
} as const;
export type HistogramName = keyof typeof HISTOGRAM_BOUNDS;

/** What an `INSERT` of histograms does to those that are there. */
export const ADDED_TO_HISTOGRAM = `ON CONFLICT (source_key, name, label) DO UPDATE SET sum = metric_histogram.sum + excluded.sum,
  buckets = (SELECT array_agg(old + new ORDER BY place)
             FROM unnest(metric_histogram.buckets, excluded.buckets) WITH ORDINALITY AS bucket(old, new, place))`;

export interface HistogramRow {
  name: HistogramName;
  label: string;
  buckets: number[];
  sum: number;
}

/** Observations of one transaction. */
export class HistogramDelta {
  private readonly rows = new Map<string, HistogramRow>();

  /** @param ms a negative one, which clocks that disagree can give, counts as zero */
  observe(name: HistogramName, label: string, ms: number): void {
    const key = `${name} ${label}`;
    const bounds: readonly number[] = HISTOGRAM_BOUNDS[name];
    const row = this.rows.get(key) ?? { name, label, buckets: bounds.map(() => 0).concat(0), sum: 0 };
    const seconds = Math.max(0, ms) / 1_000;
    const place = bounds.findIndex((bound) => seconds <= bound);
    const bucket = place === -1 ? bounds.length : place;
    row.buckets[bucket] = row.buckets[bucket]! + 1;
    row.sum += seconds;
    this.rows.set(key, row);
  }

  /** What was observed, in the order of keys, so that two writers of one source wait for each other and never deadlock. */
  inOrder(): HistogramRow[] {
    return [...this.rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  }

  async write(client: PoolClient, source: string): Promise<void> {
    if (this.rows.size === 0) return;
    const rows = this.inOrder();
    const columns: Column<HistogramRow>[] = [
      { name: 'source_key', type: 'text', value: () => source },
      { name: 'name', type: 'text', value: ({ name }) => name },
      { name: 'label', type: 'text', value: ({ label }) => label },
      { name: 'buckets', type: 'bigint[]', value: ({ buckets }) => buckets },
      { name: 'sum', type: 'float8', value: ({ sum }) => sum },
    ];
    const { text, values } = selectRows(columns, rows);
    const insert = `INSERT INTO rollcall.metric_histogram (${columnNames(columns)}) ${text}
       ${ADDED_TO_HISTOGRAM}`;
    await client.query(overRows(rows, insert, values));
  }
}
