import { createHash } from 'node:crypto';
import { FastifyReply, FastifyRequest } from 'fastify';
import { TaggedJson } from '../storage/job.fields.js';

/**
 * Sends JSON with a weak ETag over what does not merely move with time, or 304 when the client has it already.
 *
 * @returns the body for the framework to send; undefined with a 304
 */
export function sendTagged(
  request: FastifyRequest,
  reply: FastifyReply,
  { json, stable }: TaggedJson,
): string | undefined {
  const tag = createHash('sha1').update(stable).digest('base64url');
  const etag = `W/"${tag}"`;
  void reply.headers({ etag, vary: 'Authorization', 'cache-control': 'private, no-cache' });
  if (matches(request.headers['if-none-match'], tag)) {
    void reply.status(304);
    return undefined;
  }
  void reply.type('application/json; charset=utf-8');
  return json;
}

/** Sends the JSON that a POST answers: what is true after it, and nobody's to keep. */
export function sendFresh(reply: FastifyReply, json: string): string {
  void reply.header('cache-control', 'no-store').type('application/json; charset=utf-8');
  return json;
}

/** The weak comparison of RFC 9110, section 8.8.3.2: `W/` does not count. */
function matches(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false;
  if (header.trim() === '*') return true;
  return header.split(',').some((one) => one.trim().replace(/^W\//, '') === `"${tag}"`);
}
