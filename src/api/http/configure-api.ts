import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import { NestFastifyApplication } from '@nestjs/platform-fastify';
import { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Config } from '../../config/config.js';
import { isTracing } from '../../tracing/tracer.js';
import { VERSION } from '../../version.js';
import { addAnswerHooks } from './every-answer.js';
import { keepMethodTable } from './method-table.js';
import { serveDocumentation } from '../openapi/openapi.js';
import { serveDashboardFiles } from '../operations/dashboard.files.js';
import { ProblemFilter, fromStatus } from './problem.filter.js';
import { problemDocument } from './problem.js';
import { parseQueryString } from './query-string.js';
import { Readiness } from './readiness.js';
import { addRequestTrace } from './request-trace.js';

/** Bodies are a few settings; the largest that is read, bytes. */
const BODY_LIMIT = 64 * 1024;

/** How long a client may take to send a request, milliseconds. */
const REQUEST_TIMEOUT_MS = 30_000;

/** For pages of the origins that the configuration names. They send their token themselves, so no credentials of the browser's. */
const CORS = {
  methods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'],
  allowedHeaders: ['Authorization', 'Content-Type', 'Accept', 'If-None-Match', 'Last-Event-ID'],
  exposedHeaders: [
    ...['ETag', 'Link', 'Location', 'Retry-After', 'RateLimit', 'RateLimit-Policy'],
    ...['WWW-Authenticate', 'X-Request-Id'],
  ],
  credentials: false,
  maxAge: 600,
  // an OPTIONS that is no preflight is answered too
  strictPreflight: false,
};

/** Fastify as this API needs it: what can only be said when it is made. */
export function fastifyOptions(config: Config) {
  const filter = new ProblemFilter();
  return {
    trustProxy: config.server.trustProxy,
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // Node would refuse a request without one in its own words
    http: { requireHostHeader: false },
    // never the client's: it stands in the log
    genReqId: () => randomUUID(),
    // requests that come while the service drains are still answered
    return503OnClosing: false,
    routerOptions: {
      querystringParser: parseQueryString as unknown as (text: string) => Record<string, unknown>,
    },
    // a path that cannot be decoded never reaches a route
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
      filter.answer(fromStatus(error.statusCode ?? 400, error.message, 'url'), request, reply);
    },
    clientErrorHandler: refuseOnSocket,
  };
}

/** Everything that belongs to HTTP and not to a route. Called once, after the application is made and before it is initialized. */
export async function configureApi(app: NestFastifyApplication, config: Config): Promise<void> {
  const { basePath, cors } = config.server;
  const instance = app.getHttpAdapter().getInstance() as unknown as FastifyInstance;
  keepMethodTable(instance);
  if (isTracing()) addRequestTrace(instance);
  if (basePath !== '') app.setGlobalPrefix(basePath);
  if (cors) app.enableCors({ ...CORS, origin: cors.origins });
  const readiness = app.get(Readiness, { strict: false });
  await addAnswerHooks(instance, { cors: cors !== null, isDraining: () => readiness.isDraining });
  await serveDashboardFiles(app, basePath);
  serveDocumentation(app, VERSION);
}

/** A request that Node could not parse has no route and no reply object. */
function refuseOnSocket(
  error: Error & { code?: string },
  socket: NodeJS.WritableStream & { writable: boolean; destroy(): void },
): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 }[error.code ?? ''] ?? 400;
  const detail = status === 400 ? 'The request is no HTTP that can be read.' : '';
  const body = JSON.stringify(problemDocument(fromStatus(status, detail, 'request'), ''));
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/problem+json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nCache-Control: no-store\r\nX-Request-Id: ${randomUUID()}\r\n` +
      `Connection: close\r\n\r\n${body}`,
  );
}
