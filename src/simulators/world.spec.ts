import { isTerminal } from '../domain/job-state.js';
import { divert, endOf, Life, SIMULATED_PLATFORMS, stepAt, TruthJob } from './life.js';
import { Population } from './population.js';
import { createWorld, World } from './world.js';

const START = Date.UTC(2026, 0, 15, 10);
const HOUR = 3_600_000;
const worldOf = (seed: number, jobs = 600, endless = true): World =>
  createWorld({ seed, jobs, start: START, platforms: SIMULATED_PLATFORMS, endless });

const WORDS: Record<string, string[]> = {
  vectorcharts: ['pending', 'processing', 'completed', 'failed'],
  'vectorcharts-oem': ['pending', 'running', 'completed', 'failed', 'cancelled'],
  'elastic-path': ['pending', 'started', 'success', 'failed', 'cancelled'],
  workfloplus: [
    'NotStarted',
    'Active',
    'InProgress',
    'Started',
    'Paused',
    'Completed',
    'Aborted',
    'Abandoned',
  ],
  'integrate-io': [
    'idle',
    'pending',
    'queued',
    'running',
    'completed',
    'failed',
    'pending_stoppage',
    'stopping',
    'stopped',
  ],
  'veeva-vault': [
    'SCHEDULED',
    'QUEUED',
    'QUEUEING',
    'RUNNING',
    'CANCELLING',
    'SUCCESS',
    'ERRORS_ENCOUNTERED',
    'FAILED_TO_RUN',
    'TIMEOUT',
    'MISSED_SCHEDULE',
    'COMPLETED_DUE_TO_INACTIVITY',
    'CANCELLED',
  ],
};

describe('the world', () => {
  it('is the same for the same seed and another for another', () => {
    const later = START + HOUR;
    expect(worldOf(1).truth(later)).toEqual(worldOf(1).truth(later));
    expect(worldOf(1).truth(START)).not.toEqual(worldOf(2).truth(START));
  });

  it('shares its jobs out and goes on bearing more', () => {
    const world = worldOf(3, 1000);
    expect(world.truth(START)).toHaveLength(1000);
    const perPlatform = SIMULATED_PLATFORMS.map((platform) => world.truth(START, platform).length);
    expect(perPlatform).toEqual([167, 167, 167, 167, 166, 166]);
    expect(world.truth(START + 60_000).length).toBe(1030);
    expect(worldOf(3, 1000, false).truth(START + HOUR)).toHaveLength(1000);
  });

  it('is in the middle of its work at the start, most of it done', () => {
    const truth = worldOf(4, 1200).truth(START);
    const open = truth.filter((job) => !job.terminal);
    expect(open.length).toBeGreaterThan(30);
    expect(open.length).toBeLessThan(truth.length / 3);
  });

  it.each(SIMULATED_PLATFORMS)('shows every documented word of %s', (platform) => {
    const world = worldOf(5, 1200);
    const shown = world
      .truth(START, platform)
      .flatMap((job) => world.transitions(platform, job.externalId).map(({ rawStatus }) => rawStatus));
    expect([...new Set(shown)].sort()).toEqual([...(WORDS[platform] ?? [])].sort());
  });

  it.each(SIMULATED_PLATFORMS)('tells truths of %s that hold together at any moment', (platform) => {
    const world = worldOf(6, 900);
    for (const now of [START, START + 7_777, START + HOUR]) {
      const truth = world.truth(now, platform);
      expect(truth.length).toBeGreaterThan(100);
      expect(truth.flatMap((job) => contradictions(job, now))).toEqual([]);
      for (const job of truth.slice(-5)) {
        expect(world.truthOf(platform, job.externalId, now)).toEqual(job);
        expect(world.transitions(platform, job.externalId, now).at(-1)).toMatchObject({
          state: job.state,
          rawStatus: job.rawStatus,
        });
      }
    }
  });

  it.each(SIMULATED_PLATFORMS)('writes lives of %s in order, ended once, within their reach', (platform) => {
    const { script, paceMs, all } = bound(worldOf(7).population(platform) as Population);
    const wrong = Array.from(all(START)).filter((life) => {
      const times = life.steps.map(({ at }) => at);
      const ends = times.filter((at) => script.truth(life, at).terminal);
      return !(
        times.every((at, place) => Number.isInteger(at) && at >= (times[place - 1] ?? life.bornAt)) &&
        times[0] === life.bornAt &&
        endOf(life) - life.bornAt <= script.longestMs(paceMs) &&
        ends.length === 1 &&
        ends[0] === endOf(life)
      );
    });
    expect(wrong).toEqual([]);
  });

  it('runs the jobs of a store one at a time', () => {
    const runs = Array.from(
      worldOf(8, 3000)
        .population('elastic-path')
        .all(START + HOUR),
    )
      .map(({ steps }) => steps)
      .filter(([, second]) => second?.status === 'started')
      .map(([, started, ended]) => [started?.at ?? 0, ended?.at ?? 0] as const);
    expect(runs.length).toBeGreaterThan(400);
    expect(runs.filter(([startedAt], place) => startedAt < (runs[place - 1]?.[1] ?? 0))).toEqual([]);
  });

  it('serves a stretch of the order by change as sorting everything would', () => {
    const population: Population = worldOf(9, 2000).population('vectorcharts');
    const updated = (life: Life, now: number): number => stepAt(life.steps, now).at;
    const sortedAt = (now: number): Life[] =>
      Array.from(population.all(now)).sort((a, b) => updated(a, now) - updated(b, now) || a.index - b.index);
    const sorted = sortedAt(START);
    for (let offset = 0; offset < sorted.length + 40; offset += 37) {
      expect(population.byUpdated(START, offset, 50, updated)).toEqual(sorted.slice(offset, offset + 50));
    }
    for (const since of [START - 40_000, START - 40_000, START - 50_000])
      expect(population.updatedBefore(START, since, updated)).toBe(
        sorted.filter((life) => updated(life, START) < since).length,
      );
    population.remove(sorted[200]!);
    sorted.splice(200, 1);
    expect(population.byUpdated(START, 180, 50, updated)).toEqual(sorted.slice(180, 230));
    expect(population.byUpdated(START + HOUR, 300, 500, updated)).toEqual(
      sortedAt(START + HOUR).slice(300, 800),
    );
    expect(Array.from(population.latestUpdated(START, updated))).toEqual(sorted.reverse());
  });

  it('forgets deleted jobs everywhere and nothing else', () => {
    const world = worldOf(10);
    const population = world.population('integrate-io');
    const before = Array.from(population.all(START), ({ externalId }) => externalId);
    const [gone, kept] = [before[3] ?? '', before[4] ?? ''];
    world.remove('integrate-io', gone);
    expect(Array.from(population.all(START), ({ externalId }) => externalId)).toEqual(
      before.filter((id) => id !== gone),
    );
    expect(population.count(START)).toBe(before.length - 1);
    expect(population.find(gone, START)).toBeUndefined();
    expect(population.find(kept, START)?.externalId).toBe(kept);
    expect(population.newest(START, 0, 1000)).toHaveLength(before.length - 1);
  });

  it.each(SIMULATED_PLATFORMS)('purges the old jobs of %s everywhere and no others', (platform) => {
    const world = worldOf(13);
    const population: Population = world.population(platform);
    const updated = (life: Life): number => stepAt(life.steps, START).at;
    const all = [...population.all(START)];
    const [old, late] = [all.slice(0, 70), all.slice(70)];
    const [gone, next] = [late[3]!, late[4]!];
    world.remove(platform, old[3]!.externalId);
    world.remove(platform, gone.externalId);
    world.purge(late[0]!.bornAt);
    world.purge(old[0]!.bornAt);

    const shown = late.filter((life) => life !== gone);
    expect([...population.all(START)]).toEqual(shown);
    expect(population.count(START)).toBe(shown.length);
    expect(population.newest(START, 0, all.length)).toEqual(shown.toReversed());
    expect(population.byUpdated(START, 0, all.length, updated).map(updated)).toEqual(
      shown.map(updated).sort((a, b) => a - b),
    );
    expect(population.updatedBefore(START, START - HOUR, updated)).toBe(
      shown.filter((life) => updated(life) < START - HOUR).length,
    );
    expect([...old, gone].filter(({ externalId }) => population.find(externalId, START))).toEqual([]);
    expect(population.find(next.externalId, START)).toEqual(next);
    expect(world.truth(START, platform)).toHaveLength(shown.length);
  });

  it('lets a test rewrite a life, as far as the lists of its platform can follow', () => {
    const world = worldOf(12);
    const field = world.population('workfloplus');
    const done = Array.from(field.all(START)).find((life) => endOf(life) < START - HOUR);
    if (done === undefined) throw new Error('nothing has finished long ago');
    const restart = { at: START, status: 'Active', stepNumber: 1, updatedAt: START };
    field.amend({ ...done, steps: divert(done.steps, START, [restart]) });
    expect(world.truthOf('workfloplus', done.externalId, START)).toMatchObject({
      state: 'running',
      updatedAt: START,
    });

    const charts = world.population('vectorcharts');
    const old = charts.at(0);
    const late = { at: START, status: 'completed', percent: 100 };
    expect(() => charts.amend({ ...old, steps: divert(old.steps, START, [late]) })).toThrow(RangeError);
  });

  it('holds a million jobs as lightly as a thousand', () => {
    const world = worldOf(11, 6_000_000);
    const population = world.population('elastic-path');
    expect(population.count(START)).toBe(1_000_000);
    const [oldest] = population.newest(START, 999_999, 10);
    expect(oldest?.index).toBe(0);
    expect(population.find(oldest?.externalId ?? '', START)).toEqual(oldest);
  });
});

function bound(population: Population): Pick<Population, 'script' | 'paceMs' | 'all'> {
  return { script: population.script, paceMs: population.paceMs, all: (now) => population.all(now) };
}

/** What cannot be true of a job, in words. */
function contradictions(job: TruthJob, now: number): string[] {
  const { createdAt, startedAt, finishedAt, updatedAt, progress } = job;
  const known = [createdAt, startedAt, finishedAt, updatedAt].filter((at) => at !== null);
  const rules: Record<string, boolean> = {
    'terminal is the state’s': job.terminal === isTerminal(job.state),
    'every word has a rule': job.state !== 'unknown',
    'updated last': Math.max(...known) === updatedAt && updatedAt <= now,
    'created first': Math.min(...known) === createdAt,
    'finished after it started': startedAt === null || finishedAt === null || finishedAt >= startedAt,
    'open jobs are not finished': job.terminal || finishedAt === null,
    'progress from 0 to 1': progress === null || (progress >= 0 && progress <= 1),
  };
  return Object.keys(rules)
    .filter((rule) => rules[rule] === false)
    .map((rule) => `${job.platform} ${job.externalId} ${job.rawStatus}: ${rule}`);
}
