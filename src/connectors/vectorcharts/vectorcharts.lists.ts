import { ContractError } from '../../domain/errors.js';
import { JobState } from '../../domain/job-state.js';
import { countOf } from '../shared/pagination.js';
import { asText, valueAt } from '../shared/record-reader.js';
import { Options, pathOf, STATUS_MAP } from './vectorcharts.normalize.js';

export interface JobList {
  jobs: unknown[];
  isBare: boolean;
  /** What the platform claims to have; null for a bare array. */
  total: number | null;
  /** The limit that the platform really used; null where it does not say. */
  limit: number | null;
}

/**
 * Both shapes of a list: the bare array (Core, and OEM until 2026-06-03) and `{jobs, pagination}`.
 * @throws ContractError for any other
 */
export function jobListOf(body: unknown): JobList {
  if (Array.isArray(body)) return { jobs: body, isBare: true, total: null, limit: null };
  const jobs = valueAt(body, 'jobs');
  if (!Array.isArray(jobs))
    throw new ContractError(
      'VectorCharts answered neither an array of jobs nor an object with one',
      'schema',
    );
  return {
    jobs,
    isBare: false,
    total: countOf(valueAt(body, 'pagination.total')),
    limit: countOf(valueAt(body, 'pagination.limit')),
  };
}

/** What the vendor's own words say of a record, without a source's overrides. */
export function stateOf(record: unknown, variant: Options['variant']): JobState {
  const word = asText(valueAt(record, pathOf(record, 'state', variant))) ?? null;
  return STATUS_MAP.lookup(word)?.state ?? 'unknown';
}
