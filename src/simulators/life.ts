import { JobState } from '../domain/job-state.js';
import { Instant } from './clock.js';
import { Random } from './random.js';

/** The platforms that can be simulated; VectorCharts has two faces that differ in words, shape and paging. */
export const SIMULATED_PLATFORMS = [
  'vectorcharts',
  'elastic-path',
  'workfloplus',
  'integrate-io',
  'veeva-vault',
  'vectorcharts-oem',
] as const;
export type SimulatedPlatform = (typeof SIMULATED_PLATFORMS)[number];

/** From `at` on the platform shows this status, until the next step. */
export interface Step {
  at: Instant;
  /** The platform's own word. */
  status: string;
}

/** The whole scripted life of one job, known in advance. Platforms add what their records need. */
export interface Life {
  /** Place in the order of birth, from 0. */
  index: number;
  externalId: string;
  /** When the platform first shows the job; also the time of the first step. */
  bornAt: Instant;
  steps: readonly [Step, ...Step[]];
}

/** What a script knows when it writes a life. */
export interface Birth {
  index: number;
  bornAt: Instant;
  /** This job's own stretch of the timeline: no other job of the platform is born in it. */
  slotAt: Instant;
  slotMs: number;
  /** The typical length of one step of a life, milliseconds. */
  paceMs: number;
  /** The platform's part of the seed. */
  key: number;
  random: Random;
}

/** How one platform's jobs live, and what the published rules make of them. */
export interface Script<L extends Life> {
  readonly platform: SimulatedPlatform;
  /** Every list of the platform is in order of birth, so that a life may be amended to any length. */
  readonly listsByBirth: boolean;
  /** No life written at this pace lasts longer, milliseconds. */
  longestMs(paceMs: number): number;
  write(birth: Birth): L;
  /** The index that this id would belong to; null when it cannot be one of this platform's. */
  indexOf(externalId: string, key: number): number | null;
  /** The canonical job as the contract's section 6 derives it from what the platform shows at `now`. */
  truth(life: L, now: Instant): TruthJob;
}

export type TruthProvenance = 'inferred' | 'observed' | 'unknown';
export type TruthTime = 'createdAt' | 'scheduledFor' | 'startedAt' | 'finishedAt' | 'updatedAt';

/**
 * What Rollcall must answer for a job, from the script alone. Times are truncated as the platform prints them. `observed`
 * times are null here: they are the reader's own.
 */
export interface TruthJob {
  /** The contract's word: both faces of VectorCharts are `vectorcharts`. */
  platform: string;
  externalId: string;
  type: string;
  name: string;
  owner: string | null;
  parentExternalId: string | null;
  state: JobState;
  reason: string | null;
  rawStatus: string;
  terminal: boolean;
  progress: number | null;
  createdAt: Instant;
  /** The plan that the record shows at this moment. A reader that saw an earlier record keeps `plannedFor`. */
  scheduledFor: Instant | null;
  /** The last plan that the platform ever showed up to this moment. */
  plannedFor: Instant | null;
  startedAt: Instant | null;
  finishedAt: Instant | null;
  updatedAt: Instant;
  provenance: Partial<Record<TruthTime, TruthProvenance>>;
  /** The parts of the job that its record shows, in the platform's order; left out where no record of the platform shows any. */
  tasks?: readonly TruthTask[];
}

/** One part of a job. Times are truncated as the platform prints them. */
export interface TruthTask {
  externalId: string;
  name: string;
  state: JobState;
  rawStatus: string | null;
  startedAt: Instant | null;
  finishedAt: Instant | null;
}

/** One status that the platform showed, and since when. */
export interface TruthTransition {
  at: Instant;
  state: JobState;
  reason: string | null;
  rawStatus: string;
}

/** The step that the platform shows at `now`; the first one before its time too. */
export function stepAt<S extends Step>(steps: readonly [S, ...S[]], now: Instant): S {
  return steps.findLast((step) => step.at <= now) ?? steps[0];
}

/** The steps that the platform has shown up to `now`. */
export function shownSteps<S extends Step>(steps: readonly [S, ...S[]], now: Instant): S[] {
  return steps.filter((step) => step.at <= now);
}

/** The life as it was up to `now`, going on differently. */
export function divert<S extends Step>(
  steps: readonly [S, ...S[]],
  now: Instant,
  next: readonly S[],
): [S, ...S[]] {
  const [first, ...rest] = steps;
  return [first, ...rest.filter((step) => step.at <= now), ...next];
}

/** The last step of a life, after which it never changes. */
export function endOf(life: Life): Instant {
  return life.steps[life.steps.length - 1]?.at ?? life.bornAt;
}

/**
 * Takes outcomes in turn instead of by chance: every run of `outcomes.length` jobs meets each of them, however small the world.
 * The number of outcomes may not be a multiple of 7.
 */
export function inTurn<T>(outcomes: readonly [T, ...T[]], { index, key }: Pick<Birth, 'index' | 'key'>): T {
  return outcomes[(index * 7 + (key % outcomes.length)) % outcomes.length] ?? outcomes[0];
}

/** How many times each outcome stands in a table for {@link inTurn}. */
export function table<T extends string>(counts: Record<T, number>): readonly [T, ...T[]] {
  const words = Object.keys(counts) as T[];
  return words.flatMap((word) => Array<T>(counts[word]).fill(word)) as [T, ...T[]];
}

/** `unknown`: the state says that the moment has passed, and the platform does not say when. */
export function withUnknowns(job: TruthJob): TruthJob {
  const provenance = { ...job.provenance };
  const ran =
    ['running', 'paused', 'succeeded'].includes(job.state) ||
    (job.state === 'failed' && job.reason !== 'failed_to_run');
  if (job.startedAt === null && ran) provenance.startedAt ??= 'unknown';
  const ended = ['succeeded', 'failed', 'cancelled'].includes(job.state);
  if (job.finishedAt === null && ended) provenance.finishedAt ??= 'unknown';
  return { ...job, provenance };
}
