import {
  Expression,
  ExpressionCostError,
  ExpressionError,
  expressionFault,
  OF_A_RECORD,
  OF_AN_ANSWER,
  Steps,
} from './expression.js';

const at = (source: string, value: unknown) => new Expression(source).evaluate(value);

test('a plain path tells absent from null, and is a place of the record', () => {
  expect(at('a.b', { a: { b: null } })).toBeNull();
  expect(at('a.b', { a: {} })).toBeUndefined();
  expect(new Expression('a.b').path).toBe('a.b');
});

test('a longer expression is null where there is nothing, and names the places that it reads', () => {
  const expression = new Expression("join('/', [a.b, not_null(c, d.e)])");
  expect(expression.path).toBeNull();
  expect([...expression.paths].sort()).toEqual(['a.b', 'c', 'd.e']);
  expect(at('a[0].b', { a: [] })).toBeNull();
});

test('a name with a dot is no path of two steps', () => {
  expect(at('"a.b"', { a: { b: 1 }, 'a.b': 2 })).toBe(2);
});

test.each([
  ['a[?b == `1`].c | [0]', { a: [{ b: 1, c: 'x' }] }, 'x'],
  ['a == b', { a: { x: [1] }, b: { x: [1] } }, true],
  ['a != b', { a: 1, b: 2 }, true],
  ['a ? b : c', { a: [], b: 1, c: 2 }, 2],
  ['n / `0`', { n: 1 }, null],
  ['n // `256`', { n: 1792 }, 7],
  ['to_number(t) * `2`', { t: '21' }, 42],
  ['*.n', { a: { n: 1 }, b: { n: 2 } }, [1, 2]],
  ['a[].b[]', { a: [{ b: [1] }, { b: [2] }] }, [1, 2]],
  ['$.a', { a: 1 }, 1],
])('%s', (source, value, expected) => {
  expect(at(source, value)).toEqual(expected);
});

test('what a function cannot work with is an error that says so', () => {
  expect(() => at("starts_with(a, 'x')", { a: 7 })).toThrow(ExpressionError);
});

test('the allowance grows with what is read, and ends', () => {
  const long = { a: Array.from({ length: 1_000 }, (_, n) => ({ n })) };
  expect(at('length(a[?n >= `500`])', long)).toBe(500);
  expect(() =>
    new Expression('length(a[?n >= `500`])').evaluate(long, new Steps(long, { forAValue: 10, most: 1_000 })),
  ).toThrow(ExpressionCostError);
});

test('expressions over one thing share its allowance', () => {
  const value = { a: Array.from({ length: 100 }, (_, n) => ({ n })) };
  const steps = new Steps(value, OF_A_RECORD);
  const expression = new Expression('a[?n >= `50`] | length(@)');
  const cost = (): number => {
    const before = steps.left;
    expression.evaluate(value, steps);
    return before - steps.left;
  };
  expect(cost()).toBe(cost());
  expect(() => {
    for (;;) cost();
  }).toThrow(ExpressionCostError);
});

test.each([
  ['a slice of a text', 'text[::-1]'],
  ['the length of a text', 'length(text)'],
  ['a text in reverse', 'reverse(text)'],
  ['a text in pieces', "split(text, '')"],
  ['texts that are compared', 'text == other'],
])('%s costs as much as the text is long', (_, source) => {
  const value = { text: 'x'.repeat(80_000), other: `${'x'.repeat(79_999)}y` };
  const steps = new Steps(value, OF_AN_ANSWER);
  const before = steps.left;
  new Expression(source).evaluate(value, steps);
  expect(before - steps.left).toBeGreaterThan(10_000);
});

test('what looks at the outside alone costs no more for a long list', () => {
  const value = { a: Array.from({ length: 50_000 }, (_, n) => ({ n })) };
  for (const source of ["type(@) == 'array' ? @ : a", 'not_null(a, `[]`)', 'to_array(a)', 'length(a)'])
    expect(new Expression(source).evaluate(value)).toBeDefined();
});

test('a literal that looks like an expression is data', () => {
  expect(expressionFault('`{"type": "LetExpression"}`')).toBeNull();
});

test('a fault never quotes more than a line', () => {
  expect(expressionFault(`a ${'\n'.repeat(50)} ]`)).toMatch(/^not a JMESPath expression \([^\n]{1,200}\)$/);
});
