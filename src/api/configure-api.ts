import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import helmet from '@fastify/helmet';
import { NestFastifyApplication } from '@nestjs/platform-fastify';
import { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Config } from '../config/config.js';
import { keepMethodTable } from './method-table.js';
import { serveDocumentation } from './openapi.js';
import { ProblemFilter, fromStatus } from './problem.filter.js';
import { problemDocument } from './problem.js';
import { parseQueryString } from './query-string.js';

/** Bodies are a few settings; the largest that is read, bytes. */
const BODY_LIMIT = 64 * 1024;

/** How long a client may take to send a request, milliseconds. */
const REQUEST_TIMEOUT_MS = 30_000;

/** Fastify as this API needs it: what can only be said when it is made. */
export function fastifyOptions(config: Config) {
  const filter = new ProblemFilter();
  return {
    trustProxy: config.server.trustProxy,
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
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

/**
 * Everything that belongs to HTTP and not to a route. Called once, after the application is made and before it is initialized.
 *
 * @param version shown in the OpenAPI document
 */
export async function configureApi(
  app: NestFastifyApplication,
  config: Config,
  version = '0.1.0',
): Promise<void> {
  const { basePath, cors } = config.server;
  keepMethodTable(app.getHttpAdapter().getInstance() as unknown as FastifyInstance);
  if (basePath !== '') app.setGlobalPrefix(basePath);
  if (cors) app.enableCors({ origin: cors.origins, exposedHeaders: ['ETag', 'Link', 'Retry-After'] });
  await app.register(helmet as never, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        // the documentation page sets styles of its own
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        fontSrc: ["'self'"],
        connectSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    // whether there is TLS in front is for the proxy to say
    strictTransportSecurity: false,
  });
  serveDocumentation(app, version);
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
  const body = JSON.stringify(problemDocument(fromStatus(status, ''), ''));
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nContent-Type: application/problem+json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
