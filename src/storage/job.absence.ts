import { PoolClient } from 'pg';
import { Instant } from '../domain/job.js';
import { jobToJson } from '../domain/job-json.js';
import { lockChangeClock } from './change-clock.js';
import { Database } from './database.js';
import { appendEvents, NewEvent } from './event.log.js';
import { addJobCounts, CountDelta } from './job.counts.js';
import { jobFromRow, JobRow } from './job.rows.js';
import { fromPg, toPg } from './pg-time.js';

export interface AbsenceContext {
  source: string;
  labels: Record<string, string>;
  pollId: number | null;
  fence: (client: PoolClient) => Promise<void>;
}

/** The most jobs of one transaction. */
export const MAX_ABSENT = 500;

/** Writes what a complete sweep proved: which jobs the platform no longer lists, and which unfinished ones are gone. */
export class AbsenceWriter {
  constructor(private readonly database: Database) {}

  /** No event and no new version: what the platform purged stays as it is, and only retention asks. */
  async markAbsent(ids: readonly string[], context: AbsenceContext): Promise<void> {
    await this.database.transaction(async (client) => {
      await context.fence(client);
      const { rows } = await client.query<Pick<JobRow, 'state'>>(
        `UPDATE rollcall.job SET absent_at = now() WHERE id IN
           (SELECT id FROM rollcall.job WHERE id = ANY($1::uuid[]) AND absent_at IS NULL ORDER BY id FOR UPDATE)
         RETURNING state`,
        [ids],
      );
      const counts = new CountDelta();
      for (const { state } of rows) counts.markAbsent(state);
      await addJobCounts(client, context.source, counts);
    });
  }

  /** Unfinished jobs that are proven to be gone. Their state stays: no outcome is invented. */
  async vanish(ids: readonly string[], context: AbsenceContext): Promise<number> {
    return this.database.transaction(async (client) => {
      await context.fence(client);
      const now = await lockChangeClock(client);
      const { rows } = await client.query<JobRow>(
        `UPDATE rollcall.job
         SET vanished_at = $2, version = version + 1, changed_at = greatest(changed_at, $2), absent_at = coalesce(absent_at, $2)
         WHERE id IN (SELECT id FROM rollcall.job
                      WHERE id = ANY($1::uuid[]) AND NOT terminal AND vanished_at IS NULL ORDER BY id FOR UPDATE)
         RETURNING *`,
        [ids, toPg(now)],
      );
      const counts = new CountDelta();
      for (const row of rows) if (row.absent_at === row.vanished_at) counts.markAbsent(row.state);
      await addJobCounts(client, context.source, counts);
      await appendEvents(
        client,
        rows.map((row) => vanishedEvent(row, now, context)),
      );
      return rows.length;
    });
  }
}

function vanishedEvent(row: JobRow, now: Instant, context: AbsenceContext): NewEvent {
  const job = jobFromRow(row);
  return {
    type: 'job.vanished',
    at: now,
    source: job.source,
    jobId: job.id,
    sequence: job.version,
    from: job.state,
    to: job.state,
    backfill: false,
    changed: [],
    body: jobToJson(job, {
      labels: context.labels,
      freshness: 'vanished',
      lastSeenAt: fromPg(row.seen_at),
      now,
    }),
    pollId: context.pollId,
  };
}
