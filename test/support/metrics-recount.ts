import { TERMINAL_STATES } from '../../src/domain/job-state.js';
import { Database } from '../../src/storage/database.js';
import { ScrapedFamily } from './prometheus-text.js';

/** Fails unless a scrape shows what a recount of everything stored gives, series by series; a zero may be shown or not. */
export async function expectRecount(shown: Map<string, ScrapedFamily>, database: Database): Promise<void> {
  const samples = [...shown.values()].flatMap((family) => family.samples);
  for (const [name, series] of Object.entries(await recount(database))) {
    const counted = samples.filter((sample) => sample.name === name && sample.value !== 0);
    const byLabels = Object.fromEntries(counted.map(({ labels, value }) => [labelsOf(labels), value]));
    expect([name, byLabels]).toEqual([name, series]);
    expect([name, Object.keys(series).length]).not.toEqual([name, 0]);
  }
}

function labelsOf(labels: Record<string, string>): string {
  return JSON.stringify(Object.entries(labels).sort());
}

/** The metrics by what is stored of jobs, transitions, events and polls: series by their labels. */
async function recount(database: Database): Promise<Record<string, Record<string, number>>> {
  const count = async (sql: string) => {
    const found = await database.query<Record<string, string | number>>(sql);
    return Object.fromEntries(
      found.map(({ value, ...labels }) => [labelsOf(labels as Record<string, string>), Number(value)]),
    );
  };
  const ended = `FROM rollcall.event e WHERE type IN ('job.discovered', 'job.transitioned') AND NOT backfill
    AND to_state IN (${TERMINAL_STATES.map((state) => `'${state}'`).join(', ')})`;
  const timed = `${ended} AND body ->> 'startedAt' IS NOT NULL AND body ->> 'finishedAt' IS NOT NULL`;
  return {
    rollcall_jobs: await count(
      'SELECT source_key AS source, platform, state, count(*) AS value FROM rollcall.job GROUP BY 1, 2, 3',
    ),
    rollcall_job_transitions_total: await count(
      `SELECT j.source_key AS source, t.to_state AS "to", count(*) AS value
       FROM rollcall.transition t JOIN rollcall.job j ON j.id = t.job_id WHERE t.from_state IS NOT NULL GROUP BY 1, 2`,
    ),
    rollcall_jobs_finished_total: await count(
      `SELECT source_key AS source, body ->> 'type' AS type, to_state AS state, count(*) AS value ${ended} GROUP BY 1, 2, 3`,
    ),
    rollcall_last_finished_timestamp_seconds: await count(
      `SELECT j.source_key AS source, j.type, t.to_state AS state, extract(epoch FROM max(t.occurred_at))::float8 AS value
       FROM rollcall.transition t JOIN rollcall.job j ON j.id = t.job_id
       WHERE t.to_state IN ('succeeded', 'failed', 'cancelled', 'skipped', 'missed') GROUP BY 1, 2, 3`,
    ),
    rollcall_job_duration_seconds_count: await count(
      `SELECT source_key AS source, to_state AS state, count(*) AS value ${timed} GROUP BY 1, 2`,
    ),
    rollcall_detection_lag_seconds_count: await count(
      `SELECT e.source_key AS source, count(*) AS value FROM rollcall.event e
       JOIN rollcall.transition t ON t.job_id = e.job_id AND t.sequence = e.sequence
       WHERE NOT e.backfill AND t.provenance IS NULL GROUP BY 1`,
    ),
    rollcall_polls_total: await count(
      'SELECT source_key AS source, result, count(*) AS value FROM rollcall.poll GROUP BY 1, 2',
    ),
    rollcall_poll_duration_seconds_count: await count(
      'SELECT source_key AS source, count(*) AS value FROM rollcall.poll GROUP BY 1',
    ),
    rollcall_oldest_open_job_timestamp_seconds: await count(
      `SELECT source_key AS source, state, extract(epoch FROM min(coalesce(created_at, first_seen_at)))::float8 AS value
       FROM rollcall.job WHERE NOT terminal AND vanished_at IS NULL GROUP BY 1, 2`,
    ),
  };
}
