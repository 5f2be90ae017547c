import { randomBytes } from 'node:crypto';
import { isWebhookSecret } from './webhook.js';

describe('a signing secret', () => {
  const secretOf = (bytes: number) => `whsec_${randomBytes(bytes).toString('base64')}`;

  test.each([24, 25, 26, 32, 63, 64])('of %i bytes is one', (bytes) => {
    expect(isWebhookSecret(secretOf(bytes))).toBe(true);
  });

  test.each([0, 1, 23, 65, 66, 1_000])('of %i bytes is none', (bytes) => {
    expect(isWebhookSecret(secretOf(bytes))).toBe(false);
  });

  test.each([
    ['another prefix', `whsk_${'A'.repeat(32)}`],
    ['no prefix', 'A'.repeat(32)],
    ['the alphabet of addresses', `whsec_${'-_'.repeat(16)}`],
    ['padding in between', `whsec_AA==${'A'.repeat(32)}`],
    ['a lacking end', `whsec_${'A'.repeat(33)}`],
    ['a line behind it', `${secretOf(32)}\n`],
  ])('with %s is none', (_, text) => {
    expect(isWebhookSecret(text)).toBe(false);
  });
});
