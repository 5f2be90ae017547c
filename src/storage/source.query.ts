import { JOB_STATES, JobState } from '../domain/job-state.js';
import { Instant } from '../domain/job.js';
import { HEALTH_COLUMNS } from './coverage.query.js';
import { Database } from './database.js';
import { Page, Position, readPage } from './page-cursor.js';
import { HealthFacts } from './source-health.js';
import { LastError } from './source.store.js';

/** A source as it is shown. Text instants are the database's own; the others are milliseconds. */
export interface SourceRow extends HealthFacts {
  now: Instant;
  key: string;
  platform: string;
  label: string | null;
  labels: Record<string, string>;
  lastPollAt: string | null;
  lastSuccessAt: string | null;
  nextPollAt: string | null;
  consecutiveFailures: number;
  lastError: LastError | null;
  /** Database time at which the poll began that proved `completeThrough`. */
  provenAt: Instant | null;
  requestsLastHour: number;
  maxRequestsPerHour: number | null;
  jobs: Record<JobState, number>;
  rejects: number;
  skippedOld: number;
  upstreamTotal: number | null;
  upstreamTotalAt: string | null;
  unmappedStatuses: UnmappedStatus[];
}

/** A word without a rule, and how many distinct jobs carry it; a missing status is null. */
export interface UnmappedStatus {
  status: string | null;
  count: number;
}

/** A hostile upstream may send a new word with every job: only the most frequent ones are listed. */
const MAX_UNMAPPED = 100;

const SELECT_SOURCES = `
  SELECT s.key, s.platform, s.label, s.labels, s.last_poll_at AS "lastPollAt", s.last_success_at AS "lastSuccessAt",
    s.next_poll_at AS "nextPollAt", s.consecutive_failures AS "consecutiveFailures", s.last_error AS "lastError",
    s.skipped_old AS "skippedOld", s.max_requests_per_hour AS "maxRequestsPerHour", s.upstream_total AS "upstreamTotal", s.upstream_total_at AS "upstreamTotalAt",
    floor(extract(epoch FROM s.proven_at) * 1000)::float8 AS "provenAt",
    floor(extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now,
    ${HEALTH_COLUMNS},
    (SELECT coalesce(sum(r.requests), 0)::float8 FROM rollcall.upstream_request r
     WHERE r.source_key = s.key AND r.minute > now() - interval '1 hour') AS "requestsLastHour",
    (SELECT count(*)::float8 FROM rollcall.reject r WHERE r.source_key = s.key) AS rejects,
    (SELECT coalesce(jsonb_object_agg(c.state, c.jobs), '{}') FROM rollcall.job_count c WHERE c.source_key = s.key) AS jobs,
    (SELECT coalesce(jsonb_agg(u), '[]') FROM (
       SELECT j.raw_status AS status, count(*) AS count FROM rollcall.job j
       WHERE j.source_key = s.key AND NOT j.status_mapped AND j.vanished_at IS NULL
       GROUP BY j.raw_status ORDER BY count(*) DESC, j.raw_status LIMIT ${MAX_UNMAPPED}) u) AS "unmappedStatuses"
  FROM rollcall.source s`;

export class SourceQuery {
  constructor(private readonly database: Database) {}

  /** By key. @param sources those that the caller may see; null: every source */
  async page(sources: readonly string[] | null, limit: number, position: Position): Promise<Page<SourceRow>> {
    const beyond = `${position.backward ? '<' : '>'}${position.inclusive ? '=' : ''}`;
    return readPage(
      position,
      limit,
      (count) =>
        this.read(
          `WHERE ($1::text[] IS NULL OR s.key = ANY($1)) AND ($2::text IS NULL OR s.key ${beyond} $2)
           ORDER BY s.key ${position.backward ? 'DESC' : 'ASC'} LIMIT $3`,
          [sources, position.key?.[0] ?? null, count],
        ),
      ({ key }) => [key],
    );
  }

  /** Null when there is no such source, or the caller may not see it. */
  async byKey(key: string, sources: readonly string[] | null): Promise<SourceRow | null> {
    const rows = await this.read('WHERE s.key = $2 AND ($1::text[] IS NULL OR s.key = ANY($1))', [
      sources,
      key,
    ]);
    return rows[0] ?? null;
  }

  private async read(condition: string, values: unknown[]): Promise<SourceRow[]> {
    const rows = await this.database.query<SourceRow>(`${SELECT_SOURCES} ${condition}`, values);
    const none = Object.fromEntries(JOB_STATES.map((state) => [state, 0])) as Record<JobState, number>;
    return rows.map((row) => ({ ...row, jobs: { ...none, ...row.jobs } }));
  }
}
