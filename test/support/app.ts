import { NestFastifyApplication } from '@nestjs/platform-fastify';
import pino from 'pino';
import { createApp } from '../../src/app.module.js';
import { Config } from '../../src/config/config.js';
import { Role } from '../../src/config/environment.js';
import { Database } from '../../src/storage/database.js';

/** The application as `serve` makes it, asked without a port. */
export async function startApp(
  config: Config,
  database: Database,
  roles: readonly Role[] = ['api'],
): Promise<NestFastifyApplication> {
  const app = await createApp({ config, database, roles, logger: pino({ level: 'silent' }) });
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  return app;
}

export async function getJson<T = Record<string, unknown>>(
  app: NestFastifyApplication,
  url: string,
): Promise<T> {
  const response = await app.inject({ method: 'GET', url });
  if (response.statusCode !== 200) throw new Error(`GET ${url}: ${response.statusCode} ${response.body}`);
  return response.json<T>();
}

/** Every job, walked page by page. */
export async function allJobs(app: NestFastifyApplication, query = ''): Promise<Record<string, unknown>[]> {
  const jobs: Record<string, unknown>[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const from: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const page: { data: Record<string, unknown>[]; page: { next: string | null } } = await getJson(
      app,
      `/api/v1/jobs?limit=500${query}${from}`,
    );
    jobs.push(...page.data);
    cursor = page.page.next;
  }
  return jobs;
}
