import { PoolClient } from 'pg';
import { Instant } from '../domain/job.js';
import { Database } from './database.js';
import { batchOf, RemovedBatch } from './job.retention.js';
import { fromPg, toPg } from './pg-time.js';
import { Patience, retentionTurn } from './retention.turn.js';

const DAY_MS = 86_400_000;

/** So far ahead of the clock partitions are made: as long may nobody be there who makes them. */
const AHEAD_MS = 3 * DAY_MS;

/** Events are kept in so many partitions or a few more: every read of the feed looks into each of them. */
const PARTITIONS = 30;

/** Events of the default partition that are moved to the one that is made for their time; where there are more they stay until their age. */
const MOVED = 5_000;
/** Events of one transaction that removes them one by one. */
const ROWS = 5_000;

/** Every writer and reader of events waits as long as we do for a lock, and while we hold it. */
const BRIEFLY: Patience = { lockMs: 200, statementMs: 2_000 };
/** Locks nothing that anybody waits for. */
const QUIETLY: Patience = { lockMs: 1_000, statementMs: 10_000 };

/** How much time one partition is for, milliseconds. @param keptMs how long events are kept */
function lengthOf(keptMs: number): number {
  return DAY_MS * Math.ceil(keptMs / (PARTITIONS * DAY_MS));
}

/** How long the feed may show an event, milliseconds: its partition goes with the newest of them. @param keptMs how long events are kept */
export function shownForMs(keptMs: number): number {
  return keptMs + lengthOf(keptMs);
}

interface Partition {
  /** Quoted, with its schema. */
  name: string;
  /** Null: everything before `until`; both null: the default partition, with what no other is for. */
  from: Instant | null;
  until: Instant | null;
  /** This role may drop it. */
  isOwned: boolean;
}

/**
 * The change feed in pieces of time: made ahead of need, and dropped once all of it is too old, which costs the same for any number of
 * events. Whoever takes events away raises the floor of the feed in the same transaction, so that a reader who misses one is told.
 */
export class EventPartitions {
  constructor(private readonly database: Database) {}

  /**
   * Makes the partitions of the days to come, each for so long that there are never many of them.
   *
   * @param keptMs how long events are kept
   * @param now database time
   * @returns whether all are there: one is left out while the default partition is full of events of its time
   * @throws NotNowError
   */
  async make(keptMs: number, now: Instant): Promise<boolean> {
    const lengthMs = lengthOf(keptMs);
    const made = (await this.list()).flatMap(({ until }) => until ?? []);
    const today = now - (now % DAY_MS);
    let areAllThere = true;
    for (let from = Math.max(today, ...made); from < now + AHEAD_MS; from += lengthMs)
      areAllThere = (await this.makeOne(from, from + lengthMs)) && areAllThere;
    return areAllThere;
  }

  /** Drops the oldest partition of which every event is too old. @throws NotNowError */
  async dropPast(olderThanMs: number, now: Instant): Promise<RemovedBatch> {
    const [past, ...more] = (await this.list()).filter(
      (partition) => partition.isOwned && isPast(partition, now - olderThanMs),
    );
    if (past === undefined) return { removed: 0, isLast: true };
    await this.drop(past);
    return { removed: 1, isLast: more.length === 0 };
  }

  /**
   * Removes what is too old from the partitions that have no beginning (the default one, and the one from before there were others), and
   * from those that this role may not drop.
   *
   * @throws NotNowError
   */
  async removeOld(olderThanMs: number, now: Instant): Promise<RemovedBatch> {
    const total: RemovedBatch = { removed: 0, isLast: true };
    const before = now - olderThanMs;
    const isNeverDropped = (partition: Partition) => !partition.isOwned && isPast(partition, before);
    for (const partition of (await this.list()).filter((one) => one.from === null || isNeverDropped(one))) {
      const { removed, isLast } = await this.removeOldOf(partition, before);
      total.removed += removed;
      total.isLast &&= isLast;
    }
    return total;
  }

  /** The oldest first, the default one last. */
  private async list(): Promise<Partition[]> {
    const rows = await this.database.query<{ name: string; bounds: string; owned: boolean }>(
      `SELECT format('%I.%I', n.nspname, c.relname) AS name, pg_get_expr(c.relpartbound, c.oid) AS bounds,
         pg_has_role(c.relowner, 'USAGE') AS owned
       FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_namespace n ON n.oid = c.relnamespace
       WHERE i.inhparent = 'rollcall.event'::regclass`,
    );
    return rows
      .map(({ name, bounds, owned }) => ({ name, ...boundsOf(bounds), isOwned: owned }))
      .sort((a, b) => (a.until ?? Infinity) - (b.until ?? Infinity));
  }

  /** @returns false when the default partition has too many events of this time to move them at once */
  private makeOne(from: Instant, until: Instant): Promise<boolean> {
    const name = `rollcall.event_${toPg(from).slice(0, 10).replaceAll('-', '')}`;
    const bounds = [toPg(from), toPg(until)];
    const ofItsTime = `FROM ONLY rollcall.event_default WHERE at >= '${bounds[0]}' AND at < '${bounds[1]}'`;
    return retentionTurn(this.database, BRIEFLY, async (client) => {
      const { rows } = await client.query(`SELECT 1 ${ofItsTime} LIMIT ${MOVED + 1}`);
      if (rows.length > MOVED) return false;
      // Whoever had looked up the partitions before there was this one would go on without it: a writer would fail, and a reader would
      // miss what was moved, since it waits at the default partition and only then takes its snapshot. So all wait before they look.
      await client.query('LOCK TABLE ONLY rollcall.event IN ACCESS EXCLUSIVE MODE');
      await client.query('LOCK TABLE ONLY rollcall.event_default IN ACCESS EXCLUSIVE MODE');
      await client.query(`CREATE TABLE ${name} (LIKE rollcall.event INCLUDING ALL)`);
      await client.query(
        `WITH moved AS (DELETE ${ofItsTime} RETURNING *) INSERT INTO ${name} SELECT * FROM moved`,
      );
      await client.query(
        `ALTER TABLE rollcall.event ATTACH PARTITION ${name} FOR VALUES FROM ('${bounds[0]}') TO ('${bounds[1]}')`,
      );
      return true;
    });
  }

  /** DETACH … CONCURRENTLY would wait for nobody, but is not to be had beside a default partition, nor in the floor's transaction. */
  private drop({ name }: Partition): Promise<void> {
    return retentionTurn(this.database, BRIEFLY, async (client) => {
      await client.query('LOCK TABLE ONLY rollcall.event IN ACCESS EXCLUSIVE MODE');
      await raiseFloor(client, `SELECT max(position) AS position FROM ONLY ${name}`);
      await client.query(`DROP TABLE ${name}`);
    });
  }

  private removeOldOf({ name }: Partition, before: Instant): Promise<RemovedBatch> {
    return retentionTurn(this.database, QUIETLY, async (client) => {
      // Positions are given in the order of time but for a few seconds: when none of the first is too old, none is worth a look.
      const { rows } = await client.query<{ position: number | null; removed: number }>(
        `WITH first AS MATERIALIZED (SELECT position, at FROM ONLY ${name} ORDER BY position LIMIT ${ROWS}),
           gone AS (DELETE FROM ONLY ${name} AS e USING first
             WHERE e.position = first.position AND e.at = first.at AND first.at < $1 RETURNING e.position)
         SELECT max(position) AS position, count(*) AS removed FROM gone`,
        [toPg(before)],
      );
      const { position, removed } = rows[0]!;
      if (removed > 0) await raiseFloor(client, 'SELECT $1::bigint AS position', [position]);
      return batchOf(removed, ROWS);
    });
  }
}

/** Every event of it is from before. */
function isPast({ until }: Partition, before: Instant): boolean {
  return until !== null && until <= before;
}

/** @param newest of what is removed; null when there is nothing */
async function raiseFloor(client: PoolClient, newest: string, values: unknown[] = []): Promise<void> {
  await client.query(
    `UPDATE rollcall.event_floor AS floor SET position = gone.position FROM (${newest}) AS gone
     WHERE gone.position > floor.position`,
    values,
  );
}

/** @param text `FOR VALUES FROM ('2026-01-15 00:00:00+00') TO ('2026-01-16 00:00:00+00')`, `… FROM (MINVALUE) TO …` or `DEFAULT` */
function boundsOf(text: string): Omit<Partition, 'name' | 'isOwned'> {
  const match = /^FOR VALUES FROM \((?:'([^']+)'|MINVALUE)\) TO \('([^']+)'\)$/.exec(text);
  if (match === null) return { from: null, until: null };
  const [, from, until] = match;
  return { from: from === undefined ? null : fromPg(from), until: fromPg(until!) };
}
