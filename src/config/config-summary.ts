import { Config, EndpointConfig, SourceConfig } from './config.js';

const SECRET = '***';

/** The configuration for a log line: every credential as `***`. */
export function configSummary(config: Config): object {
  return {
    ...config,
    server: {
      ...config.server,
      tokens: config.server.tokens.map(({ hash: _, ...token }) => ({ ...token, value: SECRET })),
    },
    database: {
      ...config.database,
      url: config.database.url === null ? null : hidePassword(config.database.url),
      directUrl: config.database.directUrl === null ? null : hidePassword(config.database.directUrl),
      replicas: config.database.replicas.map(hidePassword),
    },
    webhooks: { ...config.webhooks, endpoints: config.webhooks.endpoints.map(endpointSummary) },
    sources: config.sources.map(sourceSummary),
  };
}

/** An address may be a secret too: Slack's is. */
function endpointSummary(endpoint: EndpointConfig): object {
  return { ...endpoint, url: SECRET, secret: SECRET, options: hideLeaves(endpoint.options) };
}

function sourceSummary(source: SourceConfig): object {
  const { manifest, ...rest } = source;
  return {
    ...rest,
    ...(manifest === undefined ? {} : { manifest: `${manifest.name}/${manifest.version}` }),
    auth: hideLeaves(source.auth),
  };
}

function hideLeaves(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return SECRET;
  if (Array.isArray(value)) return value.map(hideLeaves);
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, hideLeaves(item)]));
}

/** Passwords stand before the host or, as libpq allows, in the query. */
function hidePassword(address: string): string {
  const url = new URL(address);
  if (url.password !== '') url.password = SECRET;
  for (const name of ['password', 'sslpassword'])
    if (url.searchParams.has(name)) url.searchParams.set(name, SECRET);
  return url.href;
}
