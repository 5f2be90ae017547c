import { PollConfig } from '../config/config.js';
import { RequestLog } from '../storage/request.log.js';
import { SourceRuntime } from './source-runtimes.js';

/** Of the hour's budget, the most that sweeps get. */
const SWEEP_SHARE = 1 / 2;

/** Of the hour's budget, what sweeps and by-id reads leave to incremental reads and refreshes. */
const RESERVED_SHARE = 1 / 10;

/** The fewest by-id reads of one poll, however short its interval is. */
const LEAST_BY_ID = 10;

type Budget = Pick<PollConfig, 'maxRequestsPerHour'>;

/** What sweeps may still ask for in this hour, whichever process polls; at least one request an hour. */
export async function sweepShareLeft(
  { source }: Pick<SourceRuntime, 'source'>,
  log: Pick<RequestLog, 'sweepsLastHour'>,
): Promise<number> {
  const share = Math.max(1, Math.floor(source.poll.maxRequestsPerHour * SWEEP_SHARE));
  return share - (await log.sweepsLastHour(source.key));
}

/**
 * The requests of one part of a sweep. One at least: a walk always gets on.
 *
 * @param shareLeft see {@link sweepShareLeft}
 * @param budgetLeft what the hour still allows to everybody
 */
export function walkAllowance(budget: Budget, shareLeft: number, budgetLeft: number): number {
  return Math.max(1, Math.min(shareLeft, budgetLeft - reserved(budget)));
}

/** By-id reads of one poll: half of what the budget gives to one interval, so that lists and sweeps have their share. */
export function byIdAllowance(poll: Budget & Pick<PollConfig, 'everyMs'>, budgetLeft: number): number {
  const perPoll = (poll.maxRequestsPerHour * poll.everyMs) / 3_600_000;
  const most = Math.max(LEAST_BY_ID, Math.floor(perPoll / 2));
  return Math.max(0, Math.min(budgetLeft - reserved(poll), most));
}

function reserved({ maxRequestsPerHour }: Budget): number {
  return Math.floor(maxRequestsPerHour * RESERVED_SHARE);
}
