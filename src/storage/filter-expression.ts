import { closest } from 'fastest-levenshtein';
import { parseDuration } from '../domain/duration.js';
import { JOB_STATES, STATE_GROUPS } from '../domain/job-state.js';
import { ComparedAs, FIELD_ALIASES, FIELD_WORDS, FILTER_FIELDS } from './filter-expression.fields.js';
import {
  FilterExpressionError,
  Token,
  Written,
  WrittenCondition,
  faultAt,
  readExpression,
} from './filter-expression.grammar.js';
import { TimeBound, parseTimeBound } from './time-bound.js';

/** What a field is compared with; a time is an instant, or so long before *now*. */
export type FilterValue = string | number | boolean | TimeBound;

/** One comparison: true or false of every job, and false where the field is null, except for `null` itself. */
export interface FilterCondition {
  /** A name of {@link FILTER_FIELDS}. */
  field: string;
  key: string | null;
  /** `=` with several values means any of them; `~` is contains, in any case of letters. */
  operator: '=' | '<' | '<=' | '>' | '>=' | '~' | 'null';
  values: readonly FilterValue[];
}

/** Which jobs are meant. Two-valued: `not` is true wherever what it negates is not. */
export type FilterExpression =
  | { and: readonly FilterExpression[] }
  | { or: readonly FilterExpression[] }
  | { not: FilterExpression }
  | FilterCondition;

/** Values that one expression may compare with: each is a comparison for every job that is looked at. */
const MAX_VALUES = 100;
/** Faults that one message names. */
const MAX_FAULTS = 5;

/**
 * Reads an expression such as `state in (failed, missed) and (labels.team = "data" or duration > 2h)` (docs/api.md, "Filter
 * expressions").
 *
 * @throws FilterExpressionError with the column of each fault
 */
export function parseFilterExpression(text: string): FilterExpression {
  const reading = new Reading(text);
  const expression = reading.expression(readExpression(text));
  if (reading.values > MAX_VALUES)
    throw new FilterExpressionError(
      `compares with ${reading.values} values; at most ${MAX_VALUES} are allowed`,
    );
  if (reading.faults.length > 0)
    throw new FilterExpressionError(
      reading.faults
        .slice(0, MAX_FAULTS)
        .map(({ message }) => message)
        .join('; '),
    );
  return expression;
}

/** Thrown by a reader of values: what is wrong, for the place to be added. */
class ValueFault extends Error {}

type Operator = FilterCondition['operator'];
const ORDERED: readonly Operator[] = ['=', '<', '<=', '>', '>='];

/** How the values of each kind are written, and which operators make sense. `null` always does. */
const KINDS: Record<
  ComparedAs,
  { operators: readonly Operator[]; read: (text: string) => FilterValue | FilterValue[] }
> = {
  text: { operators: ['=', '~'], read: (text) => text },
  uuid: { operators: ['='], read: readUuid },
  state: { operators: ['='], read: readState },
  freshness: { operators: ['='], read: (text) => oneOf(text, ['fresh', 'stale', 'vanished']) },
  boolean: { operators: ['='], read: (text) => oneOf(text, ['true', 'false']) === 'true' },
  number: { operators: ORDERED, read: readNumber },
  duration: { operators: ORDERED, read: readDuration },
  instant: { operators: ORDERED, read: readInstant },
  scalar: { operators: [...ORDERED, '~'], read: (text) => text },
};

/** One pass over an expression: checks every word of it, and goes on after a fault. */
class Reading {
  values = 0;
  readonly faults: FilterExpressionError[] = [];

  constructor(private readonly text: string) {}

  expression(written: Written): FilterExpression {
    if ('and' in written) return { and: written.and.map((part) => this.expression(part)) };
    if ('or' in written) return { or: written.or.map((part) => this.expression(part)) };
    if ('not' in written) return { not: this.expression(written.not) };
    return this.condition(written.condition);
  }

  private condition(written: WrittenCondition): FilterExpression {
    const field = this.field(written);
    const [operator, negated] = plain(written);
    this.values += written.values.length;
    if (field === null) return { and: [] };
    const { comparedAs } = FILTER_FIELDS.get(field.name)!;
    const { operators } = KINDS[comparedAs];
    if (operator !== 'null' && !operators.includes(operator))
      this.fault(written.offset, `${field.shown} is compared with ${spoken(operators)}`);
    const values = written.values.flatMap((value) => this.value(value, comparedAs, operator));
    const condition = { field: field.name, key: field.key, operator, values };
    return negated ? { not: condition } : condition;
  }

  /** Null after a fault. `error.code` is a field; `labels.team` is the field `labels` with a key. */
  private field({ field: { text, offset }, key }: WrittenCondition) {
    const whole = key !== null && !FILTER_FIELDS.get(text)?.keyed ? `${text}.${key}` : text;
    const name = FIELD_ALIASES.get(whole) ?? whole;
    const known = FILTER_FIELDS.get(name);
    if (known?.keyed && key === null) return this.fault(offset, `${text} needs a key, such as ${text}.team`);
    if (known) return { name, key: known.keyed ? key : null, shown: known.keyed ? `${name}.${key}` : name };
    const nearest =
      FIELD_WORDS.find((word) => word.startsWith(`${name}.`)) ?? closest(name.slice(0, 64), FIELD_WORDS);
    return this.fault(offset, `${quote(name)} is no field of a job; did you mean ${nearest}?`);
  }

  private value({ text, offset }: Token, comparedAs: ComparedAs, operator: Operator): FilterValue[] {
    try {
      // an attribute is text for `=` and `~`; only numbers have an order
      const ordered = comparedAs === 'scalar' && operator !== '=' && operator !== '~';
      return [KINDS[ordered ? 'number' : comparedAs].read(text)].flat();
    } catch (error) {
      if (!(error instanceof ValueFault)) throw error;
      this.fault(offset, error.message);
      return [];
    }
  }

  private fault(offset: number, detail: string): null {
    this.faults.push(faultAt(this.text, offset, detail));
    return null;
  }
}

/** Fewer operators, and whether the condition is to be negated: `a != b` is `not (a = b)`. */
function plain({ operator, not }: WrittenCondition): [Operator, boolean] {
  if (operator === '!=') return ['=', true];
  if (operator === 'in') return ['=', not];
  if (operator === 'is null') return ['null', not];
  return [operator, false];
}

function spoken(operators: readonly Operator[]): string {
  return operators.flatMap((operator) => (operator === '=' ? ['=', '!=', 'in'] : [operator])).join(' ');
}

function oneOf<Word extends string>(text: string, words: readonly Word[]): Word {
  const found = words.find((word) => word === text);
  if (found !== undefined) return found;
  const hint = words.length > 4 ? `; did you mean ${closest(text.slice(0, 64), words)}?` : '';
  throw new ValueFault(`${quote(text)} is none of ${words.join(', ')}${hint}`);
}

function readState(text: string): FilterValue[] {
  const word = oneOf(text, [...JOB_STATES, 'active', 'terminal']);
  return word === 'active' || word === 'terminal' ? [...STATE_GROUPS[word]] : [word];
}

function readUuid(text: string): string {
  if (!/^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(text))
    throw new ValueFault(`${quote(text)} is not a UUID`);
  return text.toLowerCase();
}

function readNumber(text: string): number {
  if (!/^-?\d{1,15}(?:\.\d{1,15})?$/.test(text))
    throw new ValueFault(`${quote(text)} is not a number such as 3 or 0.45`);
  return Number(text);
}

function readDuration(text: string): number {
  const ms = parseDuration(text);
  if (ms === null)
    throw new ValueFault(`${quote(text)} is not a duration such as 500ms, 30s, 10m, 1h, 7d or PT30S`);
  return ms;
}

function readInstant(text: string): TimeBound {
  const bound = parseTimeBound(text);
  if (bound === null)
    throw new ValueFault(
      `${quote(text)} is not a time: ISO 8601 with zone, epoch milliseconds, or relative such as -15m`,
    );
  return bound;
}

function quote(text: string): string {
  return JSON.stringify(text.length > 64 ? `${text.slice(0, 64)}…` : text);
}
