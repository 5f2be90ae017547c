import { Plan, ShownFacts, ShownJob } from './compare.js';

/** Jobs for Slurm. Its words are those of `scontrol`. */
export interface Batch extends Plan {
  script: string;
  /** Further words for sbatch; `JOB:what` stands for the id of the last job that was submitted for it. */
  args?: readonly string[];
  /** The tasks of one array, in place of single jobs. */
  array?: string;
  /** Commands about each of the jobs, each once Rollcall has shown it in a state. The job's id is put behind. */
  steps?: readonly Step[];
}

interface Step {
  onceShown: string;
  program: string;
  args: readonly string[];
}

/** Longer than the run: such a job ends when somebody ends it. */
const LONG = 'sleep 900';

const succeeded: ShownFacts = { state: 'succeeded', reason: null, error: null, progress: null };
const cancelled: ShownFacts = { state: 'cancelled', reason: null, error: null, progress: null };
const failed = (code: string): ShownFacts => ({
  state: 'failed',
  reason: 'nonzero_exit_code',
  error: { message: 'NonZeroExitCode', code },
});
const waiting = (reason: string): ShownFacts => ({
  state: 'queued',
  reason,
  error: null,
  startedAt: null,
  finishedAt: null,
});

const cancelOnce = (onceShown: string): Step[] => [{ onceShown, program: 'scancel', args: [] }];

const runsTowardsDeadline = {
  named: 'running with a startedAt, no finishedAt, and the deadline that Slurm writes as its end',
  met: ({ state, startedAt, finishedAt, attributes }: ShownJob): boolean =>
    state === 'running' &&
    startedAt !== null &&
    finishedAt === null &&
    Date.parse(String(attributes['deadlineAt'])) > Date.parse(startedAt),
};
const waitsWithPlannedStart = {
  named: 'queued with a planned start and no startedAt',
  met: ({ state, startedAt, scheduledFor }: ShownJob): boolean =>
    state === 'queued' && startedAt === null && scheduledFor !== null,
};
const isShown = (state: string, reason: string | null) => ({
  named: reason === null ? state : `${state}/${reason}`,
  met: (job: ShownJob): boolean => job.state === state && job.reason === reason,
});

/** In the order in which they are submitted. */
export const BATCHES: readonly Batch[] = [
  {
    what: 'times-out',
    jobs: 2,
    script: LONG,
    args: ['--time=1'],
    word: 'TIMEOUT',
    shown: { state: 'failed', reason: 'timed_out', error: { message: 'TimeLimit' } },
    onTheWay: [runsTowardsDeadline],
  },
  {
    what: 'runs-after-a-failure',
    jobs: 2,
    script: 'sleep 1',
    args: ['--dependency=afternotok:JOB:times-out'],
    word: 'COMPLETED',
    shown: succeeded,
    onTheWay: [isShown('queued', 'dependency')],
  },
  {
    what: 'is-suspended',
    jobs: 2,
    script: 'sleep 40',
    word: 'COMPLETED',
    shown: succeeded,
    steps: [
      { onceShown: 'running', program: 'scontrol', args: ['suspend'] },
      { onceShown: 'paused', program: 'scontrol', args: ['resume'] },
    ],
    onTheWay: [isShown('paused', null)],
  },
  {
    what: 'is-cancelled-running',
    jobs: 4,
    script: LONG,
    word: 'CANCELLED',
    shown: cancelled,
    steps: cancelOnce('running'),
    onTheWay: [runsTowardsDeadline],
  },
  { what: 'exits-1', jobs: 4, script: 'sleep 1; exit 1', word: 'FAILED', shown: failed('exit 1') },
  { what: 'exits-7', jobs: 4, script: 'sleep 1; exit 7', word: 'FAILED', shown: failed('exit 7') },
  {
    what: 'is-killed',
    jobs: 2,
    script: 'sleep 1; kill -9 $$',
    word: 'FAILED',
    shown: { state: 'failed', reason: null, error: { message: '', code: 'signal 9' } },
  },
  { what: 'array', jobs: 8, array: '1-8%3', script: 'sleep 1', word: 'COMPLETED', shown: succeeded },
  {
    what: 'array-fails',
    jobs: 3,
    array: '0-2',
    script: 'exit 3',
    word: 'FAILED',
    shown: failed('exit 3'),
  },
  {
    what: 'never-satisfied',
    jobs: 2,
    script: 'true',
    args: ['--dependency=afterok:JOB:exits-1'],
    word: 'PENDING',
    shown: waiting('dependency_never_satisfied'),
  },
  {
    what: 'is-held',
    jobs: 1,
    script: 'true',
    args: ['--hold'],
    word: 'PENDING',
    shown: waiting('held'),
  },
  {
    what: 'is-cancelled-waiting',
    jobs: 3,
    script: 'true',
    args: ['--hold'],
    word: 'CANCELLED',
    shown: cancelled,
    steps: cancelOnce('queued'),
  },
  {
    what: 'begins-later',
    jobs: 2,
    script: 'true',
    args: ['--begin=now+1hour'],
    word: 'PENDING',
    shown: { ...waiting('begin_time'), state: 'scheduled' },
  },
  { what: 'succeeds', jobs: 22, script: 'sleep 2', word: 'COMPLETED', shown: succeeded },
  {
    what: 'waits-for-room',
    jobs: 1,
    script: 'sleep 1',
    args: ['--exclusive', '--time=1'],
    word: 'COMPLETED',
    shown: succeeded,
    onTheWay: [waitsWithPlannedStart],
  },
];
