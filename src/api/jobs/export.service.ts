import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { Injectable, Logger } from '@nestjs/common';
import { QueryTooBroadError } from '../../storage/bounded-query.js';
import { JOB_FIELDS, JobField, SelectedJob } from '../../storage/job.fields.js';
import { JobPageAsked, JobQuery, ListedJob } from '../../storage/job.query.js';
import { Page, PageCursors } from '../../storage/page-cursor.js';
import { covers } from '../http/coverage-answer.js';
import { ListJobsParameters } from '../dto/list-jobs.parameters.js';
import { ExportForm } from './export.form.js';
import { JobsQuestion, JobsService } from './jobs.service.js';
import { PageMembers, membersOf } from '../http/page-answer.js';
import { Principal } from '../access/principal.js';
import { Problem } from '../http/problem.js';

/** The most rows of one export; a `next` link follows. */
export const MAX_EXPORTED = 100_000;

/** Jobs that are in memory at a time. */
const CHUNK = 500;

/** An export before its first byte. */
export interface Export {
  /** What its ETag is made of. */
  stable: string;
  /** For the `Link` header. */
  page: PageMembers;
  /** Reads only as fast as it is read, and no further once it is destroyed. */
  stream: () => Readable;
}

/**
 * A list of jobs as one stream. Which jobs, and in what order, is read first and of one moment, so that refusals, the ETag and the
 * `next` link come before the first byte; the jobs themselves follow in small reads, and no connection waits for a slow client.
 */
@Injectable()
export class ExportService {
  private readonly log = new Logger('Export');

  constructor(
    private readonly jobs: JobsService,
    private readonly query: JobQuery,
    private readonly cursors: PageCursors,
  ) {}

  /** @throws Problem `cursor-mismatch` or `query-too-broad` */
  async prepare(parameters: ListJobsParameters, form: ExportForm, caller: Principal): Promise<Export> {
    const question = await this.jobs.ask(parameters, caller, MAX_EXPORTED);
    const { asked, binding } = question;
    const outline = await this.outline(asked);
    const page = await membersOf(outline, binding, asked.limit, this.cursors);
    const ids = outline.rows.map(({ id }) => id);
    const fields = parameters.fields ?? JOB_FIELDS;
    return {
      stable: `${form.mediaType}\n${stableOf(outline, question)}`,
      page,
      stream: () => Readable.from(this.write(ids, asked, fields, form), { objectMode: false }),
    };
  }

  private async outline(asked: JobPageAsked): Promise<Page<ListedJob>> {
    try {
      return await this.query.outline(asked);
    } catch (error) {
      if (!(error instanceof QueryTooBroadError)) throw error;
      throw new Problem(
        'query-too-broad',
        'It took too long to find out which jobs these are. A time range, a source, a state, a type or a `limit` narrows it.',
      );
    }
  }

  private async *write(
    ids: readonly string[],
    asked: JobPageAsked,
    fields: readonly JobField[],
    form: ExportForm,
  ): AsyncGenerator<string> {
    const head = form.head(fields);
    if (head !== '') yield head;
    for (let from = 0; from < ids.length; from += CHUNK) {
      const text = form.rows(await this.read(ids.slice(from, from + CHUNK), asked, fields), fields);
      if (text !== '') yield text;
    }
  }

  /** The headers are gone when this fails: all that is left is to cut the answer off, which tells the client that it is not whole. */
  private async read(
    ids: readonly string[],
    asked: JobPageAsked,
    fields: readonly JobField[],
  ): Promise<SelectedJob[]> {
    try {
      return await this.query.listed(ids, asked, asked.position.now, fields);
    } catch (error) {
      this.log.error({ err: error as Error, msg: 'an export was cut off' });
      throw error;
    }
  }
}

/** Of every job its version, and of every source what its jobs show of it. */
function stableOf({ rows, previous, next }: Page<ListedJob>, { asked, knowledge }: JobsQuestion): string {
  const hash = createHash('sha1');
  for (const { id, version } of rows) hash.update(`${id} ${version}\n`);
  const labels = knowledge.sources.filter(covers(asked)).map(({ key, labels: own }) => [key, own]);
  return JSON.stringify([hash.digest('base64url'), labels, previous !== null, next !== null]);
}
