import { escapeIdentifier, PoolClient } from 'pg';
import { Database } from '../database.js';
import { StorageLog } from '../log.js';
import { migrate, refuseNewerSchema, schemaStatus, SchemaTooNewError } from '../migrate.js';
import { partitions, sequences, storedTables } from './catalog.js';
import { copyTable, Sides } from './copy-table.js';
import { finish, prepare, refuseFilled, refuseOtherTables } from './new-database.js';
import { refuseLeased, refuseUnused, refuseUsed } from './old-database.js';
import { MoveRefusedError } from './refused.js';
import { beginAlone, refuseSame } from './session.js';

/** A new server whose clock is further behind is set right first; up to here the move waits for it. */
const MOST_BEHIND_MS = 60_000;

export interface MoveOptions {
  /** Bring the schema of the old database up to date first; else it is refused when it is not. */
  migrateOld: boolean;
  /** Ends it; nothing is moved then. */
  signal: AbortSignal;
  log: StorageLog;
  /** Called before a table, partitions of one as one table. */
  onTable?: (table: string) => void;
}

export interface MovedTable {
  /** Without its schema. */
  table: string;
  rows: number;
}

/**
 * Copies all that Rollcall has in one database into an empty one: the rows of one moment, the keys of cursors and the numbers that come
 * next, so that ids, cursors and counters go on as if nothing had happened. The old database stays as it is.
 *
 * The new one has everything or, when this throws or is killed, an empty schema, and can be moved into again.
 *
 * @param from whose pool has a single connection, and so has that of `to`: who else is there is told by their sessions
 * @returns the tables, with how many rows each has
 * @throws MoveRefusedError, SchemaTooNewError (of the old one), MovedOtherwiseError, or the driver's error
 */
export async function moveDatabase(
  from: Database,
  to: Database,
  options: MoveOptions,
): Promise<MovedTable[]> {
  await holding(from, (client) => refuseUnused(client));
  await holding(from, (old) => holding(to, (client) => refuseSame(old, client)));
  await refuseNewerSchema(from);
  await holding(from, (client) => refuseUsed(client, from.embedded !== null));
  await bringUpToDate(from, options.migrateOld);
  await refuseClockBehind(from, to);
  const moved = await inSessionOfItsOwn(from, async (old) => {
    await beginAlone(old, 'old', 'SHARE');
    await refuseLeased(old);
    await refuseNewerSchema(to).catch(saidOfNew);
    await holding(to, (client) => refuseFilled(client));
    await migrate(to);
    return inSessionOfItsOwn(to, (client) => copyAll({ old, new: client }, options));
  });
  await tidy(to, moved, options.log);
  return moved;
}

async function copyAll(sides: Sides, { signal, onTable }: MoveOptions): Promise<MovedTable[]> {
  await beginAlone(sides.new, 'new', 'ACCESS EXCLUSIVE');
  await refuseFilled(sides.new);
  const { rows } = await sides.old.query<{ moment: string }>('SELECT clock_timestamp() AS moment');
  const tables = await storedTables(sides.old);
  const prepared = await prepare(sides.new, await partitions(sides.old));
  await refuseOtherTables(sides.new, tables);
  const counts = new Map<string, number>();
  for (const table of tables) {
    if (!counts.has(table.shownAs)) onTable?.(table.shownAs);
    const copied = await copyTable(sides, table, signal);
    counts.set(table.shownAs, (counts.get(table.shownAs) ?? 0) + copied);
  }
  await finish(sides.new, prepared, await sequences(sides.old));
  await waitUntil(sides.new, rows[0]!.moment);
  signal.throwIfAborted();
  await sides.new.query('COMMIT');
  return [...counts].map(([table, rows]) => ({ table, rows }));
}

function saidOfNew(error: unknown): never {
  if (error instanceof SchemaTooNewError)
    throw new MoveRefusedError(`the new database: ${error.message}`, { cause: error });
  throw error;
}

async function bringUpToDate(database: Database, mayMigrate: boolean): Promise<void> {
  if (mayMigrate) await migrate(database);
  else if ((await schemaStatus(database)).pending.length > 0)
    throw new MoveRefusedError(
      'the schema of the old database is not up to date, and database.migrate is off: rollcall migrate, then run the move again',
    );
}

/** `changedAt` never goes back, and readers take changes since a time that they were told: both by the clock of the database. */
async function refuseClockBehind(from: Database, to: Database): Promise<void> {
  const [old, now] = [await from.now(), await to.now()];
  if (old - now > MOST_BEHIND_MS)
    throw new MoveRefusedError(
      `the clock of the new database's server is ${Math.round((old - now) / 1000)} s behind that of the old one: set it first`,
    );
}

/** By the new server's clock; a move that takes longer than its clock is behind waits for nothing. */
async function waitUntil(client: PoolClient, moment: string): Promise<void> {
  await client.query(
    'SELECT pg_sleep(greatest(0, extract(epoch FROM $1::timestamptz - clock_timestamp()))::float8)',
    [moment],
  );
}

/** What was copied is read at once as if it had long been there. That does not wait for autovacuum, and can be left to it. */
async function tidy(database: Database, tables: readonly MovedTable[], log: StorageLog): Promise<void> {
  try {
    for (const { table } of tables)
      await database.query(`VACUUM (ANALYZE) rollcall.${escapeIdentifier(table)}`);
  } catch (error) {
    log.warn(
      { err: error },
      'everything is moved, and the planner knows little of it until autovacuum has run',
    );
  }
}

async function holding<T>(database: Database, work: (client: PoolClient) => Promise<T>): Promise<T> {
  const client = await database.pool.connect();
  let isDone = false;
  try {
    const result = await work(client);
    isDone = true;
    return result;
  } finally {
    // A connection that may be in the middle of something is not used again.
    client.release(!isDone);
  }
}

/** The connection is closed afterwards, and what it has open and not committed is undone. */
async function inSessionOfItsOwn<T>(
  database: Database,
  work: (client: PoolClient) => Promise<T>,
): Promise<T> {
  const client = await database.pool.connect();
  try {
    return await work(client);
  } finally {
    client.release(true);
  }
}
