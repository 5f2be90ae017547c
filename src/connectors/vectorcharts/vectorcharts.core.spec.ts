import { Json } from '../../domain/job.js';
import { ReadResult } from '../connector.js';
import { HttpClient, HttpRequest } from '../shared/http-client.js';
import { CoreSession } from './vectorcharts.core.js';

const ETAG = 'W/"v1"';

/** A server with entity tags, whose list may change between reads. */
function server(): { http: HttpClient; asked: HttpRequest[]; jobs: object[]; etag: string } {
  const state = {
    jobs: [{ id: 'a', job_state: 'completed' }] as object[],
    etag: ETAG,
    asked: [] as HttpRequest[],
    http: {
      request: (request: HttpRequest) => {
        state.asked.push(request);
        const isKnown = request.headers?.['if-none-match'] === state.etag;
        const body = Buffer.from(isKnown ? '' : JSON.stringify(state.jobs));
        return Promise.resolve({
          status: isKnown ? 304 : 200,
          headers: { etag: state.etag },
          date: null,
          requestedAt: 0,
          body: (async function* () {
            yield body;
          })(),
          json: () => Promise.reject(new Error('the list is streamed')),
          text: () => Promise.reject(new Error('the list is streamed')),
        });
      },
      pause: () => undefined,
    },
  };
  return state;
}

function open(http: HttpClient): CoreSession {
  return new CoreSession({ auth: { token: 'secret' }, pageSize: 100, historyMs: null }, http, () => {
    throw new Error('without a history limit nothing is normalized here');
  });
}

async function read(
  session: CoreSession,
  bookmark: Json,
): Promise<{ result: ReadResult; records: unknown[] }> {
  const signal = new AbortController().signal;
  const pages = session.fetchPages({ kind: 'sweep', bookmark, resume: null, signal });
  const records: unknown[] = [];
  for (;;) {
    const step = await pages.next({ settled: false });
    if (step.done) return { result: step.value, records };
    records.push(...step.value.records);
  }
}

/** Reads twice, so that the list is confirmed. */
async function confirmed(session: CoreSession): Promise<Json> {
  const first = await read(session, null);
  return (await read(session, first.result.bookmark)).result.bookmark;
}

describe('a conditional read of Core', () => {
  test('comes after two reads of the same list, and proves that nothing changed', async () => {
    const { http, asked } = server();
    const session = open(http);
    const bookmark = await confirmed(session);
    expect(asked.map(({ headers }) => headers?.['if-none-match'])).toEqual([undefined, undefined]);
    expect(await read(session, bookmark)).toEqual({
      result: { whole: false, provesChanges: true, bookmark, truncated: false, upstreamTotal: null },
      records: [],
    });
    expect(asked.at(-1)!.headers).toMatchObject({ 'if-none-match': ETAG });
  });

  test('that finds another list reads it, and must be confirmed anew', async () => {
    const upstream = server();
    const session = open(upstream.http);
    const bookmark = await confirmed(session);
    upstream.etag = '"v2"';
    upstream.jobs = [{ id: 'b', job_state: 'completed' }];
    const { result, records } = await read(session, bookmark);
    expect(records).toEqual(upstream.jobs);
    expect(result).toMatchObject({ whole: true, bookmark: { etag: '"v2"', quiet: false } });
  });

  test('is not made while a job is open, a job of an unknown state included', async () => {
    for (const job_state of ['processing', 'archived']) {
      const upstream = server();
      upstream.jobs = [{ id: 'a', job_state }];
      const session = open(upstream.http);
      await read(session, await confirmed(session));
      expect(upstream.asked.at(-1)!.headers).not.toHaveProperty('if-none-match');
    }
  });

  test('is not made by a process that has not read the list itself: its mapping may be another', async () => {
    const { http, asked } = server();
    const bookmark = await confirmed(open(http));
    const { records } = await read(open(http), bookmark);
    expect(records).toHaveLength(1);
    expect(asked.at(-1)!.headers).not.toHaveProperty('if-none-match');
  });

  test('is not made over a read that was not stored', async () => {
    const upstream = server();
    const session = open(upstream.http);
    const stored = await confirmed(session);
    upstream.etag = '"v2"';
    await read(session, stored);
    await read(session, stored);
    expect(upstream.asked.at(-1)!.headers).not.toHaveProperty('if-none-match');
  });
});
