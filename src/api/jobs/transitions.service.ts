import { Injectable } from '@nestjs/common';
import { TaggedJson } from '../../storage/job.fields.js';
import { PageCursors, Position } from '../../storage/page-cursor.js';
import { isoFromPg } from '../../storage/pg-time.js';
import { TransitionQuery, TransitionRow } from '../../storage/transition.query.js';
import { PageParameters } from '../dto/page.parameters.js';
import { JobsService } from './jobs.service.js';
import { PagedAnswer, answerPage, questionOf } from '../http/page-answer.js';
import { Principal } from '../access/principal.js';

@Injectable()
export class TransitionsService {
  constructor(
    private readonly jobs: JobsService,
    private readonly transitions: TransitionQuery,
    private readonly cursors: PageCursors,
  ) {}

  /** @throws Problem `not-found` when the job is not there for the caller */
  async list(jobId: string, parameters: PageParameters, caller: Principal): Promise<PagedAnswer> {
    const { now } = await this.jobs.find(jobId, caller);
    const binding = questionOf('transitions', jobId, caller.sources);
    const read = (position: Position) => this.transitions.page(jobId, parameters.limit, position);
    return answerPage({ binding, now, cursors: this.cursors }, parameters, read, writeTransition);
  }
}

function writeTransition(row: TransitionRow): TaggedJson {
  const json = JSON.stringify({
    sequence: row.sequence,
    from: row.from,
    to: row.to,
    reason: row.reason,
    rawStatus: row.rawStatus,
    occurredAt: isoFromPg(row.occurredAt),
    observedAt: isoFromPg(row.observedAt),
    provenance: row.provenance,
  });
  return { json, stable: json };
}
