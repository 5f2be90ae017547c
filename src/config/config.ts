import { EventType } from '../domain/event-type.js';
import { JsonObject } from '../domain/job.js';
import { ManifestInput } from '../connectors/http/manifest.schema.js';
import { StatusRule } from '../domain/status-map.js';
import { WebhookFilter, WebhookFormat } from '../domain/webhook.js';

/**
 * Nest's injection token for {@link Config}: one object as long as the process runs. A reload replaces its parts ({@link takeLive}), so whoever
 * keeps it sees the present; whoever makes something of it is told by src/reload.ts.
 */
export const CONFIG = Symbol('CONFIG');

/** The configuration after defaults, secrets and validation: what the rest of the program sees. Durations are milliseconds. */
export interface Config {
  /** The file it was read from; null for the demo. */
  file: string | null;
  server: ServerConfig;
  database: DatabaseConfig;
  retention: { jobsMs: number; payloadsMs: number; eventsMs: number; auditMs: number };
  webhooks: { allowPrivateAddresses: boolean; endpoints: EndpointConfig[] };
  metrics: { maxTypes: number };
  /** `alerts` of the file. */
  expectations: Expectation[];
  sources: SourceConfig[];
}

export interface ServerConfig {
  host: string;
  port: number;
  auth: 'tokens' | 'none';
  tokens: DeclaredToken[];
  /** Whose `X-Forwarded-For` is believed: everybody's, nobody's, or that of these addresses and networks. */
  trustProxy: boolean | string[];
  basePath: string;
  cors: { origins: string[] } | null;
  rateLimit: RateLimitConfig;
  /** Null: no token of an identity provider is accepted. */
  oidc: OidcConfig | null;
  /** How long a process that was told to stop goes on answering before it takes no more connections. */
  drainMs: number;
}

/** What one process answers within a window; without effect where nobody is asked for a token. */
export interface RateLimitConfig {
  /** Of one token. */
  requests: number;
  /** Requests with a token that is not valid, of one address. */
  failures: number;
  windowMs: number;
}

/** An identity provider whose JWTs are tokens here. */
export interface OidcConfig {
  /** As the `iss` claim says it, to the letter. */
  issuer: string;
  audience: string;
  /** Null: found by the issuer's discovery document. */
  jwksUri: string | null;
  algorithms: string[];
  /** Claim names; a dot leads into an inner object where no claim has the whole name. */
  nameClaim: string;
  scopesClaim: string;
  /** Null: its tokens see every source. */
  sourcesClaim: string | null;
  /** What a word of the scopes claim that is no scope stands for. */
  roles: Record<string, Scope[]>;
  clockToleranceMs: number;
}

export const SCOPES = [
  'jobs:read',
  'jobs:act',
  'sources:read',
  'sources:act',
  'events:read',
  'webhooks:manage',
  'metrics:read',
  'tokens:manage',
  'audit:read',
] as const;
export type Scope = (typeof SCOPES)[number];
export const READ_SCOPES: readonly Scope[] = ['jobs:read', 'sources:read', 'events:read', 'metrics:read'];

/** A token of the configuration file; its value is hashed while loading and never kept. */
export interface DeclaredToken {
  name: string;
  /** SHA-256 of the token. */
  hash: Buffer;
  scopes: Scope[];
  /** Null: every source. */
  sources: string[] | null;
}

export interface DatabaseConfig {
  /** Null: embedded PostgreSQL under the data folder. */
  url: string | null;
  /** The server itself, where `url` is a pooler before it; null: `url` serves for everything. */
  directUrl: string | null;
  /** Standbys of the server that `url` names, for the reads of `api`. */
  replicas: string[];
  poolSize: number;
  migrate: 'auto' | 'off';
}

/** A webhook endpoint that the file declares. */
export interface EndpointConfig {
  name: string;
  url: string;
  /** Null: a vendor's format, whose receivers check no signature. */
  secret: string | null;
  /** Null: every type but `job.changed`. */
  types: EventType[] | null;
  /** Empty: every job. */
  filter: WebhookFilter;
  format: WebhookFormat;
  /** Checked by the format's own schema, defaults applied. Holds secrets. */
  options: JsonObject;
  includeBackfill: boolean;
  resolveAfterMs: number;
  enabled: boolean;
}

export interface SourceConfig {
  key: string;
  platform: string;
  baseUrl: string;
  /** How the platform is read, where it is declared (`http`); absent where a connector of Rollcall's reads it. */
  manifest?: ManifestInput;
  /** Checked by the connector's own schema. Secrets live here and nowhere else. */
  auth: unknown;
  /** Checked by the connector's own schema, defaults applied. */
  options: unknown;
  enabled: boolean;
  label: string | null;
  labels: Record<string, string>;
  poll: PollConfig;
  statusOverrides: Record<string, StatusRule>;
  /** The source's own paths, beside the connector's list. */
  redact: string[];
}

export interface PollConfig {
  everyMs: number;
  /** The pace of a source without open jobs. */
  idleEveryMs: number;
  sweepEveryMs: number;
  overlapMs: number;
  staleAfterMs: number;
  /** Of one request. */
  timeoutMs: number;
  pageSize: number;
  maxRequestsPerHour: number;
  /** List requests at one time for this source. */
  concurrency: number;
  /** How far back a first read goes; null for everything. */
  historyMs: number | null;
}

/** What is expected of the jobs that `match` names (docs/expectations.md). Durations are milliseconds. */
export type Expectation = {
  name: string;
  /** Parameters of a list, read by its own rules; empty: every job. */
  match: WebhookFilter;
} & ExpectationTerms;

export type ExpectationTerms =
  /** A job runs no longer than `maxMs`, or than so many times the p95 of its type's recent succeeded runs, when there are enough of them. */
  | { kind: 'duration'; maxMs: number | null; beyondP95: number | null; minimumRuns: number }
  /** A running job's progress and updates move within this time. */
  | { kind: 'stuck'; afterMs: number }
  /** A job starts within this time of its planned start, or of its creation when none is planned. */
  | { kind: 'start'; withinMs: number }
  /** A run starts within `everyMs` of the one before, or at each time of `cron`; one of the two is given. */
  | {
      kind: 'cadence';
      everyMs: number | null;
      cron: string | null;
      timeZone: string;
      toleranceMs: number;
    }
  /** No more than `max` jobs are queued for longer than `forMs`; the queue does not grow by `growsBy` all through `growsForMs`. */
  | { kind: 'queue'; max: number | null; forMs: number; growsForMs: number | null; growsBy: number }
  /** Of the runs that ended within the window, as long as there are enough of them, this part succeeded. */
  | { kind: 'success-rate'; below: number; windowMs: number; minimumRuns: number }
  /** Runs start and last as those of the same source and type did before. */
  | { kind: 'learned'; minimumRuns: number; timeZone: string };

export const EXPECTATION_KINDS = [
  'duration',
  'stuck',
  'start',
  'cadence',
  'queue',
  'success-rate',
  'learned',
] as const satisfies readonly ExpectationTerms['kind'][];
export type ExpectationKind = (typeof EXPECTATION_KINDS)[number];
