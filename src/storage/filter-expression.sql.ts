import { Instant } from '../domain/job.js';
import { ComparedAs, FILTER_FIELDS } from './filter-expression.fields.js';
import { FilterCondition, FilterExpression } from './filter-expression.js';
import { Parameters, anyOf, containing } from './parameters.js';
import { isoOf } from './time-bound.js';

/** A condition over `j` and, where `joinsSource`, over `s`. Values are parameters, all of them. */
export interface ExpressionSql {
  sql: string;
  joinsSource: boolean;
}

/**
 * An expression as SQL, true for exactly the jobs that it means. A comparison with null is null in SQL and false here: `and` and `or` do not
 * tell these apart where only true counts, and `not` is written so that it does not either.
 */
export function expressionSql(
  expression: FilterExpression,
  now: Instant,
  parameters: Parameters,
): ExpressionSql {
  let joinsSource = false;
  const sqlOf = (part: FilterExpression): string => {
    if ('and' in part) return `(${part.and.map(sqlOf).join(' AND ')})`;
    if ('or' in part) return `(${part.or.map(sqlOf).join(' OR ')})`;
    if ('not' in part) return `(${sqlOf(part.not)}) IS NOT TRUE`;
    joinsSource ||= FILTER_FIELDS.get(part.field)!.joinsSource === true;
    return conditionSql(part, now, parameters);
  };
  const sql = sqlOf(expression);
  return { sql, joinsSource };
}

function conditionSql(
  { field, key, operator, values }: FilterCondition,
  now: Instant,
  parameters: Parameters,
): string {
  const { sql, comparedAs } = FILTER_FIELDS.get(field)!;
  const column = key === null ? sql : sql.replace('KEY', () => `${parameters.add(key)}::text`);
  if (operator === 'null') return `${comparedAs === 'scalar' ? `(${column} #>> '{}')` : column} IS NULL`;
  const texts = values.map((value) => (typeof value === 'object' ? isoOf(value, now) : String(value)));
  const [type, compared] = typed(comparedAs, column, operator);
  if (operator === '~') return `${compared} ILIKE ${parameters.add(containing(texts[0]!))}`;
  if (operator === '=') return anyOf(compared, type, texts, parameters);
  return `${compared} ${operator} ${parameters.add(texts[0])}::${type}`;
}

const TYPES = {
  text: 'text',
  uuid: 'uuid',
  state: 'text',
  freshness: 'text',
  boolean: 'boolean',
  number: 'float8',
  duration: 'float8',
  instant: 'timestamptz',
} as const;

/** What is compared, and the type of what it is compared with. An attribute is JSON: text, or for the order of numbers a number. */
function typed(
  comparedAs: ComparedAs,
  column: string,
  operator: FilterCondition['operator'],
): [string, string] {
  if (comparedAs !== 'scalar') return [TYPES[comparedAs], column];
  if (operator === '=' || operator === '~')
    return [
      'text',
      `CASE WHEN jsonb_typeof(${column}) IN ('string', 'number', 'boolean') THEN ${column} #>> '{}' END`,
    ];
  return ['numeric', `CASE jsonb_typeof(${column}) WHEN 'number' THEN (${column} #>> '{}')::numeric END`];
}
