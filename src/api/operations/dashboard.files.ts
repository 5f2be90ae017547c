import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import { NestFastifyApplication } from '@nestjs/platform-fastify';
import { dashboardFolder } from './dashboard.page.js';

/**
 * Serves the files that the page of the dashboard names. Their names change with what is in them, so a browser keeps them. Called before
 * the application is initialized: Fastify begins with the plugins that it is waited for, and a handler of errors that comes later
 * is not theirs.
 *
 * @throws Error when the dashboard is not built
 */
export async function serveDashboardFiles(app: NestFastifyApplication, basePath: string): Promise<void> {
  const instance = app.getHttpAdapter().getInstance();
  // what people type, and what the page itself calls its own beginning
  if (basePath !== '') instance.get(`${basePath}/`, (_request, reply) => void reply.redirect(basePath, 308));
  await app.register(fastifyStatic as never, {
    root: join(dashboardFolder(), 'assets'),
    prefix: `${basePath}/assets/`,
    decorateReply: false,
    index: false,
    immutable: true,
    maxAge: '1y',
    preCompressed: true,
  });
}
