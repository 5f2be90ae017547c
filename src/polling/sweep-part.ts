import { walkRequests } from '../connectors/shared/pagination.js';
import { Instant } from '../domain/job.js';
import { JobLookup } from '../storage/job.lookup.js';
import { Lease, SourceStore } from '../storage/source.store.js';
import { sweepShareLeft, walkAllowance } from './budget.js';
import { soonMs } from './poll-kind.js';
import { SourceRuntime } from './source-runtimes.js';

/** How far one part of a sweep goes; the next part is a later poll's. */
export interface SweepPart {
  requests: number;
  until: Instant;
}

interface PartStores {
  sources: SourceStore;
  lookup: JobLookup;
}

/** The part that begins now: as far as the share of the hour goes, and until the next poll is due. */
export async function nextPart(
  runtime: SourceRuntime,
  { sources }: PartStores,
  { requested, claimedAt }: Lease,
): Promise<SweepPart> {
  const { source, upstream } = runtime;
  return {
    requests: walkAllowance(source.poll, await sweepShareLeft(runtime, sources), upstream.budget),
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
 */
export async function isWalkBetter(
  runtime: SourceRuntime,
  stores: PartStores,
  lease: Lease,
  areUnread: (most: number) => Promise<boolean>,
): Promise<boolean> {
  const { source, connector, upstream } = runtime;
  const { walk, sweepEndedAt, claimedAt } = lease;
  if (walk !== null || sweepEndedAt === null || !(await areUnread(0))) return false;
  const { requests } = await nextPart(runtime, stores, lease);
  if (upstream.session.fetchOne === undefined) {
    const sinceMs = claimedAt - sweepEndedAt;
    return (
      requests > 1 &&
      sinceMs >= soonMs(source.poll) &&
      source.poll.sweepEveryMs - sinceMs > soonMs(source.poll)
    );
  }
  const limit = Math.min(source.poll.pageSize, connector.limits.maxPageSize);
  const wanted = walkRequests(await stores.lookup.countPresent(source.key), limit);
  return requests >= wanted && (await areUnread(wanted));
}
