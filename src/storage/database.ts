import { Pool, PoolClient, QueryResult, QueryResultRow } from 'pg';
import { DataSource } from 'typeorm';
import { PostgresDriver } from 'typeorm/driver/postgres/PostgresDriver.js';
import { Instant } from '../domain/job.js';
import { inPart } from '../tracing/tracer.js';
import { createDataSource, Patience } from './data-source.js';
import { EmbeddedPostgres } from './embedded-postgres/index.js';
import { StorageLog } from './log.js';
import { fromPg } from './pg-time.js';
import { findRoute } from './pooler.js';
import { Reader } from './reader.js';
import { Replicas } from './replicas.js';
import { begin, isUseless, SessionConfig } from './session.js';
import { Statement } from './statement.js';

export interface DatabaseOptions {
  /** A PostgreSQL URL; null for the embedded server of `dataDir`. */
  url: string | null;
  /** The server itself, where `url` is a pooler before it. Left out or null: `url` serves for everything. */
  directUrl?: string | null;
  dataDir: string;
  poolSize: number;
  log: StorageLog;
  /** See data-source.ts; left out: as it says there. */
  patience?: Partial<Patience>;
}

const POSTGRES = { 'db.system.name': 'postgresql' };

/** PostgreSQL 14: the first with what the migrations use. */
const LEAST_VERSION = 140_000;

/** This database cannot hold Rollcall's data: too old, or not in UTF-8. */
export class UnsuitableDatabaseError extends Error {
  override readonly name = 'UnsuitableDatabaseError';
}

/**
 * The one way to PostgreSQL. On its connections time is UTC, `timestamptz` arrives as PostgreSQL's text (see pg-time.ts) and
 * `bigint` as a number.
 */
export class Database implements Reader {
  /** Of the driver. A client taken from it must be released; `transaction` does that by itself. */
  readonly pool: Pool;

  private closing: Promise<void> | null = null;
  private replicated: Replicas | null = null;

  constructor(
    /** Connected. For migrations and small tables. */
    readonly dataSource: DataSource,
    /** The embedded server, when it is the one in use. */
    readonly embedded: EmbeddedPostgres | null = null,
    /** Opens the server itself, for what is bound to a session; absent where no pooler is configured before it. */
    private readonly direct?: () => Promise<Database>,
  ) {
    this.pool = (dataSource.driver as PostgresDriver).master as Pool;
  }

  /** How its connections are made, for one besides the pool. */
  get session(): SessionConfig {
    return this.pool.options as unknown as SessionConfig;
  }

  /** For reads that may be answered by a replica: as this database would answer them, wherever the work is done. */
  get reader(): Reader {
    return this.replicated ?? this;
  }

  /** Null where there are none. */
  get replicas(): Replicas | null {
    return this.replicated;
  }

  /** From here on `reader` asks replicas too. Once, after the database is migrated, and before anybody takes the reader. */
  readFrom(urls: readonly string[], log: StorageLog): Replicas {
    this.replicated = new Replicas(this, this.session, urls, log);
    return this.replicated;
  }

  /** The server itself, for whoever then closes it; null where the configuration names none besides this. */
  openDirect(): Promise<Database | null> {
    return this.direct?.() ?? Promise.resolve(null);
  }

  /** @returns the rows. A named statement is prepared once on each connection. */
  async query<T>(sql: string | Statement, values: readonly unknown[] = []): Promise<T[]> {
    const statement = typeof sql === 'string' ? { text: sql } : sql;
    const ask = (): Promise<QueryResult<QueryResultRow>> =>
      this.pool.query<QueryResultRow>({ ...statement, values: [...values] });
    return (await inPart(() => summaryOf(statement), 'client', POSTGRES, ask)).rows as T[];
  }

  /**
   * Commits what `work` did, or nothing of it: when it throws, everything is undone and its error is thrown on.
   *
   * @throws when the commit fails, also because `work` swallowed the error of a statement
   */
  transaction<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    return inPart(
      () => 'transaction',
      'client',
      POSTGRES,
      () => this.transact(work),
    );
  }

  private async transact<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.pool.connect();
    let broken: Error | undefined;
    try {
      await client.query(begin(client));
      const result = await work(client);
      const { command } = await client.query('COMMIT');
      // PostgreSQL answers the COMMIT of a failed transaction with ROLLBACK, and no error.
      if (command !== 'COMMIT')
        throw new Error('the transaction was rolled back: one of its statements had failed');
      return result;
    } catch (error) {
      // A connection that cannot roll back is not given to the next user.
      if (isUseless(error)) broken = error as Error;
      else await client.query('ROLLBACK').catch((failure: Error) => (broken = failure));
      throw error;
    } finally {
      client.release(broken);
    }
  }

  /** The database's clock: the one clock that all processes share. */
  async now(): Promise<Instant> {
    const [row] = await this.query<{ now: string }>({ name: 'now', text: 'SELECT clock_timestamp() AS now' });
    if (row === undefined) throw new Error('the database did not tell the time');
    return fromPg(row.now);
  }

  /**
   * Waits for the clients in use, closes the pool, and then leaves the embedded server, which stops with the last process
   * that uses it. Safe to call again.
   */
  close(): Promise<void> {
    this.closing ??= this.closeOnce();
    return this.closing;
  }

  private async closeOnce(): Promise<void> {
    try {
      await this.replicated?.close();
      await this.dataSource.destroy();
    } finally {
      await this.embedded?.leave();
    }
  }
}

/** What a trace calls a statement: its kind and the first of our tables, such as `SELECT rollcall.job`. */
function summaryOf({ text }: Statement): string {
  const [kind = ''] = /\w+/.exec(text) ?? [];
  const [table] = /\brollcall\.\w+/.exec(text) ?? [];
  return table === undefined ? kind : `${kind} ${table}`;
}

/**
 * Connects to the database of the URL, or to the embedded one, which it starts if need be. Does not migrate.
 *
 * @throws EmbeddedPostgresError, UnsuitableDatabaseError, or the driver's error when the server cannot be reached
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { url, directUrl = null, dataDir, poolSize, log, patience } = options;
  const embedded = url === null ? await EmbeddedPostgres.join({ dataDir, log }) : null;
  const openDirect =
    directUrl === null
      ? undefined
      : () => openDatabase({ ...options, url: directUrl, directUrl: null, poolSize: 1 });
  try {
    const dataSource = createDataSource({
      ...{ url: url ?? embedded?.url ?? '', poolSize, log },
      ...(patience && { patience }),
    });
    const database = new Database(await dataSource.initialize(), embedded, openDirect);
    try {
      await checkSuitable(database);
      await findRoute(database.pool);
    } catch (error) {
      await dataSource.destroy();
      throw error;
    }
    return database;
  } catch (error) {
    await embedded?.leave();
    throw error;
  }
}

async function checkSuitable(database: Database): Promise<void> {
  const [row] = await database.query<{ version: number; name: string; encoding: string }>(
    `SELECT current_setting('server_version_num')::int AS version, current_setting('server_version') AS name,
            current_setting('server_encoding') AS encoding`,
  );
  if (row === undefined) throw new UnsuitableDatabaseError('the database does not tell its version');
  if (row.version < LEAST_VERSION) {
    throw new UnsuitableDatabaseError(`Rollcall needs PostgreSQL 14 or later; this is ${row.name}.`);
  }
  if (row.encoding !== 'UTF8') {
    throw new UnsuitableDatabaseError(
      `Rollcall needs a database with encoding UTF8; this one has ${row.encoding}. ` +
        "CREATE DATABASE rollcall ENCODING 'UTF8' TEMPLATE template0 makes one.",
    );
  }
}
