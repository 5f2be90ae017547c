import type { Source } from '../../../../client/src/index';

export type Health = Source['health'];
export type ErrorKind = NonNullable<Source['lastError']>['kind'];

/** The worse, the higher in a list: what we cannot see comes before what we see badly. */
export const HEALTH_ORDER: readonly Health[] = ['failing', 'degraded', 'paused', 'healthy', 'retired'];

export const HEALTH_MEANINGS: Record<Health, string> = {
  healthy: 'Every record is read and understood, and what is known is recent.',
  degraded: 'It is read, but something about it is not as it should be.',
  failing: 'Blind: the last poll failed after its own retries. What happens there now is not known.',
  paused: 'Nobody polls it until the pause ends. Its jobs stay as they were last seen.',
  retired: 'The configuration does not name it any more. Its jobs stay readable.',
};

/** Of each reason that a degraded or paused source may have; those of a failing one are kinds of errors. */
export const REASON_MEANINGS: Record<string, string> = {
  rejects: 'Some records could not be normalized. They are kept below, with why.',
  'unmapped-statuses': 'The platform says words that no rule reads. Their jobs are in the state unknown.',
  'rate-limited': 'The platform, or the request budget, asks for patience. Polls go on when they may.',
  behind: 'Polls go well, yet none has proved for too long that everything was read.',
  truncated: 'The platform does not let its collection be read whole.',
  'unreadable-jobs': 'The own pages of some open jobs are broken; the log names them.',
  'not-polled-yet': 'Its first poll is still to come.',
  disabled: 'The configuration says enabled: false.',
  paused: 'Somebody paused it.',
};

export interface ErrorMeaning {
  what: string;
  todo: string;
}

/** Every kind of error that a poll can end with. */
export const ERROR_MEANINGS: Record<ErrorKind, ErrorMeaning> = {
  authentication: {
    what: 'The platform refused the credential.',
    todo: 'Give the source a valid one under auth and restart. The next try comes no sooner than five minutes after a refusal; “Poll now” tries at once.',
  },
  permission: {
    what: 'The credential is good, but may not read jobs.',
    todo: 'Ask the platform’s administrator for the right to read jobs; the connector’s page names it.',
  },
  'rate-limited': {
    what: 'The platform asked for patience, or the source’s own hourly budget is spent.',
    todo: 'Nothing: polls go on by themselves. If it happens often, raise poll.every or poll.maxRequestsPerHour.',
  },
  timeout: {
    what: 'No complete answer came in time.',
    todo: 'Look whether the platform is slow; raise poll.timeout, or lower poll.pageSize.',
  },
  network: {
    what: 'The platform could not be reached: name, connection or TLS.',
    todo: 'Check baseUrl, DNS, proxies and firewalls between this service and the platform.',
  },
  'upstream-error': {
    what: 'The platform answered with a failure of its own, again after retries.',
    todo: 'Look at the platform’s status page. Polls go on with longer pauses.',
  },
  'malformed-response': {
    what: 'The answer was not what its content type says: a page of HTML, or half of a document.',
    todo: 'Check baseUrl: a login page or a proxy may be answering in the platform’s place.',
  },
  schema: {
    what: 'The answer was JSON of another shape than is documented.',
    todo: 'Check options (variant, apiVersion). If they are right the platform has changed: rollcall check shows how.',
  },
  configuration: {
    what: 'The platform’s answer shows that the source is configured wrongly.',
    todo: 'Correct the options that the message names and restart.',
  },
};

export const ERROR_KINDS = Object.keys(ERROR_MEANINGS) as ErrorKind[];

/** What a source's reason means; null for none, or one that a later version has. */
export function reasonMeaning(reason: string | null): string | null {
  if (reason === null) return null;
  return REASON_MEANINGS[reason] ?? ERROR_MEANINGS[reason as ErrorKind]?.what ?? null;
}
