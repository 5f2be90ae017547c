import { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { Answer, Call } from './answer.js';
import { Delivery } from './faults.js';

/** An answer as it should arrive. */
export async function send(
  response: ServerResponse,
  answer: Answer,
  { now }: Pick<Call, 'now'>,
): Promise<void> {
  const { status, headers = {}, pieces } = answer;
  response.sendDate = false;
  const common = { Date: new Date(now).toUTCString(), ...headers };
  if (pieces !== undefined) {
    response.writeHead(status, { 'Content-Type': 'application/json', ...common });
    await pipeline(Readable.from(pieces, { objectMode: false }), response);
    return;
  }
  const [text, type] = textOf(answer);
  const body = Buffer.from(text);
  const described = body.length > 0 ? { 'Content-Type': type } : {};
  response.writeHead(status, { 'Content-Length': body.length, ...described, ...common });
  response.end(body);
}

interface BadDelivery extends Pick<Call, 'now'> {
  delivery: Delivery;
  closing: AbortSignal;
}

/** The same answer, badly delivered. */
export async function sendBadly(
  response: ServerResponse,
  answer: Answer,
  { now, delivery, closing }: BadDelivery,
): Promise<void> {
  if (delivery.kind === 'reset' && delivery.in === 'headers') {
    response.socket?.resetAndDestroy();
    return;
  }
  const [text, type] = textOf(answer);
  const zipped = delivery.kind === 'gzip';
  const body = zipped ? gzipSync(text) : Buffer.from(text);
  response.sendDate = false;
  response.writeHead(answer.status, {
    Date: new Date(now).toUTCString(),
    'Content-Type': type,
    ...answer.headers,
    'Content-Length': body.length,
    ...(zipped && { 'Content-Encoding': 'gzip' }),
  });
  if (zipped) {
    response.end(body);
    return;
  }
  if (delivery.kind === 'drip') {
    await drip(response, body, delivery, closing);
    return;
  }
  const half = body.subarray(0, Math.floor(body.length / 2));
  await new Promise<void>((resolve) => response.write(half, () => resolve()));
  if (delivery.kind === 'reset') response.socket?.resetAndDestroy();
}

async function drip(
  response: ServerResponse,
  body: Buffer,
  { bytes, everyMs }: Extract<Delivery, { kind: 'drip' }>,
  signal: AbortSignal,
): Promise<void> {
  for (let start = 0; start < body.length && !response.destroyed; start += bytes) {
    response.write(body.subarray(start, start + bytes));
    await wait(everyMs, null, { signal });
  }
  response.end();
}

export function textOf({ json, text, pieces }: Answer): [text: string, type: string] {
  if (json !== undefined) return [JSON.stringify(json), 'application/json'];
  if (pieces !== undefined) return [Array.from(pieces).join(''), 'application/json'];
  return [text ?? '', 'text/plain; charset=utf-8'];
}
