import { RateLimitError, SourceError, UnavailableError } from '../../domain/errors.js';
import { JobNotShownError, NotPossibleNowError } from '../../polling/refresh.service.js';
import { Problem, ProblemDocument } from './problem.js';

/** Where a platform or the budget asks for patience without saying how long, seconds. */
const DEFAULT_RETRY_AFTER = 60;

/**
 * Asks a platform on behalf of a request.
 *
 * @param afterFailure said where the platform may have been reached all the same
 * @throws Problem `conflict`, `not-shown`, `too-soon`, `upstream-failed` or `upstream-timeout`
 */
export async function asked<T>(ask: () => Promise<T>, afterFailure = ''): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof NotPossibleNowError) throw new Problem('conflict', error.message);
    if (error instanceof JobNotShownError)
      throw new Problem('not-shown', `${error.message}; only a complete sweep proves that it is gone.`);
    if (error instanceof SourceError) throw upstreamProblem(error, afterFailure);
    throw error;
  }
}

/** Messages of a SourceError are about the platform and carry no secret. @param requests what was asked of it, as far as that is known */
export function upstreamProblem(
  error: SourceError,
  afterFailure = '',
  requests?: ProblemDocument['requests'],
): Problem {
  const { kind, message } = error;
  const waits = error instanceof RateLimitError || error instanceof UnavailableError;
  const waitMs = waits ? error.retryAfterMs : null;
  const retryAfter = waitMs === null ? null : Math.max(1, Math.ceil(waitMs / 1000));
  if (kind === 'rate-limited') {
    const headers = { 'retry-after': String(retryAfter ?? DEFAULT_RETRY_AFTER) };
    return new Problem('too-soon', `${message}.`, { kind, requests, headers, cause: error });
  }
  const headers = retryAfter === null ? {} : { 'retry-after': String(retryAfter) };
  const name = kind === 'timeout' ? 'upstream-timeout' : 'upstream-failed';
  return new Problem(name, `${message}.${afterFailure}`, { kind, requests, headers, cause: error });
}
