import { Instant } from '../domain/job.js';
import { offsetOf } from '../domain/timestamps.js';
import { HistoryPoint } from '../storage/expectation.history.js';
import { judgeCadence } from './cadence.js';
import { LEARNED_FROM_MS, RUNS, limitBeyondP95 } from './findings.js';
import { Judgement, Outcomes, Verdict, isBroken, judgeElapsed, judgeSuccessRate } from './judgement.js';
import { learnCadence, learnDuration } from './learn.js';
import { describeBreach } from './message.js';
import { QueueMemory, lookAtQueue } from './queue.js';
import { Rule, SPAN_OF, onlyType } from './rule.js';

/** When a rule would have fired, and resolved. */
export interface ReplayedBreach {
  source: string;
  jobId: string | null;
  type: string | null;
  /** Since when it was broken. */
  since: Instant;
  firedAt: Instant;
  /** Null: it still fires at the end. */
  resolvedAt: Instant | null;
  value: number;
  limit: number;
  message: string;
}

export interface ReplayOptions {
  /** Sources that the rule covers. */
  sources: readonly string[];
  /** Breaches before it are not told; what went before is only learned from. */
  since: Instant;
  until: Instant;
  /** How often the rule is evaluated. */
  stepMs: number;
  /** Told of each breach when it ends, or at the end of the time. */
  tell: (breach: ReplayedBreach) => void;
}

/** How far before the time in question history must be read, for a rule to know then what it would have known. */
export function headStartMs(rule: Rule): number {
  switch (rule.kind) {
    case 'learned':
      return LEARNED_FROM_MS;
    case 'duration':
      return rule.beyondP95 === null ? 0 : LEARNED_FROM_MS;
    case 'success-rate':
      return rule.windowMs;
    case 'queue':
      return Math.max(rule.forMs, rule.growsForMs ?? 0) * 1.5;
    case 'cadence':
      return rule.everyMs === null ? 7 * 86_400_000 : 2 * (rule.everyMs + rule.toleranceMs);
    default:
      return 0;
  }
}

/** What is worked out of the last runs of a type holds for so long. */
const KEPT_MS = 6 * 3_600_000;
const MOST_STARTS = 3_000;
/** Types that are told apart; of the others nothing is learned. */
const MOST_TYPES = 5_000;

interface OpenJob {
  id: string;
  source: string;
  type: string | null;
  /** When it began to run; null while it waits. */
  began: Instant | null;
  waits: Instant | null;
  queued: boolean;
  moved: Instant | null;
}

/** The last runs of one type of a source. */
class TypeHistory {
  readonly starts: Instant[] = [];
  readonly durations: number[] = [];
  usual: Usual | null = null;
  workedOutAt = -Infinity;

  constructor(
    readonly source: string,
    readonly type: string | null,
  ) {}
}

interface Usual {
  durationMs: number | null;
  /** When the next start is usually there, and when it is late; null: nobody can say. */
  next: ((last: Instant) => { usualMs: number; limitMs: number }) | null;
}

/** What one source has seen. */
interface SourceHistory {
  blindSince: Instant | null;
  lastStart: Instant | null;
  queued: number;
  memory: QueueMemory;
  /** Ended runs by minute, oldest first, and their sum. */
  outcomes: (Outcomes & { minute: Instant })[];
  sum: Outcomes;
}

/**
 * Evaluates one rule over points of history in the order of time, as it would have been evaluated then. Holds what was open at one time, and
 * of each type a bounded number of runs.
 */
export class Replay {
  private now: Instant;
  private readonly open = new Map<string, OpenJob>();
  private readonly types = new Map<string, TypeHistory>();
  private readonly sources: Map<string, SourceHistory>;
  private readonly firing = new Map<string, ReplayedBreach>();
  private readonly begunAt: Instant;

  constructor(
    private readonly rule: Rule,
    private readonly options: ReplayOptions,
  ) {
    this.begunAt = options.since - headStartMs(rule);
    this.now = Math.ceil(this.begunAt / options.stepMs) * options.stepMs;
    this.sources = new Map(
      options.sources.map((key) => [
        key,
        {
          blindSince: null,
          lastStart: null,
          queued: 0,
          memory: {},
          outcomes: [],
          sum: { succeeded: 0, failed: 0 },
        },
      ]),
    );
  }

  take(point: HistoryPoint): void {
    this.goTo(Math.min(point.at, this.options.until));
    const source = this.sources.get(point.source);
    if (source === undefined || point.at > this.options.until) return;
    if (point.what === 'blind') source.blindSince ??= point.at;
    else if (point.what === 'sighted') source.blindSince = null;
    else this.takeJob(point, source);
  }

  /** Evaluates up to the end, and tells what still fires. */
  end(): void {
    this.goTo(this.options.until);
    for (const breach of this.firing.values()) this.options.tell(breach);
    this.firing.clear();
  }

  private takeJob(point: HistoryPoint, source: SourceHistory): void {
    const id = point.jobId!;
    const known = this.open.get(id);
    const job: OpenJob = known ?? {
      id,
      source: point.source,
      type: point.type,
      began: null,
      waits: null,
      queued: false,
      moved: null,
    };
    switch (point.what) {
      case 'waits':
        this.open.set(id, { ...job, waits: point.at, queued: point.queued });
        if (point.queued) source.queued++;
        return;
      case 'began':
        if (job.queued) source.queued--;
        this.open.set(id, { ...job, began: point.at, moved: point.at, queued: false });
        source.lastStart = Math.max(source.lastStart ?? -Infinity, point.at);
        push(this.typeOf(point)?.starts, point.at, MOST_STARTS);
        return;
      case 'moved':
        if (known !== undefined) known.moved = point.at;
        return;
      default:
        if (job.queued) source.queued--;
        this.open.delete(id);
        this.takeEnd(point, job, source);
    }
  }

  private takeEnd({ at, state, ...point }: HistoryPoint, { began }: OpenJob, source: SourceHistory): void {
    if (state === 'succeeded' && began !== null) push(this.typeOf({ ...point })?.durations, at - began, RUNS);
    const failed = state === 'failed' || state === 'missed';
    if (this.rule.kind !== 'success-rate' || !(failed || state === 'succeeded')) return;
    const minute = Math.floor(at / 60_000) * 60_000;
    let last = source.outcomes.at(-1);
    if (last?.minute !== minute) {
      last = { minute, succeeded: 0, failed: 0 };
      source.outcomes.push(last);
    }
    last[failed ? 'failed' : 'succeeded']++;
    source.sum[failed ? 'failed' : 'succeeded']++;
  }

  private typeOf({ source, type }: Pick<HistoryPoint, 'source' | 'type'>): TypeHistory | undefined {
    const key = JSON.stringify([source, type]);
    const known = this.types.get(key);
    if (known !== undefined || this.types.size >= MOST_TYPES) return known;
    const history = new TypeHistory(source, type);
    this.types.set(key, history);
    return history;
  }

  private goTo(at: Instant): void {
    for (; this.now <= at; this.now += this.options.stepMs) this.evaluate(this.now);
  }

  private evaluate(now: Instant): void {
    const isQuiet = now < this.options.since;
    // of the time before only what has a memory is looked at
    if (isQuiet && this.rule.kind !== 'queue') return;
    const broken = new Map<string, ReplayedBreach>();
    const undecided = new Set<string>();
    for (const [subject, found] of this.look(now)) {
      const { judgement, source, jobId, type } = found;
      if (judgement === 'unknown') undecided.add(subject);
      else if (isBroken(judgement)) broken.set(subject, this.breach(judgement, source, jobId, type, now));
    }
    if (isQuiet) return;
    for (const [subject, breach] of this.firing) {
      if (broken.has(subject) || undecided.has(subject)) continue;
      this.firing.delete(subject);
      this.options.tell({ ...breach, resolvedAt: now });
    }
    for (const [subject, breach] of broken) if (!this.firing.has(subject)) this.firing.set(subject, breach);
  }

  private *look(now: Instant): Iterable<[subject: string, Found]> {
    if (SPAN_OF[this.rule.kind] !== null) yield* this.jobs(now);
    if (this.rule.kind === 'learned') yield* this.rhythms(now);
    else if (SPAN_OF[this.rule.kind] === null) {
      for (const [key, source] of this.sources) {
        const judgement = this.judge(source, now);
        yield [key, { judgement, source: key, jobId: null, type: onlyType(this.rule) }];
      }
    }
  }

  private *jobs(now: Instant): Iterable<[string, Found]> {
    for (const job of this.open.values()) {
      const from = this.fromOf(job);
      if (from === null) continue;
      const limit = this.limitOf(job, now);
      if (limit === null) continue;
      const judgement = judgeElapsed(from, this.sources.get(job.source)!.blindSince ?? now, limit);
      yield [`job ${job.id}`, { judgement, source: job.source, jobId: job.id, type: job.type }];
    }
  }

  private fromOf({ began, moved, waits }: OpenJob): Instant | null {
    switch (SPAN_OF[this.rule.kind]) {
      case 'running':
        return began;
      case 'unmoved':
        return began === null ? null : moved;
      default:
        return began === null ? waits : null;
    }
  }

  private limitOf(job: OpenJob, now: Instant): number | null {
    const { rule } = this;
    switch (rule.kind) {
      case 'duration':
        return rule.maxMs ?? this.usualOf(job, now)?.durationMs ?? null;
      case 'stuck':
        return rule.afterMs;
      case 'start':
        return rule.withinMs;
      default:
        return this.usualOf(job, now)?.durationMs ?? null;
    }
  }

  private usualOf(of: Pick<HistoryPoint, 'source' | 'type'>, now: Instant): Usual | null {
    const history = this.types.get(JSON.stringify([of.source, of.type]));
    if (history === undefined) return null;
    if (now - history.workedOutAt >= KEPT_MS) {
      history.usual = this.workOut(history, now);
      history.workedOutAt = now;
    }
    return history.usual;
  }

  private workOut({ starts, durations }: TypeHistory, now: Instant): Usual {
    const { rule } = this;
    if (rule.kind === 'duration')
      return { durationMs: limitBeyondP95(durations, rule.beyondP95!, rule.minimumRuns), next: null };
    const { minimumRuns, timeZone } = rule as Extract<Rule, { kind: 'learned' }>;
    const known = starts.filter((at) => at >= now - LEARNED_FROM_MS);
    const cadence = learnCadence(known, minimumRuns, (at) => offsetOf(timeZone, at));
    return {
      durationMs: learnDuration(durations, minimumRuns),
      next: cadence === null ? null : remembering((last) => cadence.after(last)),
    };
  }

  private *rhythms(now: Instant): Iterable<[string, Found]> {
    for (const [key, { source, type, starts }] of this.types) {
      const last = starts.at(-1);
      const usual = this.usualOf({ source, type }, now);
      if (last === undefined || usual?.next == null) continue;
      const { usualMs, limitMs } = usual.next(last);
      const value = (this.sources.get(source)!.blindSince ?? now) - last;
      const judgement = value > limitMs ? { since: last + usualMs, value, limit: limitMs } : 'kept';
      yield [`type ${key}`, { judgement, source, jobId: null, type }];
    }
  }

  private judge(source: SourceHistory, now: Instant): Judgement {
    const { rule } = this;
    const through = source.blindSince ?? now;
    switch (rule.kind) {
      case 'cadence':
        return judgeCadence(rule, {
          lastStart: source.lastStart,
          watchedSince: this.begunAt,
          completeThrough: through,
        });
      case 'queue': {
        if (source.blindSince !== null) return 'unknown';
        const look = lookAtQueue(rule, source.memory, source.queued, now);
        source.memory = look.memory;
        return look.judgement;
      }
      case 'success-rate': {
        if (source.blindSince !== null) return 'unknown';
        const { outcomes, sum } = source;
        while (outcomes.length > 0 && outcomes[0]!.minute < now - rule.windowMs) {
          const { succeeded, failed } = outcomes.shift()!;
          sum.succeeded -= succeeded;
          sum.failed -= failed;
        }
        return judgeSuccessRate(rule, sum, now);
      }
      default:
        return 'kept';
    }
  }

  private breach(
    verdict: Verdict,
    source: string,
    jobId: string | null,
    type: string | null,
    now: Instant,
  ): ReplayedBreach {
    const message = describeBreach(this.rule, verdict, jobId === null ? 'group' : 'job');
    return { source, jobId, type, ...verdict, firedAt: now, resolvedAt: null, message };
  }
}

interface Found {
  judgement: Judgement;
  source: string;
  jobId: string | null;
  type: string | null;
}

/** Appends, and forgets the oldest beyond the most; nothing where there is no list. */
function push(list: number[] | undefined, value: number, most: number): void {
  if (list === undefined) return;
  list.push(value);
  if (list.length > most) list.shift();
}

/** The last answer again for the same question. */
function remembering<T>(work: (at: Instant) => T): (at: Instant) => T {
  let last: { at: Instant; answer: T } | null = null;
  return (at) => {
    if (last?.at !== at) last = { at, answer: work(at) };
    return last.answer;
  };
}
