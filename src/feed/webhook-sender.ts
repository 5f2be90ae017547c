import dns from 'node:dns';
import { STATUS_CODES } from 'node:http';
import { Agent, Dispatcher, request } from 'undici';
import { Instant } from '../domain/job.js';
import { AttemptErrorKind } from '../storage/webhook-delivery.store.js';
import { AddressRules, checkAddress, guardedLookup } from './webhook-address.js';
import { SentAttempt } from './webhook-retry.js';

/** Of a whole try, milliseconds. */
const TIMEOUT_MS = 15_000;
/** Of an answer, bytes that are read; and of these, that are kept. */
const MAX_READ = 64 * 1_024;
const MAX_KEPT = 4 * 1_024;
/** Of an answer, headers that are kept, and characters of each. */
const MAX_HEADERS = 40;
const MAX_HEADER = 500;
/** Of what a receiver sets for itself. */
const NOT_KEPT = ['set-cookie', 'authorization', 'proxy-authenticate', 'www-authenticate'];

/** The process ends, and the try with it: nobody knows what became of it, so it is made again. */
export class TryCutOffError extends Error {}

export interface WebhookRequest {
  url: string;
  /** Lower-case names. */
  headers: Record<string, string>;
  body: string;
  /** What no answer that is kept may show, should the receiver repeat it. */
  secrets: readonly string[];
}

/** Sends one request, once: no redirect is followed, nothing is tried again, and no address is spoken to that may not be. */
export class WebhookSender {
  private readonly agent: Agent;
  private isClosed = false;

  /** @param resolve of names */
  constructor(
    private readonly rules: AddressRules,
    resolve: typeof dns.lookup = dns.lookup,
  ) {
    this.agent = new Agent({
      connect: { lookup: guardedLookup(rules, resolve), timeout: TIMEOUT_MS },
      headersTimeout: TIMEOUT_MS,
      bodyTimeout: TIMEOUT_MS,
    });
  }

  /**
   * @param at when this try begins (database time)
   * @throws TryCutOffError
   */
  async send({ url, headers, body, secrets }: WebhookRequest, at: Instant): Promise<SentAttempt> {
    const began = performance.now();
    const ended = (over: Partial<SentAttempt>): SentAttempt => ({
      at,
      durationMs: Math.round(performance.now() - began),
      status: null,
      error: null,
      requestHeaders: headers,
      requestBytes: Buffer.byteLength(body),
      responseHeaders: null,
      responseBody: null,
      retryAfterMs: null,
      isHopeless: false,
      ...over,
    });
    const fault = checkAddress(url, this.rules);
    if (fault !== null) return ended({ error: { kind: 'address', message: `the address ${fault}` } });
    try {
      const answer = await this.exchange(url, headers, body);
      return ended({ ...answer, responseBody: readable(answer.responseBody, secrets) });
    } catch (error) {
      if (this.isClosed) throw new TryCutOffError();
      const { kind, message } = transportFault(error);
      return ended({ error: { kind, message }, isHopeless: kind === 'request' });
    }
  }

  /** What is on its way is cut off. */
  async close(): Promise<void> {
    this.isClosed = true;
    await this.agent.destroy();
  }

  private async exchange(url: string, headers: Record<string, string>, body: string) {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const answer = await request(url, { method: 'POST', dispatcher: this.agent, headers, body, signal });
    const { statusCode: status } = answer;
    const responseBody = await beginning(answer.body);
    return {
      status,
      error: statusFault(status, answer.headers),
      responseHeaders: keptHeaders(answer.headers),
      responseBody,
      retryAfterMs: status === 429 || status === 503 ? retryAfter(answer.headers) : null,
    };
  }
}

/** As much as is kept. The answer counts from its status on: a body that breaks off changes nothing. */
async function beginning(body: Dispatcher.ResponseData['body']): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= MAX_READ) break;
    }
  } catch (error) {
    if (!(error instanceof Error)) throw error;
  }
  return Buffer.concat(chunks).subarray(0, MAX_KEPT);
}

function statusFault(status: number, headers: Dispatcher.ResponseData['headers']): SentAttempt['error'] {
  if (status >= 200 && status < 300) return null;
  const what = `${status} ${STATUS_CODES[status] ?? 'unknown status'}`;
  if (status < 300 || status >= 400) return { kind: 'status', message: `answered ${what}` };
  const host = URL.parse(one(headers['location']) ?? '')?.host;
  const to = host === undefined ? '' : ` to ${host.slice(0, 255)}`;
  return { kind: 'redirect', message: `answered ${what}, a redirect${to}; redirects are not followed` };
}

const TIMEOUTS = ['UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'ETIMEDOUT'];

/** Names codes and no more: an address may hold a secret. */
function transportFault(error: unknown): { kind: AttemptErrorKind; message: string } {
  const { name, code, message } = error as Error & { code?: string };
  if (name === 'TimeoutError' || TIMEOUTS.includes(code ?? ''))
    return { kind: 'timeout', message: `no answer within ${TIMEOUT_MS / 1_000} s` };
  if (code === 'ERR_PRIVATE_ADDRESS') return { kind: 'address', message };
  if (code === 'UND_ERR_INVALID_ARG') return { kind: 'request', message: `cannot be sent: ${message}` };
  if (code === undefined) throw error;
  return { kind: 'network', message: `connection fault ${code}` };
}

/** Text that the database can keep. */
function readable(body: Buffer, secrets: readonly string[]): string {
  let text = body.toString('utf8').replaceAll('\0', '\uFFFD');
  for (const secret of secrets) text = text.replaceAll(secret, '***');
  return text;
}

function keptHeaders(headers: Dispatcher.ResponseData['headers']): Record<string, string> {
  const kept = Object.entries(headers)
    .filter(([name]) => !NOT_KEPT.includes(name))
    .slice(0, MAX_HEADERS);
  return Object.fromEntries(
    kept.map(([name, value]) => [name.slice(0, MAX_HEADER), (one(value) ?? '').slice(0, MAX_HEADER)]),
  );
}

/** Seconds, or a date (RFC 9110, section 10.2.3); null when it says neither. */
function retryAfter(headers: Dispatcher.ResponseData['headers']): number | null {
  const text = one(headers['retry-after'])?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1_000;
  const until = Date.parse(text);
  return Number.isNaN(until) ? null : Math.max(0, until - Date.now());
}

function one(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
