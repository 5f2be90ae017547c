import { JobState } from '../../domain/job-state.js';
import { Instant } from '../clock.js';
import { indexIn, uuidOf } from '../ids.js';
import {
  Birth,
  inTurn,
  Life,
  Script,
  shownSteps,
  Step,
  stepAt,
  table,
  TruthJob,
  withUnknowns,
} from '../life.js';
import { mix } from '../random.js';

export interface ChartStep extends Step {
  /** 0 to 100, whole. */
  percent: number;
}

export interface ChartLife extends Life {
  steps: readonly [ChartStep, ...ChartStep[]];
  jobType: string;
  parameters: Record<string, string | number> | null;
  /** OEM: who started it; null is the system. */
  accountId: string | null;
  /** OEM: the job that spawned this one. */
  parentId: string | null;
  priority: number;
}

const CORE_OUTCOMES = table({ completed: 13, 'completed-at-once': 2, failed: 5 });
const PORTAL_OUTCOMES = table({
  completed: 11,
  'completed-at-once': 2,
  failed: 4,
  'cancelled-waiting': 1,
  'cancelled-working': 2,
});
type Outcome = (typeof PORTAL_OUTCOMES)[number];

const LONGEST_PACES = 2 + 7 * 1.2;

/** VectorCharts Core: `GET /api/v1/jobs`. */
export const chartsScript: Script<ChartLife> = {
  platform: 'vectorcharts',
  listsByBirth: false,
  longestMs: (paceMs) => LONGEST_PACES * paceMs,
  indexOf: indexIn,
  write(birth) {
    const { random, index, key, bornAt } = birth;
    return {
      index,
      externalId: uuidOf(index, key),
      bornAt,
      jobType: random.pick(['refresh-public-charts', 'index-custom-encs']),
      steps: writeSteps(birth, inTurn(CORE_OUTCOMES, birth), 'processing'),
      parameters: random.chance(0.3) ? { region: random.int(1, 40) } : null,
      accountId: null,
      parentId: null,
      priority: 0,
    };
  },
  truth: (life, now) => {
    const job = chartTruth(life, now);
    if (!job.terminal) return withUnknowns(job);
    return withUnknowns({ ...job, finishedAt: job.updatedAt, provenance: { finishedAt: 'inferred' } });
  },
};

/** VectorCharts OEM: `GET /api/portal/v1/jobs`. */
export const portalScript: Script<ChartLife> = {
  platform: 'vectorcharts-oem',
  listsByBirth: false,
  longestMs: (paceMs) => LONGEST_PACES * paceMs,
  indexOf: indexIn,
  write(birth) {
    const { random, index, key, bornAt } = birth;
    return {
      index,
      externalId: uuidOf(index, key),
      bornAt,
      jobType: random.pick(['refresh-public-charts', 'clear-tiles', 'vacuum-analyze', 'user-upload']),
      steps: writeSteps(birth, inTurn(PORTAL_OUTCOMES, birth), 'running'),
      parameters: random.chance(0.3) ? { uploads: random.int(1, 9) } : {},
      accountId: random.chance(0.5) ? uuidOf(random.int(1, 5), mix(key, 2)) : null,
      parentId: index % 11 === 5 ? uuidOf(index - 1, key) : null,
      priority: random.int(0, 3),
    };
  },
  truth: (life, now) => {
    const job = chartTruth(life, now);
    const startedAt = life.steps.find((step) => step.status === 'running' && step.at <= now)?.at ?? null;
    return withUnknowns({
      ...job,
      startedAt,
      finishedAt: job.terminal ? job.updatedAt : null,
      provenance: {
        ...(startedAt !== null && { startedAt: 'inferred' }),
        ...(job.terminal && { finishedAt: 'inferred' }),
      },
      tasks: portalSteps(life, now).map(({ id, name, status, startedAt, completedAt }) => ({
        externalId: id,
        name,
        state: STATES[status] ?? 'unknown',
        rawStatus: status,
        startedAt,
        finishedAt: completedAt,
      })),
    });
  },
};

export interface PortalStep {
  id: string;
  name: string;
  status: string;
  startedAt: Instant;
  completedAt: Instant | null;
}

/** OEM: two steps share a run. The first ends at the first sign of progress, the second with the job. */
export function portalSteps(life: ChartLife, now: Instant): PortalStep[] {
  const [first, second] = shownSteps(life.steps, now).filter(({ status }) => status === 'running');
  if (first === undefined) return [];
  const last = stepAt(life.steps, now);
  const [status, completedAt] = [last.status, last.status === 'running' ? null : last.at];
  const download = { id: uuidOf(0, life.index), name: 'step_download_noaa', startedAt: first.at };
  if (second === undefined) return [{ ...download, status, completedAt }];
  const index = { id: uuidOf(1, life.index), name: 'step_index_noaa', startedAt: second.at };
  return [
    { ...download, status: 'completed', completedAt: second.at },
    { ...index, status, completedAt },
  ];
}

function writeSteps(
  { random, bornAt, paceMs }: Birth,
  outcome: Outcome,
  working: string,
): [ChartStep, ...ChartStep[]] {
  const steps: [ChartStep, ...ChartStep[]] = [{ at: bornAt, status: 'pending', percent: 0 }];
  let at = bornAt;
  const add = (status: string, percent: number, least: number, most: number): void => {
    at += random.int(least * paceMs, most * paceMs);
    steps.push({ at, status, percent });
  };
  if (outcome === 'completed-at-once') add('completed', 100, 0.1, 2);
  else if (outcome === 'cancelled-waiting') add('cancelled', 0, 0.1, 2);
  else {
    let percent = 0;
    add(working, percent, 0.1, 2);
    for (let stretches = random.int(2, 6); stretches > 0; stretches -= 1) {
      percent += random.int(1, 16);
      add(working, percent, 0.3, 1.2);
    }
    if (outcome === 'completed') percent = 100;
    add(outcome === 'cancelled-working' ? 'cancelled' : outcome, percent, 0.3, 1.2);
  }
  return steps;
}

const STATES: Record<string, JobState> = {
  pending: 'queued',
  processing: 'running',
  running: 'running',
  completed: 'succeeded',
  failed: 'failed',
  cancelled: 'cancelled',
};

function chartTruth(life: ChartLife, now: Instant): TruthJob {
  const step = stepAt(life.steps, now);
  return {
    platform: 'vectorcharts',
    externalId: life.externalId,
    type: life.jobType,
    name: life.jobType,
    owner: life.accountId,
    parentExternalId: life.parentId,
    state: STATES[step.status] ?? 'unknown',
    reason: null,
    rawStatus: step.status,
    terminal: ['completed', 'failed', 'cancelled'].includes(step.status),
    progress: step.percent / 100,
    createdAt: life.bornAt,
    scheduledFor: null,
    plannedFor: null,
    startedAt: null,
    finishedAt: null,
    updatedAt: step.at,
    provenance: {},
  };
}
