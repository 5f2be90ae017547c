import { z } from 'zod';
import { AuthError, ContractError, SourceConfigError } from '../../domain/errors.js';
import { HttpClient, HttpRequest, HttpResponse } from '../shared/http-client.js';
import { Login, LoginResult, withLogin } from '../shared/login.js';
import { Auth, bearer } from './vectorcharts.auth.js';

const API = '/api/portal/v1';
/** Of a logout, milliseconds: it must not hold up a shutdown. */
const LOGOUT_TIMEOUT_MS = 5_000;

const sessionSchema = z.looseObject({ token: z.looseObject({ id: z.string().min(1) }) });

/** The OEM portal's calls, with a token or with a session that username and password open. */
export class PortalClient {
  private readonly login: Login<string>;

  constructor(
    private readonly http: HttpClient,
    private readonly auth: Auth,
  ) {
    // A session lasts until its logout: no end to be early for.
    this.login = new Login((signal) => this.logIn(signal), 0);
  }

  async list(query: NonNullable<HttpRequest['query']>, signal: AbortSignal): Promise<HttpResponse> {
    const { auth } = this;
    const read = (token: string) =>
      this.http.request({ method: 'GET', url: `${API}/jobs`, query, headers: bearer(token), signal });
    const response = 'token' in auth ? await read(auth.token) : await withLogin(this.login, signal, read);
    if (response.status === 404)
      throw new SourceConfigError('no VectorCharts OEM portal at the configured baseUrl (404)');
    if (response.status !== 200)
      throw new ContractError(`VectorCharts answered ${response.status} to a read of its list`, 'schema');
    return response;
  }

  /** @throws SourceError when the portal does not end the session */
  async logout(): Promise<void> {
    const session = this.login.current;
    if (session === null) return;
    this.login.invalidate(session);
    const signal = AbortSignal.timeout(LOGOUT_TIMEOUT_MS);
    const alreadyEnded = (status: number) => status === 401;
    await this.http.request(
      { method: 'POST', url: `${API}/auth/logout`, headers: bearer(session), signal, retry: false },
      alreadyEnded,
    );
  }

  private async logIn(signal: AbortSignal): Promise<LoginResult<string>> {
    const response = await this.http.request(
      { method: 'POST', url: `${API}/auth/login`, json: this.auth, signal, retry: false },
      // What a wrong password answers is not documented; a 400 is the other way to refuse one.
      (status) => status === 400,
    );
    if (response.status === 400) throw new AuthError('VectorCharts refused the username and password (400)');
    if (response.status === 404)
      throw new SourceConfigError('no VectorCharts OEM portal at the configured baseUrl (404)');
    const session = sessionSchema.safeParse(await response.json());
    if (!session.success) throw new ContractError('VectorCharts answered a login without a token', 'schema');
    return { value: session.data.token.id, expiresInMs: null };
  }
}
