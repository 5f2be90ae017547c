import { JobState } from '../domain/job-state.js';
import { TimeProvenance } from '../domain/job.js';
import { Page, Position, readPage } from './page-cursor.js';
import { Reader } from './reader.js';
import { statement } from './statement.js';

/** A change of a job's state, instants as the database writes them. */
export interface TransitionRow {
  sequence: number;
  /** Null in the first: the discovery. */
  from: JobState | null;
  to: JobState;
  reason: string | null;
  rawStatus: string | null;
  occurredAt: string;
  observedAt: string;
  provenance: TimeProvenance | null;
}

export class TransitionQuery {
  constructor(private readonly database: Reader) {}

  /** Oldest first. Whether the caller may see the job is decided before. */
  page(jobId: string, limit: number, position: Position): Promise<Page<TransitionRow>> {
    const beyond = `${position.backward ? '<' : '>'}${position.inclusive ? '=' : ''}`;
    const text = `SELECT sequence, from_state AS "from", to_state AS "to", reason, raw_status AS "rawStatus",
        occurred_at AS "occurredAt", observed_at AS "observedAt", provenance
      FROM rollcall.transition
      WHERE job_id = $1::uuid AND ($2::integer IS NULL OR sequence ${beyond} $2)
      ORDER BY sequence ${position.backward ? 'DESC' : 'ASC'} LIMIT $3`;
    return readPage(
      position,
      limit,
      (count) =>
        this.database.query<TransitionRow>(statement(text), [jobId, position.key?.[0] ?? null, count]),
      ({ sequence }) => [sequence],
    );
  }
}
