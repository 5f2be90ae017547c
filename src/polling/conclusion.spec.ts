import { Connector, ReadResult } from '../connectors/connector.js';
import { SourceConfig } from '../config/config.js';
import { AuthError, RateLimitError, UnavailableError } from '../domain/errors.js';
import { Lease, NO_ROUND, Walk } from '../storage/lease.js';
import { PollOutcome } from '../storage/poll.store.js';
import { Circumstances, conclude, EndedRun } from './conclusion.js';
import { PollTimeoutError } from './poll-timeout.js';

const BEGAN = Date.UTC(2026, 0, 15, 10);
const NOW = BEGAN + 2_000;
const MINUTE = 60_000;
const HOUR = 3_600_000;
const SETTLE_MS = 7_000;

const WALK: Walk = {
  ...{ kind: 'sweep', resume: { offset: 90 }, beganAt: BEGAN - HOUR, upstreamDate: null },
  ...{ seen: null, skippedOld: 0, next: 'sweep' },
};
const SUSPENDED: Walk = { ...WALK, resume: { offset: 180 }, next: 'incremental' };

const READ: ReadResult = {
  ...{ whole: true, provesChanges: true, bookmark: 'after', truncated: false, upstreamTotal: null },
};

const RUNTIME = {
  source: {
    key: 'store',
    poll: { everyMs: MINUTE, idleEveryMs: 5 * MINUTE, sweepEveryMs: HOUR },
  } as SourceConfig,
  connector: { limits: { settleMs: SETTLE_MS } } as Connector,
};

interface Given extends Partial<Omit<EndedRun, 'lease'>>, Partial<Omit<Circumstances, 'standing'>> {
  lease?: Partial<Lease>;
  standing?: Partial<Circumstances['standing']>;
}

/** A poll that went well and found nothing, but for what is given. */
function outcomeOf({
  lease,
  standing,
  fault = null,
  random = 0.5,
  processNow = NOW,
  ...run
}: Given = {}): PollOutcome {
  const known = {
    ...{ key: 'store', claimedAt: BEGAN, bookmark: 'before', walk: null, firstReadAt: BEGAN - HOUR },
    ...{ consecutiveFailures: 0, limitedSince: null },
    ...lease,
  } as Lease;
  const ended: EndedRun = {
    ...{ lease: known, kind: 'incremental', beganAt: BEGAN, walk: WALK, result: READ },
    ...{ isFirstRead: known.firstReadAt === null, suspended: false, suspendedWalk: () => SUSPENDED },
    ...{ openRound: null, openRoundAt: null, knownThrough: null, provesAbsence: false, clock: null },
    ...{ requests: 1, counts: { records: 0, discovered: 0, changed: 0, rejected: 0, skippedOld: 0 } },
    ...run,
  };
  return conclude(ended, RUNTIME, {
    ...{ fault, random, now: NOW, processNow },
    standing: { unmapped: false, rejected: false, open: 0, ...standing },
  });
}

describe('the health that a poll concludes', () => {
  it.each<[string, Given, string, string | null]>([
    ['nothing to say', {}, 'healthy', null],
    ['a word without a rule', { standing: { unmapped: true } }, 'degraded', 'unmapped-statuses'],
    ['a rejected record', { standing: { unmapped: true, rejected: true } }, 'degraded', 'rejects'],
    [
      'an own page that could not be read',
      { standing: { rejected: true }, openRound: { ...NO_ROUND, failing: [7] } },
      'degraded',
      'unreadable-jobs',
    ],
    ['a cut list', { result: { ...READ, truncated: true } }, 'degraded', 'truncated'],
    [
      'a wish for patience',
      { fault: new RateLimitError('slow down', null), standing: { rejected: true } },
      'degraded',
      'rate-limited',
    ],
    ['a refused credential', { fault: new AuthError('no', 'authentication') }, 'failing', 'authentication'],
    ['a fault of ours', { fault: new TypeError('secret') }, 'failing', 'upstream-error'],
  ])('of %s', (_, given, health, reason) => {
    expect(outcomeOf(given)).toMatchObject({ health, reason });
  });

  it('tells nobody what an unexpected error says', () => {
    expect(outcomeOf({ fault: new TypeError('secret') }).error?.message).not.toContain('secret');
  });
});

describe('when a source is polled again', () => {
  it('counts from the begin of a good poll, sooner where jobs are open or a walk goes on', () => {
    expect(outcomeOf().nextPollAt).toBe(BEGAN + 5 * MINUTE);
    expect(outcomeOf({ standing: { open: 1 } }).nextPollAt).toBe(BEGAN + MINUTE);
    expect(outcomeOf({ lease: { walk: WALK } }).nextPollAt).toBe(BEGAN + MINUTE);
    expect(outcomeOf({ kind: 'sweep', result: null, suspended: true }).nextPollAt).toBe(BEGAN + MINUTE);
  });

  it('counts from the end of a failed one, and failures in a row; a wish for patience is none', () => {
    const lease = { consecutiveFailures: 2 };
    const failed = outcomeOf({ lease, fault: new UnavailableError('down', 'network'), result: null });
    expect(failed.consecutiveFailures).toBe(3);
    expect(failed.nextPollAt).toBeGreaterThanOrEqual(NOW + MINUTE);
    expect(outcomeOf({ lease, fault: new RateLimitError('slow', null) }).consecutiveFailures).toBe(2);
    expect(outcomeOf({ lease }).consecutiveFailures).toBe(0);
  });
});

describe('what the next poll goes on with', () => {
  it('is where a good read ended, and where a failed one began', () => {
    expect(outcomeOf().bookmark).toBe('after');
    expect(outcomeOf({ result: null, fault: new UnavailableError('down', 'network') }).bookmark).toBe(
      'before',
    );
  });

  it('is not what a read beside the first one would claim', () => {
    expect(outcomeOf({ lease: { firstReadAt: null, walk: WALK } }).bookmark).toBe('before');
    expect(outcomeOf({ kind: 'sweep', lease: { firstReadAt: null } }).bookmark).toBe('after');
  });

  it('is the sweep that takes turns with incremental reads', () => {
    expect(outcomeOf({ lease: { walk: { ...WALK, next: 'incremental' } } }).walk).toEqual(WALK);
    expect(outcomeOf({ kind: 'sweep', lease: { walk: WALK } }).walk).toBeNull();
  });

  it('is a part that failed once more, unless it was only cut short', () => {
    const part: Given = { kind: 'sweep', result: null, lease: { walk: WALK } };
    const failed = outcomeOf({ ...part, fault: new UnavailableError('down', 'network') });
    expect(failed.walk).toEqual({ ...WALK, next: 'incremental' });
    for (const given of [
      { suspended: true },
      { fault: new PollTimeoutError(HOUR) },
      { fault: new RateLimitError('slow', null) },
      { lease: { walk: WALK, firstReadAt: null }, fault: new UnavailableError('down', 'network') },
    ])
      expect(outcomeOf({ ...part, ...given }).walk).toEqual(SUSPENDED);
  });
});

describe('what a poll proves', () => {
  const knownThrough = { beganAt: BEGAN, upstreamDate: BEGAN + 500 };

  it("is dated by the upstream's clock, less its settle time, or by ours where it has none", () => {
    expect(outcomeOf({ knownThrough })).toMatchObject({
      completeThrough: BEGAN + 500 - SETTLE_MS,
      provenAt: BEGAN,
    });
    expect(outcomeOf({ knownThrough: { ...knownThrough, upstreamDate: null } }).completeThrough).toBe(
      BEGAN - SETTLE_MS,
    );
  });

  it('is nothing when it failed', () => {
    const failed = outcomeOf({ knownThrough, fault: new UnavailableError('down', 'network'), result: null });
    expect(failed).not.toHaveProperty('completeThrough');
    expect(failed).not.toHaveProperty('sweptAt');
  });

  it('of a sweep counts from its end; one that saw movement is repeated soon', () => {
    expect(outcomeOf({ kind: 'sweep', provesAbsence: true })).toMatchObject({
      ...{ sweptAt: WALK.beganAt, sweepEndedAt: NOW, firstReadAt: NOW, truncated: false },
    });
    const moved = outcomeOf({ kind: 'sweep', result: { ...READ, whole: false } });
    expect(moved.sweepEndedAt).toBe(NOW - HOUR + 5 * MINUTE);
    expect(moved).not.toHaveProperty('firstReadAt');
  });

  it("says how far the upstream's clock is from the database's, whatever this process's says", () => {
    const clock = { upstreamDate: BEGAN + 3_000, requestedAt: BEGAN + HOUR };
    expect(outcomeOf({ clock }).clockSkewMs).toBe(3_000 - HOUR);
    expect(outcomeOf({ clock, processNow: NOW + HOUR }).clockSkewMs).toBe(3_000);
  });
});
