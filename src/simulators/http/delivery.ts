import { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { Answer, Call, textOf } from './answer.js';
import { Delivery } from './faults.js';
import { rewriteRecords } from './spoil.js';

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
  if (delivery.kind === 'flood') {
    await send(response, { ...answer, pieces: flooded(answer, delivery) }, { now });
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

/** What is sent at once, characters. */
const FLOOD_PIECE = 64 * 1024;
/** Where the further elements belong. No record says this. */
const FLOOD_MARK = 'the flood begins here';

/** Never held as a whole: only a piece of it is in memory, and the next is made when the client took that. */
function* flooded(
  answer: Answer,
  { bytes, element }: Extract<Delivery, { kind: 'flood' }>,
): Generator<string> {
  const [text] = textOf(rewriteRecords(answer, (records) => [...records, FLOOD_MARK]));
  const [before = '', after] = text.split(JSON.stringify(FLOOD_MARK));
  if (after === undefined) {
    yield text;
    return;
  }
  yield before;
  let piece = '';
  for (let number = 0, sent = 0; sent < bytes; number++) {
    const next = `${number === 0 ? '' : ','}${element(number)}`;
    sent += next.length;
    piece += next;
    if (piece.length < FLOOD_PIECE && sent < bytes) continue;
    yield piece;
    piece = '';
  }
  yield after;
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
