import { PoolClient } from 'pg';
import { Instant } from '../domain/job.js';
import { offsetOf } from '../domain/timestamps.js';
import {
  ExpectedJobs,
  OpenJobFact,
  RunFact,
  openJobs,
  outcomesBetween,
  queueLengths,
  recentRuns,
  typesOf,
} from '../storage/expectation.facts.js';
import { FiringBreach, NewBreach } from '../storage/expectation.store.js';
import { judgeCadence } from './cadence.js';
import { CoveredSource } from './covered-source.js';
import { Judgement, Verdict, isBroken, judgeElapsed, judgeSuccessRate } from './judgement.js';
import { LearnedCadence, learnCadence, learnDuration } from './learn.js';
import { Memories } from './memories.js';
import { describeBreach } from './message.js';
import { lookAtQueue } from './queue.js';
import { quantile } from './quantile.js';
import { Rule, SPAN_OF, onlyType, typeKey } from './rule.js';

/** What one look at a rule finds. */
export interface Findings {
  broken: NewBreach[];
  /** Of a breach that goes on and was not found now: whether nobody can say that it ended. */
  isUndecided: (breach: FiringBreach) => boolean;
}

/** Open jobs that are looked at for one rule, those first that have taken longest; and breaches of one rule that are told apart. */
export const MOST_JOBS = 10_000;
/** A queue is counted so far. */
const MOST_QUEUED = 100_001;
/** Jobs among which the last start is looked for, and those that what is usual is learned from. */
const LOOKED_FOR_START = 200;
const LOOKED_FOR_RUNS = 1_000;
const LOOKED_FOR_LEARNING = 3_000;
/** Runs that a p95, or a usual duration, is taken from: the last ones. */
export const RUNS = 200;
/** Types of one source that are learned. */
const MOST_TYPES = 1_000;
/** How far back rhythms are learned. */
export const LEARNED_FROM_MS = 35 * 86_400_000;

const P95_KEPT_MS = 600_000;
const LEARNED_KEPT_MS = 3_600_000;
/** What is worked out anew in one evaluation of one rule. */
const ANEW = 50;

/** @param firing the rule's breaches that go on */
export async function findBreaches(
  client: PoolClient,
  rule: Rule,
  sources: readonly CoveredSource[],
  firing: readonly FiringBreach[],
  memories: Memories,
  now: Instant,
): Promise<Findings> {
  const look = new Look(client, rule, sources, firing, memories, now);
  memories.allow(ANEW);
  switch (rule.kind) {
    case 'duration':
    case 'stuck':
    case 'start':
      return look.jobs();
    case 'learned':
      return look.learned();
    default:
      return look.groups();
  }
}

type LearnedRule = Extract<Rule, { kind: 'learned' }>;

class Look {
  private readonly asked: ExpectedJobs;

  constructor(
    private readonly client: PoolClient,
    private readonly rule: Rule,
    private readonly sources: readonly CoveredSource[],
    private readonly firing: readonly FiringBreach[],
    private readonly memories: Memories,
    private readonly now: Instant,
  ) {
    this.asked = { filter: rule.filter, sources: sources.map(({ key }) => key), now };
  }

  /** Rules about single jobs. What a source does not show is not held against its jobs: they are judged as of when they were last seen. */
  async jobs(): Promise<Findings> {
    const span = SPAN_OF[this.rule.kind]!;
    const oldest = await openJobs(this.client, this.asked, span, MOST_JOBS);
    const seen = new Set(oldest.map(({ id }) => id));
    const others = this.firing.map(({ jobId }) => jobId).filter((id) => id !== null && !seen.has(id));
    const isCut = oldest.length === MOST_JOBS && others.length > 0;
    const rest = isCut ? await openJobs(this.client, this.asked, span, MOST_JOBS, others as string[]) : [];
    const broken: NewBreach[] = [];
    const undecided = new Set<string>();
    for (const job of [...oldest, ...rest]) {
      const limit = await this.limitOf(job);
      if (limit === undefined) undecided.add(job.id);
      const verdict = limit == null ? 'kept' : judgeElapsed(job.from, job.seenAt, limit);
      if (isBroken(verdict)) broken.push(this.breachOf(job, verdict));
    }
    return {
      broken: broken.slice(0, MOST_JOBS),
      isUndecided: ({ jobId }) => jobId !== null && undecided.has(jobId),
    };
  }

  /** Milliseconds; null: nothing is expected of it. Undefined: not worked out yet. */
  private async limitOf(job: OpenJobFact): Promise<number | null | undefined> {
    const { rule } = this;
    switch (rule.kind) {
      case 'stuck':
        return rule.afterMs;
      case 'start':
        return rule.withinMs;
      case 'duration':
        return rule.maxMs ?? this.limitOfP95(job, rule.beyondP95!, rule.minimumRuns);
      case 'learned':
        return (await this.usual(job.source, job.type, rule))?.durationMs;
      default:
        return null;
    }
  }

  private limitOfP95({ source, type }: OpenJobFact, factor: number, minimumRuns: number) {
    return this.recall('p95', source, type, P95_KEPT_MS, async () => {
      const runs = await recentRuns(this.client, this.asked, source, LOOKED_FOR_RUNS, type);
      return limitBeyondP95(durationsOf(runs), factor, minimumRuns);
    });
  }

  private usual(source: string, type: string | null, { minimumRuns, timeZone }: LearnedRule) {
    return this.recall('usual', source, type, LEARNED_KEPT_MS, async (): Promise<Usual> => {
      const runs = await recentRuns(this.client, this.asked, source, LOOKED_FOR_LEARNING, type);
      const since = this.now - LEARNED_FROM_MS;
      const starts = runs.map(({ startedAt }) => startedAt).filter((at) => at >= since);
      return {
        durationMs: learnDuration(durationsOf(runs), minimumRuns),
        cadence: learnCadence(starts, minimumRuns, (at) => offsetOf(timeZone, at)),
      };
    });
  }

  private recall<T>(
    what: string,
    source: string,
    type: string | null,
    keepMs: number,
    workOut: () => Promise<T>,
  ): Promise<T | undefined> {
    const key = JSON.stringify([what, this.rule.name, source, typeKey(type)]);
    return this.memories.recall(key, this.now, keepMs, workOut);
  }

  /** Rules about all matching jobs of a source together. */
  async groups(): Promise<Findings> {
    const broken: NewBreach[] = [];
    const unknown = new Set<string>();
    const lengths =
      this.rule.kind === 'queue'
        ? await queueLengths(this.client, this.asked, MOST_QUEUED)
        : new Map<string, number>();
    for (const source of this.sources) {
      const judgement = await this.judge(source, lengths.get(source.key) ?? 0);
      if (judgement === 'unknown') unknown.add(source.key);
      else if (isBroken(judgement))
        broken.push(this.breach(source.key, '', null, onlyType(this.rule), judgement));
    }
    return { broken, isUndecided: ({ source }) => unknown.has(source) };
  }

  private async judge(source: CoveredSource, queued: number): Promise<Judgement> {
    const { rule, now } = this;
    switch (rule.kind) {
      case 'queue': {
        if (source.blind !== null) return 'unknown';
        const { judgement, memory } = lookAtQueue(rule, source.state.memory, queued, now);
        source.state = { ...source.state, memory };
        return judgement;
      }
      case 'success-rate': {
        const through = source.completeThrough;
        if (through === null) return 'unknown';
        const outcomes = await outcomesBetween(
          this.client,
          this.asked,
          source.key,
          through - rule.windowMs,
          through,
        );
        return judgeSuccessRate(rule, outcomes, through);
      }
      case 'cadence': {
        const runs = await recentRuns(this.client, this.asked, source.key, LOOKED_FOR_START);
        return judgeCadence(rule, {
          lastStart: lastOf(runs),
          watchedSince: source.state.watchedSince,
          completeThrough: source.completeThrough,
        });
      }
      default:
        return 'kept';
    }
  }

  /** Durations of single runs, and the rhythm of each type. */
  async learned(): Promise<Findings> {
    const found = await this.jobs();
    const undecided = new Set<string>();
    const keyOf = (source: string, subject: string) => `${source} ${subject}`;
    const rule = this.rule as LearnedRule;
    for (const { key, completeThrough } of this.sources) {
      const types = await typesOf(this.client, this.asked, key, MOST_TYPES);
      for (const type of types) {
        const subject = `type ${typeKey(type)}`;
        const usual = await this.usual(key, type, rule);
        if (usual === undefined || completeThrough === null) undecided.add(keyOf(key, subject));
        if (usual?.cadence == null || completeThrough === null) continue;
        const last = lastOf(await recentRuns(this.client, this.asked, key, LOOKED_FOR_START, type));
        const judgement = judgeRhythm(usual.cadence, last, completeThrough);
        if (isBroken(judgement)) found.broken.push(this.breach(key, subject, null, type, judgement));
      }
    }
    return {
      broken: found.broken,
      isUndecided: (breach) =>
        found.isUndecided(breach) ||
        (breach.jobId === null && undecided.has(keyOf(breach.source, breach.subject))),
    };
  }

  private breachOf({ id, source, type }: OpenJobFact, verdict: Verdict): NewBreach {
    return this.breach(source, id, id, type, verdict);
  }

  private breach(
    source: string,
    subject: string,
    jobId: string | null,
    type: string | null,
    verdict: Verdict,
  ): NewBreach {
    const message = describeBreach(this.rule, verdict, jobId === null ? 'group' : 'job');
    return { rule: this.rule.name, kind: this.rule.kind, source, subject, jobId, type, ...verdict, message };
  }
}

/** What is usual of a type; null: too little is known of it. */
export interface Usual {
  durationMs: number | null;
  cadence: LearnedCadence | null;
}

/** @param durations of the last runs that succeeded, milliseconds */
export function limitBeyondP95(
  durations: readonly number[],
  factor: number,
  minimumRuns: number,
): number | null {
  return durations.length < minimumRuns ? null : quantile(durations, 0.95) * factor;
}

/** Whether the next run is late, as of what is known completely. */
export function judgeRhythm(cadence: LearnedCadence, last: Instant | null, through: Instant): Judgement {
  if (last === null) return 'unknown';
  const { usualMs, limitMs } = cadence.after(last);
  const value = through - last;
  return value > limitMs ? { since: last + usualMs, value, limit: limitMs } : 'kept';
}

function lastOf(runs: readonly RunFact[]): Instant | null {
  return runs.length === 0 ? null : Math.max(...runs.map(({ startedAt }) => startedAt));
}

function durationsOf(runs: readonly RunFact[]): number[] {
  return runs
    .map(({ durationMs }) => durationMs)
    .filter((ms): ms is number => ms !== null && ms >= 0)
    .slice(0, RUNS);
}
