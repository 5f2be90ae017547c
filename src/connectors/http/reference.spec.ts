import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { manifestJsonSchema, withReference } from './reference.js';

const PAGE = join(__dirname, '..', '..', '..', 'docs', 'connectors', 'http.md');

test('the JSON Schema for editors is the one of the schema (npm run manifest:schema writes it)', () => {
  expect(readFileSync(join(__dirname, 'manifest.schema.json'), 'utf8')).toBe(manifestJsonSchema());
});

test('the reference has every key as the schema has it (npm run manifest:schema writes it)', () => {
  const page = readFileSync(PAGE, 'utf8');
  expect(withReference(page)).toBe(page);
});

test('a page without a place for the reference is refused', () => {
  expect(() => withReference('# HTTP')).toThrow('no place for the reference');
});
