import { Injectable } from '@nestjs/common';
import { readKnowledge } from '../../storage/coverage.query.js';
import { Database } from '../../storage/database.js';
import { TaggedJson } from '../../storage/job.fields.js';
import { visibleSources } from '../../storage/job.filter.js';
import { PageCursors, Position } from '../../storage/page-cursor.js';
import { isoFromPg } from '../../storage/pg-time.js';
import { RejectQuery, RejectRow } from '../../storage/reject.query.js';
import { ListRejectsParameters } from '../dto/other.parameters.js';
import { PagedAnswer, answerPage, questionOf } from '../http/page-answer.js';
import { Principal } from '../access/principal.js';

@Injectable()
export class RejectsService {
  constructor(
    private readonly database: Database,
    private readonly rejects: RejectQuery,
    private readonly cursors: PageCursors,
  ) {}

  async list(parameters: ListRejectsParameters, { sources }: Principal): Promise<PagedAnswer> {
    const { source, limit } = parameters;
    const { now } = await readKnowledge(this.database);
    const asked = visibleSources({ source }, sources);
    const binding = questionOf('rejects', source ? [...source].sort() : null, sources);
    const read = (position: Position) => this.rejects.page(asked, limit, position);
    return answerPage({ binding, now, cursors: this.cursors }, parameters, read, writeReject);
  }
}

function writeReject(row: RejectRow): TaggedJson {
  const json = JSON.stringify({
    id: row.id,
    source: row.source,
    externalId: row.externalId,
    reasons: row.reasons,
    firstSeenAt: isoFromPg(row.firstSeenAt),
    lastSeenAt: isoFromPg(row.lastSeenAt),
    count: row.count,
    payload: readPayload(row.payload),
  });
  return { json, stable: json };
}

/** A record that its size limit cut is no JSON any more, and is shown as text. */
function readPayload(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch (error) {
    if (error instanceof SyntaxError) return payload;
    throw error;
  }
}
