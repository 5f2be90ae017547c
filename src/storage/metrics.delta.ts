import { PoolClient } from 'pg';
import { Instant, Job } from '../domain/job.js';
import { Transition } from '../domain/job-change.js';
import { isTerminal, JobState } from '../domain/job-state.js';
import { addToCounter } from './metrics.counter.js';
import { HistogramDelta } from './metrics.histogram.js';
import { nameTypes, OTHER_TYPES, typeLabel } from './metrics.types.js';
import { toPg } from './pg-time.js';
import { Column, columnNames, overRows, selectRows } from './sql-values.js';

/** How many types of each source metrics tell apart, unless the configuration says otherwise. */
export const DEFAULT_MAX_TYPES = 200;

interface Finished {
  type: string;
  state: JobState;
  jobs: number;
  lastAt: Instant;
}

/** What one transaction adds to the metrics of its source: kept with the change itself, so that no scrape ever has to count. */
export class MetricsDelta {
  private readonly transitions = new Map<JobState, number>();
  private readonly types = new Set<string>();
  private readonly finished: Finished[] = [];
  private readonly histograms = new HistogramDelta();
  /** Of starts and ends whose time the platform plainly says: when they occurred, by its clock. */
  private readonly reportedAt: Instant[] = [];

  /**
   * A job was discovered (`before` is null) or changed.
   *
   * @param transition null: its state stays
   * @param backfill it belongs to the history that a first read brings
   * @param now of the change (database time)
   */
  record(
    before: Job | null,
    after: Job,
    transition: Transition | null,
    { backfill, now }: { backfill: boolean; now: Instant },
  ): void {
    // With its first job a type gets its series, at zero: an increase from nothing would be none to Prometheus.
    if (before === null || before.type !== after.type) this.types.add(typeLabel(after.type));
    if (transition === null) return;
    if (before !== null) this.transitions.set(after.state, (this.transitions.get(after.state) ?? 0) + 1);
    if (isTerminal(after.state)) this.finish(after, transition, { backfill, now });
    // A changed rule moves a job now whose record is old: that says nothing of how late we are.
    const isNews = before === null || before.rawStatus !== after.rawStatus;
    if (!backfill && isNews && transition.provenance === null) this.reportedAt.push(transition.occurredAt);
  }

  /** The last rows of a transaction but for its events. In the order of keys, so that two writers of a source never deadlock. */
  async write(client: PoolClient, source: string, now: Instant, maxTypes: number): Promise<void> {
    await addToCounter(client, source, 'transitions', this.transitions);
    if (this.types.size > 0) await this.writeFinished(client, source, maxTypes);
    if (this.reportedAt.length > 0) {
      const skewMs = await clockSkewMs(client, source);
      for (const at of this.reportedAt) this.histograms.observe('detection_lag', '', now - (at - skewMs));
    }
    await this.histograms.write(client, source);
  }

  private finish(
    { type, state, startedAt, finishedAt }: Job,
    { occurredAt }: Transition,
    { backfill, now }: { backfill: boolean; now: Instant },
  ): void {
    const label = typeLabel(type);
    this.types.add(label);
    // nothing ends after it was seen to have ended, whatever the platform's clock says
    this.finished.push({ type: label, state, jobs: backfill ? 0 : 1, lastAt: Math.min(occurredAt, now) });
    if (!backfill && startedAt !== null && finishedAt !== null)
      this.histograms.observe('job_duration', state, finishedAt - startedAt);
  }

  private async writeFinished(client: PoolClient, source: string, maxTypes: number): Promise<void> {
    const named = await nameTypes(client, source, this.types, maxTypes);
    const rows = new Map<string, Finished>();
    for (const one of this.finished) {
      const type = named.has(one.type) ? one.type : OTHER_TYPES;
      const key = `${one.state} ${type}`;
      const row = rows.get(key) ?? { ...one, type, jobs: 0 };
      row.jobs += one.jobs;
      row.lastAt = Math.max(row.lastAt, one.lastAt);
      rows.set(key, row);
    }
    if (rows.size === 0) return;
    const columns: Column<Finished>[] = [
      { name: 'source_key', type: 'text', value: () => source },
      { name: 'type', type: 'text', value: ({ type }) => type },
      { name: 'state', type: 'text', value: ({ state }) => state },
      { name: 'jobs', type: 'bigint', value: ({ jobs }) => jobs },
      { name: 'last_finished_at', type: 'timestamptz', value: ({ lastAt }) => toPg(lastAt) },
    ];
    const sorted = [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
    const { text, values } = selectRows(columns, sorted);
    const insert = `INSERT INTO rollcall.metric_finished (${columnNames(columns)}) ${text}
       ON CONFLICT (source_key, type, state) DO UPDATE SET jobs = metric_finished.jobs + excluded.jobs,
         last_finished_at = greatest(metric_finished.last_finished_at, excluded.last_finished_at)`;
    await client.query(overRows(sorted, insert, values));
  }
}

/** The upstream's clock minus ours; 0 while unknown. */
async function clockSkewMs(client: PoolClient, source: string): Promise<number> {
  const { rows } = await client.query<{ skew: number }>({
    name: 'source-clock-skew',
    text: 'SELECT coalesce(clock_skew_ms, 0)::float8 AS skew FROM rollcall.source WHERE key = $1',
    values: [source],
  });
  return rows[0]?.skew ?? 0;
}
