import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, Dispatcher, request as send } from 'undici';
import { ContractError, RateLimitError, SourceError, UnavailableError } from '../../domain/errors.js';
import { Instant } from '../../domain/job.js';
import { ACCEPT_ENCODING, HttpBody } from './http-body.js';
import { HttpClient, HttpRequest, HttpResponse } from './http-client.js';
import { abortError, Fault, LONGEST_PAUSE_MS, readDate, statusFault, transportFault } from './http-faults.js';

export interface HttpClientOptions {
  baseUrl: string;
  /**
   * Of connecting, and of a request from its sending to the end of its answer; milliseconds. A streamed body may take longer, as long as
   * it goes on.
   */
  timeoutMs: number;
  /** Requests to one host at one time; more wait their turn. */
  concurrency: number;
  userAgent: string;
  /** Hosts (with port where it is not the scheme's own) beside the base URL's that the connector may call, e.g. of a `tokenUrl`. */
  allowedHosts?: readonly string[];
  /**
   * Called before every attempt, repeated ones included, with the request's signal.
   * @throws RateLimitError when the source's hourly budget is spent
   */
  spend: (signal: AbortSignal) => void | Promise<void>;
  /** Called once for every attempt with its status, null when there was no answer, and what it was. */
  onResponse?: (status: number | null, attempt: Attempt) => void;
  /** Milliseconds since the epoch, in place of this machine's clocks. */
  clock?: () => Instant;
  retry?: RetryOptions;
  /** In place of the network. */
  dispatcher?: Dispatcher;
  /** In place of waiting. */
  wait?: (ms: number, signal: AbortSignal) => Promise<void>;
}

/** One request as it went over the wire: holds the credential, in its headers and perhaps in its address. */
export interface Attempt {
  method: HttpRequest['method'];
  url: URL;
  /** As they were sent; lower-case names. */
  headers: Readonly<Record<string, string>>;
  /** Ours, when it was sent. */
  sentAt: Instant;
  /** From its sending to the end of the answer's head, milliseconds; null without an answer. */
  ms: number | null;
  /** Of the answer; lower-case names. */
  answerHeaders: Readonly<Record<string, string>>;
  /** The one that the request carries. */
  signal: AbortSignal;
}

export interface RetryOptions {
  /** Attempts after the first. */
  maxRetries: number;
  /** The first wait; each further one is twice as long, up to `maxTimeoutMs`, less up to half of it by chance. */
  minTimeoutMs: number;
  maxTimeoutMs: number;
}

const DEFAULT_RETRY: RetryOptions = { maxRetries: 3, minTimeoutMs: 500, maxTimeoutMs: 8_000 };

/** Longer waits are the poller's: it stores the next time and frees the slot. */
const LONGEST_WAIT_MS = 10_000;

/** Methods whose repetition changes nothing (RFC 9110 section 9.2.2). */
const IDEMPOTENT: ReadonlySet<HttpRequest['method']> = new Set(['GET', 'PUT', 'DELETE']);

const DOT_SEGMENT = /(?:^|\/)(?:\.|%2e){1,2}(?:[/?#]|$)/i;

export type ClosableHttpClient = HttpClient & {
  /** Ends the connections, with what is under way. */
  close(): Promise<void>;
};

export function createHttpClient(options: HttpClientOptions): ClosableHttpClient {
  return new UndiciHttpClient(options);
}

/**
 * Retries stand here and not in undici's interceptor: that one caps a longer Retry-After to its own maximum instead of handing it
 * to the poller, knows no request budget, waits on after an abort, and goes on in a broken body with a Range request, which would
 * join two different answers of a live list.
 */
class UndiciHttpClient implements ClosableHttpClient {
  private readonly base: URL;
  private readonly dispatcher: Dispatcher;
  private readonly retry: RetryOptions;
  private readonly clock: () => Instant;
  /** What pauses are counted by: setting the machine's clock neither shortens nor stretches them. */
  private readonly ticks: () => number;
  private pausedUntil = -Infinity;

  constructor(private readonly options: HttpClientOptions) {
    this.base = new URL(options.baseUrl);
    this.retry = options.retry ?? DEFAULT_RETRY;
    this.clock = options.clock ?? Date.now;
    this.ticks = options.clock ?? (() => performance.now());
    this.dispatcher =
      options.dispatcher ??
      new Agent({ connections: options.concurrency, pipelining: 1, connect: { timeout: options.timeoutMs } });
  }

  async request(request: HttpRequest, expect?: (status: number) => boolean): Promise<HttpResponse> {
    const url = this.resolve(request);
    const label = this.label(request, url);
    const mayRepeat = request.retry ?? IDEMPOTENT.has(request.method);
    for (let attempt = 0; ; attempt++) {
      await this.admit(label, request.signal);
      const outcome = await this.attempt(request, url, label, expect);
      if ('response' in outcome) return outcome.response;
      const waitMs = outcome.transient && mayRepeat ? this.backoffMs(attempt, outcome.error) : null;
      if (waitMs === null) throw outcome.error;
      await this.wait(waitMs, label, request.signal);
    }
  }

  pause(ms: number): void {
    this.pausedUntil = Math.max(this.pausedUntil, this.ticks() + Math.min(ms, LONGEST_PAUSE_MS));
  }

  async close(): Promise<void> {
    await this.dispatcher.destroy();
  }

  /** @throws RateLimitError while the platform asked for a longer pause, or when the budget is spent */
  private async admit(label: string, signal: AbortSignal): Promise<void> {
    const pauseMs = Math.ceil(this.pausedUntil - this.ticks());
    if (pauseMs > LONGEST_WAIT_MS)
      throw new RateLimitError(`${label}: not sent, the platform asked for a pause`, pauseMs);
    if (pauseMs > 0) await this.wait(pauseMs, label, signal);
    if (signal.aborted) throw abortError(label, signal);
    await this.options.spend(signal);
  }

  private async attempt(
    request: HttpRequest,
    url: URL,
    label: string,
    expect?: (status: number) => boolean,
  ): Promise<{ response: HttpResponse } | Fault> {
    const requestedAt = this.clock();
    const { method, signal } = request;
    const sent = { method, url, headers: this.headers(request), signal, sentAt: requestedAt };
    let sentAt = performance.now();
    let answer: Dispatcher.ResponseData;
    try {
      answer = await send(url, {
        // Waiting for a free connection is no time of the upstream's.
        dispatcher: this.dispatcher.compose(
          whenSent(() => {
            sentAt = performance.now();
            sent.sentAt = this.clock();
          }),
        ),
        method,
        headers: sent.headers,
        body: bodyOf(request),
        signal,
        headersTimeout: this.options.timeoutMs,
        bodyTimeout: this.options.timeoutMs,
      });
    } catch (error) {
      this.options.onResponse?.(null, { ...sent, ms: null, answerHeaders: {} });
      return transportFault(label, error, signal);
    }
    const status = answer.statusCode;
    const headers = flatten(answer.headers);
    const passedMs = performance.now() - sentAt;
    this.options.onResponse?.(status, { ...sent, ms: Math.round(passedMs), answerHeaders: headers });
    const { timeoutMs } = this.options;
    const leftMs = timeoutMs - passedMs;
    if (!(expect?.(status) ?? false) && !isAnswer(status)) {
      // Read to its end, so that the connection can serve the next attempt.
      await dump(answer.body, leftMs);
      const fault = statusFault(label, status, headers, requestedAt);
      // Whoever else asks this source has to wait too.
      if (fault.error instanceof RateLimitError) this.pause(fault.error.retryAfterMs ?? 0);
      return fault;
    }
    const body = new HttpBody(answer.body, label, status, headers, request.signal, { timeoutMs, leftMs });
    // Connectors often need no more of these than the status; an unread body would hold its connection.
    if (status >= 300) await body.text();
    return { response: toResponse(status, headers, requestedAt, body) };
  }

  /** Null when the request is not to be sent again now. */
  private backoffMs(attempt: number, error: SourceError): number | null {
    if (attempt >= this.retry.maxRetries) return null;
    const named =
      error instanceof RateLimitError || error instanceof UnavailableError ? error.retryAfterMs : null;
    if (named !== null) return named <= LONGEST_WAIT_MS ? named : null;
    const ceiling = Math.min(this.retry.minTimeoutMs * 2 ** attempt, this.retry.maxTimeoutMs);
    return ceiling * (1 - Math.random() / 2);
  }

  private async wait(ms: number, label: string, signal: AbortSignal): Promise<void> {
    try {
      await (this.options.wait ?? delay)(ms, signal);
    } catch (error) {
      if (signal.aborted) throw abortError(label, signal);
      throw error;
    }
  }

  /** @throws ContractError for a host that is neither the source's nor one that the connector named */
  private resolve({ url, query = {} }: HttpRequest): URL {
    const absolute = /^https?:\/\//i.test(url);
    if (!absolute && !url.startsWith('/')) throw new TypeError('a request needs a path or an absolute URL');
    // An upstream's id in a path must not climb out of it.
    if (DOT_SEGMENT.test(url.split(/[?#]/, 1)[0]!))
      throw new ContractError('refused a path with dot segments', 'schema');
    const target = new URL(
      absolute ? url : `${this.base.origin}${this.base.pathname.replace(/\/+$/, '')}${url}`,
    );
    const allowed =
      target.origin === this.base.origin ||
      ((this.options.allowedHosts ?? []).includes(target.host) &&
        (target.protocol === 'https:' || this.base.protocol === 'http:'));
    if (!allowed)
      throw new ContractError(`refused to call ${target.origin}: not a host of this source`, 'schema');
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) target.searchParams.set(name, String(value));
    return target;
  }

  /** How messages name a request: without its query. */
  private label(request: HttpRequest, url: URL): string {
    const place = url.origin === this.base.origin ? url.pathname : `${url.origin}${url.pathname}`;
    return `${request.method} ${place.length > 200 ? `${place.slice(0, 200)}…` : place}`;
  }

  private headers(request: HttpRequest): Record<string, string> {
    const headers: Record<string, string> = {
      accept: 'application/json',
      'accept-encoding': ACCEPT_ENCODING,
      'user-agent': this.options.userAgent,
    };
    if (request.json !== undefined) headers['content-type'] = 'application/json';
    if (request.form !== undefined) headers['content-type'] = 'application/x-www-form-urlencoded';
    for (const [name, value] of Object.entries(request.headers ?? {})) headers[name.toLowerCase()] = value;
    return headers;
  }
}

/** 2xx, not modified, and the two that say something about a job: unknown, and in the way of an action. */
function isAnswer(status: number): boolean {
  return (status >= 200 && status < 300) || status === 304 || status === 404 || status === 409;
}

function bodyOf(request: HttpRequest): string | null {
  if (request.json !== undefined) return JSON.stringify(request.json);
  if (request.form !== undefined) return new URLSearchParams(request.form).toString();
  return null;
}

/** Calls back when a request leaves, which may be long after it was made: it waits for a connection of its own. */
function whenSent(note: () => void): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) => {
    const start = handler.onRequestStart?.bind(handler);
    handler.onRequestStart = (controller, context) => {
      note();
      start?.(controller, context);
    };
    return dispatch(options, handler);
  };
}

/** Reads a body that nobody wants; gives its connection up when the end is not there in time. */
async function dump(body: Dispatcher.ResponseData['body'], withinMs: number): Promise<void> {
  const timer = setTimeout(() => body.destroy(), Math.max(0, withinMs));
  try {
    await body.dump();
  } finally {
    clearTimeout(timer);
  }
}

function toResponse(
  status: number,
  headers: Record<string, string>,
  requestedAt: Instant,
  body: HttpBody,
): HttpResponse {
  return {
    status,
    headers,
    date: readDate(headers),
    requestedAt,
    body: { [Symbol.asyncIterator]: () => body.stream() },
    json: () => body.json(),
    text: () => body.text(),
  };
}

/** undici names headers in lower case. */
function flatten(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  const flat: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined) flat[name] = Array.isArray(value) ? value.join(', ') : value;
  return flat;
}

async function delay(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal });
}
