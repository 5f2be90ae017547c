import { Command } from 'commander';
import type { Logger } from 'pino';
import { databaseUrl } from '../config/config.schema.js';
import { Config } from '../config/config.js';
import { readEnvironment } from '../config/environment.js';
import type { Database } from '../storage/database.js';
import { errorText } from '../storage/embedded-postgres/errors.js';
import type { MovedTable } from '../storage/move/move.js';
import { Cli } from './cli.js';
import { CommandError, EXIT } from './exit-codes.js';
import { createProgress } from './progress.js';
import { formatTable } from './table.js';
import { countOf, countText } from './text.js';
import { commandLog } from './with-database.js';

/** Who else uses a database is told by its sessions, so this process has one in each. */
const POOL_SIZE = 1;

interface MoveCommandOptions {
  to: string;
  json?: boolean;
}

/** Where a database is, without anything secret of its URL. */
interface Address {
  host: string;
  port: number;
  database: string;
  user: string;
}

export function moveCommand(cli: Cli): Command {
  return new Command('move')
    .summary('copy the database to another PostgreSQL, with the same ids and cursors')
    .description(
      'Copies all that Rollcall has in the configured database, the embedded one or another, into an empty database. Every service has to be ' +
        'stopped. The old database stays as it is.',
    )
    .requiredOption('--to <url>', 'the empty database, such as postgres://user@host:5432/name')
    .option('--json', 'tables, rows and the new address, as JSON')
    .action((options: MoveCommandOptions, command: Command) => move(cli, command, options));
}

async function move(cli: Cli, command: Command, { to: url, json }: MoveCommandOptions): Promise<void> {
  // Commander's own message would repeat the value, which may hold a password.
  if (!databaseUrl.safeParse(url).success)
    throw new CommandError('--to: expected an address such as postgres://user@host:5432/name', EXIT.usage);
  const config = await cli.loadConfig(command);
  const environment = readEnvironment(cli.env, cli.cwd);
  const log = await commandLog(cli, environment);
  const { openDatabase } = await import('../storage/database.js');
  const options = { dataDir: environment.dataDir, poolSize: POOL_SIZE, log };
  const from = await openDatabase({ ...options, url: config.database.directUrl ?? config.database.url });
  try {
    const to = await openDatabase({ ...options, url }).catch(inNew);
    try {
      const began = performance.now();
      const tables = await moveAll(cli, config, { from, to, log });
      const moved = { tables, to: await addressOf(to), durationMs: Math.round(performance.now() - began) };
      if (json === true) cli.printJson(moved);
      else tell(cli, config, moved);
    } finally {
      await to.close();
    }
  } finally {
    await from.close();
  }
}

interface Opened {
  from: Database;
  to: Database;
  log: Logger;
}

async function moveAll(cli: Cli, config: Config, { from, to, log }: Opened): Promise<MovedTable[]> {
  const { moveDatabase } = await import('../storage/move/move.js');
  const signal = cli.interruption();
  const progress = createProgress(cli);
  const migrateOld = config.database.migrate === 'auto';
  const onTable = (table: string) => progress.step(`copying ${table}`);
  try {
    const tables = await moveDatabase(from, to, { migrateOld, onTable, signal, log });
    progress.done('copied and compared');
    return tables;
  } catch (error) {
    progress.failed('nothing is moved');
    if (!signal.aborted) throw error;
    throw new CommandError('ended before it was done; run it again', undefined, { cause: error });
  }
}

function inNew(error: unknown): never {
  // Where a name has several addresses, what became of each stands in its errors.
  const [first] = (error as Partial<AggregateError>).errors ?? [error];
  throw new CommandError(`the new database: ${errorText(first)}`, undefined, { cause: error });
}

async function addressOf(database: Database): Promise<Address> {
  const client = await database.pool.connect();
  try {
    const { host, port, database: name = '', user = '' } = client;
    return { host, port, database: name, user };
  } finally {
    client.release();
  }
}

interface Moved {
  tables: MovedTable[];
  to: Address;
  durationMs: number;
}

function tell(cli: Cli, { database }: Config, { tables, to, durationMs }: Moved): void {
  const filled = tables.filter(({ rows }) => rows > 0);
  const rows = filled.reduce((sum, table) => sum + table.rows, 0);
  cli.print(
    formatTable(
      cli.colors,
      ['TABLE', 'ROWS'],
      filled.map((table) => [table.table, countText(table.rows)]),
    ),
  );
  cli.print();
  cli.print(
    `Moved ${countOf(rows, 'row')} to ${to.database} on ${to.host}:${to.port} in ${(durationMs / 1000).toFixed(1)} s. ` +
      'The old database is as it was.',
  );
  cli.print('Next, before any service starts again, name the new one in the configuration:');
  cli.print('  database: { url: "${DATABASE_URL}" }');
  cli.print('and give DATABASE_URL the address that --to named.');
  if (database.directUrl !== null || database.replicas.length > 0)
    cli.print('database.directUrl and database.replicas still name the old one: change or remove them too.');
}
