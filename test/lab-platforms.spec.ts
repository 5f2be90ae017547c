import { compare, Plan, ShownJob, TrueJob } from './lab/platforms/compare.js';

const T = Date.UTC(2026, 0, 15, 10);
const iso = (ms: number): string => new Date(ms).toISOString();

const PLAN: Plan = {
  what: 'exits-7',
  jobs: 1,
  word: 'FAILED',
  shown: { state: 'failed', reason: 'nonzero_exit_code', error: { message: 'NonZero', code: 'exit 7' } },
};

const TRUE: TrueJob = {
  externalId: '5',
  what: 'exits-7',
  word: 'FAILED',
  times: { createdAt: T, startedAt: T + 1_000, finishedAt: T + 2_000 },
};

const SHOWN: ShownJob = {
  externalId: '5',
  state: 'failed',
  reason: 'nonzero_exit_code',
  rawStatus: 'FAILED',
  terminal: true,
  progress: null,
  createdAt: iso(T),
  scheduledFor: null,
  startedAt: iso(T + 1_000),
  finishedAt: iso(T + 2_000),
  freshness: 'fresh',
  error: { message: 'NonZeroExitCode', code: 'exit 7' },
  attributes: {},
  version: 3,
};
const RUNNING: ShownJob = {
  ...SHOWN,
  state: 'running',
  terminal: false,
  finishedAt: null,
  error: null,
  version: 2,
};

function faultsOf(
  { plan = PLAN, truth = [TRUE], shown = [SHOWN] }: { plan?: Plan; truth?: TrueJob[]; shown?: ShownJob[] },
  history: ShownJob[] = [],
): string[] {
  const { outcomes, strangers } = compare([plan], { truth, shown, history: new Map([['5', history]]) });
  return [...outcomes.flatMap(({ faults }) => faults), ...strangers];
}

it('counts a job as right that ended as planned, as the platform says and as it is shown', () => {
  const { outcomes, strangers } = compare([PLAN], {
    truth: [TRUE],
    shown: [SHOWN],
    history: new Map([['5', [RUNNING, SHOWN]]]),
  });
  expect(strangers).toEqual([]);
  expect(outcomes).toEqual([
    {
      what: 'exits-7',
      jobs: 1,
      word: 'FAILED',
      shown: 'failed/nonzero_exit_code',
      right: 1,
      faults: [],
    },
  ]);
});

it.each<[string, Partial<ShownJob>, string]>([
  ['another state', { state: 'succeeded' }, '5: state is "succeeded", not "failed"'],
  ['no reason', { reason: null }, '5: reason is null, not "nonzero_exit_code"'],
  ['another time', { startedAt: iso(T) }, `5: startedAt is "${iso(T)}", not "${iso(T + 1_000)}"`],
  ['no end', { finishedAt: null }, `5: finishedAt is null, not "${iso(T + 2_000)}"`],
  [
    'another code',
    { error: { message: 'NonZeroExitCode', code: 'exit 1' } },
    '5: error is {"message":"NonZeroExitCode","code":"exit 1"}, not {"message":"NonZero","code":"exit 7"}',
  ],
  ['no error', { error: null }, '5: error is null, not {"message":"NonZero","code":"exit 7"}'],
])('finds %s', (_, over, fault) => {
  expect(faultsOf({ shown: [{ ...SHOWN, ...over }] })).toEqual([fault]);
});

it('finds a job that the platform ended otherwise, that is missing, and that nobody planned', () => {
  expect(faultsOf({ truth: [{ ...TRUE, word: 'TIMEOUT' }] })).toEqual([
    '5: the platform says TIMEOUT, FAILED was planned',
  ]);
  expect(faultsOf({ shown: [] })).toEqual(['5: is not shown']);
  expect(faultsOf({ truth: [] })).toEqual(['0 jobs of 1 were run', 'the platform knows no 5']);
  expect(faultsOf({ truth: [TRUE, { ...TRUE, externalId: '6', what: 'strange' }] })).toEqual([
    'nobody planned strange',
  ]);
});

it('says nothing of a time that the platform does not tell, and compares one that it has not', () => {
  const { startedAt: _, ...times } = TRUE.times;
  expect(faultsOf({ truth: [{ ...TRUE, times }] })).toEqual([]);
  expect(faultsOf({ truth: [{ ...TRUE, times: { ...times, startedAt: null } }] })).toEqual([
    `5: startedAt is "${iso(T + 1_000)}", not null`,
  ]);
});

it('finds a deadline that was shown as an end, and a start that was not shown, while the job ran', () => {
  const deadline = { ...RUNNING, finishedAt: iso(T + 3_600_000) };
  expect(faultsOf({}, [deadline, SHOWN])).toEqual([`5: finishedAt ${iso(T + 3_600_000)} while running`]);
  expect(faultsOf({}, [{ ...RUNNING, startedAt: null }, SHOWN])).toEqual(['5: running without startedAt']);
});

it('finds a state that must never have been shown', () => {
  const plan = { ...PLAN, never: ['running'] };
  expect(faultsOf({ plan }, [RUNNING, SHOWN])).toEqual(['5: was running for a while']);
  expect(faultsOf({ plan }, [SHOWN])).toEqual([]);
});

it('finds a moment that never came', () => {
  const plan = {
    ...PLAN,
    onTheWay: [{ named: 'running', met: ({ state }: ShownJob) => state === 'running' }],
  };
  expect(faultsOf({ plan }, [RUNNING, SHOWN])).toEqual([]);
  expect(faultsOf({ plan }, [SHOWN])).toEqual(['never seen: running']);
});
