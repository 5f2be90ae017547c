import { Injectable } from '@nestjs/common';
import { AuditRow, AuditStore } from '../../storage/audit.store.js';
import { readKnowledge } from '../../storage/coverage.query.js';
import { Database } from '../../storage/database.js';
import { TaggedJson } from '../../storage/job.fields.js';
import { PageCursors, Position } from '../../storage/page-cursor.js';
import { isoFromPg } from '../../storage/pg-time.js';
import { PageParameters } from '../dto/page.parameters.js';
import { PagedAnswer, answerPage, questionOf } from '../http/page-answer.js';
import { Principal } from './principal.js';

/** The audit log over HTTP. A token that is limited to sources sees what tokens did that see no more than itself. */
@Injectable()
export class AuditService {
  constructor(
    private readonly database: Database,
    private readonly audit: AuditStore,
    private readonly cursors: PageCursors,
  ) {}

  async list(parameters: PageParameters, { sources }: Principal): Promise<PagedAnswer> {
    const { now } = await readKnowledge(this.database);
    const binding = questionOf('audit', null, sources);
    const read = (position: Position) => this.audit.page(sources, parameters.limit, position);
    return answerPage({ binding, now, cursors: this.cursors }, parameters, read, writeEntry);
  }
}

function writeEntry(row: AuditRow): TaggedJson {
  const json = JSON.stringify({
    id: row.id,
    kind: row.kind,
    at: isoFromPg(row.at),
    lastAt: row.lastAt === null ? null : isoFromPg(row.lastAt),
    count: row.count,
    actor: row.actor,
    address: row.address,
    method: row.method,
    path: row.path,
    status: row.status,
    details: row.details,
    requestId: row.requestId,
  });
  return { json, stable: json };
}
