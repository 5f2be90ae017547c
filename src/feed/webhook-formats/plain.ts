import { WebhookRenderer } from '../webhook-notification.js';

/** The contract's own message, as Standard Webhooks recommends it: `{type, timestamp, data}`. */
export const renderPlain: WebhookRenderer = ({ type, at, event }) => ({
  body: JSON.stringify({ type, timestamp: at, data: event }),
});
