import { AuthError, ContractError, JobGoneError, UnavailableError } from '../../domain/errors.js';
import { JobFacts } from '../../domain/job.js';
import { HttpClient, HttpRequest, HttpResponse } from '../shared/http-client.js';
import { elasticPath } from './elastic-path.connector.js';

const signal = new AbortController().signal;
const NOW = Date.parse('2026-01-15T10:00:00Z');

/** Answers the given statuses and bodies in turn, and keeps what was sent. */
function upstream(...answers: [status: number, body: unknown][]) {
  const sent: HttpRequest[] = [];
  const http: HttpClient = {
    request: (request, expect) => {
      sent.push(request);
      const [status, body] = answers[sent.length - 1]!;
      if (status >= 400 && status !== 404 && status !== 409 && !expect?.(status))
        return Promise.reject(new UnavailableError(`${status}`, 'upstream-error'));
      const json = () => Promise.resolve(body);
      if (body instanceof Error) return Promise.reject(body);
      return Promise.resolve({ status, headers: {}, date: NOW, requestedAt: 0, json } as HttpResponse);
    },
    pause: () => undefined,
  };
  const source = {
    key: 'store',
    baseUrl: 'https://useast.api.elasticpath.com',
    auth: { token: 'golden-token' },
    options: {},
    pageSize: 100,
    overlapMs: 600_000,
    historyMs: null,
  };
  return { session: elasticPath.connect(source, http), sent };
}

describe('cancel', () => {
  it('is one POST that is never repeated', async () => {
    const { session, sent } = upstream([200, { data: {} }]);
    await session.actions!.cancel!('j1', signal);
    expect(sent).toEqual([
      {
        method: 'POST',
        url: '/pcm/jobs/j1/cancel',
        signal,
        retry: false,
        headers: { authorization: 'Bearer golden-token' },
      },
    ]);
  });

  it.each([400, 409, 422, 500])('says what the platform answered: %p', async (status) => {
    const { session, sent } = upstream([status, {}]);
    await expect(session.actions!.cancel!('j1', signal)).rejects.toThrow(UnavailableError);
    expect(sent).toHaveLength(1);
  });

  it('of a job that the platform does not know', async () => {
    const { session } = upstream([404, {}]);
    await expect(session.actions!.cancel!('j1', signal)).rejects.toThrow(JobGoneError);
  });

  it.each(['', '.', '..', 'x'.repeat(10_000)])('sends nothing for the id %p', async (id) => {
    const { session, sent } = upstream();
    await expect(session.actions!.cancel!(id, signal)).rejects.toThrow(JobGoneError);
    expect(sent).toEqual([]);
  });

  it('keeps an id inside its own segment of the path', async () => {
    const { session, sent } = upstream([200, {}]);
    await session.actions!.cancel!('a/../../v2/orders?x#y', signal);
    expect(sent[0]!.url).toBe('/pcm/jobs/a%2F..%2F..%2Fv2%2Forders%3Fx%23y/cancel');
  });
});

describe('by-id read', () => {
  it('asks for errors only of a failed job', async () => {
    const { session, sent } = upstream([200, { data: { id: 'j1', attributes: { status: 'success' } } }]);
    await session.fetchOne!('j1', signal);
    expect(sent.map(({ url }) => url)).toEqual(['/pcm/jobs/j1']);
  });

  it('keeps the first twenty errors', async () => {
    const errors = Array.from({ length: 1_000 }, (_, row) => ({ attributes: { message: `row ${row}` } }));
    const { session, sent } = upstream(
      [200, { data: { id: 'j1', attributes: { status: 'FAILED' } } }],
      [200, { data: errors }],
    );
    const { record } = await session.fetchOne!('j1', signal);
    expect(sent.map(({ url }) => url)).toEqual(['/pcm/jobs/j1', '/pcm/jobs/j1/errors']);
    expect((record as { rollcall_errors: unknown[] }).rollcall_errors).toEqual(errors.slice(0, 20));
  });

  const failed = { data: { id: 'j1', attributes: { status: 'failed' } } };

  it.each([
    new AuthError('403', 'permission'),
    new UnavailableError('500', 'upstream-error'),
    new ContractError('no JSON', 'malformed-response'),
  ])('keeps a failed job without its words, and says why: %p', async (error) => {
    const { session } = upstream([200, failed], [200, error]);
    expect(await session.fetchOne!('j1', signal)).toEqual({
      record: failed.data,
      shape: 'detail',
      incomplete: error,
    });
  });

  const failedAgo = (ms: number) => {
    const completed_at = new Date(NOW - ms).toISOString();
    return { data: { id: 'j1', attributes: { status: 'failed', completed_at } } };
  };
  const words = [{ attributes: { message: 'row 3' } }];

  it.each<[string, [number, unknown]]>([
    ['404', [404, {}]],
    ['an empty list', [200, { data: [] }]],
  ])('waits for the words of a job that has just failed: %s', async (_, nothing) => {
    const failed = failedAgo(59_999);
    const { session } = upstream([200, failed], nothing, [200, failed], [200, { data: words }]);
    const first = await session.fetchOne!('j1', signal);
    expect(first).toEqual({
      record: failed.data,
      shape: 'detail',
      incomplete: expect.any(UnavailableError) as UnavailableError,
    });
    expect(elasticPath.unread!(first.record, { state: 'failed' } as JobFacts, 'detail')).toBe('detail');
    expect(await session.fetchOne!('j1', signal)).toEqual({
      record: { ...failed.data, rollcall_errors: words },
      shape: 'detail',
    });
  });

  it.each<[string, [number, unknown]]>([
    ['404', [404, {}]],
    ['an empty list', [200, { data: [] }]],
  ])('takes it that a job has none when it failed a minute ago: %s', async (_, nothing) => {
    const failed = failedAgo(60_000);
    const { session } = upstream([200, failed], nothing);
    expect(await session.fetchOne!('j1', signal)).toEqual({
      record: { ...failed.data, rollcall_errors: [] },
      shape: 'detail',
    });
  });

  it('is refused as a whole where the credential is, or when it is given up', async () => {
    const refused = upstream([200, failed], [200, new AuthError('401', 'authentication')]);
    await expect(refused.session.fetchOne!('j1', signal)).rejects.toThrow('401');
    const cut = upstream([200, failed], [200, new UnavailableError('stopped', 'timeout')]);
    await expect(cut.session.fetchOne!('j1', AbortSignal.abort())).rejects.toThrow('stopped');
  });

  it.each([[null], [[]], [{}], [{ data: null }], [{ data: [] }], [{ data: 'j1' }], ['j1']])(
    'refuses %p',
    async (body) => {
      const { session } = upstream([200, body]);
      await expect(session.fetchOne!('j1', signal)).rejects.toThrow(ContractError);
    },
  );
});

test.each([
  [25, 25],
  ['25', 25],
  ['many', null],
])('the total %j of a list is %j', async (total, expected) => {
  const { session } = upstream([200, { data: [], meta: { results: { total } } }]);
  const pages = session.fetchPages({ kind: 'sweep', bookmark: null, resume: null, signal });
  let step = await pages.next({ settled: false });
  while (!step.done) step = await pages.next({ settled: false });
  expect(step.value.upstreamTotal).toBe(expected);
});

describe('what a record leaves to be read', () => {
  const words = [{ attributes: { message: 'row 3' } }];
  it.each([
    ['the words of a failed job', { attributes: { status: 'FAILED' } }, 'failed', 'detail'],
    [
      'nothing where they are there',
      { attributes: { status: 'failed' }, rollcall_errors: words },
      'failed',
      null,
    ],
    [
      'nothing where there are none',
      { attributes: { status: 'failed' }, rollcall_errors: [] },
      'failed',
      null,
    ],
    ['nothing of other ends', { attributes: { status: 'success' } }, 'succeeded', null],
    ['nothing where an override calls it failed', { attributes: { status: 'cancelled' } }, 'failed', null],
    ['nothing where an override calls it otherwise', { attributes: { status: 'failed' } }, 'skipped', null],
  ] as const)('%s', (_what, record, state, expected) => {
    expect(elasticPath.unread!(record, { state } as JobFacts, 'list')).toBe(expected);
  });
});

describe('auth', () => {
  it.each([{ token: 't' }, { clientId: 'a', clientSecret: 'b' }])('accepts %p', (auth) => {
    expect(elasticPath.auth.safeParse(auth).success).toBe(true);
  });

  it.each([
    {},
    { token: '' },
    { clientId: 'a' },
    { clientId: 'a', clientSecret: '' },
    { token: 't', clientId: 'a' },
    { token: 't', extra: 1 },
  ])('refuses %p', (auth) => {
    expect(elasticPath.auth.safeParse(auth).success).toBe(false);
  });
});
