import { createServer, IncomingMessage, Server, ServerResponse } from 'node:http';
import { AddressInfo } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { Clock } from '../clock.js';
import { Answer, Call, Face, textOf } from './answer.js';
import { send, sendBadly } from './delivery.js';
import { Delivery, Fault, Faults } from './faults.js';
import { LoggedRequest, RequestLog } from './request-log.js';

const HTML = '<!DOCTYPE html><html><head><title>Sign in</title></head><body>Please sign in.</body></html>';

/** One platform on a loopback port: reads requests, plays faults, sends the face's answers. */
export class PlatformServer {
  readonly faults = new Faults();
  private readonly server: Server;
  private readonly closing = new AbortController();

  constructor(
    readonly platform: string,
    private readonly face: Face,
    private readonly clock: Clock,
    private readonly log: RequestLog,
  ) {
    this.server = createServer((request, response) => void this.serve(request, response));
    this.server.keepAliveTimeout = 60_000;
  }

  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, '127.0.0.1', resolve);
    });
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  revokeLogins(): void {
    this.face.revokeLogins();
  }

  async close(): Promise<void> {
    this.closing.abort();
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeAllConnections();
    await closed;
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const entry: LoggedRequest = {
      platform: this.platform,
      method: request.method ?? 'GET',
      url: request.url ?? '/',
      status: null,
      at: this.clock.now(),
    };
    this.log.add(entry);
    try {
      const call = this.callOf(request, await readBody(request));
      const faults = this.faults.take(call);
      const answer = this.answer(call, faults);
      if (answer === 'never') return;
      if (answer.delayMs !== undefined) await wait(answer.delayMs, null, { signal: this.closing.signal });
      entry.status = answer.status;
      const delivery = faults.findLast(isDelivery);
      if (delivery === undefined) await send(response, answer, call);
      else await sendBadly(response, answer, { ...call, delivery, closing: this.closing.signal });
    } catch (error) {
      // A client that hung up, or a server that closes, ends its own request only; a fault of a face must be seen.
      if (response.destroyed || this.closing.signal.aborted) return;
      if (response.headersSent) {
        response.destroy();
        return;
      }
      entry.status = 500;
      const text = `the simulator itself failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`;
      this.log.failures.push(text);
      await send(response, { status: 500, text }, { now: entry.at });
    }
  }

  private answer(call: Call, faults: Fault[]): Answer | 'never' {
    let answer: Answer | null = null;
    for (const fault of faults) {
      if (isDelivery(fault)) continue;
      if (fault.kind === 'before') {
        const before = this.clock.now();
        fault.run(call);
        const passed = this.clock.now() - before;
        call.now += passed;
        call.seenAt += passed;
      } else if (fault.kind === 'lag') call.seenAt -= fault.ms;
      else if (fault.kind === 'skew') call.now += fault.ms;
      else if (fault.kind === 'hang') return 'never';
      else if (fault.kind === 'status') answer = { ...fault };
      else if (fault.kind === 'html') {
        answer = { status: 200, text: HTML, headers: { 'Content-Type': 'text/html; charset=utf-8' } };
      } else {
        answer ??= this.face.handle(call);
        if (fault.kind === 'rewrite') answer = fault.rewrite(answer, call);
        else answer = fault.kind === 'content-type' ? renamed(answer, fault.type) : cut(answer);
      }
    }
    return answer ?? this.face.handle(call);
  }

  private callOf(request: IncomingMessage, body: string): Call {
    const origin = `http://${request.headers.host ?? '127.0.0.1'}`;
    const url = new URL(request.url ?? '/', origin);
    const now = this.clock.now();
    return {
      method: request.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body,
      now,
      seenAt: now,
      origin,
    };
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function cut(answer: Answer): Answer {
  const [text, type] = textOf(answer);
  return {
    status: answer.status,
    headers: { 'Content-Type': type, ...answer.headers },
    text: text.slice(0, Math.floor(text.length / 2)),
  };
}

function renamed(answer: Answer, type: string): Answer {
  const [text] = textOf(answer);
  return { status: answer.status, headers: { ...answer.headers, 'Content-Type': type }, text };
}

function isDelivery(fault: Fault): fault is Extract<Fault, Delivery> {
  return ['hang-in-body', 'reset', 'drip', 'gzip', 'flood'].includes(fault.kind);
}
