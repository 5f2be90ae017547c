import { z } from 'zod';
import {
  AuthError,
  ContractError,
  JobGoneError,
  SourceConfigError,
  SourceError,
  UnavailableError,
} from '../../domain/errors.js';
import { FinalRead } from '../../domain/final-read.js';
import { Instant, JobAction, JobFacts } from '../../domain/job.js';
import {
  Connector,
  ConnectorSource,
  FetchedRecord,
  Page,
  PageFeedback,
  ReadRequest,
  ReadResult,
  Session,
} from '../connector.js';
import { withBearer } from '../shared/bearer.js';
import { HttpClient } from '../shared/http-client.js';
import { countOf } from '../shared/pagination.js';
import { pathSegment } from '../shared/path-segment.js';
import { asText, valueAt } from '../shared/record-reader.js';
import { ATTRIBUTE_KEYS, identify, normalize, STATUS_MAP } from './elastic-path.normalize.js';
import { JobListRead, ListAnswer, readTime, SETTLE_MS } from './elastic-path.read.js';

const auth = z.union([
  z.strictObject({ clientId: z.string().min(1), clientSecret: z.string().min(1) }),
  z.strictObject({ token: z.string().min(1) }),
]);
type Auth = z.infer<typeof auth>;
const options = z.strictObject({});
type Options = z.infer<typeof options>;

/** The guide's limit for any paginated call; the OpenAPI document's 10,000 contradicts its own text. */
const MAX_PAGE_SIZE = 100;
/** Of the messages of a failed job; an import has one for every bad row. */
const MAX_ERRORS = 20;

export const elasticPath: Connector<Auth, Options> = {
  platform: 'elastic-path',
  // Two regions, and a store lives in one of them.
  defaultBaseUrl: null,
  auth,
  options,
  limits: { pageSize: MAX_PAGE_SIZE, maxPageSize: MAX_PAGE_SIZE, settleMs: SETTLE_MS, proof: 'incremental' },
  statusMap: STATUS_MAP,
  normalizerVersion: 1,
  // Links to exported data. Redacted one by one, so that their number is still known.
  redact: ['$.meta.file_locations[*]'],
  identityPaths: ['id', 'attributes.status', 'attributes.type'],
  volatileAttributes: [],
  attributeKeys: () => ATTRIBUTE_KEYS,
  extraHosts: () => [],
  connect: (source, http) => new ElasticPathSession(source, http),
  identify,
  normalize,
  unread,
};

/** The words of a failed job are on a page of their own, which a read of the job's own page brings along. */
function unread(record: unknown, { state }: Pick<JobFacts, 'state'>): FinalRead | null {
  const lacksWords = isFailed(record) && valueAt(record, 'rollcall_errors') === undefined;
  return state === 'failed' && lacksWords ? 'detail' : null;
}

/** By the platform's own word, whatever an override makes of it: only such a job has errors. */
function isFailed(record: unknown): boolean {
  return asText(valueAt(record, 'attributes.status'))?.toLowerCase() === 'failed';
}

class ElasticPathSession implements Session {
  private readonly http: HttpClient;

  readonly actions: Partial<Record<JobAction, (externalId: string, signal: AbortSignal) => Promise<void>>> = {
    cancel: (externalId, signal) => this.cancel(externalId, signal),
  };

  constructor(
    private readonly source: ConnectorSource<Auth, Options>,
    http: HttpClient,
  ) {
    const { auth } = source;
    this.http = withBearer(http, 'token' in auth ? auth : { ...auth, tokenUrl: '/oauth/access_token' });
  }

  fetchPages(request: ReadRequest): AsyncGenerator<Page, ReadResult, PageFeedback> {
    const { pageSize, overlapMs, historyMs, baseUrl } = this.source;
    const list = {
      list: (offset: number, limit: number) => this.list(offset, limit, request.signal),
      normalize: (record: unknown) =>
        normalize(record, { options: {}, shape: 'list', baseUrl, statusMap: STATUS_MAP, observedAt: 0 }),
      limit: Math.min(pageSize, MAX_PAGE_SIZE),
      overlapMs,
      historyMs,
    };
    return new JobListRead(list, request).pages();
  }

  async fetchOne(externalId: string, signal: AbortSignal): Promise<FetchedRecord> {
    const url = jobUrl(externalId);
    const response = await this.http.request({ method: 'GET', url, signal });
    if (response.status === 404) throw new JobGoneError(`Elastic Path knows no job ${externalId}`);
    // One job is an object; an old sample wraps it in an array.
    const data = valueAt(await response.json(), 'data');
    const record = [data].flat().find((job) => asText(valueAt(job, 'id')) === externalId);
    if (record === undefined)
      throw new ContractError(`Elastic Path answered another job than ${externalId}`, 'schema');
    return this.withErrors(record, url, signal);
  }

  async close(): Promise<void> {
    // The platform has no logout: a token ends by itself.
  }

  private async list(offset: number, limit: number, signal: AbortSignal): Promise<ListAnswer> {
    const response = await this.http.request({
      method: 'GET',
      url: '/pcm/jobs',
      query: { 'page[limit]': limit, 'page[offset]': offset },
      signal,
    });
    if (response.status === 404)
      throw new SourceConfigError('no Elastic Path store answers at the configured baseUrl (404)');
    const body = await response.json();
    const records = valueAt(body, 'data');
    if (!Array.isArray(records))
      throw new ContractError('Elastic Path answered a list of jobs without an array `data`', 'schema');
    return {
      page: { records, total: countOf(valueAt(body, 'meta.results.total')), hasNext: null },
      date: response.date,
      requestedAt: response.requestedAt,
    };
  }

  /**
   * A failed job with the messages of its errors page under `rollcall_errors`, a key that the platform does not have. Where that page
   * cannot be read, or lags behind the failure, the record comes without them: that the job failed matters more than the words.
   */
  private async withErrors(record: unknown, url: string, signal: AbortSignal): Promise<FetchedRecord> {
    const shape = 'detail';
    if (!isFailed(record)) return { record, shape };
    try {
      const errors = await this.errors(record, url, signal);
      return { record: { ...(record as object), rollcall_errors: errors.slice(0, MAX_ERRORS) }, shape };
    } catch (error) {
      const isOfTheSource = error instanceof AuthError && error.kind === 'authentication';
      if (!(error instanceof SourceError) || isOfTheSource || signal.aborted) throw error;
      return { record, shape, incomplete: error };
    }
  }

  /** @throws UnavailableError where there are none yet that may still come */
  private async errors(record: unknown, url: string, signal: AbortSignal): Promise<unknown[]> {
    // The documented `{errors:[{status:"422"}]}` comes with status 200, but would be more at home under its own.
    const isAnswer = (status: number) => status === 422;
    const response = await this.http.request({ method: 'GET', url: `${url}/errors`, signal }, isAnswer);
    const errors = response.status === 404 ? [] : errorsIn(await response.json());
    if (errors.length === 0 && hasJustFailed(record, response.date ?? response.requestedAt))
      throw new UnavailableError(
        'Elastic Path shows no errors yet of a job that has just failed',
        'upstream-error',
      );
    return errors;
  }

  /** Only a pending job can be cancelled; what the platform answers for another is not documented. */
  private async cancel(externalId: string, signal: AbortSignal): Promise<void> {
    const url = `${jobUrl(externalId)}/cancel`;
    const isAnswer = (status: number) => status === 400 || status === 422;
    const { status } = await this.http.request({ method: 'POST', url, signal, retry: false }, isAnswer);
    if (status === 404) throw new JobGoneError(`Elastic Path knows no job ${externalId}`);
    if (status >= 300)
      throw new UnavailableError(
        `Elastic Path did not cancel job ${externalId}: ${status}`,
        'upstream-error',
      );
  }
}

/** @throws ContractError when they are in neither documented shape */
function errorsIn(body: unknown): unknown[] {
  const errors = valueAt(body, 'data') ?? valueAt(body, 'errors');
  if (!Array.isArray(errors))
    throw new ContractError(
      'Elastic Path answered the errors of a job in neither documented shape',
      'schema',
    );
  return errors;
}

/** Reads can lag writes: the errors of such a job may not show yet. */
function hasJustFailed(record: unknown, at: Instant): boolean {
  return readTime(record, 'completed_at').some((completedAt) => at - completedAt < SETTLE_MS);
}

function jobUrl(externalId: string): string {
  return `/pcm/jobs/${pathSegment(externalId)}`;
}
