import { Instant } from '../domain/job.js';
import { median, quantile, spread } from './quantile.js';

/**
 * What can be learned from how the runs of one type went, robustly: medians and their deviations, which a few wild runs do not move, and
 * nothing where history does not prove it. The figures below were chosen with `npm run lab:expectations`.
 */

/** A duration is unusual beyond so many (robust) standard deviations of the logarithms, and beyond this multiple of what is usual. */
const UNUSUAL_DEVIATIONS = 4;
const UNUSUAL_FACTOR = 1.5;
/** Below it, nobody minds how much longer than usual a run takes. */
const LEAST_MARGIN_MS = 60_000;

/**
 * The longest that a run usually takes, with a margin.
 *
 * @param durations of the last runs that succeeded, milliseconds
 * @returns null when there are too few of them
 */
export function learnDuration(durations: readonly number[], minimumRuns: number): number | null {
  if (durations.length < minimumRuns) return null;
  const logarithms = durations.map((ms) => Math.log(Math.max(ms, 1)));
  const unusual = Math.exp(median(logarithms) + UNUSUAL_DEVIATIONS * spread(logarithms));
  const p95 = quantile(durations, 0.95);
  return Math.round(Math.max(unusual, UNUSUAL_FACTOR * p95, p95 + LEAST_MARGIN_MS));
}

/** When the next run of a type is due, by how its runs followed each other. */
export interface LearnedCadence {
  /** Of the start after one that began then: how long it usually takes, and how long it may take. */
  after(start: Instant): { usualMs: number; limitMs: number };
}

const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;

/** History that weeks are learned from: with less, no gap is unusual that is not longer than all that were seen. */
const WEEKS_NEEDED = 3;
/** The least that a run may be late, and the least where runs are hours apart: a timetable by local time moves by an hour twice a year. */
const LEAST_TOLERANCE_MS = 300_000;
const LEAST_TOLERANCE_OF_RARE_MS = 75 * 60_000;
const RARE_MS = 6 * 3_600_000;
/** A rhythm that its own history would have broken more often than twice and so much of the time is none. */
const MOST_BROKEN = { times: 2, part: 0.02 };
/** A week is a rhythm when so many of the starts have others at their place of it. */
const LEAST_ALIKE = 0.75;
/** Before weeks are known, only what comes evenly has a rhythm: no gap was longer than so many usual ones. */
const MOST_UNEVEN = 4;
/** And it is missing after so many times the longest gap. */
const LONGEST_FACTOR = 1.5;

/**
 * The rhythm in which runs start. The gap after a start is compared with the gaps after the starts at the same time of the week before:
 * what stands still at night or over the weekend did so last week too.
 *
 * @param starts of past runs, in any order
 * @param offsetAt local time less UTC, milliseconds: timetables go by it
 * @returns null when there are too few, or they follow no rhythm
 */
export function learnCadence(
  starts: readonly Instant[],
  minimumRuns: number,
  offsetAt: (at: Instant) => number = () => 0,
): LearnedCadence | null {
  const sorted = [...new Set(starts)].sort((a, b) => a - b);
  if (sorted.length < Math.max(minimumRuns, 4)) return null;
  const gaps = sorted.slice(1).map((start, place) => start - sorted[place]!);
  const usual = median(gaps);
  if (sorted.at(-1)! - sorted[0]! >= WEEKS_NEEDED * WEEK_MS) {
    const week = new Week(sorted, gaps, usual, offsetAt);
    if (week.isRhythm()) return week;
  }
  return evenly(gaps, usual);
}

/** Without a week to go by: what came evenly goes on to. */
function evenly(gaps: readonly number[], usual: number): LearnedCadence | null {
  const longest = Math.max(...gaps);
  if (longest > MOST_UNEVEN * usual) return null;
  const limitMs = Math.round(Math.max(LONGEST_FACTOR * longest, longest + toleranceOf(usual, 0)));
  return { after: () => ({ usualMs: Math.round(usual), limitMs }) };
}

interface Place {
  start: Instant;
  /** Of the week, in local time. */
  phase: number;
  gap: number;
}

/** A rhythm of the week. */
class Week implements LearnedCadence {
  /** By phase. */
  private readonly places: readonly Place[];
  /** Near enough to be the same place of the timetable, and not so wide as to take in the next one. */
  private readonly width: number;
  private readonly longest: number;
  private readonly tolerance: number;

  constructor(
    starts: readonly Instant[],
    gaps: readonly number[],
    private readonly usual: number,
    private readonly offsetAt: (at: Instant) => number,
  ) {
    this.width = Math.min(Math.max(usual / 2.5, 60_000), usual >= RARE_MS ? 2 * 3_600_000 : 1_800_000);
    this.longest = Math.max(...gaps);
    this.places = gaps
      .map((gap, place) => ({ start: starts[place]!, phase: this.phaseOf(starts[place]!), gap }))
      .sort((a, b) => a.phase - b.phase);
    const residuals = this.places.flatMap((place) => {
      const others = this.others(place);
      return others.length < WEEKS_NEEDED - 1 ? [] : [place.gap - median(others)];
    });
    this.tolerance = toleranceOf(usual, residuals.length === 0 ? 0 : spread(residuals));
  }

  after(start: Instant): { usualMs: number; limitMs: number } {
    const alike = this.near(this.phaseOf(start)).map(({ gap }) => gap);
    if (alike.length < WEEKS_NEEDED) return this.limit(this.usual, this.longest);
    const usual = median(alike);
    return this.limit(usual, Math.max(usual, this.yesterday(start)));
  }

  /** Whether history proves it: each start foretold by the others. */
  isRhythm(): boolean {
    let [known, broken] = [0, 0];
    for (const place of this.places) {
      const others = this.others(place);
      if (others.length < WEEKS_NEEDED - 1) continue;
      known++;
      if (place.gap > median(others) + this.tolerance) broken++;
    }
    return (
      known >= LEAST_ALIKE * this.places.length &&
      broken <= MOST_BROKEN.times + MOST_BROKEN.part * this.places.length
    );
  }

  private limit(usual: number, most: number) {
    return { usualMs: Math.round(usual), limitMs: Math.round(most + this.tolerance) };
  }

  /** The longest gap after the starts at this time yesterday: a timetable that was changed is not wrong for weeks. */
  private yesterday(start: Instant): number {
    const gaps = this.near((this.phaseOf(start) + WEEK_MS - DAY_MS) % WEEK_MS)
      .filter((place) => Math.abs(start - DAY_MS - place.start) <= this.width)
      .map(({ gap }) => gap);
    return Math.max(0, ...gaps);
  }

  private others(place: Place): number[] {
    return this.near(place.phase)
      .filter((other) => other !== place)
      .map(({ gap }) => gap);
  }

  private near(phase: number): Place[] {
    const turns = [-WEEK_MS, 0, WEEK_MS];
    return turns.flatMap((turn) => within(this.places, phase + turn - this.width, phase + turn + this.width));
  }

  private phaseOf(start: Instant): number {
    return (start + this.offsetAt(start)) % WEEK_MS;
  }
}

/** Those of these phases. @param places by phase */
function within(places: readonly Place[], from: number, to: number): Place[] {
  let low = 0;
  for (let high = places.length; low < high;) {
    const middle = (low + high) >> 1;
    if (places[middle]!.phase < from) low = middle + 1;
    else high = middle;
  }
  const found: Place[] = [];
  for (; low < places.length && places[low]!.phase <= to; low++) found.push(places[low]!);
  return found;
}

function toleranceOf(usual: number, deviation: number): number {
  const least = usual >= RARE_MS ? LEAST_TOLERANCE_OF_RARE_MS : LEAST_TOLERANCE_MS;
  return Math.max(least, 0.25 * Math.min(usual, DAY_MS / 12), 4 * deviation);
}
