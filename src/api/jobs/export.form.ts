import { stringify } from 'csv-stringify/sync';
import Negotiator from 'negotiator';
import { JobField, JobMembers, SelectedJob, writeJob } from '../../storage/job.fields.js';
import { Problem } from '../http/problem.js';

/** How a list is written as one stream. */
export interface ExportForm {
  mediaType: string;
  /** What browsers save it as. */
  fileName: string;
  /** What stands before the first row. */
  head: (fields: readonly JobField[]) => string;
  rows: (rows: readonly SelectedJob[], fields: readonly JobField[]) => string;
}

const PAGE = 'application/json';

/** By media type, without parameters. */
const EXPORTS: Record<string, ExportForm> = {
  'application/x-ndjson': {
    mediaType: 'application/x-ndjson; charset=utf-8',
    fileName: 'jobs.ndjson',
    head: () => '',
    rows: (rows, fields) => rows.map((row) => `${writeJob(row, fields).json}\n`).join(''),
  },
  'text/csv': {
    mediaType: 'text/csv; charset=utf-8; header=present',
    fileName: 'jobs.csv',
    head: (fields) => toCsv([fields.map(({ name }) => name)]),
    rows: (rows, fields) => toCsv(rows.map((row) => cellsOf(new JobMembers(row), fields))),
  },
};

/**
 * The form that a client likes best.
 *
 * @param accept the header; without it anything will do
 * @returns null for a page of JSON
 * @throws Problem `not-acceptable`
 */
export function formOf(accept: string | undefined): ExportForm | null {
  // what nearly everybody sends
  if (accept === undefined || accept === '*/*' || accept === PAGE) return null;
  // a charset or the like is no reason to refuse: there is one form of each type
  const header = accept?.replace(/;(?!\s*q\s*=)[^;,]*/gi, '').trim();
  const types = [PAGE, ...Object.keys(EXPORTS)];
  const [best] = new Negotiator({ headers: header ? { accept: header } : {} }).mediaTypes(types);
  if (best === undefined) throw new Problem('not-acceptable', `Jobs are given as ${types.join(', ')}.`);
  return EXPORTS[best] ?? null;
}

/** Null is nothing between two commas, the empty text is `""`. Values are exact: none is altered for the sake of spreadsheets. */
function cellsOf(job: JobMembers, fields: readonly JobField[]): (string | null)[] {
  return fields.map((field) => {
    const value = job.value(field.name);
    if (value === null || field.kind === 'text' || field.kind === 'word') return value as string | null;
    const json = job.json(field);
    return field.kind === 'instant' ? json.slice(1, -1) : json;
  });
}

/** RFC 4180. A lone CR or LF is quoted too. */
function toCsv(rows: readonly (readonly (string | null)[])[]): string {
  return stringify(rows as unknown[][], { record_delimiter: 'windows', quoted_match: /^$|[\r\n]/ });
}
