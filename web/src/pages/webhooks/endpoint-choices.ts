import type { components } from '../../../../client/src/index';

// this file is read by tests outside of a browser, too: it asks for nothing that only a browser has

export type WebhookFormat = components['schemas']['Webhook']['format'];

export const FORMATS: readonly WebhookFormat[] = [
  'plain',
  'slack',
  'pagerduty',
  'alertmanager',
  'cloudevents',
];

export const FORMAT_WORDS: Record<WebhookFormat, string> = {
  plain: 'every event as JSON, signed',
  slack: 'alerts as messages of a Slack channel',
  pagerduty: 'alerts as incidents of PagerDuty',
  alertmanager: 'alerts of a Prometheus Alertmanager',
  cloudevents: 'every event as a CloudEvent, signed',
};

/** Formats that tell of alerts: one for each source and type, resolved when a later run succeeds. */
export const ALERTING: readonly WebhookFormat[] = ['slack', 'pagerduty', 'alertmanager'];

export const EVENT_TYPES = [
  ...(['job.discovered', 'job.transitioned', 'job.changed', 'job.vanished', 'job.reappeared'] as const),
  ...(['source.health', 'alert.firing', 'alert.resolved', 'webhook.disabled'] as const),
] as const;
