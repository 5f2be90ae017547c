import { Database } from '../../src/storage/database.js';

/** No platform's reads lag behind its writes by more. */
export const LONGEST_SETTLE_MS = 60_000;

/**
 * Whether a job may be missing from reads that lag depends on how long the database has known it. A world's time passes faster than the
 * database's, or nobody waits for either: so jobs are made to have been known for so much longer.
 */
export async function makeKnownForLonger(database: Database, ms: number): Promise<void> {
  await database.query(
    "UPDATE rollcall.job SET first_seen_at = first_seen_at - $1 * interval '1 millisecond' WHERE platform = 'elastic-path'",
    [ms],
  );
}
