import { JobFilter, visibleSources } from './job.filter.js';
import { Parameters } from './parameters.js';

/** What the kept counts can tell jobs apart by, as columns over `c` (rollcall.job_count) and `s` (its source). */
const COLUMNS = { source: 'c.source_key', state: 'c.state', platform: 's.platform' } as const;
export type KeptField = keyof typeof COLUMNS;

const ANSWERED: ReadonlySet<string> = new Set(['source', 'state', 'platform']);

export function isKept(field: string): field is KeptField {
  return Object.hasOwn(COLUMNS, field);
}

/** Whether the counts that are kept with every change answer for this filter: they know a job's source and state, and nothing else of it. */
export function answersFromKept(filter: JobFilter): boolean {
  return Object.entries(filter).every(([name, value]) => value === undefined || ANSWERED.has(name));
}

/**
 * The kept counts as a SELECT: the fields by name, and `count`. It reads a few rows for each source, never the jobs.
 *
 * @param filter one that {@link answersFromKept}
 */
export function keptCounts(
  filter: JobFilter,
  sources: readonly string[] | null,
  fields: readonly KeptField[],
  parameters: Parameters,
): string {
  const visible = visibleSources(filter, sources);
  const anyOf = (column: string, values: readonly string[] | null | undefined) =>
    values ? [`${column} = ANY(${parameters.add(values)}::text[])`] : [];
  const conditions = [
    ...anyOf(COLUMNS.source, visible),
    ...anyOf(COLUMNS.state, filter.state),
    ...anyOf(COLUMNS.platform, filter.platform),
  ];
  const shown = fields.map((field) => `${COLUMNS[field]} AS "${field}"`);
  return `SELECT ${[...shown, 'sum(c.jobs)::float8 AS count'].join(', ')}
    FROM rollcall.job_count c JOIN rollcall.source s ON s.key = c.source_key
    ${conditions.length ? `WHERE ${conditions.join(' AND ')}` : ''}
    ${fields.length ? `GROUP BY ${fields.map((field) => COLUMNS[field]).join(', ')} HAVING sum(c.jobs) > 0` : ''}`;
}
