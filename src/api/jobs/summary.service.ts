import { Injectable } from '@nestjs/common';
import { formatInstant } from '../../domain/timestamps.js';
import { QueryTooBroadError } from '../../storage/bounded-query.js';
import { readKnowledge } from '../../storage/coverage.query.js';
import { Database } from '../../storage/database.js';
import { TaggedJson } from '../../storage/job.fields.js';
import {
  MAX_ROWS,
  SummaryAsked,
  SummaryQuery,
  SummaryRow,
  TooManyRowsError,
} from '../../storage/summary.query.js';
import { writeCoverage } from '../http/coverage-answer.js';
import { SummaryParameters } from '../dto/summary.parameters.js';
import { Principal } from '../access/principal.js';
import { Problem, invalidRequest } from '../http/problem.js';

/** Counts jobs for `GET /api/v1/jobs/summary`. */
@Injectable()
export class SummaryService {
  constructor(
    private readonly database: Database,
    private readonly summaries: SummaryQuery,
  ) {}

  /** @throws Problem `invalid-request` when there are too many rows, or `query-too-broad` */
  async summarize(parameters: SummaryParameters, { sources }: Principal): Promise<TaggedJson> {
    const { groupBy, bucket, bucketBy = 'finishedAt', stats } = parameters;
    // before the rows: what it says of them may only be understated
    const knowledge = await readKnowledge(this.database);
    const asked: SummaryAsked = {
      filter: parameters.jobFilter(),
      sources,
      now: knowledge.now,
      groupBy,
      bucket: bucket === undefined ? null : { field: bucketBy, length: bucket },
      duration: stats.includes('duration'),
    };
    const rows = await this.rows(asked);
    const written = rows.map((row) => writeRow(row, asked));
    const total = rows.reduce((sum, { count }) => sum + count, 0);
    const coverage = writeCoverage(knowledge, asked);
    return {
      json: `{"data":[${written.map(({ json }) => json).join(',')}],"total":${total},"coverage":${coverage.json}}`,
      stable: [...written.map(({ stable }) => stable), coverage.stable].join('\n'),
    };
  }

  private async rows(asked: SummaryAsked): Promise<SummaryRow[]> {
    try {
      return await this.summaries.rows(asked);
    } catch (error) {
      if (error instanceof TooManyRowsError) throw tooManyRows(asked, error.enough);
      if (!(error instanceof QueryTooBroadError)) throw error;
      throw new Problem(
        'query-too-broad',
        'There are too many jobs to count in time. A time range, a source, a state or a type narrows it; counts by source, state and platform with no filter but these are kept, and answered at once.',
      );
    }
  }
}

function tooManyRows({ groupBy }: SummaryAsked, enough: string | null): Problem {
  const most = `gives more than ${MAX_ROWS} rows`;
  if (enough !== null)
    return invalidRequest([{ parameter: 'bucket', detail: `${most}; bucket=${enough} fits` }]);
  const finest = ['type', 'source', 'platform', 'state'].find((field) => groupBy.includes(field as never))!;
  const advice = groupBy.length > 1 ? `leave out ${finest}, or filter by it` : `filter by ${finest}`;
  return invalidRequest([{ parameter: 'groupBy', detail: `${most}; ${advice}` }]);
}

/** Members in the order in which they were asked for. */
function writeRow(row: SummaryRow, { groupBy, bucket, duration }: SummaryAsked): TaggedJson {
  const groups = Object.fromEntries(groupBy.map((field) => [field, row[field]]));
  const begins = bucket ? { bucket: row.bucket == null ? null : formatInstant(row.bucket) } : {};
  const counted = { ...groups, ...begins, count: row.count };
  const durationMs = row.durationMs ?? { p50: null, p95: null, max: null };
  const json = JSON.stringify(duration ? { ...counted, durationMs } : counted);
  return { json, stable: duration ? JSON.stringify([counted, row.durationsTag]) : json };
}
