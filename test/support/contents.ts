import { Database } from '../../src/storage/database.js';

/** Every row of every table, what stands behind them, and the numbers that come next. */
export async function contentsOf(database: Database): Promise<Record<string, unknown>> {
  const tables = await database.query<{ name: string }>(
    `SELECT relname AS name FROM pg_class WHERE relnamespace = 'rollcall'::regnamespace AND relkind = 'r'
       AND relname <> 'migration' ORDER BY relname`,
  );
  const rows: Record<string, unknown> = {};
  for (const { name } of tables)
    rows[name] = await database.query(
      `SELECT count(*), md5(string_agg(md5(t::text), '' ORDER BY md5(t::text))) FROM rollcall."${name}" t`,
    );
  const sequences: Record<string, unknown> = {};
  for (const { name } of await database.query<{ name: string }>(
    "SELECT relname AS name FROM pg_class WHERE relnamespace = 'rollcall'::regnamespace AND relkind = 'S' AND relname <> 'migration_id_seq'",
  ))
    sequences[name] = await database.query(`SELECT last_value, is_called FROM rollcall."${name}"`);
  return {
    rows,
    sequences,
    migrations: await database.query('SELECT name FROM rollcall.migration ORDER BY name'),
    indexes: await database.query(
      "SELECT indexdef FROM pg_indexes WHERE schemaname = 'rollcall' ORDER BY indexdef",
    ),
    constraints: await database.query(
      `SELECT conrelid::regclass::text AS table, conname, convalidated, pg_get_constraintdef(oid) FROM pg_constraint
       WHERE connamespace = 'rollcall'::regnamespace ORDER BY 1, 2`,
    ),
    triggers: await database.query(
      `SELECT tgrelid::regclass::text AS table, tgname, tgenabled FROM pg_trigger
       WHERE tgname !~ '^RI_' AND NOT tgisinternal ORDER BY 1, 2`,
    ),
    partitions: await database.query(
      `SELECT inhrelid::regclass::text AS name, pg_get_expr(relpartbound, inhrelid) AS bounds
       FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid WHERE inhparent = 'rollcall.event'::regclass ORDER BY 1`,
    ),
  };
}
