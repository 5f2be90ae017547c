import { WebhookFormat } from '../../domain/webhook.js';
import { WebhookRenderer } from '../webhook-notification.js';
import { renderAlertmanager } from './alertmanager.js';
import { renderCloudEvents } from './cloudevents.js';
import { renderPagerDuty } from './pagerduty.js';
import { renderPlain } from './plain.js';
import { renderSlack } from './slack.js';

/** How each format writes a notification. */
export const RENDERERS: Readonly<Record<WebhookFormat, WebhookRenderer>> = {
  plain: renderPlain,
  slack: renderSlack,
  pagerduty: renderPagerDuty,
  alertmanager: renderAlertmanager,
  cloudevents: renderCloudEvents,
};
