import { createHash } from 'node:crypto';
import { Instant, JsonObject } from '../domain/job.js';
import { StoredEvent } from '../storage/event.feed.js';
import { OpenAlert } from '../storage/webhook.turn.js';
import { WebhookAlert } from './webhook-notification.js';

const MAX_KEY = 200;

/** The alert that an event is a matter of: its key, and what the event says of it. */
export interface AlertNews {
  key: string;
  kind: 'job' | 'source';
  source: string;
  type: string | null;
  /** `trigger`: it fires, or goes on firing. `resolve`: it is over, if it was open. */
  action: 'trigger' | 'resolve';
  /** Where the run stands among those of its type; null: nobody knows, or it is an outage. */
  runAt: Instant | null;
}

/** What an event does to alerts; null: nothing. */
export function alertNews(event: StoredEvent): AlertNews | null {
  if (event.source === null) return null;
  return event.type === 'source.health' ? outageNews(event, event.source) : jobNews(event, event.source);
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
    key: keyOf(source, type),
    kind: 'job',
    source,
    type,
    action: isBad ? 'trigger' : 'resolve',
    runAt: runAt(body),
  };
}

function keyOf(source: string, type: string | null): string {
  const key = type === null ? `job/${source}` : `job/${source}/${type}`;
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
      resolveAt: kind === 'source' ? null : now + resolveAfterMs,
    };
    return { told: toldAlert(kept, 'trigger', null), kept };
  }
  if (open === null || (kind === 'job' && !isLater(news, open, event))) return null;
  return { told: toldAlert(open, 'resolve', kind === 'source' ? 'recovered' : 'succeeded'), kept: null };
}

/** An alert of which nothing was heard for so long that it ends. */
export function expiredAlert(open: OpenAlert): WebhookAlert {
  return toldAlert(open, 'resolve', 'expired');
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
  { key, kind, source, type, firedAt, resolveAt }: OpenAlert,
  action: WebhookAlert['action'],
  because: WebhookAlert['because'],
): WebhookAlert {
  return {
    ...{ key, action, kind, source, type },
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
  return json as unknown as WebhookAlert;
}
