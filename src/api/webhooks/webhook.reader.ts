import { z } from 'zod';
import { check } from '../../config/schema-faults.js';
import {
  EndpointValues,
  FORMAT_OPTIONS,
  SECRET_OPTIONS,
  endpointFaults,
  endpointFields,
  webhookEndpoint,
} from '../../config/webhook-endpoint.schema.js';
import { PathFault } from '../../config/yaml-file.js';
import { JsonObject } from '../../domain/job.js';
import { PAGERDUTY_URL } from '../../domain/webhook.js';
import { AddressRules, checkAddress } from '../../feed/webhook-address.js';
import { TimeBound, parseTimeBound } from '../../storage/time-bound.js';
import { NewWebhook, StoredWebhook, WebhookChange } from '../../storage/webhook.store.js';
import { quote } from '../dto/parsers.js';
import { readWebhookFilter } from '../dto/webhook-filter.js';
import { pointerOf } from '../http/pointer.js';
import { RequestFault, invalidRequest } from '../http/problem.js';

/** An endpoint as the store takes it, but for what the caller decides and not the body. */
export type ReadWebhook = Omit<NewWebhook, 'secret' | 'sources'> & { secret: string | null };

const changed = z.strictObject(endpointFields);

/** What an endpoint may name. */
export interface WebhookBounds {
  /** Keys of sources, for its filter. */
  sources: readonly string[];
  rules: AddressRules;
}

/** @throws Problem `invalid-request` with every fault at once */
export function readNewWebhook(body: unknown, bounds: WebhookBounds): ReadWebhook {
  const said = withoutNulls(asObject(body), webhookEndpoint);
  const { data, faults } = check(webhookEndpoint, said);
  refuse(said, said['url'], faults, bounds);
  return { ...draftOf(data!), secret: data!.secret ?? null };
}

/**
 * What a body changes of an endpoint, together with what stays.
 *
 * @throws Problem `invalid-request` with every fault at once
 */
export function readChangedWebhook(
  body: unknown,
  before: StoredWebhook,
  bounds: WebhookBounds,
): WebhookChange {
  const asked = asObject(body);
  const kept = keptOf(before, asked);
  const said = withoutNulls({ ...kept, ...asked, ...mergedOptions(asked, kept) }, changed);
  const { data, faults } = check(changed, said);
  refuse(said, asked['url'], faults, bounds);
  const draft = draftOf(data!);
  return Object.fromEntries(changedFields(asked).map((name) => [name, draft[name]]));
}

/** What stays is not written: somebody else may change it at this moment. */
function changedFields(asked: Record<string, unknown>): (keyof WebhookChange)[] {
  const names = new Set(Object.keys(asked));
  // another format has other options, and may have an address of its own
  if (names.has('format')) for (const name of ['options', 'url']) names.add(name);
  return [...names].map((name) =>
    name === 'resolveAfter' ? 'resolveAfterMs' : (name as keyof WebhookChange),
  );
}

/** @param url what was asked for; one that stays was judged before */
function refuse(
  said: Record<string, unknown>,
  url: unknown,
  faults: readonly PathFault[],
  { sources, rules }: WebhookBounds,
): void {
  const addressFault = (address: string) => (url === undefined ? null : checkAddress(address, rules));
  const context = { path: [], readFilter: readWebhookFilter, addressFault, sources, wantsSecret: false };
  const all = [...faults, ...endpointFaults(said, context)];
  if (all.length > 0) throw invalidRequest(all.map(requestFault));
}

/** The file has keys where a body has fields. */
function requestFault({ path, message }: PathFault): RequestFault {
  return { pointer: pointerOf(path), detail: message.replace(/^unknown key;/, 'is unknown;') };
}

/** @param values without faults */
function draftOf(values: Omit<EndpointValues, 'secret'>): WebhookChange & Omit<ReadWebhook, 'secret'> {
  const { name, url, types, filter, format, options, includeBackfill, resolveAfter, enabled } = values;
  return {
    name,
    url: url ?? PAGERDUTY_URL,
    format,
    types: types ?? null,
    filter: filter === undefined ? {} : readWebhookFilter(filter).filter!,
    includeBackfill,
    options: FORMAT_OPTIONS[format].parse(options ?? {}),
    resolveAfterMs: resolveAfter,
    enabled,
  };
}

/** The endpoint as somebody would have said it. Options are their format's. */
function keptOf(before: StoredWebhook, asked: Record<string, unknown>): Record<string, unknown> {
  const { name, url, types, filter, includeBackfill, format, options, resolveAfterMs, enabled } = before;
  const isSameFormat = asked['format'] === undefined || (asked['format'] ?? 'plain') === format;
  return {
    ...{ name, url, types, filter, includeBackfill, format, enabled },
    resolveAfter: `${resolveAfterMs}ms`,
    ...(isSameFormat ? { options } : {}),
  };
}

/** Whoever changes an option cannot send back the ones that nobody is shown. */
function mergedOptions(
  { options: asked }: Record<string, unknown>,
  { options: kept }: Record<string, unknown>,
): { options?: JsonObject } {
  if (typeof asked !== 'object' || asked === null || Array.isArray(asked) || kept === undefined) return {};
  const secrets = Object.entries(kept as JsonObject).filter(([name]) => SECRET_OPTIONS.includes(name));
  return { options: { ...Object.fromEntries(secrets), ...asked } };
}

export type ReplayRange = { since: TimeBound } | { after: string } | { deliveryId: string };

const REPLAYS = ['since', 'after', 'deliveryId'] as const;

/** @throws Problem `invalid-request` with every fault at once */
export function readReplay(body: unknown): ReplayRange {
  const said = withoutNulls(asObject(body), replay);
  const { data, faults } = check(replay, said);
  const given = REPLAYS.filter((name) => said[name] !== undefined);
  const count = `exactly one of since, after and deliveryId is needed, and ${given.join(', ') || 'none'} is given`;
  const all = [...faults.map(requestFault), ...(given.length === 1 ? [] : [{ pointer: '#', detail: count }])];
  if (all.length > 0) throw invalidRequest(all);
  const { since, after, deliveryId } = data!;
  if (after !== undefined) return { after };
  return deliveryId !== undefined ? { deliveryId } : { since: since! };
}

const replay = z.strictObject({
  since: z
    .string()
    .transform((text, context) => {
      const bound = parseTimeBound(text);
      if (bound === null)
        context.addIssue(
          `${quote(text)} is not a time: ISO 8601 with zone, epoch milliseconds, or relative such as -1h`,
        );
      return bound ?? z.NEVER;
    })
    .optional(),
  after: z.string().min(1).optional(),
  deliveryId: z
    .string()
    .regex(/^msg_[\w-]{1,64}$/, 'is no id of a delivery')
    .optional(),
});

/** Null means the default, in whatever field is known; the others are refused with whatever they say. */
function withoutNulls(body: Record<string, unknown>, { shape }: z.ZodObject): Record<string, unknown> {
  const isSaid = ([name, value]: [string, unknown]) => value !== null || !Object.hasOwn(shape, name);
  return Object.fromEntries(Object.entries(body).filter(isSaid));
}

function asObject(body: unknown): Record<string, unknown> {
  if (body === undefined || body === null) return {};
  if (typeof body === 'object' && !Array.isArray(body)) return body as Record<string, unknown>;
  throw invalidRequest([{ pointer: '#', detail: 'is not an object' }]);
}
