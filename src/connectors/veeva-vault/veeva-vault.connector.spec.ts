import { Json } from '../../domain/job.js';
import { ReadRequest, ReadResult } from '../connector.js';
import { ScriptedHttp } from '../shared/scripted-http.js';
import { veevaVault } from './veeva-vault.connector.js';
import { optionsSchema } from './veeva-vault.options.js';

const { signal } = new AbortController();
const NOW = Date.parse('2026-01-15T10:00:00Z');
const DAY = 86_400_000;

const list = (...jobs: object[]) => ({
  json: { responseStatus: 'SUCCESS', responseDetails: { total: jobs.length, limit: 200 }, jobs },
});
const row = (job_id: number, created_date: string) => ({ job_id, status: 'SUCCESS', created_date });

function open(http: ScriptedHttp, historyMs: number | null = null): ReturnType<typeof veevaVault.connect> {
  const source = {
    key: 'vault',
    baseUrl: 'https://myvault.veevavault.com',
    auth: { sessionId: 'GIVEN' },
    options: optionsSchema.parse({}),
    pageSize: 200,
    overlapMs: 600_000,
    historyMs,
  };
  return veevaVault.connect(source, http);
}

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

const asked = (http: ScriptedHttp) =>
  http.sent.map(({ url, query }) => [url.split('/').pop(), query?.['start_date']]);

describe('history', () => {
  beforeEach(() => jest.useFakeTimers({ now: NOW }));
  afterEach(() => jest.useRealTimers());

  it('is where histories of a first read begin, and where later sweeps begin again; monitors are always whole', async () => {
    const http = new ScriptedHttp(list(), list(), list(), list());
    const session = open(http, 7 * DAY);
    const { bookmark, whole, upstreamTotal } = await read(session, 'sweep');
    expect({ bookmark, whole, upstreamTotal }).toEqual({
      bookmark: { createdAt: null, historyStart: '2026-01-08T10:00:00.000Z' },
      whole: true,
      upstreamTotal: null,
    });
    jest.setSystemTime(NOW + DAY);
    await read(session, 'sweep', bookmark);
    const start = '2026-01-08T10:00:00Z';
    expect(asked(http)).toEqual([
      ['monitors', undefined],
      ['histories', start],
      ['monitors', undefined],
      ['histories', start],
    ]);
  });
});

it('sets the bookmark anew in a sweep, and only forward in an incremental read', async () => {
  const late = { createdAt: '2026-01-15T09:00:00.000Z', historyStart: null };
  const rows = [row(1, '2026-01-15T08:00:00.000Z'), row(2, 'unreadable')];
  const http = new ScriptedHttp(list(), list(...rows), list(), list(...rows));
  const incremental = await read(open(http), 'incremental', late);
  const sweep = await read(open(http), 'sweep', late);
  expect(incremental.bookmark).toEqual(late);
  expect(sweep.bookmark).toEqual({ createdAt: '2026-01-15T08:00:00.000Z', historyStart: null });
});

it('costs two requests when nothing happens, however much has ended before', async () => {
  const http = new ScriptedHttp(list(), list());
  const known = { createdAt: '2026-01-15T09:00:00.000Z', historyStart: null };
  expect(await read(open(http), 'incremental', known)).toMatchObject({ whole: false, provesChanges: true });
  expect(asked(http)).toEqual([
    ['monitors', undefined],
    ['histories', '2026-01-15T08:50:00Z'],
  ]);
});

it.each([
  [{ username: 'a', password: 'b' }, true],
  [{ sessionId: 's' }, true],
  [{ username: 'a' }, false],
  [{ username: 'a', password: '' }, false],
  [{ username: 'a', password: 'b', sessionId: 's' }, false],
  [{}, false],
])('auth %j: %s', (auth, accepted) => {
  expect(veevaVault.auth.safeParse(auth).success).toBe(accepted);
});
