import { JobState } from '../../domain/job-state.js';
import { Instant, wholeSecond } from '../clock.js';
import { hex, indexIn, scramble, uuidOf } from '../ids.js';
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
  TruthTask,
  withUnknowns,
} from '../life.js';
import { mix } from '../random.js';

export interface FieldStep extends Step {
  /** Which step of the workflow the human is at, from 1. */
  stepNumber: number;
  /** The device's own time of this change; the server learns of it at `at`. */
  updatedAt: Instant;
}

export interface FieldLife extends Life {
  steps: readonly [FieldStep, ...FieldStep[]];
  clientJobId: string;
  /** The device's time of creation; a device that was offline shows its jobs much later. */
  createdAt: Instant;
  /** Fraction digits that the platform prints of `created` and `updated`: 0 to 6. */
  digits: number;
  workflow: number;
  workflowName: string;
  jobTitle: string;
  user: number;
  username: string;
  scheduled: boolean;
  abandonReason: string | null;
  excluded: boolean;
}

const OUTCOMES = table({
  Completed: 9,
  'Completed after pauses': 4,
  'Completed offline': 1,
  Aborted: 2,
  Abandoned: 2,
  'Abandoned while paused': 1,
});
type Outcome = (typeof OUTCOMES)[number];

const WORKFLOWS = [
  'Tank Inspection',
  'Valve Replacement',
  'Pre-use Check',
  'Permit Handover',
  'Line Clearance',
] as const;
// The documents name `Active` by inference only; a reader accepts the other two as well.
const WORKING = ['Active', 'Active', 'Active', 'Active', 'InProgress', 'Started'] as const;

const STRETCH_PACES = 1.5;
const PAUSE_PACES = 6;
const MOST_STRETCHES = 5;
const MOST_PAUSES = 2;

const STATES: Record<string, [JobState, string | null]> = {
  NotStarted: ['queued', 'not_started'],
  Active: ['running', null],
  InProgress: ['running', null],
  Started: ['running', null],
  Paused: ['paused', null],
  Completed: ['succeeded', null],
  Aborted: ['cancelled', 'aborted'],
  Abandoned: ['cancelled', 'abandoned'],
};

/** WorkfloPlus: `GET /jobs/v1/`. */
export const workfloPlusScript: Script<FieldLife> = {
  platform: 'workfloplus',
  listsByBirth: true,
  longestMs: (paceMs) => (STRETCH_PACES * (MOST_STRETCHES + 1) + PAUSE_PACES * MOST_PAUSES) * paceMs,
  // The job id and the client's own id both lead to the job.
  indexOf: indexIn,

  write(birth) {
    const { index, bornAt, key, random, paceMs } = birth;
    const outcome = inTurn(OUTCOMES, birth);
    const offline = outcome === 'Completed offline';
    const createdAt = offline ? bornAt - random.int(20 * paceMs, 90 * paceMs) : bornAt;
    const workflow = random.int(0, WORKFLOWS.length - 1);
    const workflowName = WORKFLOWS[workflow] ?? WORKFLOWS[0];
    const user = random.int(1, 9);
    return {
      index,
      externalId: jobIdOf(index, key),
      clientJobId: clientJobIdOf(index, key),
      bornAt,
      createdAt,
      steps: offline
        ? [{ at: bornAt, status: 'Completed', stepNumber: 4, updatedAt: bornAt - random.int(2, paceMs) }]
        : writeSteps(birth, outcome),
      digits: random.int(0, 6),
      workflow,
      workflowName,
      jobTitle: `${workflowName} ${index + 1}`,
      user,
      username: `api.user${user}@example.com`,
      scheduled: random.chance(0.4),
      abandonReason: outcome.startsWith('Abandoned') ? 'Equipment not available' : null,
      excluded: random.chance(0.05),
    };
  },

  truth(life, now): TruthJob {
    const { completed, cancelled, current } = workSteps(life, now);
    const step = stepAt(life.steps, now);
    const [state, reason] = STATES[step.status] ?? ['unknown', null];
    const terminal = state === 'succeeded' || state === 'cancelled';
    const createdAt = printed(life.createdAt, life);
    const updatedAt = printed(step.updatedAt, life);
    const begun = step.status !== 'NotStarted';
    return withUnknowns({
      platform: 'workfloplus',
      externalId: life.externalId,
      type: life.workflowName,
      name: life.jobTitle,
      owner: life.username,
      parentExternalId: null,
      state,
      reason,
      rawStatus: step.status,
      terminal,
      progress: null,
      createdAt,
      scheduledFor: null,
      plannedFor: null,
      startedAt: begun ? createdAt : null,
      finishedAt: terminal ? updatedAt : null,
      updatedAt: Math.max(createdAt, updatedAt, wholeSecond(step.at)),
      provenance: {
        ...(begun && { startedAt: 'inferred' }),
        ...(terminal && { finishedAt: 'inferred' }),
      },
      tasks: [
        ...completed.map((done) => taskOf(life, done, 'succeeded')),
        ...cancelled.map((left) => taskOf(life, left, 'cancelled')),
        ...(current === null ? [] : [taskOf(life, current, state)]),
      ],
    });
  },
};

/** One step of the workflow, in the device's own times. */
export interface WorkStep {
  number: number;
  id: string;
  title: string;
  /** Null while the job waits for its worker. */
  startedAt: Instant | null;
  updatedAt: Instant;
  /** When it was done or given up; null while it is the current one. */
  endedAt: Instant | null;
}

/** A step ends when the next one begins; the last one with the job: done when that is completed, else given up. */
export function workSteps(
  life: FieldLife,
  now: Instant,
): { completed: WorkStep[]; cancelled: WorkStep[]; current: WorkStep | null } {
  const shown = shownSteps(life.steps, now);
  const last = stepAt(life.steps, now);
  const beginOf = (number: number): Instant => {
    const first = shown.find((step) => step.status !== 'NotStarted' && step.stepNumber >= number) ?? last;
    if (first.stepNumber === number && number > 1) return first.updatedAt;
    if (number === 1) return life.steps[0].status === 'NotStarted' ? first.updatedAt : life.createdAt;
    // Done without a network: only the end of all of them is known here, and they took the same time each.
    return (
      life.createdAt + Math.floor(((first.updatedAt - life.createdAt) * (number - 1)) / first.stepNumber)
    );
  };
  const step = (number: number, endedAt: Instant | null): WorkStep => ({
    number,
    id: uuidOf(number, life.index),
    title: `Step ${number}`,
    startedAt: last.status === 'NotStarted' ? null : beginOf(number),
    updatedAt: endedAt ?? last.updatedAt,
    endedAt,
  });
  const before = Array.from({ length: last.stepNumber - 1 }, (_, place) =>
    step(place + 1, beginOf(place + 2)),
  );
  const isDone = last.status === 'Completed';
  const isOver = isDone || last.status === 'Aborted' || last.status === 'Abandoned';
  const final = step(last.stepNumber, isOver ? last.updatedAt : null);
  return {
    completed: isDone ? [...before, final] : before,
    cancelled: isOver && !isDone ? [final] : [],
    current: isOver ? null : final,
  };
}

function taskOf(life: FieldLife, { id, title, startedAt, endedAt }: WorkStep, state: JobState): TruthTask {
  return {
    externalId: id,
    name: title,
    state,
    rawStatus: null,
    startedAt: startedAt === null ? null : printed(startedAt, life),
    finishedAt: endedAt === null ? null : printed(endedAt, life),
  };
}

/** The instant that is left when only so many fraction digits are printed. */
function printed(instant: Instant, { digits }: FieldLife): Instant {
  const unit = digits >= 3 ? 1 : 10 ** (3 - digits);
  return Math.floor(instant / unit) * unit;
}

function writeSteps({ random, bornAt, paceMs }: Birth, outcome: Outcome): [FieldStep, ...FieldStep[]] {
  const working = random.pick(WORKING);
  const waits = random.chance(0.3);
  const steps: [FieldStep, ...FieldStep[]] = [
    { at: bornAt, status: waits ? 'NotStarted' : working, stepNumber: 1, updatedAt: bornAt },
  ];
  let at = bornAt;
  let stepNumber = waits ? 0 : 1;
  const add = (status: string, least: number, most: number): void => {
    const before = at;
    at += random.int(least * paceMs, most * paceMs);
    // A device syncs a moment after the fact; the moments keep their order.
    steps.push({ at, status, stepNumber, updatedAt: Math.max(before, at - random.int(0, 900)) });
  };
  const work = (): void => {
    stepNumber += 1;
    add(working, 0.3, STRETCH_PACES);
  };
  const pause = (): void => add('Paused', 0.3, STRETCH_PACES);
  const resume = (): void => add(working, 1, PAUSE_PACES);

  for (let stretches = random.int(1, 2); stretches > 0; stretches -= 1) work();
  if (outcome === 'Completed after pauses') {
    pause();
    resume();
    if (random.chance(0.4)) {
      pause();
      resume();
    }
  }
  if (outcome === 'Abandoned while paused') {
    pause();
    add('Abandoned', 1, PAUSE_PACES);
    return steps;
  }
  add(outcome === 'Aborted' || outcome === 'Abandoned' ? outcome : 'Completed', 0.3, STRETCH_PACES);
  return steps;
}

/** Like the documents' ids: 24 characters, some of them no hex digits. */
function jobIdOf(index: number, key: number): string {
  const tail = mix(key, index, 5).toString(36).padStart(7, '0').slice(-3);
  return `${hex(scramble(index, key))}${hex(mix(key, index, 6))}0001${tail}q`;
}

/** Like the documents' client ids: a UUID but for one letter. */
function clientJobIdOf(index: number, key: number): string {
  const uuid = uuidOf(index, key);
  return `${uuid.slice(0, 27)}g${uuid.slice(28)}`;
}
