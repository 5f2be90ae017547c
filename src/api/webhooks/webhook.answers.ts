import { SECRET_OPTIONS } from '../../config/webhook-endpoint.schema.js';
import { Json, JsonObject } from '../../domain/job.js';
import { feedEvent } from '../../feed/feed-event.js';
import { alertJson, alertOf } from '../../feed/webhook-alerts.js';
import { EventCursorCodec } from '../../storage/event-cursor.js';
import { TaggedJson } from '../../storage/job.fields.js';
import { isoFromPg } from '../../storage/pg-time.js';
import { DeliveryDetail, StoredAttempt, StoredDelivery } from '../../storage/webhook-delivery.store.js';
import { StoredWebhook } from '../../storage/webhook.store.js';

/** Endpoints and deliveries as the API shows them. What lets somebody post in our name, or in the endpoint's place, is never among it. */

const HIDDEN = '***';

export function writeWebhook(webhook: StoredWebhook): TaggedJson {
  return tagged(shownWebhook(webhook));
}

export function shownWebhook(webhook: StoredWebhook): JsonObject {
  return {
    id: webhook.id,
    name: webhook.name,
    url: shownUrl(webhook),
    format: webhook.format,
    types: webhook.types && [...webhook.types],
    filter: webhook.filter as unknown as JsonObject,
    includeBackfill: webhook.includeBackfill,
    options: shownOptions(webhook.options),
    resolveAfter: spanText(webhook.resolveAfterMs),
    sources: webhook.sources && [...webhook.sources],
    origin: webhook.origin,
    enabled: webhook.enabled,
    disabledReason: webhook.disabledReason,
    disabledAt: iso(webhook.disabledAt),
    failingSince: iso(webhook.failingSince),
    consecutiveFailures: webhook.consecutiveFailures,
    lastSuccessAt: iso(webhook.lastSuccessAt),
    nextAttemptAt: iso(webhook.nextAttemptAt),
    missedEvents: webhook.missedEvents,
    missedAt: iso(webhook.missedAt),
    replaying: webhook.replaying,
    previousSecretUntil: iso(webhook.previousSecretUntil),
    createdAt: isoFromPg(webhook.createdAt),
    updatedAt: isoFromPg(webhook.updatedAt),
  };
}

/** An address of Slack's is a secret as a whole; of others, what stands in the query may be. */
export function shownUrl({ url, format }: Pick<StoredWebhook, 'url' | 'format'>): string {
  const { origin, pathname, search } = new URL(url);
  if (format === 'slack') return `${origin}/…`;
  return `${origin}${pathname}${search === '' ? '' : '?…'}`;
}

function shownOptions(options: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(options).map(([name, value]) => [name, SECRET_OPTIONS.includes(name) ? HIDDEN : value]),
  );
}

/** As it may be sent back. */
function spanText(ms: number): string {
  const units = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000 };
  const [unit, length] = Object.entries(units).find(([, one]) => ms % one === 0) ?? ['ms', 1];
  return `${ms / length}${unit}`;
}

export function writeDelivery(delivery: StoredDelivery, codec: EventCursorCodec): TaggedJson {
  return tagged(shownDelivery(delivery, codec));
}

export function shownDelivery(delivery: StoredDelivery, codec: EventCursorCodec): JsonObject {
  const { lastAttempt } = delivery;
  return {
    id: delivery.id,
    type: delivery.type,
    state: delivery.state,
    eventId: delivery.position === null ? null : codec.encode(delivery.position),
    jobId: delivery.jobId,
    alert: delivery.alert && alertJson(alertOf(delivery.alert)),
    replay: delivery.replay,
    replayOf: delivery.replayOf,
    attempts: delivery.attempts,
    nextAttemptAt: iso(delivery.nextAttemptAt),
    createdAt: isoFromPg(delivery.createdAt),
    finishedAt: iso(delivery.finishedAt),
    lastAttempt:
      lastAttempt === null ? null : { ...(lastAttempt as JsonObject), at: isoFromPg(lastAttempt.at) },
  };
}

/** With its tries, and the event that it tells of. */
export function writeDeliveryDetail(detail: DeliveryDetail, codec: EventCursorCodec): TaggedJson {
  const event =
    detail.event === null ? detail.body : (JSON.parse(feedEvent(detail.event, codec).json) as Json);
  return tagged({ ...shownDelivery(detail, codec), event, tries: detail.tries.map(shownAttempt) });
}

function shownAttempt(attempt: StoredAttempt): JsonObject {
  const { number, at, durationMs, status, error } = attempt;
  return {
    number,
    at: isoFromPg(at),
    durationMs,
    error,
    request: { headers: attempt.requestHeaders, bytes: attempt.requestBytes },
    response:
      status === null ? null : { status, headers: attempt.responseHeaders ?? {}, body: attempt.responseBody },
  };
}

function iso(text: string | null): string | null {
  return text === null ? null : isoFromPg(text);
}

function tagged(shown: JsonObject): TaggedJson {
  const json = JSON.stringify(shown);
  return { json, stable: json };
}
