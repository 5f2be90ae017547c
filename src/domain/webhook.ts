/** How a message of a webhook is written. `plain` is the contract's own: `{type, timestamp, data}`. */
export const WEBHOOK_FORMATS = ['plain', 'slack', 'pagerduty', 'alertmanager', 'cloudevents'] as const;
export type WebhookFormat = (typeof WEBHOOK_FORMATS)[number];

/** What an alert of an endpoint is about: jobs of a type that failed or were missed, a source that cannot be read, an expectation that is broken. */
export const ALERT_KINDS = ['job', 'source', 'expectation'] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];

/** How long an alert goes on without any news of its type, unless the endpoint says otherwise. */
export const DEFAULT_RESOLVE_AFTER_MS = 24 * 3_600_000;

/** Where events of PagerDuty go unless the endpoint says otherwise (Events API v2, "Send an event"; read 2026-11). */
export const PAGERDUTY_URL = 'https://events.pagerduty.com/v2/enqueue';

export const SECRET_PREFIX = 'whsec_';
/** Of the key itself, in bytes (Standard Webhooks 1.0.0, "Signature scheme": 192 bits at least, 512 at most). */
const SECRET_BYTES = { min: 24, max: 64 };

/** Whether a text is a signing secret as Standard Webhooks writes it: `whsec_` and the base64 of 24 to 64 bytes. */
export function isWebhookSecret(text: string): boolean {
  if (!text.startsWith(SECRET_PREFIX)) return false;
  const encoded = text.slice(SECRET_PREFIX.length);
  if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(encoded)) return false;
  const bytes = (encoded.length / 4) * 3 - (encoded.match(/=/g)?.length ?? 0);
  return bytes >= SECRET_BYTES.min && bytes <= SECRET_BYTES.max;
}

/** Which jobs an endpoint is told of: the values of each list parameter, as a query string has them. */
export type WebhookFilter = Record<string, string[]>;
