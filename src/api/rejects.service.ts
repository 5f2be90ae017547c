import { Injectable } from '@nestjs/common';
import { readKnowledge } from '../storage/coverage.query.js';
import { Database } from '../storage/database.js';
import { TaggedJson } from '../storage/job.fields.js';
import { visibleSources } from '../storage/job.filter.js';
import { PageCursors } from '../storage/page-cursor.js';
import { isoFromPg } from '../storage/pg-time.js';
import { RejectQuery, RejectRow } from '../storage/reject.query.js';
import { ListRejectsParameters } from './dto/other.parameters.js';
import { PageMembers, membersOf, positionOf, questionOf, writePage } from './page-answer.js';
import { Principal } from './principal.js';

@Injectable()
export class RejectsService {
  constructor(
    private readonly database: Database,
    private readonly rejects: RejectQuery,
    private readonly cursors: PageCursors,
  ) {}

  async list(
    { limit, opened, source }: ListRejectsParameters,
    { sources }: Principal,
  ): Promise<{ answer: TaggedJson; page: PageMembers }> {
    const { now } = await readKnowledge(this.database);
    const asked = visibleSources({ source }, sources);
    const binding = questionOf('rejects', source ? [...source].sort() : null, sources);
    const found = await this.rejects.page(asked, limit, positionOf(opened, binding, now));
    const page = await membersOf(found, binding, limit, this.cursors);
    return { answer: writePage(found.rows.map(writeReject), page), page };
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
