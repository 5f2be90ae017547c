import { Injectable } from '@nestjs/common';
import { Instant } from '../../domain/job.js';
import { Knowledge, readKnowledge } from '../../storage/coverage.query.js';
import { Database } from '../../storage/database.js';
import { EventCursors } from '../../storage/event-cursor.js';
import { JobField, TaggedJson, writeJob, SelectedJob } from '../../storage/job.fields.js';
import { canonicalFilter } from '../../storage/job.filter.js';
import { JobPageAsked, JobQuery } from '../../storage/job.query.js';
import { PageCursors } from '../../storage/page-cursor.js';
import { writeCoverage } from '../http/coverage-answer.js';
import { ListJobsParameters } from '../dto/list-jobs.parameters.js';
import { DEFAULT_LIMIT } from '../dto/page.parameters.js';
import {
  PageMembers,
  PagedAnswer,
  membersOf,
  positionOf,
  questionOf,
  writePage,
} from '../http/page-answer.js';
import { Principal } from '../access/principal.js';
import { Problem } from '../http/problem.js';

/** A question for a list of jobs. */
export interface JobsQuestion {
  asked: JobPageAsked;
  /** What its cursors are bound to. */
  binding: string;
  knowledge: Knowledge;
}

/** Answers questions about jobs. What the caller may not see is left out in the query itself. */
@Injectable()
export class JobsService {
  /** The cursor after what was known, for all who share that knowledge. */
  private readonly feeds = new WeakMap<Knowledge, string>();

  constructor(
    private readonly database: Database,
    private readonly jobs: JobQuery,
    private readonly cursors: PageCursors,
    private readonly eventCursors: EventCursors,
  ) {}

  async list(parameters: ListJobsParameters, caller: Principal): Promise<PagedAnswer> {
    const { offset, count, opened, fields } = parameters;
    const { asked, binding, knowledge } = await this.ask(parameters, caller, DEFAULT_LIMIT);
    const found = await this.jobs.page(asked);
    const page: PageMembers = {
      ...(await membersOf(found, binding, asked.limit, this.cursors)),
      ...(await this.jobs.total(asked, asked.position.now, count)),
      ...(opened || offset ? {} : { feed: await this.feedAfter(knowledge) }),
    };
    const rows = found.rows.map((row) => writeJob(row, fields));
    return { answer: writePage(rows, page, { coverage: writeCoverage(knowledge, asked) }), page };
  }

  /**
   * The question that the parameters are, whatever the form of its answer, and what was known before anything is read for it.
   *
   * @param most rows, when the parameters do not say
   * @throws Problem `cursor-mismatch`
   */
  async ask(parameters: ListJobsParameters, { sources }: Principal, most: number): Promise<JobsQuestion> {
    const { sort, limit = most, offset = 0, opened } = parameters;
    const filter = parameters.jobFilter();
    const binding = questionOf('jobs', [canonicalFilter(filter), sort.field, sort.descending], sources);
    // before the rows: what it says of them may only be understated
    const knowledge = await readKnowledge(this.database);
    const position = positionOf(opened, binding, knowledge.now);
    return { asked: { filter, sources, sort, limit, offset, position }, binding, knowledge };
  }

  private async feedAfter(knowledge: Knowledge): Promise<string> {
    const known = this.feeds.get(knowledge);
    if (known !== undefined) return known;
    const codec = await this.eventCursors.codec();
    const feed = codec.encode(knowledge.feedPosition);
    this.feeds.set(knowledge, feed);
    return feed;
  }

  /** @throws Problem `not-found` */
  async get(id: string, caller: Principal, fields?: readonly JobField[]): Promise<TaggedJson> {
    const { row } = await this.find(id, caller);
    return writeJob(row, fields);
  }

  /** A job that is there for the caller, and the moment of the question. @throws Problem `not-found` */
  async find(id: string, { sources }: Principal): Promise<{ row: SelectedJob; now: Instant }> {
    const { now } = await readKnowledge(this.database);
    const row = await this.jobs.byId(id, sources, now);
    if (!row) throw new Problem('not-found', `There is no job ${id}.`);
    return { row, now };
  }

  /** A job with the last upstream record of each shape. @throws Problem `not-found` */
  async getWithPayload(id: string, principal: Principal): Promise<TaggedJson> {
    const job = await this.get(id, principal);
    const { list, detail } = await this.jobs.payload(id);
    const payload = `"payload":{"list":${list ?? 'null'},"detail":${detail ?? 'null'}}`;
    return { json: `${job.json.slice(0, -1)},${payload}}`, stable: job.stable + payload };
  }
}
