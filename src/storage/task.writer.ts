import { PoolClient } from 'pg';
import { Instant } from '../domain/job.js';
import { TaskFacts } from '../domain/task.js';
import { Database } from './database.js';
import { Fence } from './final-read.store.js';
import { toPg } from './pg-time.js';
import { Column, columnNames, overRows, selectRows } from './sql-values.js';

/** The tasks of one job as their own route gave them. */
export interface FetchedTasks {
  jobId: string;
  tasks: readonly TaskFacts[];
  /** When the read began (database time). */
  readAt: Instant;
  /** The mark that this read works off was made by then; a later one is of a later end. */
  markedUntil: Instant;
}

/**
 * Tasks of a job's record and tasks of a route of their own are kept apart, each replaced as a whole by its own kind of read, so that
 * neither takes away what the other showed.
 */
export class TaskWriter {
  constructor(private readonly database: Database) {}

  /** Stores what the tasks' own route gave, and clears the mark of the job that asked for it; an older read changes nothing. */
  async storeFetched({ jobId, tasks, readAt, markedUntil }: FetchedTasks, fence: Fence): Promise<void> {
    await this.database.transaction(async (client) => {
      await fence(client);
      if (tasks.length > 0) await upsertFetched(client, jobId, tasks, readAt);
      else await clearFetched(client, jobId, readAt);
      await client.query(
        "DELETE FROM rollcall.final_read WHERE job_id = $1::uuid AND kind = 'tasks' AND marked_at <= $2",
        [jobId, toPg(markedUntil)],
      );
    });
  }
}

async function upsertFetched(
  client: PoolClient,
  jobId: string,
  tasks: readonly TaskFacts[],
  readAt: Instant,
): Promise<void> {
  await client.query(
    `INSERT INTO rollcall.job_task (job_id, tasks, fetched, fetched_at)
     SELECT id, '[]', $2::jsonb, $3::timestamptz FROM rollcall.job WHERE id = $1::uuid
     ON CONFLICT (job_id) DO UPDATE SET fetched = excluded.fetched, fetched_at = excluded.fetched_at
     WHERE job_task.fetched_at IS NULL OR job_task.fetched_at <= excluded.fetched_at`,
    [jobId, JSON.stringify(tasks), toPg(readAt)],
  );
}

async function clearFetched(client: PoolClient, jobId: string, readAt: Instant): Promise<void> {
  await client.query(
    `UPDATE rollcall.job_task SET fetched = NULL, fetched_at = $2 WHERE job_id = $1::uuid AND fetched IS NOT NULL AND fetched_at <= $2`,
    [jobId, toPg(readAt)],
  );
  await deleteEmpty(client, [jobId]);
}

/** Replaces the tasks that records carry, by job; a job without any tasks has no row. */
export async function replaceRecordTasks(
  client: PoolClient,
  byJob: ReadonlyMap<string, readonly TaskFacts[]>,
  isNew: (jobId: string) => boolean,
): Promise<void> {
  const given = [...byJob].filter(([, tasks]) => tasks.length > 0);
  const none = [...byJob.keys()].filter((id) => byJob.get(id)!.length === 0 && !isNew(id));
  if (given.length > 0) {
    const { text, values } = selectRows(TASK_COLUMNS, given);
    const insert = `INSERT INTO rollcall.job_task (${columnNames(TASK_COLUMNS)}) ${text}
       ON CONFLICT (job_id) DO UPDATE SET tasks = excluded.tasks WHERE job_task.tasks <> excluded.tasks`;
    await client.query(overRows(given, insert, values));
  }
  if (none.length > 0) {
    await client.query(
      "UPDATE rollcall.job_task SET tasks = '[]' WHERE job_id = ANY($1::uuid[]) AND tasks <> '[]'",
      [none],
    );
    await deleteEmpty(client, none);
  }
}

async function deleteEmpty(client: PoolClient, jobIds: readonly string[]): Promise<void> {
  await client.query(
    "DELETE FROM rollcall.job_task WHERE job_id = ANY($1::uuid[]) AND tasks = '[]' AND fetched IS NULL",
    [jobIds],
  );
}

const TASK_COLUMNS: readonly Column<[jobId: string, tasks: readonly TaskFacts[]]>[] = [
  { name: 'job_id', type: 'uuid', value: ([jobId]) => jobId },
  { name: 'tasks', type: 'jsonb', value: ([, tasks]) => JSON.stringify(tasks) },
];
