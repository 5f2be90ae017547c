import { isDeepStrictEqual } from 'node:util';
import { Config } from './config.js';

/** What differs between two configurations, by the names of the file. */
export interface ConfigDifference {
  /** Keys of sources. A changed one may have other credentials, paces, labels, overrides or another manifest. */
  sources: { added: string[]; changed: string[]; removed: string[] };
  /** Other parts that a running process can take: `server.tokens`, `webhooks.endpoints`, `alerts`, `retention`. */
  live: string[];
  /** Parts that only a start takes. */
  restart: string[];
}

/** Parts that a running process can take, beside the sources. */
const LIVE: Record<string, (config: Config) => unknown> = {
  'server.tokens': ({ server }) => server.tokens,
  'webhooks.endpoints': ({ webhooks }) => webhooks.endpoints,
  alerts: ({ expectations }) => expectations,
  retention: ({ retention }) => retention,
};

export function compareConfigs(before: Config, after: Config): ConfigDifference {
  const differ = (read: (config: Config) => unknown) => !isDeepStrictEqual(read(before), read(after));
  return {
    sources: compareSources(before, after),
    live: Object.keys(LIVE).filter((name) => differ(LIVE[name]!)),
    restart: [
      ...namesOf(before.server, after.server, 'server', ['tokens']),
      ...namesOf(before.database, after.database, 'database'),
      ...namesOf(before.webhooks, after.webhooks, 'webhooks', ['endpoints']),
      ...namesOf(before.metrics, after.metrics, 'metrics'),
    ],
  };
}

export function isSameConfig({ sources, live, restart }: ConfigDifference): boolean {
  return [...Object.values(sources), live, restart].every((names) => names.length === 0);
}

/** The configuration of before with the parts of another that a running process can take. */
export function withLive(config: Config, next: Config): Config {
  return {
    ...config,
    server: { ...config.server, tokens: next.server.tokens },
    webhooks: { ...config.webhooks, endpoints: next.webhooks.endpoints },
    retention: next.retention,
    expectations: next.expectations,
    sources: next.sources,
  };
}

/** Takes these parts in place, all at once: whoever keeps the configuration has the new one from here on. */
export function takeLive(config: Config, next: Config): void {
  Object.assign(config, withLive(config, next));
}

function compareSources(before: Config, after: Config): ConfigDifference['sources'] {
  const known = new Map(before.sources.map((source) => [source.key, source]));
  const wanted = new Set(after.sources.map(({ key }) => key));
  const keys = (sources: Config['sources']) => sources.map(({ key }) => key);
  return {
    added: keys(after.sources.filter(({ key }) => !known.has(key))),
    changed: keys(
      after.sources.filter((source) => {
        const former = known.get(source.key);
        return former !== undefined && !isDeepStrictEqual(former, source);
      }),
    ),
    removed: keys(before.sources.filter(({ key }) => !wanted.has(key))),
  };
}

function namesOf<Part extends object>(
  before: Part,
  after: Part,
  above: string,
  without: readonly (keyof Part & string)[] = [],
): string[] {
  return (Object.keys(before) as (keyof Part & string)[])
    .filter((name) => !without.includes(name) && !isDeepStrictEqual(before[name], after[name]))
    .map((name) => `${above}.${FILE_NAMES[name] ?? name}`);
}

/** As the file calls what the configuration has in milliseconds. */
const FILE_NAMES: Record<string, string> = { drainMs: 'drain' };
