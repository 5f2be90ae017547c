import { decodeEventCursor, encodeEventCursor } from './event-cursor.js';

describe('an event cursor', () => {
  it.each([0, 1, 35, 36, 1_000_000_007, Number.MAX_SAFE_INTEGER])('carries position %i', (position) => {
    expect(decodeEventCursor(encodeEventCursor(position))).toBe(position);
  });

  it.each([
    '',
    'x',
    '42',
    encodeEventCursor(5).slice(1),
    `${encodeEventCursor(5)}A`,
    'A'.repeat(100),
    encodeEventCursor(-1),
  ])('is not %j', (text) => expect(decodeEventCursor(text)).toBeNull());
});
