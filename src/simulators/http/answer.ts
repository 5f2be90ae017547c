import { IncomingHttpHeaders } from 'node:http';
import { Instant } from '../clock.js';

/** One request to a simulated platform. */
export interface Call {
  method: string;
  /** Without the query. */
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: string;
  /** The platform's clock: logins, limits, the Date header. */
  now: Instant;
  /** The moment whose state the platform shows; earlier than `now` where reads lag. */
  seenAt: Instant;
  /** Scheme and host as the client addressed them. */
  origin: string;
}

export interface Answer {
  status: number;
  headers?: Record<string, string>;
  /** Sent as JSON. */
  json?: unknown;
  /** Sent as it is; `text/plain` unless a header says otherwise. */
  text?: string;
  /** JSON text in pieces, for what is too long for one string. */
  pieces?: Iterable<string>;
  /** How long the platform holds the answer back, real milliseconds. */
  delayMs?: number;
}

/** The face of one simulated platform. */
export interface Face {
  handle(call: Call): Answer;
  /** Ends every login: tokens and sessions given out so far are refused from now on. */
  revokeLogins(): void;
}

export function json(body: unknown, headers: Record<string, string> = {}): Answer {
  return { status: 200, json: body, headers };
}

/** The body as one text, and its type unless a header names another. */
export function textOf({ json, text, pieces }: Answer): [text: string, type: string] {
  if (json !== undefined) return [JSON.stringify(json), 'application/json'];
  if (pieces !== undefined) return [Array.from(pieces).join(''), 'application/json'];
  return [text ?? '', 'text/plain; charset=utf-8'];
}

/** A whole number of a query; the default when absent, null when it is none or out of bounds. */
export function wholeNumber(
  text: string | null,
  { fallback, least, most = Infinity }: { fallback: number; least: number; most?: number },
): number | null {
  if (text === null || text === '') return fallback;
  const number = /^-?\d{1,15}$/.test(text) ? Number(text) : NaN;
  return number >= least && number <= most ? number : null;
}

export function form(call: Call): URLSearchParams | null {
  const type = call.headers['content-type'] ?? '';
  return type.startsWith('application/x-www-form-urlencoded') ? new URLSearchParams(call.body) : null;
}
