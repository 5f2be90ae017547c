import { PoolClient } from 'pg';
import { Instant } from '../domain/job.js';
import { JobState, STATE_GROUPS } from '../domain/job-state.js';
import { HEALTH_COLUMNS } from './coverage.query.js';
import { Database } from './database.js';
import { HISTOGRAM_BOUNDS, HistogramName } from './metrics.histogram.js';
import { OTHER_TYPES } from './metrics.types.js';
import { HealthFacts } from './source-health.js';

/** A source that is not retired, as metrics show it. Instants are milliseconds. */
export interface MeasuredSource extends HealthFacts {
  now: Instant;
  key: string;
  platform: string;
  labels: Record<string, string>;
  lastPollAt: Instant | null;
  lastSuccessAt: Instant | null;
  /** Distinct words without a rule, at most {@link MAX_UNMAPPED}. */
  unmapped: number;
  /** Jobs that break an expectation; null where none speaks of the source: a zero would be a claim. */
  overdue: number | null;
}

export interface KeptCounter {
  source: string;
  name: 'transitions' | 'requests' | 'rejects';
  label: string;
  value: number;
}

export interface KeptHistogram {
  source: string;
  name: HistogramName;
  label: string;
  bounds: readonly number[];
  /** Observations in each, not added up; one more than there are bounds. */
  buckets: number[];
  /** Seconds. */
  sum: number;
}

export interface KeptFinished {
  source: string;
  type: string;
  state: JobState;
  jobs: number;
  lastAt: Instant;
}

/** Everything that is measured, of one moment. */
export interface Measured {
  sources: MeasuredSource[];
  jobs: { source: string; state: JobState; jobs: number }[];
  oldestOpen: { source: string; state: JobState; at: Instant }[];
  counters: KeptCounter[];
  histograms: KeptHistogram[];
  types: { source: string; type: string }[];
  finished: KeptFinished[];
}

/** A hostile upstream may send a new word with every job: so many are counted. */
export const MAX_UNMAPPED = 100;

const epochMs = (expression: string, name: string) =>
  `(extract(epoch FROM ${expression}) * 1000)::float8 AS "${name}"`;

/** The next word after `word` that a job of the source shows without a rule; through the index, however many jobs show it. */
const nextWord = (after: string) =>
  `(SELECT j.raw_status FROM rollcall.job j WHERE j.source_key = s.key AND NOT j.status_mapped AND j.vanished_at IS NULL${after}
    ORDER BY j.raw_status LIMIT 1)`;

// A missing status sorts behind all words and counts as one.
const UNMAPPED = `(
  WITH RECURSIVE word AS (
    SELECT ${nextWord(' AND j.raw_status IS NOT NULL')} AS status, 1 AS place
    UNION ALL
    SELECT ${nextWord(' AND j.raw_status > word.status')}, place + 1 FROM word WHERE word.status IS NOT NULL AND place < ${MAX_UNMAPPED})
  SELECT count(status) + (EXISTS (SELECT 1 FROM rollcall.job j
    WHERE j.source_key = s.key AND NOT j.status_mapped AND j.raw_status IS NULL AND j.vanished_at IS NULL))::int FROM word)`;

const OVERDUE = `CASE WHEN EXISTS (SELECT 1 FROM rollcall.expectation_state e WHERE e.source_key = s.key) THEN (
  SELECT count(DISTINCT b.job_id)::float8 FROM rollcall.expectation_breach b
  WHERE b.source_key = s.key AND b.resolved_at IS NULL AND b.job_id IS NOT NULL) END`;

const SOURCES = `SELECT s.key, s.platform, s.labels, ${HEALTH_COLUMNS}, ${epochMs('now()', 'now')},
  ${epochMs('s.last_poll_at', 'lastPollAt')}, ${epochMs('s.last_success_at', 'lastSuccessAt')},
  least(${UNMAPPED}, ${MAX_UNMAPPED})::float8 AS unmapped, ${OVERDUE} AS overdue
  FROM rollcall.source s WHERE s.retired_at IS NULL AND ($1::text[] IS NULL OR s.key = ANY($1)) ORDER BY s.key`;

const JOBS = `SELECT source_key AS source, state, jobs FROM rollcall.job_count WHERE source_key = ANY($1::text[])`;

// One probe of the index for each source and state.
const OLDEST_OPEN = `SELECT s.source, s.state, ${epochMs('oldest.at', 'at')}
  FROM (SELECT source, state FROM unnest($1::text[]) AS source, unnest($2::text[]) AS state OFFSET 0) s
  CROSS JOIN LATERAL (
    SELECT coalesce(j.created_at, j.first_seen_at) AS at FROM rollcall.job j
    WHERE j.source_key = s.source AND j.state = s.state AND NOT j.terminal AND j.vanished_at IS NULL
    ORDER BY coalesce(j.created_at, j.first_seen_at) LIMIT 1) oldest`;

const COUNTERS = `SELECT source_key AS source, name, label, value FROM rollcall.metric_counter
  WHERE source_key = ANY($1::text[]) ORDER BY source_key, name, label`;

const HISTOGRAMS = `SELECT source_key AS source, name, label, buckets::float8[] AS buckets, sum FROM rollcall.metric_histogram
  WHERE source_key = ANY($1::text[]) ORDER BY source_key, name, label`;

const TYPES = `SELECT source_key AS source, type FROM rollcall.metric_type
  WHERE source_key = ANY($1::text[]) AND position <= $2 ORDER BY source_key, position`;

// More types may be named in the table than are shown now: `metrics.maxTypes` may have been greater.
const FINISHED = `SELECT f.source_key AS source, coalesce(t.type, '${OTHER_TYPES}') AS type, f.state, sum(f.jobs)::float8 AS jobs,
    ${epochMs('max(f.last_finished_at)', 'lastAt')}
  FROM rollcall.metric_finished f
  LEFT JOIN rollcall.metric_type t ON t.source_key = f.source_key AND t.type = f.type AND t.position <= $2
  WHERE f.source_key = ANY($1::text[]) GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`;

/** Reads what is kept for metrics. A fixed number of statements, none of which looks at more than a few jobs of a source. */
export class MetricsQuery {
  constructor(private readonly database: Database) {}

  /**
   * @param visible the sources that the caller may see; null: every source
   * @param maxTypes types of each source that are told apart
   */
  read(visible: readonly string[] | null, maxTypes: number): Promise<Measured> {
    return this.database.transaction(async (client) => {
      // one snapshot: numbers of one scrape agree with each other
      await client.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY');
      const sources = await rowsOf<MeasuredSource>(client, SOURCES, [visible]);
      const keys = sources.map(({ key }) => key);
      const histograms = await rowsOf<Omit<KeptHistogram, 'bounds'>>(client, HISTOGRAMS, [keys]);
      return {
        sources,
        jobs: await rowsOf(client, JOBS, [keys]),
        oldestOpen: await rowsOf(client, OLDEST_OPEN, [keys, STATE_GROUPS.active]),
        counters: await rowsOf(client, COUNTERS, [keys]),
        histograms: histograms.map((row) => ({ ...row, bounds: HISTOGRAM_BOUNDS[row.name] })),
        types: await rowsOf(client, TYPES, [keys, maxTypes]),
        finished: await rowsOf(client, FINISHED, [keys, maxTypes]),
      };
    });
  }
}

async function rowsOf<T>(client: PoolClient, text: string, values: unknown[]): Promise<T[]> {
  const { rows } = await client.query(text, values);
  return rows as T[];
}
