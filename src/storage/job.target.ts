import { Instant, JobAction, Json } from '../domain/job.js';
import { Database } from './database.js';

/** What a re-read of one job, or an action on it, needs of what is stored. Instants are the database's. */
export interface JobTarget {
  id: string;
  source: string;
  externalId: string;
  /** What its last record allowed. */
  actions: JobAction[];
  sourceRetired: boolean;
  /** Of the source's last completed read; null before it. */
  bookmark: Json;
  /** When the last poll found the credential refused; null when it did not. */
  credentialRefusedAt: Instant | null;
  /** When a poll of the source last succeeded; null before the first. */
  sourceSucceededAt: Instant | null;
  now: Instant;
}

const SELECT_TARGET = `
  SELECT j.id, j.source_key AS source, j.external_id AS "externalId", j.actions, s.retired_at IS NOT NULL AS "sourceRetired", s.bookmark,
    CASE WHEN s.health = 'failing' AND s.health_reason = 'authentication'
      THEN floor(extract(epoch FROM s.last_poll_at) * 1000)::float8 END AS "credentialRefusedAt",
    floor(extract(epoch FROM s.last_success_at) * 1000)::float8 AS "sourceSucceededAt",
    floor(extract(epoch FROM clock_timestamp()) * 1000)::float8 AS now
  FROM rollcall.job j JOIN rollcall.source s ON s.key = j.source_key
  WHERE j.id = $1::uuid`;

export class JobTargets {
  constructor(private readonly database: Database) {}

  /** Null when there is no such job. */
  async byId(id: string): Promise<JobTarget | null> {
    const rows = await this.database.query<JobTarget>({ name: 'job-target', text: SELECT_TARGET }, [id]);
    return rows[0] ?? null;
  }
}
