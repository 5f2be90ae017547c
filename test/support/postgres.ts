import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { Database, DatabaseOptions, openDatabase } from '../../src/storage/database.js';
import { quietLog } from './quiet-log.js';

/** Set by global-setup.ts, inherited by the test processes: a superuser's URL of the server of this run. */
export const SERVER_URL_VARIABLE = 'ROLLCALL_TEST_SERVER_URL';
/** Migrated, empty, and never connected to: that is what makes it a template. */
export const TEMPLATE = 'rollcall_template';

/** Some tests fill tables by one statement of a million rows. */
const LONGEST_MS = 900_000;

export interface TestDatabase {
  url: string;
  database: Database;
  /** Closes `database` and removes it with all that is in it, whoever else is still connected. */
  drop(): Promise<void>;
}

/** A migrated, empty database of a test file's own, cloned in a moment. */
export async function createTestDatabase({
  poolSize = 5,
  patience = { answerMs: LONGEST_MS },
}: Partial<Pick<DatabaseOptions, 'poolSize' | 'patience'>> = {}): Promise<TestDatabase> {
  const { url, drop } = await createBareDatabase(TEMPLATE);
  const database = await openDatabase({ url, dataDir: '', poolSize, patience, log: quietLog() });
  return {
    url,
    database,
    async drop() {
      await database.close();
      await drop();
    },
  };
}

/** A database without any of our tables, for tests of the migration itself. */
export async function createBareDatabase(
  template = 'template0',
): Promise<{ url: string; drop(): Promise<void> }> {
  const name = `test_${randomBytes(8).toString('hex')}`;
  await onServer(`CREATE DATABASE ${name} TEMPLATE ${template}`);
  return {
    url: urlOf(serverUrl(), name),
    drop: () => onServer(`DROP DATABASE ${name} WITH (FORCE)`),
  };
}

export function serverUrl(): string {
  const url = process.env[SERVER_URL_VARIABLE];
  if (url === undefined) throw new Error('no PostgreSQL: run this file with --selectProjects e2e');
  return url;
}

/** The same server and user, another database. */
export function urlOf(url: string, database: string): string {
  const other = new URL(url);
  other.pathname = `/${database}`;
  return other.href;
}

async function onServer(sql: string): Promise<void> {
  const client = new Client({ connectionString: serverUrl() });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
