import { StatusMap } from './status-map.js';

const map = new StatusMap('platform/1', {
  Running: { state: 'running', reason: null },
  done: { state: 'succeeded', reason: null },
});

test('comparison ignores case, and a word without a rule has none', () => {
  expect(map.lookup('RUNNING')).toEqual({ state: 'running', reason: null });
  expect([map.lookup('odd'), map.lookup(null), map.lookup('__proto__')]).toEqual([null, null, null]);
});

test('overrides are laid over the map, change its version, and name themselves', () => {
  const own = map.with({ DONE: { state: 'failed', reason: 'late' }, odd: { state: 'paused', reason: null } });
  expect(own.version).toBe('platform/1+done=failed/late,odd=paused/');
  expect(own.lookup('done')).toEqual({ state: 'failed', reason: 'late' });
  expect(own.originOf('Done')).toBe('statusOverrides');
  expect(own.originOf('running')).toBe('status map platform/1');
  expect(map.originOf('done')).toBe('status map platform/1');
});

test('no overrides are the same map', () => {
  expect(map.with({})).toBe(map);
});
