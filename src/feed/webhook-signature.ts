import { Webhook } from 'standardwebhooks';
import { Instant } from '../domain/job.js';

/**
 * The headers of Standard Webhooks: signed by each secret, so that a receiver may know the new one or the old one. Without a secret only
 * the id and the time are told.
 *
 * @param at of this try: a receiver refuses what is signed long ago
 */
export function signatureHeaders(
  deliveryId: string,
  at: Instant,
  body: string,
  secrets: readonly string[],
): Record<string, string> {
  const signatures = secrets.map((secret) => new Webhook(secret).sign(deliveryId, new Date(at), body));
  return {
    'webhook-id': deliveryId,
    'webhook-timestamp': String(Math.floor(at / 1_000)),
    ...(signatures.length === 0 ? {} : { 'webhook-signature': signatures.join(' ') }),
  };
}
