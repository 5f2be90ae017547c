import { BoundedWindows } from './throttle.storage.js';

describe('windows of requests', () => {
  let now = 0;
  const make = (maxKeys?: number) => new BoundedWindows(() => now, maxKeys);
  beforeEach(() => {
    now = 0.3;
  });

  it('count to the limit, refuse beyond it until the window ends, and begin anew', () => {
    const windows = make();
    const hit = () => windows.count('a', 10_000, 2, 'token');
    expect(hit()).toEqual({ totalHits: 1, timeToExpire: 10, isBlocked: false, timeToBlockExpire: 0 });
    now += 4_000;
    expect(hit()).toMatchObject({ totalHits: 2, timeToExpire: 6, isBlocked: false });
    expect(hit()).toEqual({ totalHits: 3, timeToExpire: 6, isBlocked: true, timeToBlockExpire: 6 });
    now += 5_999.9;
    expect(hit()).toMatchObject({ isBlocked: true, timeToBlockExpire: 1 });
    now += 0.1;
    expect(hit()).toMatchObject({ totalHits: 1, isBlocked: false, timeToExpire: 10 });
  });

  it('keep keys and kinds apart', () => {
    const windows = make();
    expect(windows.count('a', 1_000, 1, 'token').isBlocked).toBe(false);
    expect(windows.count('b', 1_000, 1, 'token').isBlocked).toBe(false);
    expect(windows.count('a', 1_000, 1, 'address').isBlocked).toBe(false);
    expect(windows.count('a', 1_000, 1, 'token').isBlocked).toBe(true);
  });

  it('take a count back', () => {
    const windows = make();
    windows.count('a', 1_000, 1, 'address');
    windows.forgive('a', 'address');
    windows.forgive('unknown', 'address');
    expect(windows.count('a', 1_000, 1, 'address').isBlocked).toBe(false);
  });

  it('remember no more keys than they may: the oldest window goes first, of its own kind only', () => {
    const windows = make(3);
    windows.count('kept', 1_000, 1, 'token');
    for (const key of ['a', 'b', 'c', 'd']) windows.count(key, 1_000, 1, 'address');
    expect(windows.count('a', 1_000, 1, 'address').isBlocked).toBe(false);
    expect(windows.count('d', 1_000, 1, 'address').isBlocked).toBe(true);
    expect(windows.count('kept', 1_000, 1, 'token').isBlocked).toBe(true);
  });
});
