import { createApp } from '../app.module.js';
import { ApiClient, readAnswer } from './api-client.js';
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
  return {
    get: async <Answer>(path: string, query = new URLSearchParams()) => {
      const search = query.toString();
      const url = `/api/v1${path}${search === '' ? '' : `?${search}`}`;
      const { statusCode, body } = await app.inject({
        method: 'GET',
        url,
        headers: { accept: 'application/json' },
      });
      return readAnswer<Answer>(statusCode, body);
    },
    close: () => app.close(),
  };
}
