import { Lease, Walk } from '../storage/lease.js';
import { choosePollKind, soonMs } from './poll-kind.js';
import { SourceRuntime } from './source-runtimes.js';

const NOW = Date.UTC(2026, 0, 15, 10);
const HOUR = 3_600_000;

const WALK: Walk = {
  ...{ kind: 'sweep', resume: { offset: 90 }, beganAt: NOW - HOUR, upstreamDate: null },
  ...{ seen: null, skippedOld: 0, next: 'sweep' },
};

function kind(
  lease: Partial<Lease>,
  { proof = 'incremental', spent = 0 }: { proof?: 'list' | 'incremental'; spent?: number } = {},
): Promise<string> {
  const runtime = {
    source: { key: 'store', options: {}, poll: { sweepEveryMs: HOUR, maxRequestsPerHour: 100 } },
    connector: { limits: { proof } },
  } as SourceRuntime;
  const log = { sweepsLastHour: () => Promise.resolve(spent) };
  const known = {
    ...{ requested: null, walk: null, firstReadAt: NOW - 5 * HOUR, sweepEndedAt: NOW - HOUR / 2 },
    consecutiveFailures: 0,
  };
  return choosePollKind({ ...known, ...lease } as Lease, runtime, log, NOW);
}

describe('the kind of a poll', () => {
  it('is a sweep where nothing is known, where every poll is one, and when it was asked for', async () => {
    expect(await kind({ firstReadAt: null })).toBe('sweep');
    expect(await kind({}, { proof: 'list' })).toBe('sweep');
    expect(await kind({ requested: 'sweep' }, { spent: 99 })).toBe('sweep');
  });

  it('is a sweep `sweepEvery` after the end of the one before', async () => {
    expect(await kind({})).toBe('incremental');
    expect(await kind({ sweepEndedAt: NOW - HOUR })).toBe('sweep');
    expect(await kind({ sweepEndedAt: null })).toBe('sweep');
  });

  it('takes turns while a sweep is under way, and while sweeps fail', async () => {
    expect(await kind({ walk: WALK })).toBe('sweep');
    expect(await kind({ walk: { ...WALK, next: 'incremental' } })).toBe('incremental');
    expect(await kind({ walk: { ...WALK, next: 'incremental' }, firstReadAt: null })).toBe('incremental');
    expect(await kind({ sweepEndedAt: null, consecutiveFailures: 1 })).toBe('incremental');
  });

  it('is no sweep while the share of sweeps is spent', async () => {
    expect(await kind({ walk: WALK }, { spent: 50 })).toBe('incremental');
    expect(await kind({ walk: WALK }, { spent: 49 })).toBe('sweep');
    expect(await kind({ firstReadAt: null, walk: WALK }, { spent: 50 })).toBe('incremental');
  });

  it('is incremental when that was asked for', async () => {
    expect(await kind({ requested: 'incremental', walk: WALK })).toBe('incremental');
    expect(await kind({ requested: 'incremental', sweepEndedAt: null })).toBe('incremental');
  });
});

test('what has to be walked again waits five intervals, and not longer than the next sweep', () => {
  const pace = (everyMs: number, sweepEveryMs: number) => soonMs({ everyMs, sweepEveryMs } as never);
  expect(pace(60_000, HOUR)).toBe(300_000);
  expect(pace(HOUR, 2 * HOUR)).toBe(2 * HOUR);
});
