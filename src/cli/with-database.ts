import { Command } from 'commander';
import type { Logger } from 'pino';
import { Config } from '../config/config.js';
import { Environment, readEnvironment } from '../config/environment.js';
import type { Database } from '../storage/database.js';
import { Cli } from './cli.js';

export interface DatabaseContext {
  config: Config;
  environment: Environment;
  database: Database;
  log: Logger;
}

/**
 * Opens the configured database for the time of one command, beside whatever else uses it, and brings its schema up to date first unless
 * `database.migrate` is off.
 * @throws ConfigError, or what opening and migrating throw
 */
export async function withDatabase(
  cli: Cli,
  command: Command,
  work: (context: DatabaseContext) => Promise<void>,
  schema: 'as configured' | 'as it is' = 'as configured',
): Promise<void> {
  const config = await cli.loadConfig(command);
  const environment = readEnvironment(cli.env, cli.cwd);
  const log = await commandLog(cli, environment);
  // Loaded only now: a command line that is wrong is answered without a database driver.
  const { openDatabase } = await import('../storage/database.js');
  const { migrate, refuseNewerSchema } = await import('../storage/migrate.js');
  const { url, directUrl, poolSize } = config.database;
  const database = await openDatabase({ url, directUrl, dataDir: environment.dataDir, poolSize, log });
  try {
    if (schema === 'as configured' && config.database.migrate === 'auto') await migrate(database, log);
    else if (schema === 'as configured') await refuseNewerSchema(database);
    await work({ config, environment, database, log });
  } finally {
    await database.close();
  }
}

/** On standard error, and silent unless something is wrong or LOG_LEVEL says otherwise: a command's output is its answer. */
export async function commandLog(cli: Cli, environment: Environment): Promise<Logger> {
  const { pino } = await import('pino');
  const level = cli.env['LOG_LEVEL'] ? environment.logLevel : 'warn';
  return pino({ level, base: null }, { write: (line: string) => void cli.stderr.write(line) });
}
