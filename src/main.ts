import { Logger } from 'pino';
import { closeGently } from './api/http/drain.js';
import { createApp } from './app.module.js';
import { Config } from './config/config.js';
import { Environment } from './config/environment.js';
import { needsToken } from './config/server-access.js';
import { ConfigError } from './domain/errors.js';
import { createLogger } from './logging.js';
import { Database, openDatabase } from './storage/database.js';
import { migrate } from './storage/migrate.js';
import { TokenStore } from './storage/token.store.js';

export interface ServeOptions {
  config: Config;
  environment: Environment;
  /** Called once with the address of the API, when everything is ready. */
  onReady: (service: RunningService) => void;
}

export interface RunningService {
  /** `http://127.0.0.1:8080` */
  url: string;
  /** Drains and stops: requests under way are answered, polls are cut off where they are, the embedded database is left. */
  stop(): Promise<void>;
}

/** Starts the service and keeps it until SIGTERM or SIGINT. */
export async function serve(options: ServeOptions): Promise<void> {
  const service = await startService(options);
  await untilSignal(service, () => options.onReady(service));
}

/** Says that the service is ready, waits for SIGTERM or SIGINT, and stops it. A second signal ends the process at once. */
export async function untilSignal(service: RunningService, ready: () => void): Promise<void> {
  const signalled = new Promise<void>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => resolve());
  });
  ready();
  await signalled;
  await service.stop();
}

/**
 * Configuration, database, migrations, then the application: a port opens last.
 * @throws ConfigError when the API would be open to other hosts without a token
 */
export async function startService({
  config,
  environment,
}: Omit<ServeOptions, 'onReady'>): Promise<RunningService> {
  const logger = createLogger(environment.logLevel);
  const database = await openDatabase({
    url: config.database.url,
    dataDir: environment.dataDir,
    poolSize: config.database.poolSize,
    log: logger,
  });
  try {
    if (config.database.migrate === 'auto') await migrate(database);
    if (environment.roles.includes('api')) await refuseOpenDoor(config, database);
    return await listen(config, environment, database, logger);
  } catch (error) {
    await database.close();
    throw error;
  }
}

async function listen(
  config: Config,
  environment: Environment,
  database: Database,
  logger: Logger,
): Promise<RunningService> {
  const app = await createApp({ config, database, roles: environment.roles, logger });
  try {
    await app.listen(config.server.port, config.server.host);
  } catch (error) {
    await app.close();
    throw error;
  }
  const url = await app.getUrl();
  logger.info({ url, roles: environment.roles, sources: config.sources.length, msg: 'ready' });
  const stop = async (): Promise<void> => {
    logger.info('stopping');
    await closeGently(app, config.server.drainMs);
    await database.close();
    logger.info('stopped');
  };
  return { url, stop };
}

/** Tokens may be declared in the file or made by the command line, so this can only be asked of the migrated database. */
async function refuseOpenDoor(config: Config, database: Database): Promise<void> {
  if (!needsToken(config) || config.server.tokens.length > 0) return;
  const [tokens, now] = await Promise.all([new TokenStore(database).list(), database.now()]);
  if (
    tokens.some(
      ({ revokedAt, expiresAt }) => revokedAt === null && (expiresAt === null || Date.parse(expiresAt) > now),
    )
  )
    return;
  throw new ConfigError([
    {
      file: config.file ?? 'configuration',
      line: null,
      column: null,
      path: 'server.host',
      message: `${config.server.host} is reachable from other hosts: declare a token under server.tokens, make one with \`rollcall token create\`, or say \`auth: none\``,
    },
  ]);
}
