import { z } from 'zod';
import { manifestSchema } from './manifest.schema.js';

/** What the schema says of itself: for editors, and for the reference in `docs/connectors/http.md`. */

type Schema = z.core.JSONSchema.BaseSchema;

/** Between these lines of the page the reference stands; everything else of it is written by hand. */
export const REFERENCE_BEGIN = '<!-- reference: written by `npm run manifest:schema` -->';
export const REFERENCE_END = '<!-- end of the reference -->';

/** The JSON Schema (draft 2020-12) of a manifest as text. What binds several keys together is not in it: `rollcall check` knows that. */
export function manifestJsonSchema(): string {
  const schema = { title: 'Rollcall manifest', ...z.toJSONSchema(manifestSchema, { io: 'input' }) };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

/** The page with its reference written anew. @throws Error when the page has no place for it */
export function withReference(page: string): string {
  const begin = page.indexOf(REFERENCE_BEGIN);
  const end = page.indexOf(REFERENCE_END);
  if (begin < 0 || end < begin) throw new Error('the page has no place for the reference');
  return `${page.slice(0, begin)}${REFERENCE_BEGIN}\n\n${reference()}\n${page.slice(end)}`;
}

/** Every key with its type, default and meaning, as Markdown. */
function reference(): string {
  const schema = z.toJSONSchema(manifestSchema, { io: 'input' }) as Schema;
  const definitions = (schema.$defs ?? {}) as Record<string, Schema>;
  const shapes = Object.entries(definitions).filter(([name]) => !name.startsWith('__'));
  const [objects, values] = [
    shapes.filter(([, definition]) => hasKeys(definition)),
    shapes.filter(([, definition]) => !hasKeys(definition)),
  ];
  const own = Object.entries(schema.properties ?? {}) as [string, Schema][];
  const scalars = own.filter(([, property]) => !hasKeys(innerOf(property)));
  const sections = own.filter(([, property]) => hasKeys(innerOf(property)));
  return [
    [
      '### The manifest',
      '',
      ...table(scalars.flatMap(([key, property]) => rowsOf(key, property, isRequired(schema, key)))),
    ],
    ...sections.map(([key, property]) => [
      `### \`${key}\``,
      '',
      ...table(rowsOf(key, property, isRequired(schema, key))),
    ]),
    ...objects.map(([name, definition]) => [
      `### A ${name}`,
      '',
      ...(definition.description === undefined ? [] : [definition.description, '']),
      ...table(keyRows('', definition)),
    ]),
    [
      '### Kinds of values',
      '',
      '| kind | meaning |',
      '| --- | --- |',
      ...values.map(([name, { description }]) => `| ${name} | ${cell(description ?? '')} |`),
    ],
  ]
    .map((lines) => `${lines.join('\n')}\n`)
    .join('\n');
}

function table(rows: readonly string[]): string[] {
  return ['| key | value | default | meaning |', '| --- | --- | --- | --- |', ...rows];
}

function rowsOf(path: string, schema: Schema, required: boolean): string[] {
  const inner = innerOf(schema);
  const place = schema.type === 'array' ? `${path}[]` : isOpenMapping(schema) ? `${path}.NAME` : path;
  const given =
    schema.default === undefined ? (required ? 'required' : '') : code(JSON.stringify(schema.default));
  return [
    `| \`${path}\` | ${cell(typeOf(schema))} | ${given} | ${cell(schema.description ?? '')} |`,
    ...keyRows(place, inner),
  ];
}

/** The rows of everything in a mapping; of a choice of mappings, each of them with the word that chooses it. */
function keyRows(path: string, schema: Schema): string[] {
  const prefix = path === '' ? '' : `${path}.`;
  const variants = alternativesOf(schema).filter((variant) => variant.properties !== undefined);
  if (variants.length > 0)
    return variants.flatMap((variant) => {
      const word = discriminatorOf(variant);
      if (word === null) return keyRows(path, variant);
      const [key, { const: value, description = '' }] = word;
      const rest = Object.entries(variant.properties!).filter(([name]) => name !== key) as [string, Schema][];
      return [
        `| \`${prefix}${key}: ${String(value)}\` | | | ${cell(description)} |`,
        ...rest.flatMap(([name, property]) =>
          rowsOf(`${prefix}${name}`, property, isRequired(variant, name)),
        ),
      ];
    });
  const properties = Object.entries(schema.properties ?? {}) as [string, Schema][];
  return properties.flatMap(([name, property]) =>
    rowsOf(`${prefix}${name}`, property, isRequired(schema, name)),
  );
}

function discriminatorOf(schema: Schema): [string, Schema] | null {
  const entries = Object.entries(schema.properties ?? {}) as [string, Schema][];
  return (
    entries.find(
      ([name, { const: value }]) => (name === 'type' || name === 'by') && typeof value === 'string',
    ) ?? null
  );
}

/** What a list is of, or an open mapping leads to; else the schema itself. */
function innerOf(schema: Schema): Schema {
  if (schema.type === 'array') return schema.items as Schema;
  return isOpenMapping(schema) ? (schema.additionalProperties as Schema) : schema;
}

function isOpenMapping(schema: Schema): boolean {
  return typeof schema.additionalProperties === 'object';
}

function hasKeys(schema: Schema): boolean {
  return (
    schema.properties !== undefined ||
    alternativesOf(schema).some((variant) => variant.properties !== undefined)
  );
}

function alternativesOf(schema: Schema): Schema[] {
  return (schema.oneOf ?? schema.anyOf ?? []) as Schema[];
}

function isRequired(schema: Schema, key: string): boolean {
  return schema.required?.includes(key) ?? false;
}

function typeOf(schema: Schema): string {
  if (schema.$ref !== undefined) {
    const name = schema.$ref.split('/').at(-1)!;
    return name.startsWith('__') ? 'any value' : name;
  }
  if (schema.const !== undefined) return code(JSON.stringify(schema.const));
  if (schema.enum !== undefined) return schema.enum.map((value) => code(String(value))).join(', ');
  if (schema.type === 'array') return `list of ${typeOf(schema.items as Schema)}`;
  const alternatives = alternativesOf(schema);
  if (alternatives.length > 0) return [...new Set(alternatives.map(typeOf))].join(' or ');
  if (isOpenMapping(schema)) return `mapping to ${typeOf(schema.additionalProperties as Schema)}`;
  if (schema.type === 'object') return 'mapping';
  const bounds = boundsOf(schema);
  return `${{ string: 'text', integer: 'whole number' }[schema.type as string] ?? String(schema.type)}${bounds}`;
}

function boundsOf({ minimum, maximum }: Schema): string {
  return minimum === undefined || maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER
    ? ''
    : ` ${minimum} to ${maximum}`;
}

function code(text: string): string {
  return `\`${text}\``;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
