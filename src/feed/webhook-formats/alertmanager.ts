import { Json, JsonObject } from '../../domain/job.js';
import { AlertKind } from '../../domain/webhook.js';
import {
  RenderedEndpoint,
  WebhookAlert,
  WebhookNotification,
  WebhookRenderer,
} from '../webhook-notification.js';
import { cut, errorOf, headline, linksOf, objectOf, oneLine, tellingOf, textOf } from './words.js';

const ALERTS_PATH = '/api/v2/alerts';
const MAX_LABEL = 500;
const MAX_ANNOTATION = 4_096;
/** How long a try fires. */
const TEST_MS = 300_000;
/**
 * An alert without an end is over for Alertmanager after its `resolve_timeout` (5 minutes by default), since it expects to be told of it
 * again and again. What only news end (an outage, an expectation) is given a far one.
 */
const FAR_MS = 30 * 86_400_000;

/**
 * Alerts of Alertmanager's API v2. It knows an alert again by all of its labels, so these are only what does not change while it fires:
 * the state, which may be failed first and missed later, is an annotation.
 */
export const renderAlertmanager: WebhookRenderer = (notification, endpoint) => {
  const telling = tellingOf(notification);
  const alert = telling.test
    ? testAlert(notification, endpoint)
    : alertOf(notification, endpoint, telling.alert, telling.job);
  return { body: JSON.stringify([alert]), url: alertsUrl(endpoint.url) };
};

function alertOf(
  notification: WebhookNotification,
  endpoint: RenderedEndpoint,
  alert: WebhookAlert,
  job: JsonObject | null,
): JsonObject {
  const isOver = alert.action === 'resolve';
  const end = isOver ? notification.at : (alert.resolveAt ?? after(notification.at, FAR_MS));
  const [link] = linksOf(job);
  return {
    labels: {
      ...objectOf(endpoint.options['labels']),
      alertname: NAMES[alert.kind],
      source: alert.source,
      ...labelsOf(alert, job),
    },
    annotations: {
      summary: cut(headline(notification, endpoint), MAX_LABEL),
      ...annotationsOf(job),
      delivery: notification.deliveryId,
    },
    startsAt: alert.firedAt,
    // refused when it lies before its beginning
    endsAt: end < alert.firedAt ? alert.firedAt : end,
    ...(link === undefined ? {} : { generatorURL: link.href }),
  };
}

const NAMES: Record<AlertKind, string> = {
  job: 'RollcallJobFailed',
  source: 'RollcallSourceOutage',
  expectation: 'RollcallExpectationBroken',
};

/** Beside the source. Of an expectation not the platform: its job may be gone when it resolves. */
function labelsOf(alert: WebhookAlert, job: JsonObject | null): JsonObject {
  if (alert.kind === 'source') return {};
  // of types that begin alike and are longer than anybody reads, the keys still differ
  const type = (alert.type?.length ?? 0) > MAX_LABEL ? alert.key : alert.type;
  const labels =
    alert.kind === 'job'
      ? { platform: textOf(job?.['platform']), type }
      : { rule: alert.rule, type, job_id: alert.jobId };
  return Object.fromEntries(
    Object.entries(labels).flatMap(([name, value]): [string, Json][] =>
      value === null ? [] : [[name, cut(value, MAX_LABEL)]],
    ),
  );
}

function annotationsOf(job: JsonObject | null): JsonObject {
  const values = {
    job: textOf(job?.['id']),
    name: textOf(job?.['name']),
    state: textOf(job?.['state']),
    reason: textOf(job?.['reason']),
    error: errorOf(job),
  };
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]): [string, Json][] =>
      value === null ? [] : [[name, cut(value, MAX_ANNOTATION)]],
    ),
  );
}

function testAlert(notification: WebhookNotification, endpoint: RenderedEndpoint): JsonObject {
  return {
    labels: {
      ...objectOf(endpoint.options['labels']),
      alertname: 'RollcallTest',
      endpoint: oneLine(endpoint.name),
    },
    annotations: { summary: headline(notification, endpoint), delivery: notification.deliveryId },
    startsAt: notification.at,
    endsAt: after(notification.at, TEST_MS),
  };
}

function after(iso: string, ms: number): string {
  return new Date(Date.parse(iso) + ms).toISOString();
}

/** The endpoint may name the Alertmanager, under whatever prefix, or its resource. */
function alertsUrl(address: string): string {
  const url = new URL(address);
  const path = url.pathname.replace(/\/+$/, '');
  url.pathname = path.endsWith(ALERTS_PATH) ? path : `${path}${ALERTS_PATH}`;
  return url.href;
}
