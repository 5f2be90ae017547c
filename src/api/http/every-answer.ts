import compress from '@fastify/compress';
import { FastifyInstance, FastifyRequest } from 'fastify';
import { allowedMethods } from './method-table.js';
import { ProblemFilter } from './problem.filter.js';
import { Problem, invalidRequest } from './problem.js';
import { securityHeaders } from './security-headers.js';

/** Answers below this many bytes go out as they are: there is little to win, and what is secret is short. */
const COMPRESSED_FROM = 1_024;

// not text/event-stream: an event must not wait for others in a compressor
const COMPRESSED = /^text\/(?!event-stream)|[/+]json(?:;|$)|[/-]ndjson(?:;|$)|javascript|[/+]xml(?:;|$)/;

/** The longest path and query, characters: the `Link` of an answer repeats them, and clients take no more than 16 KiB of headers. */
const MAX_URL = 10 * 1_024;

export interface AnswerOptions {
  /** Other origins may read answers. */
  cors: boolean;
  isDraining: () => boolean;
}

/** What is true of every answer, whatever its route. Called before any route is added. */
export async function addAnswerHooks(
  instance: FastifyInstance,
  { cors, isDraining }: AnswerOptions,
): Promise<void> {
  const filter = new ProblemFilter();
  const security = securityHeaders();
  const vary = varyWith(cors ? ['Origin', 'accept-encoding'] : ['accept-encoding']);

  instance.addHook('onRequest', (request, reply, done) => {
    void reply.headers(security).header('x-request-id', request.id);
    if (request.raw.url !== undefined && request.raw.url.length > MAX_URL)
      return filter.answer(
        new Problem('uri-too-long', `The path and query have at most ${MAX_URL} characters.`),
        request,
        reply,
      );
    if (request.raw.httpVersion === '1.1' && request.headers.host === undefined)
      return filter.answer(
        invalidRequest([{ parameter: 'Host', detail: 'is missing: HTTP/1.1 wants it' }]),
        request,
        reply,
      );
    // with CORS its own hook answers
    const allow = request.method === 'OPTIONS' && !cors ? methodsOf(request) : null;
    if (allow !== null) return void reply.status(204).header('allow', allow).send();
    done();
  });

  // whatever a client expects beyond "100-continue", it gets its answer; Node would refuse it in its own words
  instance.server.on('checkExpectation', (request, response) =>
    instance.server.emit('request', request, response),
  );

  instance.addHook('onSend', (request, reply, payload, done) => {
    if (!reply.hasHeader('cache-control')) void reply.header('cache-control', 'no-store');
    void reply.header('vary', vary([reply.getHeader('vary') ?? []].flat().join(', ')));
    if (isDraining()) void reply.header('connection', 'close');
    const allow = request.method === 'OPTIONS' && cors ? methodsOf(request) : null;
    if (allow !== null) void reply.header('allow', allow);
    done(null, asBytes(payload));
  });

  await instance.register(compress, {
    threshold: COMPRESSED_FROM,
    encodings: ['gzip', 'br'],
    customTypes: COMPRESSED,
    // a body that is not plain is refused as what it is: no JSON
    globalDecompression: false,
  });
}

/** From so many characters on a text is worth encoding by ourselves. */
const LONG_TEXT = 4_096;

/**
 * Node gives a text that it writes three bytes of memory for every character, from the system and back for each answer: writing fifty jobs
 * then costs a third more than the bytes themselves.
 */
function asBytes(payload: unknown): unknown {
  return typeof payload === 'string' && payload.length >= LONG_TEXT ? Buffer.from(payload) : payload;
}

/** The value of `Allow`; null for a path that nothing has. */
function methodsOf(request: FastifyRequest): string | null {
  const methods = allowedMethods(request.server, request.url.split('?', 1)[0]!);
  return methods.length === 0 ? null : methods.join(', ');
}

/** What an answer's own `Vary` becomes. Routes say one of a few. */
function varyWith(names: readonly string[]): (own: string) => string {
  const written = new Map<string, string>();
  return (own) => {
    const known = written.get(own);
    if (known !== undefined) return known;
    const listed = own === '' ? [] : own.split(', ');
    const lower = listed.map((name) => name.toLowerCase());
    const all = [...listed, ...names.filter((name) => !lower.includes(name.toLowerCase()))].join(', ');
    written.set(own, all);
    return all;
  };
}
