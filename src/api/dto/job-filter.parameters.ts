import { JOB_STATES, JobState, STATE_GROUPS } from '../../domain/job-state.js';
import { Instant } from '../../domain/job.js';
import { MAX_LENGTH } from '../../storage/filter-expression.grammar.js';
import { FilterExpression } from '../../storage/filter-expression.js';
import { liftExpression } from '../../storage/filter-expression.lift.js';
import {
  FRESHNESS_VALUES,
  Freshness,
  JobFilter,
  KeyValue,
  RANGE_COLUMNS,
  RangeName,
  TimeRange,
} from '../../storage/job.filter.js';
import { TimeBound } from '../../storage/time-bound.js';
import { Parameter } from '../http/parameter.js';
import { RequestFault } from '../http/problem.js';
import {
  duration,
  filterExpression,
  flag,
  fraction,
  keyValues,
  list,
  oneOf,
  searchWords,
  timeBound,
  uuids,
  words,
} from './parsers.js';

const STATE_WORDS = [...JOB_STATES, 'active', 'terminal'] as const;

/** Any of these values; repeatable, or separated by commas. */
export function AnyOf(
  description: string,
  parse: (values: string[]) => unknown = list,
  values?: readonly string[],
): PropertyDecorator {
  const items = { type: 'string' as const, ...(values ? { enum: [...values] } : {}) };
  return Parameter({
    parse,
    repeatable: true,
    separable: true,
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

/** Which jobs are meant: the same words wherever jobs are listed, counted or exported. */
export class JobFilterParameters {
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

  @Parameter({
    parse: flag,
    schema: {
      type: 'boolean',
      default: false,
      description:
        'Only the newest job of each source and type by `createdAt` (ties: the greater id), chosen before all other filters but `source` and `platform`.',
    },
  })
  latest: boolean = false;

  @AnyOf(
    'States, or the groups `active` (not terminal, `unknown` included) and `terminal`.',
    states,
    STATE_WORDS,
  )
  state?: JobState[];

  @AnyOf('How sure we are of what is shown.', words(FRESHNESS_VALUES), FRESHNESS_VALUES)
  freshness?: Freshness[];

  @Parameter({
    parse: flag,
    schema: {
      type: 'boolean',
      description:
        'Whether an expectation of `alerts` about single jobs (`duration`, `stuck`, `start`, `learned`) found the job overdue in its last evaluation. Left out: no condition.',
    },
  })
  overdue?: boolean;

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
    parse: filterExpression,
    schema: {
      type: 'string',
      maxLength: MAX_LENGTH,
      description:
        'What flat parameters cannot say, in words of its own (docs/api.md, "Filter expressions"); together with them, both hold.',
      example: 'state in (failed, missed) and (labels.team = "data" or duration > 2h)',
    },
  })
  filter?: FilterExpression;

  jobFilter(): JobFilter {
    const times: Partial<Record<RangeName, TimeRange>> = {};
    for (const name of rangeNames()) {
      const { since, until } = this.range(name);
      if (since || until) times[name] = { since, until };
    }
    const range = (min: number | undefined, max: number | undefined) =>
      min === undefined && max === undefined ? undefined : { min, max };
    return liftExpression({
      id: this.id,
      source: this.source,
      platform: this.platform,
      type: this.type,
      owner: this.owner,
      externalId: this.externalId,
      reason: this.reason,
      rawStatus: this.rawStatus,
      parentId: this.parentId,
      latest: this.latest || undefined,
      state: this.state,
      freshness: this.freshness,
      overdue: this.overdue,
      label: this.label,
      attribute: this.attribute,
      q: this.q,
      times: Object.keys(times).length > 0 ? times : undefined,
      durationMs: range(this.minDuration, this.maxDuration),
      progress: range(this.minProgress, this.maxProgress),
      expression: this.filter,
    });
  }

  /** @param now the clock that relative times go by */
  between(now: Instant = Date.now()): RequestFault[] {
    const faults: RequestFault[] = [];
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
