import { closest, distance } from 'fastest-levenshtein';
import { z } from 'zod';
import { Path, PathFault } from './yaml-file.js';

/**
 * Checks a value, every fault in the configuration's own words. A message never quotes the value: it may be a secret.
 * @param value what stands in the file; the part at `path`
 */
export function check<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  path: Path = [],
): { data: z.output<Schema> | null; faults: SchemaFault[] } {
  const result = schema.safeParse(value, { error: message, reportInput: false });
  if (result.success) return { data: result.data, faults: [] };
  return { data: null, faults: result.error.issues.flatMap((issue) => toFaults(issue, value, path)) };
}

export interface SchemaFault extends PathFault {
  /** The value is of the wrong type, which a value that came from a reference may yet change. */
  mistyped?: boolean;
}

function toFaults(issue: z.core.$ZodIssue, root: unknown, above: Path): SchemaFault[] {
  const path = [...above, ...(issue.path as (string | number)[])];
  const value = valueAt(root, issue.path as Path);
  if (value === undefined) return [{ path, at: 'value', message: MISSING }];
  if (issue.code === 'unrecognized_keys') {
    const messages = issue.message.split('\n');
    return issue.keys.map((key, index) => ({ path: [...path, key], at: 'key', message: messages[index]! }));
  }
  if (issue.code === 'invalid_key')
    return issue.issues.map(({ message }) => ({ path, at: 'key', message }) satisfies SchemaFault);
  if (issue.code === 'invalid_union' && issue.errors.length > 0 && !isEmpty(value)) {
    const [nearest] = issue.errors.toSorted((a, b) => a.length - b.length);
    if (nearest!.some((inner) => inner.path.length > 0 || inner.code === 'unrecognized_keys'))
      return nearest!.flatMap((inner) => toFaults(inner, value, path));
  }
  const mistyped =
    issue.code === 'invalid_type' || issue.code === 'invalid_union' || issue.code === 'invalid_value';
  return [{ path, at: 'value', message: issue.message, mistyped }];
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

/** The value at a path of plain values; undefined where there is none. */
export function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}

const MISSING = 'is required';

function message(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${EXPECTED[issue.expected as string] ?? String(issue.expected)}, got ${nameOf(issue.input)}`;
    case 'invalid_value':
      return `expected one of ${(issue.values as unknown[]).join(', ')}`;
    case 'unrecognized_keys':
      return (issue.keys as string[]).map((key) => unknownKey(key, shapeOf(issue.inst))).join('\n');
    case 'too_small':
      return issue.minimum === 1 && UNIT[issue.origin as string] !== undefined
        ? 'must not be empty'
        : `must be at least ${String(issue.minimum)}${UNIT[issue.origin as string] ?? ''}`;
    case 'too_big':
      return `must be at most ${String(issue.maximum)}${UNIT[issue.origin as string] ?? ''}`;
    case 'invalid_union':
      return `needs ${alternatives(issue.inst)}`;
    case 'invalid_format':
      return 'is not written as it must be';
  }
  return undefined;
}

const EXPECTED: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping',
  record: 'a mapping',
};

const UNIT: Record<string, string> = { string: ' characters', array: ' entries' };

function nameOf(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'number') return Number.isInteger(value) ? 'a number' : 'a fraction';
  return { string: 'text', boolean: 'true or false' }[typeof value as string] ?? 'a mapping';
}

function unknownKey(key: string, known: readonly string[]): string {
  return `unknown key; ${nearest(key, known)}`;
}

/** The nearest known word, or all of them when none is near. */
export function nearest(word: string, known: readonly string[]): string {
  if (known.length === 0) return 'none is known here';
  const best = closest(
    word.toLowerCase().slice(0, 100),
    known.map((name) => name.toLowerCase()),
  );
  const name = known.find((candidate) => candidate.toLowerCase() === best)!;
  const near = distance(word.toLowerCase().slice(0, 100), best) <= Math.max(2, name.length / 3);
  return near ? `did you mean ${name}?` : `known here: ${known.join(', ')}`;
}

function shapeOf(schema: unknown): string[] {
  return schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
}

/** `either token, or clientId and clientSecret`: the required keys of each alternative. */
function alternatives(schema: unknown): string {
  const options = schema instanceof z.ZodUnion ? schema.options : [];
  const names = options.map((option) =>
    option instanceof z.ZodObject
      ? Object.entries(option.shape as Record<string, z.ZodType>)
          .filter(([, field]) => !field.safeParse(undefined).success)
          .map(([name]) => name)
          .join(' and ')
      : '',
  );
  return names.length > 0 && names.every((name) => name !== '')
    ? `either ${names.join(', or ')}`
    : 'another value';
}
