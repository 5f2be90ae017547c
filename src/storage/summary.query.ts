import { PoolClient } from 'pg';
import { parseDuration } from '../domain/duration.js';
import { Instant } from '../domain/job.js';
import { readWithin } from './bounded-query.js';
import { DURATION_MS, epochMs } from './job.fields.js';
import { filterConditions, jobsFrom } from './job.filter.js';
import { Parameters } from './parameters.js';
import { JobsAsked } from './job.query.js';
import { answersFromKept, isKept, keptCounts } from './kept-counts.js';
import { Reader } from './reader.js';

const GROUPS = {
  source: 'j.source_key',
  state: 'j.state',
  type: 'j.type',
  platform: 'j.platform',
} as const;
export type GroupField = keyof typeof GROUPS;
export const GROUP_FIELDS = Object.keys(GROUPS) as GroupField[];

const BUCKETS = {
  createdAt: 'j.created_at',
  startedAt: 'j.started_at',
  finishedAt: 'j.finished_at',
} as const;
export type BucketField = keyof typeof BUCKETS;
export const BUCKET_FIELDS = Object.keys(BUCKETS) as BucketField[];

export interface Bucket {
  field: BucketField;
  /** Milliseconds. Buckets are aligned to 1970-01-01T00:00:00Z. */
  length: number;
}

export interface SummaryAsked extends JobsAsked {
  now: Instant;
  /** At least one. */
  groupBy: readonly GroupField[];
  bucket: Bucket | null;
  /** With the spread of durations. */
  duration: boolean;
}

/** The jobs that are alike in all that they are grouped by. */
export interface SummaryRow extends Partial<Record<GroupField, string | null>> {
  /** When the bucket begins; null: of jobs that lack the time. Undefined without buckets. */
  bucket?: Instant | null;
  count: number;
  /** Of the jobs that have a duration; null when none has. Undefined unless it was asked for. */
  durationMs?: { p50: number; p95: number; max: number } | null;
  /** Changes when the durations change otherwise than by running on. */
  durationsTag?: string | null;
}

/** The most rows of an answer. */
export const MAX_ROWS = 1_000;

/** How long a summary may look at jobs, milliseconds. */
const BOUND_MS = 5_000;

/** Lengths that a person would choose, shortest first. */
const LADDER = '1s 5s 15s 1m 5m 15m 30m 1h 3h 6h 12h 1d 2d 7d 14d 30d 90d 365d'
  .split(' ')
  .map((text) => ({ text, length: parseDuration(text)! }));

/** More than {@link MAX_ROWS}. */
export class TooManyRowsError extends Error {
  /** @param enough the shortest of the usual lengths of buckets, such as `1h`, with which the answer fits; null when none does */
  constructor(readonly enough: string | null) {
    super(`more than ${MAX_ROWS} rows`);
  }
}

/** Counts jobs by what they have in common. */
export class SummaryQuery {
  constructor(private readonly database: Reader) {}

  /**
   * In the order of the groups' fields and then of the buckets, each ascending with null last.
   *
   * @throws TooManyRowsError, or QueryTooBroadError when it takes too long
   */
  async rows(asked: SummaryAsked): Promise<SummaryRow[]> {
    const { filter, sources, groupBy, bucket, duration } = asked;
    const kept = groupBy.filter(isKept);
    if (!bucket && !duration && kept.length === groupBy.length && answersFromKept(filter)) {
      const parameters = new Parameters();
      const counts = keptCounts(filter, sources, kept, parameters);
      const rows = await this.database.query<SummaryRow>(ordered(counts, asked), parameters.values);
      if (rows.length > MAX_ROWS) throw new TooManyRowsError(null);
      return rows;
    }
    return readWithin(this.database, BOUND_MS, (client) => countJobs(client, asked));
  }
}

async function countJobs(client: PoolClient, asked: SummaryAsked): Promise<SummaryRow[]> {
  const { groupBy, bucket, duration } = asked;
  const parameters = new Parameters([new Date(asked.now).toISOString()]);
  const from = fromJobs(asked, parameters);
  const columns = groupBy.map((field) => `${GROUPS[field]} AS "${field}"`);
  if (bucket) columns.push(`${bucketStart(bucket)} AS bucket`);
  const groups = columns.map((_, index) => index + 1).join(', ');
  columns.push('count(*)::float8 AS count');
  if (duration) columns.push(...DURATIONS);
  const sql = `SELECT ${columns.join(', ')} ${from} GROUP BY ${groups}`;
  const { rows } = await client.query<SummaryRow & { spread?: [number, number] | null; max?: number }>(
    ordered(sql, asked),
    parameters.values,
  );
  if (rows.length > MAX_ROWS)
    throw new TooManyRowsError(bucket && (await lengthThatFits(client, asked, bucket)));
  if (!duration) return rows;
  return rows.map(({ spread, max, ...row }) => ({
    ...row,
    durationMs: spread ? { p50: spread[0], p95: spread[1], max: max! } : null,
  }));
}

/** The shortest usual length, longer than the one that was asked for, with which there are surely no more rows than an answer has. */
async function lengthThatFits(
  client: PoolClient,
  asked: SummaryAsked,
  bucket: Bucket,
): Promise<string | null> {
  const parameters = new Parameters([new Date(asked.now).toISOString()]);
  const from = fromJobs(asked, parameters);
  const time = epochMs(BUCKETS[bucket.field]);
  const groups = asked.groupBy.map((field) => GROUPS[field]).join(', ');
  const longer = parameters.add(
    LADDER.map(({ length }) => length).filter((length) => length > bucket.length),
  );
  const { rows } = await client.query<{ length: number }>(
    `WITH span AS MATERIALIZED (
       SELECT min(${time}) AS first, max(${time}) AS last, (count(*) > count(${time}))::int AS without ${from} GROUP BY ${groups})
     SELECT length FROM unnest(${longer}::float8[]) AS usual (length) CROSS JOIN LATERAL (
       SELECT sum(coalesce(floor(last / length) - floor(first / length) + 1, 0) + without) AS most FROM span) fit
     WHERE most <= ${MAX_ROWS} ORDER BY length LIMIT 1`,
    parameters.values,
  );
  return LADDER.find(({ length }) => length === rows[0]?.length)?.text ?? null;
}

function fromJobs({ filter, sources, now }: SummaryAsked, parameters: Parameters): string {
  const jobs = jobsFrom(filter, sources, parameters);
  const { clauses, joinsSource } = filterConditions(filter, sources, now, parameters);
  // parameter 1 is always given, and PostgreSQL wants to know its type
  const conditions = ['$1::timestamptz IS NOT NULL', ...clauses].join(' AND ');
  return `FROM ${jobs}${joinsSource ? ' JOIN rollcall.source s ON s.key = j.source_key' : ''} WHERE ${conditions}`;
}

/** By bytes, so that the order is the same on every server. */
function ordered(sql: string, { groupBy, bucket }: SummaryAsked): string {
  const order = groupBy.map((field) => `"${field}" COLLATE "C"`);
  if (bucket) order.push('bucket');
  return `SELECT * FROM (${sql}) summary ORDER BY ${order.join(', ')} LIMIT ${MAX_ROWS + 1}`;
}

function bucketStart({ field, length }: Bucket): string {
  return `floor(${epochMs(BUCKETS[field])} / ${length}) * ${length}`;
}

const DURATIONS = [
  `percentile_disc(ARRAY[0.5, 0.95]) WITHIN GROUP (ORDER BY ${DURATION_MS}) AS spread`,
  `max(${DURATION_MS}) AS max`,
  // of each job with a duration: its start, and its end when it has one
  `sum(hashint8extended(${epochMs('j.started_at')}::bigint,
    CASE WHEN j.terminal THEN ${epochMs('j.finished_at')}::bigint ELSE 0 END))::text AS "durationsTag"`,
];
