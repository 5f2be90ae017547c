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
import { WebhookDisabledReason, WorkedWebhook } from '../storage/webhook.store.js';
import { DeliveryOutcome, EndpointHealth, WebhookTurn } from '../storage/webhook.turn.js';
import { RENDERERS } from './webhook-formats/index.js';
import { MessageTooLargeError, notificationOf, renderWithin } from './webhook-message.js';
import { RenderedRequest, WebhookNotification } from './webhook-notification.js';
import { WebhookPlanner } from './webhook-planner.js';
import { SentAttempt, judge } from './webhook-retry.js';
import { TryCutOffError, WebhookSender } from './webhook-sender.js';
import { signatureHeaders } from './webhook-signature.js';

/** Requests to one endpoint at a time. */
const CONCURRENCY = 8;

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

/**
 * Works one endpoint as long as its lease lasts: makes deliveries of what the feed tells, sends the first of each lane, several at a time,
 * and notes what became of them, those that ended meanwhile in one transaction.
 */
export class WebhookWorker {
  private readonly log = new Logger('Webhooks');
  private readonly inFlight = new Map<string, Promise<void>>();
  private ended: Ended[] = [];
  private isStopping = false;
  /** There may be something in the feed that no deliveries were made of. */
  private mayPlan = true;
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
    this.validUntil = validUntil;
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
    if (this.mayPlan) {
      this.mayPlan = false;
      this.mayPlan = (await this.tools.planner.plan(this.lease)) || this.mayPlan;
    }
    const started = await this.start();
    return settled || this.mayPlan || started > 0;
  }

  /** @returns how many were begun */
  private async start(): Promise<number> {
    const { dispatch, cursors } = this.tools;
    if (this.inFlight.size >= CONCURRENCY) return 0;
    const webhook = await dispatch.read(this.lease);
    const isDown = webhook.consecutiveFailures >= DOWN_AFTER;
    const free = (isDown ? 1 : CONCURRENCY) - this.inFlight.size;
    const isHeldBack = webhook.nextAttemptAt !== null && fromPg(webhook.nextAttemptAt) > webhook.now;
    if (!webhook.enabled || isHeldBack || free <= 0) return 0;
    const { deliveries, now } = await dispatch.due(webhook.id, free, [...this.inFlight.keys()], isDown);
    const codec = await cursors.codec();
    const read = performance.now();
    for (const delivery of deliveries) {
      const notification = notificationOf(delivery, codec);
      const work = this.deliver(webhook, delivery, notification, now + (performance.now() - read));
      this.inFlight.set(delivery.id, work);
    }
    return deliveries.length;
  }

  /** Never throws: what went wrong with it is noted with it. */
  private async deliver(
    webhook: WorkedWebhook,
    delivery: DueDelivery,
    notification: WebhookNotification | null,
    at: Instant,
  ): Promise<void> {
    try {
      const attempt = notification === null ? null : await this.send(webhook, notification, Math.floor(at));
      this.ended.push({ delivery, attempt });
    } catch (error) {
      this.inFlight.delete(delivery.id);
      if (!(error instanceof TryCutOffError))
        this.log.error({ err: error, delivery: delivery.id, msg: 'a delivery could not be tried' });
    }
    this.goOn();
  }

  private async send(
    webhook: WorkedWebhook,
    notification: WebhookNotification,
    at: Instant,
  ): Promise<SentAttempt> {
    const rendered = rendering(webhook, notification);
    if (rendered instanceof Error) return unsendable(rendered, at);
    const secrets = [webhook.secret, webhook.previousSecret].filter((secret) => secret !== null);
    // another process may work the endpoint by now
    if (performance.now() > this.validUntil) throw new TryCutOffError();
    return this.tools.sender.send(
      {
        url: rendered.url ?? webhook.url,
        headers: {
          'content-type': 'application/json',
          'user-agent': 'Rollcall',
          ...rendered.headers,
          ...signatureHeaders(notification.deliveryId, at, rendered.body, secrets),
        },
        body: rendered.body,
        secrets: [...secrets, ...textsOf(webhook.options)],
      },
      at,
    );
  }

  /** @returns whether anything was over */
  private async settle(): Promise<boolean> {
    const ended = this.ended;
    if (ended.length === 0) return false;
    await this.tools.dispatch.turn(this.lease, (turn) => this.note(turn, ended));
    this.ended = this.ended.slice(ended.length);
    for (const { delivery } of ended) this.inFlight.delete(delivery.id);
    return true;
  }

  private async note(turn: WebhookTurn, ended: readonly Ended[]): Promise<void> {
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
    await turn.saveHealth(health, recovered);
    if (reasons[0] !== undefined) await turn.disable(reasons[0]);
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

function rendering(webhook: WorkedWebhook, notification: WebhookNotification): RenderedRequest | Error {
  try {
    return renderWithin(RENDERERS[webhook.format], notification, webhook);
  } catch (error) {
    return error as Error;
  }
}

/** Of what cannot be written, nothing is sent: another try would write the same. */
function unsendable(error: Error, at: Instant): SentAttempt {
  const message =
    error instanceof MessageTooLargeError
      ? error.message
      : `cannot be written: ${error.message.slice(0, 500)}`;
  return {
    at,
    durationMs: 0,
    status: null,
    error: { kind: 'request', message },
    requestHeaders: {},
    requestBytes: 0,
    responseHeaders: null,
    responseBody: null,
    retryAfterMs: null,
    isHopeless: true,
  };
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

/** Texts of options that may be secrets: short ones are words of every answer. */
function textsOf(options: WorkedWebhook['options']): string[] {
  return Object.values(options).filter(
    (value) => typeof value === 'string' && value.length >= 16,
  ) as string[];
}
