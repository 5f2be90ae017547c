import { createServer, Server } from 'node:http';
import { AddressInfo } from 'node:net';
import { SourceConfig } from '../config/config.js';
import { Connector } from '../connectors/connector.js';
import { HttpClient } from '../connectors/shared/http-client.js';
import { RequestLog, SpentLastHour } from '../storage/request.log.js';
import { Upstream } from './upstream.js';

const BUDGET = 100;

/** A way to a platform whose log says this, and how often it was asked. */
function upstreamOf(lastHour: number) {
  const log = {
    asked: 0,
    lastHour(): Promise<SpentLastHour> {
      this.asked++;
      return Promise.resolve({ requests: lastHour, freeInMs: 0, askedAt: performance.now() });
    },
  };
  const connector = { extraHosts: () => [], connect: () => ({}) } as unknown as Connector;
  const source = {
    ...{ key: 'charts', baseUrl: 'http://127.0.0.1:1' },
    poll: { maxRequestsPerHour: BUDGET, timeoutMs: 1_000, concurrency: 1 },
  } as SourceConfig;
  const upstream = new Upstream(source, connector, log as unknown as RequestLog, 'test');
  return { log, upstream };
}

const spentBefore = (): SpentLastHour => ({ requests: 30, freeInMs: 0, askedAt: performance.now() });

describe('the budget of a visit', () => {
  it('is what was known when the source was claimed', async () => {
    const { log, upstream } = upstreamOf(50);
    await upstream.begin(new AbortController().signal, { spent: spentBefore() });
    expect([upstream.budget, log.asked]).toEqual([BUDGET - 30, 0]);
  });

  it('is asked for where nobody knows it', async () => {
    const { log, upstream } = upstreamOf(50);
    await upstream.begin(new AbortController().signal);
    expect([upstream.budget, log.asked]).toEqual([BUDGET - 50, 1]);
  });

  it('is asked for when requests were stored since', async () => {
    const { log, upstream } = upstreamOf(50);
    const spent = spentBefore();
    await upstream.settle(() => Promise.resolve());
    await upstream.begin(new AbortController().signal, { spent });
    expect([upstream.budget, log.asked]).toEqual([BUDGET - 50, 1]);
  });

  it('stays what was known when nothing could be stored', async () => {
    const { log, upstream } = upstreamOf(50);
    const spent = spentBefore();
    await expect(upstream.settle(() => Promise.reject(new Error('disk full')))).rejects.toThrow('disk full');
    await upstream.begin(new AbortController().signal, { spent });
    expect([upstream.budget, log.asked]).toEqual([BUDGET - 30, 0]);
  });
});

describe('the clock of a visit', () => {
  const servers: Server[] = [];
  afterEach(() => servers.splice(0).forEach((server) => server.close()));

  /** A server whose clock shows this; its origin. */
  async function serverAt(date: string): Promise<string> {
    const server = createServer((_, response) => response.setHeader('date', date).end('{}'));
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  it('is the platform’s, not that of another host where its tokens come from', async () => {
    const platform = await serverAt('Thu, 15 Jan 2026 10:00:00 GMT');
    const identity = await serverAt('Thu, 15 Jan 2026 11:00:00 GMT');
    let http: HttpClient | null = null;
    const connector = {
      extraHosts: () => [new URL(identity).host],
      connect: (_: unknown, given: HttpClient) => {
        http = given;
        return { close: () => Promise.resolve() };
      },
    } as unknown as Connector;
    const source = {
      ...{ key: 'field', baseUrl: platform },
      poll: { maxRequestsPerHour: BUDGET, timeoutMs: 1_000, concurrency: 1 },
    } as SourceConfig;
    const upstream = new Upstream(source, connector, {} as RequestLog, 'test');
    const { signal } = new AbortController();
    await upstream.begin(signal, { spent: spentBefore() });

    const ask = (url: string) => http!.request({ method: 'GET', url, signal });
    await ask(`${identity}/connect/token`);
    expect(upstream.visit(signal).clock).toBeNull();
    await ask('/jobs');
    const { clock } = upstream.visit(signal);
    expect(clock?.upstreamDate).toBe(Date.parse('2026-01-15T10:00:00Z'));
    await ask(`${platform}/jobs?page=2`);
    expect(upstream.visit(signal).clock).toBe(clock);
    await upstream.close();
  });
});
