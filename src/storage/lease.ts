import { PollKind } from '../domain/poll-kind.js';
import { Instant, Json } from '../domain/job.js';
import { SourceFacts } from './health.record.js';
import { SpentLastHour } from './request.log.js';
import { Standing } from './source.standing.js';

/** Where a walk that is not finished goes on. */
export interface Walk {
  kind: PollKind;
  resume: Json;
  /** Database time at which the walk began. */
  beganAt: Instant;
  /** The upstream's clock at the walk's first answer; null before there was one. */
  upstreamDate: Instant | null;
  /** The jobs met so far ({@link SeenJobs.serialize}); null when the walk cannot prove absence any more. */
  seen: string | null;
  /** What `history` left out so far. */
  skippedOld: number;
  /** Whose turn it is: parts of a sweep take turns with incremental reads. */
  next: PollKind;
}

/** A round over all open jobs that takes more than one poll, and what the one before it left to say. */
export interface OpenRound {
  /** Database time; null between two rounds. */
  beganAt: Instant | null;
  /** The upstream's clock when the round began; null when it sends none. */
  upstreamDate: Instant | null;
  /** Of the jobs that are read by their own page, the number of the last one. */
  afterOrdinal: number;
  /** The read that the round began with proved all changes but those of open jobs. */
  proven: boolean;
  /** Jobs that the platform put off, or whose own page could not be read: with one of them the round proves nothing. */
  skipped: number;
  /** Numbers of the open jobs whose own page could not be read when it was last tried, in this round or before. */
  failing: number[];
}

export const NO_ROUND: OpenRound = {
  beganAt: null,
  upstreamDate: null,
  afterOrdinal: 0,
  proven: false,
  skipped: 0,
  failing: [],
};

/** A source that this process alone may poll until the lease ends, and what a poll needs to know of it. */
export interface Lease {
  key: string;
  token: number;
  /** Database time of the claim. */
  claimedAt: Instant;
  /** Of the poll that this claim is made for. */
  pollId: number;
  /** What was asked for by hand; null for a scheduled poll. */
  requested: PollKind | null;
  bookmark: Json;
  walk: Walk | null;
  openRound: OpenRound | null;
  /** When the last sweep ended; null before the first. */
  sweepEndedAt: Instant | null;
  firstReadAt: Instant | null;
  consecutiveFailures: number;
  /** Since when nothing but patience was asked of every poll; null when the last one was not limited. */
  limitedSince: Instant | null;
  /** As it was told when the source was claimed. */
  health: SourceFacts;
  /** At the claim; only whoever holds the lease, and refreshes of single jobs, change it. */
  standing: Standing;
  /** At the claim. */
  spent: SpentLastHour;
}

/** The lease is gone: another process polls this source now. Nothing more may be written. */
export class LeaseLostError extends Error {
  constructor(key: string) {
    super(`the lease of source ${key} is gone`);
    this.name = 'LeaseLostError';
  }
}
