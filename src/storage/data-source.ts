import { ClientConfig, types } from 'pg';
import { DataSource } from 'typeorm';
import { MIGRATIONS } from '../../migrations/index.js';
import { StorageLog } from './log.js';
import { Session, SessionConfig } from './session.js';

export const SCHEMA = 'rollcall';

export interface DataSourceOptions {
  url: string;
  /** Most connections that this process opens, those of listeners included. */
  poolSize: number;
  log: StorageLog;
  /** Which server will do; default: the primary. */
  server?: SessionConfig['server'];
  /** How long reaching the server, and a statement, may take before they count as failed; milliseconds. */
  patience?: Partial<Patience>;
}

/** A server that is gone without a word answers nothing, for ever: so nobody waits for longer than this, milliseconds. */
export interface Patience {
  /** To connect, or to get one of the connections of the pool. */
  connectMs: number;
  /** For the answer to a statement. Well above what any of them takes; migrations and a move have no end. */
  answerMs: number;
}

const PATIENCE: Patience = { connectMs: 20_000, answerMs: 120_000 };

/** After so long without a word the system asks whether the other end is still there, milliseconds. */
const KEEP_ALIVE_MS = 10_000;

/**
 * TypeORM on PostgreSQL, not yet connected. Entities are for migrations and small tables; `synchronize` is never on. TLS and
 * everything else that the URL says is the driver's to honour.
 */
export function createDataSource({
  url,
  poolSize,
  log,
  server = 'primary',
  patience,
}: DataSourceOptions): DataSource {
  const { connectMs, answerMs } = { ...PATIENCE, ...patience };
  const session: Omit<SessionConfig, keyof ClientConfig> = {
    server,
    route: { keepsStatements: false },
    patienceMs: answerMs,
  };
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
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
      connectionTimeoutMillis: connectMs,
      types: { getTypeParser },
      Client: Session,
      onConnect: (client: Session) => client.prepare(),
      ...session,
    },
  });
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
