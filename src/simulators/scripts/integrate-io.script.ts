import { JobState } from '../../domain/job-state.js';
import { Instant, wholeSecond } from '../clock.js';
import { Birth, inTurn, Life, Script, Step, stepAt, table, withUnknowns } from '../life.js';

export interface EtlStep extends Step {
  /** 0 to 1. */
  progress: number;
  /** Whether `updated_at` moves with this step. */
  touch: boolean;
}

export interface EtlLife extends Life {
  steps: readonly [EtlStep, ...EtlStep[]];
  id: number;
  packageId: number;
  /** Null: the package is gone, the record names its id only. */
  packageName: string | null;
  clusterId: number;
  ownerId: number;
  creator: { type: 'User' | 'Schedule'; id: number; display_name: string } | null;
  attempts: number;
  outputs: number;
  /** Which field holds the end: `completed_at`, `failed_at` of a failed job, or none. */
  endField: 'completed_at' | 'failed_at' | 'none';
  errors: string | null;
  /** The index of the workflow's job that ran this one. */
  parentIndex: number | null;
}

const OUTCOMES = table({
  completed: 11,
  failed: 4,
  'stopped in the queue': 2,
  'stopped while running': 3,
});
type Outcome = (typeof OUTCOMES)[number];

const PACKAGES = [
  'projected_results',
  'AWS CloudFront Log Analysis',
  'orders to warehouse',
  'crm nightly',
] as const;
// Ids of jobs begin here, so that none looks like a small number by chance.
const FIRST_ID = 4_100_000;
const LONGEST_PACES = 4 * 1 + 6 * 1 + 2 * 0.5;

const STATES: Record<string, [JobState, string | null]> = {
  idle: ['queued', 'requested'],
  pending: ['queued', 'initializing'],
  queued: ['queued', 'awaiting_resources'],
  running: ['running', null],
  completed: ['succeeded', null],
  failed: ['failed', null],
  pending_stoppage: ['stopping', 'stop_requested'],
  stopping: ['stopping', null],
  stopped: ['cancelled', 'stopped'],
};

/** Integrate.io ETL: `GET /{account}/api/jobs`. The platform prints whole seconds. */
export const integrateIoScript: Script<EtlLife> = {
  platform: 'integrate-io',
  listsByBirth: false,
  longestMs: (paceMs) => LONGEST_PACES * paceMs,
  indexOf: (externalId) => (/^\d{1,15}$/.test(externalId) ? Number(externalId) - FIRST_ID : null),

  write(birth) {
    const { index, bornAt, random } = birth;
    const outcome = inTurn(OUTCOMES, birth);
    const steps = writeSteps(birth, outcome);
    const last = steps[steps.length - 1] ?? steps[0];
    const packageId = random.int(430, 436);
    const scheduled = random.chance(0.5);
    return {
      index,
      externalId: String(FIRST_ID + index),
      id: FIRST_ID + index,
      bornAt,
      steps,
      packageId,
      packageName: random.chance(0.05) ? null : (PACKAGES[packageId % PACKAGES.length] ?? null),
      clusterId: random.int(50, 54),
      ownerId: random.int(1, 9),
      creator: random.chance(0.05)
        ? null
        : scheduled
          ? { type: 'Schedule', id: random.int(1, 5), display_name: `Schedule ${packageId}` }
          : {
              type: 'User',
              id: random.int(1, 9),
              display_name: random.pick(['Ana Lima', 'Bo Chen', 'Cy Okafor']),
            },
      attempts: scheduled ? random.int(0, 2) : 0,
      outputs: random.int(0, 3),
      // Whoever's `updated_at` does not move at the end gives the end elsewhere.
      endField: last.touch
        ? random.pick(['completed_at', 'none', outcome === 'failed' ? 'failed_at' : 'completed_at'])
        : 'completed_at',
      errors:
        outcome === 'failed'
          ? 'Input path does not exist'
          : outcome === 'completed'
            ? null
            : 'Stopped by user',
      parentIndex: index % 25 === 3 || index % 25 === 4 ? index - (index % 25) : null,
    };
  },

  truth(life, now) {
    const step = stepAt(life.steps, now);
    const [state, reason] = STATES[step.status] ?? ['unknown', null];
    const terminal = ['completed', 'failed', 'stopped'].includes(step.status);
    const running = life.steps.find(({ status, at }) => status === 'running' && at <= now);
    const touched = life.steps.findLast(({ touch, at }) => touch && at <= now) ?? life.steps[0];
    const updatedAt = wholeSecond(touched.at);
    const given = terminal && life.endField !== 'none';
    const finishedAt = !terminal ? null : given ? wholeSecond(step.at) : updatedAt;
    const type = life.packageName ?? `package-${life.packageId}`;
    return withUnknowns({
      platform: 'integrate-io',
      externalId: life.externalId,
      type,
      name: type,
      owner: life.creator?.display_name ?? String(life.ownerId),
      parentExternalId: null,
      state,
      reason,
      rawStatus: step.status,
      terminal,
      progress: step.progress,
      createdAt: wholeSecond(life.bornAt),
      scheduledFor: null,
      plannedFor: null,
      startedAt: running === undefined ? null : wholeSecond(running.at),
      finishedAt,
      updatedAt: Math.max(updatedAt, finishedAt ?? 0),
      provenance: terminal && !given ? { finishedAt: 'inferred' } : {},
      // An output has no status and no times of its own.
      tasks: outputsOf(life).map(({ id, name }) => ({
        externalId: String(id),
        name,
        state: 'unknown',
        rawStatus: null,
        startedAt: null,
        finishedAt: null,
      })),
    });
  },
};

/** What the job's record lists as its outputs. */
export function outputsOf(life: EtlLife): { id: number; name: string }[] {
  return Array.from({ length: life.outputs }, (_, place) => ({
    id: life.id * 10 + place,
    name: `output_${place + 1}`,
  }));
}

function writeSteps({ random, bornAt, paceMs }: Birth, outcome: Outcome): [EtlStep, ...EtlStep[]] {
  const steps: [EtlStep, ...EtlStep[]] = [{ at: bornAt, status: 'idle', progress: 0, touch: true }];
  let at: Instant = bornAt;
  const add = (status: string, progress: number, touch: boolean, most = 1): void => {
    at += random.int(0.2 * paceMs, most * paceMs);
    steps.push({ at, status, progress, touch });
  };
  const stop = (): void => {
    add('pending_stoppage', 0, false);
    add('stopping', 0, false, 0.5);
    // Some stops do not even move `updated_at`: only a reader that asks for the job itself learns of them by then.
    add('stopped', 0, random.chance(0.5), 0.5);
  };
  add('pending', 0, false);
  if (random.chance(0.5) || outcome === 'stopped in the queue') add('queued', 0, false);
  if (outcome === 'stopped in the queue') {
    stop();
    return steps;
  }
  add('running', 0, true);
  let progress = 0;
  for (let tasks = random.int(1, 4); tasks > 0; tasks -= 1) {
    progress += random.int(1, 20);
    add('running', progress / 100, true);
  }
  if (outcome === 'stopped while running') stop();
  else add(outcome, outcome === 'completed' ? 1 : 0, true);
  return steps;
}
