import { walkRequests } from '../connectors/shared/pagination.js';
import { Instant } from '../domain/job.js';
import { Lease } from '../storage/lease.js';
import { RequestLog } from '../storage/request.log.js';
import { sweepShareLeft, walkAllowance } from './budget.js';
import { soonMs } from './poll-kind.js';
import { SourceRuntime } from './source-runtimes.js';

/** How far one part of a sweep goes; the next part is a later poll's. */
export interface SweepPart {
  requests: number;
  until: Instant;
}

/** The part that begins now: as far as the share of the hour goes, and until the next poll is due. */
export async function nextPart(
  runtime: SourceRuntime,
  log: RequestLog,
  { requested, claimedAt }: Lease,
): Promise<SweepPart> {
  const { source, upstream } = runtime;
  return {
    requests: walkAllowance(source.poll, await sweepShareLeft(runtime, log), upstream.budget),
    // Somebody who asked for a sweep waits for it, and not for a turn of the schedule.
    until: requested === null ? claimedAt + source.poll.everyMs : Infinity,
  };
}

/**
 * Whether to walk the list now instead of what an incremental read leaves to do. Where jobs have pages of their own: when more open
 * jobs are unread than a walk takes requests. Where they have none: when one of them is missing, since only a complete read can tell
 * what became of it; but not again and again, nor shortly before the next sweep.
 *
 * @param areUnread whether more than so many open jobs are unread
 * @param countPresent how many jobs the last complete sweep still listed
 */
export async function isWalkBetter(
  runtime: SourceRuntime,
  log: RequestLog,
  lease: Lease,
  areUnread: (most: number) => Promise<boolean>,
  countPresent: () => Promise<number>,
): Promise<boolean> {
  const { source, connector, upstream } = runtime;
  const { walk, sweepEndedAt, claimedAt } = lease;
  if (walk !== null || sweepEndedAt === null) return false;
  if (upstream.session.fetchOne === undefined) {
    const sinceMs = claimedAt - sweepEndedAt;
    const isTimely =
      sinceMs >= soonMs(source.poll) && source.poll.sweepEveryMs - sinceMs > soonMs(source.poll);
    return isTimely && (await areUnread(0)) && (await nextPart(runtime, log, lease)).requests > 1;
  }
  if (!(await areUnread(0))) return false;
  const limit = Math.min(source.poll.pageSize, connector.limits.maxPageSize);
  const wanted = walkRequests(await countPresent(), limit);
  return (await areUnread(wanted)) && (await nextPart(runtime, log, lease)).requests >= wanted;
}
