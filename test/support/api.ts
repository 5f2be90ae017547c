import { Global, Module } from '@nestjs/common';
import { FastifyAdapter, NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { InjectOptions, Response } from 'light-my-request';
import { ApiModule } from '../../src/api/api.module.js';
import { configureApi, fastifyOptions } from '../../src/api/http/configure-api.js';
import { HealthModule } from '../../src/api/operations/health.module.js';
import { CONFIG, Config } from '../../src/config/config.js';
import { SourceRuntimesModule } from '../../src/polling/source-runtimes.module.js';
import { Database } from '../../src/storage/database.js';
import { testConfig } from './config.js';

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | number | undefined>;
  text: string;
  // the tests read what they expect; a wrong shape fails there
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  body: any;
}

export interface TestApi {
  app: NestFastifyApplication;
  get(url: string, headers?: Record<string, string>): Promise<Answer>;
  send(method: string, url: string, options?: Pick<InjectOptions, 'headers' | 'payload'>): Promise<Answer>;
  close(): Promise<void>;
}

/** The API module alone, over a database of the test's own; requests are injected, no port is opened. */
export async function startApi(database: Database, config: Config = testConfig([])): Promise<TestApi> {
  @Global()
  @Module({
    providers: [
      { provide: CONFIG, useValue: config },
      { provide: Database, useValue: database },
    ],
    exports: [CONFIG, Database],
  })
  class GroundModule {}

  const testing = await Test.createTestingModule({
    imports: [GroundModule, HealthModule, SourceRuntimesModule, ApiModule],
  }).compile();
  const app = testing.createNestApplication<NestFastifyApplication>(
    new FastifyAdapter(fastifyOptions(config)),
    { logger: false },
  );
  await configureApi(app, config);
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  const send = async (
    method: string,
    url: string,
    options: Pick<InjectOptions, 'headers' | 'payload'> = {},
  ) => {
    const response = (await app.inject({ method: method as 'GET', url, ...options })) as Response;
    const json = /[/+]json/.test(String(response.headers['content-type'])) && response.payload !== '';
    return {
      status: response.statusCode,
      headers: response.headers as Answer['headers'],
      text: response.payload,
      body: json ? (JSON.parse(response.payload) as unknown) : undefined,
    };
  };
  return {
    app,
    send,
    get: (url, headers = {}) => send('GET', url, { headers }),
    close: () => app.close(),
  };
}
