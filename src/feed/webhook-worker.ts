import { Logger } from '@nestjs/common';
import { Instant } from '../domain/job.js';
import { EventCursors } from '../storage/event-cursor.js';
import { fromPg } from '../storage/pg-time.js';
import {
  DOWN_AFTER,
  DueDelivery,
  WebhookDispatchStore,
  WebhookLease,
  WebhookLeaseLostError,
} from '../storage/webhook-dispatch.store.js';
import { WebhookDisabledReason } from '../storage/webhook.store.js';
import { WorkedWebhook } from '../storage/webhook.worked.js';
import { DeliveryOutcome, EndpointHealth, WebhookTurn } from '../storage/webhook.turn.js';
import { notificationOf } from './webhook-message.js';
import { WebhookPlanner } from './webhook-planner.js';
import { SentAttempt, judge } from './webhook-retry.js';
import { TryCutOffError, WebhookSender } from './webhook-sender.js';
import { faulty, tryOnce } from './webhook-try.js';

/** Requests to one endpoint at a time. */
const CONCURRENCY = 8;
/** Deliveries that are read before their turn, so that no request waits for the database. With half of them left the next are read. */
const AHEAD = 64;
/** Deliveries that may be over without being noted, beside those that are on their way. */
const MAX_UNNOTED = 32;
/** What a process that is killed sends again of an endpoint that it worked, at most. */
export const MOST_REPEATED = CONCURRENCY + MAX_UNNOTED;
/** So many deliveries of an endpoint may wait. What comes after them stays in the feed until there is room. */
const MAX_WAITING = 10_000;

export interface WorkerTools {
  dispatch: WebhookDispatchStore;
  planner: WebhookPlanner;
  sender: WebhookSender;
  cursors: EventCursors;
  /** 0 to 1. */
  random: () => number;
}

/** A try that is over. Null: there was nothing to deliver any more. */
interface Ended {
  delivery: DueDelivery;
  attempt: SentAttempt | null;
}

/** The endpoint as it was read last, and when that was (of `performance.now()`). */
interface Seen {
  webhook: WorkedWebhook;
  at: number;
}

/**
 * Works one endpoint as long as its lease lasts: makes deliveries of what the feed tells, sends the first of each lane, several at a time,
 * and notes what became of them, those that ended meanwhile in one transaction.
 */
export class WebhookWorker {
  private readonly log = new Logger('Webhooks');
  private seen: Seen | null = null;
  /** Of lanes of which nothing else is sent or waits to be noted. */
  private ahead: DueDelivery[] = [];
  private readonly inFlight = new Map<string, Promise<void>>();
  /** To be noted. */
  private ended: Ended[] = [];
  /** Deliveries that wait; null: to be counted. Those that the API makes one by one are left out. */
  private waiting: number | null = null;
  /** There may be something in the feed that no deliveries were made of. */
  private mayPlan = true;
  private isStopping = false;
  private isRoused = false;
  private rouse: (() => void) | null = null;
  private readonly running: Promise<void>;

  /** @param validUntil (of `performance.now()`) what is sent begins before then: the lease may be another's afterwards */
  constructor(
    readonly lease: WebhookLease,
    private readonly tools: WorkerTools,
    private validUntil: number,
  ) {
    this.running = this.run();
  }

  /** It has lost its lease, or was told to stop. */
  get isOver(): boolean {
    return this.isStopping;
  }

  renewed(validUntil: number): void {
    const wasOver = performance.now() > this.validUntil;
    this.validUntil = validUntil;
    if (wasOver) this.goOn();
  }

  /** There may be something to do, in the feed too. */
  wake(): void {
    this.mayPlan = true;
    this.goOn();
  }

  /** Begins nothing more. What is on its way comes to its end. */
  stop(): Promise<void> {
    this.isStopping = true;
    this.wake();
    return this.running;
  }

  private async run(): Promise<void> {
    let failed = false;
    for (let more = true; !this.isStopping;) {
      if (!more) await this.rest();
      this.isRoused = false;
      try {
        more = await this.step();
        failed = false;
      } catch (error) {
        more = false;
        this.waiting = null;
        if (error instanceof WebhookLeaseLostError) this.isStopping = true;
        else if (!failed)
          this.log.error({ err: error, msg: 'an endpoint could not be worked; trying again' });
        failed = true;
      }
    }
    await Promise.all(this.inFlight.values());
    await this.settleLast();
  }

  /** @returns whether there is more at once */
  private async step(): Promise<boolean> {
    const settled = await this.settle();
    if (!settled) this.see(await this.tools.dispatch.read(this.lease));
    this.begin();
    const planned = await this.plan();
    const taken = await this.take();
    this.begin();
    return settled || planned || taken > 0;
  }

  private see(webhook: WorkedWebhook): void {
    this.seen = { webhook, at: performance.now() };
  }

  /** @returns whether there is more at once */
  private async plan(): Promise<boolean> {
    const { webhook } = this.seen!;
    if (!this.mayPlan || !webhook.enabled) return false;
    this.waiting ??= await this.tools.dispatch.waiting(webhook.id, MAX_WAITING);
    if (this.waiting >= MAX_WAITING) return false;
    this.mayPlan = false;
    const { made, more } = await this.tools.planner.plan(this.lease, webhook);
    this.waiting += made;
    this.mayPlan ||= more;
    return more;
  }

  /** Reads what comes next. @returns how many */
  private async take(): Promise<number> {
    if (!this.isOpen) {
      this.ahead = [];
      return 0;
    }
    if (this.isDown) {
      this.ahead = [];
      if (this.inFlight.size + this.ended.length > 0) return 0;
    }
    const most = this.isDown ? 1 : AHEAD - this.ahead.length;
    if (most <= AHEAD / 2 && !this.isDown) return 0;
    const known = [...this.ahead, ...this.ended.map(({ delivery }) => delivery)].map(({ id }) => id);
    const except = [...known, ...this.inFlight.keys()];
    const { dispatch, cursors } = this.tools;
    // an installation whose key cannot be read sends nothing
    await cursors.codec();
    const due = await dispatch.due(this.lease.id, most, except, this.isDown);
    this.ahead.push(...due);
    return due.length;
  }

  private begin(): void {
    for (let room = this.room; room > 0 && this.ahead.length > 0; room--) {
      const delivery = this.ahead.shift()!;
      this.inFlight.set(delivery.id, this.deliver(this.seen!.webhook, delivery, this.now));
    }
  }

  /** How many requests may begin now. */
  private get room(): number {
    if (this.isStopping || performance.now() > this.validUntil || !this.isOpen) return 0;
    // a failure may change what comes next: it is noted before anything else begins
    if (this.ended.some(({ attempt }) => attempt !== null && attempt.error !== null)) return 0;
    if (this.isDown) return 1 - this.inFlight.size - this.ended.length;
    return this.ended.length < MAX_UNNOTED ? CONCURRENCY - this.inFlight.size : 0;
  }

  /** Database time. */
  private get now(): Instant {
    const { webhook, at } = this.seen!;
    return Math.floor(webhook.now + performance.now() - at);
  }

  private get isOpen(): boolean {
    if (this.seen === null) return false;
    const { enabled, nextAttemptAt } = this.seen.webhook;
    return enabled && (nextAttemptAt === null || fromPg(nextAttemptAt) <= this.now);
  }

  private get isDown(): boolean {
    return this.seen!.webhook.consecutiveFailures >= DOWN_AFTER;
  }

  /** Never throws: what went wrong with it is noted with it. */
  private async deliver(webhook: WorkedWebhook, delivery: DueDelivery, at: Instant): Promise<void> {
    const { sender, cursors } = this.tools;
    try {
      const notification = notificationOf(delivery, await cursors.codec());
      const attempt = notification === null ? null : await tryOnce(sender, webhook, notification, at);
      this.ended.push({ delivery, attempt });
    } catch (error) {
      // one that was cut off is sent again by whoever works the endpoint next
      if (!(error instanceof TryCutOffError)) {
        this.log.error({ err: error, delivery: delivery.id, msg: 'a delivery could not be tried' });
        this.ended.push({ delivery, attempt: faulty(at) });
      }
    }
    this.inFlight.delete(delivery.id);
    this.begin();
    this.goOn();
  }

  /** @returns whether anything was over */
  private async settle(): Promise<boolean> {
    // what ends from here on is noted the next time
    const ended = [...this.ended];
    if (ended.length === 0) return false;
    let over = 0;
    const webhook = await this.tools.dispatch.turn(this.lease, async (turn) => {
      over = await this.note(turn, ended);
      return turn.webhook;
    });
    this.ended = this.ended.slice(ended.length);
    if (this.waiting !== null) this.waiting = Math.max(0, this.waiting - over);
    this.see(webhook);
    return true;
  }

  /** @returns how many wait no more */
  private async note(turn: WebhookTurn, ended: readonly Ended[]): Promise<number> {
    const { webhook } = turn;
    const outcomes: DeliveryOutcome[] = [];
    const reasons: WebhookDisabledReason[] = [];
    let health = healthOf(webhook);
    let recovered = false;
    for (const { delivery, attempt } of ended) {
      if (attempt === null) {
        outcomes.push(skipped(delivery, webhook.now));
        continue;
      }
      const after = judge(health, delivery, attempt, webhook.now, this.tools.random());
      outcomes.push(after.outcome);
      if (after.disable !== null) reasons.push(after.disable);
      recovered ||= after.recovered;
      ({ health } = after);
    }
    await turn.settle(outcomes);
    await turn.miss(outcomes.filter(({ state }) => state === 'skipped').length);
    await turn.saveHealth(health, recovered);
    if (reasons[0] !== undefined) await turn.disable(reasons[0]);
    return outcomes.filter(({ state }) => state !== 'pending').length;
  }

  /** What was sent is noted, so that nobody sends it again; when that fails it is sent again, which a receiver must expect. */
  private async settleLast(): Promise<void> {
    try {
      await this.settle();
    } catch (error) {
      if (!(error instanceof WebhookLeaseLostError))
        this.log.warn({ err: error, msg: 'what was sent last could not be noted; it is sent again' });
    }
  }

  private goOn(): void {
    this.isRoused = true;
    this.rouse?.();
  }

  private async rest(): Promise<void> {
    if (this.isRoused) return;
    await new Promise<void>((resolve) => (this.rouse = resolve));
    this.rouse = null;
  }
}

function skipped(delivery: DueDelivery, now: Instant): DeliveryOutcome {
  return {
    id: delivery.id,
    lane: delivery.lane,
    attempts: delivery.attempts,
    attempt: null,
    state: 'skipped',
    nextAttemptAt: now,
    firstAttemptAt: null,
    aloneSince: null,
  };
}

function healthOf(webhook: WorkedWebhook): EndpointHealth {
  const time = (text: string | null) => (text === null ? null : fromPg(text));
  return {
    failingSince: time(webhook.failingSince),
    lastSuccessAt: time(webhook.lastSuccessAt),
    consecutiveFailures: webhook.consecutiveFailures,
    lastFailureAt: time(webhook.lastFailureAt),
    nextAttemptAt: time(webhook.nextAttemptAt),
  };
}
