import { Inject, Injectable, Logger, OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { CONFIG, Config } from '../config/config.js';
import { Instant } from '../domain/job.js';
import { Database } from '../storage/database.js';
import { EventPartitions, shownForMs } from '../storage/event.partitions.js';
import { JobRetention, RemovedBatch } from '../storage/job.retention.js';
import { NotNowError } from '../storage/retention.turn.js';

/** Between two rounds, milliseconds; up to so much is added by chance, so that processes which start together part. */
const EVERY_MS = 300_000;
const JITTER_MS = 60_000;
/** Until the first round, and until the next one when something was in the way. */
const SOON_MS = 20_000;
/** Rounds in a row in which a part was put off, until somebody is told: some minutes. */
const TELL_EVERY = 10;

/** What one round removed, and whether it did all there was to do. */
export interface RetentionRound {
  jobs: number;
  payloads: number;
  /** One by one, where there is no partition that could be dropped. */
  events: number;
  partitions: number;
  /** Removed jobs that are not even remembered any more. */
  forgotten: number;
  /** Somebody was in the way of a part of it: who does the same, or will be gone soon. */
  isPutOff: boolean;
}

type Removed = Exclude<keyof RetentionRound, 'isPutOff'>;

/**
 * Removes what is older than the configuration says, and makes the partitions of the days to come. In small transactions, one at a time
 * among all processes, and with as long a pause after each as it took: polls go first. A kill at any point costs one of them.
 */
@Injectable()
export class RetentionService implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly log = new Logger('Retention');
  private readonly stopping = new AbortController();
  private readonly jobs: JobRetention;
  private readonly partitions: EventPartitions;
  private running: Promise<void> = Promise.resolve();
  /** By part: in how many rounds in a row locks or statements took longer than its patience. */
  private readonly putOff = new Map<string, number>();

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly database: Database,
  ) {
    this.jobs = new JobRetention(database);
    this.partitions = new EventPartitions(database);
  }

  onApplicationBootstrap(): void {
    this.running = this.runForEver();
  }

  async onApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** One round over everything. What fails is logged, and keeps nothing else from being done. */
  async round(): Promise<RetentionRound> {
    const { jobsMs, payloadsMs, eventsMs } = this.config.retention;
    const round: RetentionRound = {
      ...{ jobs: 0, payloads: 0, events: 0, partitions: 0, forgotten: 0 },
      isPutOff: false,
    };
    const attempt = (what: string, work: (now: Instant) => Promise<void>) => this.attempt(what, work, round);
    const remove = (what: Removed, batch: (now: Instant) => Promise<RemovedBatch>) =>
      attempt(`remove ${what}`, (now) => this.inBatches(round, what, () => batch(now)));

    // first: an event without a partition of its own costs more to remove
    await attempt('make partitions', async (now) => {
      const areAllThere = await this.partitions.make(eventsMs, now);
      if (!areAllThere)
        this.log.warn('the default partition has the events of a day: they stay there until their age');
    });
    await remove('partitions', (now) => this.partitions.dropPast(eventsMs, now));
    await remove('events', (now) => this.partitions.removeOld(eventsMs, now));
    await remove('jobs', () => this.jobs.removeJobs(jobsMs));
    await remove('payloads', () => this.jobs.removePayloads(payloadsMs));
    // remembered for as long as the feed may show them, at least
    await remove('forgotten', () => this.jobs.forgetRemoved(Math.max(jobsMs, shownForMs(eventsMs))));
    return round;
  }

  private async runForEver(): Promise<void> {
    const { signal } = this.stopping;
    for (let isSoon = true; !signal.aborted;) {
      const pauseMs = (isSoon ? SOON_MS : EVERY_MS) + Math.random() * (isSoon ? SOON_MS : JITTER_MS);
      await sleep(pauseMs, undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted) return;
      const { isPutOff, ...done } = await this.round();
      if (Object.values(done).some((count) => count > 0))
        this.log.log({ ...done, msg: 'removed what is old' });
      isSoon = isPutOff;
    }
  }

  private async attempt(
    what: string,
    work: (now: Instant) => Promise<void>,
    round: RetentionRound,
  ): Promise<void> {
    if (this.stopping.signal.aborted) return;
    try {
      await work(await this.database.now());
      this.putOff.delete(what);
    } catch (error) {
      if (!(error instanceof NotNowError)) {
        this.log.error({ err: error, msg: `could not ${what}` });
        return;
      }
      round.isPutOff = true;
      if (error.isOthersTurn) return;
      const rounds = (this.putOff.get(what) ?? 0) + 1;
      this.putOff.set(what, rounds);
      if (rounds % TELL_EVERY === 0)
        this.log.warn({ rounds, reason: error.message, msg: `could not ${what} for some time` });
    }
  }

  private async inBatches(
    round: RetentionRound,
    what: Removed,
    remove: () => Promise<RemovedBatch>,
  ): Promise<void> {
    const { signal } = this.stopping;
    for (;;) {
      const begun = performance.now();
      const { removed, isLast } = await remove();
      round[what] += removed;
      if (isLast || signal.aborted) return;
      await sleep(performance.now() - begun, undefined, { signal }).catch(() => undefined);
    }
  }
}
