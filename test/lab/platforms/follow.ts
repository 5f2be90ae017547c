import { setTimeout as pause } from 'node:timers/promises';
import { compare, Outcome, Plan, ShownJob, TrueJob } from './compare.js';
import { PlatformLab } from './platform-lab.js';
import { Rollcall } from './rollcall.js';

/** How often the platform's tool and Rollcall are asked. */
const EVERY_MS = 500;
/** Jobs that have not come where they should by then never will. */
const SETTLE_WITHIN_MS = 300_000;

export interface Report {
  title: string;
  jobs: number;
  right: number;
  seconds: number;
  /** Versions of jobs that were seen on the way. */
  versions: number;
  requests: number;
  outcomes: Outcome[];
  faults: string[];
}

/**
 * Runs the planned jobs of one platform and follows them with Rollcall until all are where they should be.
 *
 * @throws Error when it is interrupted, or something that has to run has ended
 */
export async function follow(lab: PlatformLab, rollcall: Rollcall, interrupt: AbortSignal): Promise<Report> {
  const begun = Date.now();
  const history = new Map<string, ShownJob[]>();
  const look = async (): Promise<readonly ShownJob[]> => {
    rollcall.check();
    const shown = await rollcall.jobs();
    for (const job of shown) note(history, job);
    return shown;
  };
  // So that every job becomes known by an ordinary poll, and none by the first read.
  await rollcall.pollAgain();
  await lab.submit();
  for (;;) {
    const truth = await lab.truth();
    await look();
    await lab.attend(truth, history);
    if (isSettled(lab, truth, history) || Date.now() - begun > SETTLE_WITHIN_MS) break;
    await pause(EVERY_MS, undefined, { signal: interrupt });
  }
  const truth = await lab.truth();
  // Whatever a poll under way has missed, the next one begins after the truth was taken.
  await rollcall.pollAgain();
  await rollcall.pollAgain();
  const byPolls = compare(lab.plans.map(beforeSweep), { truth, shown: await look(), history });
  await rollcall.sweep();
  const bySweep = compare(lab.plans, { truth, shown: await look(), history });
  const faults = new Set([
    ...allFaults(byPolls),
    ...allFaults(bySweep),
    ...healthFaults(await rollcall.source()),
  ]);
  return {
    title: lab.title,
    jobs: truth.length,
    right: bySweep.outcomes.reduce((sum, { right }) => sum + right, 0),
    seconds: Math.round((Date.now() - begun) / 1_000),
    versions: [...history.values()].reduce((sum, versions) => sum + versions.length, 0),
    requests: (await rollcall.source()).requestsLastHour,
    outcomes: bySweep.outcomes,
    faults: [...faults],
  };
}

/** What the platform has forgotten is known to have vanished by a sweep; where open jobs stand in whole lists, sooner. */
function beforeSweep(plan: Plan): Plan {
  const { freshness: _, ...shown } = plan.shown;
  return { ...plan, shown };
}

function note(history: Map<string, ShownJob[]>, job: ShownJob): void {
  const versions = history.get(job.externalId) ?? [];
  history.set(job.externalId, versions);
  if (versions.at(-1)?.version !== job.version) versions.push(job);
}

/** Whether the platform has come to the end of the plans. What Rollcall shows is judged afterwards. */
function isSettled(
  { plans }: PlatformLab,
  truth: readonly TrueJob[],
  history: ReadonlyMap<string, readonly ShownJob[]>,
): boolean {
  return plans.every(({ what, jobs, word, onTheWay = [] }) => {
    const own = truth.filter((job) => job.what === what && job.word === word);
    const isMet = onTheWay.every(({ met }) =>
      own.some(({ externalId }) => history.get(externalId)?.some(met) === true),
    );
    return own.length === jobs && isMet;
  });
}

function allFaults({ outcomes, strangers }: ReturnType<typeof compare>): string[] {
  return [
    ...outcomes.flatMap(({ what, faults }) => faults.map((fault) => `${what}: ${fault}`)),
    ...strangers,
  ];
}

function healthFaults(source: Awaited<ReturnType<Rollcall['source']>>): string[] {
  const { health, reason, rejects, unmappedStatuses, completeThrough } = source;
  return [
    ...(health === 'healthy' ? [] : [`the source is ${health} (${reason})`]),
    ...(rejects === 0 ? [] : [`${rejects} rejects`]),
    ...(unmappedStatuses.length === 0 ? [] : [`unmapped: ${JSON.stringify(unmappedStatuses)}`]),
    ...(completeThrough === null ? ['nothing is proven'] : []),
  ];
}
