import { z } from 'zod';
import { ContractError, SourceConfigError } from '../../domain/errors.js';
import { Json, JobFacts } from '../../domain/job.js';
import { isTerminal } from '../../domain/job-state.js';
import { ConnectorSource, Page, PageFeedback, ReadRequest, ReadResult, Session } from '../connector.js';
import { HttpClient, HttpResponse } from '../shared/http-client.js';
import { splitJson } from '../shared/json-array-splitter.js';
import { leaveOutOld } from '../shared/old-records.js';
import { historyStart } from '../shared/read-range.js';
import { Auth, bearer } from './vectorcharts.auth.js';
import { jobListOf, stateOf } from './vectorcharts.lists.js';

const bookmarkSchema = z.object({
  /** Of the list that the last read saw; null when the server offers none. */
  etag: z.string().nullable(),
  /** Two reads in a row saw that list, and no job open in it: a third would find nothing out. */
  quiet: z.boolean(),
  /** Where `history` let the first read begin, epoch milliseconds; null for everything. */
  historyStart: z.number().nullable(),
});

/** Core has one read: the whole list, which is one bare array. */
export class CoreSession implements Session {
  /** The entity tag of the list that this process read last, with the mapping that it has. */
  private etag: string | null = null;

  constructor(
    private readonly source: Pick<ConnectorSource<Auth>, 'auth' | 'pageSize' | 'historyMs'>,
    private readonly http: HttpClient,
    private readonly normalize: (record: unknown) => JobFacts,
  ) {}

  async *fetchPages({ bookmark, signal }: ReadRequest): AsyncGenerator<Page, ReadResult, PageFeedback> {
    const known = bookmarkSchema.safeParse(bookmark).data ?? null;
    const condition = known?.quiet === true && known.etag === this.etag ? this.etag : null;
    const response = await this.list(condition, signal);
    if (condition !== null && response.status === 304) return unchanged(bookmark);
    if (response.status !== 200)
      throw new ContractError(`VectorCharts answered ${response.status} to a read of its list`, 'schema');
    const at = response.date ?? response.requestedAt;
    const start = historyStart(this.source.historyMs, known?.historyStart, at);
    let received = 0;
    let open = 0;
    let total: number | null = null;
    for await (const list of listsOf(response, this.source.pageSize)) {
      received += list.jobs.length;
      for (const job of list.jobs) if (!isTerminal(stateOf(job, 'core'))) open++;
      total = list.total;
      yield { ...leaveOutOld(list.jobs, start, this.normalize), shape: 'list', resume: null };
    }
    const whole = total === null || total <= received;
    this.etag = whole ? (response.headers['etag'] ?? null) : null;
    const quiet = this.etag !== null && this.etag === known?.etag && open === 0;
    return {
      whole,
      provesChanges: whole,
      bookmark: { etag: this.etag, quiet, historyStart: start },
      truncated: !whole,
      upstreamTotal: total,
    };
  }

  async close(): Promise<void> {
    // A token is valid until somebody deletes it.
  }

  private async list(etag: string | null, signal: AbortSignal): Promise<HttpResponse> {
    const { auth } = this.source;
    if (!('token' in auth))
      throw new SourceConfigError(
        'VectorCharts Core needs `auth: { token }`; a username is for the OEM portal',
      );
    const headers = { ...bearer(auth.token), ...(etag === null ? {} : { 'if-none-match': etag }) };
    const response = await this.http.request({ method: 'GET', url: '/api/v1/jobs', headers, signal });
    if (response.status === 404)
      throw new SourceConfigError(
        'no VectorCharts job list at the configured baseUrl (404): it is for enterprise instances; an OEM portal needs `options: { variant: oem }`',
      );
    return response;
  }
}

/** No job was shown, so nothing is proven absent; every change is known, since nothing changed and nothing was open. */
function unchanged(bookmark: Json): ReadResult {
  return { whole: false, provesChanges: true, bookmark, truncated: false, upstreamTotal: null };
}

/** The array a slice at a time; an object, which OEM and perhaps a later Core answer, as it is. */
async function* listsOf(
  response: HttpResponse,
  elements: number,
): AsyncGenerator<{ jobs: unknown[]; total: number | null }> {
  for await (const piece of splitJson(response.body, { elements })) {
    if ('elements' in piece) yield { jobs: piece.elements, total: null };
    else yield jobListOf(piece.value);
  }
}
