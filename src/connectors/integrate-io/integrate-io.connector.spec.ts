import { Json } from '../../domain/job.js';
import { ContractError, JobGoneError, UnavailableError } from '../../domain/errors.js';
import { ReadRequest, ReadResult } from '../connector.js';
import { ScriptedHttp } from '../shared/scripted-http.js';
import { integrateIo } from './integrate-io.connector.js';

const { signal } = new AbortController();
const NOW = Date.parse('2026-01-15T10:00:00Z');
const DAY = 86_400_000;

const source = {
  key: 'etl',
  baseUrl: 'https://api.xplenty.com',
  auth: { apiKey: 'k3y-of-the-account' },
  options: { accountId: 'acme' },
  pageSize: 2,
  overlapMs: 600_000,
  historyMs: null as number | null,
};

const open = (http: ScriptedHttp, historyMs: number | null = null) =>
  integrateIo.connect({ ...source, historyMs }, http);
const row = (id: number, updated_at: string) => ({ id, status: 'completed', updated_at });

async function read(
  session: ReturnType<typeof open>,
  kind: ReadRequest['kind'],
  bookmark: Json = null,
): Promise<ReadResult> {
  const pages = session.fetchPages({ kind, bookmark, resume: null, signal });
  for (;;) {
    const step = await pages.next({ settled: false });
    if (step.done) return step.value;
  }
}

describe('the sort', () => {
  it('that was found to be ignored is not asked for again', async () => {
    const newestFirst = [row(2, '2026-01-15T08:00:02Z'), row(1, '2026-01-15T08:00:01Z')];
    const http = new ScriptedHttp({ json: newestFirst }, { json: [] }, { json: [] });
    const session = open(http);
    await read(session, 'sweep');
    await read(session, 'sweep');
    expect(http.sent.map(({ query }) => query?.['sort'])).toEqual(['updated_at', 'updated', 'updated']);
  });

  it('is taken as ignored when the answer begins before `since`', async () => {
    const early = [row(1, '2026-01-10T00:00:00Z')];
    const http = new ScriptedHttp({ json: early }, { json: early }, { json: early });
    const result = await read(open(http), 'incremental', {
      updatedAt: '2026-01-15T08:00:00.000Z',
      historyStart: null,
    });
    expect(http.sent.map(({ query }) => query?.['sort'])).toEqual(['updated_at', 'updated', undefined]);
    expect(result.bookmark).toEqual({ updatedAt: '2026-01-15T08:00:00.000Z', historyStart: null });
  });
});

describe('history', () => {
  beforeEach(() => jest.useFakeTimers({ now: NOW }));
  afterEach(() => jest.useRealTimers());

  it('is where a first read begins, and where later sweeps begin again', async () => {
    const http = new ScriptedHttp({ json: [] }, { json: [] });
    const session = open(http, 7 * DAY);
    const { bookmark } = await read(session, 'sweep');
    expect(bookmark).toEqual({ updatedAt: null, historyStart: '2026-01-08T10:00:00.000Z' });
    jest.setSystemTime(NOW + DAY);
    await read(session, 'sweep', bookmark);
    expect(http.sent.map(({ query }) => query?.['since'])).toEqual([
      '2026-01-08T10:00:00Z',
      '2026-01-08T10:00:00Z',
    ]);
  });

  it('is not undercut by the overlap', async () => {
    const http = new ScriptedHttp({ json: [] });
    await read(open(http, DAY), 'incremental', {
      updatedAt: '2026-01-14T10:05:00.000Z',
      historyStart: '2026-01-14T10:00:00.000Z',
    });
    expect(http.sent[0]!.query?.['since']).toBe('2026-01-14T10:00:00Z');
  });
});

it('reads everything when the bookmark is of another version', async () => {
  const http = new ScriptedHttp({ json: [] });
  const result = await read(open(http), 'incremental', { cursor: 5 });
  expect(http.sent[0]!.query).not.toHaveProperty('since');
  expect(result).toMatchObject({ whole: true, provesChanges: true });
});

describe('stopping a job', () => {
  it('is one DELETE that is never repeated', async () => {
    const http = new ScriptedHttp({ json: { id: 305, status: 'pending_stoppage' } });
    await open(http).actions!.cancel!('305', signal);
    expect(http.sent).toEqual([
      {
        method: 'DELETE',
        url: '/acme/api/jobs/305',
        retry: false,
        headers: {
          accept: 'application/vnd.xplenty+json; version=2',
          authorization: `Basic ${Buffer.from('k3y-of-the-account:').toString('base64')}`,
        },
      },
    ]);
  });

  it.each([
    [422, 'Integrate.io did not stop job 305: 422 Job is not running (***)'],
    [409, 'Integrate.io did not stop job 305: 409 Job is not running (***)'],
    [404, 'Integrate.io did not stop job 305: it knows no such job'],
  ])('says why it was refused with %i', async (status, message) => {
    const http = new ScriptedHttp({ status, json: { message: 'Job is not\nrunning (k3y-of-the-account)' } });
    await expect(open(http).actions!.cancel!('305', signal)).rejects.toThrow(
      new UnavailableError(message, 'upstream-error'),
    );
  });

  it.each(['..', '305/../306', 'search?q=x', ''])('never sends the id %j as a path', async (id) => {
    const http = new ScriptedHttp();
    await expect(open(http).actions!.cancel!(id, signal)).rejects.toBeInstanceOf(ContractError);
    expect(http.sent).toEqual([]);
  });
});

it('asks for no page of an id that can have none', async () => {
  const http = new ScriptedHttp();
  await expect(open(http).fetchOne!('../clusters', signal)).rejects.toBeInstanceOf(JobGoneError);
  expect(http.sent).toEqual([]);
});

describe('credits', () => {
  it.each([
    ['a tenth is left', { 'x-ratelimit-limit': '1000', 'x-ratelimit-remaining': '100' }, [600_000]],
    ['more than a tenth is left', { 'x-ratelimit-limit': '1000', 'x-ratelimit-remaining': '101' }, []],
    ['a tenth of the documented limit is left', { 'x-ratelimit-remaining': '500' }, [600_000]],
    ['nothing readable is said', { 'x-ratelimit-remaining': 'many' }, []],
  ])('when %s', async (_, headers, pauses) => {
    const http = new ScriptedHttp({ json: [], headers });
    await read(open(http), 'sweep');
    expect(http.pauses).toEqual(pauses);
  });
});

describe('options', () => {
  it.each([
    ['acme', 'acme'],
    [1234, '1234'],
  ])('accept the account %j', (accountId, expected) => {
    expect(integrateIo.options.parse({ accountId })).toEqual({ accountId: expected });
  });

  it.each([{}, { accountId: '' }, { accountId: '..' }, { accountId: 'a', region: 'eu' }])(
    'refuse %j',
    (options) => {
      expect(integrateIo.options.safeParse(options).success).toBe(false);
    },
  );

  it('put the account into the path as one segment', async () => {
    const http = new ScriptedHttp({ json: [] });
    const session = integrateIo.connect({ ...source, options: { accountId: 'a/b c' } }, http);
    await session
      .fetchPages({ kind: 'sweep', bookmark: null, resume: null, signal })
      .next({ settled: false });
    expect(http.sent[0]!.url).toBe('/a%2Fb%20c/api/jobs');
  });
});
