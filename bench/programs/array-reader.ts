import { once } from 'node:events';
import { request } from 'undici';
import { connectorOf } from '../../src/connectors/index.js';
import { recordRulesOf } from '../../src/connectors/record-rules.js';
import { createHttpClient } from '../../src/connectors/shared/undici-http-client.js';
import { sourceConfig } from '../../test/support/config.js';
import { runProgram, say } from '../harness/program.js';

export interface ArrayTask {
  /** `streamed` is the product's way; `whole` is what reads such a list without one: the text, then JSON.parse. */
  how: 'streamed' | 'whole';
  baseUrl: string;
  token: string;
}

export interface ArrayWord {
  /** Null before it was told to begin. */
  read: { seconds: number; cpuSeconds: number; jobs: number } | null;
}

// Reads the list of a VectorCharts core once, from the wire to normalized jobs, which nobody keeps. Begins when it is told to.

runProgram<ArrayTask>(async ({ how, baseUrl, token }) => {
  const source = sourceConfig({ key: 'charts', platform: 'vectorcharts', baseUrl, auth: { token } });
  const connector = connectorOf(source);
  const rules = recordRulesOf(source, connector);
  const context = { ...rules.context, shape: 'list', observedAt: 0 } as const;
  const normalize = (record: unknown) => connector.normalize(rules.redact(record), context);

  const streamed = async (): Promise<number> => {
    const http = createHttpClient({
      baseUrl,
      timeoutMs: 600_000,
      concurrency: 1,
      userAgent: 'bench',
      spend: () => undefined,
    });
    const session = connector.connect({ ...source, pageSize: 1_000, overlapMs: 0, historyMs: null }, http);
    let jobs = 0;
    const { signal } = new AbortController();
    const pages = session.fetchPages({ kind: 'sweep', bookmark: null, resume: null, signal });
    for (let page = await pages.next(); page.done !== true; page = await pages.next({ settled: false })) {
      for (const record of page.value.records) normalize(record);
      jobs += page.value.records.length;
    }
    await http.close();
    return jobs;
  };
  const whole = async (): Promise<number> => {
    const { body } = await request(`${baseUrl}/api/v1/jobs`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const records = JSON.parse(await body.text()) as unknown[];
    for (const record of records) normalize(record);
    return records.length;
  };

  say({ read: null } satisfies ArrayWord);
  await once(process, 'message');
  const [began, used] = [performance.now(), process.cpuUsage()];
  const jobs = await (how === 'streamed' ? streamed : whole)();
  const { user, system } = process.cpuUsage(used);
  const seconds = (performance.now() - began) / 1_000;
  say({ read: { seconds, cpuSeconds: (user + system) / 1e6, jobs } } satisfies ArrayWord);
});
