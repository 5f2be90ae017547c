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
  private readonly bySource: ReadonlyMap<string, SourceRules>;

  constructor({ sources }: Pick<Config, 'sources'>) {
    this.bySource = new Map(
      sources.map((source) => {
        const connector = connectorOf(source);
        return [source.key, { source, connector, rules: recordRulesOf(source, connector) }];
      }),
    );
  }

  /** Null when the configuration has no such source: it is retired, or belongs to another process. */
  get(source: string): SourceRules | null {
    return this.bySource.get(source) ?? null;
  }
}
