import { Agent, Dispatcher } from 'undici';
import { Instant } from '../domain/job.js';

/** One request as it went over the wire, repeated ones and logins included. */
export interface Exchange {
  method: string;
  path: string;
  /** In its order, secrets masked. */
  query: readonly (readonly [name: string, value: string])[];
  /** Null when there was no answer. */
  status: number | null;
  /** From its sending to the end of the answer's headers, milliseconds; null without an answer. */
  ms: number | null;
  /** Ours, when it was sent. */
  sentAt: Instant;
  /** Of the answer; lower-case names. */
  headers: Readonly<Record<string, string>>;
}

/** What of a request is needed to send it again: holds the credential, and never leaves the process. */
export interface SentRequest {
  url: string;
  headers: Readonly<Record<string, string>>;
}

const MASK = '***';

/** Notes every request of an HTTP client. Addresses are kept without secrets: any text that holds one becomes `***`. */
export class ExchangeLog {
  readonly exchanges: Exchange[] = [];
  private readonly sent = new WeakMap<Exchange, SentRequest>();

  constructor(
    private readonly secrets: readonly string[],
    private readonly clock: () => Instant = Date.now,
  ) {}

  /** In place of the network: the network, with every request noted. */
  dispatcher({ concurrency, timeoutMs }: { concurrency: number; timeoutMs: number }): Dispatcher {
    // As the HTTP client makes its own.
    const agent = new Agent({ connections: concurrency, pipelining: 1, connect: { timeout: timeoutMs } });
    return agent.compose((dispatch) => (options, handler) => {
      const exchange = this.note(options);
      const began = performance.now();
      return dispatch(options, {
        onRequestStart: (controller, context) => handler.onRequestStart?.(controller, context),
        onResponseStart: (controller, status, headers, message) => {
          exchange.status = status;
          exchange.ms = Math.round(performance.now() - began);
          exchange.headers = flatten(headers);
          handler.onResponseStart?.(controller, status, headers, message);
        },
        onResponseData: (controller, chunk) => handler.onResponseData?.(controller, chunk),
        onResponseEnd: (controller, trailers) => handler.onResponseEnd?.(controller, trailers),
        onResponseError: (controller, error) => handler.onResponseError?.(controller, error),
      });
    });
  }

  /** How to send the same request once more. */
  again(exchange: Exchange): SentRequest | null {
    return this.sent.get(exchange) ?? null;
  }

  private note({ method, origin, path, headers }: Dispatcher.DispatchOptions): Exchange {
    const url = new URL(path, String(origin));
    const exchange: Exchange = {
      method,
      path: this.masked(decoded(url.pathname)),
      query: [...url.searchParams].map(([name, value]) => [name, this.masked(value)]),
      status: null,
      ms: null,
      sentAt: this.clock(),
      headers: {},
    };
    this.exchanges.push(exchange);
    if (method === 'GET') this.sent.set(exchange, { url: url.href, headers: ownHeaders(headers) });
    return exchange;
  }

  private masked(text: string): string {
    return this.secrets.some((secret) => text.includes(secret)) ? MASK : text;
  }
}

/** The texts of a source's `auth` block: none of them is ever shown. */
export function secretsIn(auth: unknown): string[] {
  if (typeof auth === 'string') return auth === '' ? [] : [auth];
  return typeof auth === 'object' && auth !== null ? Object.values(auth).flatMap(secretsIn) : [];
}

/** `GET /runs?limit=100`. */
export function requestText({ method, path, query }: Pick<Exchange, 'method' | 'path' | 'query'>): string {
  const parameters = query.map(([name, value]) => `${name}=${value}`).join('&');
  return `${method} ${path}${parameters === '' ? '' : `?${parameters}`}`;
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch (error) {
    if (error instanceof URIError) return path;
    throw error;
  }
}

function ownHeaders(headers: Dispatcher.DispatchOptions['headers']): Record<string, string> {
  if (typeof headers !== 'object' || headers === null || Array.isArray(headers)) return {};
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      typeof value === 'string' ? [[name.toLowerCase(), value]] : [],
    ),
  );
}

function flatten(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name.toLowerCase(), [value].flat().join(', ')]],
    ),
  );
}
