import { SourceConfig } from '../config/config.js';
import { Connector } from '../connectors/connector.js';
import { Instant } from '../domain/job.js';
import { PollKind } from '../domain/poll-kind.js';
import { Lease } from '../storage/lease.js';
import { RequestLog } from '../storage/request.log.js';
import { sweepShareLeft } from './budget.js';
import { SourceRuntime } from './source-runtimes.js';

/** A walk that has to be repeated, or that an open job's absence asks for, waits so many intervals: a busy list is not walked without end. */
const SOON_INTERVALS = 5;

/** Sweeps prove; incremental reads are quick. A sweep begins `sweepEvery` after the end of the one before, and takes turns. */
export async function choosePollKind(
  lease: Lease,
  { source, connector }: Pick<SourceRuntime, 'source' | 'connector'>,
  log: Pick<RequestLog, 'sweepsLastHour'>,
  now: Instant,
): Promise<PollKind> {
  if (proofOf(source, connector) === 'list') return 'sweep';
  if (isUnread(lease) || lease.requested === 'sweep') return 'sweep';
  if (!isSweepsTurn(lease, source, now)) return 'incremental';
  return (await sweepShareLeft({ source }, log)) > 0 ? 'sweep' : 'incremental';
}

export function proofOf(source: SourceConfig, connector: Connector): Connector['limits']['proof'] {
  return connector.proof?.(source.options) ?? connector.limits.proof;
}

/** How long before the next walk after one that proved nothing, milliseconds. */
export function soonMs({ everyMs, sweepEveryMs }: SourceConfig['poll']): number {
  return Math.min(sweepEveryMs, SOON_INTERVALS * everyMs);
}

/** Nothing is known yet that an incremental read could go on from. */
function isUnread({ firstReadAt, walk }: Lease): boolean {
  return firstReadAt === null && walk === null;
}

/** A sweep that waits for its next part, and one that fails, take turns with incremental reads: neither blinds a source to news. */
function isSweepsTurn(lease: Lease, { poll }: SourceConfig, now: Instant): boolean {
  const { walk, firstReadAt, sweepEndedAt, consecutiveFailures } = lease;
  if (walk !== null && (lease.requested === null || firstReadAt === null)) return walk.next === 'sweep';
  if (lease.requested !== null) return false;
  const isDue = sweepEndedAt === null || now - sweepEndedAt >= poll.sweepEveryMs;
  return isDue && consecutiveFailures % 2 === 0;
}
