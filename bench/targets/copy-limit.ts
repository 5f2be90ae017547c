import { rm } from 'node:fs/promises';
import { TestDatabase } from '../../test/support/postgres.js';

/** Tables with fewer rows than this share of the jobs are no part of the limit: counters, settings, polls. */
const LEAST_SHARE = 0.1;

/** What a filled database holds, kept by the server as files that COPY reads. */
export interface Dump {
  tables: { name: string; columns: string; file: string; rows: number }[];
  remove(): Promise<void>;
}

/** The rows of every table that holds one for many of the jobs, and of the sources that they refer to, in the order in which they were written. */
export async function dumpJobs({ database }: TestDatabase, jobs: number): Promise<Dump> {
  const [folder] = await database.query<{ folder: string }>(
    `SELECT current_setting('data_directory') || '/' || current_database() AS folder`,
  );
  const tables: Dump['tables'] = [];
  for (const { name, columns } of await tablesOf(database)) {
    const file = `${folder!.folder}-${name}.copy`;
    const [{ rows } = { rows: 0 }] = await database.query<{ rows: number }>(
      `SELECT count(*)::float8 AS rows FROM rollcall.${name}`,
    );
    if (name !== 'source' && rows < jobs * LEAST_SHARE) continue;
    await database.query(
      `COPY (SELECT ${columns} FROM rollcall.${name} ORDER BY tableoid, ctid) TO '${file}'`,
    );
    tables.push({ name, columns, file, rows });
  }
  return {
    tables,
    remove: async () => {
      await Promise.all(tables.map(({ file }) => rm(file)));
    },
  };
}

/** The limit of a first sync: the same rows into the same tables, with their keys and indexes, one COPY a table. @returns seconds */
export async function copyJobs({ database }: TestDatabase, { tables }: Dump): Promise<number> {
  const copy = ({ name, columns, file }: Dump['tables'][number]) =>
    database.query(`COPY rollcall.${name} (${columns}) FROM '${file}'`);
  for (const table of tables.filter(({ name }) => name === 'source')) await copy(table);
  await database.query('CHECKPOINT');
  const began = performance.now();
  for (const table of tables.filter(({ name }) => name !== 'source')) await copy(table);
  return (performance.now() - began) / 1_000;
}

/** Whoever is referred to comes before those that refer to it; what the database computes is left out. */
async function tablesOf(database: TestDatabase['database']): Promise<{ name: string; columns: string }[]> {
  return database.query(
    `SELECT c.relname AS name, string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) AS columns
     FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
     WHERE c.relnamespace = 'rollcall'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
     GROUP BY c.oid ORDER BY c.relname <> 'source', c.relname <> 'job', c.relname`,
  );
}
