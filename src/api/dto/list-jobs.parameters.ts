import { closest } from 'fastest-levenshtein';
import { JOB_STATES, JobState, STATE_GROUPS } from '../../domain/job-state.js';
import { JOB_FIELDS, JobField } from '../../storage/job.fields.js';
import {
  FRESHNESS_VALUES,
  Freshness,
  JobFilter,
  KeyValue,
  RANGE_COLUMNS,
  RangeName,
  TimeBound,
  TimeRange,
} from '../../storage/job.filter.js';
import { COUNT_KINDS, CountKind, JobSort, SORT_FIELDS, SortField } from '../../storage/job.query.js';
import { Parameter, ParameterError } from '../parameter.js';
import { RequestFault } from '../problem.js';
import { PageParameters } from './page.parameters.js';
import {
  duration,
  fraction,
  integer,
  keyValues,
  list,
  oneOf,
  quote,
  searchWords,
  timeBound,
  uuids,
  word,
  words,
} from './parsers.js';

const STATE_WORDS = [...JOB_STATES, 'active', 'terminal'] as const;
const SORT_WORDS = [...SORT_FIELDS, 'duration'].flatMap((field) => [field, `-${field}`]);
const FIELD_NAMES = JOB_FIELDS.map(({ name }) => name);
export const MAX_OFFSET = 10_000;

/** Any of these values; repeatable, or separated by commas. */
function AnyOf(
  description: string,
  parse: (values: string[]) => unknown = list,
  values?: readonly string[],
): PropertyDecorator {
  const items = { type: 'string' as const, ...(values ? { enum: [...values] } : {}) };
  return Parameter({
    parse,
    repeatable: true,
    schema: {
      type: 'array',
      items,
      description: `${description} Any of several: repeated, or separated by commas (\`\\,\` inside a value).`,
    },
  });
}

/** All of these pairs; repeatable. */
function AllOf(description: string): PropertyDecorator {
  return Parameter({
    parse: keyValues,
    repeatable: true,
    schema: {
      type: 'array',
      items: { type: 'string', pattern: '^[^:]+:' },
      description: `${description} Repeated: all of them.`,
    },
  });
}

function Time(description: string): PropertyDecorator {
  return Parameter({
    parse: timeBound,
    schema: {
      type: 'string',
      description: `${description} ISO 8601 with zone, epoch milliseconds, or relative (\`-15m\`). A null time never matches.`,
      example: '-15m',
    },
  });
}

function Span(description: string): PropertyDecorator {
  return Parameter({ parse: duration, schema: { type: 'string', description, example: '10m' } });
}

function Fraction(description: string): PropertyDecorator {
  return Parameter({ parse: fraction, schema: { type: 'number', minimum: 0, maximum: 1, description } });
}

/** The parameters of `GET /api/v1/jobs`. */
export class ListJobsParameters extends PageParameters {
  @AnyOf('Rollcall job ids.', uuids)
  id?: string[];

  @AnyOf('Source keys.')
  source?: string[];

  @AnyOf('Platforms.')
  platform?: string[];

  @AnyOf('What ran.')
  type?: string[];

  @AnyOf('Owners.')
  owner?: string[];

  @AnyOf("The platform's own ids.")
  externalId?: string[];

  @AnyOf('Reasons of a state.')
  reason?: string[];

  @AnyOf("The platform's own words, verbatim.")
  rawStatus?: string[];

  @AnyOf('Rollcall ids of parents.', uuids)
  parentId?: string[];

  @AnyOf(
    'States, or the groups `active` (not terminal, `unknown` included) and `terminal`.',
    states,
    STATE_WORDS,
  )
  state?: JobState[];

  @AnyOf('How sure we are of what is shown.', words(FRESHNESS_VALUES), FRESHNESS_VALUES)
  freshness?: Freshness[];

  @AllOf("`key:value` of the source's labels.")
  label?: KeyValue[];

  @AllOf('`key:value` of the attributes; scalars only, compared as text.')
  attribute?: KeyValue[];

  @Parameter({
    parse: searchWords,
    schema: {
      type: 'string',
      description:
        'Every word stands somewhere in name, type, external id or error message: as a substring, case-insensitive.',
    },
  })
  q?: string[];

  @Time('Created at or after.')
  createdSince?: TimeBound;

  @Time('Created before.')
  createdUntil?: TimeBound;

  @Time('Started at or after.')
  startedSince?: TimeBound;

  @Time('Started before.')
  startedUntil?: TimeBound;

  @Time('Finished at or after.')
  finishedSince?: TimeBound;

  @Time('Finished before.')
  finishedUntil?: TimeBound;

  @Time('Last changed upstream at or after.')
  updatedSince?: TimeBound;

  @Time('Last changed upstream before.')
  updatedUntil?: TimeBound;

  @Time('Change recorded by Rollcall at or after.')
  changedSince?: TimeBound;

  @Time('Change recorded by Rollcall before.')
  changedUntil?: TimeBound;

  @Span('Ran at least so long; a running job counts up to now.')
  minDuration?: number;

  @Span('Ran at most so long; a running job counts up to now.')
  maxDuration?: number;

  @Fraction('Progress at least.')
  minProgress?: number;

  @Fraction('Progress at most.')
  maxProgress?: number;

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
  offset: number = 0;

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

  filter(): JobFilter {
    const times: Partial<Record<RangeName, TimeRange>> = {};
    for (const name of rangeNames()) {
      const { since, until } = this.range(name);
      if (since || until) times[name] = { since, until };
    }
    const range = (min: number | undefined, max: number | undefined) =>
      min === undefined && max === undefined ? undefined : { min, max };
    return {
      id: this.id,
      source: this.source,
      platform: this.platform,
      type: this.type,
      owner: this.owner,
      externalId: this.externalId,
      reason: this.reason,
      rawStatus: this.rawStatus,
      parentId: this.parentId,
      state: this.state,
      freshness: this.freshness,
      label: this.label,
      attribute: this.attribute,
      q: this.q,
      times: Object.keys(times).length > 0 ? times : undefined,
      durationMs: range(this.minDuration, this.maxDuration),
      progress: range(this.minProgress, this.maxProgress),
    };
  }

  between(): RequestFault[] {
    const faults: RequestFault[] = [];
    if (this.offset > 0 && this.cursor !== undefined)
      faults.push({ parameter: 'offset', detail: 'cannot be given together with cursor' });
    // by the clock that these relative times have: a cursor carries page one's
    const now = this.opened?.position.now ?? Date.now();
    for (const name of rangeNames()) {
      const { since, until } = this.range(name);
      if (since && until && instantOf(since, now) > instantOf(until, now))
        faults.push({ parameter: `${name}Since`, detail: `is after ${name}Until` });
    }
    if (above(this.minDuration, this.maxDuration))
      faults.push({ parameter: 'minDuration', detail: 'is above maxDuration' });
    if (above(this.minProgress, this.maxProgress))
      faults.push({ parameter: 'minProgress', detail: 'is above maxProgress' });
    return faults;
  }

  private range(name: RangeName): TimeRange {
    return { since: this[`${name}Since`], until: this[`${name}Until`] };
  }
}

function rangeNames(): RangeName[] {
  return Object.keys(RANGE_COLUMNS) as RangeName[];
}

function instantOf(bound: TimeBound, now: number): number {
  return 'at' in bound ? bound.at : now - bound.agoMs;
}

function above(min: number | undefined, max: number | undefined): boolean {
  return min !== undefined && max !== undefined && min > max;
}

function states(values: string[]): JobState[] {
  const named = list(values).flatMap((value): readonly JobState[] => {
    const found = oneOf(value, STATE_WORDS);
    return found === 'active' || found === 'terminal' ? STATE_GROUPS[found] : [found];
  });
  return [...new Set(named)];
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
