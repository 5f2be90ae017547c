import { z } from 'zod';
import { AuthError, ContractError } from '../../domain/errors.js';
import { HttpClient, HttpRequest, HttpResponse } from '../shared/http-client.js';
import { Login, LoginResult, withLogin } from '../shared/login.js';
import { oauthClientCredentials } from '../shared/oauth-client-credentials.js';
import { Expression, ExpressionError, OF_AN_ANSWER, Steps } from './expression.js';
import { ErrorRules, SessionEndedError } from './http.errors.js';
import { filledTexts, RequestTemplate, templates } from './http.request.js';
import { AuthInput, OptionInput } from './manifest.schema.js';
import { PlaceholderValues, Template, templateFault } from './template.js';

/** How long before its end a login is renewed, milliseconds. */
const RENEWAL_MARGIN_MS = 60_000;
/** Of a logout, milliseconds: it must not hold up a shutdown. */
const LOGOUT_TIMEOUT_MS = 5_000;

/** A source's `auth` block: what the manifest's `{{auth.NAME}}` ask for, all of it and nothing else. */
export function authSchemaOf(auth: AuthInput): z.ZodType<Record<string, string>> {
  const names = authNamesOf(auth);
  const shape = Object.fromEntries(
    names.map((name) => [name, name === 'tokenUrl' ? tokenUrl : z.string().min(1)]),
  );
  const schema = z.strictObject(shape) as z.ZodType<Record<string, string>>;
  return names.length === 0 ? (schema.prefault({}) as z.ZodType<Record<string, string>>) : schema;
}

const tokenUrl = z
  .string()
  .refine((value) => /^https?:$/.test(URL.parse(value)?.protocol ?? ''), 'expected an http or https address')
  .refine((value) => !/[?#]|\/\/[^/]*@/.test(value), 'must not carry a query, a fragment or credentials');

/** The names of a source's `auth` block, in the order in which the manifest asks for them. */
export function authNamesOf(auth: AuthInput): string[] {
  return [...new Set(authNames(auth))];
}

function authNames(value: unknown): string[] {
  if (typeof value === 'string')
    return templateFault(value) !== null
      ? []
      : new Template(value).names
          .filter((name) => name.startsWith('auth.'))
          .map((name) => name.slice('auth.'.length));
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(authNames) : [];
}

/** A source's `options` block. */
export function optionsSchemaOf(
  options: Readonly<Record<string, OptionInput>>,
): z.ZodType<Record<string, string | string[]>> {
  const shape = Object.entries(options).map(([name, { default: given, values, list }]) => {
    const text = z
      .union([z.string(), z.number(), z.boolean()], { error: 'expected text' })
      .transform(String)
      .refine(
        (value) =>
          /^[^\p{Cc}]{1,500}$/u.test(value) &&
          value.isWellFormed() &&
          value.trim() !== '' &&
          !/^\.{1,2}$/.test(value),
        'expected text of 1 to 500 characters',
      )
      .refine((value) => values?.includes(value) ?? true, `expected one of ${(values ?? []).join(', ')}`);
    const schema: z.ZodType<unknown, unknown> = list ? z.array(text).min(1).max(50) : text;
    return [name, given === undefined ? schema : schema.prefault(given)] as const;
  });
  return z.strictObject(Object.fromEntries(shape)) as z.ZodType<Record<string, string | string[]>>;
}

/** The way to a platform with the manifest's credentials on every request; renews a login that has ended, once. */
export interface Authenticated {
  /** Sends and judges: whatever `judge` throws as a {@link SessionEndedError} is tried once more with a new login. */
  request<T>(
    request: HttpRequest,
    expect: (status: number) => boolean,
    judge: (response: HttpResponse) => Promise<T>,
  ): Promise<T>;
  /** What never stands in a message. */
  readonly secrets: readonly string[];
  close(): Promise<void>;
}

export function authenticated(
  http: HttpClient,
  auth: AuthInput,
  values: PlaceholderValues,
  given: Readonly<Record<string, string>>,
  rules: ErrorRules,
): Authenticated {
  const secrets = Object.entries(given).flatMap(([name, secret]) => (name === 'tokenUrl' ? [] : [secret]));
  if (auth.type === 'session') return new SessionAuth(http, auth, values, secrets, rules);
  if (auth.type === 'oauth2') return new OAuth(http, auth, values, secrets);
  const dress = dresserOf(auth, values);
  return {
    secrets,
    request: async (request, expect, judge) => judge(await http.request(dress(request), expect)),
    close: () => Promise.resolve(),
  };
}

type Dresser = (request: HttpRequest) => HttpRequest;

/** Credentials that every request carries as they are. */
function dresserOf(
  auth: Exclude<AuthInput, { type: 'session' | 'oauth2' }>,
  values: PlaceholderValues,
): Dresser {
  switch (auth.type) {
    case 'none':
      return (request) => request;
    case 'bearer':
      return withHeaders({ authorization: `Bearer ${new Template(auth.token).text(values)}` });
    case 'basic': {
      const pair = [auth.username, auth.password].map((text) => new Template(text).text(values)).join(':');
      return withHeaders({ authorization: `Basic ${Buffer.from(pair).toString('base64')}` });
    }
    case 'header':
      return withHeaders(filledTexts(templates(auth.headers), values));
    case 'query': {
      const query = filledTexts(templates(auth.query), values);
      return (request) => ({ ...request, query: { ...request.query, ...query } });
    }
  }
}

function withHeaders(headers: Readonly<Record<string, string>>): Dresser {
  return (request) => ({ ...request, headers: { ...request.headers, ...headers } });
}

class OAuth implements Authenticated {
  private readonly login: Login<string>;

  constructor(
    private readonly http: HttpClient,
    auth: Extract<AuthInput, { type: 'oauth2' }>,
    values: PlaceholderValues,
    readonly secrets: readonly string[],
  ) {
    const text = (template: string) => new Template(template).text(values);
    this.login = new Login(
      oauthClientCredentials(http, {
        tokenUrl: text(auth.tokenUrl),
        clientId: text(auth.clientId),
        clientSecret: text(auth.clientSecret),
      }),
      RENEWAL_MARGIN_MS,
    );
  }

  request<T>(
    request: HttpRequest,
    expect: (status: number) => boolean,
    judge: (response: HttpResponse) => Promise<T>,
  ): Promise<T> {
    const send = async (token: string) =>
      judge(await this.http.request(withHeaders({ authorization: `Bearer ${token}` })(request), expect));
    return renewing(this.login, request.signal, send);
  }

  async close(): Promise<void> {
    // A token ends by itself.
  }
}

class SessionAuth implements Authenticated {
  private readonly login: Login<string>;
  private readonly session: Expression;
  private readonly expiresIn: Expression | null;
  private readonly opening: RequestTemplate;

  constructor(
    private readonly http: HttpClient,
    private readonly auth: Extract<AuthInput, { type: 'session' }>,
    private readonly values: PlaceholderValues,
    private readonly given: readonly string[],
    private readonly rules: ErrorRules,
  ) {
    this.session = new Expression(auth.session);
    this.expiresIn = auth.expiresIn === undefined ? null : new Expression(auth.expiresIn);
    this.opening = new RequestTemplate(auth.login);
    this.login = new Login((signal) => this.logIn(signal), RENEWAL_MARGIN_MS);
  }

  get secrets(): readonly string[] {
    const { current } = this.login;
    return current === null ? this.given : [...this.given, current];
  }

  request<T>(
    request: HttpRequest,
    expect: (status: number) => boolean,
    judge: (response: HttpResponse) => Promise<T>,
  ): Promise<T> {
    return renewing(this.login, request.signal, async (session) =>
      judge(await this.http.request(this.dressed(request, session), expect)),
    );
  }

  async close(): Promise<void> {
    const session = this.login.current;
    if (session === null || this.auth.logout === undefined) return;
    this.login.invalidate(session);
    const signal = AbortSignal.timeout(LOGOUT_TIMEOUT_MS);
    const request = new RequestTemplate(this.auth.logout).build({ ...this.values, session });
    const alreadyEnded = (status: number) => status === 401;
    await this.http.request(this.dressed({ ...request, signal, retry: false }, session), alreadyEnded);
  }

  private dressed(request: HttpRequest, session: string): HttpRequest {
    return withHeaders(filledTexts(templates(this.auth.headers), { ...this.values, session }))(request);
  }

  private async logIn(signal: AbortSignal): Promise<LoginResult<string>> {
    const expect = (status: number) =>
      status === 400 || status === 422 || this.rules.isAbout(status, 'login');
    const response = await this.http.request(
      { ...this.opening.build(this.values), signal, retry: false },
      expect,
    );
    const { status, headers, requestedAt } = response;
    const body = await jsonOf(response);
    const steps = new Steps(body, OF_AN_ANSWER);
    const fault = this.rules.faultOf(
      'the login',
      { status, headers, requestedAt, body, steps },
      'login',
      this.given,
    );
    if (fault !== null) throw fault;
    if (status >= 300) throw new AuthError(`the platform refused the login (${status})`);
    const session = valueOf(this.session, body, steps);
    if ((typeof session !== 'string' && typeof session !== 'number') || session === '')
      throw new ContractError(`the login answered no session at ${this.session.source}`, 'schema');
    const seconds = this.expiresIn === null ? NaN : Number(valueOf(this.expiresIn, body, steps) ?? NaN);
    return { value: String(session), expiresInMs: seconds > 0 ? seconds * 1_000 : null };
  }
}

function valueOf(expression: Expression, body: unknown, steps: Steps): unknown {
  try {
    return expression.evaluate(body, steps);
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    throw new ContractError(`${expression.source}: ${error.message}`, 'schema');
  }
}

async function jsonOf(response: HttpResponse): Promise<unknown> {
  try {
    return await response.json();
  } catch (error) {
    if (error instanceof ContractError && response.status >= 300) return undefined;
    throw error;
  }
}

/** A session that has ended by the manifest's words, or a 401: nothing else is worth a login, since logins can lock a user out. */
function renewing<T>(
  login: Login<string>,
  signal: AbortSignal,
  work: (credential: string) => Promise<T>,
): Promise<T> {
  return withLogin(login, signal, work, (error) => error instanceof SessionEndedError);
}
