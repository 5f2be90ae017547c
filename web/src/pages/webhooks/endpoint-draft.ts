import type { components } from '../../../../client/src/index';
import type { WebhookFormat } from './endpoint-choices';
import { filterText } from './endpoint-words';
import type { Webhook } from './webhooks.queries';

type CreateBody = components['schemas']['CreateWebhookBody'];
type EventType = NonNullable<Webhook['types']>[number];

/** An endpoint as the form has it: text as it is typed. */
export interface EndpointDraft {
  name: string;
  format: WebhookFormat;
  url: string;
  /** Null: every type but `job.changed`. */
  types: EventType[] | null;
  filter: string;
  includeBackfill: boolean;
  routingKey: string;
  severity: string;
  /** `name=value`, one a line. */
  labels: string;
  resolveAfter: string;
  secret: string;
  enabled: boolean;
}

export const NEW_ENDPOINT: EndpointDraft = {
  name: '',
  format: 'plain',
  url: '',
  types: null,
  filter: '',
  includeBackfill: false,
  routingKey: '',
  severity: 'error',
  labels: '',
  resolveAfter: '24h',
  secret: '',
  enabled: true,
};

/** What is secret comes back as dots: such a field begins empty, and left empty it stays as it was. */
export function draftOf(webhook: Webhook): EndpointDraft {
  const { severity, labels } = webhook.options as { severity?: string; labels?: Record<string, string> };
  return {
    ...NEW_ENDPOINT,
    name: webhook.name,
    format: webhook.format,
    url: isHidden(webhook.url) ? '' : webhook.url,
    types: webhook.types,
    filter: filterText(webhook.filter),
    includeBackfill: webhook.includeBackfill,
    severity: severity ?? NEW_ENDPOINT.severity,
    labels: Object.entries(labels ?? {})
      .map(([name, value]) => `${name}=${value}`)
      .join('\n'),
    resolveAfter: webhook.resolveAfter,
    enabled: webhook.enabled,
  };
}

/** Part of the address is not shown, because it may be a secret. */
export function isHidden(url: string): boolean {
  return url.includes('…');
}

/** What the API is sent. What is empty is left out: the service has a default for it, or says that it is missing. */
export function bodyOf(draft: EndpointDraft): CreateBody {
  const { name, format, url, types, includeBackfill, resolveAfter, enabled } = draft;
  const filter = readFilter(draft.filter);
  const options = optionsOf(draft);
  return {
    name,
    format,
    includeBackfill,
    enabled,
    types,
    resolveAfter: resolveAfter.trim() === '' ? null : resolveAfter.trim(),
    filter: Object.keys(filter).length === 0 ? null : filter,
    ...(url.trim() === '' ? {} : { url: url.trim() }),
    ...(options === null ? {} : { options }),
    ...(draft.secret.trim() === '' ? {} : { secret: draft.secret.trim() }),
  };
}

/** A query string as an object of lists: the service reads each value by the rules of the list of jobs. */
function readFilter(text: string): Record<string, string[]> {
  const filter: Record<string, string[]> = Object.create(null) as Record<string, string[]>;
  for (const [name, value] of new URLSearchParams(text.trim())) (filter[name] ??= []).push(value);
  return filter;
}

function optionsOf({ format, routingKey, severity, labels }: EndpointDraft): Record<string, unknown> | null {
  if (format === 'pagerduty')
    return { ...(routingKey.trim() === '' ? {} : { routingKey: routingKey.trim() }), severity };
  if (format !== 'alertmanager') return null;
  const lines = labels.split('\n').filter((line) => line.trim() !== '');
  return {
    labels: Object.fromEntries(
      lines.map((line) => {
        const [name, ...rest] = line.split('=');
        return [name!.trim(), rest.join('=').trim()];
      }),
    ),
  };
}
