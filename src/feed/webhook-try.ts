import { Instant } from '../domain/job.js';
import { WorkedWebhook } from '../storage/webhook.worked.js';
import { RENDERERS } from './webhook-formats/index.js';
import { MessageTooLargeError, renderWithin } from './webhook-message.js';
import { RenderedRequest, WebhookNotification } from './webhook-notification.js';
import { SentAttempt } from './webhook-retry.js';
import { WebhookSender } from './webhook-sender.js';
import { signatureHeaders } from './webhook-signature.js';

/**
 * Tries a delivery once: writes it in the endpoint's format, signs it and sends it.
 *
 * @param at when this try begins (database time)
 * @throws TryCutOffError when the process ends
 */
export async function tryOnce(
  sender: WebhookSender,
  webhook: WorkedWebhook,
  notification: WebhookNotification,
  at: Instant,
): Promise<SentAttempt> {
  const rendered = rendering(webhook, notification);
  if (rendered instanceof Error) return unsendable(rendered, at);
  const secrets = [webhook.secret, webhook.previousSecret].filter((secret) => secret !== null);
  return sender.send(
    {
      url: rendered.url ?? webhook.url,
      headers: {
        'content-type': 'application/json',
        'user-agent': 'Rollcall',
        ...rendered.headers,
        ...signatureHeaders(notification.deliveryId, at, rendered.body, secrets),
      },
      body: rendered.body,
      secrets: [...secrets, ...textsOf(webhook.options)],
    },
    at,
  );
}

/** Of a try that failed by a fault of ours, which the log tells. */
export function faulty(at: Instant): SentAttempt {
  return notSent('could not be tried: a fault of Rollcall, which its log tells', at, false);
}

function rendering(webhook: WorkedWebhook, notification: WebhookNotification): RenderedRequest | Error {
  try {
    return renderWithin(RENDERERS[webhook.format], notification, webhook);
  } catch (error) {
    return error as Error;
  }
}

/** Of what cannot be written, nothing is sent: another try would write the same. */
function unsendable(error: Error, at: Instant): SentAttempt {
  const isTooLarge = error instanceof MessageTooLargeError;
  return notSent(isTooLarge ? error.message : `cannot be written: ${error.message.slice(0, 500)}`, at, true);
}

function notSent(message: string, at: Instant, isHopeless: boolean): SentAttempt {
  return {
    at,
    durationMs: 0,
    status: null,
    error: { kind: 'request', message },
    requestHeaders: {},
    requestBytes: 0,
    responseHeaders: null,
    responseBody: null,
    retryAfterMs: null,
    isHopeless,
  };
}

/** Texts of options that may be secrets: short ones are words of every answer. */
function textsOf(options: WorkedWebhook['options']): string[] {
  return Object.values(options).filter(
    (value) => typeof value === 'string' && value.length >= 16,
  ) as string[];
}
