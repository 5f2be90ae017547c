import { Connector, Session } from '../connectors/connector.js';
import { HttpClient, HttpRequest, HttpResponse } from '../connectors/shared/http-client.js';
import { ClosableHttpClient, createHttpClient, RetryOptions } from '../connectors/shared/undici-http-client.js';
import { SourceConfig } from '../config/config.js';
import { RateLimitError } from '../domain/errors.js';
import { Instant } from '../domain/job.js';
import { SourceStore } from '../storage/source.store.js';

/** The upstream's clock at the first answer of a read, and ours when it was asked. */
export interface ClockReading {
  upstreamDate: Instant;
  requestedAt: Instant;
}

/** How many attempts pass before they are written to the shared budget; the rest follow when the poll ends. */
const FLUSH_EVERY = 50;

/**
 * One source's way to its platform, kept between polls so that there is one login a process. Counts every attempt against the hourly
 * budget, which all processes share through the database.
 */
export class Upstream {
  readonly session: Session;
  /** Attempts since {@link begin}. */
  requests = 0;
  /** Of the first answer since {@link begin}; null before it, or when the upstream sends no Date. */
  clock: ClockReading | null = null;
  private readonly http: ClosableHttpClient;
  private budgetLeft = 0;
  private budgetFreeInMs = 0;
  private unflushed = 0;

  constructor(
    private readonly source: SourceConfig,
    connector: Connector,
    private readonly store: SourceStore,
    userAgent: string,
    retry?: RetryOptions,
  ) {
    this.http = createHttpClient({
      baseUrl: source.baseUrl,
      timeoutMs: source.poll.timeoutMs,
      concurrency: source.poll.concurrency,
      userAgent,
      allowedHosts: connector.extraHosts(source.auth),
      spend: () => this.spend(),
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

  /** Starts a poll's counting with what the hour still allows. */
  async begin(): Promise<void> {
    const { requests, freeInMs } = await this.store.requestsLastHour(this.source.key);
    this.requests = 0;
    this.clock = null;
    this.budgetLeft = this.source.poll.maxRequestsPerHour - requests;
    this.budgetFreeInMs = freeInMs;
  }

  /** Attempts that the hour still allows. */
  get budget(): number {
    return this.budgetLeft;
  }

  /** Writes the attempts that are not written yet. */
  async flush(): Promise<void> {
    const requests = this.unflushed;
    this.unflushed = 0;
    await this.store.addRequests(this.source.key, requests);
  }

  async close(): Promise<void> {
    try {
      await this.session.close();
    } finally {
      await this.http.close();
    }
  }

  private async spend(): Promise<void> {
    if (this.budgetLeft <= 0) {
      throw new RateLimitError(
        `the budget of ${this.source.poll.maxRequestsPerHour} requests an hour is spent`,
        this.budgetFreeInMs,
      );
    }
    this.budgetLeft--;
    this.requests++;
    this.unflushed++;
    if (this.unflushed >= FLUSH_EVERY) await this.flush();
  }

  /** Keeps the first Date that the upstream sends: what a proof of completeness is dated by. */
  private watching(http: HttpClient): HttpClient {
    return {
      request: async (request: HttpRequest, expect?: (status: number) => boolean): Promise<HttpResponse> => {
        const response = await http.request(request, expect);
        if (this.clock === null && response.date !== null) {
          this.clock = { upstreamDate: response.date, requestedAt: response.requestedAt };
        }
        return response;
      },
      pause: (ms) => http.pause(ms),
    };
  }
}
