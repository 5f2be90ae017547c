import { PoolClient } from 'pg';
import { Instant } from '../domain/job.js';
import { JobState } from '../domain/job-state.js';
import { LAST_SEEN_AT } from './job.fields.js';
import { JobFilter, filterConditions } from './job.filter.js';
import { latestJobs } from './job.latest.js';
import { Parameters } from './parameters.js';
import { toPg } from './pg-time.js';

/**
 * What expectations are judged by, straight from the jobs. Every question goes by an index and is bounded; instants of the platform are
 * taken to our clock by the source's skew.
 */

/** The jobs that a rule speaks of, as far as it covers these sources. */
export interface ExpectedJobs {
  filter: JobFilter;
  sources: readonly string[];
  now: Instant;
}

/** Since when something of an open job goes on. */
export type OpenSpan = 'running' | 'unmoved' | 'waiting';

/** An open job and how long something of it has gone on, as far as it was seen. */
export interface OpenJobFact {
  id: string;
  source: string;
  type: string | null;
  from: Instant;
  /** When it was last known to be what the platform says. */
  seenAt: Instant;
}

const SKEW = `coalesce(s.clock_skew_ms, 0) * interval '1 millisecond'`;
const ms = (time: string) => `(extract(epoch FROM ${time}) * 1000)::float8`;

/** Where no start is given, a job runs at least since it came to its state. */
const FROM: Record<OpenSpan, { sql: string; states: readonly JobState[] }> = {
  running: {
    sql: `(coalesce(j.started_at, j.state_changed_at) - ${SKEW})`,
    states: ['running', 'paused', 'stopping'],
  },
  // progress and every other change move changed_at; of a job that was found as it is, only the platform knows when it moved
  unmoved: {
    sql: `(CASE WHEN j.version = 1 THEN coalesce(j.updated_at - ${SKEW}, j.changed_at)
      ELSE greatest(j.updated_at - ${SKEW}, j.changed_at) END)`,
    states: ['running', 'stopping'],
  },
  waiting: {
    sql: `(CASE WHEN j.state = 'scheduled' THEN j.scheduled_for - ${SKEW}
      ELSE coalesce(greatest(j.scheduled_for, j.created_at) - ${SKEW}, j.first_seen_at) END)`,
    states: ['scheduled', 'queued'],
  },
};

/**
 * Open jobs that have not vanished, those first of which it has gone on for longest.
 *
 * @param only these of them
 */
export async function openJobs(
  client: PoolClient,
  { filter, sources, now }: ExpectedJobs,
  span: OpenSpan,
  limit: number,
  only: readonly string[] | null = null,
): Promise<OpenJobFact[]> {
  const { sql, states } = FROM[span];
  const parameters = new Parameters([toPg(now)]);
  const { clauses } = filterConditions({ ...filter, state: states }, sources, now, parameters);
  if (only !== null) clauses.push(`j.id = ANY(${parameters.add(only)}::uuid[])`);
  const { rows } = await client.query<OpenJobFact>(
    `SELECT j.id, j.source_key AS source, j.type, ${ms(sql)} AS from, ${ms(LAST_SEEN_AT)} AS "seenAt"
     FROM rollcall.job j JOIN rollcall.source s ON s.key = j.source_key
     WHERE $1::timestamptz IS NOT NULL AND NOT j.terminal AND j.vanished_at IS NULL AND ${sql} IS NOT NULL
       AND ${clauses.join(' AND ')}
     ORDER BY ${sql}, j.id LIMIT ${limit}`,
    parameters.values,
  );
  return rows;
}

/** A run of a type: when it started, and how long it took where it succeeded and both ends are known. */
export interface RunFact {
  startedAt: Instant;
  durationMs: number | null;
}

/** States of jobs that did run. */
const RAN = `(j.state IN ('running', 'paused', 'stopping', 'succeeded', 'failed') OR (j.state = 'cancelled' AND j.started_at IS NOT NULL))`;

const STARTED = `(coalesce(j.started_at, j.created_at, j.first_seen_at) - ${SKEW})`;

/** Where the platform gives no start, the first time at which the job was seen to run. */
const DURATION = `CASE WHEN j.state = 'succeeded' THEN
  round(date_part('epoch', j.finished_at - coalesce(j.started_at, (SELECT t.occurred_at FROM rollcall.transition t
    WHERE t.job_id = j.id AND t.to_state = 'running' ORDER BY t.sequence LIMIT 1))) * 1000) END`;

/**
 * The runs among the jobs of a source that were updated last, these first; of one type when one is given (null: of jobs without a type).
 *
 * @param looked jobs to look at, so that a type that never runs is no long search
 */
export async function recentRuns(
  client: PoolClient,
  { filter, now }: ExpectedJobs,
  source: string,
  looked: number,
  type?: string | null,
): Promise<RunFact[]> {
  const parameters = new Parameters([toPg(now)]);
  const own = type === undefined ? filter : { ...filter, type: type === null ? undefined : [type] };
  const { clauses } = filterConditions(own, [source], now, parameters);
  if (type === null) clauses.push('left(j.type, 128) IS NULL');
  const { rows } = await client.query<RunFact>(
    `SELECT ${ms(STARTED)} AS "startedAt", ${DURATION} AS "durationMs"
     FROM (SELECT j.* FROM rollcall.job j JOIN rollcall.source s ON s.key = j.source_key
       WHERE $1::timestamptz IS NOT NULL AND ${clauses.join(' AND ')}
       ORDER BY j.updated_at DESC NULLS LAST, j.id DESC LIMIT ${looked}) j
     JOIN rollcall.source s ON s.key = j.source_key
     WHERE ${RAN} ORDER BY j.updated_at DESC NULLS LAST, j.id DESC`,
    parameters.values,
  );
  return rows;
}

/** How many jobs of each source are queued; more than the most that are counted is that many. */
export async function queueLengths(
  client: PoolClient,
  { filter, sources, now }: ExpectedJobs,
  most: number,
): Promise<Map<string, number>> {
  const parameters = new Parameters([toPg(now)]);
  const asked = parameters.add(sources);
  const { clauses } = filterConditions({ ...filter, source: undefined }, null, now, parameters);
  const { rows } = await client.query<{ source: string; length: number }>(
    `SELECT s.key AS source, queued.length FROM rollcall.source s CROSS JOIN LATERAL (
       SELECT count(*)::float8 AS length FROM (
         SELECT 1 FROM rollcall.job j
         WHERE j.source_key = s.key AND j.state = 'queued' AND NOT j.terminal AND j.vanished_at IS NULL
           ${clauses.map((clause) => `AND ${clause}`).join(' ')} LIMIT ${most}) counted) queued
     WHERE $1::timestamptz IS NOT NULL AND s.key = ANY(${asked}::text[])`,
    parameters.values,
  );
  return new Map(rows.map(({ source, length }) => [source, length]));
}

/** How the runs of a source ended between two instants of our clock. */
export async function outcomesBetween(
  client: PoolClient,
  { filter, now }: ExpectedJobs,
  source: string,
  since: Instant,
  until: Instant,
): Promise<{ succeeded: number; failed: number }> {
  const parameters = new Parameters([toPg(now)]);
  const [from, to] = [parameters.add(toPg(since)), parameters.add(toPg(until))];
  const { clauses } = filterConditions(filter, [source], now, parameters);
  const skew = `(SELECT ${SKEW} FROM rollcall.source s WHERE s.key = j.source_key)`;
  const { rows } = await client.query<{ succeeded: number; failed: number }>(
    // nothing that ended in the window was updated before it: updatedAt is the latest time that is known of a job
    `SELECT count(*) FILTER (WHERE state = 'succeeded')::float8 AS succeeded,
       count(*) FILTER (WHERE state IN ('failed', 'missed'))::float8 AS failed
     FROM (SELECT j.state, coalesce(j.finished_at, j.updated_at) - ${skew} AS ended FROM rollcall.job j
       WHERE $1::timestamptz IS NOT NULL AND j.updated_at >= ${from}::timestamptz - interval '1 hour'
         AND ${clauses.join(' AND ')} AND j.state IN ('succeeded', 'failed', 'missed')) j
     WHERE ended >= ${from}::timestamptz AND ended < ${to}::timestamptz`,
    parameters.values,
  );
  return rows[0]!;
}

/** The types of a source that have jobs of these, with nothing else of them; `most` at most. */
export async function typesOf(
  client: PoolClient,
  { filter, now }: ExpectedJobs,
  source: string,
  most: number,
): Promise<(string | null)[]> {
  const parameters = new Parameters([toPg(now)]);
  const key = parameters.add(source);
  const { clauses } = filterConditions({ ...filter, source: undefined }, null, now, parameters);
  const { rows } = await client.query<{ type: string | null }>(
    `SELECT j.type FROM ${latestJobs(`s.key = ${key}::text`)} j
     WHERE $1::timestamptz IS NOT NULL ${clauses.map((clause) => `AND ${clause}`).join(' ')} LIMIT ${most}`,
    parameters.values,
  );
  return rows.map(({ type }) => type);
}
