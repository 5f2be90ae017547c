import ipaddr from 'ipaddr.js';
import { z } from 'zod';
import { Connector } from '../connectors/connector.js';
import { HTTP_PLATFORM } from '../connectors/http/http.values.js';
import { JOB_STATES } from '../domain/job-state.js';
import { READ_SCOPES, SCOPES } from './config.js';
import { DURATION_HINT, duration, text } from './schema-words.js';
import { isLoopback } from './server-access.js';
import { webhookEndpoint } from './webhook-endpoint.schema.js';

/** Shape, defaults and bounds of every key. What binds several keys together is in `config.rules.ts`. */

/** Where an upstream is: no trailing slash. Credentials belong in `auth`, which is never shown. */
export const baseUrl = z.string().transform((value, context) => {
  const url = URL.parse(value);
  if (url === null || !['http:', 'https:'].includes(url.protocol))
    context.addIssue('expected an http or https address');
  else if (url.username !== '' || url.password !== '')
    context.addIssue('must not carry a user name or password; use auth');
  else if (/[?#]/.test(value)) context.addIssue('must not carry a query or a fragment');
  else return url.href.replace(/\/+$/, '');
  return z.NEVER;
});

/** Of one server: the driver does not try several in turn, as libpq does. */
export const databaseUrl = z.string().superRefine((value, context) => {
  const address = value.replace(/^([^:]*:\/\/)(?:[^/@]*@)?/, '$1');
  const hosts = /^[^:]*:\/\/[^/?#]*,/.test(address) || /[?&]host=[^&]*(?:,|%2c)/i.test(address);
  if (hosts) context.addIssue('names several hosts; expected one address, behind which the primary is');
  else if (!['postgres:', 'postgresql:'].includes(URL.parse(value)?.protocol ?? ''))
    context.addIssue('expected an address such as postgres://user@host:5432/name');
});

const token = z.strictObject({
  name: text(100),
  value: z
    .string()
    .min(32)
    .regex(/^[\x21-\x7e]*$/, 'must be ASCII without spaces, since it is sent in a header'),
  scopes: z
    .array(z.enum(SCOPES))
    .min(1)
    .default([...READ_SCOPES]),
  sources: z.array(z.string()).min(1).optional(),
});

const basePath = z
  .string()
  .regex(/^(\/[A-Za-z0-9._~-]+)*\/?$/, 'expected a path such as /rollcall')
  .transform((path) => path.replace(/\/$/, ''));

const origin = z
  .string()
  .refine(
    (value) => URL.parse(value)?.origin === value && value !== 'null',
    'expected an origin such as https://example.com',
  );

const network = z
  .string()
  .refine((value) => ipaddr.isValid(value) || ipaddr.isValidCIDR(value), 'expected an address or a network');

const trustProxy = z.union([z.boolean(), z.array(network).min(1)], {
  error: 'expected true, false, or a list of addresses and networks such as 10.0.0.0/8',
});

const rateLimit = z.strictObject({
  requests: z.int().min(1).max(1_000_000_000).default(60_000),
  failures: z.int().min(1).max(1_000_000_000).default(600),
  window: duration('1s', '1h').default(60_000),
});

/** Signatures that need no shared secret: what can check such a token cannot make one. */
const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA'],
] as const;

/** Keys that decide who may do what do not travel in clear, but for a provider on this machine. */
const provider = z
  .string()
  .refine((value) => {
    const url = URL.parse(value);
    return url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname));
  }, 'expected an https address')
  .refine((value) => !/[?#]/.test(value), 'must not carry a query or a fragment');

const oidc = z.strictObject({
  issuer: provider,
  audience: text(500),
  jwksUri: provider.optional(),
  algorithms: z.array(z.enum(ALGORITHMS)).min(1).default(['RS256', 'PS256', 'ES256', 'EdDSA']),
  nameClaim: text(200).default('sub'),
  scopesClaim: text(200).default('scope'),
  sourcesClaim: text(200).optional(),
  roles: z.record(text(200), z.array(z.enum(SCOPES)).min(1)).default({}),
  clockTolerance: duration('0s', '5m').default(30_000),
});

const server = z.strictObject({
  host: text(255).default('127.0.0.1'),
  port: z.int().min(0).max(65_535).default(8080),
  auth: z.enum(['tokens', 'none']).default('tokens'),
  tokens: z.array(token).default([]),
  trustProxy: trustProxy.default(false),
  basePath: basePath.default(''),
  cors: z.strictObject({ origins: z.array(origin).min(1) }).optional(),
  rateLimit: rateLimit.prefault({}),
  oidc: oidc.optional(),
  drain: duration('0s', '5m').default(0),
});

const database = z.strictObject({
  url: databaseUrl.optional(),
  poolSize: z.int().min(2).max(200).default(10),
  migrate: z.enum(['auto', 'off']).default('auto'),
  directUrl: databaseUrl.optional(),
  replicas: z.array(databaseUrl).max(16).default([]),
});

const retention = z.strictObject({
  jobs: duration('1m', '36500d').default(180 * 86_400_000),
  payloads: duration('1m', '36500d').default(30 * 86_400_000),
  events: duration('1m', '36500d').default(30 * 86_400_000),
  audit: duration('1m', '36500d').default(90 * 86_400_000),
});

/** The whole file. Its sources are checked one by one, because what they may say depends on their platform. */
export const fileSchema = z.strictObject({
  server: server.prefault({}),
  database: database.prefault({}),
  retention: retention.prefault({}),
  webhooks: z
    .strictObject({
      allowPrivateAddresses: z.boolean().default(false),
      endpoints: z.array(webhookEndpoint).default([]),
    })
    .prefault({}),
  metrics: z.strictObject({ maxTypes: z.int().min(1).max(10_000).default(200) }).prefault({}),
  // each by its kind, in expectation.schema.ts
  alerts: z.array(z.unknown()).default([]),
  sources: z.array(z.unknown()).default([]),
});

/** Durations of `poll` by key, also read alone by the rules that compare them. */
export const pollDurations = {
  every: duration('100ms', '7d').default(60_000),
  idleEvery: duration('100ms', '7d').optional(),
  sweepEvery: duration('100ms', '30d').default(3_600_000),
  overlap: duration('0s', '7d').default(600_000),
  staleAfter: duration('100ms', '90d').optional(),
  timeout: duration('100ms', '10m').default(30_000),
};

const history = z.union([z.literal('all').transform(() => null), duration('1s', '36500d')], {
  error: `${DURATION_HINT}, or all`,
});

const poll = z.strictObject({
  ...pollDurations,
  pageSize: z.int().min(1).optional(),
  maxRequestsPerHour: z.int().min(1).max(1_000_000).default(3000),
  concurrency: z.int().min(1).max(16).default(1),
  history: history.default(null),
});

const LABEL_NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,62}$/;

const statusRule = z.strictObject({
  state: z.enum(JOB_STATES),
  reason: text(200).nullable().default(null),
});

/** A file, or the name of a manifest that comes with Rollcall. */
function manifestOf(connector: Connector | undefined) {
  const name = z.string().min(1).max(1_000).optional();
  return connector === undefined || connector.platform === HTTP_PLATFORM
    ? name
    : name.refine((value) => value === undefined, 'is for the platform http');
}

/** What a source of this platform may say. For an unknown platform everything but `auth` and `options` is still checked. */
export function sourceSchema(connector: Connector | undefined) {
  return z.strictObject({
    key: z
      .string()
      .regex(
        /^[a-z0-9][a-z0-9-]{0,62}$/,
        'expected small letters, digits and hyphens, at most 63, no hyphen first',
      ),
    platform: z.string(),
    baseUrl:
      connector === undefined
        ? baseUrl.default('')
        : connector.defaultBaseUrl === null
          ? baseUrl
          : baseUrl.default(connector.defaultBaseUrl),
    auth: connector?.auth ?? z.unknown().optional(),
    options: connector?.options.prefault({}) ?? z.unknown().optional(),
    manifest: manifestOf(connector),
    enabled: z.boolean().default(true),
    label: text(200).optional(),
    labels: z
      .record(
        z.string().regex(LABEL_NAME, 'a label name begins with a letter; then letters, digits, _ . -'),
        text(500),
      )
      .default({}),
    poll: poll.prefault({}),
    statusOverrides: z.record(text(200), statusRule).default({}),
    redact: z.array(z.string()).default([]),
  });
}

export type FileValues = z.output<typeof fileSchema>;
export type SourceValues = z.output<ReturnType<typeof sourceSchema>>;
