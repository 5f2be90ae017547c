import { PoolClient } from 'pg';
import { Instant } from '../domain/job.js';
import { HEALTH_COLUMNS } from './coverage.query.js';
import { Database } from './database.js';
import { appendEvents, eventOfNoJob } from './event.log.js';
import { fromPg, toPg } from './pg-time.js';
import { HealthFacts, healthNow, healthStep, healthTold, isSameHealth } from './source-health.js';

export interface SourceFacts extends HealthFacts {
  key: string;
}

/** The columns of {@link SourceFacts}, for a `RETURNING` of one's own. */
export const FACTS = `key, ${HEALTH_COLUMNS}`;

/** The same where other rows have a key, too: those of `s` (rollcall.source). */
export const FACTS_OF_SOURCE = `s.key, ${HEALTH_COLUMNS}`;

/** The facts of these sources (null: of all), whose rows stay as they are until the transaction ends. */
export async function lockFacts(
  client: PoolClient,
  keys: readonly string[] | null = null,
): Promise<SourceFacts[]> {
  const { rows } = await client.query<SourceFacts>(
    `SELECT ${FACTS} FROM rollcall.source WHERE $1::text[] IS NULL OR key = ANY($1) ORDER BY key FOR UPDATE`,
    [keys],
  );
  return rows;
}

/**
 * The last act of a transaction that changed what a source's health follows from: stores the health, with its event when it is another
 * one than was told before.
 *
 * @param before of the locked row
 * @param after the same row now, with the health that a poll found where there was one
 * @param since when it became so; left out, now
 */
export async function settleHealth(
  client: PoolClient,
  before: HealthFacts,
  after: SourceFacts,
  { pollId = null, since }: { pollId?: number | null; since?: Instant } = {},
): Promise<void> {
  const at = await transactionTime(client);
  const { told, shown, isNews, kept, isStored, isPolled } = healthStep(before, after, at);
  if (isNews || !isStored) {
    await client.query(
      `UPDATE rollcall.source SET health = $2, health_reason = $3, health_since = coalesce($4::timestamptz, health_since),
         paused_at = CASE WHEN $5 THEN NULL ELSE paused_at END, paused_until = CASE WHEN $5 THEN NULL ELSE paused_until END
       WHERE key = $1`,
      [after.key, kept.health, kept.reason, isNews ? toPg(since ?? at) : null, isPolled],
    );
  }
  if (!isNews) return;
  await appendEvents(client, [
    eventOfNoJob({
      type: 'source.health',
      at,
      source: after.key,
      body: { health: shown.health, previousHealth: told.health, reason: shown.reason },
      pollId,
    }),
  ]);
}

/**
 * Tells what became so by the time of day, with nobody polling: sources that fell behind or are so no more, pauses that ended. Writes
 * nothing where nothing changed; a source whose row is locked is settled by whoever locked it, or the next time.
 */
export async function tellByTheClock(database: Database): Promise<void> {
  const rows = await database.query<SourceFacts & { now: string }>(
    `SELECT now() AS now, ${FACTS} FROM rollcall.source WHERE enabled AND retired_at IS NULL`,
  );
  const changed = rows.filter((row) => !isSameHealth(healthTold(row), healthNow(row, fromPg(row.now))));
  for (const { key } of changed) {
    await database.transaction(async (client) => {
      const {
        rows: [facts],
      } = await client.query<SourceFacts>(
        `SELECT ${FACTS} FROM rollcall.source WHERE key = $1 FOR UPDATE SKIP LOCKED`,
        [key],
      );
      if (facts === undefined) return;
      await settleHealth(client, facts, facts, {
        since: healthNow(facts, await transactionTime(client)).since,
      });
    });
  }
}

export async function transactionTime(client: PoolClient): Promise<Instant> {
  const { rows } = await client.query<{ at: string }>('SELECT now() AS at');
  return fromPg(rows[0]!.at);
}
