import { latencyOf, rounded, Latency } from '../../bench/harness/figures.js';
import { PollKind } from '../../src/domain/poll-kind.js';
import { Period, RetentionOptions } from './retention.js';

/** A quarter, in months. */
const QUARTER = 3;
/** Not counting as growth: what a table takes up and down from one month to the next. */
const FLAT_BYTES = 1.05;
/** Of a machine that does something else too. */
const FLAT_TIME = 1.2;
/** After what is kept is full, in days: until a sweep has told what is absent, and it has been so for a day. */
const SETTLING_DAYS = 3;
/** Tables below it grow and shrink by single pages. */
const LARGE_BYTES = 1_000_000;

export interface Verdict {
  /** The first periods in which all that goes by age has come round, and the last ones; by their last days. */
  first: number[];
  last: number[];
  /** The last ones in proportion to the first: of what the database takes, and of each table that is large by then. */
  bytes: number;
  tables: Record<string, number>;
  /** By kind: the median wall time of a poll, and of a round over all platforms the median CPU of the process and the mean CPU of PostgreSQL (null where nobody tells). */
  polls: Record<PollKind, { wall: number; cpu: number; server: number | null }>;
  isFlat: boolean;
}

const KINDS: readonly PollKind[] = ['incremental', 'sweep'];

/** @returns null where there are not two quarters to compare */
export function verdictOf(
  periods: readonly Period[],
  { periodDays, kept }: RetentionOptions,
): Verdict | null {
  // removed jobs are remembered for as long as jobs are kept
  const roundAfter = 2 * Math.max(kept.jobs, kept.events) + SETTLING_DAYS;
  const steady = periods.filter(({ day }) => day - periodDays >= roundAfter);
  const [first, last] = [steady.slice(0, QUARTER), steady.slice(-QUARTER)];
  if (steady.length < 2 * QUARTER) return null;
  const grown = (value: (period: Period) => number): number =>
    rounded(mean(last.map(value)) / mean(first.map(value)));
  const bytes = grown((period) => period.bytes);
  const tables = Object.fromEntries(
    Object.entries(last.at(-1)!.tables)
      .filter(([, size]) => size >= LARGE_BYTES)
      .map(([table]) => [table, grown((period) => period.tables[table] ?? 0)]),
  );
  const isTold = steady.every(({ rounds }) => rounds.every(({ serverMs }) => serverMs !== null));
  const polls = Object.fromEntries(
    KINDS.map((kind) => [
      kind,
      {
        wall: grown((period) => pollTimes(period, kind).wall.p50),
        cpu: grown((period) => pollTimes(period, kind).cpu.p50),
        server: isTold ? grown((period) => pollTimes(period, kind).server) : null,
      },
    ]),
  ) as Verdict['polls'];
  const isFlat = bytes <= FLAT_BYTES && KINDS.every((kind) => polls[kind].wall <= FLAT_TIME);
  const days = (some: readonly Period[]) => some.map(({ day }) => day);
  return { first: days(first), last: days(last), bytes, tables, polls, isFlat };
}

/** Over all platforms, each of which shows as many jobs in every month: the wall time of a poll, and the CPU of a round of them. */
export function pollTimes(
  period: Period,
  kind: PollKind,
): { wall: Latency; cpu: Latency; /** The mean of PostgreSQL's CPU. */ server: number } {
  const rounds = period.rounds.filter((round) => round.kind === kind);
  return {
    wall: latencyOf(rounds.flatMap(({ wallMs }) => wallMs)),
    cpu: latencyOf(rounds.map(({ cpuMs }) => cpuMs)),
    server: rounded(mean(rounds.map(({ serverMs }) => serverMs ?? 0))),
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
