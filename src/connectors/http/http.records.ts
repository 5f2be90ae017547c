import { ContractError } from '../../domain/errors.js';
import { asText, REDACTED } from '../shared/record-reader.js';
import { ANSWER_STEPS, Expression, ExpressionError } from './expression.js';
import { ListInput } from './manifest.schema.js';
import { PlaceholderValues, Template } from './template.js';

/** The most records that one answer may hold: more of them is no page. */
export const MAX_RECORDS = 500_000;

/** How the records of a list are found in its answers. */
export class RecordSelection {
  private readonly records: Expression;
  private readonly fields: readonly (readonly [string, Template])[];
  private readonly add: readonly (readonly [string, Expression])[];
  private readonly merge: { from: Expression; by: Expression; into: string } | null;

  constructor(
    private readonly list: Pick<ListInput, 'name' | 'records' | 'key' | 'fields' | 'add' | 'merge'>,
  ) {
    this.records = new Expression(list.records);
    this.fields = Object.entries(list.fields ?? {}).map(([name, text]) => [name, new Template(text)]);
    this.add = Object.entries(list.add ?? {}).map(([name, source]) => [name, new Expression(source)]);
    this.merge =
      list.merge === undefined
        ? null
        : { from: new Expression(list.merge.from), by: new Expression(list.merge.by), into: list.merge.into };
  }

  /** @throws ContractError when the answer has none where they should be */
  select(body: unknown, values: PlaceholderValues): unknown[] {
    const found = evaluateAnswer(this.records, body);
    const records = Array.isArray(found) ? found : this.keyed(found);
    if (records === null)
      throw new ContractError(
        `the list ${this.list.name} has no records at ${this.records.source}`,
        'schema',
      );
    if (records.length > MAX_RECORDS)
      throw new ContractError(
        `the list ${this.list.name} answered more than ${MAX_RECORDS} records at once`,
        'schema',
      );
    return this.completed(records, body, values);
  }

  private keyed(found: unknown): unknown[] | null {
    const { key } = this.list;
    if (key === undefined || typeof found !== 'object' || found === null) return null;
    return Object.entries(found).map(([name, record]) => extended(record, { [key]: name }));
  }

  private completed(records: unknown[], body: unknown, values: PlaceholderValues): unknown[] {
    const merge = this.merge === null ? null : { ...this.merge, map: evaluateAnswer(this.merge.from, body) };
    if (this.fields.length + this.add.length === 0 && merge === null) return records;
    const fixed = Object.fromEntries([
      ...this.add.map(([name, expression]) => [name, evaluateAnswer(expression, body) ?? null] as const),
      ...this.fields.map(([name, template]) => [name, template.text(values)] as const),
    ]);
    return records.map((record) =>
      extended(record, merge === null ? fixed : { ...fixed, [merge.into]: found(merge, record) }),
    );
  }
}

/** What the answer says of one record beside it. */
function found({ map, by }: { map: unknown; by: Expression }, record: unknown): unknown {
  const key = asText(evaluateRecord(by, record));
  if (typeof key !== 'string' || key === REDACTED || typeof map !== 'object' || map === null) return null;
  return Object.hasOwn(map, key) ? (map as Record<string, unknown>)[key] : null;
}

/** What is no object stays as it is: its fault is told of it. */
export function extended(record: unknown, fields: Readonly<Record<string, unknown>>): unknown {
  if (typeof record !== 'object' || record === null || Array.isArray(record)) return record;
  if (Object.keys(fields).length === 0) return record;
  // Copied: what several records share is redacted in place, of each.
  return { ...record, ...structuredClone(fields) };
}

/** @throws ContractError when the answer does not fit the expression */
export function evaluateAnswer(expression: Expression, body: unknown): unknown {
  try {
    return expression.evaluate(body, ANSWER_STEPS);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    throw new ContractError(`${expression.source} over the answer: ${error.message}`, 'schema');
  }
}

/** Null where the record does not fit the expression. */
export function evaluateRecord(expression: Expression, record: unknown): unknown {
  try {
    return expression.evaluate(record);
  } catch (error) {
    if (error instanceof ExpressionError) return null;
    throw error;
  }
}
