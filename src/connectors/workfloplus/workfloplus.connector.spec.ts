import { ContractError, JobGoneError, UnavailableError } from '../../domain/errors.js';
import { HttpClient, HttpRequest, HttpResponse } from '../shared/http-client.js';
import { workfloplus } from './workfloplus.connector.js';

const signal = new AbortController().signal;

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
      return Promise.resolve({ status, headers: {}, date: null, requestedAt: 0, json } as HttpResponse);
    },
    pause: () => undefined,
  };
  const source = {
    key: 'field',
    baseUrl: 'https://gateway.workfloplus.com',
    auth: { token: 'golden-token' },
    options: {},
    pageSize: 100,
    overlapMs: 600_000,
    historyMs: null,
  };
  return { session: workfloplus.connect(source, http), sent };
}

const job = (clientJobId: unknown) => ({ jobId: 'j1', metadata: { clientJobId, status: 'Active' } });
const calls = (sent: HttpRequest[]) => sent.map(({ method, url }) => `${method} ${url}`);

describe('cancel', () => {
  it('learns the client id from the job, then aborts that one job by a POST that is never repeated', async () => {
    const { session, sent } = upstream([200, [job('8a07b1c0-adddgb3e150c')]], [200, null]);
    await session.actions!.cancel!('j1', signal);
    expect(calls(sent)).toEqual(['GET /jobs/v1/bson/j1', 'POST /jobs/v1/8a07b1c0-adddgb3e150c/abort']);
    expect(sent[1]).toMatchObject({ retry: false, headers: { authorization: 'Bearer golden-token' } });
    expect(sent[1]!.query).toBeUndefined();
  });

  it.each([
    undefined,
    null,
    '',
    ' ',
    '.',
    '..',
    '/',
    'abort/',
    'a/b',
    '?userId=',
    '%2e%2e',
    '\0',
    {},
    [],
    'x'.repeat(201),
  ])('sends no action when the client id is %p', async (clientJobId) => {
    const { session, sent } = upstream([200, [job(clientJobId)]]);
    await expect(session.actions!.cancel!('j1', signal)).rejects.toThrow(ContractError);
    expect(calls(sent)).toEqual(['GET /jobs/v1/bson/j1']);
  });

  it.each([
    [[], JobGoneError],
    [[{ jobId: 'other', metadata: { clientJobId: 'c2' } }], ContractError],
  ])('sends no action when the job is not answered: %j', async (body, fault) => {
    const { session, sent } = upstream([200, body]);
    await expect(session.actions!.cancel!('j1', signal)).rejects.toThrow(fault);
    expect(calls(sent)).toEqual(['GET /jobs/v1/bson/j1']);
  });

  it.each(['', '.', '..', 'x'.repeat(10_000)])('sends nothing for the id %p', async (id) => {
    const { session, sent } = upstream();
    await expect(session.actions!.cancel!(id, signal)).rejects.toThrow(JobGoneError);
    expect(sent).toEqual([]);
  });

  it.each([400, 409, 422, 500])('says what the platform answered: %p', async (status) => {
    const { session, sent } = upstream([200, job('c1')], [status, null]);
    await expect(session.actions!.cancel!('j1', signal)).rejects.toThrow(UnavailableError);
    expect(sent).toHaveLength(2);
  });

  it('of a job that is gone meanwhile', async () => {
    const { session } = upstream([200, job('c1')], [404, null]);
    await expect(session.actions!.cancel!('j1', signal)).rejects.toThrow(JobGoneError);
  });
});

describe('by-id read', () => {
  it.each<[string, number, unknown]>([
    ['404', 404, null],
    ['an empty array', 200, []],
  ])('finds a job gone by %s', async (_, status, body) => {
    const { session } = upstream([status, body]);
    await expect(session.fetchOne!('j1', signal)).rejects.toThrow(JobGoneError);
  });

  it.each<[unknown]>([
    [null],
    ['j1'],
    [{}],
    [{ error: 'maintenance' }],
    [{ jobId: 'other' }],
    [[{ jobId: 'other' }]],
    [[{ error: 'maintenance' }]],
    [[null]],
    [[[]]],
  ])('finds nothing gone by %j', async (body) => {
    const { session } = upstream([200, body]);
    await expect(session.fetchOne!('j1', signal)).rejects.toThrow(ContractError);
  });
});

describe('auth', () => {
  it('knows the public identity server, and calls no other than the configured one', () => {
    const own = workfloplus.auth.parse({ clientId: 'a', clientSecret: 'b' });
    expect(workfloplus.extraHosts(own)).toEqual(['accounts.workfloplus.com']);
    const onPremise = workfloplus.auth.parse({
      clientId: 'a',
      clientSecret: 'b',
      tokenUrl: 'https://id.example.com:8443/connect/token',
    });
    expect(workfloplus.extraHosts(onPremise)).toEqual(['id.example.com:8443']);
    expect(workfloplus.extraHosts(workfloplus.auth.parse({ token: 't' }))).toEqual([]);
  });

  it.each([
    {},
    { token: '' },
    { clientId: 'a' },
    { clientId: 'a', clientSecret: 'b', tokenUrl: 'accounts.workfloplus.com' },
    { clientId: 'a', clientSecret: 'b', tokenUrl: 'file:///etc/passwd' },
    { token: 't', tokenUrl: 'https://id.example.com' },
  ])('refuses %p', (auth) => {
    expect(workfloplus.auth.safeParse(auth).success).toBe(false);
  });
});
