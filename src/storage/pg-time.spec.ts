import fc from 'fast-check';
import { fromPg, isoFromPg, toPg } from './pg-time.js';

const EARLIEST = Date.parse('0001-01-01T00:00:00.000Z');
const LATEST = Date.parse('9999-12-31T23:59:59.999Z');
const instants = fc.integer({ min: EARLIEST, max: LATEST });

/** What PostgreSQL writes for an instant in a session whose TimeZone is this many minutes east of UTC. */
function pgText(instant: number, offsetMinutes = 0): string {
  const local = new Date(instant + offsetMinutes * 60_000).toISOString();
  const fraction = local.slice(20, 23).replace(/0+$/, '');
  const minutes = Math.abs(offsetMinutes);
  const two = (value: number) => String(value).padStart(2, '0');
  const zone = `${offsetMinutes < 0 ? '-' : '+'}${two(Math.trunc(minutes / 60))}${minutes % 60 ? `:${two(minutes % 60)}` : ''}`;
  return `${local.slice(0, 10)} ${local.slice(11, 19)}${fraction && `.${fraction}`}${zone}`;
}

describe('pg-time', () => {
  it.each([
    ['2025-01-15 14:06:40.12+00', '2025-01-15T14:06:40.120Z'],
    ['2025-01-15 14:06:40+00', '2025-01-15T14:06:40.000Z'],
    ['2025-01-15 14:06:40.123999+00', '2025-01-15T14:06:40.123Z'],
    ['0001-01-01 00:00:00.001+00', '0001-01-01T00:00:00.001Z'],
    ['0099-12-31 23:59:59+00', '0099-12-31T23:59:59.000Z'],
    ['9999-12-31 23:59:59.999+00', '9999-12-31T23:59:59.999Z'],
    ['2025-01-15 19:36:40.5+05:30', '2025-01-15T14:06:40.500Z'],
    ['2025-01-15 09:06:40-05', '2025-01-15T14:06:40.000Z'],
    ['1883-11-18 12:03:57-07:52:58', '1883-11-18T19:56:55.000Z'],
  ])('reads %s as %s', (text, iso) => {
    expect(isoFromPg(text)).toBe(iso);
    expect(fromPg(text)).toBe(Date.parse(iso));
  });

  it.each([
    'infinity',
    '-infinity',
    '',
    '2025-01-15',
    '2025-01-15T14:06:40Z',
    '0044-03-15 12:00:00+00 BC',
    '10000-01-01 00:00:00+00',
    '15.01.2025 14:06:40 UTC',
    'x'.repeat(10_000),
  ])('refuses %p', (text) => {
    expect(() => fromPg(text)).toThrow(RangeError);
    expect(() => isoFromPg(text)).toThrow(RangeError);
  });

  it('reads what PostgreSQL writes of any instant', () => {
    fc.assert(
      fc.property(instants, (instant) => {
        expect(fromPg(pgText(instant))).toBe(instant);
        expect(isoFromPg(pgText(instant))).toBe(new Date(instant).toISOString());
      }),
    );
  });

  it('reads it in any zone', () => {
    const aDay = 86_400_000;
    fc.assert(
      fc.property(
        fc.integer({ min: EARLIEST + aDay, max: LATEST - aDay }),
        fc.integer({ min: -15 * 60, max: 15 * 60 }),
        (instant, offset) => expect(fromPg(pgText(instant, offset))).toBe(instant),
      ),
    );
  });

  it('keeps the milliseconds it hands over', () => {
    expect(toPg(1736949999007)).toBe('2025-01-15T14:06:39.007Z');
    expect(toPg(Date.parse('0099-01-01T00:00:00.000Z'))).toBe('0099-01-01T00:00:00.000Z');
  });

  it.each([NaN, Infinity, -Infinity, EARLIEST - 1, LATEST + 1])('does not hand over %p', (instant) => {
    expect(() => toPg(instant)).toThrow(RangeError);
  });
});
