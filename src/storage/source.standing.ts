import { STATE_GROUPS } from '../domain/job-state.js';
import { Database } from './database.js';

/** What the stored jobs and records of a source say of it. */
export interface Standing {
  /** A known job carries a word that has no rule. */
  unmapped: boolean;
  /** Records of it were rejected and are still on the list. */
  rejected: boolean;
  /** Something is still to be read of a job that has ended. */
  finalReads: boolean;
  /** Jobs that the last complete sweep still listed. */
  present: number;
  /** The unfinished ones of these. */
  open: number;
  /** Numbers of the unfinished jobs that are not known to be gone; null when there are more than {@link MOST_LISTED}. */
  openOrdinals: number[] | null;
}

/** So many open jobs are told by their numbers. */
const MOST_LISTED = 500;

const OPEN_STATES = STATE_GROUPS.active.map((state) => `'${state}'`).join(', ');

/** Whether there is such a row. One by one: as an EXISTS, the planner may read a whole table once instead. */
const isThere = (rows: string, name: string) =>
  `(SELECT true FROM rollcall.${rows} LIMIT 1) IS NOT NULL AS ${name}`;

/** The columns behind {@link standingFromRow}, over `s` (rollcall.source). A few index rows each, however many jobs there are. */
export const STANDING_COLUMNS = [
  isThere('job WHERE source_key = s.key AND NOT status_mapped AND vanished_at IS NULL', 'unmapped'),
  isThere('reject WHERE source_key = s.key', 'rejected'),
  isThere('final_read WHERE source_key = s.key AND given_up_at IS NULL', 'final_reads'),
  `(SELECT json_build_array(coalesce(sum(jobs - absent), 0),
      coalesce(sum(jobs - absent) FILTER (WHERE state IN (${OPEN_STATES})), 0))
    FROM rollcall.job_count WHERE source_key = s.key) AS counts`,
  `(SELECT coalesce(json_agg(ordinal), '[]') FROM (SELECT ordinal FROM rollcall.job
      WHERE source_key = s.key AND NOT terminal AND vanished_at IS NULL LIMIT ${MOST_LISTED + 1}) AS open_job) AS open_ordinals`,
].join(', ');

export interface StandingRow {
  unmapped: boolean;
  rejected: boolean;
  final_reads: boolean;
  counts: [present: number, open: number];
  open_ordinals: number[];
}

export function standingFromRow(row: StandingRow): Standing {
  const { unmapped, rejected, final_reads: finalReads, open_ordinals: ordinals } = row;
  const [present, open] = row.counts;
  const openOrdinals = ordinals.length > MOST_LISTED ? null : ordinals;
  return { unmapped, rejected, finalReads, present, open, openOrdinals };
}

/** As it is now. */
export async function readStanding(database: Database, source: string): Promise<Standing> {
  const rows = await database.query<StandingRow>(
    { name: 'source-standing', text: `SELECT ${STANDING_COLUMNS} FROM rollcall.source AS s WHERE key = $1` },
    [source],
  );
  return standingFromRow(rows[0]!);
}
