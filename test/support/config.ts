import { Config, PollConfig, SourceConfig } from '../../src/config/config.js';
import { connectorOf } from '../../src/connectors/index.js';

const POLL: PollConfig = {
  everyMs: 60_000,
  idleEveryMs: 60_000,
  sweepEveryMs: 3_600_000,
  overlapMs: 600_000,
  staleAfterMs: 300_000,
  timeoutMs: 5_000,
  pageSize: 100,
  maxRequestsPerHour: 100_000,
  concurrency: 1,
  historyMs: null,
};

export type SourceDraft = Pick<SourceConfig, 'key' | 'platform' | 'baseUrl' | 'auth'> &
  Partial<Omit<SourceConfig, 'poll'>> & { poll?: Partial<PollConfig> };

/** A loaded source with the defaults that the configuration gives, options checked by the connector as there. */
export function sourceConfig(draft: SourceDraft): SourceConfig {
  const connector = connectorOf(draft);
  return {
    enabled: true,
    label: null,
    labels: {},
    statusOverrides: {},
    redact: [],
    ...draft,
    options: connector.options.parse(draft.options ?? {}),
    poll: { ...POLL, pageSize: connector.limits.pageSize, ...draft.poll },
  };
}

export function testConfig(sources: SourceConfig[], over: Partial<Config> = {}): Config {
  return {
    file: null,
    server: {
      host: '127.0.0.1',
      port: 0,
      auth: 'none',
      tokens: [],
      trustProxy: false,
      basePath: '',
      cors: null,
      // out of the way of tests that ask often
      rateLimit: { requests: 1_000_000_000, failures: 1_000_000_000, windowMs: 60_000 },
      oidc: null,
      drainMs: 0,
    },
    database: { url: null, directUrl: null, replicas: [], poolSize: 5, migrate: 'auto' },
    retention: {
      jobsMs: 180 * 86_400_000,
      payloadsMs: 30 * 86_400_000,
      eventsMs: 30 * 86_400_000,
      auditMs: 90 * 86_400_000,
    },
    webhooks: { allowPrivateAddresses: false, endpoints: [] },
    metrics: { maxTypes: 200 },
    expectations: [],
    sources,
    ...over,
  };
}
