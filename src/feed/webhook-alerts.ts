import { createHash } from 'node:crypto';
import { Instant, JsonObject } from '../domain/job.js';
import { AlertKind } from '../domain/webhook.js';
import { StoredEvent } from '../storage/event.feed.js';
import { OpenAlert } from '../storage/webhook.turn.js';
import { WebhookAlert } from './webhook-notification.js';

const MAX_KEY = 200;

/** The alert that an event is a matter of: its key, and what the event says of it. */
export interface AlertNews {
  key: string;
  kind: AlertKind;
  source: string;
  type: string | null;
  /** The expectation's name; null of the other kinds. */
  rule: string | null;
  /** `trigger`: it fires, or goes on firing. `resolve`: it is over, if it was open. */
  action: 'trigger' | 'resolve';
  /** Where the run stands among those of its type; null: nobody knows, or it is an outage. */
  runAt: Instant | null;
}

/** What an event does to alerts; null: nothing. */
export function alertNews(event: StoredEvent): AlertNews | null {
  if (event.source === null) return null;
  switch (event.type) {
    case 'source.health':
      return outageNews(event, event.source);
    case 'alert.firing':
    case 'alert.resolved':
      return expectationNews(event, event.source);
    default:
      return jobNews(event, event.source);
  }
}

/** Failing, or behind: nobody looks. Somebody who pauses a source knows that. */
function outageNews({ body }: StoredEvent, source: string): AlertNews {
  const isOut =
    body['health'] === 'failing' || (body['health'] === 'degraded' && body['reason'] === 'behind');
  return {
    key: `source/${source}`,
    kind: 'source',
    source,
    type: null,
    rule: null,
    action: isOut ? 'trigger' : 'resolve',
    runAt: null,
  };
}

function jobNews({ type: eventType, to, body }: StoredEvent, source: string): AlertNews | null {
  if (eventType !== 'job.discovered' && eventType !== 'job.transitioned') return null;
  const isBad = to === 'failed' || to === 'missed';
  if (!isBad && to !== 'succeeded') return null;
  const type = typeof body['type'] === 'string' ? body['type'] : null;
  return {
    key: keyOf('job', source, type),
    kind: 'job',
    source,
    type,
    rule: null,
    action: isBad ? 'trigger' : 'resolve',
    runAt: runAt(body),
  };
}

/** Of one job that breaks it, or of all jobs of a type, or of several types. */
function expectationNews({ type: eventType, jobId, body }: StoredEvent, source: string): AlertNews {
  const { name: rule, type } = body['alert'] as { name: string; type: string | null };
  return {
    key: keyOf('expectation', rule, source, jobId ?? type),
    ...{ kind: 'expectation', source, type, rule },
    action: eventType === 'alert.firing' ? 'trigger' : 'resolve',
    runAt: null,
  };
}

function keyOf(...parts: (string | null)[]): string {
  const key = parts.filter((part) => part !== null).join('/');
  if (key.length <= MAX_KEY) return key;
  const hash = createHash('sha256').update(key).digest('base64url');
  return `${key.slice(0, MAX_KEY - hash.length - 1).toWellFormed()}/${hash}`;
}

/** Runs of a type in their order: as `latest` has them, and where the platform does not say when they were made, as they began. */
function runAt(job: Record<string, unknown>): Instant | null {
  for (const name of ['createdAt', 'startedAt', 'scheduledFor', 'finishedAt']) {
    const at = job[name];
    if (typeof at === 'string') return Date.parse(at);
  }
  return null;
}

/**
 * What becomes of an alert.
 *
 * @param open as it is now; null: it is not open
 * @returns the alert as it is told and as it is kept (null: no more); null: nothing is told
 */
export function alertAfter(
  news: AlertNews,
  open: OpenAlert | null,
  event: StoredEvent,
  { at, now, resolveAfterMs }: { at: Instant; now: Instant; resolveAfterMs: number },
): { told: WebhookAlert; kept: OpenAlert | null } | null {
  const { key, kind, source, type } = news;
  if (news.action === 'trigger') {
    const kept: OpenAlert = {
      ...{ key, kind, source, type },
      firedAt: open?.firedAt ?? at,
      position: event.position,
      eventAt: event.at,
      eventType: event.type,
      jobId: event.jobId,
      // an older run that fails late must not let the success of a run before the last failed one resolve it
      runAt: latest(open?.runAt ?? null, news.runAt),
      resolveAt: kind === 'job' ? now + resolveAfterMs : null,
    };
    return { told: toldAlert(kept, news.rule, 'trigger', null), kept };
  }
  if (open === null || (kind === 'job' && !isLater(news, open, event))) return null;
  return { told: toldAlert(open, news.rule, 'resolve', OVER_BECAUSE[kind]), kept: null };
}

const OVER_BECAUSE = { job: 'succeeded', source: 'recovered', expectation: 'kept' } as const;

/** An alert of which nothing was heard for so long that it ends: only those of jobs do. */
export function expiredAlert(open: OpenAlert): WebhookAlert {
  return toldAlert(open, null, 'resolve', 'expired');
}

/** The same job that was run again, or a run that is no older; where nobody knows their order, what was told later. */
function isLater(news: AlertNews, open: OpenAlert, event: StoredEvent): boolean {
  if (event.jobId === open.jobId || news.runAt === null || open.runAt === null) return true;
  return news.runAt >= open.runAt;
}

function latest(one: Instant | null, other: Instant | null): Instant | null {
  return one === null || other === null ? (one ?? other) : Math.max(one, other);
}

function toldAlert(
  { key, kind, source, type, jobId, firedAt, resolveAt }: OpenAlert,
  rule: string | null,
  action: WebhookAlert['action'],
  because: WebhookAlert['because'],
): WebhookAlert {
  return {
    ...{ key, action, kind, source, type, rule },
    jobId: kind === 'expectation' ? jobId : null,
    firedAt: new Date(firedAt).toISOString(),
    resolveAt: action === 'resolve' || resolveAt === null ? null : new Date(resolveAt).toISOString(),
    because,
  };
}

/** As it is kept in a delivery. */
export function alertJson(alert: WebhookAlert): JsonObject {
  return { ...alert };
}

/** As a delivery kept it. */
export function alertOf(json: JsonObject): WebhookAlert {
  // deliveries that were made before expectations had alerts lack these
  const kept = json as unknown as Omit<WebhookAlert, 'rule' | 'jobId'> & Partial<WebhookAlert>;
  return { ...kept, rule: kept.rule ?? null, jobId: kept.jobId ?? null };
}
