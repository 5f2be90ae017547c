import { JsonObject } from '../domain/job.js';
import { AlertKind, WebhookFormat } from '../domain/webhook.js';

/** What a delivery does to an alert. An alert has one key for each source and type; a source's outage and a broken expectation have their own. */
export interface WebhookAlert {
  /**
   * Stable and unique within the installation, at most 200 characters: `job/<source>/<type>`, `source/<source>` or
   * `expectation/<rule>/<source>[/<job id or type>]`.
   */
  key: string;
  action: 'trigger' | 'resolve';
  kind: AlertKind;
  source: string;
  /** What ran, or was to run; null for an outage, for what speaks of several types, and where the platform gives no type. */
  type: string | null;
  /** The expectation's name; null of the other kinds. */
  rule: string | null;
  /** The one job that an expectation speaks of; null where it speaks of several, and of the other kinds. */
  jobId: string | null;
  /** ISO 8601; when it fired first. */
  firedAt: string;
  /** ISO 8601; when it resolves by itself. Null: only news resolve it (an outage, an expectation), or it is resolved. */
  resolveAt: string | null;
  /** Why it resolves: a later run succeeded, the source works again, the expectation is kept again, or nothing was heard for long. Null with `trigger`. */
  because: 'succeeded' | 'recovered' | 'kept' | 'expired' | null;
}

/** What a delivery tells. */
export interface WebhookNotification {
  /** The `webhook-id`: the same with every try. */
  deliveryId: string;
  /** The event's type, or `webhook.test`. */
  type: string;
  /** ISO 8601: when it happened (an alert that expired: when it did). The same with every try. */
  at: string;
  /** Contract, section 7, as the feed shows it (`truncated: true` where its job had to be shortened). Of an alert that expired: the event that fired it last. */
  event: JsonObject;
  /** Null: it is no matter of an alert (a test, or a format that does not alert). */
  alert: WebhookAlert | null;
}

/** What a renderer may know of the endpoint. */
export interface RenderedEndpoint {
  id: string;
  name: string;
  url: string;
  /** Of the format, as they were checked when it was made. */
  options: JsonObject;
}

/** A request's body and what differs from a plain one. */
export interface RenderedRequest {
  body: string;
  /** Beside `content-type: application/json`, or in place of it; lower-case names. */
  headers?: Record<string, string>;
  /** Where it goes; left out: the endpoint's own address. */
  url?: string;
}

/** Pure: the same notification gives the same body, try after try. */
export type WebhookRenderer = (
  notification: WebhookNotification,
  endpoint: RenderedEndpoint,
) => RenderedRequest;

/** Formats whose endpoints are told of alerts, and of nothing else. */
export const ALERTING_FORMATS: readonly WebhookFormat[] = ['slack', 'pagerduty', 'alertmanager'];
