import {
  AuthError,
  ContractError,
  JobGoneError,
  RateLimitError,
  SourceConfigError,
  UnavailableError,
} from '../../domain/errors.js';
import { Instant } from '../../domain/job.js';
import { ConnectorSource } from '../connector.js';
import { HttpClient, HttpRequest, HttpResponse } from '../shared/http-client.js';
import { Login, LoginResult } from '../shared/login.js';
import { asText, valueAt } from '../shared/record-reader.js';
import { failureIn, faultOf, VaultFailure } from './veeva-vault.errors.js';
import { VaultAuth, VaultOptions } from './veeva-vault.options.js';

/** A session ends after 48 h however busy it is; it is renewed an hour before. When it ends idle, only the Vault knows. */
const SESSION_LIFE_MS = 48 * 3_600_000;
const SESSION_MARGIN_MS = 3_600_000;

/** Limits that a refusal names: the detail page once in 10 s for each job, logins by the minute, the rest in five. */
const JOB_LIMIT_MS = 10_000;
const LOGIN_LIMIT_MS = 60_000;
const BURST_WINDOW_MS = 300_000;

/** The burst allowance is the whole Vault's: below a tenth of it, what is left is spread over the window. */
const BURST_RESERVE = 0.1;
/** The old default of the allowance, for an answer that names only what remains. */
const BURST_LIMIT = 2_000;
const LONGEST_SPREAD_MS = 60_000;

const USABLE_ID = /^\d+$/;

type Envelope = Record<string, unknown>;
export interface VaultAnswer {
  envelope: Envelope;
  /** The platform's clock; null when it sent none. */
  date: Instant | null;
}

type VaultRequest = Pick<HttpRequest, 'method' | 'query' | 'json' | 'form' | 'signal' | 'retry'> & {
  /** Under `/api/{version}`. */
  path: string;
  limitMs?: number;
  /** Names a refusal that is not what its type usually means; null when it is. */
  refused?: (failure: VaultFailure) => Error | null;
};

/** The calls of one Vault that Rollcall makes: session, envelope, and errors as domain errors. */
export class VaultClient {
  private readonly login: Login<string>;
  /** What never stands in a message. */
  private secrets: readonly string[];
  /** When each job's own page was last asked for, by `clock`; only those of the last ten seconds are kept. */
  private readonly jobReads = new Map<string, number>();
  /** A job call of this version has succeeded: the URLs of the others are right. */
  private versionServes = false;

  constructor(
    private readonly http: HttpClient,
    private readonly source: Pick<ConnectorSource<VaultAuth, VaultOptions>, 'auth' | 'options' | 'baseUrl'>,
    /** Of a clock that nobody sets, milliseconds. */
    private readonly clock: () => number = () => performance.now(),
  ) {
    const { auth } = source;
    this.secrets = Object.values(auth);
    this.login = new Login((signal) => this.logIn(signal), SESSION_MARGIN_MS, clock);
  }

  /** One page of a list: of what has not ended, or of what has. */
  async list(
    name: 'monitors' | 'histories',
    query: { limit: number; offset: number; start_date?: string },
    signal: AbortSignal,
  ): Promise<VaultAnswer> {
    return this.call({ method: 'GET', path: `/services/jobs/${name}`, query, signal });
  }

  /**
   * The record of a job's own page.
   * @throws JobGoneError when the Vault does not know the id
   * @throws RateLimitError within ten seconds after the last read of the same job, without asking the Vault
   */
  async job(id: string, signal: AbortSignal): Promise<unknown> {
    if (!USABLE_ID.test(id)) throw new JobGoneError('a Vault has no page for such an id');
    this.claimJobRead(id);
    const { envelope } = await this.call({
      method: 'GET',
      path: `/services/jobs/${id}`,
      signal,
      // Another try within ten seconds would be refused.
      retry: false,
      limitMs: JOB_LIMIT_MS,
      refused: (failure) =>
        this.meansUnknownJob(failure) ? new JobGoneError(`the Vault knows no job ${id}`) : null,
    });
    const record = envelope['data'];
    if (asText(valueAt(record, 'id')) !== id)
      throw new ContractError(`the Vault answered another job than ${id}`, 'schema');
    return record;
  }

  /**
   * One page of the tasks of an SDK job.
   * @throws JobGoneError when the Vault knows no tasks of this id
   */
  async tasks(
    id: string,
    query: { limit: number; offset: number },
    signal: AbortSignal,
  ): Promise<Record<string, unknown>> {
    if (!USABLE_ID.test(id)) throw new JobGoneError('a Vault has no tasks of such an id');
    const { envelope } = await this.call({
      method: 'GET',
      path: `/services/jobs/${id}/tasks`,
      query,
      signal,
      refused: (failure) =>
        this.meansUnknownJob(failure) ? new JobGoneError(`the Vault knows no tasks of job ${id}`) : null,
    });
    return envelope;
  }

  /** Exactly once: each call can skip a further run of the schedule. */
  async startNow(id: string, signal: AbortSignal): Promise<void> {
    this.assertUsable(id);
    await this.act({ method: 'POST', path: `/services/jobs/start_now/${id}`, signal }, `start job ${id}`);
  }

  /** Exactly once; the outer SUCCESS can hold the refusal of the one job. */
  async cancel(id: string, signal: AbortSignal): Promise<void> {
    this.assertUsable(id);
    const what = `cancel job ${id}`;
    // A number, as in the reference, where a number can carry the id.
    const json = [{ job_id: Number.isSafeInteger(Number(id)) ? Number(id) : id }];
    const request = { method: 'POST', path: '/services/jobs/actions/cancel', json, signal } as const;
    const { envelope } = await this.act(request, what);
    const items = envelope['data'];
    const item: unknown = Array.isArray(items) ? items[0] : undefined;
    if (typeof item !== 'object' || item === null)
      throw new ContractError(`the Vault did not say whether it will ${what}`, 'schema');
    const failure = failureIn(item as Envelope, this.secrets);
    if (failure !== null) throw refusal(what, failure);
  }

  private act(request: VaultRequest, what: string): Promise<VaultAnswer> {
    return this.call({
      ...request,
      retry: false,
      refused: (failure) => {
        // Who may not call at all is told so; everything else is about this job, now.
        const fault = faultOf(what, failure, BURST_WINDOW_MS);
        const general = fault instanceof AuthError || fault instanceof RateLimitError;
        return general && failure.type !== 'OPERATION_NOT_ALLOWED' ? null : refusal(what, failure);
      },
    });
  }

  /**
   * One call within a session. Where the session is refused, the call is sent once more in a new one: it was refused before
   * anything was done, an action too.
   */
  private async call(request: VaultRequest): Promise<VaultAnswer> {
    const { auth } = this.source;
    if ('sessionId' in auth) return this.expectSession(await this.send(request, auth.sessionId));
    const sessionId = await this.login.get(request.signal);
    const answer = await this.send(request, sessionId);
    if (answer !== null) return answer;
    this.login.invalidate(sessionId);
    return this.expectSession(await this.send(request, await this.login.get(request.signal)));
  }

  private expectSession(answer: VaultAnswer | null): VaultAnswer {
    if (answer === null) throw new AuthError('the Vault refused the session: INVALID_SESSION_ID');
    return answer;
  }

  /** Null when the session is refused. Only that one refusal is worth a login: others would lock the user out. */
  private async send(request: VaultRequest, sessionId: string | null): Promise<VaultAnswer | null> {
    const { path, limitMs = BURST_WINDOW_MS, refused, ...rest } = request;
    const { apiVersion, clientId } = this.source.options;
    const what = `${request.method} ${path}`;
    const response = await this.reach({
      ...rest,
      url: `/api/${apiVersion}${path}`,
      headers: {
        accept: 'application/json',
        'x-vaultapi-clientid': clientId,
        ...(sessionId === null ? {} : { authorization: sessionId }),
      },
    });
    if (response.status === 401) return null;
    const envelope: unknown = await response.json();
    if (typeof envelope !== 'object' || envelope === null || !Object.hasOwn(envelope, 'responseStatus'))
      throw new ContractError(`${what}: the answer has no responseStatus`, 'schema');
    const failure = failureIn(envelope as Envelope, this.secrets);
    if (failure === null) {
      this.versionServes ||= path.startsWith('/services/jobs/');
      this.spareBurst(response.headers);
      return { envelope: envelope as Envelope, date: response.date };
    }
    if (failure.type === 'INVALID_SESSION_ID') return null;
    const downMs = downtimeMs(response.headers);
    if (downMs !== null) throw new UnavailableError(`${what}: down for an upgrade`, 'upstream-error', downMs);
    throw refused?.(failure) ?? faultOf(what, failure, limitMs);
  }

  /** Every answer of the Vault itself is a 200; others are trouble on the way, or an upgrade that says how long it takes. */
  private async reach(request: HttpRequest): Promise<HttpResponse> {
    const first = await this.http.request(request, (status) => status === 401 || status >= 500);
    const downMs = downtimeMs(first.headers);
    const what = `${request.method} ${request.url}`;
    if (first.status >= 500 && downMs !== null)
      throw new UnavailableError(`${what}: ${first.status}, down for an upgrade`, 'upstream-error', downMs);
    // Without that header it may pass: the HTTP client tries reads again, with its own patience.
    const again = first.status >= 500 && request.method === 'GET' && request.retry !== false;
    const response = again ? await this.http.request(request) : first;
    if (response.status < 300 || response.status === 401) return response;
    throw new UnavailableError(`${what}: ${response.status}`, 'upstream-error');
  }

  private async logIn(signal: AbortSignal): Promise<LoginResult<string>> {
    const { auth } = this.source;
    if ('sessionId' in auth) return { value: auth.sessionId, expiresInMs: null };
    const { username, password } = auth;
    const { envelope } = this.expectSession(
      await this.send(
        { method: 'POST', path: '/auth', form: { username, password }, signal, limitMs: LOGIN_LIMIT_MS },
        null,
      ),
    );
    const { sessionId } = envelope;
    if (typeof sessionId !== 'string' || sessionId === '')
      throw new ContractError('the Vault answered a login without a session', 'schema');
    this.secrets = [...Object.values(auth), sessionId];
    this.assertEntered(envelope);
    return { value: sessionId, expiresInMs: SESSION_LIFE_MS };
  }

  /**
   * A user who may not enter the Vault that was asked for is let into another one, with SUCCESS: its jobs must not be taken for
   * those of this source.
   */
  private assertEntered(envelope: Envelope): void {
    const entered = asText(envelope['vaultId']) ?? null;
    const wanted = this.source.options.vaultId;
    if (wanted !== undefined && entered !== wanted)
      throw new SourceConfigError(
        `the login led into Vault ${entered ?? 'unknown'}, not into ${wanted} (options.vaultId)`,
      );
    const vaults: unknown = envelope['vaultIds'];
    const vault = Array.isArray(vaults)
      ? vaults.find((item) => asText(valueAt(item, 'id')) === entered)
      : undefined;
    const url: unknown = valueAt(vault, 'url');
    if (typeof url !== 'string') return;
    const host = URL.canParse(url) ? new URL(url).host : null;
    const expected = new URL(this.source.baseUrl).host;
    if (host !== expected)
      throw new SourceConfigError(
        `the login led into a Vault on ${host ?? 'an unreadable host'}, not on ${expected} (baseUrl)`,
      );
  }

  /**
   * What an unknown id is refused with is not documented. `INVALID_DATA` is certain, because the id is the only data of this call;
   * so is `MALFORMED_URL` ("the specified resource cannot be found") once another job call has shown that the rest of the URL is
   * right. Every other refusal leaves the job as it is.
   */
  private meansUnknownJob({ type }: VaultFailure): boolean {
    return type === 'INVALID_DATA' || (type === 'MALFORMED_URL' && this.versionServes);
  }

  private claimJobRead(id: string): void {
    const now = this.clock();
    for (const [read, at] of this.jobReads) {
      if (now - at < JOB_LIMIT_MS) break;
      this.jobReads.delete(read);
    }
    const last = this.jobReads.get(id);
    if (last !== undefined)
      throw new RateLimitError(
        `job ${id} can be read once in ten seconds`,
        Math.ceil(last + JOB_LIMIT_MS - now),
      );
    this.jobReads.set(id, now);
  }

  private assertUsable(id: string): void {
    if (!USABLE_ID.test(id)) throw new ContractError('a Vault has no job with such an id', 'schema');
  }

  /** Beyond the burst limit answers are delayed, not refused, and everyone in the Vault pays for it. */
  private spareBurst(headers: HttpResponse['headers']): void {
    const downMs = downtimeMs(headers);
    if (downMs !== null) this.http.pause(downMs);
    const delayMs = count(headers['x-vaultapi-responsedelay']);
    if (delayMs !== null && delayMs > 0) this.http.pause(Math.min(delayMs, LONGEST_SPREAD_MS));
    const remaining = count(headers['x-vaultapi-burstlimitremaining']);
    const limit = count(headers['x-vaultapi-burstlimit']) ?? BURST_LIMIT;
    if (remaining !== null && remaining <= limit * BURST_RESERVE)
      this.http.pause(Math.min(BURST_WINDOW_MS / (remaining + 1), LONGEST_SPREAD_MS));
  }
}

function refusal(what: string, failure: VaultFailure): UnavailableError {
  return new UnavailableError(`the Vault did not ${what}: ${failure.said}`, 'upstream-error');
}

/** How long an upgrade is expected to take, milliseconds; null when there is none. */
function downtimeMs(headers: HttpResponse['headers']): number | null {
  const minutes = count(headers['x-vaultapi-downtimeexpecteddurationminutes']);
  return minutes === null || minutes === 0 ? null : minutes * 60_000;
}

function count(header: string | undefined): number | null {
  return header !== undefined && /^\d+$/.test(header) ? Number(header) : null;
}
