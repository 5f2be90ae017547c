import { isDeepStrictEqual } from 'node:util';

/** What is to become of some jobs of a run: written down before they are submitted. */
export interface Plan {
  /** What the jobs are for, such as `exits-7`: every job of the run carries it. */
  what: string;
  jobs: number;
  /** The word that the platform's own tool ends with; null: the platform forgets the job. */
  word: string | null;
  /** How Rollcall has to show it in the end. */
  shown: ShownFacts;
  /** States that none of them may ever be seen in. */
  never?: readonly string[];
  /** What has to be seen of at least one of them on the way. */
  onTheWay?: readonly Sighting[];
}

/** A moment that has to be met during the run. */
export interface Sighting {
  named: string;
  met: (job: ShownJob) => boolean;
}

/** What a plan says of a job; what it leaves out it says nothing about. */
export interface ShownFacts extends Partial<Omit<ShownJob, 'error'>> {
  state: string;
  reason: string | null;
  /** Part of the error's message, and the whole code; null: there must be none. */
  error: { message: string; code?: string } | null;
}

/** One job as the platform's own tool tells it. */
export interface TrueJob {
  externalId: string;
  what: string;
  /** Null when the platform no longer has it. */
  word: string | null;
  /** Milliseconds; null where the tool says that there is none, left out where it does not say. */
  times: Partial<Record<TimeField, number | null>>;
}

/** One job as Rollcall's API shows it. */
export interface ShownJob {
  externalId: string;
  state: string;
  reason: string | null;
  rawStatus: string | null;
  terminal: boolean;
  progress: number | null;
  createdAt: string | null;
  scheduledFor: string | null;
  startedAt: string | null;
  finishedAt: string | null;
  freshness: string;
  error: { message: string; code: string | null } | null;
  attributes: Record<string, unknown>;
  version: number;
}

const TIME_FIELDS = ['createdAt', 'scheduledFor', 'startedAt', 'finishedAt'] as const;
type TimeField = (typeof TIME_FIELDS)[number];

/** What became of the jobs of one plan. */
export interface Outcome {
  what: string;
  jobs: number;
  /** The platform's word for them. */
  word: string;
  /** How Rollcall shows them: `failed/timed_out`. */
  shown: string;
  right: number;
  faults: string[];
}

export interface Observed {
  truth: readonly TrueJob[];
  shown: readonly ShownJob[];
  /** Every different version of a job that was seen during the run, by its external id. */
  history: ReadonlyMap<string, readonly ShownJob[]>;
}

/**
 * Compares every job with what was planned for it and with what the platform's own tool says of it.
 *
 * @returns one outcome for each plan, and faults that belong to none
 */
export function compare(
  plans: readonly Plan[],
  observed: Observed,
): { outcomes: Outcome[]; strangers: string[] } {
  const shown = new Map(observed.shown.map((job) => [job.externalId, job]));
  const outcomes = plans.map((plan) => outcomeOf(plan, observed, shown));
  const planned = new Set(plans.map(({ what }) => what));
  const known = new Set(observed.truth.map(({ externalId }) => externalId));
  const strangers = [
    ...observed.truth.filter(({ what }) => !planned.has(what)).map(({ what }) => `nobody planned ${what}`),
    ...observed.shown
      .filter(({ externalId }) => !known.has(externalId))
      .map(({ externalId }) => `the platform knows no ${externalId}`),
  ];
  return { outcomes, strangers };
}

function outcomeOf(plan: Plan, observed: Observed, shown: ReadonlyMap<string, ShownJob>): Outcome {
  const truth = observed.truth.filter(({ what }) => what === plan.what);
  const faults = truth.length === plan.jobs ? [] : [`${truth.length} jobs of ${plan.jobs} were run`];
  let right = 0;
  for (const job of truth) {
    const found = shown.get(job.externalId);
    const own = [
      ...(job.word === plan.word ? [] : [`the platform says ${job.word}, ${plan.word} was planned`]),
      ...(found === undefined ? ['is not shown'] : jobFaults(found, plan, job)),
      ...(observed.history.get(job.externalId) ?? []).flatMap(faultsOfOpenJob),
      ...(observed.history.get(job.externalId) ?? [])
        .filter(({ state }) => plan.never?.includes(state) === true)
        .map(({ state }) => `was ${state} for a while`),
    ];
    if (own.length === 0) right++;
    faults.push(...new Set(own.map((fault) => `${job.externalId}: ${fault}`)));
  }
  for (const { named, met } of plan.onTheWay ?? []) {
    const isMet = truth.some(({ externalId }) => observed.history.get(externalId)?.some(met));
    if (!isMet) faults.push(`never seen: ${named}`);
  }
  return {
    what: plan.what,
    jobs: plan.jobs,
    word: [...new Set(truth.map(({ word }) => word ?? 'gone'))].join(', '),
    shown: [...new Set(truth.map(({ externalId }) => wordsFor(shown.get(externalId))))].join(', '),
    right,
    faults,
  };
}

function jobFaults(found: ShownJob, { shown: planned }: Plan, { times }: TrueJob): string[] {
  const { error, ...facts } = planned;
  const faults = Object.entries(facts)
    .filter(([field, value]) => !isDeepStrictEqual(found[field as keyof ShownJob], value))
    .map(([field, value]) => differs(field, found[field as keyof ShownJob], value));
  if (!isPlannedError(found.error, error)) faults.push(differs('error', found.error, error));
  for (const field of TIME_FIELDS) {
    const truth = times[field];
    const time = truth == null ? truth : new Date(truth).toISOString();
    if (time !== undefined && found[field] !== time) faults.push(differs(field, found[field], time));
  }
  return faults;
}

function isPlannedError(found: ShownJob['error'], planned: ShownFacts['error']): boolean {
  if (found === null || planned === null) return found === planned;
  return found.message.includes(planned.message) && found.code === (planned.code ?? found.code);
}

/** What never holds of a job that has not ended, whatever the platform writes into its fields. */
function faultsOfOpenJob(job: ShownJob): string[] {
  if (job.terminal) return [];
  return [
    ...(job.finishedAt === null ? [] : [`finishedAt ${job.finishedAt} while ${job.state}`]),
    ...(job.state !== 'running' || job.startedAt !== null ? [] : ['running without startedAt']),
  ];
}

function wordsFor(job: ShownJob | undefined): string {
  if (job === undefined) return 'nothing';
  const state = job.reason === null ? job.state : `${job.state}/${job.reason}`;
  return job.freshness === 'vanished' ? `${state} (vanished)` : state;
}

function differs(field: string, found: unknown, expected: unknown): string {
  return `${field} is ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`;
}
