/** Values of one statement; `add` gives the placeholder. */
export class Parameters {
  constructor(readonly values: unknown[] = []) {}

  add(value: unknown): string {
    return `$${this.values.push(value)}`;
  }
}

/** One value as `=`, so that an index keeps its order behind it; several as `= ANY`. */
export function anyOf(
  expression: string,
  type: string,
  values: readonly string[],
  parameters: Parameters,
): string {
  if (values.length === 1) return `${expression} = ${parameters.add(values[0])}::${type}`;
  return `${expression} = ANY(${parameters.add(values)}::${type}[])`;
}

/** The pattern of ILIKE for a text that contains this one. */
export function containing(text: string): string {
  return `%${text.replace(/[\\%_]/g, '\\$&')}%`;
}

/** Inclusive on both sides. */
export interface NumberRange {
  min?: number | undefined;
  max?: number | undefined;
}

/** A condition for each side that is given. */
export function numberRange(sql: string, range: NumberRange | undefined, parameters: Parameters): string[] {
  const conditions: string[] = [];
  if (range?.min !== undefined) conditions.push(`${sql} >= ${parameters.add(range.min)}::float8`);
  if (range?.max !== undefined) conditions.push(`${sql} <= ${parameters.add(range.max)}::float8`);
  return conditions;
}
