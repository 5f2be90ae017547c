import { AuthError, ContractError, SourceConfigError } from '../../domain/errors.js';
import { HttpClient, HttpRequest } from './http-client.js';
import { oauthClientCredentials } from './oauth-client-credentials.js';
import { LoginResult } from './login.js';

const credentials = { tokenUrl: '/oauth/access_token', clientId: 'id', clientSecret: 'top-secret' };

/** A client whose token endpoint gives one answer; it keeps what was asked. */
function answering(status: number, body: unknown): { http: HttpClient; asked: HttpRequest[] } {
  const asked: HttpRequest[] = [];
  const http: HttpClient = {
    request: (request, expectStatus) => {
      asked.push(request);
      const accepted = status < 300 || status === 404 || expectStatus?.(status) === true;
      if (!accepted) return Promise.reject(new Error(`thrown by the client: ${status}`));
      return Promise.resolve({
        status,
        headers: {},
        date: null,
        requestedAt: 0,
        body: (async function* () {})(),
        json: () => Promise.resolve(body),
        text: () => Promise.resolve(JSON.stringify(body)),
      });
    },
    pause: () => undefined,
  };
  return { http, asked };
}

function token(status: number, body: unknown): Promise<LoginResult<string>> {
  return oauthClientCredentials(answering(status, body).http, credentials)(new AbortController().signal);
}

describe('oauthClientCredentials', () => {
  test('asks with a form, which may be repeated', async () => {
    const { http, asked } = answering(200, { access_token: 't', expires_in: 3600 });
    await oauthClientCredentials(http, credentials)(new AbortController().signal);
    expect(asked).toMatchObject([
      {
        method: 'POST',
        url: '/oauth/access_token',
        form: { grant_type: 'client_credentials', client_id: 'id', client_secret: 'top-secret' },
        retry: true,
      },
    ]);
  });

  test.each<[unknown, number | null]>([
    [3600, 3_600_000],
    ['3600', 3_600_000],
    [undefined, null],
    [null, null],
    [0, null],
    ['soon', null],
  ])('expires_in %j', async (expires_in, expiresInMs) => {
    expect(await token(200, { access_token: 't', expires_in })).toEqual({ value: 't', expiresInMs });
  });

  it('takes a token without a life, which the standard only recommends', async () => {
    expect(await token(200, { access_token: 't' })).toEqual({ value: 't', expiresInMs: null });
  });

  test.each([400, 401])('%d refuses the credentials', async (status) => {
    const refused = await token(status, { error: 'invalid_client' }).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(AuthError);
    expect(refused).toMatchObject({ kind: 'authentication' });
    expect((refused as Error).message).not.toContain('secret');
  });

  test('404 is a wrong address', async () => {
    await expect(token(404, {})).rejects.toBeInstanceOf(SourceConfigError);
  });

  test.each([{}, null, [], { access_token: '' }, { access_token: 7 }])('%j is no token', async (body) => {
    await expect(token(200, body)).rejects.toBeInstanceOf(ContractError);
  });
});
