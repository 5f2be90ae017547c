import { BUCKET_FIELDS, BucketField, GROUP_FIELDS, GroupField } from '../../storage/summary.query.js';
import { Parameter } from '../http/parameter.js';
import { RequestFault } from '../http/problem.js';
import { AnyOf, JobFilterParameters } from './job-filter.parameters.js';
import { bucketLength, word, words } from './parsers.js';

const STATS = ['duration'] as const;

/** The parameters of `GET /api/v1/jobs/summary`. */
export class SummaryParameters extends JobFilterParameters {
  @AnyOf(
    'What is counted apart, in this order; `state` when it is left out.',
    words(GROUP_FIELDS),
    GROUP_FIELDS,
  )
  groupBy: GroupField[] = ['state'];

  /** Milliseconds. */
  @Parameter({
    parse: bucketLength,
    schema: {
      type: 'string',
      description:
        'Counts by spans of this length, aligned to 1970-01-01T00:00:00Z; null for jobs that lack the time. At most 1,000 rows are answered.',
      example: '1h',
    },
  })
  bucket?: number;

  @Parameter({
    parse: word(BUCKET_FIELDS),
    schema: {
      type: 'string',
      enum: [...BUCKET_FIELDS],
      default: 'finishedAt',
      description: 'The time that decides the bucket.',
    },
  })
  bucketBy?: BucketField;

  @Parameter({
    parse: words(STATS),
    repeatable: true,
    schema: {
      type: 'array',
      items: { type: 'string', enum: [...STATS] },
      description:
        '`duration`: `durationMs` of each row, over its jobs that have one; a running job counts up to now.',
    },
  })
  stats: (typeof STATS)[number][] = [];

  override between(): RequestFault[] {
    const faults = super.between();
    if (this.bucketBy !== undefined && this.bucket === undefined)
      faults.push({ parameter: 'bucketBy', detail: 'says nothing without bucket' });
    return faults;
  }
}
