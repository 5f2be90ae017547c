import { setTimeout as delay } from 'node:timers/promises';
import { PoolClient } from 'pg';
import { MigrationExecutor, QueryRunner } from 'typeorm';
import { ADVISORY_LOCK, LOCK_SPACE } from './advisory-locks.js';
import { SCHEMA } from './data-source.js';
import { Database } from './database.js';
import { StorageLog } from './log.js';
import { Session } from './session.js';

const LOCK = `${LOCK_SPACE}, ${ADVISORY_LOCK.migrate}`;
const ASK_AGAIN_MS = 100;

/** The database was migrated by a newer release of Rollcall: this one would misread what it finds. */
export class SchemaTooNewError extends Error {
  constructor(readonly unknown: readonly string[]) {
    super(
      `The database was migrated by a newer release of Rollcall (${unknown.join(', ')}). ` +
        'Start that release or a later one, or use another database.',
    );
    this.name = 'SchemaTooNewError';
  }
}

/** Migrating takes a lock of a session, and a pooler gives every transaction another one. */
export class PooledMigrationError extends Error {
  constructor(readonly pending: readonly string[]) {
    super(
      `The database lacks ${pending.length === 1 ? 'a migration' : `${pending.length} migrations`}, and a pooler stands before it, which ` +
        'nothing can be migrated through. Name the server itself in `database.directUrl`.',
    );
    this.name = 'PooledMigrationError';
  }
}

/** Names of migrations: `pending` are known here and not in the database, `unknown` the other way round. */
export interface SchemaStatus {
  pending: string[];
  unknown: string[];
}

/**
 * Brings the schema up to date, each migration in its own transaction. Safe for any number of processes at once: one
 * migrates, the others wait for it and find nothing left to do. The lock is asked for again and again, because waiting inside
 * PostgreSQL would be a transaction that a concurrent index build has to wait for, and that waits for it.
 *
 * It is done on the server itself where `directUrl` names that; otherwise a pooler may only stand before a database that lacks nothing.
 *
 * @returns the names of the migrations that this call ran
 * @throws SchemaTooNewError before anything is changed, PooledMigrationError
 */
export async function migrate(database: Database, log?: StorageLog): Promise<string[]> {
  const { pending, unknown } = await schemaStatus(database);
  if (unknown.length > 0) throw new SchemaTooNewError(unknown);
  if (pending.length === 0) return [];
  const direct = await database.openDirect();
  try {
    return await migrateOn(direct ?? database, log);
  } finally {
    await direct?.close();
  }
}

async function migrateOn(database: Database, log?: StorageLog): Promise<string[]> {
  // One connection takes the lock and does the work: if it breaks, both end.
  const runner = database.dataSource.createQueryRunner();
  const session = (await runner.connect()) as Session;
  const { patienceMs } = session;
  try {
    if (session.isPooled) throw new PooledMigrationError((await statusOn(database, runner)).pending);
    // an index of a large table takes as long as it takes
    session.patienceMs = null;
    await takeLock(runner, log);
    try {
      return await runPending(database, runner);
    } finally {
      await giveLockBack(runner);
    }
  } finally {
    session.patienceMs = patienceMs;
    await runner.release();
  }
}

/** Without changing anything; a database that was never migrated has everything pending. */
export async function schemaStatus(database: Database): Promise<SchemaStatus> {
  const runner = database.dataSource.createQueryRunner();
  try {
    return await statusOn(database, runner);
  } finally {
    await runner.release();
  }
}

/**
 * For a process that leaves migrating to others: what a newer release has made of the database it would misread too.
 * @throws SchemaTooNewError
 */
export async function refuseNewerSchema(database: Database): Promise<void> {
  const { unknown } = await schemaStatus(database);
  if (unknown.length > 0) throw new SchemaTooNewError(unknown);
}

async function takeLock(runner: QueryRunner, log?: StorageLog): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    const [row] = (await runner.query(`SELECT pg_try_advisory_lock(${LOCK}) AS taken`)) as {
      taken: boolean;
    }[];
    if (row?.taken === true) return;
    if (tries === 10) log?.info({}, 'waiting for another process that migrates the database');
    await delay(ASK_AGAIN_MS);
  }
}

async function giveLockBack(runner: QueryRunner): Promise<void> {
  try {
    await runner.query(`SELECT pg_advisory_unlock(${LOCK})`);
  } catch {
    // What broke the connection was or will be thrown by the work itself. The lock ends with the connection, so that one must
    // not go back to the pool.
    await ((await runner.connect()) as PoolClient).end();
  }
}

async function runPending(database: Database, runner: QueryRunner): Promise<string[]> {
  const { pending, unknown } = await statusOn(database, runner);
  if (unknown.length > 0) throw new SchemaTooNewError(unknown);
  if (pending.length === 0) return [];
  // TypeORM makes its table before the first migration makes the schema. Asked first: a role may own the schema and still
  // not be allowed to create one.
  if (!(await runner.hasSchema(SCHEMA))) await runner.query(`CREATE SCHEMA ${SCHEMA}`);
  const executor = new MigrationExecutor(database.dataSource, runner);
  executor.transaction = 'each';
  return (await executor.executePendingMigrations()).map(({ name }) => name);
}

async function statusOn(database: Database, runner: QueryRunner): Promise<SchemaStatus> {
  const executed = (await new MigrationExecutor(database.dataSource, runner).getExecutedMigrations()).map(
    ({ name }) => name,
  );
  const known = database.dataSource.migrations.map(({ name, constructor }) => name ?? constructor.name);
  return {
    pending: known.filter((name) => !executed.includes(name)),
    unknown: executed.filter((name) => !known.includes(name)),
  };
}
