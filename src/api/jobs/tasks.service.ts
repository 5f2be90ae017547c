import { Injectable } from '@nestjs/common';
import { Instant } from '../../domain/job.js';
import { formatInstant } from '../../domain/timestamps.js';
import { TaggedJson } from '../../storage/job.fields.js';
import { PageCursors, Position } from '../../storage/page-cursor.js';
import { TaskQuery, TaskRow } from '../../storage/task.query.js';
import { PageParameters } from '../dto/page.parameters.js';
import { JobsService } from './jobs.service.js';
import { PagedAnswer, answerPage, questionOf } from '../http/page-answer.js';
import { Principal } from '../access/principal.js';

@Injectable()
export class TasksService {
  constructor(
    private readonly jobs: JobsService,
    private readonly tasks: TaskQuery,
    private readonly cursors: PageCursors,
  ) {}

  /** @throws Problem `not-found` when the job is not there for the caller */
  async list(jobId: string, parameters: PageParameters, caller: Principal): Promise<PagedAnswer> {
    const { now } = await this.jobs.find(jobId, caller);
    const binding = questionOf('tasks', jobId, caller.sources);
    const read = (position: Position) => this.tasks.page(jobId, parameters.limit, position);
    return answerPage({ binding, now, cursors: this.cursors }, parameters, read, writeTask);
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
