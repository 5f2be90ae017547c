import { Injectable } from '@nestjs/common';
import { TaggedJson } from '../../storage/job.fields.js';
import { PageCursors, Position } from '../../storage/page-cursor.js';
import { isoFromPg } from '../../storage/pg-time.js';
import { PollQuery, PollRow } from '../../storage/poll.query.js';
import { Principal } from '../access/principal.js';
import { PageParameters } from '../dto/page.parameters.js';
import { PagedAnswer, answerPage, questionOf } from '../http/page-answer.js';
import { SourcesService } from './sources.service.js';

@Injectable()
export class PollsService {
  constructor(
    private readonly sources: SourcesService,
    private readonly polls: PollQuery,
    private readonly cursors: PageCursors,
  ) {}

  /** @throws Problem `not-found` when the source is not there for the caller */
  async list(key: string, parameters: PageParameters, caller: Principal): Promise<PagedAnswer> {
    const { now } = await this.sources.find(key, caller.sources);
    const binding = questionOf('polls', key, caller.sources);
    const read = (position: Position) => this.polls.page(key, parameters.limit, position);
    return answerPage({ binding, now, cursors: this.cursors }, parameters, read, writePoll);
  }
}

function writePoll(row: PollRow): TaggedJson {
  const { beganAt, endedAt, ...rest } = row;
  const json = JSON.stringify({
    id: rest.id,
    kind: rest.kind,
    beganAt: isoFromPg(beganAt),
    endedAt: isoFromPg(endedAt),
    result: rest.result,
    error: rest.error && { kind: rest.error.kind, message: rest.error.message },
    requests: rest.requests,
    records: rest.records,
    discovered: rest.discovered,
    changed: rest.changed,
    rejected: rest.rejected,
  });
  return { json, stable: json };
}
