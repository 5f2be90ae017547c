import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { AnswerCheck, CheckedAnswer } from '../openapi/answer-check.js';

// Every answer of the API that any end-to-end test gets, whichever way it asks, is compared with the OpenAPI document.
// Fastify tells of each server that is made in this process; the simulators and other servers have no such document.

const CHANNEL = 'fastify.initialization';
const DOCUMENT = '/openapi.json';

let check: AnswerCheck | null = null;
const faults: string[] = [];

const watch = (message: unknown): void => {
  const { fastify } = message as { fastify: FastifyInstance };
  let prefix: string | null = null;
  fastify.addHook('onRoute', ({ url }) => {
    if (url.endsWith(DOCUMENT)) prefix = url.slice(0, -DOCUMENT.length);
  });
  fastify.addHook('onReady', async () => {
    if (prefix !== null) check ??= await makeCheck();
  });
  const bodies = new WeakMap<FastifyRequest, string[]>();
  // before the answer is compressed
  fastify.addHook('onSend', (request, _reply, payload, done) => {
    if (prefix !== null) bodies.set(request, collect(payload));
    done(null, payload);
  });
  fastify.addHook('onResponse', (request, reply, done) => {
    // what was cut off says nothing
    if (prefix !== null && check !== null && reply.raw.writableEnded) {
      const body = (bodies.get(request) ?? []).join('');
      faults.push(...check.faults(answerOf(request, reply, body), prefix));
    }
    done();
  });
};

async function makeCheck(): Promise<AnswerCheck> {
  const [{ AnswerCheck }, { openApiDocument }] = await Promise.all([
    import('../openapi/answer-check.js'),
    import('../openapi/document.js'),
  ]);
  return new AnswerCheck(await openApiDocument());
}

/** The pieces of a body, as they are sent: a stream's without reading it. */
function collect(payload: unknown): string[] {
  if (typeof payload === 'string') return [payload];
  if (payload instanceof Uint8Array) return [Buffer.from(payload).toString()];
  const pieces: string[] = [];
  if (payload instanceof Readable) {
    const decoder = new TextDecoder();
    const emit = payload.emit.bind(payload);
    payload.emit = (event: string | symbol, ...values: unknown[]) => {
      if (event === 'data') {
        const [chunk] = values as [string | Uint8Array];
        pieces.push(typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true }));
      }
      return emit(event, ...values);
    };
  }
  return pieces;
}

function answerOf(request: FastifyRequest, reply: FastifyReply, body: string): CheckedAnswer {
  return {
    method: request.method,
    url: request.raw.url!,
    status: reply.statusCode,
    headers: reply.getHeaders() as Record<string, string>,
    body: request.method === 'HEAD' ? '' : body,
  };
}

/** What was found so far, for a test that means it. */
export function takeFaults(): string[] {
  return faults.splice(0);
}

function tell(): void {
  const told = takeFaults();
  if (told.length > 0)
    throw new Error(
      `${told.length} answers are not what /openapi.json says:\n${told.slice(0, 10).join('\n')}`,
    );
}

// The channel is the worker's, not the file's: what a file subscribes it must take back, or files after it in the same
// worker are watched by one that was torn down. A file that skips all of its tests runs neither hook.
beforeAll(() => subscribe(CHANNEL, watch));
afterEach(tell);
afterAll(() => {
  unsubscribe(CHANNEL, watch);
  tell();
});
