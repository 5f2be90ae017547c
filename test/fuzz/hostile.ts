import fc from 'fast-check';

/** Text that breaks things elsewhere. None of it holds a word by which a leak is known (fuzz.ts). */
const HOSTILE = [
  '',
  ' ',
  '\0',
  'a\0b',
  "' OR '1'='1",
  "'; DROP TABLE job; --",
  "1' UNION SELECT usename, passwd, 1 FROM users --",
  '$1',
  '{"$gt": ""}',
  '"; --',
  "\\'; --",
  '%',
  '_%\\',
  '\ud800',
  'a\udfffb',
  '\udc00\ud800',
  '\ufeff',
  '\u202egnp.exe',
  'Ａ\u0301\u0301\u0301',
  '🦄'.repeat(40),
  '\r\nX-Injected: yes',
  '\n\n<html>',
  '<script>alert(1)</script>',
  '../../../../etc/passwd',
  '..%2f..%2f',
  '${7*7}',
  '{{7*7}}',
  '%n%n%n%s',
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'null',
  'true',
  'NaN',
  'Infinity',
  '-Infinity',
  '-0',
  '0x10',
  '1e309',
  '1e-400',
  '9'.repeat(400),
  '-9223372036854775809',
  '9223372036854775808',
  '4294967296',
  '2147483648',
  '0.1e1',
  '٣',
  '１２',
  '1_000',
  'a,b',
  'a\\,b',
  ',,,',
  '\\',
  ':',
  'key:',
  ':value',
  '__proto__:x',
  '-1ms',
  'PT1e9H',
  'P99999999999999999999Y',
  '-99999999999d',
  '+275760-09-13T00:00:00.001Z',
  '0000-00-00T00:00:00Z',
  '2025-02-30T00:00:00Z',
  '2025-01-15T14:00:00+99:99',
  '-000001-01-01T00:00:00Z',
  'infinity',
  'epoch',
  'now()',
  '(((((',
  '[[[[[',
  '{"a":{"a":{"a":{',
  'W/"x"',
  '*',
  '**',
  'a'.repeat(101),
  'a'.repeat(5_000),
  '\u0001'.repeat(200),
];

export const hostile: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...HOSTILE) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 60 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 60 }) },
  { weight: 1, arbitrary: fc.double().map(String) },
  { weight: 1, arbitrary: fc.bigInt().map(String) },
  {
    weight: 1,
    arbitrary: fc.array(fc.integer({ min: 0xd800, max: 0xdfff }), { maxLength: 8 }).map(fromUnits),
  },
);

function fromUnits(units: number[]): string {
  return String.fromCharCode(...units);
}

/** How often something is opened, to find out how deep a parser goes. */
const depth = fc.constantFrom(1, 2, 30, 31, 32, 33, 64, 500, 4_000);

const CLOSING: Record<string, string> = { '(': ')', '[': ']', '{': '}', 'not(': ')', '((': '))' };

export const nested: fc.Arbitrary<string> = fc
  .tuple(depth, fc.constantFrom('(', '[', '{', 'not ', 'not(', '((', '-', '"a":{'), fc.boolean())
  .map(([times, opening, closed]) => {
    const closing = closed ? (CLOSING[opening] ?? '') : '';
    return `${opening.repeat(times)}state = "failed"${closing.repeat(times)}`;
  });

/** Broken percent-encodings, as they stand in a URL. */
export const brokenEncoding = fc.constantFrom(
  ...[
    '%',
    '%2',
    '%zz',
    '%C0%80',
    '%ED%A0%80',
    '%FF',
    '%F4%90%80%80',
    '%u0041',
    '%%30',
    '%E2%82',
    '%00',
    '%0d%0a',
  ],
  ...['+', '%2B', '\xff\xfe', 'é', '%25%32%35'],
);

/** Percent-encodes everything that has to be; what is no character of Unicode as its bytes would be, which is no UTF-8. */
export function percent(text: string): string {
  return Array.from(text, (character) => {
    const unit = character.charCodeAt(0);
    if (character.length > 1 || unit < 0xd800 || unit > 0xdfff) return encodeURIComponent(character);
    const bytes = [0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f)];
    return bytes.map((byte) => `%${byte.toString(16).toUpperCase()}`).join('');
  }).join('');
}
