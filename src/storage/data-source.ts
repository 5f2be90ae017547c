import { types, PoolClient } from 'pg';
import { DataSource } from 'typeorm';
import { MIGRATIONS } from '../../migrations/index.js';
import { StorageLog } from './log.js';

export const SCHEMA = 'rollcall';

export interface DataSourceOptions {
  url: string;
  /** Most connections that this process opens, those of listeners included. */
  poolSize: number;
  log: StorageLog;
}

/**
 * TypeORM on PostgreSQL, not yet connected. Entities are for migrations and small tables; `synchronize` is never on. TLS and
 * everything else that the URL says is the driver's to honour.
 */
export function createDataSource({ url, poolSize, log }: DataSourceOptions): DataSource {
  return new DataSource({
    type: 'postgres',
    schema: SCHEMA,
    synchronize: false,
    migrations: [...MIGRATIONS],
    migrationsTableName: 'migration',
    migrationsTransactionMode: 'each',
    installExtensions: false,
    // Silent unless DEBUG=typeorm:*: what fails is thrown, and logged once by whoever catches it.
    logger: 'debug',
    poolSize,
    poolErrorHandler: (error: unknown) => log.warn({ err: error }, 'a database connection broke while idle'),
    extra: {
      // Not TypeORM's `url`: it has a parser of its own, which knows less than the driver's.
      connectionString: url,
      application_name: 'rollcall',
      keepAlive: true,
      types: { getTypeParser },
      onConnect: prepare,
    },
  });
}

/** What every session of ours relies on, whatever the server, the role or a pooler before it has as defaults. */
async function prepare(client: PoolClient): Promise<void> {
  // A connection that breaks rejects its query in flight or the next one; without a listener Node would end the process.
  client.on('error', () => undefined);
  // A process that is stopped in the middle of a transaction must not keep its locks: the feed's would hold every other writer up.
  // No bitmap scans: where the planner expects fewer jobs than a page has, it reads all that match and sorts them, and it expects
  // far too few where the time of a job goes with its source (measured: 200 blocks where the page in order takes 54).
  await client.query(
    `SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET IntervalStyle = 'postgres'; SET idle_in_transaction_session_timeout = '15s';
     SET enable_bitmapscan = off`,
  );
}

const PARSERS = new Map<number, (text: string) => unknown>([
  // Instants stay PostgreSQL's text: a Date costs more than the query (performance.md), see pg-time.ts.
  [types.builtins.TIMESTAMPTZ, (text) => text],
  [types.builtins.INT8, safeInteger],
]);

/** Only for our pool: `pg.types.setTypeParser` would change every user of the driver in this process. */
function getTypeParser(oid: number, format?: 'text' | 'binary'): (value: string) => unknown {
  const parser = format === 'binary' ? undefined : PARSERS.get(oid);
  return parser ?? (types.getTypeParser(oid, format) as (value: string) => unknown);
}

function safeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`a bigint beyond 2^53: ${text}`);
  return value;
}
