import { JobState } from '../domain/job-state.js';
import { readWithin } from './bounded-query.js';
import { Database } from './database.js';

/** Stored jobs of a source with the same word and state. */
export interface StoredWord {
  rawStatus: string | null;
  state: JobState;
  jobs: number;
}

/** A source with so many jobs that this is not enough is asked by hand (`rollcall replay --dry-run`), milliseconds. */
const BOUND_MS = 30_000;
/** The most common words of a source. */
const MAX_WORDS = 1_000;

/** By which rules the records of sources are read, as all processes see it. */
export class RuleStore {
  constructor(private readonly database: Database) {}

  /**
   * Takes note of the rules by which a source is read from now on.
   *
   * @returns the jobs that were read by others, by their words; empty when these rules were known, or there is no such source yet
   * @throws QueryTooBroadError
   */
  async take(source: string, mapping: string): Promise<StoredWord[]> {
    const taken = await this.database.query(
      'UPDATE rollcall.source SET mapping = $2 WHERE key = $1 AND mapping IS DISTINCT FROM $2 RETURNING key',
      [source, mapping],
    );
    if (taken.length === 0) return [];
    return readWithin(this.database, BOUND_MS, async (client) => {
      const { rows } = await client.query<StoredWord>(
        `SELECT raw_status AS "rawStatus", state, count(*) AS jobs FROM rollcall.job
         WHERE source_key = $1 AND mapping <> $2 GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT ${MAX_WORDS}`,
        [source, mapping],
      );
      return rows;
    });
  }
}
