import { toPg } from '../storage/pg-time.js';
import { DueDelivery } from '../storage/webhook-dispatch.store.js';
import { EndpointHealth } from '../storage/webhook.turn.js';
import {
  DISABLE_AFTER_MS,
  GIVE_UP_AFTER_MS,
  SentAttempt,
  downWaitMs,
  judge,
  retryWaitMs,
} from './webhook-retry.js';

const NOW = Date.parse('2026-01-15T10:00:00.000Z');
const HOUR = 3_600_000;

const WELL: EndpointHealth = {
  failingSince: null,
  lastSuccessAt: null,
  consecutiveFailures: 0,
  lastFailureAt: null,
  nextAttemptAt: null,
};

function due(over: Partial<DueDelivery> = {}): DueDelivery {
  return {
    id: 'msg_1',
    type: 'job.discovered',
    lane: 'a',
    position: 1,
    alert: null,
    body: null,
    attempts: 0,
    firstAttemptAt: null,
    aloneSince: null,
    createdAt: pg(NOW),
    event: null,
    ...over,
  };
}

/** A time as the database writes it. */
function pg(at: number): string {
  return toPg(at).replace('T', ' ').replace('Z', '+00');
}

function attempt(over: Partial<SentAttempt> = {}): SentAttempt {
  return {
    at: NOW - 100,
    durationMs: 100,
    status: 500,
    error: { kind: 'status', message: 'answered 500' },
    requestHeaders: {},
    requestBytes: 2,
    responseHeaders: {},
    responseBody: '',
    retryAfterMs: null,
    isHopeless: false,
    ...over,
  };
}

describe('the wait before the next try', () => {
  test.each([
    [1, 500, 8_000],
    [2, 500, 40_000],
    [3, 500, 200_000],
    [4, 500, 1_000_000],
    [5, 500, 5_000_000],
    [6, 500, 6 * HOUR],
    [40, 500, 6 * HOUR],
  ])('after %i failures is between %i and %i ms', (failures, shortest, longest) => {
    expect(retryWaitMs(failures, 0)).toBe(shortest);
    expect(retryWaitMs(failures, 1)).toBe(longest);
    expect(retryWaitMs(failures, 0.5)).toBe((shortest + longest) / 2);
  });

  it('makes about thirty tries in the three days after which one is given up', () => {
    let tries = 0;
    for (let at = 0; at < GIVE_UP_AFTER_MS; tries++) at += retryWaitMs(tries + 1, 0.5);
    expect(tries).toBeGreaterThan(25);
    expect(tries).toBeLessThan(35);
  });

  test.each([
    [3, 5_000],
    [4, 10_000],
    [6, 40_000],
    [7, 60_000],
    [10_000, 60_000],
  ])(
    'of an endpoint that is down after %i failures is between half of %i ms and that',
    (failures, longest) => {
      expect(downWaitMs(failures, 0)).toBe(longest / 2);
      expect(downWaitMs(failures, 1)).toBe(longest);
    },
  );
});

describe('a try that succeeds', () => {
  it('forgets every failure of the endpoint', () => {
    const health = {
      ...WELL,
      failingSince: NOW - HOUR,
      consecutiveFailures: 3,
      lastFailureAt: NOW - 1,
      nextAttemptAt: NOW,
    };
    const { outcome, ...rest } = judge(
      health,
      due({ attempts: 2 }),
      attempt({ status: 200, error: null }),
      NOW,
      0,
    );
    expect(rest).toEqual({ health: { ...WELL, lastSuccessAt: NOW }, recovered: true, disable: null });
    expect(outcome).toMatchObject({ state: 'delivered', attempts: 3 });
  });
});

describe('a try that fails', () => {
  it('is made again, and notes since when the endpoint fails', () => {
    const { outcome, health, disable } = judge(WELL, due(), attempt(), NOW, 0);
    expect(outcome).toMatchObject({
      state: 'pending',
      attempts: 1,
      firstAttemptAt: NOW - 100,
      nextAttemptAt: NOW + 500,
      aloneSince: null,
    });
    expect(health).toEqual({
      ...WELL,
      failingSince: NOW - 100,
      consecutiveFailures: 1,
      lastFailureAt: NOW,
    });
    expect(disable).toBeNull();
  });

  it('counts once with those that went on at the same time', () => {
    const first = judge(WELL, due(), attempt(), NOW, 0).health;
    const second = judge(first, due({ id: 'msg_2' }), attempt({ at: NOW - 50 }), NOW + 5, 0).health;
    expect(second.consecutiveFailures).toBe(1);
    const third = judge(second, due({ id: 'msg_3' }), attempt({ at: NOW + 10 }), NOW + 20, 0).health;
    expect(third).toMatchObject({ consecutiveFailures: 2, nextAttemptAt: null });
    const down = judge(third, due(), attempt({ at: NOW + 30 }), NOW + 40, 0).health;
    expect(down).toMatchObject({ consecutiveFailures: 3, nextAttemptAt: NOW + 40 + 2_500 });
  });

  it('while others succeed says nothing of the endpoint, and is given up after three days', () => {
    const health = { ...WELL, lastSuccessAt: NOW - 10 };
    const delivery = due({ attempts: 1, firstAttemptAt: pg(NOW - HOUR) });
    const alone = judge(health, delivery, attempt(), NOW, 0);
    expect(alone).toMatchObject({ health, outcome: { state: 'pending', aloneSince: NOW } });
    const since = (ms: number) =>
      due({ attempts: 9, firstAttemptAt: pg(NOW - 9 * HOUR), aloneSince: pg(NOW - ms) });
    expect(judge(health, since(GIVE_UP_AFTER_MS - 1), attempt(), NOW, 0).outcome.state).toBe('pending');
    expect(judge(health, since(GIVE_UP_AFTER_MS), attempt(), NOW, 0).outcome.state).toBe('failed');
  });

  it('where nothing succeeds is never given up: the endpoint is disabled after five days', () => {
    const failing = (ms: number) => ({ ...WELL, failingSince: NOW - ms, consecutiveFailures: 99 });
    const old = due({ attempts: 99, firstAttemptAt: pg(NOW - DISABLE_AFTER_MS) });
    expect(judge(failing(DISABLE_AFTER_MS - 1), old, attempt(), NOW, 0)).toMatchObject({
      disable: null,
      outcome: { state: 'pending' },
    });
    expect(judge(failing(DISABLE_AFTER_MS), old, attempt(), NOW, 0)).toMatchObject({
      disable: 'failing',
      outcome: { state: 'pending' },
    });
  });

  it('with 410 disables the endpoint, and with what can never be sent fails for good at once', () => {
    expect(judge(WELL, due(), attempt({ status: 410 }), NOW, 0).disable).toBe('gone');
    const hopeless = judge(WELL, due(), attempt({ status: null, isHopeless: true }), NOW, 0);
    expect(hopeless).toMatchObject({ health: WELL, disable: null, outcome: { state: 'failed' } });
  });

  test.each([
    [429, 120_000, 120_000],
    [503, 120_000, 120_000],
    [429, 99 * HOUR, 6 * HOUR],
  ])(
    'with %i and Retry-After of %i ms keeps the endpoint waiting for %i ms',
    (status, retryAfterMs, wait) => {
      const health = { ...WELL, lastSuccessAt: NOW - 10 };
      const delivery = due({ attempts: 1, firstAttemptAt: pg(NOW - HOUR) });
      const after = judge(health, delivery, attempt({ status, retryAfterMs }), NOW, 0);
      expect(after.health.nextAttemptAt).toBe(NOW + wait);
      // the endpoint asks for patience; nothing is wrong with what was sent
      expect(after.outcome.aloneSince).toBeNull();
    },
  );
});
