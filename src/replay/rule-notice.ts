import { Injectable, Logger, OnApplicationShutdown } from '@nestjs/common';
import { SourceConfig } from '../config/config.js';
import { connectorOf } from '../connectors/index.js';
import { RecordRules, recordRulesOf } from '../connectors/record-rules.js';
import { JobState } from '../domain/job-state.js';
import { Database } from '../storage/database.js';
import { RuleStore, StoredWord } from '../storage/rule.store.js';

/** Words in a line of the log. */
const MAX_WORDS = 10;
const MAX_WORD = 100;

/** A word that means something else by the present rules. */
interface MovedWord {
  rawStatus: string | null;
  from: JobState;
  to: JobState;
  jobs: number;
}

/**
 * Says in the log how many stored jobs were read by other rules than a configuration that was just taken, and how many of them would have
 * another state by these. Polls bring what a platform still lists; a replay brings the rest, and at once.
 */
@Injectable()
export class RuleNotice implements OnApplicationShutdown {
  private readonly log = new Logger('Rules');
  private readonly store: RuleStore;
  private telling: Promise<void> = Promise.resolve();

  constructor(database: Database) {
    this.store = new RuleStore(database);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.telling;
  }

  /**
   * Of sources whose rows follow the configuration already. In the background: counting takes its time where there is much, and nothing
   * waits for it.
   */
  tell(sources: readonly SourceConfig[]): void {
    this.telling = this.telling.then(() => this.tellAll(sources));
  }

  private async tellAll(sources: readonly SourceConfig[]): Promise<void> {
    for (const source of sources) {
      try {
        await this.tellOne(source.key, recordRulesOf(source, connectorOf(source)));
      } catch (error) {
        this.log.warn({
          source: source.key,
          err: error,
          msg: 'stored jobs of other rules could not be counted',
        });
      }
    }
  }

  private async tellOne(source: string, rules: RecordRules): Promise<void> {
    const words = await this.store.take(source, rules.mapping);
    if (words.length === 0) return;
    const moved = movedBy(words, rules);
    this.log.log({
      source,
      stored: sum(words),
      otherState: sum(moved),
      words: moved.slice(0, MAX_WORDS).map((word) => ({ ...word, rawStatus: shorten(word.rawStatus) })),
      msg: `stored jobs were read by other rules: \`rollcall replay --source ${source} --dry-run\` shows what the present ones make of them`,
    });
  }
}

function movedBy(words: readonly StoredWord[], { context }: RecordRules): MovedWord[] {
  return words.flatMap(({ rawStatus, state, jobs }) => {
    const to = context.statusMap.lookup(rawStatus)?.state ?? 'unknown';
    return to === state ? [] : [{ rawStatus, from: state, to, jobs }];
  });
}

function sum(words: readonly { jobs: number }[]): number {
  return words.reduce((total, { jobs }) => total + jobs, 0);
}

function shorten(word: string | null): string | null {
  return word === null ? null : word.slice(0, MAX_WORD).toWellFormed();
}
