import { HttpClient, HttpRequest } from './http-client.js';
import { Login, withLogin } from './login.js';
import { ClientCredentials, oauthClientCredentials } from './oauth-client-credentials.js';

export type BearerAuth = { token: string } | ClientCredentials;

/** How long before its end an OAuth token is renewed, milliseconds (as Elastic Path's own command line tool does). */
const RENEWAL_MARGIN_MS = 60_000;

/**
 * The same client with `Authorization: Bearer` on every request: a token of the configuration as it is, or one that the client
 * credentials buy, renewed before its end and, where the platform refuses it earlier, once more for the same request. A refused
 * request had no effect, so that this holds for actions too.
 */
export function withBearer(http: HttpClient, auth: BearerAuth): HttpClient {
  const send = (token: string, request: HttpRequest, expect?: (status: number) => boolean) =>
    http.request({ ...request, headers: { ...request.headers, authorization: `Bearer ${token}` } }, expect);
  const pause = (ms: number) => http.pause(ms);
  if ('token' in auth) return { request: (request, expect) => send(auth.token, request, expect), pause };
  const login = new Login(oauthClientCredentials(http, auth), RENEWAL_MARGIN_MS);
  return {
    request: (request, expect) => withLogin(login, request.signal, (token) => send(token, request, expect)),
    pause,
  };
}
