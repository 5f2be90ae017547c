import fc from 'fast-check';
import { REDACTED } from './record-reader.js';
import { createRedactor, redactPathFault } from './redaction.js';

function redacted(path: string, record: unknown): unknown {
  return createRedactor([path])(record);
}

describe('createRedactor', () => {
  test.each<[string, unknown, unknown]>([
    ['$.a', { a: 1, b: 2 }, { a: REDACTED, b: 2 }],
    ['$.a.b', { a: { b: { c: 1 }, d: 2 } }, { a: { b: REDACTED, d: 2 } }],
    ['$.a', { a: null }, { a: REDACTED }],
    ['$.a', { b: 1 }, { b: 1 }],
    ['$.a.b', { a: 'text' }, { a: 'text' }],
    ["$['a b']", { 'a b': 1 }, { 'a b': REDACTED }],
    ['$["a\\"b"].c', { 'a"b': { c: 1 } }, { 'a"b': { c: REDACTED } }],
    ["$['a.b']", { 'a.b': 1, a: { b: 2 } }, { 'a.b': REDACTED, a: { b: 2 } }],
    ['$.a[*].b', { a: [{ b: 1 }, { c: 2 }, 3] }, { a: [{ b: REDACTED }, { c: 2 }, 3] }],
    ['$.a[*]', { a: [1, { b: 2 }] }, { a: [REDACTED, REDACTED] }],
    ['$.a.*', { a: { b: 1, c: [2] } }, { a: { b: REDACTED, c: REDACTED } }],
    ['$.a[1]', { a: [1, 2, 3] }, { a: [1, REDACTED, 3] }],
    ['$.a[5]', { a: [1] }, { a: [1] }],
    ['$.a[0]', { a: { 0: 1 } }, { a: { 0: 1 } }],
    [
      '$..notes',
      { notes: 1, a: [{ notes: 2, b: { notes: null } }] },
      { notes: REDACTED, a: [{ notes: REDACTED, b: { notes: REDACTED } }] },
    ],
    ["$..['x y']", { a: { 'x y': 1 } }, { a: { 'x y': REDACTED } }],
    ['$.a..b', { b: 1, a: { c: { b: 2 } } }, { b: 1, a: { c: { b: REDACTED } } }],
    ['$.naïve-key_1', { 'naïve-key_1': 1 }, { 'naïve-key_1': REDACTED }],
  ])('%s', (path, record, expected) => {
    expect(redacted(path, record)).toEqual(expected);
  });

  test('keeps to own keys, so that __proto__ is a key like others', () => {
    const record = redacted('$.__proto__.x', JSON.parse('{"__proto__":{"x":1},"y":2}'));
    expect(JSON.stringify(record)).toBe(`{"__proto__":{"x":"${REDACTED}"},"y":2}`);
    expect(redacted('$.constructor', {})).toEqual({});
    expect(Object.prototype).not.toHaveProperty('x');
  });

  test('leaves what is no object alone', () => {
    for (const record of [null, 1, 'text', true]) expect(redacted('$..a', record)).toBe(record);
  });

  test('reaches any depth', () => {
    const depth = 20_000;
    const record: unknown = JSON.parse(`${'{"a":'.repeat(depth)}{"secret":1}${'}'.repeat(depth)}`);
    let value = redacted('$..secret', record);
    for (let level = 0; level < depth; level++) value = (value as { a: unknown }).a;
    expect(value).toEqual({ secret: REDACTED });
  });

  test('leaves no value under a name that is redacted everywhere', () => {
    fc.assert(
      fc.property(fc.object({ key: fc.constantFrom('secret', 'a', 'b'), maxDepth: 5 }), (record) => {
        redacted('$..secret', record);
        JSON.stringify(record, (key, value: unknown) => {
          if (key === 'secret') expect(value).toBe(REDACTED);
          return value;
        });
      }),
    );
  });
});

describe('redactPathFault', () => {
  test.each([
    '',
    'a',
    '.a',
    '$',
    '$.',
    '$a',
    '$.a.',
    '$..',
    '$...a',
    '$.a b',
    '$[a]',
    "$['a]",
    '$[-1]',
    '$[0:2]',
    '$[0,1]',
    "$['a','b']",
    '$[?(@.a)]',
    '$[?(@.a==1)]',
    '$[(@.length-1)]',
    '$.a^',
    '$.a~',
    '$.a()',
    '$.a[?@.b]',
    '$*',
    '$.a*',
  ])('refuses %j', (path) => {
    expect(redactPathFault(path, [])).toEqual(expect.any(String));
    expect(() => createRedactor([path])).toThrow(SyntaxError);
  });

  test.each([
    ['$.id', 'id'],
    ['$.*', 'id'],
    ['$[*]', 'id'],
    ['$..id', 'meta.id'],
    ['$..*', 'meta.id'],
    ['$.meta', 'meta.id'],
    ["$['meta']['id']", 'meta.id'],
    ['$.*.id', 'meta.id'],
  ])('refuses %s over %s', (path, identity) => {
    expect(redactPathFault(path, [identity, 'status'])).toContain(identity);
  });

  test.each([
    ['$.meta.other', 'meta.id'],
    ['$.*.other', 'meta.id'],
    ['$..other', 'meta.id'],
    ['$.id', 'meta.id'],
    ['$.meta.id.deeper', 'meta.id'],
    ['$[0]', 'id'],
  ])('allows %s beside %s', (path, identity) => {
    expect(redactPathFault(path, [identity])).toBeNull();
  });
});
