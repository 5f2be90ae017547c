import { Json, JsonObject } from '../../domain/job.js';
import { RenderedEndpoint, WebhookAlert, WebhookNotification } from '../webhook-notification.js';

/** What a message to people says, whoever shows it. Every word in it may come from outside. */

export const TEST_TYPE = 'webhook.test';

/** What an alerting format tells of: an alert, or a try. */
export type Telling = { test: true } | { test: false; alert: WebhookAlert; job: JsonObject | null };

/** @throws Error when the notification is no matter of an alert */
export function tellingOf({ type, alert, event }: WebhookNotification): Telling {
  if (type === TEST_TYPE) return { test: true };
  if (alert === null)
    throw new Error(`${type} is no matter of an alert, and this format tells of nothing else`);
  return { test: false, alert, job: objectOf(event['job']) };
}

/** One line: what happened, and where. */
export function headline(notification: WebhookNotification, endpoint: RenderedEndpoint): string {
  const telling = tellingOf(notification);
  if (telling.test) return `A try of the Rollcall endpoint ${oneLine(endpoint.name)}`;
  const { alert, job } = telling;
  switch (alert.kind) {
    case 'source':
      return outage(alert, textOf(notification.event['reason']));
    case 'expectation':
      return ofExpectation(alert, job, messageOf(notification.event));
    case 'job':
      return ofJob(alert, job ?? {});
  }
}

function outage({ action, because, source }: WebhookAlert, reason: string | null): string {
  if (action === 'trigger') return `Source ${source} cannot be read${reason === null ? '' : `: ${reason}`}`;
  return because === 'expired'
    ? `Source ${source}: nothing more was heard`
    : `Source ${source} can be read again`;
}

function ofJob({ action, because, source, type }: WebhookAlert, job: JsonObject): string {
  const what = oneLine(type ?? textOf(job['name']) ?? 'a job');
  const state = textOf(job['state']) ?? 'failed';
  const reason = textOf(job['reason']);
  if (action === 'trigger')
    return state === 'missed'
      ? `${what} was missed on ${source}`
      : `${what} ${oneLine(state)} on ${source}${reason === null ? '' : `: ${oneLine(reason)}`}`;
  return because === 'expired'
    ? `${what} on ${source}: no later run was heard of`
    : `${what} on ${source} succeeded again`;
}

/** The message of an expectation of one job goes on after what it is about: `has run for 45m 48s, longer than 45m 00s`. */
function ofExpectation(alert: WebhookAlert, job: JsonObject | null, message: string | null): string {
  const { action, jobId, source, type } = alert;
  const rule = oneLine(alert.rule ?? 'an expectation');
  const ofGroup = type === null ? source : `${oneLine(type)} on ${source}`;
  const what = jobId === null ? ofGroup : `${oneLine(type ?? textOf(job?.['name']) ?? 'a job')} on ${source}`;
  if (action === 'resolve') return `${what} is as expected again (${rule})`;
  const said = message === null ? 'is not as expected' : oneLine(message);
  return `${what}${jobId === null && message !== null ? ':' : ''} ${said} (${rule})`;
}

/** What is wrong, of an event of an expectation. */
export function messageOf(event: JsonObject): string | null {
  return textOf(objectOf(event['alert'])?.['message']);
}

/** The job's addresses for people and logs, https only, each once. */
export function linksOf(job: JsonObject | null): { name: string; href: string }[] {
  const links = objectOf(job?.['links']) ?? {};
  const found = (
    [
      ['html', 'Job'],
      ['log', 'Log'],
      ['self', 'API'],
    ] as const
  ).flatMap(([key, name]) => {
    const url = URL.parse(textOf(links[key]) ?? '');
    return url?.protocol === 'https:' && url.href.length <= MAX_HREF ? [{ name, href: url.href }] : [];
  });
  return found.filter(({ href }, index) => found.findIndex((one) => one.href === href) === index);
}

/** What every vendor takes. */
const MAX_HREF = 2_000;

/** The platform's words on why the job failed. */
export function errorOf(job: JsonObject | null): string | null {
  return textOf(objectOf(job?.['error'])?.['message']);
}

export function objectOf(value: Json | undefined): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
}

/** Null for what is no text, or empty. */
export function textOf(value: Json | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** Without control characters, and never half a character. */
export function oneLine(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(/\p{Cc}+/gu, ' ')
    .trim();
}

/** At most so many UTF-16 units, never half a character; what is longer ends in an ellipsis. */
export function cut(text: string, most: number): string {
  const whole = text.toWellFormed();
  if (whole.length <= most) return whole;
  return `${whole.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/, '')}…`;
}
