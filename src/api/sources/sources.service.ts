import { Injectable } from '@nestjs/common';
import { Instant } from '../../domain/job.js';
import { PollKind } from '../../domain/poll-kind.js';
import { formatInstant } from '../../domain/timestamps.js';
import { readKnowledge } from '../../storage/coverage.query.js';
import { Database } from '../../storage/database.js';
import { TaggedJson } from '../../storage/job.fields.js';
import { PageCursors, Position } from '../../storage/page-cursor.js';
import { fromPg, isoFromPg } from '../../storage/pg-time.js';
import { SourceControl } from '../../storage/source.control.js';
import { Health, healthNow } from '../../storage/source-health.js';
import { SourceQuery, SourceRow } from '../../storage/source.query.js';
import { PageParameters } from '../dto/page.parameters.js';
import { PagedAnswer, answerPage, questionOf } from '../http/page-answer.js';
import { Principal } from '../access/principal.js';
import { Problem } from '../http/problem.js';
import { actionsOn, isUnpolled } from './source-actions.js';

@Injectable()
export class SourcesService {
  constructor(
    private readonly database: Database,
    private readonly sources: SourceQuery,
    private readonly control: SourceControl,
    private readonly cursors: PageCursors,
  ) {}

  async list(parameters: PageParameters, caller: Principal): Promise<PagedAnswer> {
    const { sources } = caller;
    const { now } = await readKnowledge(this.database);
    const binding = questionOf('sources', null, sources);
    const read = (position: Position) => this.sources.page(sources, parameters.limit, position);
    return answerPage({ binding, now, cursors: this.cursors }, parameters, read, (row) =>
      writeSource(row, caller),
    );
  }

  /** @throws Problem `not-found` */
  async get(key: string, caller: Principal): Promise<TaggedJson> {
    return writeSource(await this.find(key, caller.sources), caller);
  }

  /** Makes a source due. @throws Problem `not-found`, or `conflict` when nobody polls it */
  async requestPoll(
    key: string,
    kind: PollKind,
    { sources }: Principal,
  ): Promise<{ source: string; poll: PollKind }> {
    const source = await this.find(key, sources);
    const poll = await this.control.requestPoll(key, kind);
    if (poll) return { source: key, poll };
    throw notPolled(source);
  }

  /** No poll begins until `until`; null: until somebody resumes the source. @throws Problem `not-found`, or `conflict` when it is retired */
  async pause(key: string, until: Instant | null, caller: Principal): Promise<string> {
    await this.find(key, caller.sources);
    if (!(await this.control.pause(key, until))) throw retired(key);
    return (await this.get(key, caller)).json;
  }

  /** @throws Problem `not-found`, or `conflict` when the source is retired */
  async resume(key: string, caller: Principal): Promise<string> {
    await this.find(key, caller.sources);
    if (!(await this.control.resume(key))) throw retired(key);
    return (await this.get(key, caller)).json;
  }

  /** @throws Problem `not-found` */
  async find(key: string, sources: readonly string[] | null): Promise<SourceRow> {
    const source = key.includes('\0') ? null : await this.sources.byKey(key, sources);
    if (!source) throw new Problem('not-found', 'There is no such source.');
    return source;
  }
}

/** @throws Problem `conflict` when the source is retired, disabled or paused: nobody asks its platform then */
export function assertPolled(source: SourceRow): void {
  if (isUnpolled(healthNow(source, source.now).health)) throw notPolled(source);
}

function notPolled(source: SourceRow): Problem {
  const { health, reason } = healthNow(source, source.now);
  return new Problem('conflict', `The source ${source.key} is ${reason ?? health}: nobody polls it.`);
}

function retired(key: string): Problem {
  return new Problem('conflict', `The source ${key} is retired: nobody polls it.`);
}

/** A pause puts off what is due till its end; whoever waits for somebody to resume or enable a source waits for no time. */
function nextPollAt(row: SourceRow, health: Health): string | null {
  const at = row.nextPollAt === null ? null : fromPg(row.nextPollAt);
  if (health !== 'paused') return at === null ? null : formatInstant(at);
  if (!row.enabled || row.pausedUntil === null) return null;
  return formatInstant(Math.max(row.pausedUntil, at ?? -Infinity));
}

/** Contract, section 8. An ETag leaves out what only moves with time or with a quiet poll. */
function writeSource(row: SourceRow, caller: Principal): TaggedJson {
  const iso = (text: string | null) => (text === null ? null : isoFromPg(text));
  const shown = (instant: Instant | null) => (instant === null ? null : formatInstant(instant));
  const { health, reason, since } = healthNow(row, row.now);
  const source = {
    key: row.key,
    platform: row.platform,
    label: row.label,
    labels: row.labels,
    enabled: row.enabled,
    health,
    reason,
    since: shown(since),
    lastPollAt: iso(row.lastPollAt),
    lastSuccessAt: iso(row.lastSuccessAt),
    nextPollAt: nextPollAt(row, health),
    consecutiveFailures: row.consecutiveFailures,
    lastError: row.lastError,
    completeThrough: shown(row.completeThrough),
    lagMs: row.provenAt === null ? null : Math.max(0, row.now - row.provenAt),
    requestsLastHour: row.requestsLastHour,
    jobs: row.jobs,
    rejects: row.rejects,
    skippedOld: row.skippedOld,
    clockSkewMs: row.clockSkewMs,
    upstreamTotal:
      row.upstreamTotal === null ? null : { value: row.upstreamTotal, at: iso(row.upstreamTotalAt) },
    unmappedStatuses: row.unmappedStatuses,
    maxRequestsPerHour: row.maxRequestsPerHour,
    actions: actionsOn({ enabled: row.enabled, health }, caller),
  };
  const {
    lastPollAt: _a,
    lastSuccessAt: _b,
    nextPollAt: _c,
    completeThrough: _d,
    lagMs: _e,
    requestsLastHour: _f,
    ...rest
  } = source;
  const stable = { ...rest, clockSkewMs: null, upstreamTotal: row.upstreamTotal };
  return { json: JSON.stringify(source), stable: JSON.stringify(stable) };
}
