import { PoolClient } from 'pg';
import { FinalRead } from '../domain/final-read.js';
import { Instant } from '../domain/job.js';
import { Database } from './database.js';
import { fromPg, toPg } from './pg-time.js';
import { statement } from './statement.js';

/** A finished job of which something is still to be read. */
export interface FinalReadMark {
  id: string;
  externalId: string;
  kind: FinalRead;
  /** When the job ended for us (database time); with the job it names this mark. */
  markedAt: Instant;
  /** Tries that failed so far. */
  attempts: number;
}

/** Proves in the transaction of a write that this process still holds the source. Throws to write nothing. */
export type Fence = (client: PoolClient) => Promise<void>;

/** A try that failed, or that the platform put off. */
export interface PutOff {
  /** Milliseconds until the next try. */
  delayMs: number;
  /** Being put off by the platform is no failure of the try. */
  failed: boolean;
}

/** A mark is given up after so many failed tries. */
export const MAX_FINAL_READ_ATTEMPTS = 5;

/** A mark that nobody could work off for so long is given up: what a source is denied, or has no budget for, must not pile up for ever. */
const LONGEST_WAIT_MS = 7 * 86_400_000;

const WAITING = `rollcall.final_read
  WHERE source_key = $1 AND given_up_at IS NULL AND kind = ANY($2::text[]) AND not_before <= clock_timestamp()`;

/** The marks of jobs that have ended and of which something is still to be read. Jobs are marked by the writer, with their end. */
export class FinalReadStore {
  constructor(private readonly database: Database) {}

  /** How many wait to be read now, counted up to `most`. */
  async count(source: string, kinds: readonly FinalRead[], most: number): Promise<number> {
    const rows = await this.database.query<{ waiting: number }>(
      statement(`SELECT count(*) AS waiting FROM (SELECT 1 FROM ${WAITING} LIMIT $3) AS first`),
      [source, kinds, most],
    );
    return rows[0]!.waiting;
  }

  /** Those that wait to be read now, the oldest end first. */
  async waiting(source: string, kinds: readonly FinalRead[], limit: number): Promise<FinalReadMark[]> {
    const rows = await this.database.query<Omit<FinalReadMark, 'markedAt'> & { marked_at: string }>(
      statement(
        `SELECT j.id, j.external_id AS "externalId", m.kind, m.marked_at, m.attempts
         FROM (SELECT * FROM ${WAITING} ORDER BY marked_at, job_id LIMIT $3) AS m JOIN rollcall.job AS j ON j.id = m.job_id
         ORDER BY m.marked_at, m.job_id`,
      ),
      [source, kinds, limit],
    );
    return rows.map(({ marked_at: markedAt, ...mark }) => ({ ...mark, markedAt: fromPg(markedAt) }));
  }

  /** @returns whether the mark is given up now */
  async putOff(mark: FinalReadMark, { delayMs, failed }: PutOff, fence: Fence): Promise<boolean> {
    return this.database.transaction(async (client) => {
      await fence(client);
      const { rows } = await client.query<{ given_up: boolean }>(
        `UPDATE rollcall.final_read
         SET attempts = attempts + $4, not_before = clock_timestamp() + $5 * interval '1 millisecond',
           given_up_at = CASE WHEN attempts + $4 >= $6 THEN clock_timestamp() END
         WHERE job_id = $1::uuid AND kind = $2 AND marked_at = $3 AND given_up_at IS NULL
         RETURNING given_up_at IS NOT NULL AS given_up`,
        [mark.id, mark.kind, toPg(mark.markedAt), failed ? 1 : 0, delayMs, MAX_FINAL_READ_ATTEMPTS],
      );
      return rows[0]?.given_up ?? false;
    });
  }

  /** The platform has nothing more to read of this job. */
  async clear(mark: FinalReadMark, fence: Fence): Promise<void> {
    await this.database.transaction(async (client) => {
      await fence(client);
      await client.query('DELETE FROM rollcall.final_read WHERE job_id = $1::uuid AND marked_at = $2', [
        mark.id,
        toPg(mark.markedAt),
      ]);
    });
  }

  /** Gives up what has waited for too long. @returns how many */
  async giveUpOld(source: string, fence: Fence): Promise<number> {
    const waited = `source_key = $1 AND given_up_at IS NULL AND marked_at < clock_timestamp() - $2 * interval '1 millisecond'`;
    const old = await this.database.query(
      statement(`SELECT 1 FROM rollcall.final_read WHERE ${waited} LIMIT 1`),
      [source, LONGEST_WAIT_MS],
    );
    if (old.length === 0) return 0;
    return this.database.transaction(async (client) => {
      await fence(client);
      const { rowCount } = await client.query(
        `UPDATE rollcall.final_read SET given_up_at = clock_timestamp() WHERE ${waited}`,
        [source, LONGEST_WAIT_MS],
      );
      return rowCount ?? 0;
    });
  }

  /** Leaves to later polls what a refresh could not read; only of a job that has ended: an open one is read at its end. */
  async leave(jobId: string, kind: FinalRead): Promise<void> {
    await this.database.query(
      `INSERT INTO rollcall.final_read (job_id, source_key, kind, marked_at, not_before)
       SELECT id, source_key, $2, clock_timestamp(), clock_timestamp() FROM rollcall.job WHERE id = $1::uuid AND terminal
       ON CONFLICT (job_id) DO NOTHING`,
      [jobId, kind],
    );
  }
}
