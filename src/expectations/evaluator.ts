import { PoolClient } from 'pg';
import { Instant } from '../domain/job.js';
import { SourceKnowledge, coversSource, readSources } from '../storage/coverage.query.js';
import { Database } from '../storage/database.js';
import {
  ExpectationState,
  ExpectationStore,
  FiringBreach,
  MAX_CHANGES,
  NewBreach,
  fireBreaches,
  firingOf,
  forgetStates,
  resolveBreaches,
  saveStates,
  statesOf,
  tellBreaches,
} from '../storage/expectation.store.js';
import { completeThroughHere, healthNow } from '../storage/source-health.js';
import { CoveredSource } from './covered-source.js';
import { findBreaches } from './findings.js';
import { Memories } from './memories.js';
import { Rule, digestOf } from './rule.js';

/** How long one question of a rule may take, milliseconds; past it the rule is suspended: it is too broad. */
const BOUND_MS = 5_000;
const QUERY_CANCELED = '57014';

/** However many rules there are: evaluating them is never more than a little of the database's work. */
const REST = 20;

/** Rounds for what changes at once; what is left is done at the next evaluation. */
const MAX_ROUNDS = 25;

/** Evaluates every rule once, and stores what changed. */
export class Evaluator {
  readonly digest: string;
  private readonly store: ExpectationStore;
  private readonly memories = new Memories();
  /** By rule: when it may be evaluated again (database time). */
  private readonly restsUntil = new Map<string, Instant>();
  private isStopped = false;

  constructor(
    private readonly database: Database,
    private readonly rules: readonly Rule[],
    /** A rule rests so many times as long as its evaluation took. */
    private readonly rest: number = REST,
  ) {
    this.store = new ExpectationStore(database);
    this.digest = digestOf(rules);
  }

  /** Ends an evaluation under way after the rule that it is at. */
  stop(): void {
    this.isStopped = true;
  }

  /** @param now database time */
  async evaluate(now: Instant): Promise<void> {
    await this.store.keepOnly(
      this.rules.map(({ name }) => name),
      now,
    );
    const sources = await readSources(this.database);
    for (const rule of this.rules) {
      if (this.isStopped) return;
      if ((this.restsUntil.get(rule.name) ?? 0) > now) continue;
      const begun = performance.now();
      await this.evaluateRule(rule, sources, now);
      const tookMs = performance.now() - begun;
      this.restsUntil.set(rule.name, now + this.rest * tookMs);
    }
  }

  private async evaluateRule(rule: Rule, sources: readonly SourceKnowledge[], now: Instant): Promise<void> {
    const covered = sources.filter(
      (source) => source.retiredAt === null && coversSource(rule.filter, source),
    );
    try {
      for (let round = 0; round < MAX_ROUNDS; round++) {
        const left = await this.store.work(BOUND_MS, (client) => this.settle(client, rule, covered, now));
        if (left === null || !left) return;
      }
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === QUERY_CANCELED)) throw error;
      await this.store.work(BOUND_MS, async (client) => {
        const sources = await this.stand(client, rule, covered, now, 'too-broad');
        await saveStates(client, rule.name, statesBySource(sources), now);
      });
    }
  }

  /** @returns whether more changed than one transaction tells */
  private async settle(
    client: PoolClient,
    rule: Rule,
    covered: readonly SourceKnowledge[],
    now: Instant,
  ): Promise<boolean> {
    const stored = await statesOf(client, rule.name);
    const sources = await this.stand(client, rule, covered, now);
    const all = await firingOf(client, rule.name);
    const firing = all.filter(({ kind }) => kind === rule.kind);
    const { broken, isUndecided } = await findBreaches(client, rule, sources, firing, this.memories, now);
    const keyOf = ({ source, subject }: NewBreach) => `${source} ${subject}`;
    const known = new Set(firing.map(keyOf));
    const still = new Set(broken.map(keyOf));
    const begins = broken.filter((breach) => !known.has(keyOf(breach)));
    const keys = new Set(sources.map(({ key }) => key));
    const ends = all.filter(
      (breach) =>
        breach.kind !== rule.kind ||
        !keys.has(breach.source) ||
        (!still.has(keyOf(breach)) && !isUndecided(breach)),
    );
    await forgetStates(client, rule.name, [...keys]);
    const changed = sources.filter(
      ({ key, state }) => JSON.stringify(stored.get(key)) !== JSON.stringify(state),
    );
    await saveStates(client, rule.name, statesBySource(changed), now);
    const ended = await resolveBreaches(
      client,
      ends.slice(0, MAX_CHANGES).map((breach) => ({ ...breach, message: ending(breach, keys) })),
      now,
    );
    const begun = await fireBreaches(client, begins.slice(0, MAX_CHANGES), now);
    await tellBreaches(client, [...ended, ...begun], now);
    return begins.length > MAX_CHANGES || ends.length > MAX_CHANGES;
  }

  /** How the rule stands with each source that it covers. @param suspended why it cannot be evaluated for any */
  private async stand(
    client: PoolClient,
    rule: Rule,
    covered: readonly SourceKnowledge[],
    now: Instant,
    suspended: string | null = null,
  ): Promise<CoveredSource[]> {
    const states = await statesOf(client, rule.name);
    return covered.map((source) => {
      const blind = blindness(source, now);
      const before = states.get(source.key);
      const state = {
        watchedSince: before?.watchedSince ?? now,
        suspended: suspended ?? blind,
        memory: before?.memory ?? {},
      };
      return { key: source.key, completeThrough: completeThroughHere(source), blind, state };
    });
  }
}

function statesBySource(sources: readonly CoveredSource[]): Map<string, ExpectationState> {
  return new Map(sources.map(({ key, state }) => [key, state]));
}

/** Why a source is not seen well enough to miss anything there: in the words of its health. */
function blindness(source: SourceKnowledge, now: Instant): string | null {
  const { health, reason } = healthNow(source, now);
  if (health === 'paused' || health === 'failing') return health;
  if (reason === 'behind') return reason;
  return source.completeThrough === null ? 'not-proven-yet' : null;
}

function ending(breach: FiringBreach, covered: ReadonlySet<string>): string {
  if (!covered.has(breach.source)) return 'the rule does not speak of the source any more';
  return breach.jobId === null ? 'is as expected again' : 'the job has ended, moved, or is as expected again';
}
