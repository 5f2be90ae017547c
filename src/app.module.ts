import { DynamicModule, Global, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, NestFastifyApplication } from '@nestjs/platform-fastify';
import { Logger as PinoNestLogger, LoggerModule } from 'nestjs-pino';
import { Logger } from 'pino';
import { ApiModule, configureApi, fastifyOptions } from './api/api.module.js';
import { parseWebhookFilter } from './api/dto/webhook-filter.js';
import { HealthModule } from './api/operations/health.module.js';
import { CONFIG, Config } from './config/config.js';
import { Role } from './config/environment.js';
import { ExpectationsModule } from './expectations/expectations.module.js';
import { RULES, toRules } from './expectations/rule.js';
import { NotifierModule } from './feed/notifier.module.js';
import { PollingModule } from './polling/polling.module.js';
import { SourceRuntimesModule } from './polling/source-runtimes.module.js';
import { ReplayModule } from './replay/replay.module.js';
import { RetentionModule } from './retention/retention.module.js';
import { Database } from './storage/database.js';

export interface AppOptions {
  config: Config;
  /** Migrated. Closed by whoever opened it, after the application. */
  database: Database;
  roles: readonly Role[];
  logger: Logger;
}

/** What every module may ask for. */
@Global()
@Module({})
class CoreModule {
  static forRoot({ config, database }: AppOptions): DynamicModule {
    return {
      module: CoreModule,
      providers: [
        { provide: CONFIG, useValue: config },
        { provide: Database, useValue: database },
        { provide: RULES, useFactory: () => toRules(config.expectations, parseWebhookFilter) },
      ],
      exports: [CONFIG, Database, RULES],
    };
  }
}

/** The one place that sees every folder: which parts a process of these roles consists of. */
@Module({})
export class AppModule {
  static forRoot(options: AppOptions): DynamicModule {
    const { roles, logger } = options;
    return {
      module: AppModule,
      imports: [
        CoreModule.forRoot(options),
        // for no route: a logger of each request would have to follow it through every promise, and that was a tenth of a small read
        LoggerModule.forRoot({ pinoHttp: { logger }, forRoutes: [] }),
        HealthModule,
        SourceRuntimesModule,
        ...(roles.includes('api') ? [ApiModule] : []),
        ...(roles.includes('notifier') ? [NotifierModule.forRoot(parseWebhookFilter)] : []),
        ...(roles.includes('poller')
          ? [PollingModule, ReplayModule, ExpectationsModule, RetentionModule]
          : []),
      ],
    };
  }
}

/**
 * The application of one process: initialized, not yet listening.
 * @throws what kept a part of it from starting; nothing of it runs then
 */
export async function createApp(options: AppOptions): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.forRoot(options),
    new FastifyAdapter(fastifyOptions(options.config)),
    // Nest's own report of every module and route is no news to whoever operates this.
    { logger: ['error', 'warn'], abortOnError: false },
  );
  try {
    await configureApi(app, options.config);
    await app.init();
  } catch (error) {
    // What has begun already would keep the process, which nobody replaces then, and work on a database that is closed.
    await app.close().catch((err: unknown) => options.logger.error({ err, msg: 'could not stop' }));
    throw error;
  }
  app.useLogger(app.get(PinoNestLogger));
  return app;
}
