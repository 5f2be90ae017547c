import { Instant } from '../domain/job.js';
import { JobState } from '../domain/job-state.js';
import { Database } from './database.js';
import { JobFilter, filterConditions } from './job.filter.js';
import { Parameters } from './parameters.js';
import { toPg } from './pg-time.js';

/** Something that happened, as far as it is stored. */
export interface HistoryPoint {
  at: Instant;
  /**
   * Of a job: `waits` (it is queued, or its planned start has come), `began`, `moved` (something of it changed), `ended` (`state` says
   * how; null: it vanished). Of a source: `blind` (from now on nobody can say what is missing there), `sighted`.
   */
  what: 'waits' | 'began' | 'moved' | 'ended' | 'blind' | 'sighted';
  source: string;
  jobId: string | null;
  type: string | null;
  state: JobState | null;
  /** Of `waits`: whether it is a queue that the job waits in. */
  queued: boolean;
}

export interface HistoryAsked {
  filter: JobFilter;
  sources: readonly string[];
  since: Instant;
  /** With every change of each job: they are many. */
  withMoves: boolean;
}

/** Points of one read. */
const FETCHED = 2_000;

const SKEW = `coalesce(s.clock_skew_ms, 0) * interval '1 millisecond'`;

/** Where no start is given, the first time at which the job was seen to run; of a run that was found ended, its creation. */
const BEGAN = `coalesce(j.started_at,
  (SELECT t.occurred_at FROM rollcall.transition t WHERE t.job_id = j.id AND t.to_state = 'running' ORDER BY t.sequence LIMIT 1),
  CASE WHEN j.state IN ('running', 'paused', 'stopping', 'succeeded', 'failed') THEN coalesce(j.created_at, j.first_seen_at) END)`;

/**
 * What is stored of matching jobs and of their sources' health since then, in the order of time. The database sorts it; here is never more of
 * it than one read.
 */
export async function readHistory(
  database: Database,
  { filter, sources, since, withMoves }: HistoryAsked,
  now: Instant,
  take: (point: HistoryPoint) => void,
): Promise<void> {
  const parameters = new Parameters([toPg(now)]);
  const from = `${parameters.add(toPg(since))}::timestamptz`;
  const keys = `${parameters.add(sources)}::text[]`;
  const { clauses } = filterConditions(filter, sources, now, parameters);
  const moves = `UNION ALL
    SELECT e.at, 'moved', picked.source, picked.id, picked.type, NULL, false FROM picked
    JOIN rollcall.event e ON e.job_id = picked.id AND e.sequence IS NOT NULL AND e.at >= ${from}`;
  const sql = `WITH picked AS MATERIALIZED (
      SELECT j.id, j.source_key AS source, j.type, j.state,
        coalesce(greatest(j.scheduled_for, CASE WHEN j.state <> 'scheduled' THEN j.created_at END) - ${SKEW},
          CASE WHEN j.state = 'queued' THEN j.first_seen_at END) AS waits,
        j.state <> 'scheduled' AS queued,
        ${BEGAN} - ${SKEW} AS began,
        CASE WHEN j.terminal THEN coalesce(j.finished_at, j.state_changed_at) - ${SKEW} ELSE j.vanished_at END AS ended,
        j.terminal
      FROM rollcall.job j JOIN rollcall.source s ON s.key = j.source_key
      WHERE $1::timestamptz IS NOT NULL AND ${clauses.join(' AND ')}
        AND (j.updated_at >= ${from} OR NOT j.terminal))
    SELECT (extract(epoch FROM at) * 1000)::float8 AS at, what, source, id AS "jobId", type, state, queued FROM (
      SELECT point.at, point.what, picked.source, picked.id, picked.type,
        CASE WHEN point.what = 'ended' AND terminal THEN picked.state END AS state, picked.queued
      FROM picked CROSS JOIN LATERAL (VALUES
        -- a run that began before it was created is one whose platform tells less than it seems
        (least(picked.waits, picked.began), 'waits'), (picked.began, 'began'), (CASE WHEN picked.ended IS NOT NULL THEN greatest(picked.ended, picked.began) END, 'ended')
      ) AS point (at, what) WHERE point.at IS NOT NULL
      ${withMoves ? moves : ''}
      UNION ALL
      SELECT e.at, CASE WHEN e.body ->> 'health' IN ('failing', 'paused', 'retired') OR e.body ->> 'reason' = 'behind'
          THEN 'blind' ELSE 'sighted' END, e.source_key, NULL, NULL, NULL, false
      FROM rollcall.event e WHERE e.type = 'source.health' AND e.source_key = ANY(${keys}) AND e.at >= ${from}
    ) points
    ORDER BY at, array_position(ARRAY['blind', 'sighted', 'waits', 'began', 'moved', 'ended'], what), id`;
  await database.transaction(async (client) => {
    await client.query('SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
    await client.query({ text: `DECLARE history NO SCROLL CURSOR FOR ${sql}`, values: parameters.values });
    for (;;) {
      const { rows } = await client.query<HistoryPoint>(`FETCH ${FETCHED} FROM history`);
      for (const row of rows) take(row);
      if (rows.length < FETCHED) return;
    }
  });
}
