import { EventCursorCodec, isEventCursorShaped } from './event-cursor.js';

const codec = new EventCursorCodec(Buffer.alloc(32, 1));

describe('an event cursor', () => {
  it.each([0, 1, 35, 36, 1_000_000_007, Number.MAX_SAFE_INTEGER])('carries position %i', (position) => {
    const cursor = codec.encode(position);
    expect(isEventCursorShaped(cursor)).toBe(true);
    expect(codec.decode(cursor)).toBe(position);
    expect(codec.encode(position)).toBe(cursor);
  });

  it.each([
    '',
    'x',
    '42',
    'latest',
    codec.encode(5).slice(1),
    `${codec.encode(5)}A`,
    'A'.repeat(22),
    'A'.repeat(10_000),
  ])('is not %j', (text) => expect(codec.decode(text)).toBeNull());

  it('is nothing when any one character of it was changed', () => {
    const cursor = codec.encode(5);
    for (let index = 0; index < cursor.length; index++) {
      for (const other of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_') {
        if (other === cursor[index]) continue;
        expect(codec.decode(cursor.slice(0, index) + other + cursor.slice(index + 1))).toBeNull();
      }
    }
  });

  it('of another installation is nothing here', () => {
    expect(new EventCursorCodec(Buffer.alloc(32, 2)).decode(codec.encode(5))).toBeNull();
  });

  it('does not show how far apart two places are', () => {
    expect(codec.encode(5).slice(0, 8)).not.toBe(codec.encode(6).slice(0, 8));
  });
});
