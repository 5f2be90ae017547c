import { Logger } from '@nestjs/common';
import { AuthError, RateLimitError } from '../domain/errors.js';
import { Instant } from '../domain/job.js';
import { REFUSED_CREDENTIAL_MS } from './next-poll-at.js';
import { SourceRuntime } from './source-runtimes.js';
import { OnAttempt } from './upstream.js';

/** Of one visit, in timeouts of the source: a login and a read, each with its own. Somebody waits for the answer. */
const TIMEOUTS_PER_VISIT = 2;

/** What is known of a source's credential. Instants are the database's. */
export interface CredentialFacts {
  /** When the last poll found it refused; null when it did not. */
  credentialRefusedAt: Instant | null;
  /** When a poll of the source last succeeded; null before the first. */
  sourceSucceededAt: Instant | null;
  now: Instant;
}

/** Nothing was asked of the platform: the job, its source or this process does not allow it now. */
export class NotPossibleNowError extends Error {}

const log = new Logger('Visit');

/**
 * One visit to a platform on behalf of somebody who waits: bounded in time, counted as a poll's requests are, and not begun with a
 * credential that was just refused.
 *
 * @throws RateLimitError, and whatever `work` throws
 */
export async function visit<T>(
  runtime: SourceRuntime,
  facts: CredentialFacts,
  work: (signal: AbortSignal) => Promise<T>,
  onAttempt?: OnAttempt,
): Promise<T> {
  assertCredential(runtime, facts);
  const { source, upstream } = runtime;
  const signal = AbortSignal.timeout(TIMEOUTS_PER_VISIT * source.poll.timeoutMs);
  try {
    return await upstream.use(async () => {
      await upstream.begin(signal, onAttempt && { onAttempt });
      return work(signal);
    });
  } catch (error) {
    if (error instanceof AuthError && error.kind === 'authentication')
      runtime.credentialRefusedAt = facts.now;
    throw error;
  } finally {
    // What cannot be written now goes with the next visit; the platform was asked all the same.
    await upstream
      .flush()
      .catch((err: unknown) => log.warn({ source: source.key, err, msg: 'requests not counted yet' }));
  }
}

/** Every try with a refused credential brings the account nearer to its lock; a poll by hand or a pause of five minutes ends this. */
function assertCredential(
  runtime: SourceRuntime,
  { credentialRefusedAt, sourceSucceededAt, now }: CredentialFacts,
): void {
  const refusedAt = Math.max(credentialRefusedAt ?? -Infinity, runtime.credentialRefusedAt ?? -Infinity);
  const waitMs = refusedAt + REFUSED_CREDENTIAL_MS - now;
  if (waitMs <= 0 || refusedAt <= (sourceSucceededAt ?? -Infinity)) return;
  throw new RateLimitError('the credential was refused a moment ago; it is not tried again so soon', waitMs);
}
