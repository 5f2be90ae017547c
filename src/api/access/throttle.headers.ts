import { FastifyReply } from 'fastify';
import { Problem } from '../http/problem.js';
import { WindowRecord } from './throttle.storage.js';

/** What is limited: a token, or an address that sends wrong ones. */
export type LimitName = 'token' | 'address';

export interface Limit {
  name: LimitName;
  requests: number;
  windowMs: number;
}

/**
 * Says on the answer how much is left (draft-ietf-httpapi-ratelimit-headers-10: structured fields, a policy by name), and refuses what is
 * beyond the limit.
 *
 * @throws Problem `too-many-requests`
 */
export function applyLimit(
  reply: FastifyReply,
  { name, requests, windowMs }: Limit,
  { totalHits, timeToExpire, isBlocked }: WindowRecord,
): void {
  const left = Math.max(0, requests - totalHits);
  void reply.headers({
    'ratelimit-policy': `"${name}";q=${requests};w=${Math.ceil(windowMs / 1_000)}`,
    ratelimit: `"${name}";r=${left};t=${timeToExpire}`,
  });
  if (!isBlocked) return;
  throw new Problem('too-many-requests', DETAILS[name](requests, windowMs / 1_000), {
    headers: { 'retry-after': String(timeToExpire) },
  });
}

const DETAILS: Record<LimitName, (requests: number, seconds: number) => string> = {
  token: (requests, seconds) => `A token may ask ${requests} times in ${seconds} seconds.`,
  address: (requests, seconds) =>
    `An address may ask ${requests} times in ${seconds} seconds with a token that is not valid.`,
};
