import { ContractError } from '../../domain/errors.js';
import { asText, REDACTED } from '../shared/record-reader.js';
import { mapInTurns } from '../shared/turns.js';
import { Expression, ExpressionError, sizeOf, Steps } from './expression.js';
import { ListInput } from './manifest.schema.js';
import { PlaceholderValues, Template } from './template.js';

/** The most records that one answer may hold: more of them is no page. */
export const MAX_RECORDS = 500_000;

/** The most that is put into the records of one answer, values: each gets a copy of its own. */
const MAX_ADDED = 2_000_000;

/** An answer as expressions read it. */
interface ReadAnswer {
  body: unknown;
  /** What they may still cost. */
  steps: Steps;
}

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

  /** @throws ContractError when the answer has none where they should be, or more than can be */
  async select(answer: ReadAnswer, values: PlaceholderValues): Promise<unknown[]> {
    const found = evaluateAnswer(this.records, answer);
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
    return this.completed(records, answer, values);
  }

  private keyed(found: unknown): unknown[] | null {
    const { key } = this.list;
    if (key === undefined || typeof found !== 'object' || found === null) return null;
    return Object.entries(found).map(([name, record]) => extended(record, { [key]: name }));
  }

  private async completed(
    records: unknown[],
    answer: ReadAnswer,
    values: PlaceholderValues,
  ): Promise<unknown[]> {
    const merge =
      this.merge === null ? null : { ...this.merge, map: evaluateAnswer(this.merge.from, answer) };
    if (this.fields.length + this.add.length === 0 && merge === null) return records;
    const fixed = Object.fromEntries([
      ...this.add.map(([name, expression]) => [name, evaluateAnswer(expression, answer) ?? null] as const),
      ...this.fields.map(([name, template]) => [name, template.text(values)] as const),
    ]);
    const additions = new Additions(fixed);
    return mapInTurns(records, (record) =>
      additions.putInto(record, merge === null ? null : { [merge.into]: found(merge, record) }),
    );
  }
}

/** What is put into every record of an answer, as far as that may go. */
export class Additions {
  private left = MAX_ADDED;
  private readonly size: number;

  constructor(private readonly fields: Readonly<Record<string, unknown>>) {
    this.size = sizeOf(fields, MAX_ADDED);
  }

  /**
   * @param own what only this record gets
   * @throws ContractError when it is more, over all records, than an answer may grow by
   */
  putInto(record: unknown, own: Readonly<Record<string, unknown>> | null = null): unknown {
    this.left -= this.size + (own === null ? 0 : sizeOf(own, this.left));
    if (this.left < 0)
      throw new ContractError('what add, fields and merge put into the records is too much', 'schema');
    return extended(record, own === null ? this.fields : { ...this.fields, ...own });
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
export function evaluateAnswer(expression: Expression, { body, steps }: ReadAnswer): unknown {
  try {
    return expression.evaluate(body, steps);
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
