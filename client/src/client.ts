import createFetchClient, { type Client } from 'openapi-fetch';
import { readLines } from './lines.js';
import { type List, listOf } from './list.js';
import { ProblemError } from './problem-error.js';
import { writeQuery } from './query.js';
import { rememberAnswers } from './remembered-answers.js';
import type { paths } from './schema.js';
import type {
  AuditEntry,
  Job,
  JobField,
  JobsPage,
  JobsQuery,
  PageOf,
  PageQuery,
  Reject,
  RejectsQuery,
  Source,
  Task,
  Token,
  Transition,
} from './types.js';

export interface ClientOptions {
  /** Where the service is, with its base path when it has one: `https://jobs.example.com/rollcall`. */
  baseUrl: string;
  /** Left out: no token is sent, which is for services with `auth: none`. */
  token?: string;
  /** How many answers are kept to ask by ETag whether they are still true. Default: none. */
  remember?: number;
  /** In place of the `fetch` of the platform. */
  fetch?: (request: Request) => Promise<Response>;
}

export interface RequestOptions {
  signal?: AbortSignal;
  /** `no-store`: not by ETag, because an answer whose ETag still holds may differ in what moves with time (`lastPollAt`, `completeThrough`). */
  cache?: 'no-store';
}

/** A job with only those fields, and its id. */
export type PartOfJob<Field extends JobField> = Pick<Job, Field | 'id'>;

/** Every method throws {@link ProblemError} for what the service refuses, and whatever `fetch` throws. */
export interface RollcallClient {
  /** Every operation of the API, typed by its OpenAPI document. `response` is there for headers; `error` never is: it is thrown. */
  readonly api: Client<paths>;
  /** Jobs, page by page. `limit` is the size of a page, not the end of the list. */
  jobs(query?: JobsQuery & { fields?: never }, options?: RequestOptions): List<Job, JobsPage>;
  jobs<const Field extends JobField>(
    query: JobsQuery & { fields: Field[] },
    options?: RequestOptions,
  ): List<PartOfJob<Field>, JobsPage<PartOfJob<Field>>>;
  /** The same as one stream (NDJSON), for many jobs. With `limit` it ends after so many jobs. */
  exportJobs(query?: JobsQuery & { fields?: never }, options?: RequestOptions): AsyncGenerator<Job>;
  exportJobs<const Field extends JobField>(
    query: JobsQuery & { fields: Field[] },
    options?: RequestOptions,
  ): AsyncGenerator<PartOfJob<Field>>;
  job(id: string, options?: RequestOptions & { payload?: boolean }): Promise<Job>;
  transitions(id: string, query?: PageQuery, options?: RequestOptions): List<Transition, PageOf<Transition>>;
  tasks(id: string, query?: PageQuery, options?: RequestOptions): List<Task, PageOf<Task>>;
  sources(query?: PageQuery, options?: RequestOptions): List<Source, PageOf<Source>>;
  source(key: string, options?: RequestOptions): Promise<Source>;
  rejects(query?: RejectsQuery, options?: RequestOptions): List<Reject, PageOf<Reject>>;
  tokens(query?: PageQuery, options?: RequestOptions): List<Token, PageOf<Token>>;
  audit(query?: PageQuery, options?: RequestOptions): List<AuditEntry, PageOf<AuditEntry>>;
}

/** Asks one Rollcall service. */
export function createClient({ baseUrl, token, remember = 0, fetch }: ClientOptions): RollcallClient {
  const plain = fetch ?? ((request: Request) => globalThis.fetch(request));
  const api = createFetchClient<paths>({
    baseUrl,
    fetch: remember > 0 ? rememberAnswers(plain, remember) : plain,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
    querySerializer: writeQuery,
  });
  api.use({
    async onResponse({ response }) {
      if (!response.ok && response.status !== 304) throw await ProblemError.of(response);
    },
  });

  /** A list of any route, begun where its query says. */
  const list = <Row, Page extends { data: Row[]; page: { next: string | null } }>(
    query: PageQuery,
    read: (query: PageQuery) => Promise<{ data?: unknown }>,
  ): List<Row, Page> =>
    listOf<Row, Page>(async (cursor) => {
      // what is no answer of 2xx is thrown
      return (await read(cursor === undefined ? query : onward(query, cursor))).data as Page;
    });

  return {
    api,
    jobs: (query: JobsQuery = {}, options: RequestOptions = {}) =>
      list<never, never>(query, (at) => api.GET('/api/v1/jobs', { ...options, params: { query: at } })),
    async *exportJobs(query: JobsQuery = {}, options: RequestOptions = {}): AsyncGenerator<never> {
      for (let at: JobsQuery | null = query; at !== null;) {
        const response = await openExport(api, at, options);
        const next = query.limit === undefined ? nextCursor(response) : null;
        yield* readLines(response.body!) as AsyncGenerator<never>;
        at = next === null ? null : onward(query, next);
      }
    },
    async job(id, { payload = false, ...options } = {}) {
      const query = payload ? { include: ['payload' as const] } : {};
      const { data } = await api.GET('/api/v1/jobs/{id}', { ...options, params: { path: { id }, query } });
      return data!;
    },
    transitions: (id, query = {}, options = {}) =>
      list(query, (at) =>
        api.GET('/api/v1/jobs/{id}/transitions', { ...options, params: { path: { id }, query: at } }),
      ),
    tasks: (id, query = {}, options = {}) =>
      list(query, (at) =>
        api.GET('/api/v1/jobs/{id}/tasks', { ...options, params: { path: { id }, query: at } }),
      ),
    sources: (query = {}, options = {}) =>
      list(query, (at) => api.GET('/api/v1/sources', { ...options, params: { query: at } })),
    async source(key, options = {}) {
      const { data } = await api.GET('/api/v1/sources/{key}', { ...options, params: { path: { key } } });
      return data!;
    },
    rejects: (query = {}, options = {}) =>
      list(query, (at) => api.GET('/api/v1/rejects', { ...options, params: { query: at } })),
    tokens: (query = {}, options = {}) =>
      list(query, (at) => api.GET('/api/v1/tokens', { ...options, params: { query: at } })),
    audit: (query = {}, options = {}) =>
      list(query, (at) => api.GET('/api/v1/audit', { ...options, params: { query: at } })),
  };
}

/** The same question, further on: an offset is of its first page. */
function onward<Query extends PageQuery & { offset?: number }>(query: Query, cursor: string): Query {
  const { offset: _, ...rest } = query;
  return { ...rest, cursor } as Query;
}

/** The beginning of an export: its headers, and its rows still to be read. */
async function openExport(api: Client<paths>, query: JobsQuery, options: RequestOptions): Promise<Response> {
  const { response } = await api.GET('/api/v1/jobs', {
    ...options,
    params: { query },
    headers: { accept: 'application/x-ndjson' },
    parseAs: 'stream',
  });
  return response;
}

/** From the `Link` of an export; null at its end. */
function nextCursor(response: Response): string | null {
  const target = /<([^>]*)>; rel="next"/.exec(response.headers.get('link') ?? '')?.[1];
  return target === undefined ? null : new URLSearchParams(target.split('?')[1]).get('cursor');
}
