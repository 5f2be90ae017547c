import { existsSync, readFileSync } from 'node:fs';
import { dirname, isAbsolute, resolve } from 'node:path';
import { createHash } from 'node:crypto';
import { Connector } from '../connectors/connector.js';
import { CONNECTORS, PLATFORMS } from '../connectors/index.js';
import { ManifestInput } from '../connectors/http/manifest.schema.js';
import { ConfigError, ConfigFault } from '../domain/errors.js';
import { PAGERDUTY_URL } from '../domain/webhook.js';
import { Config, DeclaredToken, Expectation, EndpointConfig, OidcConfig, SourceConfig } from './config.js';
import {
  oidcFaults,
  repetitionFaults,
  serverFaults,
  sourceFaults,
  sourceKeys,
  tokenSourceFaults,
  webhookFaults,
} from './config.rules.js';
import { fileSchema, FileValues, sourceSchema, SourceValues } from './config.schema.js';
import { checkExpectations } from './expectation.schema.js';
import { checkEnvironment, Environment, EnvironmentVariables, variable } from './environment.js';
import { check, nearest, SchemaFault, valueAt } from './schema-faults.js';
import { EndpointReader, EndpointValues, FilterReader, FORMAT_OPTIONS } from './webhook-endpoint.schema.js';
import { ManifestFiles } from './manifest-file.js';
import { pathText } from './path-text.js';
import { YamlFile } from './yaml-file.js';

export interface LoadOptions {
  /** `--config`. */
  file?: string | undefined;
  env: EnvironmentVariables;
  cwd: string;
  /** Gives what reads filters and addresses; asked only for a file that has some, because it takes its time to load. */
  endpointReader?: () => Promise<EndpointReader>;
}

const DEFAULT_FILE = 'rollcall.yaml';

/**
 * Where the configuration is: `--config`, else ROLLCALL_CONFIG, else ./rollcall.yaml when there is one. A file that is named is
 * returned whether it exists or not: naming it wrongly is an error, never the absence of a configuration.
 * @returns null when none is named and ./rollcall.yaml does not exist
 */
export function locateConfig({ file, env, cwd }: LoadOptions): string | null {
  const named = file ?? variable(env, 'ROLLCALL_CONFIG');
  if (named !== null) return named;
  return existsSync(resolve(cwd, DEFAULT_FILE)) ? DEFAULT_FILE : null;
}

/**
 * Reads, resolves and checks the configuration.
 * @throws ConfigError with every fault of the file and of the environment, or naming every place that was looked at
 */
export async function loadConfig(options: LoadOptions): Promise<Config> {
  const name = locateConfig(options);
  if (name === null) throw notFound(options);
  const file = resolve(options.cwd, name);
  const readFile = (path: string) =>
    readFileSync(isAbsolute(path) ? path : resolve(dirname(file), path), 'utf8');
  const text = readNamed(file, name);
  const reader = /endpoints|alerts/.test(text) ? await options.endpointReader?.() : undefined;
  return parseConfig(text, name, options.env, readFile, { cwd: options.cwd, ...reader });
}

function notFound({ cwd }: LoadOptions): ConfigError {
  return configError(
    'configuration',
    `there is none. Looked at --config (not given), ROLLCALL_CONFIG (not set) and ${resolve(cwd, DEFAULT_FILE)} ` +
      '(not there). `rollcall init` writes one; `rollcall serve --demo` shows Rollcall without any',
  );
}

function readNamed(file: string, name: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unreadable';
    throw configError(
      name,
      code === 'ENOENT' ? `no such file (looked at ${file})` : `cannot be read (${code})`,
    );
  }
}

function configError(file: string, message: string): ConfigError {
  return new ConfigError([{ file, line: null, column: null, path: '', message }]);
}

export interface ParseOptions extends Partial<EndpointReader> {
  /** Where relative paths of the environment begin. */
  cwd?: string;
  connectors?: readonly Connector[];
}

type Readers = EndpointReader & { manifests: ManifestFiles };

/** Whoever parses a file that has a filter or an endpoint says how to read it. */
const CANNOT_READ: EndpointReader = {
  readFilter: () => {
    throw new Error('nobody said how to read the filter of a webhook endpoint');
  },
  addressFault: () => {
    throw new Error('nobody said how to judge the address of a webhook endpoint');
  },
};

/**
 * The configuration that a text says. Reads nothing but what `${file:…}` names, and the manifests of its sources.
 * @param file its name in faults
 * @throws ConfigError with every fault at once
 */
export function parseConfig(
  text: string,
  file: string,
  env: EnvironmentVariables,
  readFile: (path: string) => string,
  { cwd = process.cwd(), connectors = CONNECTORS, ...reader }: ParseOptions = {},
): Config {
  const { environment, faults: environmentFaults } = checkEnvironment(env, cwd);
  const yaml = new YamlFile(text, { env, readFile });
  const readers = { ...CANNOT_READ, ...reader, manifests: new ManifestFiles(readFile) };
  const checked = checkFile(yaml, connectors, readers);
  const placed = [
    ...yaml.broken,
    ...yaml.faults,
    ...(checked?.faults ?? []).map((fault) => yaml.place(fault)),
    ...(checked === null ? [] : serverFaults(yaml.value(), environment.databaseUrl)).map((fault) =>
      yaml.place(fault),
    ),
  ];
  const faults = placed
    .filter((fault) => fault !== null)
    .sort((a, b) => a.line - b.line || a.column - b.column)
    .map(({ path, ...fault }) => ({ file, ...fault, path: pathText(path) }));
  const all = unique([...faults, ...readers.manifests.faults, ...environmentFaults]);
  if (all.length > 0) throw new ConfigError(all);
  return toConfig(checked!, resolve(cwd, file), environment, readers.readFilter);
}

interface Checked {
  file: FileValues | null;
  sources: {
    values: SourceValues | null;
    connector: Connector | undefined;
    manifest: ManifestInput | undefined;
  }[];
  expectations: Expectation[];
  faults: SchemaFault[];
}

/**
 * Checks until no value that came from a reference wants to be of another type.
 * @returns null when the file cannot be read as values at all
 */
function checkFile(yaml: YamlFile, connectors: readonly Connector[], readers: Readers): Checked | null {
  for (;;) {
    const value = yaml.value();
    if (yaml.broken.length > 0) return null;
    const checked = checkValues(value, connectors, readers);
    const retyped = checked.faults.filter(({ path, mistyped }) => mistyped === true && yaml.retype(path));
    if (retyped.length === 0) return checked;
  }
}

function checkValues(value: unknown, connectors: readonly Connector[], readers: Readers): Checked {
  const file = check(fileSchema, value);
  const list = valueAt(value, ['sources']);
  const sources = (Array.isArray(list) ? list : []).map((source, index) =>
    checkSource(source, index, connectors, readers.manifests),
  );
  const rules = [
    ...repetitionFaults(value),
    ...tokenSourceFaults(value),
    ...oidcFaults(value),
    ...webhookFaults(value, readers),
  ];
  const { expectations, faults: alertFaults } = checkExpectations(
    value,
    sourceKeys(value),
    readers.readFilter,
  );
  return {
    file: file.data,
    sources,
    expectations,
    faults: [...file.faults, ...alertFaults, ...sources.flatMap(({ faults }) => faults), ...rules],
  };
}

function checkSource(
  source: unknown,
  index: number,
  connectors: readonly Connector[],
  manifests: ManifestFiles,
) {
  const above = ['sources', index];
  const platform = valueAt(source, ['platform']);
  const { connector, manifest, fault } = manifests.connectorOf(source, connectors);
  const { data, faults } = check(sourceSchema(connector), source, above);
  const platformFaults: SchemaFault[] =
    typeof platform === 'string' && !isKnown(platform, connectors)
      ? [{ path: [...above, 'platform'], at: 'value', message: unknownPlatform(platform, connectors) }]
      : [];
  const rules = sourceFaults(source, connector).map((fault) => ({
    ...fault,
    path: [...above, ...fault.path],
  }));
  const manifestFaults: SchemaFault[] =
    fault === null ? [] : [{ path: [...above, 'manifest'], at: 'value', message: fault }];
  const all = [...faults, ...platformFaults, ...manifestFaults, ...rules];
  return { values: data, connector, manifest, faults: all };
}

function isKnown(platform: string, connectors: readonly Connector[]): boolean {
  return PLATFORMS.includes(platform) || connectors.some((connector) => connector.platform === platform);
}

function unknownPlatform(platform: string, connectors: readonly Connector[]): string {
  return `unknown platform; ${nearest(platform, [
    ...new Set([...connectors.map((connector) => connector.platform), ...PLATFORMS]),
  ])}`;
}

function toConfig(
  { file, sources, expectations }: Checked,
  path: string,
  environment: Environment,
  readFilter: FilterReader,
): Config {
  const { server, database, retention, webhooks, metrics } = file!;
  return {
    file: path,
    server: {
      host: environment.host ?? server.host,
      port: environment.port ?? server.port,
      auth: server.auth,
      tokens: server.tokens.map(({ name, value, scopes, sources }): DeclaredToken => ({
        name,
        hash: createHash('sha256').update(value).digest(),
        scopes,
        sources: sources ?? null,
      })),
      trustProxy: server.trustProxy,
      basePath: server.basePath,
      cors: server.cors ?? null,
      rateLimit: {
        requests: server.rateLimit.requests,
        failures: server.rateLimit.failures,
        windowMs: server.rateLimit.window,
      },
      oidc: toOidc(server.oidc),
      drainMs: server.drain,
    },
    database: {
      url: database.url ?? environment.databaseUrl,
      directUrl: database.directUrl ?? null,
      replicas: database.replicas,
      poolSize: database.poolSize,
      migrate: database.migrate,
    },
    retention: {
      jobsMs: retention.jobs,
      payloadsMs: retention.payloads,
      eventsMs: retention.events,
      auditMs: retention.audit,
    },
    webhooks: {
      allowPrivateAddresses: webhooks.allowPrivateAddresses,
      endpoints: webhooks.endpoints.map((endpoint) => toEndpoint(endpoint, readFilter)),
    },
    metrics,
    expectations,
    sources: sources.map(({ values, connector, manifest }) => toSource(values!, connector!, manifest)),
  };
}

/** @param values without faults */
function toEndpoint(values: EndpointValues, readFilter: FilterReader): EndpointConfig {
  const { name, url, secret, types, filter, format, options, includeBackfill, resolveAfter, enabled } =
    values;
  return {
    name,
    url: url ?? PAGERDUTY_URL,
    secret: secret ?? null,
    types: types ?? null,
    filter: filter === undefined ? {} : readFilter(filter).filter!,
    format,
    options: FORMAT_OPTIONS[format].parse(options ?? {}),
    includeBackfill,
    resolveAfterMs: resolveAfter,
    enabled,
  };
}

function toOidc(values: FileValues['server']['oidc']): OidcConfig | null {
  if (values === undefined) return null;
  const { jwksUri, sourcesClaim, clockTolerance, ...rest } = values;
  return {
    ...rest,
    jwksUri: jwksUri ?? null,
    sourcesClaim: sourcesClaim ?? null,
    clockToleranceMs: clockTolerance,
  };
}

const FIVE_MINUTES_MS = 300_000;

function toSource(
  values: SourceValues,
  connector: Connector,
  manifest: ManifestInput | undefined,
): SourceConfig {
  const { poll } = values;
  return {
    key: values.key,
    platform: values.platform,
    baseUrl: values.baseUrl,
    ...(manifest === undefined ? {} : { manifest }),
    auth: values.auth,
    options: values.options,
    enabled: values.enabled,
    label: values.label ?? null,
    labels: values.labels,
    poll: {
      everyMs: poll.every,
      idleEveryMs: poll.idleEvery ?? poll.every,
      sweepEveryMs: poll.sweepEvery,
      overlapMs: poll.overlap,
      staleAfterMs: poll.staleAfter ?? Math.max(FIVE_MINUTES_MS, 3 * poll.every),
      timeoutMs: poll.timeout,
      pageSize: poll.pageSize ?? connector.limits.pageSize,
      maxRequestsPerHour: poll.maxRequestsPerHour,
      concurrency: poll.concurrency,
      historyMs: poll.history,
    },
    statusOverrides: values.statusOverrides,
    redact: values.redact,
  };
}

function unique(faults: readonly ConfigFault[]): ConfigFault[] {
  return [...new Map(faults.map((fault) => [JSON.stringify(fault), fault])).values()];
}
