import { z } from 'zod';
import { EVENT_TYPES } from '../domain/event-type.js';
import {
  DEFAULT_RESOLVE_AFTER_MS,
  WEBHOOK_FORMATS,
  WebhookFilter,
  WebhookFormat,
  isWebhookSecret,
} from '../domain/webhook.js';
import { SchemaFault, check, nearest, valueAt } from './schema-faults.js';
import { duration, text } from './schema-words.js';
import { Path, PathFault } from './yaml-file.js';

/** A webhook endpoint as the file and the API declare it: one shape, one set of bounds, one wording of faults. */

/** Far more than any receiver gives out. */
const MAX_URL = 2_048;

const url = z
  .string()
  .max(MAX_URL)
  .transform((value, context) => {
    const read = URL.parse(value);
    if (read === null || !['http:', 'https:'].includes(read.protocol))
      context.addIssue('expected an http or https address');
    else if (read.username !== '' || read.password !== '')
      context.addIssue('must not carry a user name or password');
    else if (value.includes('#')) context.addIssue('must not carry a fragment');
    else return read.href;
    return z.NEVER;
  });

const secret = z
  .string()
  .refine(
    isWebhookSecret,
    'expected whsec_ and the base64 of 24 to 64 bytes, as Standard Webhooks writes it',
  );

const type = z.enum(EVENT_TYPES, {
  error: ({ input }) =>
    typeof input === 'string' ? `is no type of event; ${nearest(input, EVENT_TYPES)}` : undefined,
});

const format = z.enum(WEBHOOK_FORMATS, {
  error: ({ input }) =>
    typeof input === 'string' ? `is no format; ${nearest(input, WEBHOOK_FORMATS)}` : undefined,
});

/** What the whole endpoint decides about these two stands in {@link endpointFaults}. */
const dependent = { filter: z.unknown().optional(), options: z.unknown().optional() };

export const endpointFields = {
  name: text(100),
  url: url.optional(),
  types: z.array(type).min(1).optional(),
  ...dependent,
  includeBackfill: z.boolean().default(false),
  format: format.default('plain'),
  resolveAfter: duration('1m', '30d').default(DEFAULT_RESOLVE_AFTER_MS),
  enabled: z.boolean().default(true),
};

export const webhookEndpoint = z.strictObject({ ...endpointFields, secret: secret.optional() });

export type EndpointValues = z.output<typeof webhookEndpoint>;

/** Labels of an Alertmanager that Rollcall writes itself. */
const OWN_LABELS = ['alertname', 'source', 'platform', 'type', 'rule', 'job_id'];

const label = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/, 'a label name begins with a letter; then letters, digits, _')
  .refine(
    (name) => !OWN_LABELS.includes(name) && !name.startsWith('label_'),
    'is a label of Rollcall itself',
  );

/** What each format takes beside the address. */
export const FORMAT_OPTIONS = {
  plain: z.strictObject({}),
  slack: z.strictObject({}),
  pagerduty: z.strictObject({
    routingKey: z
      .string()
      .regex(/^[A-Za-z0-9]{32}$/, "expected an integration key of PagerDuty's Events API v2, 32 characters"),
    severity: z.enum(['critical', 'error', 'warning', 'info']).default('error'),
  }),
  alertmanager: z.strictObject({ labels: z.record(label, text(500)).default({}) }),
  cloudevents: z.strictObject({}),
} as const satisfies Record<WebhookFormat, z.ZodObject>;

/** Options that no answer, log or list shows. */
export const SECRET_OPTIONS: readonly string[] = ['routingKey'];

/** Formats whose receivers can check a signature; the others are a vendor's. */
const SIGNED: readonly WebhookFormat[] = ['plain', 'cloudevents'];

/** Reads a filter as the list of jobs does: an object of list parameters, or a query string. */
export type FilterReader = (value: unknown) => {
  /** Null when there are faults. */
  filter: WebhookFilter | null;
  /** Keys of sources that it names. */
  sources: readonly string[];
  /** Paths are relative to the filter. */
  faults: PathFault[];
};

/** What is known elsewhere of endpoints: the API reads filters, and whoever sends knows where to. */
export interface EndpointReader {
  readFilter: FilterReader;
  /** What is wrong with an http or https address; null: nothing. */
  addressFault: (url: string, allowPrivate: boolean) => string | null;
}

export interface EndpointContext {
  path: Path;
  readFilter: FilterReader;
  /** What is wrong with an http or https address; null: nothing. */
  addressFault: (url: string) => string | null;
  /** Keys of the sources that a filter may name. */
  sources: readonly string[];
  /** The file keeps no secret that it does not say: whoever wants signatures says one. */
  wantsSecret: boolean;
}

/** What binds the keys of one endpoint together, read from its plain values, so that it is told beside every other fault. */
export function endpointFaults(value: unknown, context: EndpointContext): SchemaFault[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [];
  const said = format.safeParse(valueAt(value, ['format']) ?? 'plain');
  return [
    ...(said.success ? formatFaults(value, said.data, context) : []),
    ...addressFaults(value, context),
    ...filterFaults(value, context),
  ];
}

function addressFaults(value: unknown, { path, addressFault }: EndpointContext): SchemaFault[] {
  const read = url.safeParse(valueAt(value, ['url']));
  const message = read.success ? addressFault(read.data) : null;
  return message === null ? [] : [{ path: [...path, 'url'], at: 'value', message }];
}

function formatFaults(value: unknown, said: WebhookFormat, context: EndpointContext): SchemaFault[] {
  const { path, wantsSecret } = context;
  const lacks = (key: string, message: string): SchemaFault[] =>
    valueAt(value, [key]) === undefined ? [{ path: [...path, key], at: 'value', message }] : [];
  return [
    ...(said === 'pagerduty' ? [] : lacks('url', 'is required')),
    ...(wantsSecret && SIGNED.includes(said)
      ? lacks('secret', `is required for the format ${said}: without it nobody can check a signature`)
      : []),
    ...check(FORMAT_OPTIONS[said], valueAt(value, ['options']) ?? {}, [...path, 'options']).faults,
  ];
}

function filterFaults(value: unknown, { path, readFilter, sources }: EndpointContext): SchemaFault[] {
  const given = valueAt(value, ['filter']);
  if (given === undefined) return [];
  const { sources: named, faults } = readFilter(given);
  const unknown = named.filter((key) => !sources.includes(key));
  const place = typeof given === 'string' ? [] : ['source'];
  return [
    ...faults.map((fault) => ({ ...fault, path: [...path, 'filter', ...fault.path] })),
    ...unknown.map((key): SchemaFault => ({
      path: [...path, 'filter', ...place],
      at: 'value',
      message: `names a source that there is not; ${nearest(key, sources)}`,
    })),
  ];
}
