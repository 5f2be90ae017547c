import { PoolClient } from 'pg';

/** A table with rows of its own: an ordinary one, or a partition. */
export interface StoredTable {
  /** Quoted, with its schema. */
  name: string;
  /** Without its schema, for people: a partition goes by the name of the table that it is a part of. */
  shownAs: string;
  /** Quoted, in the table's order, without those that PostgreSQL computes. */
  columns: string[];
  /** Migrations give it its one row, whatever Rollcall has stored. */
  isSingle: boolean;
}

export interface Partition {
  /** Quoted, with its schema. */
  name: string;
  parent: string;
  /** `FOR VALUES …` or `DEFAULT`. */
  bounds: string;
}

export interface ForeignKey {
  table: string;
  name: string;
  definition: string;
}

export interface Sequence {
  /** Quoted, with its schema. */
  name: string;
  /** As text: it may be larger than a number of ours. */
  lastValue: string;
  isCalled: boolean;
}

/** What says which migrations ran: each database has its own. */
const OWN_TO_EACH = ['migration', 'migration_id_seq'];

/** Every table with rows, partitions too; none where Rollcall has no schema yet. */
export async function storedTables(client: PoolClient): Promise<StoredTable[]> {
  const { rows } = await client.query<StoredTable>(
    `SELECT format('rollcall.%I', c.relname) AS name,
       (SELECT relname FROM pg_class WHERE oid = coalesce(pg_partition_root(c.oid), c.oid))::text AS "shownAs",
       array_agg(quote_ident(a.attname) ORDER BY a.attnum) FILTER (WHERE a.attgenerated = '') AS columns,
       bool_or(a.attname = 'single') AS "isSingle"
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
     WHERE c.relnamespace = to_regnamespace('rollcall') AND c.relkind = 'r' AND NOT c.relname = ANY($1::text[])
     GROUP BY c.oid, c.relname ORDER BY "shownAs", c.relname`,
    [OWN_TO_EACH],
  );
  return rows;
}

/** What can be locked: {@link storedTables} and the tables that are parts only. */
export async function lockableTables(client: PoolClient): Promise<string[]> {
  return names(
    client,
    `SELECT format('rollcall.%I', relname) AS name FROM pg_class
     WHERE relnamespace = 'rollcall'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
     ORDER BY relname`,
  );
}

export async function partitions(client: PoolClient): Promise<Partition[]> {
  const { rows } = await client.query<Partition>(
    `SELECT format('rollcall.%I', c.relname) AS name, format('rollcall.%I', p.relname) AS parent,
       pg_get_expr(c.relpartbound, c.oid) AS bounds
     FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent
     WHERE p.relnamespace = 'rollcall'::regnamespace AND p.relkind = 'p'
     ORDER BY c.relname`,
  );
  return rows;
}

export async function foreignKeys(client: PoolClient): Promise<ForeignKey[]> {
  const { rows } = await client.query<ForeignKey>(
    `SELECT conrelid::regclass::text AS table, quote_ident(conname) AS name, pg_get_constraintdef(oid) AS definition
     FROM pg_constraint
     WHERE connamespace = 'rollcall'::regnamespace AND contype = 'f' AND conparentid = 0
     ORDER BY conname`,
  );
  return rows;
}

/** Tables with triggers of ours; foreign keys are no triggers here. */
export function triggeredTables(client: PoolClient): Promise<string[]> {
  return names(
    client,
    `SELECT DISTINCT format('rollcall.%I', c.relname) AS name FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
     WHERE c.relnamespace = 'rollcall'::regnamespace AND NOT t.tgisinternal AND t.tgparentid = 0`,
  );
}

/** Those of identity columns included. */
export async function sequences(client: PoolClient): Promise<Sequence[]> {
  const found = await names(
    client,
    `SELECT format('rollcall.%I', relname) AS name FROM pg_class
     WHERE relnamespace = 'rollcall'::regnamespace AND relkind = 'S' AND NOT relname = ANY($1::text[])
     ORDER BY relname`,
    [OWN_TO_EACH],
  );
  const read: Sequence[] = [];
  for (const name of found) {
    const { rows } = await client.query<Omit<Sequence, 'name'>>(
      `SELECT last_value::text AS "lastValue", is_called AS "isCalled" FROM ${name}`,
    );
    read.push({ name, ...rows[0]! });
  }
  return read;
}

export async function countRows(client: PoolClient, { name }: StoredTable): Promise<number> {
  const { rows } = await client.query<{ count: number }>(`SELECT count(*) AS count FROM ${name}`);
  return rows[0]!.count;
}

async function names(client: PoolClient, sql: string, values: unknown[] = []): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(sql, values);
  return rows.map(({ name }) => name);
}
