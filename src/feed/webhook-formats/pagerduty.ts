import { Json, JsonObject } from '../../domain/job.js';
import { WebhookAlert, WebhookRenderer } from '../webhook-notification.js';
import { cut, errorOf, headline, linksOf, messageOf, oneLine, tellingOf, textOf } from './words.js';

/** Of `payload.summary` (PagerDuty, "PD-CEF"; read 2026-11). */
const MAX_SUMMARY = 1_024;
/** Of `dedup_key`. An alert's key has at most 200. */
const MAX_KEY = 255;
/** PagerDuty takes 512 KB; what is for people need not be long. */
const MAX_TEXT = 255;
const MAX_ERROR = 8_192;
/** Of the job's attributes as JSON; longer ones are left out. */
const MAX_ATTRIBUTES = 16_384;

/** An event of PagerDuty's Events API v2. `options`: `routingKey` and `severity`. */
export const renderPagerDuty: WebhookRenderer = (notification, endpoint) => {
  const { routingKey, severity } = endpoint.options;
  const telling = tellingOf(notification);
  const summary = cut(oneLine(headline(notification, endpoint)), MAX_SUMMARY);
  const details = { endpoint: cut(oneLine(endpoint.name), MAX_TEXT), delivery: notification.deliveryId };
  if (telling.test)
    return bodyOf({
      routing_key: routingKey!,
      event_action: 'trigger',
      dedup_key: `rollcall/test/${endpoint.id}`,
      client: 'Rollcall',
      payload: {
        summary: `${summary}; resolve it by hand`,
        severity: 'info',
        source: 'rollcall',
        timestamp: notification.at,
        custom_details: details,
      },
    });
  const { alert, job } = telling;
  const action = {
    routing_key: routingKey!,
    event_action: alert.action,
    dedup_key: cut(`rollcall/${alert.key}`, MAX_KEY),
  };
  // what resolves an alert is found by its key; nothing else of it is looked at
  if (alert.action === 'resolve') return bodyOf(action);
  return bodyOf({
    ...action,
    client: 'Rollcall',
    links: linksOf(job).map(({ name, href }) => ({ href, text: name })),
    payload: {
      summary,
      severity: severity ?? 'error',
      source: alert.source,
      timestamp: notification.at,
      ...(alert.type === null ? {} : { component: cut(oneLine(alert.type), MAX_TEXT) }),
      ...(job === null ? {} : { group: textOf(job['platform']) ?? alert.source }),
      class: classOf(alert, job),
      custom_details: {
        ...{ ...details, firing_since: alert.firedAt },
        ...(alert.rule === null ? {} : { expectation: alert.rule, message: messageOf(notification.event) }),
        ...detailsOf(job),
      },
    },
  });
};

function classOf({ kind }: WebhookAlert, job: JsonObject | null): string {
  if (kind === 'source') return 'source outage';
  return kind === 'expectation' ? 'expectation' : (textOf(job?.['state']) ?? 'failed');
}

const DETAILS = ['id', 'externalId', 'name', 'state', 'reason', 'rawStatus', 'owner'] as const;
const TIMES = ['createdAt', 'startedAt', 'finishedAt', 'durationMs'] as const;

function detailsOf(job: JsonObject | null): JsonObject {
  if (job === null) return {};
  const error = errorOf(job);
  const { attributes = {}, labels = {} } = job;
  const details: Record<string, Json> = {
    ...Object.fromEntries(DETAILS.map((name) => [name, shortened(job[name] ?? null)])),
    ...Object.fromEntries(TIMES.map((name) => [name, job[name] ?? null])),
    error: error === null ? null : cut(error, MAX_ERROR),
    labels,
  };
  if (JSON.stringify(attributes).length <= MAX_ATTRIBUTES) details['attributes'] = attributes;
  return details;
}

function shortened(value: Json): Json {
  return typeof value === 'string' ? cut(value, MAX_TEXT) : value;
}

function bodyOf(event: JsonObject): { body: string } {
  return { body: JSON.stringify(event) };
}
