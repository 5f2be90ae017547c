import { WebhookRenderer } from '../webhook-notification.js';
import { objectOf, textOf } from './words.js';

/**
 * CloudEvents 1.0 in the structured mode of HTTP: the attributes and the event in one JSON object. The same event has the same `id` and
 * `source` whichever endpoint it goes to; a try, which is no event, has those of its delivery.
 */
export const renderCloudEvents: WebhookRenderer = ({ deliveryId, type, at, event }) => {
  const source = textOf(event['source']);
  const subject = textOf(objectOf(event['job'])?.['id']) ?? source;
  return {
    headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' },
    body: JSON.stringify({
      specversion: '1.0',
      id: textOf(event['id']) ?? deliveryId,
      source: source === null ? 'urn:rollcall' : `urn:rollcall:source:${encodeURIComponent(source)}`,
      type: `io.rollcall.${type}`,
      ...(subject === null ? {} : { subject }),
      time: at,
      datacontenttype: 'application/json',
      data: event,
    }),
  };
};
