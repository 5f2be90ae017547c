import fc from 'fast-check';
import { formatInstant, parseInstant, TimeFormat, UnreadableTimeError } from './timestamps.js';

const at = (iso: string): number => Date.parse(iso);

describe('parseInstant', () => {
  const cases: [string, unknown, TimeFormat, string | null][] = [
    ['epoch milliseconds', 1736942400000, { epoch: 'ms' }, '2025-01-15T12:00:00.000Z'],
    ['epoch seconds', 1736942400, { epoch: 's' }, '2025-01-15T12:00:00.000Z'],
    ['epoch seconds with a fraction', 1736942400.1239, { epoch: 's' }, '2025-01-15T12:00:00.123Z'],
    ['a number as text', '1736942400000', { epoch: 'ms' }, '2025-01-15T12:00:00.000Z'],
    ['milliseconds are truncated', 1736942400000.9, { epoch: 'ms' }, '2025-01-15T12:00:00.000Z'],
    ['before 1970, truncation goes down', -0.5, { epoch: 'ms' }, '1969-12-31T23:59:59.999Z'],
    ['0 is an instant', 0, { epoch: 'ms' }, '1970-01-01T00:00:00.000Z'],
    ['no fraction', '2025-01-15T12:00:00Z', {}, '2025-01-15T12:00:00.000Z'],
    ['1 digit', '2020-11-04T12:53:13.8Z', {}, '2020-11-04T12:53:13.800Z'],
    ['2 digits, trailing zeros trimmed', '2024-02-20T22:13:41.99Z', {}, '2024-02-20T22:13:41.990Z'],
    ['6 digits', '2020-11-04T12:53:19.342407Z', {}, '2020-11-04T12:53:19.342Z'],
    ['9 digits, truncated and not rounded', '2020-11-04T12:53:19.999999999Z', {}, '2020-11-04T12:53:19.999Z'],
    ['an offset', '2025-01-15T15:00:00+03:00', {}, '2025-01-15T12:00:00.000Z'],
    ['an offset without a colon', '2025-01-15T06:30:00-0530', {}, '2025-01-15T12:00:00.000Z'],
    ['an offset of hours', '2025-01-15T15:00:00+03', {}, '2025-01-15T12:00:00.000Z'],
    ['lower case', '2025-01-15t12:00:00z', {}, '2025-01-15T12:00:00.000Z'],
    ['without seconds', '2025-01-15T12:00Z', {}, '2025-01-15T12:00:00.000Z'],
    ['surrounding blanks', ' 2025-01-15T12:00:00Z ', {}, '2025-01-15T12:00:00.000Z'],
    ['zoneless in UTC', '2021-10-06T07:24:52.44', { zone: 'UTC' }, '2021-10-06T07:24:52.440Z'],
    ['zoneless in a zone', '2025-07-15T12:00:00', { zone: 'Europe/Berlin' }, '2025-07-15T10:00:00.000Z'],
    [
      'a zone does not touch zoned text',
      '2025-07-15T12:00:00Z',
      { zone: 'Europe/Berlin' },
      '2025-07-15T12:00:00.000Z',
    ],
    [
      'unless its offset is known to be wrong',
      '2025-07-15T12:00:00.000Z',
      { zone: 'Europe/Berlin', ignoreOffset: true },
      '2025-07-15T10:00:00.000Z',
    ],
    ['a leap day', '2024-02-29T00:00:00Z', {}, '2024-02-29T00:00:00.000Z'],
    ["Go's default text", '2023-11-27 12:32:50.036 +0000 UTC', {}, '2023-11-27T12:32:50.036Z'],
    ["Go's text with an offset", '2023-11-27 13:32:50.036123 +0100 CET', {}, '2023-11-27T12:32:50.036Z'],
    [
      "Go's text with a monotonic reading",
      '2023-11-27 12:32:50 +0000 UTC m=+0.000012',
      {},
      '2023-11-27T12:32:50.000Z',
    ],
    ['null', null, { epoch: 'ms' }, null],
    ['undefined', undefined, {}, null],
    ['empty text', '', {}, null],
  ];
  it.each(cases)('%s', (_why, value, format, expected) => {
    const instant = parseInstant(value, format);
    expect(instant === null ? null : formatInstant(instant)).toBe(expected);
  });

  const refused: [string, unknown, TimeFormat][] = [
    ['a number without a unit', 1736942400000, {}],
    ['a number as text without a unit', '1736942400', {}],
    ['zoneless text without a zone', '2025-01-15T12:00:00', {}],
    ['a date alone', '2025-01-15', { zone: 'UTC' }],
    ['a day that does not exist', '2025-02-29T00:00:00Z', {}],
    ['an hour that does not exist', '2025-01-15T24:00:00Z', {}],
    ['a minute that does not exist', '2025-01-15T12:60:00Z', {}],
    ['a leap second', '2016-12-31T23:59:60Z', {}],
    ['ten fraction digits', '2025-01-15T12:00:00.0123456789Z', {}],
    ['an offset out of range', '2025-01-15T12:00:00+25:00', {}],
    ['words', 'yesterday', {}],
    ['a clock time that a change skips', '2025-03-30T02:30:00', { zone: 'Europe/Berlin' }],
    ['a clock time that happens twice', '2025-10-26T02:30:00', { zone: 'Europe/Berlin' }],
    ['an object', {}, { epoch: 'ms' }],
    ['an array', [1736942400000], { epoch: 'ms' }],
    ['a boolean', true, { epoch: 'ms' }],
    ['not a number', Number.NaN, { epoch: 'ms' }],
    ['far past year 9999', 1e18, { epoch: 'ms' }],
  ];
  it.each(refused)('refuses %s', (_why, value, format) => {
    expect(() => parseInstant(value, format)).toThrow(UnreadableTimeError);
  });

  it('reads what it writes', () => {
    const instants = fc.integer({ min: at('0001-01-01T00:00:00Z'), max: at('9999-12-31T23:59:59.999Z') });
    fc.assert(fc.property(instants, (instant) => parseInstant(formatInstant(instant)) === instant));
  });

  test('reads the plain form as it reads every other', () => {
    const part = (most: number) => fc.integer({ min: 0, max: most }).map((n) => String(n).padStart(2, '0'));
    const year = fc.integer({ min: 0, max: 9999 }).map((n) => String(n).padStart(4, '0'));
    const fraction = fc.stringMatching(/^(?:[.,]\d{1,9})?$/);
    const attempt = (text: string): unknown => {
      try {
        return parseInstant(text);
      } catch (error) {
        return (error as Error).message.toUpperCase();
      }
    };
    fc.assert(
      fc.property(
        year,
        part(13),
        part(32),
        part(24),
        part(60),
        part(61),
        fraction,
        (y, mo, d, h, mi, s, f) => {
          const text = `${y}-${mo}-${d}T${h}:${mi}:${s}${f}Z`;
          expect(attempt(text)).toEqual(attempt(text.replace('T', 't')));
        },
      ),
      {
        numRuns: 2_000,
        examples: [
          ['2024', '02', '29', '00', '00', '00', '.9999'],
          ['2025', '02', '29', '00', '00', '00', ''],
        ],
      },
    );
  });

  it('reads one instant from epoch numbers, text and any offset alike', () => {
    const offsets = fc.integer({ min: -14 * 60, max: 14 * 60 });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e12 }), offsets, (instant, offset) => {
        const clock = formatInstant(instant + offset * 60_000).slice(0, -1);
        const sign = offset < 0 ? '-' : '+';
        const two = (n: number): string => String(Math.trunc(Math.abs(n))).padStart(2, '0');
        const text = `${clock}${sign}${two(offset / 60)}:${two(offset % 60)}`;
        expect(parseInstant(text)).toBe(instant);
        expect(parseInstant(instant, { epoch: 'ms' })).toBe(instant);
        expect(parseInstant(String(instant), { epoch: 'ms' })).toBe(instant);
      }),
    );
  });

  it('never answers anything but an instant, null or its own error', () => {
    fc.assert(
      fc.property(
        fc.anything(),
        fc.constantFrom<TimeFormat>({}, { epoch: 's' }, { zone: 'UTC' }),
        (value, format) => {
          try {
            const instant = parseInstant(value, format);
            expect(instant === null || Number.isInteger(instant)).toBe(true);
          } catch (error) {
            expect(error).toBeInstanceOf(UnreadableTimeError);
          }
        },
      ),
    );
  });
});
