import { Json, JsonObject } from '../domain/job.js';
import { EventCursorCodec } from '../storage/event-cursor.js';
import { isoFromPg } from '../storage/pg-time.js';
import { DueDelivery } from '../storage/webhook-dispatch.store.js';
import { feedEvent } from './feed-event.js';
import { alertOf } from './webhook-alerts.js';
import {
  RenderedEndpoint,
  RenderedRequest,
  WebhookNotification,
  WebhookRenderer,
} from './webhook-notification.js';

/** The most that one request carries, bytes. */
export const MAX_BODY_BYTES = 256 * 1_024;

/** What is left of a text of a job that is too large to be sent. */
const SHORT_TEXT = 1_024;
/** Members whose size only their platform bounds. */
const EMPTIED: readonly string[] = ['attributes', 'labels', 'links'];

/** What has to be sent is larger than anything that is sent. */
export class MessageTooLargeError extends Error {}

/**
 * What a delivery tells.
 *
 * @returns null when its event is not kept any more
 */
export function notificationOf(delivery: DueDelivery, codec: EventCursorCodec): WebhookNotification | null {
  const event = eventOf(delivery, codec);
  if (event === null) return null;
  const alert = delivery.alert === null ? null : alertOf(delivery.alert);
  return {
    deliveryId: delivery.id,
    type: delivery.type,
    at: alert?.because === 'expired' ? isoFromPg(delivery.createdAt) : (event['at'] as string),
    event,
    alert,
  };
}

function eventOf({ event, body }: DueDelivery, codec: EventCursorCodec): JsonObject | null {
  if (event === null) return body;
  return JSON.parse(feedEvent(event, codec).json) as JsonObject;
}

/**
 * The request, with a shortened job where it would be too large otherwise.
 *
 * @throws MessageTooLargeError, or what the renderer throws
 */
export function renderWithin(
  render: WebhookRenderer,
  notification: WebhookNotification,
  endpoint: RenderedEndpoint,
): RenderedRequest {
  const whole = render(notification, endpoint);
  if (Buffer.byteLength(whole.body) <= MAX_BODY_BYTES) return whole;
  const shortened = render({ ...notification, event: shortenedEvent(notification.event) }, endpoint);
  if (Buffer.byteLength(shortened.body) <= MAX_BODY_BYTES) return shortened;
  throw new MessageTooLargeError(`the message is larger than ${MAX_BODY_BYTES} bytes`);
}

/** With the same members; marked `truncated`. */
function shortenedEvent(event: JsonObject): JsonObject {
  const { job } = event;
  if (typeof job !== 'object' || job === null || Array.isArray(job)) return { ...event, truncated: true };
  const short = Object.entries(job).map(([name, value]): [string, Json] => {
    if (EMPTIED.includes(name)) return [name, {}];
    return [name, name === 'error' ? shortenedError(value) : shortenedText(value)];
  });
  return { ...event, job: Object.fromEntries(short), truncated: true };
}

function shortenedError(error: Json): Json {
  if (typeof error !== 'object' || error === null || Array.isArray(error)) return error;
  return {
    message: shortenedText(error['message'] ?? null),
    code: shortenedText(error['code'] ?? null),
    details: null,
  };
}

function shortenedText(value: Json): Json {
  return typeof value === 'string' && value.length > SHORT_TEXT
    ? `${value.slice(0, SHORT_TEXT).toWellFormed()}…`
    : value;
}
