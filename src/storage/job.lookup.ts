import { Instant, RecordShape } from '../domain/job.js';
import { Database } from './database.js';
import { fromPg, toPg } from './pg-time.js';

/** What a quiet re-read needs of a stored job, and nothing more. */
export interface KnownJob {
  id: string;
  ordinal: number;
  /** Of the last record of the shape that was asked for. */
  hash: Buffer | null;
  terminal: boolean;
  /** The last complete sweep did not list it, or it counts as vanished. */
  absent: boolean;
}

export interface JobNumber {
  id: string;
  ordinal: number;
}

export interface OpenJob extends JobNumber {
  externalId: string;
  /** Database time. */
  firstSeenAt: Instant;
  /** The last complete sweep did not list it. */
  absent: boolean;
}

/** Reads that decide whether there is anything to write. Reading first and writing the difference costs no WAL when nothing changed. */
export class JobLookup {
  constructor(private readonly database: Database) {}

  async known(ids: readonly string[], shape: RecordShape): Promise<Map<string, KnownJob>> {
    const rows = await this.database.query<KnownJob>(
      // One by one: asked for any of them, the planner scans a table of which it does not know yet how large it has become.
      {
        name: `job-known-by-${shape}`,
        text: `SELECT j.* FROM unnest($1::uuid[]) AS asked(id),
                 LATERAL (SELECT id, ordinal, ${shape}_hash AS hash, terminal,
                            (absent_at IS NOT NULL OR vanished_at IS NOT NULL) AS absent
                          FROM rollcall.job WHERE job.id = asked.id OFFSET 0) AS j`,
      },
      [ids],
    );
    return new Map(rows.map((row) => [row.id, row]));
  }

  /** Unfinished jobs of a source that are not known to be gone, in the order of their numbers. */
  async open(source: string, afterOrdinal: number, limit: number): Promise<OpenJob[]> {
    const rows = await this.database.query<Omit<OpenJob, 'firstSeenAt'> & { first_seen_at: string }>(
      {
        name: 'job-open',
        text: `SELECT id, ordinal, external_id AS "externalId", absent_at IS NOT NULL AS absent, first_seen_at FROM rollcall.job
               WHERE source_key = $1 AND NOT terminal AND vanished_at IS NULL AND ordinal > $2 ORDER BY ordinal LIMIT $3`,
      },
      [source, afterOrdinal, limit],
    );
    return rows.map(({ first_seen_at: firstSeenAt, ...job }) => ({
      ...job,
      firstSeenAt: fromPg(firstSeenAt),
    }));
  }

  /** Of the jobs with these numbers, those that are unfinished and not known to be gone. */
  async stillOpen(source: string, ordinals: readonly number[]): Promise<number[]> {
    const rows = await this.database.query<{ ordinal: number }>(
      `SELECT ordinal FROM rollcall.job
       WHERE source_key = $1 AND ordinal = ANY($2::bigint[]) AND NOT terminal AND vanished_at IS NULL ORDER BY ordinal`,
      [source, ordinals],
    );
    return rows.map(({ ordinal }) => ordinal);
  }

  /** Finished jobs that count as listed and were not written since the sweep began, in the order of their numbers. */
  listedFinished(
    source: string,
    sweepBeganAt: Instant,
    afterOrdinal: number,
    limit: number,
  ): Promise<JobNumber[]> {
    return this.database.query<JobNumber>(
      {
        name: 'job-listed-finished',
        text: `SELECT id, ordinal FROM rollcall.job
               WHERE source_key = $1 AND terminal AND absent_at IS NULL AND seen_at < $2 AND ordinal > $3
               ORDER BY ordinal LIMIT $4`,
      },
      [source, toPg(sweepBeganAt), afterOrdinal, limit],
    );
  }
}
