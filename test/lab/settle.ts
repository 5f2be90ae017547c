import { Database } from '../../src/storage/database.js';
import { waitFor } from '../support/wait-for.js';

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

/** Has every source swept to the end so often, one complete sweep after the other, of worlds that stand still. */
export async function proveAll(
  database: Database,
  sweeps: number,
  withinMs: number,
  signal?: AbortSignal,
): Promise<void> {
  // Reads may lag for a minute, and nobody waits for that here: jobs are made to have been known for longer.
  await makeKnownForLonger(database, LONGEST_SETTLE_MS);
  for (let sweep = 0; sweep < sweeps; sweep++) {
    const [row] = await database.query<{ now: string }>('SELECT clock_timestamp() AS now');
    // a poll that is no sweep may prove that no change is missing, but not that no job is gone
    const unproven = 'coalesce(proven_at < $1, true) OR (NOT truncated AND coalesce(swept_at < $1, true))';
    await waitFor(async () => {
      signal?.throwIfAborted();
      await database.query(
        `UPDATE rollcall.source SET requested_poll = 'sweep', next_poll_at = now()
         WHERE requested_poll IS NULL AND lease_owner IS NULL AND (${unproven})`,
        [row!.now],
      );
      const rest = await database.query(
        `SELECT key FROM rollcall.source WHERE first_read_at IS NULL OR ${unproven}`,
        [row!.now],
      );
      return rest.length === 0;
    }, withinMs);
  }
}
