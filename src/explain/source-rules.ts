import { Config, SourceConfig } from '../config/config.js';
import { Connector } from '../connectors/connector.js';
import { connectorOf } from '../connectors/index.js';
import { RecordRules, recordRulesOf } from '../connectors/record-rules.js';

/** How a source's records are read by the present configuration. */
export interface SourceRules {
  source: SourceConfig;
  connector: Connector;
  rules: RecordRules;
}

/** The rules of every source that this process's configuration has. Knows records and nothing of a platform's address or login. */
export class RulesBySource {
  private sources: Config['sources'] = [];
  private bySource: ReadonlyMap<string, SourceRules> = new Map();

  constructor(private readonly config: Pick<Config, 'sources'>) {}

  /** Null when the configuration has no such source: it is retired, or belongs to another process. */
  get(source: string): SourceRules | null {
    const { sources } = this.config;
    if (sources !== this.sources) {
      // the first question, or the configuration has changed
      this.bySource = new Map(sources.map((one) => [one.key, rulesOf(one)]));
      this.sources = sources;
    }
    return this.bySource.get(source) ?? null;
  }
}

function rulesOf(source: SourceConfig): SourceRules {
  const connector = connectorOf(source);
  return { source, connector, rules: recordRulesOf(source, connector) };
}
