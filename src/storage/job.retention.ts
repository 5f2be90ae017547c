import { PoolClient } from 'pg';
import { JobState } from '../domain/job-state.js';
import { Database } from './database.js';
import { addJobCounts, CountDelta } from './job.counts.js';
import { Patience, retentionTurn } from './retention.turn.js';
import { rememberRemoved } from './removed-jobs.js';

/** What one small transaction removed. */
export interface RemovedBatch {
  removed: number;
  /** There is nothing more to remove, but for what somebody else has locked just now. */
  isLast: boolean;
}

/** Jobs of one transaction: what a poll that wants one of them has to wait for. */
const JOBS = 500;
/** Of smaller rows, that nobody waits for. */
const ROWS = 5_000;

const PATIENCE: Patience = { lockMs: 1_000, statementMs: 10_000 };

/** So long a job has to be absent, whatever its age: a platform that shows less of its list for an hour has purged nothing. */
const LEAST_ABSENCE_MS = 86_400_000;

// Whoever writes one of these jobs just now has its row locked: it is passed over, and looked at again after that write. What refers to a
// job goes with it (ON DELETE CASCADE): its transitions, tasks, records, and the marks of what is still to be read.
const REMOVE_JOBS = `
  WITH old AS MATERIALIZED (
    SELECT id FROM rollcall.job
    WHERE terminal AND absent_at IS NOT NULL AND changed_at < now() - $1 * interval '1 millisecond'
      AND absent_at < now() - $2 * interval '1 millisecond'
    ORDER BY changed_at LIMIT ${JOBS} FOR UPDATE SKIP LOCKED)
  DELETE FROM rollcall.job AS j USING old WHERE j.id = old.id
  RETURNING j.id, j.source_key AS source, j.state, j.version`;

const REMOVE_PAYLOADS = `
  WITH old AS MATERIALIZED (
    SELECT job_id, shape FROM rollcall.job_payload WHERE read_at < now() - $1 * interval '1 millisecond'
    ORDER BY read_at LIMIT ${ROWS} FOR UPDATE SKIP LOCKED)
  DELETE FROM rollcall.job_payload AS p USING old WHERE p.job_id = old.job_id AND p.shape = old.shape`;

const FORGET_REMOVED = `
  WITH old AS MATERIALIZED (
    SELECT job_id FROM rollcall.removed_job WHERE removed_at < now() - $1 * interval '1 millisecond'
    ORDER BY removed_at LIMIT ${ROWS} FOR UPDATE SKIP LOCKED)
  DELETE FROM rollcall.removed_job AS r USING old WHERE r.job_id = old.job_id`;

interface RemovedRow {
  id: string;
  source: string;
  state: JobState;
  version: number;
}

/** Removes jobs and records because of their age (database time), a small transaction a call. */
export class JobRetention {
  constructor(private readonly database: Database) {}

  /**
   * Removes finished jobs that the last complete sweep of their source did not list, the oldest change first, with all that belongs to
   * them; the counts follow in the same transaction, and there is no event. A source that nobody sweeps any more proves no absence:
   * what it listed last is kept.
   *
   * @param olderThanMs since the last change
   * @throws NotNowError
   */
  removeJobs(olderThanMs: number): Promise<RemovedBatch> {
    return retentionTurn(this.database, PATIENCE, async (client) => {
      const leastAbsenceMs = Math.min(olderThanMs, LEAST_ABSENCE_MS);
      const { rows } = await client.query<RemovedRow>(REMOVE_JOBS, [olderThanMs, leastAbsenceMs]);
      await rememberRemoved(client, rows);
      await countRemoved(client, rows);
      return batchOf(rows.length, JOBS);
    });
  }

  /**
   * Removes upstream records. The job stays, and the hash of the record with it: one that is read again unchanged is not stored again.
   *
   * @param olderThanMs since the read that brought it
   * @throws NotNowError
   */
  removePayloads(olderThanMs: number): Promise<RemovedBatch> {
    return this.removeRows(REMOVE_PAYLOADS, olderThanMs);
  }

  /** Forgets what was remembered of removed jobs. @param olderThanMs since their removal @throws NotNowError */
  forgetRemoved(olderThanMs: number): Promise<RemovedBatch> {
    return this.removeRows(FORGET_REMOVED, olderThanMs);
  }

  private removeRows(sql: string, olderThanMs: number): Promise<RemovedBatch> {
    return retentionTurn(this.database, PATIENCE, async (client) => {
      const { rowCount } = await client.query(sql, [olderThanMs]);
      return batchOf(rowCount ?? 0, ROWS);
    });
  }
}

export function batchOf(removed: number, size: number): RemovedBatch {
  return { removed, isLast: removed < size };
}

/** In the order of sources: writers lock their counts in an order of their own, and only ever those of one source. */
async function countRemoved(client: PoolClient, rows: readonly RemovedRow[]): Promise<void> {
  const sources = new Map<string, CountDelta>();
  for (const { source, state } of rows) {
    const counts = sources.get(source) ?? new CountDelta();
    counts.remove(state, true);
    sources.set(source, counts);
  }
  for (const source of [...sources.keys()].sort()) await addJobCounts(client, source, sources.get(source)!);
}
