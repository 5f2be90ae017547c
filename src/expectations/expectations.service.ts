import { Inject, Injectable, Logger, OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { CONFIG, Config } from '../config/config.js';
import { Database } from '../storage/database.js';
import { ExpectationStore } from '../storage/expectation.store.js';
import { Evaluator } from './evaluator.js';
import { RULES, Rule } from './rule.js';

/** How often the turn is asked for, and how long after one evaluation the next is due, milliseconds. */
const TICK_MS = 5_000;
const EVERY_MS = 15_000;

/** Processes with other rules, which started later, are waited for so long before these rules count again. */
const FOREIGN_MS = 300_000;

const PRUNE_EVERY_MS = 3_600_000;

/** Evaluates expectations now and then. Of any number of processes one does; the database says whose turn it is. */
@Injectable()
export class ExpectationsService implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly log = new Logger('Expectations');
  private readonly store: ExpectationStore;
  private evaluator: Evaluator;
  private readonly timers: NodeJS.Timeout[] = [];
  /** The evaluation that goes on; null between two. */
  private running: Promise<void> | null = null;
  private isStopping = false;
  /** Without rules there is one thing to do: to end what rules of before have left. */
  private isDone = false;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(RULES) private rules: readonly Rule[],
    private readonly database: Database,
  ) {
    this.store = new ExpectationStore(database);
    this.evaluator = new Evaluator(database, rules);
  }

  async onApplicationBootstrap(): Promise<void> {
    await this.store.declare(this.evaluator.digest);
    this.timers.push(
      setInterval(() => void this.tick(), TICK_MS).unref(),
      setInterval(() => void this.prune(), PRUNE_EVERY_MS).unref(),
    );
  }

  /** Goes on with the rules of a configuration that changed. */
  async follow(rules: readonly Rule[]): Promise<void> {
    const next = new Evaluator(this.database, rules);
    await this.store.declare(next.digest);
    this.evaluator.stop();
    this.evaluator = next;
    this.rules = rules;
    this.isDone = false;
  }

  /** Waits for the evaluation under way: its process is about to close the database. */
  async onApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    for (const timer of this.timers) clearInterval(timer);
    this.evaluator.stop();
    await this.running;
  }

  /** Evaluates once, if it is due and nobody else's turn. Never fails: the next tick tries again. */
  async tick(): Promise<void> {
    if (this.isStopping || this.isDone) return;
    this.running ??= this.evaluate().finally(() => (this.running = null));
    await this.running;
  }

  private async evaluate(): Promise<void> {
    const { evaluator, rules } = this;
    try {
      const now = await this.store.claimTurn(evaluator.digest, EVERY_MS, FOREIGN_MS);
      if (now === null) return;
      await evaluator.evaluate(now);
      this.isDone = rules.length === 0 && rules === this.rules;
    } catch (error) {
      // the database is away, or busy; the next turn asks again, for ever
      this.log.error({ err: error, msg: 'could not evaluate expectations' });
    }
  }

  private async prune(): Promise<void> {
    try {
      await this.store.prune(this.config.retention.eventsMs);
    } catch (error) {
      this.log.error({ err: error, msg: 'could not remove old breaches' });
    }
  }
}
