import { Instant } from '../../domain/job.js';
import { HttpClient, HttpRequest, HttpResponse } from './http-client.js';

export interface ScriptedAnswer {
  status?: number;
  headers?: Record<string, string>;
  json?: unknown;
  date?: Instant;
}

/**
 * An HTTP client for unit tests: gives the answers in their order, whatever is asked, and remembers what was asked. It is as strict
 * as the real one about statuses that nobody expects, and throws when the script is at its end.
 */
export class ScriptedHttp implements HttpClient {
  readonly sent: Omit<HttpRequest, 'signal'>[] = [];
  readonly pauses: number[] = [];
  private readonly answers: ScriptedAnswer[];

  constructor(...answers: ScriptedAnswer[]) {
    this.answers = answers;
  }

  async request(
    { signal, ...request }: HttpRequest,
    expect?: (status: number) => boolean,
  ): Promise<HttpResponse> {
    signal.throwIfAborted();
    this.sent.push(request);
    const answer = this.answers.shift();
    if (answer === undefined) throw new Error(`not in the script: ${request.method} ${request.url}`);
    const { status = 200, headers = {}, json = null, date = null } = answer;
    const taken = (status >= 200 && status < 300) || status === 404 || status === 409;
    if (!taken && !(expect?.(status) ?? false)) throw new Error(`nobody expects ${status}`);
    const text = JSON.stringify(json);
    return {
      status,
      headers,
      date,
      requestedAt: Date.now(),
      body: bytes(text),
      json: () => Promise.resolve(JSON.parse(text) as unknown),
      text: () => Promise.resolve(text),
    };
  }

  pause(ms: number): void {
    this.pauses.push(ms);
  }
}

async function* bytes(text: string): AsyncGenerator<Uint8Array> {
  yield new TextEncoder().encode(text);
}
