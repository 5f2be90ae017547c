import { PoolClient } from 'pg';
import { Instant } from '../domain/job.js';
import { Database } from './database.js';
import { StandbyError } from './session.js';

/**
 * How a reader knows up to when it has seen every change of ours, whatever is committing at the same time.
 *
 * A writer first takes a shared transaction lock whose key says when it did so, and only then reads the clock for its
 * `changedAt`. A reader notes the time and then looks for such locks: a writer that it finds will commit with a `changedAt` no
 * earlier than its key; one that it does not find has either committed (PostgreSQL shows a transaction's rows before it
 * gives up its locks) or will read a later clock than the reader's. The lock goes with the transaction, so a killed writer holds
 * nobody back.
 */

/** Marks our keys among all advisory locks; the 44 bits below it hold milliseconds until the year 2527. */
const KEY_SPACE = 0x52c0;

/** How long one answer serves later readers of this process, milliseconds. An older answer is true as well, only less new. */
const CACHED_MS = 100;

// The clock is read of a row that is there only once the lock is taken.
const LOCK_AND_READ_CLOCK = {
  name: 'change-clock-lock',
  text: `WITH taken AS MATERIALIZED (SELECT pg_advisory_xact_lock_shared(
      (${KEY_SPACE}::bigint << 44) | floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint) AS lock)
    SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::float8 AS at FROM taken`,
};

// pg_locks splits a 64-bit key: classid holds its upper half (KEY_SPACE and the upper 12 bits of the time), objid its lower half.
// statement_timestamp() is taken when the statement arrives, so before the locks are looked at.
const CHANGED_THROUGH = {
  name: 'change-clock-through',
  text: `SELECT least(
    floor(extract(epoch FROM statement_timestamp()) * 1000),
    (SELECT min(((classid::bigint & 4095) << 32) | objid::bigint) FROM pg_locks
     WHERE locktype = 'advisory' AND objsubid = 1 AND granted AND classid::bigint >> 12 = ${KEY_SPACE}
       AND database = (SELECT oid FROM pg_database WHERE datname = current_database()))
  )::float8 AS through, pg_is_in_recovery() AS standby`,
};

/**
 * The writer's half: called first in a write transaction, before anything is read or written that leads to a change.
 *
 * @returns the transaction's `changedAt` (database time, whole milliseconds)
 */
export async function lockChangeClock(client: PoolClient): Promise<Instant> {
  const { rows } = await client.query<{ at: number }>(LOCK_AND_READ_CLOCK);
  return rows[0]!.at;
}

interface Answer {
  at: number;
  through: Promise<Instant>;
}

const answers = new WeakMap<Database, Answer>();

/**
 * The reader's half: every change with an earlier `changedAt` is visible to a query that starts after this answers. Asked
 * of the primary: a replica does not show its locks.
 *
 * @throws StandbyError
 */
export function changedThrough(database: Database): Promise<Instant> {
  const known = answers.get(database);
  const at = performance.now();
  if (known && at - known.at < CACHED_MS) return known.through;
  const through = readChangedThrough(database);
  answers.set(database, { at, through });
  through.catch(() => answers.delete(database));
  return through;
}

async function readChangedThrough(database: Database): Promise<Instant> {
  const rows = await database.query<{ through: number; standby: boolean }>(CHANGED_THROUGH);
  // a pooler may lead elsewhere by now
  if (rows[0]!.standby) throw new StandbyError();
  return rows[0]!.through;
}
