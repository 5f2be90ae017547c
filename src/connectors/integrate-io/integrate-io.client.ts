import {
  AuthError,
  ContractError,
  JobGoneError,
  RateLimitError,
  SourceConfigError,
  UnavailableError,
} from '../../domain/errors.js';
import { Instant } from '../../domain/job.js';
import { HttpClient, HttpRequest, HttpResponse } from '../shared/http-client.js';
import { readRetryAfter } from '../shared/http-faults.js';
import { upstreamWords } from '../shared/upstream-words.js';
import { ListQuery } from './integrate-io.walk.js';

export interface IntegrateIoAccess {
  apiKey: string;
  accountId: string;
}

export interface JobList {
  records: readonly unknown[];
  /** The platform's clock; null when it sent none. */
  date: Instant | null;
}

/** Always sent: without it, whatever version is newest is served (xplenty-api-doc-v2 README, dab7409). */
const ACCEPT = 'application/vnd.xplenty+json; version=2';

/** Credits of an hour (README "Rate Limits", dab7409), for an answer that names only what remains. */
const CREDITS_PER_HOUR = 5_000;
/**
 * The part of the credits that is left to others: they are counted by login or address, and who overdraws them is blacklisted until
 * support lifts it.
 */
const RESERVED_SHARE = 0.1;
/** No reset is documented for the hourly credits; a sixth of the hour is long enough for some to come back. */
const CREDITS_PAUSE_MS = 600_000;

/** Documented statuses that mean something of their own here; the HTTP client would not tell them apart, or send a 429 again. */
const REFUSALS: ReadonlySet<number> = new Set([400, 402, 406, 415, 422, 429]);

const USABLE_ID = /^[\w-]+$/;

/** The calls of the platform that Rollcall makes, with its errors as domain errors. */
export class IntegrateIoClient {
  private readonly authorization: string;

  constructor(
    private readonly http: HttpClient,
    private readonly access: IntegrateIoAccess,
  ) {
    // The password is empty; the colon belongs to the encoded text.
    this.authorization = `Basic ${Buffer.from(`${access.apiKey}:`).toString('base64')}`;
  }

  /** One page of jobs; null when the platform refuses the sort that was asked for. */
  async list({ since, sort, offset, limit }: ListQuery, signal: AbortSignal): Promise<JobList | null> {
    const query = {
      limit,
      offset,
      ...(since === null ? {} : { since: toSeconds(since) }),
      ...(sort === null ? {} : { sort, direction: 'asc' }),
    };
    const response = await this.call({ method: 'GET', url: '/jobs', query, signal });
    const { status } = response;
    if (status === 404)
      throw new SourceConfigError(`Integrate.io knows no account ${JSON.stringify(this.access.accountId)}`);
    if ((status === 400 || status === 422) && sort !== null) return null;
    if (status >= 300)
      throw new ContractError(`Integrate.io refused to list jobs: ${await this.said(response)}`, 'schema');
    return { records: await arrayIn(response, 'a list of jobs that is'), date: response.date };
  }

  /** @throws JobGoneError when the platform does not know the id */
  async job(id: string, signal: AbortSignal): Promise<unknown> {
    // Ids are numbers; another one has no page, and must not become another path.
    if (!USABLE_ID.test(id)) throw new JobGoneError('Integrate.io has no page for such an id');
    const response = await this.call({ method: 'GET', url: `/jobs/${id}`, signal });
    if (response.status === 404) throw new JobGoneError(`Integrate.io knows no job ${id}`);
    if (response.status >= 300)
      throw new ContractError(`Integrate.io refused job ${id}: ${await this.said(response)}`, 'schema');
    return response.json();
  }

  /**
   * One page of the jobs that a workflow's job ran.
   * @throws JobGoneError when the platform does not know the id
   */
  async children(
    id: string,
    query: { limit: number; offset: number },
    signal: AbortSignal,
  ): Promise<readonly unknown[]> {
    if (!USABLE_ID.test(id)) throw new JobGoneError('Integrate.io has no children of such an id');
    const response = await this.call({ method: 'GET', url: `/jobs/${id}/children`, query, signal });
    if (response.status === 404) throw new JobGoneError(`Integrate.io knows no children of job ${id}`);
    if (response.status >= 300)
      throw new ContractError(
        `Integrate.io refused the children of job ${id}: ${await this.said(response)}`,
        'schema',
      );
    return arrayIn(response, 'children that are');
  }

  /** Asks a job to stop, exactly once. The platform's DELETE deletes nothing. */
  async stop(id: string, signal: AbortSignal): Promise<void> {
    if (!USABLE_ID.test(id))
      throw new ContractError('Integrate.io cannot stop a job with such an id', 'schema');
    const response = await this.call({ method: 'DELETE', url: `/jobs/${id}`, signal, retry: false });
    if (response.status < 300) return;
    const why = response.status === 404 ? 'it knows no such job' : await this.said(response);
    throw new UnavailableError(`Integrate.io did not stop job ${id}: ${why}`, 'upstream-error');
  }

  private async call(request: HttpRequest): Promise<HttpResponse> {
    const response = await this.http.request(
      {
        ...request,
        url: `/${encodeURIComponent(this.access.accountId)}/api${request.url}`,
        headers: { accept: ACCEPT, authorization: this.authorization },
      },
      (status) => REFUSALS.has(status),
    );
    this.spareCredits(response.headers);
    const { status } = response;
    if (status === 429) {
      const waitMs = readRetryAfter(response.headers, response.requestedAt) ?? CREDITS_PAUSE_MS;
      this.http.pause(waitMs);
      throw new RateLimitError('Integrate.io: the credits of this hour are spent', waitMs);
    }
    if (status === 402)
      throw new AuthError('Integrate.io wants the billing details of the account confirmed', 'permission');
    if (status === 406 || status === 415)
      throw new ContractError(`Integrate.io no longer serves version 2 of its API: ${status}`, 'schema');
    return response;
  }

  /** Stops well before the credits are spent; what was answered is still used. */
  private spareCredits(headers: HttpResponse['headers']): void {
    const remaining = count(headers['x-ratelimit-remaining']);
    const limit = count(headers['x-ratelimit-limit']) ?? CREDITS_PER_HOUR;
    if (remaining !== null && remaining <= limit * RESERVED_SHARE) this.http.pause(CREDITS_PAUSE_MS);
  }

  /** What the platform says of a refusal: `{"message"}`, or only the status. */
  private async said(response: HttpResponse): Promise<string> {
    const words = upstreamWords(messageIn(await response.text()), [this.access.apiKey]);
    return words === '' ? String(response.status) : `${response.status} ${words}`;
  }
}

/** The records of a collection; a 204, which the README's "Response Codes" (dab7409) know, is one without any. */
async function arrayIn(response: HttpResponse, what: string): Promise<readonly unknown[]> {
  const records = response.status === 204 ? [] : await response.json();
  if (!Array.isArray(records))
    throw new ContractError(`Integrate.io answered ${what} not an array`, 'schema');
  return records;
}

/** `YYYY-MM-DDTHH:MM:SSZ`, the one form that the platform documents. */
function toSeconds(instant: Instant): string {
  return `${new Date(instant).toISOString().slice(0, 19)}Z`;
}

function messageIn(text: string): unknown {
  try {
    return (JSON.parse(text) as { message?: unknown } | null)?.message;
  } catch {
    return undefined;
  }
}

function count(header: string | undefined): number | null {
  return header !== undefined && /^\d+$/.test(header) ? Number(header) : null;
}
