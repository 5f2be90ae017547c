import { HealthFacts, completeThroughHere, healthNow, healthTold } from './source-health.js';

const NOW = Date.parse('2026-01-15T10:00:00.000Z');
const facts = (over: Partial<HealthFacts> = {}): HealthFacts => ({
  health: 'healthy',
  reason: null,
  since: NOW - 1_000_000,
  enabled: true,
  retiredAt: null,
  pausedAt: null,
  pausedUntil: null,
  completeThrough: NOW - 60_000,
  clockSkewMs: null,
  staleAfterMs: 300_000,
  proofEveryMs: 60_000,
  ...over,
});

describe('healthNow', () => {
  it('is what is stored while nothing else is so', () => {
    expect(healthNow(facts(), NOW)).toEqual({ health: 'healthy', reason: null, since: NOW - 1_000_000 });
    const failing = facts({ health: 'failing', reason: 'timeout', completeThrough: NOW - 9_000_000 });
    expect(healthNow(failing, NOW)).toMatchObject({ health: 'failing', reason: 'timeout' });
  });

  it('is behind from the moment at which its knowledge is too old, by our clock', () => {
    expect(healthNow(facts({ completeThrough: NOW - 300_000 }), NOW).health).toBe('healthy');
    const behind = { health: 'degraded', reason: 'behind', since: NOW - 1 };
    expect(healthNow(facts({ completeThrough: NOW - 300_001 }), NOW)).toEqual(behind);
    expect(healthNow(facts({ completeThrough: NOW - 295_001, clockSkewMs: 5_000 }), NOW)).toEqual(behind);
    expect(healthNow(facts({ completeThrough: NOW - 600_000, proofEveryMs: 300_000 }), NOW).health).toBe(
      'healthy',
    );
    expect(healthNow(facts({ completeThrough: null }), NOW).health).toBe('healthy');
  });

  it('is paused until the pause ends, and retired above all', () => {
    const paused = { health: 'paused', reason: 'paused', since: NOW - 5 };
    expect(healthNow(facts({ pausedAt: NOW - 5 }), NOW)).toEqual(paused);
    expect(healthNow(facts({ pausedAt: NOW - 5, pausedUntil: NOW + 1 }), NOW)).toEqual(paused);
    expect(healthNow(facts({ pausedAt: NOW - 5, pausedUntil: NOW }), NOW).health).toBe('healthy');
    expect(healthNow(facts({ enabled: false }), NOW)).toMatchObject({ health: 'paused', reason: 'disabled' });
    expect(healthNow(facts({ enabled: false, retiredAt: NOW - 7 }), NOW)).toEqual({
      health: 'retired',
      reason: null,
      since: NOW - 7,
    });
  });
});

describe('what was noticed to be behind', () => {
  const behind = facts({
    health: 'degraded',
    reason: 'behind',
    since: NOW - 7,
    completeThrough: NOW - 400_000,
  });

  it('is so since it was noticed, until a proof', () => {
    const shown = { health: 'degraded', reason: 'behind', since: NOW - 7 };
    expect(healthNow(behind, NOW)).toEqual(shown);
    expect(healthNow({ ...behind, completeThrough: NOW - 350_000 }, NOW)).toEqual(shown);
    expect(healthNow({ ...behind, completeThrough: NOW }, NOW)).toMatchObject({
      health: 'healthy',
      reason: null,
    });
  });
});

describe('healthTold', () => {
  it('does not look at the time', () => {
    expect(healthTold(facts({ completeThrough: 0 }))).toMatchObject({ health: 'healthy', reason: null });
    const over = facts({ pausedAt: NOW - 5, pausedUntil: NOW - 1 });
    expect(healthTold(over)).toEqual({ health: 'paused', reason: 'paused', since: NOW - 5 });
    expect(healthNow(over, NOW)).toEqual({ health: 'healthy', reason: null, since: NOW - 1 });
  });
});

describe('completeThroughHere', () => {
  it('takes the upstream clock to ours', () => {
    expect(completeThroughHere(facts({ completeThrough: 10_000, clockSkewMs: 4_000 }))).toBe(6_000);
    expect(completeThroughHere(facts({ completeThrough: 10_000, clockSkewMs: -4_000 }))).toBe(14_000);
    expect(completeThroughHere(facts({ completeThrough: null }))).toBeNull();
  });
});
