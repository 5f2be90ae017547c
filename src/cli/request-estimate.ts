import { PollConfig } from '../config/config.js';

const DAY_MS = 86_400_000;
const HOURS = 24;

/** What a source's pace means for its platform, requests a day. Logins are not in it. */
export interface RequestEstimate {
  /** One list request a poll, while jobs are open and while none is; by-id reads of open jobs come on top. */
  polls: { busy: number; quiet: number };
  /** Full walks; each costs one request for `jobsPerRequest` jobs of the collection. */
  sweeps: number;
  jobsPerRequest: number;
  /** Never more than this: `poll.maxRequestsPerHour`. */
  most: number;
}

export function estimateRequests(poll: PollConfig): RequestEstimate {
  return {
    polls: { busy: perDay(poll.everyMs), quiet: perDay(poll.idleEveryMs) },
    sweeps: perDay(poll.sweepEveryMs),
    jobsPerRequest: poll.pageSize,
    most: poll.maxRequestsPerHour * HOURS,
  };
}

function perDay(everyMs: number): number {
  return Math.ceil(DAY_MS / everyMs);
}
