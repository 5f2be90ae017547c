import { ParameterError } from '../http/parameter.js';
import {
  duration,
  fraction,
  integer,
  keyValues,
  list,
  oneOf,
  searchWords,
  timeBound,
  uuids,
  words,
} from './parsers.js';

describe('list', () => {
  it.each([
    [['a,b'], ['a', 'b']],
    [
      ['a', 'b,c'],
      ['a', 'b', 'c'],
    ],
    [['a\\,b,c'], ['a,b', 'c']],
    [['a', 'a'], ['a']],
    [
      ['c:\\dir', 'x\\'],
      ['c:\\dir', 'x\\'],
    ],
    [[' a '], [' a ']],
  ])('reads %j as %j', (given, expected) => expect(list(given)).toEqual(expected));

  it.each([['a,'], [','], ['a,,b']])('refuses %j', (given) =>
    expect(() => list([given])).toThrow(ParameterError),
  );
});

describe('timeBound', () => {
  it.each([
    ['-15m', { agoMs: 900_000 }],
    ['-7d', { agoMs: 604_800_000 }],
    ['-PT30S', { agoMs: 30_000 }],
    ['-500', { at: -500 }],
    ['1736942400000', { at: 1_736_942_400_000 }],
    ['2025-01-15T12:00:00Z', { at: 1_736_942_400_000 }],
    ['2025-01-15T14:00:00.000+02:00', { at: 1_736_942_400_000 }],
  ])('reads %s', (given, expected) => expect(timeBound([given])).toEqual(expected));

  it.each(['2025-01-15T12:00:00', '2025-01-15', '15m', 'now', ' ', '+15m', '99999-01-01T00:00:00Z', '1e12'])(
    'refuses %s',
    (given) => expect(() => timeBound([given])).toThrow(ParameterError),
  );

  it('says how a plus is written', () => {
    expect(() => timeBound(['2025-01-15T14:00:00 02:00'])).toThrow('%2B');
  });
});

describe('numbers', () => {
  it.each([
    ['1', 1],
    ['500', 500],
    ['007', 7],
  ])('reads %s', (given, expected) => expect(integer(1, 500)([given])).toBe(expected));
  it.each(['0', '501', '-1', '1.5', '1e2', ' 1', '0x10', '99999999999', 'NaN'])('refuses %s', (given) =>
    expect(() => integer(1, 500)([given])).toThrow(ParameterError),
  );
  it.each([
    ['0', 0],
    ['1', 1],
    ['.5', 0.5],
    ['0.45', 0.45],
    ['1.0', 1],
  ])('reads the fraction %s', (given, expected) => expect(fraction([given])).toBe(expected));
  it.each(['1.01', '-0.1', '1e-1', 'x', '0.', `0.${'0'.repeat(40)}`])('refuses the fraction %s', (given) =>
    expect(() => fraction([given])).toThrow(ParameterError),
  );
  it('reads durations', () => {
    expect(duration(['10m'])).toBe(600_000);
    expect(() => duration(['10'])).toThrow(ParameterError);
  });
});

describe('words', () => {
  it('reads any of them and names the nearest for what is none', () => {
    expect(words(['fresh', 'stale'])(['stale,fresh'])).toEqual(['stale', 'fresh']);
    expect(() => oneOf('fial', ['failed', 'running', 'queued', 'paused', 'missed'])).toThrow(
      'did you mean failed?',
    );
    expect(() => oneOf('toString', ['failed'])).toThrow(ParameterError);
  });

  it('reads UUIDs in any case', () => {
    const id = '54ed27d8-0ef2-5728-82a8-1918114be6b1';
    expect(uuids([id.toUpperCase()])).toEqual([id]);
    expect(() => uuids([`${id}0`])).toThrow(ParameterError);
  });

  it('reads pairs at the first colon', () => {
    expect(keyValues(['team:maps:eu', 'env:'])).toEqual([
      { key: 'team', value: 'maps:eu' },
      { key: 'env', value: '' },
    ]);
    expect(() => keyValues([':x'])).toThrow(ParameterError);
  });

  it('reads the words of a search', () => {
    expect(searchWords(['  import \t 50%  import '])).toEqual(['import', '50%']);
    expect(() => searchWords([' '])).toThrow(ParameterError);
    expect(() => searchWords(['a b c d e f g h i'])).toThrow('at most 8');
  });
});
