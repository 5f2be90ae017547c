import fc from 'fast-check';
import { STATE_GROUPS } from '../domain/job-state.js';
import { FilterExpressionError } from './filter-expression.grammar.js';
import { parseFilterExpression } from './filter-expression.js';
import { liftExpression } from './filter-expression.lift.js';
import { expressionSql } from './filter-expression.sql.js';
import { canonicalFilter } from './job.filter.js';
import { Parameters } from './parameters.js';

const is = (field: string, operator: string, ...values: unknown[]) => ({
  field,
  key: null,
  operator,
  values,
});

describe('parseFilterExpression', () => {
  it.each([
    ['owner = ann', is('owner', '=', 'ann')],
    [`owner="ann (\\"x\\") or 'y'"`, is('owner', '=', `ann ("x") or 'y'`)],
    [`owner = 'it\\'s \\\\'`, is('owner', '=', `it's \\`)],
    ['owner = ann@example.com', is('owner', '=', 'ann@example.com')],
    ['owner = "null"', is('owner', '=', 'null')],
    ['name ~ 50%', is('name', '~', '50%')],
    ['owner != ann', { not: is('owner', '=', 'ann') }],
    ['owner In (a, "b c")', is('owner', '=', 'a', 'b c')],
    ['owner NOT IN (a)', { not: is('owner', '=', 'a') }],
    ['owner is null', is('owner', 'null')],
    ['owner is not null', { not: is('owner', 'null') }],
    ['not owner = a', { not: is('owner', '=', 'a') }],
    ['not not owner = a', is('owner', '=', 'a')],
    ['nothing = a or inner = b', null],
    ['state = terminal', is('state', '=', ...STATE_GROUPS.terminal)],
    ['terminal = true', is('terminal', '=', true)],
    ['progress >= 0.45', is('progress', '>=', 0.45)],
    ['duration > 2h', is('durationMs', '>', 7_200_000)],
    ['durationMs<PT30S', is('durationMs', '<', 30_000)],
    ['createdAt>=-15m', is('createdAt', '>=', { agoMs: 900_000 })],
    ['createdAt < 2025-01-15T14:00:00+02:00', is('createdAt', '<', { at: 1_736_942_400_000 })],
    ['createdAt < 1736942400000', is('createdAt', '<', { at: 1_736_942_400_000 })],
    ['error.code = E28', is('error.code', '=', 'E28')],
    ['labels.app.kubernetes.io/name = x', { ...is('labels', '=', 'x'), key: 'app.kubernetes.io/name' }],
    ['attributes."a key" = x', { ...is('attributes', '=', 'x'), key: 'a key' }],
    ['attributes.priority > 3', { ...is('attributes', '>', 3), key: 'priority' }],
    ['attributes.priority = 3', { ...is('attributes', '=', '3'), key: 'priority' }],
    [
      'owner = a or owner = b and name = c',
      { or: [is('owner', '=', 'a'), { and: [is('owner', '=', 'b'), is('name', '=', 'c')] }] },
    ],
    [
      '(owner = a or owner = b) and name = c',
      { and: [{ or: [is('owner', '=', 'a'), is('owner', '=', 'b')] }, is('name', '=', 'c')] },
    ],
  ])('reads %s', (text, expected) => {
    if (expected === null) expect(() => parseFilterExpression(text)).toThrow('"nothing" is no field');
    else expect(parseFilterExpression(text)).toEqual(expected);
  });

  it.each([
    ['', 'column 1: Expected "(", a field, or not but end of input found.'],
    ['state', 'column 6: Expected an operator, in, is, or not but end of input found.'],
    ['state failed', 'column 7: Expected an operator, in, is, or not but "f" found.'],
    ['state = ', 'column 9: Expected a value but end of input found.'],
    ['state = null', 'column 9: Null is asked for with "is null" or "is not null"'],
    ['state == failed', 'column 8: Expected a value but "=" found.'],
    ['state in failed', 'column 10: Expected "(" but "f" found.'],
    ['state in ()', 'column 11: Expected a value but ")" found.'],
    ['(state = failed', 'column 16: Expected ")", and, or or but end of input found.'],
    ['state = failed && x = 1', 'column 16: Expected and, end of input, or or but "&" found.'],
    ['owner = 🦄', 'column 9: Expected a value but "🦄" found.'],
    ['owner = "🦄" & x', 'column 13: Expected and, end of input, or or but "&" found.'],
    ['owner = "never closed', 'column 9: Expected a value but "\\"" found.'],
    ['sate = failed', 'column 1: "sate" is no field of a job; did you mean state?'],
    ['error is null', 'column 1: "error" is no field of a job; did you mean error.message?'],
    ['error.mesage = x', 'column 1: "error.mesage" is no field of a job; did you mean error.message?'],
    ['constructor = x', 'column 1: "constructor" is no field of a job; did you mean source?'],
    ['labels = x', 'column 1: labels needs a key, such as labels.team'],
    ['state = fial', /^column 9: "fial" is none of .*; did you mean failed\?$/],
    ['owner > ann', 'column 7: owner is compared with = != in ~'],
    ['progress ~ 4', 'column 10: progress is compared with = != in < <= > >='],
    ['progress > 1e3', 'column 12: "1e3" is not a number such as 3 or 0.45'],
    ['duration > 5', 'column 12: "5" is not a duration such as 500ms, 30s, 10m, 1h, 7d or PT30S'],
    ['createdAt > yesterday', /^column 13: "yesterday" is not a time: /],
    ['id = 7', 'column 6: "7" is not a UUID'],
    ['attributes.priority > high', 'column 23: "high" is not a number such as 3 or 0.45'],
    ['sate = x and duration > 5', /^column 1: .*; column 25: "5" is not a duration/],
    [`owner = "${'x'.repeat(2_000)}"`, 'has 2010 characters; at most 2000 are read'],
    [`${'('.repeat(21)}owner = a${')'.repeat(21)}`, 'column 21: More than 20 brackets within each other'],
    [
      `version in (${Array.from({ length: 101 }, (_, index) => index).join(', ')})`,
      'compares with 101 values; at most 100 are allowed',
    ],
  ])('refuses %s', (text, message) => {
    expect(() => parseFilterExpression(text)).toThrow(FilterExpressionError);
    const refused = (() => {
      try {
        parseFilterExpression(text);
        return '';
      } catch (error) {
        return (error as Error).message;
      }
    })();
    if (message instanceof RegExp) expect(refused).toMatch(message);
    else expect(refused).toBe(message);
  });

  it('counts no bracket in quotes', () => {
    expect(parseFilterExpression(`name ~ "${'('.repeat(500)}"`)).toEqual(is('name', '~', '('.repeat(500)));
  });

  it('reads or refuses any text, and never fails otherwise', () => {
    const piece = fc.constantFrom(
      'state',
      'owner',
      'labels.',
      'a',
      '=',
      '!=',
      '<',
      '~',
      '(',
      ')',
      ',',
      ' ',
      'in',
      'not',
      'and',
      'or',
      'is',
      'null',
      '"',
      "'",
      '\\',
      '-1d',
      '%',
      '\u0000',
      '\ud800',
      '🦄',
      '$1',
      ';--',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary', maxLength: 200 }),
          fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(' ')),
        ),
        (text) => {
          try {
            const parameters = new Parameters([0]);
            const { sql } = expressionSql(parseFilterExpression(text), 0, parameters);
            expect(sql).not.toContain(';');
          } catch (error) {
            expect(error).toBeInstanceOf(FilterExpressionError);
          }
        },
      ),
      { numRuns: 3_000 },
    );
  });
});

describe('liftExpression', () => {
  const lift = (text: string, filter = {}) =>
    liftExpression({ ...filter, expression: parseFilterExpression(text) });

  it('makes of what is asked of every job a member of the filter', () => {
    expect(lift('state in (failed, missed) and source = a and (labels.team = data and owner = ann)')).toEqual(
      {
        state: ['failed', 'missed'],
        source: ['a'],
        label: [{ key: 'team', value: 'data' }],
        owner: ['ann'],
      },
    );
  });

  it('leaves what is asked of some', () => {
    for (const text of [
      'state = failed or owner = ann',
      'state != failed',
      'name ~ x',
      'owner is null',
      'labels.team in (a, b)',
      'attributes.n = 1',
    ])
      expect(lift(text)).toEqual({ expression: parseFilterExpression(text) });
    expect(lift('state = failed and name ~ x')).toEqual({
      state: ['failed'],
      expression: parseFilterExpression('name ~ x'),
    });
  });

  it('keeps what the filter says already', () => {
    expect(
      lift('state in (failed, missed) and labels.a = b', {
        state: ['failed', 'queued'],
        label: [{ key: 'c', value: 'd' }],
      }),
    ).toEqual({
      state: ['failed'],
      label: [
        { key: 'c', value: 'd' },
        { key: 'a', value: 'b' },
      ],
    });
    expect(lift('state = failed', { state: ['queued'] })).toEqual({ state: [] });
  });

  it('makes equal questions equal, and no others', () => {
    const canonical = (text: string, filter = {}) => JSON.stringify(canonicalFilter(lift(text, filter)));
    expect(canonical('name ~ x and state = failed')).toBe(canonical('state=failed AND (name ~ "x")'));
    expect(canonical('state = failed')).toBe(JSON.stringify(canonicalFilter({ state: ['failed'] })));
    expect(canonical('name ~ a or name ~ b')).toBe(canonical('name ~ b or name ~ a'));
    const different = [
      'name ~ a',
      'name = a and version = 1',
      'name = a or version = 1',
      'version = 1',
      'version > 1',
      'not version > 1',
      'version is null',
      'attributes.a = 1',
      'attributes.b = 1',
      'createdAt > -1d',
      'createdAt > 86400000',
    ];
    expect(new Set(different.map((text) => canonical(text))).size).toBe(different.length);
  });
});
