import { Injectable } from '@nestjs/common';
import { readKnowledge } from '../../storage/coverage.query.js';
import { Database } from '../../storage/database.js';
import { BreachQuery, BreachRow } from '../../storage/expectation.query.js';
import { TaggedJson } from '../../storage/job.fields.js';
import { visibleSources } from '../../storage/job.filter.js';
import { PageCursors, Position } from '../../storage/page-cursor.js';
import { isoFromPg } from '../../storage/pg-time.js';
import { Principal } from '../access/principal.js';
import { ListAlertsParameters } from '../dto/alerts.parameters.js';
import { PagedAnswer, answerPage, questionOf } from '../http/page-answer.js';

/** The breaches of expectations over HTTP. */
@Injectable()
export class AlertsService {
  constructor(
    private readonly database: Database,
    private readonly breaches: BreachQuery,
    private readonly cursors: PageCursors,
  ) {}

  async list(parameters: ListAlertsParameters, { sources }: Principal): Promise<PagedAnswer> {
    const { source, name, state, limit } = parameters;
    const { now } = await readKnowledge(this.database);
    const asked = { sources: visibleSources({ source }, sources), names: name, states: state };
    const sorted = (values: readonly string[] | undefined) => (values ? [...values].sort() : null);
    const binding = questionOf('alerts', [sorted(source), sorted(name), sorted(state)], sources);
    const read = (position: Position) => this.breaches.page(asked, limit, position);
    return answerPage({ binding, now, cursors: this.cursors }, parameters, read, writeAlert);
  }
}

function writeAlert(row: BreachRow): TaggedJson {
  const json = JSON.stringify({
    id: row.id,
    name: row.name,
    kind: row.kind,
    state: row.resolvedAt === null ? 'firing' : 'resolved',
    source: row.source,
    jobId: row.jobId,
    type: row.type,
    since: isoFromPg(row.since),
    firedAt: isoFromPg(row.firedAt),
    resolvedAt: row.resolvedAt === null ? null : isoFromPg(row.resolvedAt),
    value: row.value,
    limit: row.limit,
    message: row.message,
    suspended: row.suspended,
  });
  return { json, stable: json };
}
