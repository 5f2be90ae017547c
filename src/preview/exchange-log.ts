import { Attempt } from '../connectors/shared/undici-http-client.js';
import { Instant } from '../domain/job.js';

/** One request as it went over the wire, repeated ones and logins included, in the order of their answers. */
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

/** Notes what an HTTP client sends. Addresses are kept without secrets: any text that holds one becomes `***`. */
export class ExchangeLog {
  readonly exchanges: Exchange[] = [];
  private readonly sent = new WeakMap<Exchange, SentRequest>();

  constructor(private readonly secrets: readonly string[]) {}

  /** For the HTTP client's `onResponse`. */
  readonly note = (status: number | null, attempt: Attempt): void => {
    const { method, url, headers, sentAt, ms, answerHeaders } = attempt;
    const exchange: Exchange = {
      method,
      path: this.masked(decoded(url.pathname)),
      query: [...url.searchParams].map(([name, value]) => [name, this.masked(value)]),
      status,
      ms,
      sentAt,
      headers: answerHeaders,
    };
    this.exchanges.push(exchange);
    if (method === 'GET') this.sent.set(exchange, { url: url.href, headers });
  };

  /** How to send the same request once more. */
  again(exchange: Exchange): SentRequest | null {
    return this.sent.get(exchange) ?? null;
  }

  private masked(text: string): string {
    const stands = (secret: string) =>
      text.includes(secret) || text.includes(encodeURIComponent(secret.toWellFormed()));
    return this.secrets.some(stands) ? MASK : text;
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
