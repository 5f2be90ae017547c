import { STATUS_CODES } from 'node:http';
import { Connector, Session } from '../connectors/connector.js';
import { HttpClient, HttpRequest, HttpResponse } from '../connectors/shared/http-client.js';
import {
  Attempt,
  ClosableHttpClient,
  createHttpClient,
  RetryOptions,
} from '../connectors/shared/undici-http-client.js';
import { SourceConfig } from '../config/config.js';
import { RateLimitError } from '../domain/errors.js';
import { Instant } from '../domain/job.js';
import { RequestLog, Spent, SpentLastHour } from '../storage/request.log.js';
import { beginSpan, isTracing } from '../tracing/tracer.js';

/** The upstream's clock at its first answer of a read, and ours when it was asked. */
export interface ClockReading {
  upstreamDate: Instant;
  requestedAt: Instant;
}

/** What one visit spent and learnt, whatever else goes on beside it. */
export interface Visit {
  /** Attempts so far. */
  requests: number;
  /** Of the platform's first answer; null before it, or when it sends no Date. */
  clock: ClockReading | null;
}

/** Is told of every attempt of one visit, as it is answered; status null without an answer. */
export type OnAttempt = (status: number | null, attempt: Attempt) => void;

/** What a visit begins with. */
export interface VisitBegin {
  onAttempt?: OnAttempt;
  /** What the database said a moment ago; left out, it is asked. */
  spent?: SpentLastHour;
}

/** How many attempts pass before they are written to the shared budget; the rest follow when the visit ends. */
const FLUSH_EVERY = 50;

/**
 * One source's way to its platform, kept between visits so that there is one login a process. A poll and refreshes of single jobs may
 * use it at one time: each is a visit of its own, known by the signal that all of its requests carry. Counts every attempt against
 * the hourly budget, which all processes share through the database.
 */
export class Upstream {
  readonly session: Session;
  private readonly http: ClosableHttpClient;
  private readonly visits = new WeakMap<AbortSignal, Visit>();
  private readonly listeners = new WeakMap<AbortSignal, OnAttempt>();
  private users = 0;
  private unused: (() => void) | null = null;
  private budgetLeft = 0;
  private budgetFreeInMs = 0;
  /** Attempts that may not stand in the database yet, and those of them that are being written. */
  private unwritten = 0;
  private writing = 0;
  /** When the last of them were written, by this process's monotonic clock. */
  private writtenAt = -Infinity;
  /** Answers that do not stand in the database yet, by {@link statusLabel}. */
  private answers = new Map<string, number>();

  constructor(
    private readonly source: SourceConfig,
    connector: Connector,
    private readonly log: RequestLog,
    userAgent: string,
    retry?: RetryOptions,
  ) {
    this.http = createHttpClient({
      baseUrl: source.baseUrl,
      timeoutMs: source.poll.timeoutMs,
      concurrency: source.poll.concurrency,
      userAgent,
      allowedHosts: connector.extraHosts(source.auth),
      spend: (signal) => this.spend(signal),
      onResponse: (status, attempt) => {
        addTo(this.answers, statusLabel(status), 1);
        traceAttempt(source.key, status, attempt);
        this.listeners.get(attempt.signal)?.(status, attempt);
      },
      ...(retry !== undefined && { retry }),
    });
    this.session = connector.connect(
      {
        key: source.key,
        baseUrl: source.baseUrl,
        auth: source.auth,
        options: source.options,
        pageSize: source.poll.pageSize,
        overlapMs: source.poll.overlapMs,
        historyMs: source.poll.historyMs,
      },
      this.watching(this.http),
    );
  }

  /** Starts a visit, whose requests carry this signal, with what the hour still allows. */
  async begin(signal: AbortSignal, { onAttempt, spent }: VisitBegin = {}): Promise<void> {
    this.visits.set(signal, { requests: 0, clock: null });
    if (onAttempt !== undefined) this.listeners.set(signal, onAttempt);
    // What is being written, or was since, may be missing in what was known before.
    const isCurrent = spent !== undefined && this.writing === 0 && this.writtenAt < spent.askedAt;
    if (isCurrent) this.allow(spent, this.unwritten);
    else await this.reckon();
  }

  /** The visit whose requests carry this signal; one that has not begun spent nothing. */
  visit(signal: AbortSignal): Readonly<Visit> {
    return this.visits.get(signal) ?? { requests: 0, clock: null };
  }

  /** Attempts that the hour still allows. */
  get budget(): number {
    return this.budgetLeft;
  }

  /** Writes the attempts that are not written yet. */
  async flush(): Promise<void> {
    if (this.unwritten - this.writing === 0 && this.answers.size === 0) return;
    await this.settle((spent) => this.log.add(this.source.key, spent));
  }

  /** Has the attempts that are not written yet written by somebody else. When that fails they still are not. */
  async settle(write: (spent: Spent) => Promise<void>): Promise<void> {
    const requests = this.unwritten - this.writing;
    const { answers } = this;
    this.answers = new Map();
    this.writing += requests;
    try {
      await write({ requests, answers });
      this.unwritten -= requests;
      this.writtenAt = performance.now();
    } catch (error) {
      for (const [status, count] of answers) addTo(this.answers, status, count);
      throw error;
    } finally {
      this.writing -= requests;
    }
  }

  /** Keeps the way open while `work` goes on, also when it is retired meanwhile. */
  async use<T>(work: () => Promise<T>): Promise<T> {
    this.users++;
    try {
      return await work();
    } finally {
      if (--this.users === 0) this.unused?.();
    }
  }

  /** Closes as soon as nobody uses it any more: the configuration has another way to this platform, or none. */
  async retire(): Promise<void> {
    if (this.users > 0) await new Promise<void>((resolve) => (this.unused = resolve));
    await this.close();
  }

  async close(): Promise<void> {
    try {
      await this.session.close();
    } finally {
      await this.http.close();
    }
  }

  /** Writes what was spent here, and learns what was spent elsewhere. */
  private async reckon(): Promise<void> {
    await this.flush();
    const pending = this.unwritten;
    this.allow(await this.log.lastHour(this.source.key), Math.max(pending, this.unwritten));
  }

  private allow({ requests, freeInMs }: SpentLastHour, unwritten: number): void {
    this.budgetLeft = this.source.poll.maxRequestsPerHour - requests - unwritten;
    this.budgetFreeInMs = freeInMs;
  }

  private async spend(signal: AbortSignal): Promise<void> {
    if (this.budgetLeft <= 0) {
      throw new RateLimitError(
        `the budget of ${this.source.poll.maxRequestsPerHour} requests an hour is spent`,
        this.budgetFreeInMs,
      );
    }
    this.budgetLeft--;
    this.unwritten++;
    const visit = this.visits.get(signal);
    if (visit !== undefined) visit.requests++;
    if (this.unwritten - this.writing >= FLUSH_EVERY) await this.reckon();
  }

  /** Keeps the first Date that the upstream sends to a visit: what a proof of completeness is dated by. */
  private watching(http: HttpClient): HttpClient {
    return {
      request: async (request: HttpRequest, expect?: (status: number) => boolean): Promise<HttpResponse> => {
        const response = await http.request(request, expect);
        const visit = this.visits.get(request.signal);
        if (visit?.clock === null && response.date !== null && this.isOfPlatform(request)) {
          visit.clock = { upstreamDate: response.date, requestedAt: response.requestedAt };
        }
        return response;
      },
      pause: (ms) => http.pause(ms),
    };
  }

  /** Tokens may come from another host, whose clock says nothing of the platform's. */
  private isOfPlatform({ url }: HttpRequest): boolean {
    return url.startsWith('/') || new URL(url).origin === new URL(this.source.baseUrl).origin;
  }
}

/** One attempt, from its sending to the head of its answer. The platform is told of no trace: that is somebody else's. */
function traceAttempt(source: string, status: number | null, { method, url, sentAt }: Attempt): void {
  if (!isTracing()) return;
  const span = beginSpan(
    method,
    'client',
    {
      'rollcall.source': source,
      'http.request.method': method,
      'server.address': url.hostname,
      'url.path': url.pathname,
      'http.response.status_code': status ?? undefined,
    },
    { startedAt: sentAt },
  );
  if (status === null) span.fail('no-answer');
  else if (status >= 400) span.fail(String(status));
  span.end();
}

/** How metrics name what became of a request; a status that no standard knows, by its class: a platform may invent as many as it likes. */
function statusLabel(status: number | null): string {
  if (status === null) return 'none';
  return STATUS_CODES[status] === undefined ? `${Math.floor(status / 100)}xx` : String(status);
}

function addTo(counts: Map<string, number>, key: string, count: number): void {
  counts.set(key, (counts.get(key) ?? 0) + count);
}
