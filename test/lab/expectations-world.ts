import { DateTime } from 'luxon';
import { Instant } from '../../src/domain/job.js';
import { Random, mix, mixText } from '../../src/simulators/random.js';
import { JobSeed } from '../support/jobs.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const ZONE = 'Europe/Berlin';

/** Europe's clocks go forward on 2026-03-29, within the month. */
export const MONTH = {
  /** History that is learned from before anything is judged. */
  learnedFrom: Date.parse('2026-02-09T00:00:00.000Z'),
  since: Date.parse('2026-03-16T00:00:00.000Z'),
  until: Date.parse('2026-04-15T00:00:00.000Z'),
};

export const PROBLEMS = [
  'slow run',
  'stuck run',
  'missing run',
  'late run',
  'falling success rate',
  'growing queue',
] as const;
export type Problem = (typeof PROBLEMS)[number];

/** Something wrong that was put into the month. */
export interface Planted {
  problem: Problem;
  type: string;
  /** The run, where it is one. */
  externalId: string | null;
  /** A breach of the type (of the run) that begins in this time has found it. */
  from: Instant;
  to: Instant;
}

export interface SimulatedMonth {
  jobs: JobSeed[];
  planted: Planted[];
  /** Times in which the source could not be read. */
  outages: [from: Instant, to: Instant][];
}

export const SOURCE = 'etl';

/** How the runs of a type come. */
interface Rhythm {
  name: string;
  /** Times at which runs are planned, of a local day. */
  minutesOf: (day: DateTime) => number[];
  /** How long a run usually takes, and how much that varies (of its logarithm). */
  usualMs: number;
  sigma: number;
  /** The gap that follows most runs. */
  gapMs: number;
  /** How late runs start, at most, when all is well. */
  jitterMs: number;
  problems: readonly Problem[];
}

const every = (minutes: number, from = 0, to = 1_440) =>
  Array.from({ length: Math.ceil((to - from) / minutes) }, (_, index) => from + index * minutes);
const isWorkday = (day: DateTime) => day.weekday <= 5;
const ALL: readonly Problem[] = ['slow run', 'stuck run', 'missing run', 'late run'];

/** @param shift moves times of day, so that copies of a rhythm are not one */
function rhythms(shift: number, isLarge: boolean): Rhythm[] {
  const common = { sigma: 0.2, jitterMs: 3 * MINUTE, problems: ALL };
  return [
    { ...common, name: 'nightly', minutesOf: () => [150 + shift], usualMs: 40 * MINUTE, gapMs: DAY },
    {
      ...common,
      name: 'nightly-on-workdays',
      minutesOf: (day) => (isWorkday(day) ? [60 + shift] : []),
      usualMs: HOUR,
      gapMs: DAY,
    },
    {
      ...common,
      name: 'twice-a-day',
      minutesOf: () => [360 + shift, 1_080 + shift],
      usualMs: 20 * MINUTE,
      gapMs: 12 * HOUR,
    },
    {
      ...common,
      name: 'hourly',
      minutesOf: () => every(60, shift % 60),
      usualMs: 8 * MINUTE,
      gapMs: HOUR,
      sigma: 0.3,
    },
    {
      ...common,
      name: 'office-hours',
      minutesOf: (day) => (isWorkday(day) ? every(30, 480 + (shift % 30), 1_080) : []),
      usualMs: 5 * MINUTE,
      gapMs: 30 * MINUTE,
      jitterMs: MINUTE,
    },
    // no rhythm at all: whatever people start, and whenever
    {
      ...common,
      name: 'by-hand',
      minutesOf: () => [],
      usualMs: 15 * MINUTE,
      gapMs: 0,
      sigma: 0.6,
      problems: ['stuck run'],
    },
    ...(isLarge
      ? [
          {
            ...common,
            name: 'every-five-minutes',
            minutesOf: () => every(5),
            usualMs: 40_000,
            gapMs: 5 * MINUTE,
            jitterMs: 20_000,
          },
          {
            ...common,
            name: 'heavy-tail',
            minutesOf: () => every(120, shift % 60),
            usualMs: 10 * MINUTE,
            gapMs: 2 * HOUR,
            sigma: 0.6,
          },
        ]
      : []),
  ];
}

interface Run {
  planned: Instant;
  started: Instant;
  tookMs: number;
}

/** A month of one source, and five weeks before it: the same in every run of the same seed. */
export function simulateMonth(
  seed: number,
  { copies, isLarge }: { copies: number; isLarge: boolean },
): SimulatedMonth {
  const month: SimulatedMonth = { jobs: [], planted: [], outages: outagesOf(new Random(mix(seed, 1))) };
  for (let copy = 0; copy < copies; copy++) {
    for (const rhythm of rhythms(copy * 37, isLarge)) {
      const type = `${rhythm.name}-${copy + 1}`;
      addRuns(month, rhythm, type, new Random(mix(seed, mixText(type))));
    }
    addQuality(month, `quality-${copy + 1}`, new Random(mix(seed, copy, 2)));
    addQueue(month, `queue-${copy + 1}`, new Random(mix(seed, copy, 3)));
  }
  return month;
}

/** Two of them, of hours, in which everything runs on unseen. */
function outagesOf(random: Random): [Instant, Instant][] {
  return [6, 19].map((day) => {
    const from = MONTH.since + day * DAY + random.int(0, 18) * HOUR;
    return [from, from + random.int(3, 9) * HOUR];
  });
}

function addRuns(month: SimulatedMonth, rhythm: Rhythm, type: string, random: Random): void {
  const runs = plannedTimes(rhythm, random).map((planned): Run => {
    const jitter = random.unit() * rhythm.jitterMs;
    const tookMs = rhythm.usualMs * Math.exp(rhythm.sigma * normal(random));
    return { planned, started: planned + jitter, tookMs };
  });
  const troubled = new Map<number, Problem>();
  for (const problem of rhythm.problems) {
    const place = placeFor(month, runs, troubled, rhythm, random);
    if (place !== null) troubled.set(place, problem);
  }
  runs.forEach((run, place) =>
    addRun(month, rhythm, type, `${type}/${place}`, run, troubled.get(place), random),
  );
}

function plannedTimes(rhythm: Rhythm, random: Random): Instant[] {
  const times: Instant[] = [];
  const last = DateTime.fromMillis(MONTH.until, { zone: ZONE });
  for (
    let day = DateTime.fromMillis(MONTH.learnedFrom, { zone: ZONE }).startOf('day');
    day < last;
    day = day.plus({ days: 1 })
  ) {
    const minutes =
      rhythm.gapMs === 0
        ? Array.from({ length: isWorkday(day) ? random.int(0, 4) : 0 }, () => random.int(420, 1_200))
        : rhythm.minutesOf(day);
    for (const minute of minutes.sort((a, b) => a - b))
      times.push(day.set({ hour: Math.floor(minute / 60), minute: minute % 60 }).toMillis());
  }
  return times.filter((at) => at >= MONTH.learnedFrom && at < MONTH.until);
}

/** A run in the month, away from outages and from other troubles, with a usual gap before and after it. */
function placeFor(
  { outages }: SimulatedMonth,
  runs: readonly Run[],
  troubled: ReadonlyMap<number, Problem>,
  { gapMs }: Rhythm,
  random: Random,
): number | null {
  for (let tries = 0; tries < 1_000; tries++) {
    const place = random.int(1, runs.length - 2);
    const { planned } = runs[place]!;
    const usual = (a: number, b: number) =>
      gapMs === 0 || Math.abs(runs[b]!.planned - runs[a]!.planned - gapMs) <= HOUR / 2;
    const isClear =
      planned > MONTH.since + DAY &&
      planned < MONTH.until - 2 * DAY &&
      outages.every(([from, to]) => planned < from - DAY || planned > to + DAY) &&
      [...troubled.keys()].every(
        (other) => Math.abs(runs[other]!.planned - planned) > Math.max(2 * DAY, 3 * gapMs),
      ) &&
      usual(place - 1, place) &&
      usual(place, place + 1);
    if (isClear) return place;
  }
  return null;
}

function addRun(
  month: SimulatedMonth,
  rhythm: Rhythm,
  type: string,
  externalId: string,
  { started, tookMs }: Run,
  problem: Problem | undefined,
  random: Random,
): void {
  const plant = (from: Instant, to: Instant, run: string | null) =>
    month.planted.push({ problem: problem!, type, externalId: run, from, to });
  const cadenceEnd = started + Math.max(2.5 * rhythm.gapMs, HOUR);
  switch (problem) {
    case 'missing run':
      // of runs that follow each other within minutes one is no loss; half an hour of them is
      plant(started, cadenceEnd, null);
      return;
    case 'late run': {
      const later = Math.max(0.7 * rhythm.gapMs, rhythm.gapMs >= 6 * HOUR ? 3 * HOUR : 0);
      plant(started, cadenceEnd, null);
      month.jobs.push(ended(type, externalId, started + later, tookMs));
      return;
    }
    case 'slow run':
      plant(started, started + 8 * rhythm.usualMs + HOUR, externalId);
      month.jobs.push(ended(type, externalId, started, 8 * rhythm.usualMs));
      return;
    case 'stuck run':
      plant(started, started + DAY, externalId);
      month.jobs.push(ended(type, externalId, started, 20 * HOUR, 'cancelled'));
      return;
    default:
      // failures now and then are no problem, and a third of them end early
      if (random.chance(0.02))
        month.jobs.push(ended(type, externalId, started, tookMs * (random.chance(0.33) ? 0.1 : 1), 'failed'));
      else month.jobs.push(ended(type, externalId, started, tookMs));
  }
}

/** A run every half an hour, of which two or three in a hundred fail; for a day every third one. */
function addQuality(month: SimulatedMonth, type: string, random: Random): void {
  const from = MONTH.since + random.int(9, 16) * DAY + random.int(0, 20) * HOUR;
  month.planted.push({ problem: 'falling success rate', type, externalId: null, from, to: from + 2 * DAY });
  let number = 0;
  for (let at = MONTH.learnedFrom; at < MONTH.until; at += HOUR / 2) {
    const isBad = at >= from && at < from + DAY;
    const state = random.chance(isBad ? 0.35 : 0.025) ? 'failed' : 'succeeded';
    month.jobs.push(
      ended(type, `${type}/${number++}`, at + random.unit() * MINUTE, (3 + random.unit()) * MINUTE, state),
    );
  }
}

/** Jobs that come by chance, ten an hour, and in bursts of thirty; for five hours nobody works on them. */
function addQueue(month: SimulatedMonth, type: string, random: Random): void {
  const begin = MONTH.since + 2 * DAY;
  const stop = begin + random.int(30, 100) * HOUR;
  const end = begin + 6 * DAY;
  month.planted.push({ problem: 'growing queue', type, externalId: null, from: stop, to: stop + 6 * HOUR });
  let free = begin;
  let number = 0;
  let nextBurst = begin + 8 * HOUR;
  for (let at = begin; at < end; at += -Math.log(1 - random.unit()) * (HOUR / 10)) {
    const isBurst = at >= nextBurst && Math.abs(at - stop) > 12 * HOUR;
    if (at >= nextBurst) nextBurst += 8 * HOUR;
    for (let more = isBurst ? 30 : 1; more > 0; more--) {
      free = Math.max(free, at);
      if (free >= stop && free < stop + 5 * HOUR) free = stop + 5 * HOUR;
      const job = ended(type, `${type}/${number++}`, free, 2 * MINUTE);
      month.jobs.push({ ...job, createdAt: iso(at) });
      // one after the other, much faster than they come
      free += 2 * MINUTE;
    }
  }
}

function ended(
  type: string,
  externalId: string,
  startedAt: Instant,
  tookMs: number,
  state: 'succeeded' | 'failed' | 'cancelled' = 'succeeded',
): JobSeed {
  const [start, end] = [iso(startedAt), iso(startedAt + tookMs)];
  return {
    ...{
      source: SOURCE,
      externalId,
      type,
      name: type,
      state,
      createdAt: start,
      startedAt: start,
      finishedAt: end,
    },
    ...{ updatedAt: end, firstSeenAt: start, stateChangedAt: end, changedAt: end, seenAt: end },
  };
}

/** Of mean 0 and deviation 1 (Box and Muller). */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.unit())) * Math.cos(2 * Math.PI * random.unit());
}

function iso(at: Instant): string {
  return new Date(Math.trunc(at)).toISOString();
}
