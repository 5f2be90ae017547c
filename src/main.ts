import { INestApplicationContext } from '@nestjs/common';
import { Logger } from 'pino';
import { closeGently } from './api/http/drain.js';
import { createApp } from './app.module.js';
import { Config } from './config/config.js';
import { Environment } from './config/environment.js';
import { needsToken } from './config/server-access.js';
import { ConfigError } from './domain/errors.js';
import { createLogger } from './logging.js';
import { RuleNotice } from './replay/rule-notice.js';
import { Reloader, ReloadResult } from './reload.js';
import { ReloadWatch } from './reload-watch.js';
import { Database, openDatabase } from './storage/database.js';
import { migrate, refuseNewerSchema } from './storage/migrate.js';
import { ReloadStore } from './storage/reload.store.js';
import { TokenStore } from './storage/token.store.js';
import type { Tracing } from './tracing/open-telemetry.js';
import { STOP_WITHIN_MS, Stoppable, untilSignal } from './until-signal.js';

export interface ServeOptions {
  config: Config;
  environment: Environment;
  /** Called once with the address of the API, when everything is ready. */
  onReady: (service: RunningService) => void;
  /** Reads the configuration again. Left out where it cannot change: the demo has no file. @throws ConfigError */
  load?: () => Promise<Config>;
}

export interface RunningService extends Stoppable {
  /** `http://127.0.0.1:8080` */
  url: string;
  /** Drains and stops: requests under way are answered, polls are cut off where they are, the embedded database is left. */
  stop(): Promise<void>;
  /** Takes the changed configuration, whole or not at all. Absent where there is none. */
  reload?: () => Promise<ReloadResult>;
}

/** Starts the service and keeps it until SIGTERM or SIGINT. SIGHUP has it read its configuration again. */
export async function serve(options: ServeOptions): Promise<void> {
  const service = await startService(options);
  await untilSignal(service, () => options.onReady(service));
}

/**
 * Configuration, database, migrations, then the application: a port opens last.
 * @throws ConfigError when the API would be open to other hosts without a token
 */
export async function startService({
  config,
  environment,
  load,
}: Omit<ServeOptions, 'onReady'>): Promise<RunningService> {
  const logger = createLogger(environment.logLevel);
  const database = await openDatabase({
    url: config.database.url,
    directUrl: config.database.directUrl,
    dataDir: environment.dataDir,
    poolSize: config.database.poolSize,
    log: logger,
  });
  let tracing: Tracing | null = null;
  try {
    if (config.database.migrate === 'auto') await migrate(database, logger);
    else await refuseNewerSchema(database);
    if (environment.roles.includes('api')) {
      await refuseOpenDoor(config, database);
      const { replicas } = config.database;
      if (replicas.length > 0) database.readFrom(replicas, logger).start();
    }
    tracing = await trace(environment, logger);
    const service = await listen(config, environment, database, logger, load);
    return { ...service, stop: () => service.stop().finally(() => tracing?.stop()) };
  } catch (error) {
    await database.close();
    await tracing?.stop();
    throw error;
  }
}

/** OpenTelemetry is loaded only where somebody wants its traces. */
async function trace({ tracing }: Environment, logger: Logger): Promise<Tracing | null> {
  if (tracing === null) return null;
  const { startTracing } = await import('./tracing/open-telemetry.js');
  return startTracing(tracing, logger);
}

async function listen(
  config: Config,
  environment: Environment,
  database: Database,
  logger: Logger,
  load: ServeOptions['load'],
): Promise<RunningService> {
  const app = await createApp({ config, database, roles: environment.roles, logger });
  let reloading: Reloading | undefined;
  try {
    reloading = load && (await startReloading({ app, config, environment, database, logger, load }));
    await app.listen(config.server.port, config.server.host);
  } catch (error) {
    await reloading?.stop();
    await app.close();
    throw error;
  }
  const url = await app.getUrl();
  logger.info({ url, roles: environment.roles, sources: config.sources.length, msg: 'ready' });
  if (environment.roles.includes('poller')) app.get(RuleNotice, { strict: false }).tell(config.sources);
  const stop = async (): Promise<void> => {
    logger.info('stopping');
    const reloaded = reloading?.stop();
    await closeGently(app, config.server.drainMs);
    await reloaded;
    await database.close();
    logger.info('stopped');
  };
  return {
    ...{ url, stop, log: logger, stopWithinMs: config.server.drainMs + STOP_WITHIN_MS },
    ...(reloading && { reload: reloading.reload }),
  };
}

interface Reloading {
  reload: () => Promise<ReloadResult>;
  /** Waits for the reload under way. */
  stop: () => Promise<void>;
}

/** From here on the configuration can change: by a signal, or because somebody asked every process of the database. */
async function startReloading({
  app,
  config,
  environment: { roles },
  database,
  logger: log,
  load,
}: {
  app: INestApplicationContext;
  config: Config;
  environment: Environment;
  database: Database;
  logger: Logger;
  load: () => Promise<Config>;
}): Promise<Reloading> {
  const check = async (next: Config): Promise<void> => {
    if (roles.includes('api')) await refuseOpenDoor(next, database);
  };
  const reloader = new Reloader({ app, config, roles, load, check, log });
  const reload = (): Promise<ReloadResult> => reloader.reload();
  const watch = new ReloadWatch(new ReloadStore(database), reload, roles, log);
  await watch.start();
  return { reload, stop: async () => void (await watch.stop(), await reloader.settled()) };
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
