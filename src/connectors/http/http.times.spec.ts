import { UnreadableTimeError } from '../../domain/timestamps.js';
import { OF_A_RECORD, Steps } from './expression.js';
import { progressRule } from './http.progress.js';
import { ManifestTime, sinceText } from './http.times.js';

const NOON = Date.UTC(2026, 0, 15, 12, 0, 0);

test.each([
  [{}, '2026-01-15T12:00:00Z', NOON],
  [{}, '2026-01-15T13:00:00.000+01:00', NOON],
  [{ epoch: 's' }, NOON / 1_000, NOON],
  [{ epoch: 'ms' }, String(NOON), NOON],
  [{ epoch: 'us' }, NOON * 1_000 + 999, NOON],
  [{ epoch: 'us' }, String(NOON * 1_000), NOON],
  [{ epoch: 's', unset: [0, -1] }, 0, null],
  [{ unset: ['never'] }, 'never', null],
  [{ zone: 'Europe/Berlin' }, '2026-01-15 13:00:00', NOON],
  [{ zone: '{{options.zone}}' }, '2026-01-15 07:00', NOON],
  [{ zone: 'Europe/Berlin', ignoreOffset: true }, '2026-01-15T13:00:00Z', NOON],
  [{ zone: 'UTC', ignoreOffset: true }, '2026-01-15T12:00:00Z', NOON],
  [{ pattern: 'dd.MM.yyyy HH:mm', zone: 'Europe/Berlin' }, '15.01.2026 13:00', NOON],
  [{ pattern: 'yyyyMMdd HHmmss ZZZ' }, '20260115 130000 +0100', NOON],
  [{ pattern: 'dd.MM.yyyy HH:mm' }, '', null],
  [{}, null, null],
] as const)('%j reads %j', (format, value, expected) => {
  expect(new ManifestTime(format as never).read(value, { 'options.zone': 'America/New_York' })).toBe(
    expected,
  );
});

test.each([
  [{}, NOON],
  [{}, '2026-01-15 12:00'],
  [{ epoch: 's' }, 'yesterday'],
  [{ epoch: 'us' }, 'yesterday'],
  [{ pattern: 'dd.MM.yyyy HH:mm' }, '15.01.2026 13:00'],
  [{ pattern: 'dd.MM.yyyy HH:mm', zone: 'UTC' }, '2026-01-15T12:00:00Z'],
  [{ pattern: 'dd.MM.yyyy HH:mm', zone: 'Europe/Berlin' }, '29.03.2026 02:30'],
  [{}, { at: 1 }],
] as const)('%j refuses %j', (format, value) => {
  expect(() => new ManifestTime(format as never).read(value, {})).toThrow(UnreadableTimeError);
});

test('since is written as the platform wants it, and never later than it is', () => {
  const at = NOON + 999;
  expect(
    (['iso', 'iso-seconds', 'epoch-s', 'epoch-ms'] as const).map((format) => sinceText(at, format)),
  ).toEqual(['2026-01-15T12:00:00.999Z', '2026-01-15T12:00:00Z', NOON / 1_000, at]);
});

const text = { from: 'p', scale: 'text' } as const;
const share = { done: 'p.done', total: 'p.all' };
const steps = (record: unknown) => new Steps(record, OF_A_RECORD);

test.each([
  [{ from: 'p', scale: 'fraction' } as const, 0.45, 0.45, null],
  [{ from: 'p', scale: 'percent' } as const, '45', 0.45, null],
  [{ from: 'p', scale: 'percent' } as const, 140, 1, 'clamped: 140 is above 100'],
  [{ from: 'p', scale: 'percent' } as const, { a: 1 }, null, 'unreadable progress of type object'],
  [text, '45%', 0.45, null],
  [text, '45.5 %', 0.455, null],
  [text, '3/4', 0.75, null],
  [text, '3 of 4', 0.75, null],
  [text, '0/0', null, 'the total is 0'],
  [text, 'half', null, 'unreadable progress text'],
  [text, '', null, null],
  [text, `${'9'.repeat(5_000)}%`, null, 'unreadable progress text'],
  [share, { done: 3, all: 12 }, 0.25, null],
  [share, { done: '3', all: '12' }, 0.25, null],
  [share, { done: 0, all: 0 }, null, 'the total is 0'],
  [share, { done: 13, all: 12 }, 1, expect.stringContaining('clamped')],
  [share, { done: null, all: 12 }, null, null],
  [share, { done: 'x', all: 12 }, null, expect.stringContaining('no numbers')],
  [share, 7, null, null],
])('progress %j of %j', (rule, value, expected, note) => {
  expect(progressRule(rule).read({ p: value }, steps({ p: value }))).toMatchObject({ value: expected, note });
});

test('an expression that fails costs the progress, and not the job', () => {
  const rule = progressRule({ from: "starts_with(p, 'x')", scale: 'percent' });
  expect(rule.read({ p: 7 }, steps({ p: 7 }))).toMatchObject({
    value: null,
    note: expect.stringContaining('the expression failed') as string,
  });
});
