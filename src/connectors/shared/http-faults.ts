import { STATUS_CODES } from 'node:http';
import {
  AuthError,
  ContractError,
  RateLimitError,
  SourceConfigError,
  SourceError,
  UnavailableError,
} from '../../domain/errors.js';
import { Instant } from '../../domain/job.js';

/** What an attempt failed with, and whether the same request may succeed a moment later. */
export interface Fault {
  error: SourceError;
  transient: boolean;
}

/** No header of an upstream silences a source for longer than this, milliseconds: a mistaken date must not stop it for ever. */
export const LONGEST_PAUSE_MS = 86_400_000;

const TRANSIENT_STATUSES = new Set([429, 500, 502, 503, 504]);

/**
 * A status that the caller did not ask for, as a domain error. Only the method, path and status are named: query, headers and
 * body can carry secrets.
 */
export function statusFault(
  label: string,
  status: number,
  headers: Record<string, string>,
  now: Instant,
): Fault {
  const what = `${label}: ${status} ${STATUS_CODES[status] ?? 'unknown status'}`;
  const retryAfterMs = readRetryAfter(headers, now);
  const transient = TRANSIENT_STATUSES.has(status);
  if (status === 401)
    return { error: new AuthError(`${what}: the credential was refused`, 'authentication'), transient };
  if (status === 403)
    return { error: new AuthError(`${what}: the credential may not read this`, 'permission'), transient };
  if (status === 429) return { error: new RateLimitError(what, retryAfterMs), transient };
  if (status >= 300 && status < 400) {
    const to = redirectHost(headers['location']);
    const where = to === null ? '' : ` to ${to}`;
    return {
      error: new ContractError(
        `${what}: redirected${where}; redirects are not followed, check baseUrl`,
        'malformed-response',
      ),
      transient,
    };
  }
  return { error: new UnavailableError(what, 'upstream-error', retryAfterMs), transient };
}

const TIMEOUTS = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'ETIMEDOUT',
]);
/** Another try cannot help: the certificate, the request itself, or what answers is wrong. */
const LASTING =
  /^(?:CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_|ERR_SSL_|HPE_|UND_ERR_HEADERS_OVERFLOW)/;

/**
 * A fault of the way to the upstream, or of reading its body, as a domain error. Anything that is no transport fault is a
 * mistake of ours and is thrown as it is.
 */
export function transportFault(label: string, error: unknown, signal: AbortSignal): Fault {
  if (error instanceof SourceError) return { error, transient: false };
  if (signal.aborted) return { error: abortError(label, signal), transient: false };
  const code = errorCode(error);
  if (code === null) throw error;
  if (code === 'UND_ERR_INVALID_ARG') {
    // undici names the header or part of the request, never its value.
    const reason = (error as Error).message;
    return { error: new SourceConfigError(`${label}: cannot be sent: ${reason}`), transient: false };
  }
  if (TIMEOUTS.has(code)) {
    const connecting = code === 'UND_ERR_CONNECT_TIMEOUT' || code === 'ETIMEDOUT';
    const what = connecting ? 'no connection in time' : 'no answer in time';
    return {
      error: new UnavailableError(`${label}: ${what}`, 'timeout', null, { cause: error }),
      transient: connecting,
    };
  }
  return {
    error: new UnavailableError(`${label}: connection fault ${code}`, 'network', null, { cause: error }),
    transient: !LASTING.test(code),
  };
}

/** Why a request was given up: the abort's own reason where that is a domain error, else a timeout. */
export function abortError(label: string, signal: AbortSignal): SourceError {
  const reason: unknown = signal.reason;
  if (reason instanceof SourceError) return reason;
  return new UnavailableError(`${label}: stopped before it finished`, 'timeout');
}

/** Milliseconds that Retry-After asks for (seconds or an HTTP date, RFC 9110 section 10.2.3); null when it is absent or unreadable. */
export function readRetryAfter(headers: Record<string, string>, now: Instant): number | null {
  const value = headers['retry-after']?.trim();
  if (value === undefined || value === '') return null;
  // A date is compared with the upstream's own clock where it sent one.
  const ms = /^\d+$/.test(value) ? Number(value) * 1_000 : httpDate(value) - (readDate(headers) ?? now);
  return Number.isNaN(ms) ? null : Math.min(Math.max(ms, 0), LONGEST_PAUSE_MS);
}

/** The Date header; null when it is absent or unreadable. */
export function readDate(headers: Record<string, string>): Instant | null {
  const instant = httpDate(headers['date'] ?? '');
  return Number.isNaN(instant) ? null : instant;
}

/** NaN for what does not look like `Sun, 06 Nov 1994 08:49:37 GMT`: Date.parse alone reads `-5` as a date. */
function httpDate(text: string): Instant {
  return /^[A-Z][a-z]{2}.* GMT$/.test(text) ? Date.parse(text) : NaN;
}

function redirectHost(location: string | undefined): string | null {
  return location !== undefined && URL.canParse(location) ? new URL(location).host : null;
}

/** Node's or undici's word for a fault; null for what has none. */
export function errorCode(error: unknown): string | null {
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === 'string' ? code : null;
}
