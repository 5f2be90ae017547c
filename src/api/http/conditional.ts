import { hash } from 'node:crypto';
import { FastifyReply, FastifyRequest } from 'fastify';
import { TaggedJson } from '../../storage/job.fields.js';

/**
 * Gives the answer a weak ETag over what does not merely move with time, and makes it a 304 when the client has it already.
 *
 * @param vary request headers that the answer depends on
 * @returns whether the client has it
 */
export function tag(
  request: FastifyRequest,
  reply: FastifyReply,
  stable: string,
  vary = 'Authorization',
): boolean {
  const name = hash('sha1', stable, 'base64url');
  void reply.headers({ etag: `W/"${name}"`, vary, 'cache-control': 'private, no-cache' });
  const known = matches(request.headers['if-none-match'], name);
  if (known) void reply.status(304);
  return known;
}

/**
 * Sends JSON with its ETag, or 304.
 *
 * @returns the body for the framework to send; undefined with a 304
 */
export function sendTagged(
  request: FastifyRequest,
  reply: FastifyReply,
  { json, stable }: TaggedJson,
  vary?: string,
): string | undefined {
  if (tag(request, reply, stable, vary)) return undefined;
  void reply.type('application/json; charset=utf-8');
  return json;
}

/** Sends the JSON that a POST answers: what is true after it, and nobody's to keep. */
export function sendFresh(reply: FastifyReply, json: string): string {
  void reply.header('cache-control', 'no-store').type('application/json; charset=utf-8');
  return json;
}

/** The weak comparison of RFC 9110, section 8.8.3.2: `W/` does not count. */
function matches(header: string | undefined, name: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === '*') return true;
  return header.split(',').some((one) => one.trim().replace(/^W\//, '') === `"${name}"`);
}
