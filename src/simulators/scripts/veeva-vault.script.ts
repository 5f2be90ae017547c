import { JobState } from '../../domain/job-state.js';
import { Instant, wholeSecond } from '../clock.js';
import { Birth, inTurn, Life, Script, Step, stepAt, table, withUnknowns } from '../life.js';

export interface VaultStep extends Step {
  /** Whether `modified_date` moves with this step; it rests at the end of a run. */
  touch: boolean;
}

export interface VaultLife extends Life {
  steps: readonly [VaultStep, ...VaultStep[]];
  id: number;
  title: string;
  createdBy: number;
  /** When a scheduled instance should start; null for one that was asked for. */
  plannedAt: Instant | null;
  /** Tasks of a custom SDK job; 0 for others. */
  tasks: number;
}

const OUTCOMES = table({
  SUCCESS: 21,
  'SUCCESS of an SDK job': 4,
  ERRORS_ENCOUNTERED: 4,
  TIMEOUT: 2,
  COMPLETED_DUE_TO_INACTIVITY: 1,
  FAILED_TO_RUN: 1,
  MISSED_SCHEDULE: 2,
  'CANCELLED before the start': 3,
  'CANCELLED while running': 2,
});
type Outcome = (typeof OUTCOMES)[number];

const SCHEDULED_TITLES = [
  'User Account Activation',
  'Task Reminder Notification',
  'Synchronize Portal Assets',
] as const;
const ASKED_TITLES = [
  'Binder Export',
  'Export Documents',
  'Deploy Package',
  'Deep Copy Object Record',
] as const;
const FIRST_ID = 361_000;
const LONGEST_PACES = 8 + 1 + 1 + 4 * 2 + 1;

const STATES: Record<string, [JobState, string | null]> = {
  SCHEDULED: ['scheduled', null],
  QUEUED: ['queued', null],
  QUEUEING: ['queued', null],
  RUNNING: ['running', null],
  CANCELLING: ['stopping', null],
  SUCCESS: ['succeeded', null],
  ERRORS_ENCOUNTERED: ['failed', 'errors_encountered'],
  FAILED_TO_RUN: ['failed', 'failed_to_run'],
  TIMEOUT: ['failed', 'timed_out'],
  COMPLETED_DUE_TO_INACTIVITY: ['failed', 'inactivity'],
  MISSED_SCHEDULE: ['missed', 'missed_schedule'],
  CANCELLED: ['cancelled', null],
};

/** Words of the history list; everything else is a monitor. */
export const VAULT_FINISHED: readonly string[] = [
  'SUCCESS',
  'ERRORS_ENCOUNTERED',
  'FAILED_TO_RUN',
  'MISSED_SCHEDULE',
  'TIMEOUT',
  'COMPLETED_DUE_TO_INACTIVITY',
  'CANCELLED',
];

/** Veeva Vault: `GET /api/{version}/services/jobs/monitors` and `/histories`. The platform prints whole seconds. */
export const veevaVaultScript: Script<VaultLife> = {
  platform: 'veeva-vault',
  listsByBirth: false,
  longestMs: (paceMs) => LONGEST_PACES * paceMs,
  indexOf: (externalId) => (/^\d{1,15}$/.test(externalId) ? Number(externalId) - FIRST_ID : null),

  write(birth) {
    const { index, bornAt, paceMs, random } = birth;
    const outcome = inTurn(OUTCOMES, birth);
    const scheduled = outcome === 'MISSED_SCHEDULE' || outcome === 'FAILED_TO_RUN' || random.chance(0.6);
    const plannedAt = scheduled ? bornAt + random.int(2 * paceMs, 8 * paceMs) : null;
    return {
      index,
      externalId: String(FIRST_ID + index),
      id: FIRST_ID + index,
      bornAt,
      steps: writeSteps(birth, outcome, plannedAt),
      title: outcome.endsWith('SDK job')
        ? 'Custom SDK Job'
        : random.pick(scheduled ? SCHEDULED_TITLES : ASKED_TITLES),
      createdBy: scheduled ? 1 : 44_530 + random.int(1, 5),
      plannedAt,
      tasks: outcome.endsWith('SDK job') ? random.int(2, 5) : 0,
    };
  },

  truth(life, now) {
    const step = stepAt(life.steps, now);
    const [state, reason] = STATES[step.status] ?? ['unknown', null];
    const terminal = VAULT_FINISHED.includes(step.status);
    const run = life.steps.find(({ status, at }) => status === 'RUNNING' && at <= now);
    const modified = life.steps.findLast(({ touch, at }) => touch && at <= now) ?? life.steps[0];
    const plannedFor = life.plannedAt === null ? null : wholeSecond(life.plannedAt);
    const startedAt = run === undefined ? null : wholeSecond(run.at);
    const finishedAt = terminal && run !== undefined ? wholeSecond(step.at) : null;
    return withUnknowns({
      platform: 'veeva-vault',
      externalId: life.externalId,
      type: life.title,
      name: life.title,
      owner: String(life.createdBy),
      parentExternalId: null,
      state,
      reason,
      rawStatus: step.status,
      terminal,
      progress: null,
      createdAt: wholeSecond(life.bornAt),
      scheduledFor: run === undefined ? plannedFor : null,
      plannedFor,
      startedAt,
      finishedAt,
      updatedAt: Math.max(wholeSecond(modified.at), startedAt ?? 0, finishedAt ?? 0),
      provenance: {},
    });
  },
};

function writeSteps(
  { random, bornAt, paceMs }: Birth,
  outcome: Outcome,
  plannedAt: Instant | null,
): [VaultStep, ...VaultStep[]] {
  const queued = (): string => random.pick(['QUEUED', 'QUEUED', 'QUEUEING']);
  const steps: [VaultStep, ...VaultStep[]] = [
    { at: bornAt, status: plannedAt === null ? queued() : 'SCHEDULED', touch: true },
  ];
  let at = plannedAt ?? bornAt;
  const add = (status: string, least: number, most: number, touch: boolean): void => {
    at += random.int(least * paceMs, most * paceMs);
    steps.push({ at, status, touch });
  };
  if (outcome === 'CANCELLED before the start') {
    at = bornAt;
    add('CANCELLED', 0.2, 1.5, true);
    return steps;
  }
  if (outcome === 'MISSED_SCHEDULE') {
    add('MISSED_SCHEDULE', 0.5, 1, true);
    return steps;
  }
  if (plannedAt !== null) add(queued(), 0, 0.2, false);
  if (outcome === 'FAILED_TO_RUN') {
    add('FAILED_TO_RUN', 0.2, 1, true);
    return steps;
  }
  add('RUNNING', 0.2, 1, false);
  for (let stretches = random.int(1, 3); stretches > 0; stretches -= 1) add('RUNNING', 0.5, 2, true);
  if (outcome === 'CANCELLED while running') {
    add('CANCELLING', 0.2, 1, true);
    add('CANCELLED', 0.2, 1, false);
    return steps;
  }
  add(outcome === 'SUCCESS of an SDK job' ? 'SUCCESS' : outcome, 0.5, 2, false);
  return steps;
}
