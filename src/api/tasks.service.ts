import { Injectable } from '@nestjs/common';
import { Instant } from '../domain/job.js';
import { formatInstant } from '../domain/timestamps.js';
import { readKnowledge } from '../storage/coverage.query.js';
import { Database } from '../storage/database.js';
import { TaggedJson } from '../storage/job.fields.js';
import { JobQuery } from '../storage/job.query.js';
import { PageCursors } from '../storage/page-cursor.js';
import { TaskQuery, TaskRow } from '../storage/task.query.js';
import { PageParameters } from './dto/page.parameters.js';
import { PageMembers, membersOf, positionOf, questionOf, writePage } from './page-answer.js';
import { Principal } from './principal.js';
import { Problem } from './problem.js';

@Injectable()
export class TasksService {
  constructor(
    private readonly database: Database,
    private readonly jobs: JobQuery,
    private readonly tasks: TaskQuery,
    private readonly cursors: PageCursors,
  ) {}

  /** @throws Problem `not-found` when the job is not there for the caller */
  async list(
    jobId: string,
    { limit, opened }: PageParameters,
    { sources }: Principal,
  ): Promise<{ answer: TaggedJson; page: PageMembers }> {
    const { now } = await readKnowledge(this.database);
    if (!(await this.jobs.byId(jobId, sources, now)))
      throw new Problem('not-found', `There is no job ${jobId}.`);
    const binding = questionOf('tasks', jobId, sources);
    const found = await this.tasks.page(jobId, limit, positionOf(opened, binding, now));
    const page = await membersOf(found, binding, limit, this.cursors);
    return { answer: writePage(found.rows.map(writeTask), page), page };
  }
}

function writeTask({ task }: TaskRow): TaggedJson {
  const iso = (instant: Instant | null) => (instant === null ? null : formatInstant(instant));
  const json = JSON.stringify({
    externalId: task.externalId,
    name: task.name,
    state: task.state,
    rawStatus: task.rawStatus,
    progress: task.progress,
    startedAt: iso(task.startedAt),
    finishedAt: iso(task.finishedAt),
    attributes: task.attributes,
  });
  return { json, stable: json };
}
