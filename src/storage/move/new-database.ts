import { PoolClient } from 'pg';
import { countText } from '../../domain/count-text.js';
import {
  countRows,
  ForeignKey,
  foreignKeys,
  Partition,
  partitions,
  Sequence,
  StoredTable,
  storedTables,
  triggeredTables,
} from './catalog.js';
import { MoveRefusedError } from './refused.js';

/** @throws MoveRefusedError when there is more in it than migrations bring */
export async function refuseFilled(client: PoolClient): Promise<void> {
  const filled: string[] = [];
  for (const table of (await storedTables(client)).filter(({ isSingle }) => !isSingle)) {
    const { rowCount } = await client.query(`SELECT FROM ${table.name} LIMIT 1`);
    if (rowCount !== 0) filled.push(`${table.shownAs} (${countText(await countRows(client, table))})`);
  }
  if (filled.length > 0)
    throw new MoveRefusedError(
      `the new database is not empty: Rollcall has rows in ${filled.join(', ')}. Name an empty database, or remove what is there: DROP SCHEMA rollcall CASCADE`,
    );
}

/** What was taken away for the time of the copying. */
export interface Prepared {
  foreignKeys: ForeignKey[];
  triggered: string[];
}

/**
 * Makes room for rows as they are: in the partitions that they have, with no trigger that would count them a second time, and no check of
 * each row for what one look at all of them shows at the end.
 */
export async function prepare(client: PoolClient, parts: readonly Partition[]): Promise<Prepared> {
  const prepared = { foreignKeys: await foreignKeys(client), triggered: await triggeredTables(client) };
  for (const { table, name } of prepared.foreignKeys)
    await client.query(`ALTER TABLE ${table} DROP CONSTRAINT ${name}`);
  for (const table of prepared.triggered) await client.query(`ALTER TABLE ${table} DISABLE TRIGGER USER`);
  for (const { name } of await partitions(client)) await client.query(`DROP TABLE ${name}`);
  for (const { name, parent, bounds } of parts)
    await client.query(`CREATE TABLE ${name} PARTITION OF ${parent} ${bounds}`);
  for (const { name } of (await storedTables(client)).filter(({ isSingle }) => isSingle))
    await client.query(`DELETE FROM ${name}`);
  return prepared;
}

/** @throws when a row refers to one that is not there */
export async function finish(
  client: PoolClient,
  prepared: Prepared,
  counters: readonly Sequence[],
): Promise<void> {
  for (const table of prepared.triggered) await client.query(`ALTER TABLE ${table} ENABLE TRIGGER USER`);
  for (const { table, name, definition } of prepared.foreignKeys)
    await client.query(`ALTER TABLE ${table} ADD CONSTRAINT ${name} ${definition}`);
  // Not undone with the transaction, and without meaning in a database that is empty then.
  for (const { name, lastValue, isCalled } of counters)
    await client.query('SELECT setval($1::regclass, $2::bigint, $3)', [name, lastValue, isCalled]);
}

/**
 * Tables of the old database that the new one does not have, or has otherwise: somebody made them.
 * @throws MoveRefusedError
 */
export async function refuseOtherTables(client: PoolClient, old: readonly StoredTable[]): Promise<void> {
  const columnsOf = ({ columns }: StoredTable) => [...columns].sort().join();
  const there = new Map((await storedTables(client)).map((table) => [table.name, columnsOf(table)]));
  const foreign = old.filter((table) => there.get(table.name) !== columnsOf(table));
  if (foreign.length > 0)
    throw new MoveRefusedError(
      `the old database has tables or columns in the schema rollcall that Rollcall did not make: ${foreign
        .map(({ name }) => name)
        .join(', ')}. Move them to a schema of their own first`,
    );
}
