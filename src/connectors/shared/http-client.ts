import { Instant } from '../../domain/job.js';

export interface HttpRequest {
  method: 'GET' | 'POST' | 'DELETE' | 'PUT' | 'PATCH';
  /** A path under the source's base URL (`/pcm/jobs`), or an absolute URL on a host that the connector named. */
  url: string;
  query?: Record<string, string | number | boolean | undefined>;
  headers?: Record<string, string>;
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as `application/x-www-form-urlencoded`. */
  form?: Record<string, string>;
  signal: AbortSignal;
  /** Actions and other calls with side effects are sent exactly once. */
  retry?: boolean;
}

export interface HttpResponse {
  status: number;
  /** Lower-case names. */
  headers: Record<string, string>;
  /** The upstream's own clock (Date header), null when it sends none. */
  date: Instant | null;
  /** Rollcall's clock when the request was sent, milliseconds. */
  requestedAt: Instant;
  body: AsyncIterable<Uint8Array>;
  /** @throws ContractError `malformed-response` when the body is not JSON. */
  json(): Promise<unknown>;
  text(): Promise<string>;
}

/**
 * The one way to an upstream. Follows no redirect to another host, counts every request, obeys the budget, retries
 * idempotent requests with backoff and jitter (Retry-After first), and turns transport faults into domain errors.
 */
export interface HttpClient {
  /**
   * Answers 2xx, 304, 404 and 409; everything else is thrown as a SourceError unless `expect` takes the status.
   * @throws AuthError 401 (`authentication`), 403 (`permission`)
   * @throws RateLimitError 429, which holds all further requests back for as long as it names; or the budget is spent
   * @throws UnavailableError timeouts, connection faults, 5xx
   */
  request(request: HttpRequest, expect?: (status: number) => boolean): Promise<HttpResponse>;
  /** Asks that no further request is sent for so long, at most a day (a platform's own rate headers); milliseconds. */
  pause(ms: number): void;
}
