import { changesOf } from './filter-checks.js';
import { isComplete, SeenRead, updatedField, Watched } from './observed.js';
import { median, rateBefore, skewsOf } from './transport-checks.js';
import { CheckName, Verdict } from './verdict.js';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** One setting of `poll`, ready to paste. */
export interface Setting {
  key: 'every' | 'overlap' | 'sweepEvery' | 'pageSize' | 'maxRequestsPerHour';
  value: string;
  reason: string;
}

/** Settings of `poll` that follow from what was seen; where nothing speaks against it, what is configured stays. Pure. */
export function recommend(watched: Watched, verdicts: readonly Verdict[]): Setting[] {
  const isFound = (check: CheckName) =>
    verdicts.some((one) => one.check === check && one.verdict === 'found');
  const budget = budgetOf(watched);
  const cost = costOf(watched);
  const every = everyOf(watched, cost, budget.value);
  const sweepEvery = sweepEveryOf(watched, cost, budget.value, every.ms, isFound);
  return [
    { key: 'every', value: durationOf(every.ms), reason: every.reason },
    overlapOf(watched, isFound('filter-omits')),
    { key: 'sweepEvery', value: durationOf(sweepEvery.ms), reason: sweepEvery.reason },
    pageSizeOf(watched, isFound('page-size')),
    { key: 'maxRequestsPerHour', value: String(budget.value), reason: budget.reason },
  ];
}

/** `poll:` with its settings and their reasons as comments. */
export function pollYaml(settings: readonly Setting[]): string {
  return [
    'poll:',
    ...settings.flatMap(({ key, value, reason }) => [`  # ${reason}`, `  ${key}: ${value}`]),
  ].join('\n');
}

interface Cost {
  /** Requests of one poll, and of one whole read; null when none came to its end. */
  poll: number | null;
  whole: number | null;
  /** The longest read, milliseconds. */
  longestMs: number;
}

function costOf({ reads, proof }: Watched): Cost {
  const most = (kind: SeenRead['kind']) => {
    const requests = reads
      .filter((read) => read.kind === kind && isComplete(read))
      .map((read) => read.requests);
    return requests.length === 0 ? null : Math.max(...requests);
  };
  const whole = most('whole');
  const polls = reads.filter(({ kind }) => kind === (proof === 'list' ? 'whole' : 'changes'));
  return {
    whole,
    poll: proof === 'list' ? whole : (most('changes') ?? whole),
    longestMs: Math.max(0, ...polls.map(({ ms }) => ms)),
  };
}

function budgetOf({ exchanges, poll }: Watched): { value: number; reason: string } {
  const { maxRequestsPerHour } = poll;
  const refused = exchanges.filter(({ status }) => status === 429);
  if (refused.length === 0)
    return {
      value: maxRequestsPerHour,
      reason: `as configured: none of ${exchanges.length} requests was refused`,
    };
  const rate = Math.max(1, Math.min(...refused.map(({ sentAt }) => rateBefore(exchanges, sentAt))));
  const value = Math.min(maxRequestsPerHour, Math.max(10, Math.floor(rate * 60 * 0.8)));
  return {
    value,
    reason: `refused at ${rate} requests a minute: four fifths of that, where the limit is one a minute; its documentation knows better`,
  };
}

/** Half of the budget is for polls; sweeps and by-id reads have the rest. */
function everyOf({ poll }: Watched, cost: Cost, budget: number): { ms: number; reason: string } {
  if (cost.poll === null) return { ms: poll.everyMs, reason: 'as configured: no poll came to its end' };
  const affordable = Math.ceil(((cost.poll * 2) / budget) * (HOUR_MS / SECOND_MS)) * SECOND_MS;
  const slow = Math.ceil((cost.longestMs * 2) / SECOND_MS) * SECOND_MS;
  const ms = Math.max(poll.everyMs, affordable, slow);
  if (ms === poll.everyMs)
    return { ms, reason: `as configured: a poll costs ${requestsText(cost.poll)}, which the budget allows` };
  return ms === affordable
    ? { ms, reason: `a poll costs ${requestsText(cost.poll)}: not more than half of ${budget} an hour` }
    : { ms, reason: `a poll took up to ${durationOf(cost.longestMs)}: twice that` };
}

function sweepEveryOf(
  { poll, readsById }: Watched,
  cost: Cost,
  budget: number,
  everyMs: number,
  isFound: (check: CheckName) => boolean,
): { ms: number; reason: string } {
  const affordable = cost.whole === null ? 0 : roundUp(((cost.whole * 4) / budget) * HOUR_MS, MINUTE_MS);
  const blind = isFound('filter-omits') || (isFound('updated-stands-still') && !readsById);
  if (!blind) {
    const ms = Math.max(poll.sweepEveryMs, affordable);
    return ms === poll.sweepEveryMs
      ? { ms, reason: 'as configured: reads of changes left nothing out that was seen' }
      : { ms, reason: `a whole read costs ${requestsText(cost.whole!)}: a quarter of the budget` };
  }
  const ms = Math.min(poll.sweepEveryMs, Math.max(affordable, 5 * everyMs));
  return affordable > poll.sweepEveryMs
    ? {
        ms: affordable,
        reason: `only whole reads show every change, and cost ${requestsText(cost.whole!)}: a quarter of the budget`,
      }
    : { ms, reason: 'only whole reads show every change: as often as a quarter of the budget allows' };
}

function overlapOf(watched: Watched, filterOmits: boolean): Setting {
  const { poll, settleMs } = watched;
  const lateMs = latenessOf(watched);
  const needed = roundUp(2 * (lateMs + settleMs), MINUTE_MS);
  if (needed > poll.overlapMs)
    return {
      key: 'overlap',
      value: durationOf(needed),
      reason: `a record came ${durationOf(lateMs)} after its own time: twice that, and twice what the platform takes to settle`,
    };
  const reason = filterOmits
    ? 'as configured: what reads of changes left out was not late, a longer overlap would not bring it'
    : `as configured: records came at most ${durationOf(lateMs)} after their own time`;
  return { key: 'overlap', value: durationOf(poll.overlapMs), reason };
}

/** How long after its own time a change was first in a read of changes, beyond the pause between reads; milliseconds. */
function latenessOf(watched: Watched): number {
  const { reads, exchanges } = watched;
  const skews = skewsOf(exchanges);
  const skewMs = skews.length === 0 ? 0 : median(skews);
  const late = changesOf(reads)
    .filter(({ shown }) => shown)
    .flatMap(({ before, after }) => {
      const field = updatedField(after, watched);
      const time = field === null ? undefined : after.evidence[field];
      // A time that did not move says nothing of when the change was.
      if (field === null || time === undefined || before?.evidence[field] === time) return [];
      const index = reads.findIndex(
        ({ kind, pages }) =>
          kind === 'changes' &&
          pages.some(({ jobs }) =>
            jobs.some((job) => job.externalId === after.externalId && job.evidence[field] === time),
          ),
      );
      const since = reads.slice(0, Math.max(0, index)).findLast(({ kind }) => kind === 'changes')?.beganAt;
      return index < 0 || since === undefined ? [] : [Math.max(0, Math.round(since + skewMs - time))];
    });
  return Math.max(0, ...late);
}

function pageSizeOf({ reads, poll, maxPageSize }: Watched, isOdd: boolean): Setting {
  const sizes = reads
    .filter(({ kind, pageSize }) => kind !== 'probe' && pageSize === poll.pageSize)
    .flatMap(({ pages }) => pages.map(({ jobs, rejected }) => jobs.length + rejected));
  const largest = Math.max(0, ...sizes);
  if (isOdd && largest > 0 && largest < poll.pageSize)
    return {
      key: 'pageSize',
      value: String(largest),
      reason: `no page had more than ${largest}, whatever was asked for`,
    };
  const isSlow = reads.some(({ fault }) => fault?.kind === 'timeout');
  if (isSlow && poll.pageSize > 1) {
    const half = Math.max(1, Math.floor(poll.pageSize / 2));
    return { key: 'pageSize', value: String(half), reason: 'a read timed out: half of what was asked for' };
  }
  const reason =
    poll.pageSize >= maxPageSize
      ? 'as configured: the most that the connector asks for'
      : `as configured: nothing speaks against it (up to ${maxPageSize})`;
  return { key: 'pageSize', value: String(poll.pageSize), reason };
}

function requestsText(count: number): string {
  return count === 1 ? '1 request' : `${count} requests`;
}

function roundUp(ms: number, unit: number): number {
  return Math.ceil(ms / unit) * unit;
}

/** As the configuration reads it: `90s`, `10m`, `1h`. */
export function durationOf(ms: number): string {
  const whole = Math.round(ms);
  if (whole % HOUR_MS === 0 && whole > 0) return `${whole / HOUR_MS}h`;
  if (whole % MINUTE_MS === 0 && whole > 0) return `${whole / MINUTE_MS}m`;
  return whole % SECOND_MS === 0 ? `${whole / SECOND_MS}s` : `${whole}ms`;
}
