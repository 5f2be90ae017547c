import { Injectable, Logger } from '@nestjs/common';
import { JobAction } from '../../domain/job.js';
import { ActionOutcome, RefreshService } from '../../polling/refresh.service.js';
import { JobsService } from './jobs.service.js';
import { Principal } from '../access/principal.js';
import { asked } from '../http/upstream-problem.js';

/** Answers that wait for a platform: a job re-read now, and what was done to one. */
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
