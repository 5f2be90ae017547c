import { cleanText } from './record-reader.js';

const MAX_LENGTH = 200;

/**
 * An upstream's own words as they may stand in one of our messages: one line of at most 200 characters, without control characters
 * and without the secrets. Empty text when there are none.
 */
export function upstreamWords(text: unknown, secrets: readonly string[]): string {
  if (typeof text !== 'string') return '';
  const masked = secrets.reduce(
    (words, secret) => (secret === '' ? words : words.replaceAll(secret, '***')),
    text,
  );
  const line = cleanText(masked)
    .replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ')
    .trim();
  return line.length > MAX_LENGTH ? `${line.slice(0, MAX_LENGTH).toWellFormed()}…` : line;
}
