import { Instant } from '../domain/job.js';
import { Transition } from '../domain/job-change.js';
import { BoundStatement } from './in-turn.js';
import { toPg } from './pg-time.js';
import { Column, columnNames, overRows, selectRows } from './sql-values.js';

/** A change of a job's state, as it is kept for as long as its job. */
export interface TransitionRow {
  jobId: string;
  sequence: number;
  transition: Transition;
  reason: string | null;
  rawStatus: string | null;
  /** When the read began that brought the record (database time). */
  observedAt: Instant;
  mapping: string;
  pollId: number | null;
}

/** Null for no rows. */
export function insertTransitions(rows: readonly TransitionRow[]): BoundStatement | null {
  if (rows.length === 0) return null;
  const { text, values } = selectRows(COLUMNS, rows);
  return overRows(rows, `INSERT INTO rollcall.transition (${columnNames(COLUMNS)}) ${text}`, values);
}

const COLUMNS: readonly Column<TransitionRow>[] = [
  { name: 'job_id', type: 'uuid', value: (row) => row.jobId },
  { name: 'sequence', type: 'integer', value: (row) => row.sequence },
  { name: 'from_state', type: 'text', value: (row) => row.transition.from },
  { name: 'to_state', type: 'text', value: (row) => row.transition.to },
  { name: 'reason', type: 'text', value: (row) => row.reason },
  { name: 'raw_status', type: 'text', value: (row) => row.rawStatus },
  { name: 'occurred_at', type: 'timestamptz', value: (row) => toPg(row.transition.occurredAt) },
  { name: 'observed_at', type: 'timestamptz', value: (row) => toPg(row.observedAt) },
  { name: 'provenance', type: 'text', value: (row) => row.transition.provenance },
  { name: 'mapping', type: 'text', value: (row) => row.mapping },
  { name: 'poll_id', type: 'bigint', value: (row) => row.pollId },
];
