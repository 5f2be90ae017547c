import { PoolClient } from 'pg';
import { JobState } from '../domain/job-state.js';

/** What is left of a job that was removed because of its age. */
export interface RemovedJob {
  /** Of its last event. */
  version: number;
  state: JobState;
}

/** For as long as jobs are kept, a removed one is remembered: should its platform list it again, its events go on where they ended. */
export async function rememberRemoved(
  client: PoolClient,
  jobs: readonly (RemovedJob & { id: string })[],
): Promise<void> {
  if (jobs.length === 0) return;
  await client.query(
    `INSERT INTO rollcall.removed_job (job_id, version, state, removed_at)
     SELECT id, version, state, now() FROM unnest($1::uuid[], $2::integer[], $3::text[]) AS gone(id, version, state)
     ON CONFLICT (job_id) DO UPDATE SET version = excluded.version, state = excluded.state, removed_at = excluded.removed_at`,
    [jobs.map(({ id }) => id), jobs.map(({ version }) => version), jobs.map(({ state }) => state)],
  );
}

/** Those of the jobs that were removed before, by id; they are about to be stored again, and not removed ones any more. */
export async function takeRemoved(
  client: PoolClient,
  ids: readonly string[],
): Promise<Map<string, RemovedJob>> {
  if (ids.length === 0) return new Map();
  // In the order of ids, so that two writers of the same jobs wait for each other and never deadlock.
  const { rows } = await client.query<RemovedJob & { id: string }>(
    `WITH back AS MATERIALIZED (
       SELECT job_id FROM rollcall.removed_job WHERE job_id = ANY($1::uuid[]) ORDER BY job_id FOR UPDATE)
     DELETE FROM rollcall.removed_job AS r USING back WHERE r.job_id = back.job_id
     RETURNING r.job_id AS id, r.version, r.state`,
    [ids],
  );
  return new Map(rows.map(({ id, ...removed }) => [id, removed]));
}
