import { Inject, Injectable } from '@nestjs/common';
import { normalizeIp } from '@nestjs/throttler';
import { FastifyReply, FastifyRequest } from 'fastify';
import { CONFIG, Config } from '../../config/config.js';
import { addressOf } from './address.js';
import { applyLimit, Limit } from './throttle.headers.js';
import { BoundedWindows } from './throttle.storage.js';

/** Tokens of which this process remembers that they were valid lately. */
const MAX_RECOGNIZED = 10_000;

const KIND = 'address';

/**
 * Limits requests with a token that is not valid, by address (an IPv6 network of 64 bits counts as one), before the token is looked up:
 * guessing is slow and costs no query. A token that was valid lately passes all the same, so that one client with a wrong token does not
 * lock out the others behind the same proxy. One that was not seen before waits with the guesses: to answer it is to answer a guess.
 * Whoever sends no token guesses nothing, and is not counted.
 */
@Injectable()
export class GuessThrottle {
  private readonly windows = new BoundedWindows();
  private readonly recognized = new Set<string>();
  private readonly limit: Limit;

  constructor(@Inject(CONFIG) { server }: Config) {
    const { failures, windowMs } = server.rateLimit;
    this.limit = { name: 'address', requests: failures, windowMs };
  }

  /**
   * Counts the request as one with a wrong token, until {@link succeed} says otherwise: what comes at the same time is counted too.
   *
   * @param hash of the token that was sent
   * @throws Problem `too-many-requests`
   */
  begin(request: FastifyRequest, reply: FastifyReply, hash: Buffer): void {
    if (this.recognized.has(keyOf(hash))) return;
    const record = this.windows.count(clientOf(request), this.limit.windowMs, this.limit.requests, KIND);
    applyLimit(reply, this.limit, record);
  }

  /** The token of the request is valid. */
  succeed(request: FastifyRequest, hash: Buffer): void {
    const key = keyOf(hash);
    // moved to the end: the one that was used longest ago is forgotten first
    if (!this.recognized.delete(key)) this.windows.forgive(clientOf(request), KIND);
    this.recognized.add(key);
    if (this.recognized.size > MAX_RECOGNIZED) this.recognized.delete(this.recognized.values().next().value!);
  }

  /** The token of the request is not valid, or is no longer. */
  fail(hash: Buffer): void {
    this.recognized.delete(keyOf(hash));
  }
}

function keyOf(hash: Buffer): string {
  return hash.toString('base64');
}

function clientOf(request: FastifyRequest): string {
  return normalizeIp(addressOf(request) ?? '');
}
