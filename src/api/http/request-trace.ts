import { FastifyInstance } from 'fastify';
import { beginSpan, Span } from '../../tracing/tracer.js';

/** Asked every few seconds by whoever watches; nobody looks for them in a trace. */
const UNTRACED = /\/health\/(?:live|ready)$/;

/**
 * A span for each request, below the caller's where a `traceparent` names it, and what is asked of the database and of platforms below that.
 * Added before every other hook. A query may hold what somebody searched for, so it is not told.
 */
export function addRequestTrace(instance: FastifyInstance): void {
  const spans = new WeakMap<object, Span>();

  instance.addHook('onRequest', (request, reply, done) => {
    const path = request.url.split('?', 1)[0]!;
    if (UNTRACED.test(path)) return done();
    const { method, headers } = request;
    const route = request.routeOptions.url;
    const span = beginSpan(
      route === undefined ? method : `${method} ${route}`,
      'server',
      {
        'http.request.method': method,
        'http.route': route,
        'url.path': path,
        'url.scheme': request.protocol,
        'rollcall.request_id': request.id,
      },
      { headers },
    );
    spans.set(request, span);
    reply.raw.once('close', () => {
      const { statusCode, writableFinished } = reply.raw;
      span.set({ 'http.response.status_code': statusCode });
      if (statusCode >= 500) span.fail(String(statusCode));
      else if (!writableFinished) span.fail('cut-off');
      span.end();
    });
    span.run(done);
  });

  // A body is read in the context of its socket, not in that of the hook before.
  instance.addHook('preValidation', (request, _reply, done) => {
    const span = spans.get(request);
    if (span === undefined) done();
    else span.run(done);
  });
}
