import { closest } from 'fastest-levenshtein';
import { JOB_FIELDS, JobField } from '../../storage/job.fields.js';
import { COUNT_KINDS, CountKind, JobSort, SORT_FIELDS, SortField } from '../../storage/job.query.js';
import { OpenedCursor } from '../../storage/page-cursor.js';
import { Parameter, ParameterError } from '../http/parameter.js';
import { RequestFault } from '../http/problem.js';
import { AnyOf, JobFilterParameters } from './job-filter.parameters.js';
import { Cursor, Limit } from './page.parameters.js';
import { integer, list, oneOf, quote, word } from './parsers.js';

const SORT_WORDS = [...SORT_FIELDS, 'duration'].flatMap((field) => [field, `-${field}`]);
const FIELD_NAMES = JOB_FIELDS.map(({ name }) => name);
export const MAX_OFFSET = 10_000;

/** The parameters of `GET /api/v1/jobs`. */
export class ListJobsParameters extends JobFilterParameters {
  /** Left out: as many as the form of the answer gives by itself. */
  @Limit('Rows of a page; of an export, rows at most.')
  limit?: number;

  @Cursor()
  cursor?: string;

  /** What the cursor said; set by the pipe once its signature was checked. */
  opened?: OpenedCursor;

  @Parameter({
    parse: ([value]) => readSort(value!),
    schema: {
      type: 'string',
      enum: SORT_WORDS,
      default: '-updatedAt',
      description:
        '`-` is descending. Nulls are last in both directions; ties go by id in the direction of the sort.',
    },
  })
  sort: JobSort = { field: 'updatedAt', descending: true };

  @Parameter({
    parse: integer(0, MAX_OFFSET),
    schema: {
      type: 'integer',
      minimum: 0,
      maximum: MAX_OFFSET,
      default: 0,
      description: 'Rows to leave out, for tools that can only offset; not with `cursor`.',
    },
  })
  offset?: number;

  @Parameter({
    parse: word(COUNT_KINDS),
    schema: {
      type: 'string',
      enum: [...COUNT_KINDS],
      default: 'none',
      description:
        'Whether `page.total` is given. An exact count is bounded in time, and answers `estimated` past it.',
    },
  })
  count: CountKind = 'none';

  @AnyOf('Only these fields, in this order; `id` always.', readFields, FIELD_NAMES)
  fields?: JobField[];

  override between(): RequestFault[] {
    const faults: RequestFault[] = [];
    if (this.offset !== undefined && this.cursor !== undefined)
      faults.push({ parameter: 'offset', detail: 'cannot be given together with cursor' });
    // by the clock that these relative times have: a cursor carries page one's
    return [...faults, ...super.between(this.opened?.position.now)];
  }
}

function readSort(value: string): JobSort {
  const descending = value.startsWith('-');
  const name = oneOf(value, SORT_WORDS).replace('-', '');
  return { field: name === 'duration' ? 'durationMs' : (name as SortField), descending };
}

function readFields(values: string[]): JobField[] {
  const names = list(values);
  for (const name of names) {
    if (!FIELD_NAMES.includes(name))
      throw new ParameterError(`${quote(name)} is no field of a job${hint(name)}`);
  }
  const id = JOB_FIELDS.filter(({ name }) => name === 'id' && !names.includes('id'));
  return [...id, ...names.map((name) => JOB_FIELDS.find((field) => field.name === name)!)];
}

function hint(name: string): string {
  return `; did you mean ${closest(name.slice(0, 64), FIELD_NAMES)}?`;
}
