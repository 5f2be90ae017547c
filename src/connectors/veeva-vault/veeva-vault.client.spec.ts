import {
  AuthError,
  ContractError,
  JobGoneError,
  RateLimitError,
  SourceConfigError,
  UnavailableError,
} from '../../domain/errors.js';
import { ScriptedAnswer, ScriptedHttp } from '../shared/scripted-http.js';
import { VaultClient } from './veeva-vault.client.js';
import { optionsSchema, VaultAuth } from './veeva-vault.options.js';

const { signal } = new AbortController();
const HOUR = 3_600_000;

const login = (fields: object = {}): ScriptedAnswer => ({
  json: {
    responseStatus: 'SUCCESS',
    sessionId: 'S1',
    vaultId: 1001,
    vaultIds: [{ id: 1001, name: 'Docs', url: 'https://myvault.veevavault.com/api' }],
    ...fields,
  },
});
const success = (fields: object = {}): ScriptedAnswer => ({ json: { responseStatus: 'SUCCESS', ...fields } });
const failure = (type: string, message = 'words', status = 'FAILURE'): ScriptedAnswer => ({
  json: { responseStatus: status, errors: [{ type, message }] },
});
const list = success({ responseDetails: { total: 0 }, jobs: [] });
const job = (id: number) => success({ data: { id, status: 'RUNNING' } });

function open(
  http: ScriptedHttp,
  { auth, options = {}, clock }: { auth?: VaultAuth; options?: object; clock?: () => number } = {},
): VaultClient {
  const source = {
    auth: auth ?? { username: 'robot@example.com', password: 'p4ssw0rd' },
    options: optionsSchema.parse(options),
    baseUrl: 'https://myvault.veevavault.com',
  };
  return new VaultClient(http, source, clock);
}
const read = (client: VaultClient) => client.list('monitors', { limit: 200, offset: 0 }, signal);
const urls = (http: ScriptedHttp) => http.sent.map(({ url }) => url.replace('/api/v25.2', ''));

describe('the session', () => {
  it('is one for all who ask at once', async () => {
    const http = new ScriptedHttp(login(), list, list);
    const client = open(http);
    await Promise.all([read(client), read(client)]);
    expect(urls(http)).toEqual(['/auth', '/services/jobs/monitors', '/services/jobs/monitors']);
  });

  it('is sent bare, with a name for this client', async () => {
    const http = new ScriptedHttp(login(), list);
    await read(open(http, { options: { clientId: 'acme.rollcall' } }));
    expect(http.sent[0]).toMatchObject({
      method: 'POST',
      form: { username: 'robot@example.com', password: 'p4ssw0rd' },
    });
    expect(http.sent[0]!.headers).not.toHaveProperty('authorization');
    expect(http.sent[1]!.headers).toEqual({
      accept: 'application/json',
      authorization: 'S1',
      'x-vaultapi-clientid': 'acme.rollcall',
    });
  });

  it('is renewed before its 48 hours are over', async () => {
    let now = 0;
    const http = new ScriptedHttp(login(), list, list, login({ sessionId: 'S2' }), list);
    const client = open(http, { clock: () => now });
    await read(client);
    now = 47 * HOUR - 1;
    await read(client);
    now = 47 * HOUR;
    await read(client);
    expect(http.sent.at(-1)!.headers!['authorization']).toBe('S2');
  });

  it.each<[string, ScriptedAnswer]>([
    ['INVALID_SESSION_ID', failure('INVALID_SESSION_ID')],
    ['a 401', { status: 401 }],
  ])('is renewed once after %s', async (_, refusal) => {
    const http = new ScriptedHttp(login(), refusal, login({ sessionId: 'S2' }), list);
    await read(open(http));
    expect(urls(http)).toEqual(['/auth', '/services/jobs/monitors', '/auth', '/services/jobs/monitors']);
  });

  it('is renewed for an action, which was refused before anything was done', async () => {
    const http = new ScriptedHttp(login(), failure('INVALID_SESSION_ID'), login(), success());
    await open(http).startNow('72505', signal);
    expect(http.sent).toHaveLength(4);
  });

  it.each(['USER_LOCKED_OUT', 'INACTIVE_USER', 'PASSWORD_CHANGE_REQUIRED', 'INSUFFICIENT_ACCESS'])(
    'is not renewed after %s',
    async (type) => {
      const http = new ScriptedHttp(login(), failure(type));
      await expect(read(open(http))).rejects.toBeInstanceOf(AuthError);
      expect(http.sent).toHaveLength(2);
    },
  );

  it('is not logged in again by a login that is refused', async () => {
    const http = new ScriptedHttp(
      failure('USERNAME_OR_PASSWORD_INCORRECT', 'no p4ssw0rd for robot@example.com'),
    );
    await expect(read(open(http))).rejects.toThrow(
      new AuthError('POST /auth: USERNAME_OR_PASSWORD_INCORRECT: no *** for ***'),
    );
    expect(http.sent).toHaveLength(1);
  });

  it('that is given is never logged in', async () => {
    const http = new ScriptedHttp(list, failure('INVALID_SESSION_ID'));
    const client = open(http, { auth: { sessionId: 'GIVEN' } });
    await read(client);
    await expect(read(client)).rejects.toMatchObject({ kind: 'authentication' });
    expect(urls(http)).toEqual(['/services/jobs/monitors', '/services/jobs/monitors']);
  });

  it.each(['', null, 5])('is none when it is %j', async (sessionId) => {
    const http = new ScriptedHttp(login({ sessionId }));
    await expect(read(open(http))).rejects.toBeInstanceOf(ContractError);
  });
});

describe('the Vault that a login leads into', () => {
  const url = 'https://myvault.veevavault.com/api';
  const foreign = 'https://etmf.veevavault.com/api';

  it.each<[string, object, object]>([
    ['the one that is configured', { vaultId: 1001 }, {}],
    ['ids as text', { vaultId: '1001' }, { vaultId: '1001', vaultIds: [{ id: '1001', url }] }],
    ['the host, where no id is configured', {}, {}],
    [
      'other Vaults of the user beside it',
      {},
      {
        vaultIds: [
          { id: 1000, url: foreign },
          { id: 1001, url },
        ],
      },
    ],
    ['the id alone, where no address is named', { vaultId: 1001 }, { vaultIds: [] }],
  ])('is accepted by %s', async (_, options, answer) => {
    const http = new ScriptedHttp(login(answer), list);
    await expect(read(open(http, { options }))).resolves.toBeDefined();
  });

  it.each<[string, object, object]>([
    ['another id', { vaultId: 1002 }, {}],
    ['no id', { vaultId: 1001 }, { vaultId: null }],
    ['another host', {}, { vaultIds: [{ id: 1001, url: foreign }] }],
    ['another host with the configured id', { vaultId: 1001 }, { vaultIds: [{ id: 1001, url: foreign }] }],
    ['an unreadable address', {}, { vaultIds: [{ id: 1001, url: 'myvault' }] }],
  ])('is refused for %s', async (_, options, answer) => {
    const http = new ScriptedHttp(login(answer));
    await expect(read(open(http, { options }))).rejects.toBeInstanceOf(SourceConfigError);
    expect(http.sent).toHaveLength(1);
  });
});

describe('a refusal inside a 200', () => {
  it.each<[string, string]>([
    ['INSUFFICIENT_ACCESS', 'permission'],
    ['OPERATION_NOT_ALLOWED', 'permission'],
    ['MALFORMED_URL', 'configuration'],
    ['METHOD_NOT_SUPPORTED', 'configuration'],
    ['API_LIMIT_EXCEEDED', 'rate-limited'],
    ['INVALID_DATA', 'schema'],
    ['CONFIGURATION_MODE_ENABLED', 'upstream-error'],
    ['UNEXPECTED_ERROR', 'upstream-error'],
    ['SOMETHING_NEW', 'upstream-error'],
    ['constructor', 'upstream-error'],
  ])('%s is %s', async (type, kind) => {
    const http = new ScriptedHttp(login(), failure(type));
    await expect(read(open(http))).rejects.toMatchObject({ kind });
  });

  it('may have its errors as one object, or only an errorType', async () => {
    const one = { json: { responseStatus: 'FAILURE', errors: { type: 'API_LIMIT_EXCEEDED', message: 'x' } } };
    await expect(read(open(new ScriptedHttp(login(), one)))).rejects.toBeInstanceOf(RateLimitError);
    const bare = { json: { responseStatus: 'FAILURE', errorType: 'AUTHENTICATION_FAILED' } };
    await expect(read(open(new ScriptedHttp(bare)))).rejects.toMatchObject({ kind: 'authentication' });
  });

  it('is judged by its type as it was given, which a message shows without secrets', async () => {
    const auth = { username: 'LIMIT', password: 'SESSION' };
    const limited = new ScriptedHttp(login(), failure('API_LIMIT_EXCEEDED'));
    await expect(read(open(limited, { auth }))).rejects.toThrow(
      new RateLimitError('GET /services/jobs/monitors: API_***_EXCEEDED: words', 300_000),
    );
    const ended = new ScriptedHttp(login(), failure('INVALID_SESSION_ID'), login(), list);
    await expect(read(open(ended, { auth }))).resolves.toBeDefined();
  });

  it('during an upgrade is waited out', async () => {
    const headers = { 'x-vaultapi-downtimeexpecteddurationminutes': '20' };
    const http = new ScriptedHttp(login(), { ...failure('UNEXPECTED_ERROR'), headers });
    await expect(read(open(http))).rejects.toMatchObject({ kind: 'upstream-error', retryAfterMs: 1_200_000 });
  });
});

describe('an answer that is no 200', () => {
  it('of an upgrade is waited out', async () => {
    const headers = { 'x-vaultapi-downtimeexpecteddurationminutes': '5' };
    const http = new ScriptedHttp(login(), { status: 503, headers });
    await expect(read(open(http))).rejects.toMatchObject({ retryAfterMs: 300_000 });
  });

  it('of a read is left to the HTTP client and its retries', async () => {
    const http = new ScriptedHttp(login(), { status: 502 }, list);
    await expect(read(open(http))).resolves.toBeDefined();
  });

  it.each([502, 404])('of an action (%i) is not tried again', async (status) => {
    const http = new ScriptedHttp(login(), { status });
    await expect(open(http).startNow('1', signal)).rejects.toBeInstanceOf(UnavailableError);
    expect(http.sent).toHaveLength(2);
  });
});

describe('the page of one job', () => {
  it('can be read once in ten seconds; sooner, nothing is sent', async () => {
    let now = 0;
    const http = new ScriptedHttp(login(), job(7), job(8), job(7));
    const client = open(http, { clock: () => now });
    await client.job('7', signal);
    now = 4_000;
    await client.job('8', signal);
    await expect(client.job('7', signal)).rejects.toMatchObject({ retryAfterMs: 6_000 });
    now = 10_000;
    await client.job('7', signal);
    expect(urls(http).slice(1)).toEqual(['/services/jobs/7', '/services/jobs/8', '/services/jobs/7']);
    expect(http.sent[1]!.retry).toBe(false);
  });

  it('can be read again ten seconds later, whatever this machine’s time is set to', async () => {
    const http = new ScriptedHttp(login(), job(7), job(7));
    const client = open(http);
    const ticks = jest.spyOn(performance, 'now').mockReturnValue(0.5);
    const now = Date.now();
    const time = jest.spyOn(Date, 'now');
    try {
      await client.job('7', signal);
      time.mockReturnValue(now + HOUR);
      ticks.mockReturnValue(4_000.25);
      await expect(client.job('7', signal)).rejects.toMatchObject({ retryAfterMs: 6_001 });
      time.mockReturnValue(now - HOUR);
      ticks.mockReturnValue(10_000.5);
      await expect(client.job('7', signal)).resolves.toMatchObject({ id: 7 });
    } finally {
      jest.restoreAllMocks();
    }
  });

  it('is gone when the one thing that was asked is not valid', async () => {
    const http = new ScriptedHttp(login(), failure('INVALID_DATA'));
    await expect(open(http).job('7', signal)).rejects.toBeInstanceOf(JobGoneError);
  });

  it('is gone when the resource does not exist and the version does', async () => {
    const http = new ScriptedHttp(login(), list, failure('MALFORMED_URL'));
    const client = open(http);
    await read(client);
    await expect(client.job('7', signal)).rejects.toBeInstanceOf(JobGoneError);
  });

  it.each(['MALFORMED_URL', 'INSUFFICIENT_ACCESS', 'UNEXPECTED_ERROR'])(
    'is not known to be gone by %s',
    async (type) => {
      const http = new ScriptedHttp(login(), failure(type));
      await expect(open(http).job('7', signal)).rejects.not.toBeInstanceOf(JobGoneError);
    },
  );

  it.each(['monitors', '../users', '7/tasks', ''])('is never asked for the id %j', async (id) => {
    const http = new ScriptedHttp();
    await expect(open(http).job(id, signal)).rejects.toBeInstanceOf(JobGoneError);
    expect(http.sent).toEqual([]);
  });
});

describe('actions', () => {
  it('start is one POST that is never repeated', async () => {
    const http = new ScriptedHttp(login(), success({ job_id: 72505 }));
    await open(http).startNow('72505', signal);
    expect(http.sent[1]).toMatchObject({
      method: 'POST',
      url: '/api/v25.2/services/jobs/start_now/72505',
      retry: false,
    });
  });

  it('cancel is one POST with the one id', async () => {
    const http = new ScriptedHttp(
      login(),
      success({ data: [{ responseStatus: 'SUCCESS', data: { id: 5 } }] }),
    );
    await open(http, { options: { apiVersion: 'v26.1' } }).cancel('5', signal);
    expect(http.sent[1]).toMatchObject({
      method: 'POST',
      url: '/api/v26.1/services/jobs/actions/cancel',
      json: [{ job_id: 5 }],
      retry: false,
    });
  });

  const words = { type: 'INVALID_DATA', message: 'Job [5] is not found in QUEUED or QUEUEING state' };
  it.each([
    ['an object', words],
    ['an array', [words]],
  ])('cancel is refused by the inner FAILURE with errors as %s', async (_, errors) => {
    const http = new ScriptedHttp(login(), success({ data: [{ responseStatus: 'FAILURE', errors }] }));
    await expect(open(http).cancel('5', signal)).rejects.toThrow(
      new UnavailableError(
        'the Vault did not cancel job 5: INVALID_DATA: Job [5] is not found in QUEUED or QUEUEING state',
        'upstream-error',
      ),
    );
  });

  it('cancel without a result for the job is no success', async () => {
    const http = new ScriptedHttp(login(), success({ data: [] }));
    await expect(open(http).cancel('5', signal)).rejects.toBeInstanceOf(ContractError);
  });

  it('tell a user who may not', async () => {
    const http = new ScriptedHttp(login(), failure('INSUFFICIENT_ACCESS'));
    await expect(open(http).startNow('5', signal)).rejects.toMatchObject({ kind: 'permission' });
  });

  it.each(['OPERATION_NOT_ALLOWED', 'INVALID_DATA', 'MALFORMED_URL', 'UNEXPECTED_ERROR'])(
    'say why they were refused with %s',
    async (type) => {
      const http = new ScriptedHttp(login(), failure(type, 'because'));
      await expect(open(http).startNow('5', signal)).rejects.toThrow(
        new UnavailableError(`the Vault did not start job 5: ${type}: because`, 'upstream-error'),
      );
    },
  );

  it('never send an id that is no number', async () => {
    const http = new ScriptedHttp();
    await expect(open(http).startNow('5/../6', signal)).rejects.toBeInstanceOf(ContractError);
    await expect(open(http).cancel('all', signal)).rejects.toBeInstanceOf(ContractError);
    expect(http.sent).toEqual([]);
  });

  it('cancel a number that JSON would round as text', async () => {
    const http = new ScriptedHttp(login(), success({ data: [{ responseStatus: 'SUCCESS' }] }));
    await open(http).cancel('9007199254740993', signal);
    expect(http.sent[1]!.json).toEqual([{ job_id: '9007199254740993' }]);
  });
});

describe('the burst allowance', () => {
  it.each<[string, Record<string, string>, number[]]>([
    ['plenty', { 'x-vaultapi-burstlimit': '2000', 'x-vaultapi-burstlimitremaining': '201' }, []],
    ['a tenth', { 'x-vaultapi-burstlimit': '2000', 'x-vaultapi-burstlimitremaining': '199' }, [1_500]],
    ['a tenth of the old default', { 'x-vaultapi-burstlimitremaining': '99' }, [3_000]],
    ['none', { 'x-vaultapi-burstlimit': '2000', 'x-vaultapi-burstlimitremaining': '0' }, [60_000]],
    ['answers that are delayed', { 'x-vaultapi-responsedelay': '500' }, [500]],
    ['answers that are not delayed', { 'x-vaultapi-responsedelay': '0' }, []],
    ['an announced upgrade', { 'x-vaultapi-downtimeexpecteddurationminutes': '2' }, [120_000]],
    ['what cannot be read', { 'x-vaultapi-burstlimitremaining': 'few' }, []],
  ])('with %s', async (_, headers, pauses) => {
    const http = new ScriptedHttp(login(), { ...list, headers });
    await read(open(http));
    expect(http.pauses).toEqual(pauses);
  });
});
