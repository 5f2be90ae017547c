import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { CONNECTORS } from '../connectors/index.js';
import { fileSchema, sourceSchema } from './config.schema.js';
import { parseConfig } from './load-config.js';

const ROOT = join(__dirname, '..', '..');
const PAGE = readFileSync(join(ROOT, 'docs', 'configuration.md'), 'utf8');

/** Every key that a schema knows, whatever it stands in. */
function keysOf(schema: z.core.$ZodType): string[] {
  if (schema instanceof z.ZodObject)
    return Object.entries(schema.shape as Record<string, z.ZodType>).flatMap(([key, value]) => [
      key,
      ...keysOf(value),
    ]);
  if (schema instanceof z.ZodArray) return keysOf(schema.element);
  if (schema instanceof z.ZodRecord) return keysOf(schema.valueType);
  if (schema instanceof z.ZodUnion) return schema.options.flatMap(keysOf);
  if (schema instanceof z.ZodPipe) return keysOf(schema.in);
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodNullable
  )
    return keysOf(schema.unwrap());
  return [];
}

function undocumented(keys: readonly string[]): string[] {
  return [...new Set(keys)].filter((key) => !new RegExp(`[\`.{, ]${key}[\`,. :\\n]`).test(PAGE));
}

test('docs/configuration.md names every key of the file', () => {
  expect(keysOf(fileSchema)).toContain('allowPrivateAddresses');
  expect(undocumented(keysOf(fileSchema))).toEqual([]);
});

test.each(CONNECTORS.map((connector) => [connector.platform, connector] as const))(
  'docs/configuration.md names every key of a %s source',
  (platform, connector) => {
    const keys = keysOf(sourceSchema(connector));
    expect(keys).toEqual(expect.arrayContaining(['platform', 'maxRequestsPerHour', 'reason']));
    expect(undocumented(keys)).toEqual([]);
    expect(PAGE).toContain(`[\`${platform}\`](../src/connectors/${platform}/README.md)`);
  },
);

test('config.example.yaml is a configuration with one source of every platform', () => {
  const text = readFileSync(join(ROOT, 'config.example.yaml'), 'utf8');
  const env = Object.fromEntries([...text.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => [name!, 'secret']));
  const config = parseConfig(
    text,
    'config.example.yaml',
    { ...env, DATABASE_URL: 'postgres://db/rollcall' },
    () => 'secret',
  );
  expect(config.sources.map(({ platform }) => platform)).toEqual(CONNECTORS.map(({ platform }) => platform));
  expect(config.sources.map(({ platform }) => platform)).toHaveLength(5);
});
