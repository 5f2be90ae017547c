import { setTimeout as delay } from 'node:timers/promises';
import { Server } from 'node:http';
import { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Readiness } from './readiness.js';

/** How long requests under way may take once no more are accepted, milliseconds. */
const LONGEST_MS = 20_000;

/**
 * Takes a process out of service without dropping a request: `/health/ready` says no at once; for `drainMs` everything is still answered,
 * so that balancers notice; then no connection is accepted, idle ones are closed, and requests under way are ended, but not waited for
 * without end.
 *
 * @param longestMs after it what is still under way is cut off
 * @param pause waits for so many milliseconds
 */
export async function closeGently(
  app: NestFastifyApplication,
  drainMs: number,
  { longestMs = LONGEST_MS, pause = (ms: number): Promise<void> => delay(ms) } = {},
): Promise<void> {
  app.get(Readiness, { strict: false }).drain();
  await pause(drainMs);
  const server = app.getHttpServer() as Server;
  const cut = setTimeout(() => server.closeAllConnections(), longestMs);
  try {
    await app.close();
  } finally {
    clearTimeout(cut);
  }
}
