import { SourceConfig } from '../config/config.js';
import { Connector } from '../connectors/connector.js';
import { ErrorKind, SourceError } from '../domain/errors.js';
import { Instant } from '../domain/job.js';
import { PollOutcome } from '../storage/poll.store.js';
import { Health } from '../storage/source-health.js';
import { Standing } from '../storage/source.standing.js';
import { nextPollDelayMs, retryAfterMs } from './next-poll-at.js';
import { soonMs } from './poll-kind.js';
import { PollRun } from './poll-run.js';
import { PollTimeoutError } from './poll-timeout.js';
import { SourceRuntime } from './source-runtimes.js';

/** A poll at its end. */
export type EndedRun = Pick<
  PollRun,
  | 'lease'
  | 'kind'
  | 'beganAt'
  | 'walk'
  | 'result'
  | 'isFirstRead'
  | 'suspended'
  | 'suspendedWalk'
  | 'openRound'
  | 'openRoundAt'
  | 'knownThrough'
  | 'provesAbsence'
  | 'clock'
  | 'requests'
  | 'counts'
>;

export interface Circumstances {
  /** Null: the poll did what it set out to do. */
  fault: unknown;
  /** As the source stands after all that the poll stored. */
  standing: Pick<Standing, 'unmapped' | 'rejected' | 'open'>;
  /** Database time. */
  now: Instant;
  /** This process's clock at the same moment. */
  processNow: Instant;
  /** 0 ≤ random < 1 */
  random: number;
}

/** What a poll made known, and when the next one is due. Pure. */
export function conclude(
  run: EndedRun,
  { source, connector }: Pick<SourceRuntime, 'source' | 'connector'>,
  { fault, standing, now, processNow, random }: Circumstances,
): PollOutcome {
  const { lease, result, counts } = run;
  const error = fault === null ? null : asSourceFault(fault);
  const limited = error?.kind === 'rate-limited';
  const consecutiveFailures =
    error === null ? 0 : limited ? lease.consecutiveFailures : lease.consecutiveFailures + 1;
  const delay = nextPollDelayMs(
    source.poll,
    {
      errorKind: error?.kind ?? null,
      retryAfterMs: retryAfterMs(fault),
      consecutiveFailures,
      limitedForMs: lease.limitedSince === null ? 0 : now - lease.limitedSince,
      hasOpenJobs: standing.open > 0 || lease.walk !== null || run.suspended,
    },
    random,
  );
  return {
    kind: run.kind,
    beganAt: run.beganAt,
    durationMs: now - lease.claimedAt,
    error,
    ...judge(error?.kind ?? null, {
      ...standing,
      truncated: result?.truncated === true,
      unreadable: (run.openRound?.failing.length ?? 0) > 0,
    }),
    nextPollAt: (error === null ? run.beganAt : now) + delay,
    consecutiveFailures,
    bookmark: keptBookmark(run),
    walk: keptWalk(run, limited || fault instanceof PollTimeoutError),
    openRound: run.openRound,
    skippedOld: counts.skippedOld,
    requests: run.requests,
    records: counts.records,
    discovered: counts.discovered,
    changed: counts.changed,
    rejected: counts.rejected,
    ...skew(run, now - processNow),
    ...proof(run, source, connector, error === null, now),
  };
}

function asSourceFault(fault: unknown): { kind: ErrorKind; message: string } {
  if (fault instanceof SourceError) return { kind: fault.kind, message: fault.message };
  return { kind: 'upstream-error', message: 'an unexpected error in Rollcall; its log has the details' };
}

function judge(
  errorKind: ErrorKind | null,
  found: { truncated: boolean; unreadable: boolean; rejected: boolean; unmapped: boolean },
): { health: Health; reason: string | null } {
  if (errorKind === 'rate-limited') return { health: 'degraded', reason: 'rate-limited' };
  if (errorKind !== null) return { health: 'failing', reason: errorKind };
  if (found.truncated) return { health: 'degraded', reason: 'truncated' };
  if (found.unreadable) return { health: 'degraded', reason: 'unreadable-jobs' };
  if (found.rejected) return { health: 'degraded', reason: 'rejects' };
  if (found.unmapped) return { health: 'degraded', reason: 'unmapped-statuses' };
  return { health: 'healthy', reason: null };
}

/** What the poll leaves of a sweep that is under way. A part that failed is repeated; a first read goes on where it stood. */
function keptWalk(run: EndedRun, isCutShort: boolean): PollOutcome['walk'] {
  const { lease, result } = run;
  if (run.kind === 'incremental') return lease.walk && { ...lease.walk, next: 'sweep' };
  if (result !== null) return null;
  if (run.suspended || run.isFirstRead || isCutShort) return run.suspendedWalk();
  return lease.walk && { ...lease.walk, next: 'incremental' };
}

/** A read beside the first one, which is still under way, has not read what its bookmark would claim. */
function keptBookmark({ lease, result, kind, isFirstRead }: EndedRun): PollOutcome['bookmark'] {
  if (result === null || (isFirstRead && kind === 'incremental')) return lease.bookmark;
  return result.bookmark;
}

type Proof = Pick<
  PollOutcome,
  | 'openRoundAt'
  | 'sweptAt'
  | 'sweepEndedAt'
  | 'firstReadAt'
  | 'completeThrough'
  | 'provenAt'
  | 'truncated'
  | 'upstreamTotal'
>;

/** What may be claimed now. Everything here is dated by the begin of the walk that proved it. */
function proof(
  run: EndedRun,
  source: SourceConfig,
  connector: Connector,
  succeeded: boolean,
  now: Instant,
): Proof {
  const { result, walk } = run;
  const claims: Proof = {};
  if (run.openRoundAt !== null) claims.openRoundAt = run.openRoundAt;
  if (succeeded && run.knownThrough !== null) {
    const { beganAt, upstreamDate } = run.knownThrough;
    claims.completeThrough = (upstreamDate ?? beganAt) - connector.limits.settleMs;
    claims.provenAt = beganAt;
  }
  if (result === null) return claims;
  if (result.upstreamTotal !== null) claims.upstreamTotal = result.upstreamTotal;
  if (run.kind === 'sweep') {
    claims.truncated = result.truncated;
    if (run.provesAbsence) claims.sweptAt = walk.beganAt;
    const settled = result.whole || result.truncated;
    // A walk that saw movement is repeated soon, but not at once: a busy list would be walked without end.
    claims.sweepEndedAt = settled ? now : now - source.poll.sweepEveryMs + soonMs(source.poll);
    if (settled) claims.firstReadAt = now;
  }
  return claims;
}

/** The upstream's clock minus ours, where ours is the database's. */
function skew({ clock }: EndedRun, databaseMinusProcess: number): Pick<PollOutcome, 'clockSkewMs'> {
  if (clock === null) return {};
  return { clockSkewMs: Math.round(clock.upstreamDate - (clock.requestedAt + databaseMinusProcess)) };
}
