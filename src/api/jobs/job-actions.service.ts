import { Injectable, Logger } from '@nestjs/common';
import { RateLimitError, SourceError, UnavailableError } from '../../domain/errors.js';
import { JobAction } from '../../domain/job.js';
import {
  ActionOutcome,
  JobNotShownError,
  NotPossibleNowError,
  RefreshService,
} from '../../polling/refresh.service.js';
import { JobsService } from './jobs.service.js';
import { Principal } from '../access/principal.js';
import { Problem } from '../http/problem.js';

/** Where a platform or the budget asks for patience without saying how long, seconds. */
const DEFAULT_RETRY_AFTER = 60;

/** The only answers that wait for a platform: a job re-read now, and what was done to one. */
@Injectable()
export class JobActionsService {
  private readonly log = new Logger('Actions');

  constructor(
    private readonly jobs: JobsService,
    private readonly upstream: RefreshService,
  ) {}

  /**
   * @returns the job as JSON text
   * @throws Problem `not-found`, `conflict`, `not-shown`, `too-soon`, `upstream-failed` or `upstream-timeout`
   */
  async refresh(id: string, caller: Principal): Promise<string> {
    await this.jobs.get(id, caller);
    await asked(() => this.upstream.refresh(id));
    return (await this.jobs.get(id, caller)).json;
  }

  /**
   * @returns the job as JSON text, and whether it is what the platform says after the action
   * @throws Problem as {@link refresh} does
   */
  async act(
    id: string,
    action: JobAction,
    caller: Principal,
  ): Promise<{ job: string; outcome: ActionOutcome }> {
    await this.jobs.get(id, caller);
    this.log.log({ job: id, action, by: caller.name, msg: 'action asked for' });
    const outcome = await asked(
      () => this.upstream.act(id, action),
      ' The platform was asked once at most; whether it acted shows when the job is read again.',
    );
    return { job: (await this.jobs.get(id, caller)).json, outcome };
  }
}

/** @param afterFailure said where the platform may have been reached all the same */
async function asked<T>(ask: () => Promise<T>, afterFailure = ''): Promise<T> {
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

/** Messages of a SourceError are about the platform and carry no secret. */
function upstreamProblem(error: SourceError, afterFailure: string): Problem {
  const { kind, message } = error;
  const waits = error instanceof RateLimitError || error instanceof UnavailableError;
  const waitMs = waits ? error.retryAfterMs : null;
  const retryAfter = waitMs === null ? null : Math.max(1, Math.ceil(waitMs / 1000));
  if (kind === 'rate-limited') {
    const headers = { 'retry-after': String(retryAfter ?? DEFAULT_RETRY_AFTER) };
    return new Problem('too-soon', `${message}.`, { kind, headers, cause: error });
  }
  const headers = retryAfter === null ? {} : { 'retry-after': String(retryAfter) };
  const name = kind === 'timeout' ? 'upstream-timeout' : 'upstream-failed';
  return new Problem(name, `${message}.${afterFailure}`, { kind, headers, cause: error });
}
