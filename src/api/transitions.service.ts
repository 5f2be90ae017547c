import { Injectable } from '@nestjs/common';
import { Database } from '../storage/database.js';
import { readKnowledge } from '../storage/coverage.query.js';
import { TaggedJson } from '../storage/job.fields.js';
import { JobQuery } from '../storage/job.query.js';
import { PageCursors } from '../storage/page-cursor.js';
import { isoFromPg } from '../storage/pg-time.js';
import { TransitionQuery, TransitionRow } from '../storage/transition.query.js';
import { PageParameters } from './dto/page.parameters.js';
import { PageMembers, membersOf, positionOf, questionOf, writePage } from './page-answer.js';
import { Principal } from './principal.js';
import { Problem } from './problem.js';

@Injectable()
export class TransitionsService {
  constructor(
    private readonly database: Database,
    private readonly jobs: JobQuery,
    private readonly transitions: TransitionQuery,
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
    const binding = questionOf('transitions', jobId, sources);
    const found = await this.transitions.page(jobId, limit, positionOf(opened, binding, now));
    const page = await membersOf(found, binding, limit, this.cursors);
    return { answer: writePage(found.rows.map(writeTransition), page), page };
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
