import { z } from 'zod';
import { ContractError, JobGoneError, SourceConfigError, UnavailableError } from '../../domain/errors.js';
import { JobAction } from '../../domain/job.js';
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
import { pathSegment } from '../shared/path-segment.js';
import { asText, valueAt } from '../shared/record-reader.js';
import {
  ATTRIBUTE_KEYS,
  identify,
  isUsableClientJobId,
  normalize,
  STATUS_MAP,
} from './workfloplus.normalize.js';
import { JobListRead, ListAnswer } from './workfloplus.read.js';
import { PRIVATE_PATHS } from './workfloplus.records.js';
import { tasks } from './workfloplus.tasks.js';

const auth = z.union([
  z.strictObject({
    clientId: z.string().min(1),
    clientSecret: z.string().min(1),
    /** On-premise servers have their own. */
    tokenUrl: z.url({ protocol: /^https?$/ }).default('https://accounts.workfloplus.com/connect/token'),
  }),
  z.strictObject({ token: z.string().min(1) }),
]);
type Auth = z.infer<typeof auth>;
const options = z.strictObject({});
type Options = z.infer<typeof options>;

/** No document names a largest limit; a server that has a smaller one is noticed (see {@link JobListRead}). */
const PAGE_SIZE = 100;
const MAX_PAGE_SIZE = 1_000;

export const workfloplus: Connector<Auth, Options> = {
  platform: 'workfloplus',
  defaultBaseUrl: 'https://gateway.workfloplus.com',
  auth,
  options,
  limits: { pageSize: PAGE_SIZE, maxPageSize: MAX_PAGE_SIZE, settleMs: 0, proof: 'sweep' },
  statusMap: STATUS_MAP,
  normalizerVersion: 1,
  redact: PRIVATE_PATHS,
  identityPaths: ['jobId', 'metadata.status', 'metadata.workflowName'],
  volatileAttributes: ['currentStep.updatedAt'],
  attributeKeys: () => ATTRIBUTE_KEYS,
  extraHosts: (auth) => ('tokenUrl' in auth ? [new URL(auth.tokenUrl).host] : []),
  connect: (source, http) => new WorkfloPlusSession(source, http),
  identify,
  normalize,
  tasks,
};

class WorkfloPlusSession implements Session {
  private readonly http: HttpClient;

  readonly actions: Partial<Record<JobAction, (externalId: string, signal: AbortSignal) => Promise<void>>> = {
    cancel: (externalId, signal) => this.abort(externalId, signal),
  };

  constructor(
    private readonly source: ConnectorSource<Auth, Options>,
    http: HttpClient,
  ) {
    this.http = withBearer(http, source.auth);
  }

  fetchPages(request: ReadRequest): AsyncGenerator<Page, ReadResult, PageFeedback> {
    const { pageSize, historyMs, baseUrl } = this.source;
    const list = {
      list: (skip: number, limit: number) => this.list(skip, limit, request.signal),
      normalize: (record: unknown) =>
        normalize(record, { options: {}, shape: 'list', baseUrl, statusMap: STATUS_MAP, observedAt: 0 }),
      limit: Math.min(pageSize, MAX_PAGE_SIZE),
      historyMs,
    };
    return new JobListRead(list, request).pages();
  }

  async fetchOne(externalId: string, signal: AbortSignal): Promise<FetchedRecord> {
    const url = `/jobs/v1/bson/${pathSegment(externalId)}`;
    const response = await this.http.request({ method: 'GET', url, signal });
    if (response.status === 404) throw new JobGoneError(`WorkfloPlus knows no job ${externalId}`);
    const body = await response.json();
    if (Array.isArray(body) && body.length === 0)
      throw new JobGoneError(`WorkfloPlus answered no job ${externalId}`);
    // The documents show an array, once with a second job in it.
    const record = [body].flat().find((job) => asText(valueAt(job, 'jobId')) === externalId);
    // A fault in the form of an answer must not make a job that is there look deleted.
    if (record === undefined)
      throw new ContractError(`WorkfloPlus answered another job than ${externalId}, or none`, 'schema');
    return { record, shape: 'detail' };
  }

  async close(): Promise<void> {
    // The platform has no logout: a token ends by itself.
  }

  private async list(skip: number, limit: number, signal: AbortSignal): Promise<ListAnswer> {
    const response = await this.http.request({
      method: 'GET',
      url: '/jobs/v1/',
      query: { skip, limit },
      signal,
    });
    if (response.status === 404)
      throw new SourceConfigError('no WorkfloPlus gateway answers at the configured baseUrl (404)');
    const records = await response.json();
    if (!Array.isArray(records))
      throw new ContractError('WorkfloPlus answered a list of jobs that is not an array', 'schema');
    return { records, at: response.date ?? response.requestedAt };
  }

  /**
   * Aborts this one job. The platform wants its client id, which is read from the job itself; a job without one is refused. The only
   * request that changes anything is this POST below the job's own address: the call that aborts every job of a team is a PUT
   * elsewhere, and nothing here can send one.
   */
  private async abort(externalId: string, signal: AbortSignal): Promise<void> {
    const { record } = await this.fetchOne(externalId, signal);
    const clientJobId = asText(valueAt(record, 'metadata.clientJobId')) ?? '';
    if (!isUsableClientJobId(clientJobId))
      throw new ContractError(
        `WorkfloPlus gives job ${externalId} no usable clientJobId to abort it by`,
        'schema',
      );
    const url = `/jobs/v1/${clientJobId}/abort`;
    const isAnswer = (status: number) => status === 400 || status === 422;
    const { status } = await this.http.request({ method: 'POST', url, signal, retry: false }, isAnswer);
    if (status === 404) throw new JobGoneError(`WorkfloPlus knows no job ${externalId}`);
    if (status >= 300)
      throw new UnavailableError(`WorkfloPlus did not abort job ${externalId}: ${status}`, 'upstream-error');
  }
}
