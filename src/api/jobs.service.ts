import { Injectable } from '@nestjs/common';
import { formatInstant } from '../domain/timestamps.js';
import { Instant } from '../domain/job.js';
import { Coverage, SourceKnowledge, coverageOf, readKnowledge } from '../storage/coverage.query.js';
import { Database } from '../storage/database.js';
import { encodeEventCursor } from '../storage/event-cursor.js';
import { JobField, TaggedJson, writeJob, SelectedJob } from '../storage/job.fields.js';
import { JobFilter, canonicalFilter, visibleSources } from '../storage/job.filter.js';
import { JobQuery } from '../storage/job.query.js';
import { PageCursors } from '../storage/page-cursor.js';
import { ListJobsParameters } from './dto/list-jobs.parameters.js';
import { PageMembers, PagedAnswer, membersOf, positionOf, questionOf, writePage } from './page-answer.js';
import { Principal } from './principal.js';
import { Problem } from './problem.js';

/** A page of jobs as JSON text, and what its Link headers need. */
/** Answers questions about jobs. What the caller may not see is left out in the query itself. */
@Injectable()
export class JobsService {
  constructor(
    private readonly database: Database,
    private readonly jobs: JobQuery,
    private readonly cursors: PageCursors,
  ) {}

  async list(parameters: ListJobsParameters, { sources }: Principal): Promise<PagedAnswer> {
    const { sort, limit, offset, count, opened, fields } = parameters;
    const filter = parameters.filter();
    const asked = { filter, sources };
    const binding = questionOf('jobs', [canonicalFilter(filter), sort.field, sort.descending], sources);
    // before the rows: what it says of them may only be understated
    const knowledge = await readKnowledge(this.database);
    const position = positionOf(opened, binding, knowledge.now);
    const found = await this.jobs.page({ ...asked, sort, limit, offset, position });
    const page: PageMembers = {
      ...(await membersOf(found, binding, limit, this.cursors)),
      ...(await this.jobs.total(asked, position.now, count)),
      ...(opened ? {} : { feed: encodeEventCursor(knowledge.feedPosition) }),
    };
    const rows = found.rows.map((row) => writeJob(row, fields));
    const coverage = writeCoverage(coverageOf(knowledge, covers(filter, sources)));
    return { answer: writePage(rows, page, { coverage }), page };
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

/** Whether a source can have a part in the answer. */
function covers(filter: JobFilter, sources: readonly string[] | null): (source: SourceKnowledge) => boolean {
  const visible = visibleSources(filter, sources);
  return ({ key, platform, labels }) =>
    (visible === null || visible.includes(key)) &&
    (filter.platform === undefined || filter.platform.includes(platform)) &&
    (filter.label ?? []).every(
      (label) => Object.hasOwn(labels, label.key) && labels[label.key] === label.value,
    );
}

function writeCoverage({
  sources,
  healthy,
  completeThrough,
  changedThrough,
  degraded,
}: Coverage): TaggedJson {
  const iso = (instant: Instant | null) => (instant === null ? null : formatInstant(instant));
  const shown = degraded.map(({ source, health, since, reason }) => ({
    source,
    health,
    since: iso(since),
    reason,
  }));
  return {
    json: JSON.stringify({
      sources,
      healthy,
      completeThrough: iso(completeThrough),
      changedThrough: iso(changedThrough),
      degraded: shown,
    }),
    stable: JSON.stringify([sources, healthy, shown]),
  };
}
