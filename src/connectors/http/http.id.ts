import { RecordError } from '../../domain/errors.js';
import { asObject, asText, cleanText, REDACTED } from '../shared/record-reader.js';
import { Expression, ExpressionError, OF_A_RECORD, Steps } from './expression.js';
import { IdInput } from './manifest.schema.js';
import { PlaceholderValues } from './template.js';

/** How the platform's own id is read from a record: one value, or named parts that are joined so that no two ids meet. */
export class IdRule {
  private readonly whole: Expression | null;
  private readonly parts: readonly (readonly [string, Expression])[];

  constructor(input: IdInput) {
    this.whole = typeof input === 'string' ? new Expression(input) : null;
    this.parts =
      typeof input === 'string'
        ? []
        : Object.entries(input.parts).map(([name, source]) => [name, new Expression(source)] as const);
  }

  /** Where it is read from. */
  get paths(): readonly string[] {
    return this.expressions.flatMap(({ paths }) => paths);
  }

  get rule(): string {
    return this.whole === null ? `${this.parts.map(([name]) => name).join('/')}, each encoded` : 'as text';
  }

  /** @throws RecordError when the record is not an object or has no usable id */
  identify(record: unknown): string {
    asObject(record);
    const steps = new Steps(record, OF_A_RECORD);
    const values = this.expressions.map((expression) => usable(evaluated(expression, record, steps)));
    const unusable = this.expressions.filter((_, index) => values[index] === null);
    if (unusable.length > 0) throw new RecordError(unusable.map(({ source }) => `no usable id at ${source}`));
    return this.join(values as string[]);
  }

  /** The id that a record names of another job; null when it names none, undefined when it does not say. */
  refer(record: unknown, steps: Steps): string | null | undefined {
    const values = this.expressions.map((expression) => evaluated(expression, record, steps));
    if (values.every((value) => value === undefined)) return undefined;
    const texts = values.map(usable);
    return texts.includes(null) ? null : this.join(texts as string[]);
  }

  /** What placeholders of an id stand for; of an id that is none of ours, nothing. */
  placeholders(externalId: string): PlaceholderValues {
    if (this.whole !== null) return { id: externalId };
    const values = externalId.split('/').map(decoded);
    return {
      id: externalId,
      ...Object.fromEntries(this.parts.map(([name], index) => [`id.${name}`, values[index] ?? ''])),
    };
  }

  private get expressions(): readonly Expression[] {
    return this.whole === null ? this.parts.map(([, expression]) => expression) : [this.whole];
  }

  private join(values: readonly string[]): string {
    return this.whole === null ? values.map(encodeURIComponent).join('/') : values[0]!;
  }
}

/** Integers past 2^53 are refused: JSON parsing has already rounded them, and two jobs would become one. */
function usable(value: unknown): string | null {
  if (value === REDACTED) return null;
  if (typeof value === 'number' && !Number.isSafeInteger(value)) return null;
  if (typeof value !== 'number' && typeof value !== 'string') return null;
  const text = asText(value);
  return typeof text === 'string' && text.trim() !== '' ? cleanText(text) : null;
}

function evaluated(expression: Expression, record: unknown, steps: Steps): unknown {
  try {
    return expression.evaluate(record, steps);
  } catch (error) {
    if (error instanceof ExpressionError) throw new RecordError([`${expression.source}: ${error.message}`]);
    throw error;
  }
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch (error) {
    if (error instanceof URIError) return segment;
    throw error;
  }
}
