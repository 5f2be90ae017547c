import { FilterExpression } from './filter-expression.js';
import { JobFilter } from './job.filter.js';

/** Fields whose `=` and `in` mean what the filter's own member of that name means. */
const LISTS = [
  'id',
  'source',
  'platform',
  'type',
  'owner',
  'externalId',
  'reason',
  'rawStatus',
  'parentId',
  'state',
  'freshness',
] as const;
type ListName = (typeof LISTS)[number];

/**
 * The same question with less of an expression: what it asks of every job (`state = failed and …`) becomes the member of the filter that
 * says so, which indexes, kept counts and coverage know how to use. Equal questions become equal filters.
 */
export function liftExpression({ expression, ...filter }: JobFilter): JobFilter {
  if (expression === undefined) return filter;
  const lifted: { -readonly [Name in keyof JobFilter]: JobFilter[Name] } = filter;
  const rest = conjuncts(expression).filter((part) => !lift(part, lifted));
  if (rest.length > 0) lifted.expression = rest.length === 1 ? rest[0] : { and: rest };
  return lifted;
}

function conjuncts(expression: FilterExpression): readonly FilterExpression[] {
  return 'and' in expression ? expression.and.flatMap(conjuncts) : [expression];
}

function lift(
  part: FilterExpression,
  filter: { -readonly [Name in keyof JobFilter]: JobFilter[Name] },
): boolean {
  if (!('field' in part) || part.operator !== '=') return false;
  const { field, key, values } = part;
  if (field === 'labels' && values.length === 1) {
    filter.label = [...(filter.label ?? []), { key: key!, value: values[0] as string }];
    return true;
  }
  if (!LISTS.includes(field as ListName)) return false;
  const name = field as ListName;
  const asked = [...new Set(values as string[])];
  const given: readonly string[] | undefined = filter[name];
  Object.assign(filter, { [name]: given ? asked.filter((value) => given.includes(value)) : asked });
  return true;
}
