import { Injectable, Logger, OnApplicationBootstrap, OnModuleDestroy } from '@nestjs/common';
import { Interval } from '@nestjs/schedule';
import { setTimeout as sleep } from 'node:timers/promises';
import { PollService } from './poll.service.js';

/** How long no due sources are looked for at least, and how much longer at most, milliseconds. */
const LOOK_AGAIN_MS = { least: 250, spread: 500 };

/** Polls at one time in one process. They wait for upstreams most of the time. */
const MAX_POLLS = 32;

/** While more sources are due than there is room for, they are looked for as soon as there is room for so many. */
const ROOM_FOR_MORE = MAX_POLLS / 2;

/** How often health that follows from the time is looked at, milliseconds. It is counted in minutes. */
const HEALTH_EVERY_MS = 5_000;

const PRUNE_EVERY_MS = 3_600_000;

/**
 * Milliseconds until due sources are looked for again. Random, because whoever looks first has what is due: of several pollers that look
 * at one fixed pace, one that looks just behind another would find nothing for as long as both run.
 *
 * @param random 0 to 1
 */
export function lookAgainMs(random: number): number {
  return LOOK_AGAIN_MS.least + random * LOOK_AGAIN_MS.spread;
}

/** The tick that claims what is due. The database says what that is; this process keeps no timetable. */
@Injectable()
export class SchedulerService implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly log = new Logger('Scheduler');
  private readonly stopping = new AbortController();
  private ticking: Promise<void> = Promise.resolve();
  /** Cuts the rest between two looks short. */
  private room = new AbortController();
  /** The last look found as many as there was room for. */
  private mayMoreBeDue = false;
  private reconciled = false;

  constructor(private readonly polls: PollService) {}

  async onApplicationBootstrap(): Promise<void> {
    await this.polls.reconcile();
    this.reconciled = true;
    this.ticking = this.run();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    this.room.abort();
    await this.ticking;
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    for (await this.rest(); !signal.aborted; await this.rest()) await this.tick();
  }

  private async rest(): Promise<void> {
    if (this.stopping.signal.aborted) return;
    this.room = new AbortController();
    const { signal } = this.room;
    await sleep(lookAgainMs(Math.random()), undefined, { signal }).catch(() => undefined);
  }

  /** A poll has ended. */
  private readonly goOn = (): void => {
    if (this.mayMoreBeDue && MAX_POLLS - this.polls.underWay >= ROOM_FOR_MORE) this.room.abort();
  };

  private async tick(): Promise<void> {
    try {
      this.mayMoreBeDue = await this.polls.pollDue(MAX_POLLS, this.goOn);
    } catch (error) {
      // The database is away; the next tick asks again, for ever.
      this.log.error({ err: error, msg: 'could not look for due sources' });
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
