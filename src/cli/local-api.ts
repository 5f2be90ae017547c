import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApp } from '../app.module.js';
import { ApiClient, RawAnswer } from './api-client.js';
import { DatabaseContext } from './with-database.js';

/** The API in this process, over the database, without a port: whoever may read the database needs no token. */
export async function localApi({ config, database, log }: DatabaseContext): Promise<ApiClient> {
  const app = await createApp({
    config: { ...config, server: { ...config.server, auth: 'none', basePath: '' } },
    database,
    roles: ['api'],
    logger: log,
  });
  await app.init();
  const server = app.getHttpAdapter().getInstance();
  await server.ready();
  return new LocalApi(app);
}

class LocalApi extends ApiClient {
  constructor(private readonly app: NestFastifyApplication) {
    super();
  }

  async close(): Promise<void> {
    await this.app.close();
  }

  protected async send(
    path: string,
    query: URLSearchParams,
    headers: Record<string, string>,
  ): Promise<RawAnswer> {
    const search = query.toString();
    const answer = await this.app.inject({
      method: 'GET',
      url: `/api/v1${path}${search === '' ? '' : `?${search}`}`,
      headers: { accept: 'application/json', ...headers },
    });
    const etag = answer.headers['etag'];
    return { status: answer.statusCode, etag: typeof etag === 'string' ? etag : null, body: answer.body };
  }
}
