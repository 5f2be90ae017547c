import { Injectable, Logger, OnApplicationBootstrap } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { PollService } from './poll.service.js';

/** How often due sources are looked for, milliseconds. */
const TICK_MS = 500;

/** Polls at one time in one process. They wait for upstreams most of the time. */
const MAX_POLLS = 32;

/** How often health that follows from the time is looked at, milliseconds. It is counted in minutes. */
const HEALTH_EVERY_MS = 5_000;

const PRUNE_EVERY_MS = 3_600_000;

/** The tick that claims what is due. The database says what that is; this process keeps no timetable. */
@Injectable()
export class SchedulerService implements OnApplicationBootstrap {
  private readonly log = new Logger('Scheduler');
  private ticking = false;
  private reconciled = false;

  constructor(private readonly polls: PollService) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.polls.reconcile();
    this.reconciled = true;
  }

  @Interval(TICK_MS)
  async tick(): Promise<void> {
    if (this.ticking || !this.reconciled) return;
    this.ticking = true;
    try {
      await this.polls.pollDue(MAX_POLLS);
    } catch (error) {
      // The database is away; the next tick asks again, for ever.
      this.log.error({ err: error, msg: 'could not look for due sources' });
    } finally {
      this.ticking = false;
    }
  }

  @Interval(HEALTH_EVERY_MS)
  async tellHealth(): Promise<void> {
    if (!this.reconciled) return;
    try {
      await this.polls.tellHealth();
    } catch (error) {
      this.log.error({ err: error, msg: 'could not look for health that changed' });
    }
  }

  @Interval(PRUNE_EVERY_MS)
  async prune(): Promise<void> {
    try {
      await this.polls.prune();
    } catch (error) {
      this.log.error({ err: error, msg: 'could not prune the poll history' });
    }
  }
}
