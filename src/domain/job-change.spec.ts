import fc from 'fast-check';
import { Job, JobFacts } from './job.js';
import { foldJob, FoldContext, Observation } from './job-change.js';
import { jobId } from './job-id.js';
import { isTerminal, JOB_STATES } from './job-state.js';

const context: FoldContext = {
  source: 'charts',
  platform: 'vectorcharts',
  attributeKeys: ['parameters', 'runtime', 'step'],
  volatileAttributes: ['runtime', 'step.updatedAt'],
  now: 5_000,
};

function facts(over: Partial<JobFacts> = {}): JobFacts {
  return {
    externalId: 'a',
    state: 'running',
    statusMapped: true,
    reason: null,
    rawStatus: 'processing',
    type: 'index',
    name: undefined,
    progress: 0.45,
    createdAt: 1_000,
    scheduledFor: undefined,
    startedAt: undefined,
    finishedAt: null,
    provenance: {},
    evidence: { created: 1_000, updated: 2_000 },
    error: undefined,
    owner: undefined,
    parentExternalId: undefined,
    attributes: { parameters: null },
    links: undefined,
    actions: [],
    rules: {},
    ...over,
  };
}

const observe = (over: Partial<JobFacts> = {}, readAt = 4_000, mapping = 'm1'): Observation => ({
  facts: facts(over),
  readAt,
  mapping,
});

function discover(over: Partial<JobFacts> = {}): Job {
  const fold = foldJob(null, observe(over), context);
  if (fold.kind !== 'changed') throw new Error(fold.kind);
  return fold.job;
}

const done = {
  state: 'succeeded' as const,
  rawStatus: 'completed',
  progress: 1,
  finishedAt: 3_000,
  evidence: { created: 1_000, updated: 3_000 },
};

describe('foldJob', () => {
  it('discovers a job as version 1, with its transition from nothing', () => {
    const fold = foldJob(null, observe(), context);
    expect(fold).toMatchObject({
      kind: 'changed',
      transition: { from: null, to: 'running', occurredAt: 2_000, provenance: 'inferred' },
      job: {
        id: jobId('charts', 'a'),
        version: 1,
        type: 'index',
        name: 'index',
        updatedAt: 2_000,
        firstSeenAt: 5_000,
        changedAt: 5_000,
      },
    });
  });

  it('gives every attribute of the platform, null when not given', () => {
    expect(discover().attributes).toEqual({ parameters: null, runtime: null, step: null });
  });

  it.each([
    ['a running job has started', { state: 'running' as const }, { startedAt: 'unknown' }],
    ['a queued one has not', { state: 'queued' as const }, {}],
    [
      'a job that ended well has started and ended',
      { state: 'succeeded' as const, finishedAt: null },
      { startedAt: 'unknown', finishedAt: 'unknown' },
    ],
    [
      'a cancelled one may never have started',
      { state: 'cancelled' as const, finishedAt: null },
      { finishedAt: 'unknown' },
    ],
    [
      'one that failed to run did not',
      { state: 'failed' as const, reason: 'failed_to_run', finishedAt: 3_000 },
      {},
    ],
    ['one that was missed neither started nor ended', { state: 'missed' as const, finishedAt: null }, {}],
    ['every job was created', { state: 'queued' as const, createdAt: null }, { createdAt: 'unknown' }],
    [
      'redacted is not unknown',
      { startedAt: null, provenance: { startedAt: 'redacted' as const } },
      { startedAt: 'redacted' },
    ],
    [
      'inferred is said',
      { ...done, provenance: { finishedAt: 'inferred' as const } },
      { startedAt: 'unknown', finishedAt: 'inferred' },
    ],
  ])('provenance: %s', (_why, over, provenance) => {
    expect(discover(over).provenance).toEqual(provenance);
  });

  it('an open job has no end, whatever its record says', () => {
    expect(discover({ finishedAt: 3_000 }).finishedAt).toBeNull();
  });

  it('moves into a terminal state at the time of its end', () => {
    const fold = foldJob(discover(), observe(done), context);
    expect(fold).toMatchObject({
      kind: 'changed',
      transition: { from: 'running', to: 'succeeded', occurredAt: 3_000, provenance: null },
      job: { version: 2, stateChangedAt: 3_000, finishedAt: 3_000 },
    });
    expect(fold.kind === 'changed' && fold.changed).toEqual(
      expect.arrayContaining(['state', 'rawStatus', 'progress', 'finishedAt', 'updatedAt']),
    );
  });

  it('what is silent keeps what is stored; what says null clears it', () => {
    const stored = discover({
      owner: 'ann',
      startedAt: 1_500,
      links: { html: 'https://x/1' },
      attributes: { parameters: 7 },
    });
    const silent = foldJob(
      stored,
      observe({ type: undefined, progress: undefined, createdAt: undefined, attributes: {} }, 4_500),
      context,
    );
    expect(silent).toMatchObject({
      kind: 'unchanged',
      job: { owner: 'ann', startedAt: 1_500, attributes: { parameters: 7 }, name: 'index' },
    });
    const said = foldJob(
      stored,
      observe({ owner: null, startedAt: null, attributes: { parameters: null } }, 4_500),
      context,
    );
    expect(said).toMatchObject({
      kind: 'changed',
      changed: expect.arrayContaining(['owner', 'startedAt', 'attributes', 'provenance']),
    });
  });

  it('an inferred end never replaces a reported one, and an observed end stays the first observation', () => {
    const reported = discover(done);
    expect(
      foldJob(
        reported,
        observe({ ...done, finishedAt: 3_500, provenance: { finishedAt: 'inferred' } }),
        context,
      ).kind,
    ).toBe('unchanged');
    const cancelled = { state: 'cancelled' as const, provenance: { finishedAt: 'observed' as const } };
    const observed = discover({ ...cancelled, finishedAt: 3_900 });
    const again = foldJob(observed, observe({ ...cancelled, finishedAt: 9_900 }, 9_900), context);
    expect(again).toMatchObject({
      kind: 'unchanged',
      job: { finishedAt: 3_900, provenance: { finishedAt: 'observed' } },
    });
  });

  it('an inferred end gives way to a reported one', () => {
    const inferred = discover({ ...done, provenance: { finishedAt: 'inferred' } });
    expect(foldJob(inferred, observe({ ...done, finishedAt: 2_900 }), context)).toMatchObject({
      kind: 'changed',
      changed: ['finishedAt', 'provenance'],
      transition: null,
    });
  });

  it('an attribute that only ticks along is stored, and is no change', () => {
    const stored = discover({ attributes: { runtime: 1, step: { number: 1, updatedAt: 'a' } } });
    const ticked = foldJob(
      stored,
      observe({ attributes: { runtime: 2, step: { number: 1, updatedAt: 'b' } } }, 4_500),
      context,
    );
    expect(ticked).toMatchObject({
      kind: 'unchanged',
      job: { version: 1, attributes: { runtime: 2, step: { updatedAt: 'b' } } },
    });
    const moved = foldJob(
      stored,
      observe({ attributes: { runtime: 2, step: { number: 2, updatedAt: 'b' } } }, 4_500),
      context,
    );
    expect(moved).toMatchObject({ kind: 'changed', changed: ['attributes'] });
  });

  it('keeps the last plan when the record of a started run has none', () => {
    const planned = discover({ state: 'scheduled', scheduledFor: 8_000, evidence: { created: 1_000 } });
    const started = foldJob(
      planned,
      observe({ startedAt: 8_010, evidence: { created: 1_000, started: 8_010 } }, 9_000),
      context,
    );
    expect(started).toMatchObject({
      kind: 'changed',
      job: { scheduledFor: 8_000, startedAt: 8_010, updatedAt: 8_010 },
    });
  });

  it('older records change nothing', () => {
    expect(
      foldJob(discover(done), observe({ evidence: { created: 1_000, updated: 2_999 } }, 9_000), context).kind,
    ).toBe('older');
  });

  it('a restart of a finished job is a transition on newer evidence', () => {
    const fold = foldJob(
      discover(done),
      observe({ evidence: { created: 1_000, updated: 3_001 } }, 9_000),
      context,
    );
    expect(fold).toMatchObject({
      kind: 'changed',
      transition: { from: 'succeeded', to: 'running' },
      job: { finishedAt: null },
    });
  });

  it('a changed mapping reaches a quiet job, out of a terminal state too', () => {
    const stored = discover({ ...done, state: 'failed', reason: 'inactivity' });
    const same = { ...done, state: 'running' as const };
    expect(foldJob(stored, observe(same, 9_000, 'm1'), context).kind).toBe('older');
    expect(foldJob(stored, observe(same, 9_000, 'm2'), context)).toMatchObject({
      kind: 'changed',
      transition: { from: 'failed', to: 'running' },
    });
  });

  it('changedAt never goes back', () => {
    const stored = { ...discover(), changedAt: 7_000 };
    expect(foldJob(stored, observe(done), context)).toMatchObject({ job: { changedAt: 7_000 } });
  });

  it('holds its promises over any sequence of records', () => {
    const record = fc.record({
      state: fc.constantFrom(...JOB_STATES),
      startedAt: fc.option(fc.integer({ min: 1, max: 50 }), { nil: null }),
      finishedAt: fc.option(fc.integer({ min: 1, max: 50 }), { nil: null }),
      evidence: fc.record({ created: fc.constant(1), updated: fc.integer({ min: 1, max: 5 }) }),
    });
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 12 }), (records) => {
        let job: Job | null = null;
        let version = 0;
        for (const [index, over] of records.entries()) {
          const fold = foldJob(job, observe(over, 100 + index), { ...context, now: 100 + index });
          if (fold.kind === 'older') continue;
          version += fold.kind === 'changed' ? 1 : 0;
          expect(fold.job.version).toBe(version);
          if (fold.kind === 'changed')
            expect(fold.transition !== null).toBe(job === null || job.state !== fold.job.state);
          if (!isTerminal(fold.job.state)) expect(fold.job.finishedAt).toBeNull();
          job = fold.job;
          const again = foldJob(job, observe(over, 100 + index), { ...context, now: 999 });
          expect(again.kind).toBe('unchanged');
        }
      }),
    );
  });
});
