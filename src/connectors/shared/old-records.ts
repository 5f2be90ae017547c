import { RecordError } from '../../domain/errors.js';
import { Instant, JobFacts } from '../../domain/job.js';
import { isTerminal } from '../../domain/job-state.js';

export interface RecentRecords {
  records: readonly unknown[];
  /** How many were left out. */
  skippedOld: number;
}

/**
 * For platforms whose list takes no start: a page without the jobs that `history` leaves out, which are those that had finished, and
 * last moved, before `start`. What cannot be read or dated stays, since it is not known to be old.
 *
 * @param start null for everything
 * @param normalize as the connector's own
 */
export function leaveOutOld(
  page: readonly unknown[],
  start: Instant | null,
  normalize: (record: unknown) => JobFacts,
): RecentRecords {
  if (start === null) return { records: page, skippedOld: 0 };
  const records = page.filter((record) => !isOld(record, start, normalize));
  return { records, skippedOld: page.length - records.length };
}

function isOld(record: unknown, start: Instant, normalize: (record: unknown) => JobFacts): boolean {
  try {
    const { state, evidence } = normalize(record);
    const times = Object.values(evidence);
    return isTerminal(state) && times.length > 0 && times.every((instant) => instant < start);
  } catch (error) {
    // Nested too deeply to be walked: the store makes it a reject.
    if (error instanceof RecordError || error instanceof RangeError) return false;
    throw error;
  }
}
