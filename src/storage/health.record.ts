import { PoolClient } from 'pg';
import { Instant } from '../domain/job.js';
import { HEALTH_COLUMNS } from './coverage.query.js';
import { Database } from './database.js';
import { appendEvents, eventOfNoJob, MAX_EVENTS, NewEvent } from './event.log.js';
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
    `SELECT ${FACTS} FROM rollcall.source WHERE $1::text[] IS NULL OR key = ANY($1) ORDER BY key FOR NO KEY UPDATE`,
    [keys],
  );
  return rows;
}

/** Of a source whose row is locked. */
export interface HealthChange {
  before: HealthFacts;
  /** The same row now, with the health that a poll found where there was one. */
  after: SourceFacts;
}

interface Circumstances {
  pollId?: number | null;
  /** When it became so; left out, now. */
  since?: Instant;
}

/**
 * The last act of a transaction that changed what the health of sources follows from: stores the health, with an event of each source
 * whose health is another one than was told before.
 */
export async function settleHealth(
  client: PoolClient,
  changes: readonly HealthChange[],
  circumstances: Circumstances = {},
): Promise<void> {
  const at = await transactionTime(client);
  const events: NewEvent[] = [];
  for (const change of changes) events.push(...(await storeHealth(client, change, at, circumstances)));
  for (let first = 0; first < events.length; first += MAX_EVENTS)
    await appendEvents(client, events.slice(first, first + MAX_EVENTS));
}

async function storeHealth(
  client: PoolClient,
  { before, after }: HealthChange,
  at: Instant,
  { pollId = null, since = at }: Circumstances,
): Promise<NewEvent[]> {
  const { told, shown, isNews, kept, isStored, isPolled } = healthStep(before, after, at);
  if (isNews || !isStored) {
    await client.query(
      `UPDATE rollcall.source SET health = $2, health_reason = $3, health_since = coalesce($4::timestamptz, health_since),
         paused_at = CASE WHEN $5 THEN NULL ELSE paused_at END, paused_until = CASE WHEN $5 THEN NULL ELSE paused_until END
       WHERE key = $1`,
      [after.key, kept.health, kept.reason, isNews ? toPg(since) : null, isPolled],
    );
  }
  if (!isNews) return [];
  return [
    eventOfNoJob({
      type: 'source.health',
      at,
      source: after.key,
      body: { health: shown.health, previousHealth: told.health, reason: shown.reason },
      pollId,
    }),
  ];
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
        `SELECT ${FACTS} FROM rollcall.source WHERE key = $1 FOR NO KEY UPDATE SKIP LOCKED`,
        [key],
      );
      if (facts === undefined) return;
      await settleHealth(client, [{ before: facts, after: facts }], {
        since: healthNow(facts, await transactionTime(client)).since,
      });
    });
  }
}

export async function transactionTime(client: PoolClient): Promise<Instant> {
  const { rows } = await client.query<{ at: string }>('SELECT now() AS at');
  return fromPg(rows[0]!.at);
}
