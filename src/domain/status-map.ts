import { JobState } from './job-state.js';

export interface StatusRule {
  state: JobState;
  reason: string | null;
}

/** Vendor words, lower-cased, to canonical states. Comparison ignores case; a word without a rule is never guessed. */
export class StatusMap {
  private readonly rules: ReadonlyMap<string, StatusRule>;

  constructor(
    /** Raised by hand with every change of the built-in table; stored with transitions so that they can be explained. */
    readonly version: string,
    rules: Readonly<Record<string, StatusRule>>,
    private readonly overrides: { over: string; words: ReadonlySet<string> } | null = null,
  ) {
    this.rules = new Map(Object.entries(rules).map(([word, rule]) => [word.toLowerCase(), rule]));
  }

  /** The rule for a vendor word, or null: the job's state is then `unknown`. */
  lookup(word: string | null): StatusRule | null {
    return word === null ? null : (this.rules.get(word.toLowerCase()) ?? null);
  }

  /** Where the rule for a vendor word stands, for `explain`. */
  originOf(word: string): string {
    if (this.overrides?.words.has(word.toLowerCase())) return 'statusOverrides';
    return `status map ${this.overrides?.over ?? this.version}`;
  }

  /** A map with a source's own rules laid over the platform's. */
  with(overrides: Readonly<Record<string, StatusRule>>): StatusMap {
    const entries = Object.entries(overrides);
    if (entries.length === 0) return this;
    const suffix = entries
      .map(([word, rule]) => `${word.toLowerCase()}=${rule.state}/${rule.reason ?? ''}`)
      .sort()
      .join(',');
    const own = entries.map(([word, rule]): [string, StatusRule] => [word.toLowerCase(), rule]);
    return new StatusMap(
      `${this.version}+${suffix}`,
      { ...Object.fromEntries(this.rules), ...Object.fromEntries(own) },
      { over: this.version, words: new Set(own.map(([word]) => word)) },
    );
  }
}
