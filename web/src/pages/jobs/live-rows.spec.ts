import type { Job } from '../../../../client/src/index';
import { changedIds, NO_CHANGES, takeJobs, withChanges } from './live-rows';

const job = (id: string, version: number, state: Job['state'] = 'running') => ({ id, version, state }) as Job;
const rows = [job('a', 2), job('b', 5)];
const shown = new Set(['a', 'b']);

describe('rows that follow the change feed', () => {
  it('change in place, and never to an older version', () => {
    const changes = takeJobs(NO_CHANGES, shown, [
      { job: job('b', 7, 'failed'), matching: false },
      { job: job('b', 6), matching: true },
      { job: job('a', 2, 'failed'), matching: true },
    ]);
    expect(withChanges(rows, changes)).toEqual([job('a', 2), job('b', 7, 'failed')]);
    expect([...changedIds(rows, changes)]).toEqual(['b']);
    expect(changes.others.size).toBe(0);
  });

  it('are not pushed away by others, which are counted once each', () => {
    const changes = takeJobs(NO_CHANGES, shown, [
      { job: job('c', 1), matching: true },
      { job: job('c', 2), matching: true },
      { job: job('d', 1), matching: false },
    ]);
    expect([...changes.others]).toEqual(['c']);
    expect(withChanges(rows, changes)).toEqual(rows);
  });

  it('count no further than anybody reads', () => {
    const flood = Array.from({ length: 3_000 }, (_, number) => ({
      job: job(`${number}`, 1),
      matching: true,
    }));
    expect(takeJobs(NO_CHANGES, shown, flood).others.size).toBe(1_000);
  });
});
