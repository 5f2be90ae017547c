import fc from 'fast-check';
import { JsonObject } from '../../domain/job.js';
import {
  ATTRIBUTES_LIMIT_BYTES,
  attributesOf,
  boundedAttributes,
  countAttribute,
  jsonAttribute,
  timeAttribute,
} from './attributes.js';

const bytes = (value: unknown) => Buffer.byteLength(JSON.stringify(value));

describe('boundedAttributes', () => {
  it('leaves attributes that fit untouched', () => {
    const attributes = { a: 'x', b: null, c: { d: [1] } };
    expect(boundedAttributes(attributes)).toBe(attributes);
  });

  it('keeps exactly the limit and nulls one byte more', () => {
    const frame = bytes({ a: '' });
    const fits = { a: 'x'.repeat(ATTRIBUTES_LIMIT_BYTES - frame) };
    expect(boundedAttributes(fits)).toBe(fits);
    expect(boundedAttributes({ a: `${fits.a}x` })).toEqual({ a: null });
  });

  it.each<[string, JsonObject, JsonObject]>([
    [
      'the largest value alone where that is enough',
      { small: 'x', large: 'y'.repeat(6_000), middle: 'z'.repeat(4_000) },
      { small: 'x', large: null, middle: 'z'.repeat(4_000) },
    ],
    [
      'the next largest too where it is not',
      { a: 'x'.repeat(9_000), b: 'y'.repeat(10_000), c: [1] },
      { a: null, b: null, c: [1] },
    ],
    [
      'by bytes, not by characters',
      { ascii: 'x'.repeat(4_000), wide: '\u65e5'.repeat(3_000) },
      { ascii: 'x'.repeat(4_000), wide: null },
    ],
    [
      'the first by name among equals',
      { b: 'x'.repeat(5_000), a: 'x'.repeat(5_000) },
      { b: 'x'.repeat(5_000), a: null },
    ],
    ['a nested value as one', { map: { one: 'x'.repeat(9_000), two: 2 }, n: 1 }, { map: null, n: 1 }],
  ])('nulls %s', (_, attributes, expected) => {
    expect(boundedAttributes(attributes)).toEqual(expected);
  });

  it('keeps a hostile key an own key', () => {
    const attributes = JSON.parse(`{"__proto__": "p", "big": "${'x'.repeat(9_000)}"}`) as JsonObject;
    expect(Object.entries(boundedAttributes(attributes))).toEqual([
      ['__proto__', 'p'],
      ['big', null],
    ]);
  });

  it('always fits, keeps every key, and changes values only to null', () => {
    const text = fc.string({ unit: 'binary', maxLength: 4_000, size: 'max' });
    fc.assert(
      fc.property(fc.dictionary(fc.string({ maxLength: 20 }), text, { maxKeys: 20 }), (attributes) => {
        const bounded = boundedAttributes(attributes);
        expect(bytes(bounded)).toBeLessThanOrEqual(ATTRIBUTES_LIMIT_BYTES);
        expect(Object.keys(bounded)).toEqual(Object.keys(attributes));
        for (const [key, value] of Object.entries(bounded)) expect([attributes[key], null]).toContain(value);
      }),
    );
  });
});

describe('attributesOf', () => {
  const given = { a: 1, b: null, c: undefined };

  it('has every key on a list', () => {
    expect(attributesOf('list', given)).toEqual({ a: 1, b: null, c: null });
  });

  it('leaves out on a detail read what the record does not carry', () => {
    expect(Object.keys(attributesOf('detail', given))).toEqual(['a', 'b']);
  });

  it('bounds what it gives', () => {
    expect(attributesOf('list', { a: 'x'.repeat(9_000), b: 1 })).toEqual({ a: null, b: 1 });
  });
});

describe('attribute values', () => {
  it.each([
    ['an instant', timeAttribute(1_736_942_400_000), '2025-01-15T12:00:00.000Z'],
    ['the epoch', timeAttribute(0), '1970-01-01T00:00:00.000Z'],
    ['no time', timeAttribute(null), null],
    ['an absent time', timeAttribute(undefined), undefined],
    ['a list', countAttribute(['a', 'b']), 2],
    ['an empty list', countAttribute([]), 0],
    ['no list', countAttribute(null), null],
    ['something else than a list', countAttribute('abc'), null],
    ['an absent list', countAttribute(undefined), undefined],
    ['hostile text', jsonAttribute({ a: ['x\0'] }), { a: ['x\uFFFD'] }],
    ['false', jsonAttribute(false), false],
    ['an absent value', jsonAttribute(undefined), undefined],
  ])('reads %s', (_, value, expected) => {
    expect(value).toEqual(expected);
  });
});

describe('jsonAttribute', () => {
  it('keeps __proto__ as a key like others, and cleans texts and keys', () => {
    const value = JSON.parse('{"a\\u0000":"\\ud800","b":{"__proto__":{"x":"\\u0000"},"y":1}}') as unknown;
    expect(JSON.stringify(jsonAttribute(value))).toBe(
      '{"a\uFFFD":"\uFFFD","b":{"__proto__":{"x":"\uFFFD"},"y":1}}',
    );
  });
});
