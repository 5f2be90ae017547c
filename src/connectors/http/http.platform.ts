import { ContractError, RateLimitError, SourceConfigError, UnavailableError } from '../../domain/errors.js';
import { Instant } from '../../domain/job.js';
import { HttpClient, HttpRequest, HttpResponse } from '../shared/http-client.js';
import { statusFault } from '../shared/http-faults.js';
import { Authenticated, authenticated } from './http.auth.js';
import { OF_AN_ANSWER, Steps } from './expression.js';
import { ErrorRules, Purpose, SessionEndedError } from './http.errors.js';
import { filledTexts, templates } from './http.request.js';
import { ManifestInput, RateLimitInput } from './manifest.schema.js';
import { PlaceholderValues } from './template.js';

/** The longest pause that rate headers can ask for, milliseconds: their units are mistaken easily. */
const LONGEST_RATE_PAUSE_MS = 3_600_000;
const USUAL_RATE_PAUSE_MS = 60_000;

export interface PlatformAnswer {
  status: number;
  headers: Readonly<Record<string, string>>;
  /** The platform's clock; null when it sends none. */
  date: Instant | null;
  /** Ours. */
  requestedAt: Instant;
  /** The whole body. */
  text: string;
  /** Undefined where it is not JSON. */
  body: unknown;
  /** What expressions over the body may still cost. */
  steps: Steps;
}

/** The calls of one source: credentials, the manifest's words for errors, rate headers. Judges every answer before it is used. */
export class Platform {
  private readonly rules: ErrorRules;
  private readonly auth: Authenticated;
  private readonly headers: Readonly<Record<string, string>>;

  constructor(
    private readonly manifest: Pick<ManifestInput, 'name' | 'auth' | 'errors' | 'rateLimit' | 'headers'>,
    private readonly http: HttpClient,
    /** Of the source: its auth values and options. */
    values: PlaceholderValues,
    given: Readonly<Record<string, string>>,
  ) {
    this.rules = new ErrorRules(manifest.errors);
    this.auth = authenticated(http, manifest.auth, values, given, this.rules);
    this.headers = filledTexts(templates(manifest.headers), values);
  }

  /**
   * @param expect further statuses that the caller makes something of
   * @throws what the manifest's rules make of the answer; else what its status usually means
   */
  call(
    request: HttpRequest,
    purpose: Exclude<Purpose, 'login'>,
    expect: readonly number[] = [],
  ): Promise<PlatformAnswer> {
    const full = { ...request, headers: { ...this.headers, ...request.headers } };
    const renews = this.manifest.auth.type === 'session' || this.manifest.auth.type === 'oauth2';
    const isExpected = (status: number) =>
      expect.includes(status) || this.rules.isAbout(status, purpose) || (renews && status === 401);
    return this.auth.request(full, isExpected, async (response) => {
      this.spare(response);
      const answer = await answerOf(response);
      const label = `${request.method} ${request.url.slice(0, 200)}`;
      const fault = this.rules.faultOf(label, answer, purpose, this.auth.secrets);
      if (fault instanceof RateLimitError && fault.retryAfterMs !== null) this.http.pause(fault.retryAfterMs);
      if (fault !== null) throw fault;
      if (renews && response.status === 401)
        throw new SessionEndedError(`${label}: 401: the session was refused`);
      if (isAnswer(response.status) || expect.includes(response.status)) return answer;
      return this.again(full, label, response, purpose, expect);
    });
  }

  close(): Promise<void> {
    return this.auth.close();
  }

  /** A status that rules are about, of which none applied: what it usually means. A read that may pass is left to the client's patience. */
  private async again(
    request: HttpRequest,
    label: string,
    { status, headers, requestedAt }: HttpResponse,
    purpose: Purpose,
    expect: readonly number[],
  ): Promise<PlatformAnswer> {
    if (purpose === 'list' && (status === 404 || status === 405))
      throw new SourceConfigError(
        `${label}: ${status}: the platform has no such list, check baseUrl and manifest`,
      );
    if (status === 404 || status === 409)
      throw new UnavailableError(`${label}: refused (${status})`, 'upstream-error');
    const mayPass = status >= 500 && request.method === 'GET' && request.retry !== false;
    if (mayPass) return this.auth.request(request, (other) => expect.includes(other), answerOf);
    const { error } = statusFault(label, status, headers, requestedAt);
    if (error instanceof RateLimitError) this.http.pause(error.retryAfterMs ?? 0);
    throw error;
  }

  private spare({ headers, requestedAt }: HttpResponse): void {
    const { rateLimit } = this.manifest;
    const remaining = rateLimit === undefined ? null : countIn(headers, rateLimit.remaining);
    if (rateLimit === undefined || remaining === null) return;
    const limit = rateLimit.limit === undefined ? null : countIn(headers, rateLimit.limit);
    if (remaining > (limit ?? 0) * rateLimit.reserve) return;
    this.http.pause(resetMs(rateLimit, headers, requestedAt));
  }
}

function isAnswer(status: number): boolean {
  return (status >= 200 && status < 300) || status === 304;
}

async function answerOf(response: HttpResponse): Promise<PlatformAnswer> {
  const { status, headers, date, requestedAt } = response;
  const text = status === 204 || status === 304 ? '' : await response.text();
  return { status, headers, date, requestedAt, text, ...parsed(text) };
}

/** A body, with what expressions over it may cost. */
export function parsed(text: string): Pick<PlatformAnswer, 'body' | 'steps'> {
  const body = jsonIn(text);
  return { body, steps: new Steps(body, OF_AN_ANSWER) };
}

function jsonIn(text: string): unknown {
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** @throws ContractError when it is not JSON */
export function assertJson({ status, text, body, headers }: PlatformAnswer, what: string): void {
  if (body !== undefined) return;
  const kind =
    text.trim() === '' ? 'nothing' : (headers['content-type'] ?? '').includes('html') ? 'HTML' : 'text';
  throw new ContractError(`${what}: answered ${kind}, not JSON (${status})`, 'malformed-response');
}

function resetMs(
  { reset }: RateLimitInput,
  headers: Readonly<Record<string, string>>,
  requestedAt: Instant,
): number {
  const value = reset === undefined ? null : countIn(headers, reset.header);
  if (reset === undefined || value === null) return USUAL_RATE_PAUSE_MS;
  const ms = {
    seconds: value * 1_000,
    'epoch-s': value * 1_000 - requestedAt,
    'epoch-ms': value - requestedAt,
  };
  return Math.min(Math.max(ms[reset.unit], 1_000), LONGEST_RATE_PAUSE_MS);
}

function countIn(headers: Readonly<Record<string, string>>, name: string): number | null {
  const value = headers[name.toLowerCase()]?.trim() ?? '';
  return /^\d{1,15}(?:\.\d{1,9})?$/.test(value) ? Number(value) : null;
}
