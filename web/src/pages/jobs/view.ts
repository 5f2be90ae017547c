import { writeQuery } from '../../../../client/src/query';
import type { JobField } from '../../../../client/src/index';
import { FILTERS, type FilterName, isFilterName, takesSeveral } from './filters';

/** Everything that the address of the page says: the parameters of the API under their own names, and which columns are shown. */
export interface View {
  /** Values by filter, at least one each. A filter of one value has one. */
  filters: Partial<Record<FilterName, string[]>>;
  /** As the API takes it; undefined: its own order. */
  sort?: string;
  cursor?: string;
  limit: number;
  columns: readonly JobField[];
  /** Parameters that nothing here knows. They go to the service, which says what is wrong with them. */
  unknown: Record<string, string>;
}

export const LIMITS = [25, 50, 100] as const;
export const DEFAULT_LIMIT = 50;

/** Every column that can be shown, in their order. */
export const COLUMNS = [
  ...(['name', 'state', 'source', 'platform', 'type', 'externalId', 'owner', 'reason', 'rawStatus'] as const),
  ...([
    'progress',
    'durationMs',
    'createdAt',
    'scheduledFor',
    'startedAt',
    'finishedAt',
    'updatedAt',
  ] as const),
  ...(['stateChangedAt', 'changedAt', 'firstSeenAt', 'lastSeenAt', 'freshness', 'error', 'labels'] as const),
] as const satisfies readonly JobField[];
export type Column = (typeof COLUMNS)[number];

export const DEFAULT_COLUMNS: readonly Column[] = [
  ...(['name', 'state', 'source', 'type', 'progress', 'durationMs', 'startedAt', 'updatedAt'] as const),
];

/** @param search the query string of the page, with or without its `?` */
export function readView(search: string): View {
  const view: View = { filters: {}, limit: DEFAULT_LIMIT, columns: DEFAULT_COLUMNS, unknown: {} };
  const parameters = new URLSearchParams(search);
  for (const name of new Set(parameters.keys())) {
    const given = parameters.getAll(name).filter((value) => value !== '');
    const last = given.at(-1);
    if (last === undefined) continue;
    if (isFilterName(name)) view.filters[name] = takesSeveral(name) ? splitAll(name, given) : [last];
    else if (name === 'sort') view.sort = last;
    else if (name === 'cursor') view.cursor = last;
    else if (name === 'limit') view.limit = LIMITS.find((limit) => String(limit) === last) ?? DEFAULT_LIMIT;
    else if (name === 'columns') view.columns = readColumns(given.join(','));
    else view.unknown[name] = last;
  }
  return view;
}

/** The query string of the page that shows this view, without `?`; what is as usual is left out. */
export function writeView(view: View): string {
  const { limit, columns } = view;
  return writeQuery({
    ...filtersOf(view),
    sort: view.sort,
    limit: limit === DEFAULT_LIMIT ? undefined : limit,
    columns: columns.join() === DEFAULT_COLUMNS.join() ? undefined : columns.join(','),
    cursor: view.cursor,
  });
}

/** The same question from its beginning: what is asked has changed, or its first page is wanted. */
export function withFilters(view: View, filters: View['filters']): View {
  const { cursor: _, ...rest } = view;
  return { ...rest, filters };
}

/** A view with another value of one filter; without the filter when there is none. */
export function withFilter(view: View, name: FilterName, values: readonly string[]): View {
  const { [name]: _, ...others } = view.filters;
  return withFilters(view, values.length === 0 ? others : { ...others, [name]: [...values] });
}

/** The filters as the parameters of the API. */
export function filtersOf({ filters, unknown }: View): Record<string, string | string[]> {
  const named = Object.entries(filters).map(([name, values]): [string, string | string[]] => [
    name,
    takesSeveral(name as FilterName) ? values : values[0]!,
  ]);
  return { ...unknown, ...Object.fromEntries(named) };
}

/** What a chip says: `State: failed, missed`. */
export function chipText(name: FilterName, values: readonly string[]): string {
  const { label, kind } = FILTERS[name];
  if (kind === 'flag') return values[0] === 'true' ? label : `${label}: ${values[0]}`;
  return `${label}: ${values.map((value) => (kind === 'time' ? agoText(value) : value)).join(', ')}`;
}

/** `-24h` as people say it; what is not relative stays. */
function agoText(value: string): string {
  return /^-\w+$/.test(value) ? `${value.slice(1)} ago` : value;
}

/** A comma is between two values, `\,` within one; of pairs it is only a comma. */
function splitAll(name: FilterName, given: readonly string[]): string[] {
  if (FILTERS[name].kind === 'pairs') return [...given];
  return splitValues(given.join(','));
}

/** As the service splits a list, and as people write one: spaces around a value are not part of it. */
export function splitValues(text: string): string[] {
  const values = text
    .split(/(?<!\\),/)
    .map((value) => value.replaceAll('\\,', ',').trim())
    .filter((value) => value !== '');
  return [...new Set(values)];
}

function readColumns(text: string): readonly Column[] {
  const named = text.split(',');
  const known = COLUMNS.filter((column) => named.includes(column));
  return known.length === 0 ? DEFAULT_COLUMNS : known;
}
