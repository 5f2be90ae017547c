import fc from 'fast-check';
import { Job, JobFacts, RecordShape } from './job.js';
import { foldJob, FoldContext } from './job-change.js';
import { refoldJob, Reread } from './job-replay.js';
import { isTerminal, JOB_STATES, JobState, TERMINAL_STATES } from './job-state.js';

const context: FoldContext = {
  source: 'etl',
  platform: 'integrate-io',
  attributeKeys: ['packageId', 'outputs'],
  volatileAttributes: [],
  now: 50_000,
};

const FACTS: JobFacts = {
  externalId: 'a',
  state: 'running',
  statusMapped: true,
  reason: null,
  rawStatus: 'word',
  type: undefined,
  name: undefined,
  progress: undefined,
  createdAt: undefined,
  scheduledFor: undefined,
  startedAt: undefined,
  finishedAt: undefined,
  provenance: {},
  evidence: {},
  error: undefined,
  owner: undefined,
  parentExternalId: undefined,
  attributes: {},
  links: undefined,
  actions: [],
  rules: {},
};

const record = (shape: RecordShape, readAt: number, over: Partial<JobFacts>): Reread => ({
  shape,
  readAt,
  facts: { ...FACTS, ...over },
});

/** The job as polls made it of these records, one after the other. */
function folded(records: readonly Reread[], mapping = 'before'): Job {
  let job: Job | null = null;
  for (const { facts, readAt } of records) {
    const fold = foldJob(job, { facts, readAt, mapping }, context);
    if (fold.kind !== 'older') job = fold.job;
  }
  return job!;
}

describe('refoldJob', () => {
  const list = record('list', 1_000, { type: 'Load', owner: 'ann', evidence: { updated: 500 } });
  const detail = record('detail', 2_000, { type: 'Load', progress: 0.5, evidence: { updated: 500 } });

  it('gives what is of other rules another value, wherever it stands', () => {
    const stored = folded([list, detail]);
    const renamed = record('list', 1_000, { ...list.facts, owner: 'Ann' });
    const refold = refoldJob(stored, [renamed, detail], 'after', context);
    expect(refold).toMatchObject({
      kind: 'changed',
      changed: ['owner'],
      transition: null,
      decider: 'detail',
      job: { owner: 'Ann', progress: 0.5, version: stored.version + 1, mapping: 'after', readAt: 2_000 },
    });
  });

  it('moves a job into and out of its end, as the record that decided now says', () => {
    const stored = folded([list, detail]);
    const ended = record('detail', 2_000, { ...detail.facts, state: 'cancelled', reason: 'stopped' });
    const into = refoldJob(stored, [list, ended], 'after', context);
    expect(into).toMatchObject({
      transition: { from: 'running', to: 'cancelled', occurredAt: 500, provenance: 'inferred' },
      job: { state: 'cancelled', provenance: { finishedAt: 'unknown' } },
    });
    if (into.kind !== 'changed') throw new Error(into.kind);
    expect(refoldJob(into.job, [list, detail], 'before', context)).toMatchObject({
      transition: { from: 'cancelled', to: 'running' },
      job: { state: 'running', version: stored.version + 2 },
    });
  });

  it('takes earlier times of the very record that decided: they were read wrongly, and are no older evidence', () => {
    const stored = folded([record('list', 1_000, { evidence: { updated: 900 } })]);
    const refold = refoldJob(
      stored,
      [record('list', 1_000, { evidence: { updated: 300 } })],
      'after',
      context,
    );
    expect(refold).toMatchObject({ kind: 'changed', changed: ['updatedAt'], job: { updatedAt: 300 } });
  });

  it('lets no record that is left contradict one that is not stored any more', () => {
    const stored = folded([list, detail]);
    const other = record('list', 1_000, { ...list.facts, state: 'failed' });
    expect(refoldJob(stored, [other], 'after', context)).toEqual({ kind: 'outlived' });
  });

  it('leaves what vanished as it is, unless it had ended', () => {
    const stored = { ...folded([list]), vanishedAt: 3_000 };
    const queued = record('list', 1_000, { ...list.facts, state: 'queued' });
    expect(refoldJob(stored, [queued], 'after', context)).toMatchObject({ job: { vanishedAt: 3_000 } });
    const missed = record('list', 1_000, { ...list.facts, state: 'missed' });
    expect(refoldJob(stored, [missed], 'after', context)).toMatchObject({ job: { vanishedAt: null } });
  });

  const time = fc.integer({ min: 1, max: 6 }).map((step) => step * 100);
  const VALUES = {
    type: fc.constantFrom('Load', 'Copy'),
    name: fc.constantFrom('one', 'two', null),
    progress: fc.constantFrom(0, 0.5, null),
    owner: fc.constantFrom('ann', null),
    createdAt: time,
    startedAt: fc.option(time),
    finishedAt: fc.option(time),
    scheduledFor: fc.option(time, { nil: undefined }),
    error: fc.constantFrom(null, { message: 'no', code: null, details: null }),
  };
  type Carried = (keyof typeof VALUES)[];
  const carried: fc.Arbitrary<Carried> = fc.subarray(Object.keys(VALUES) as Carried);
  /** What the platform has of the job at each of its times: the same in both shapes, but that an end may not move them. */
  type Life = Record<'opens' | 'ends', JobState[]>;
  const stateIn = (states: readonly JobState[]) =>
    fc.array(fc.constantFrom(...states), { minLength: 6, maxLength: 6 });
  const life: fc.Arbitrary<Life> = fc.record({
    opens: stateIn(JOB_STATES.filter((state) => !isTerminal(state))),
    ends: stateIn(TERMINAL_STATES),
  });
  const anyRecord = (
    states: Life,
    shape: RecordShape,
    fields: Carried,
    readAt: number,
  ): fc.Arbitrary<Reread> =>
    fc
      .record({
        values: fc.record(VALUES),
        isOver: fc.boolean(),
        packageId: fc.nat(2),
        inferred: fc.constantFrom<'startedAt' | 'finishedAt' | null>('startedAt', 'finishedAt', null),
        updated: time,
      })
      .map(({ values, isOver, packageId, inferred, updated }) => {
        const state = states[isOver ? 'ends' : 'opens'][updated / 100 - 1]!;
        const given = Object.fromEntries(fields.map((field) => [field, values[field]]));
        const isInferred = inferred !== null && typeof given[inferred] === 'number';
        return record(shape, readAt, {
          ...given,
          ...{ state, provenance: isInferred ? { [inferred]: 'inferred' } : {}, evidence: { updated } },
          attributes: shape === 'list' ? { packageId } : { packageId, outputs: [packageId] },
        });
      });

  it('changes nothing under the same rules, whatever polls read before', () => {
    const shapes = fc.array(fc.constantFrom<RecordShape>('list', 'detail'), { minLength: 1, maxLength: 6 });
    // a shape of record carries what it carries, whatever it says of it
    const history = fc
      .tuple(life, shapes, carried, carried)
      .chain(([states, order, ofList, ofDetail]) =>
        fc.tuple(
          ...order.map((shape, index) =>
            anyRecord(states, shape, shape === 'list' ? ofList : ofDetail, 1_000 * (index + 1)),
          ),
        ),
      );
    fc.assert(
      fc.property(history, (records) => {
        let job: Job | null = null;
        const stored = new Map<RecordShape, Reread>();
        for (const one of records) {
          const fold = foldJob(job, { ...one, mapping: 'before' }, context);
          if (fold.kind === 'older') continue;
          job = fold.job;
          stored.set(one.shape, one);
        }
        const refold = refoldJob(job!, [...stored.values()], 'after', context);
        expect(refold.kind === 'changed' ? refold.changed : []).toEqual([]);
      }),
      { numRuns: 2_000 },
    );
  });
});
