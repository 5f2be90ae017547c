import { startSimulators } from '../simulators/simulators.js';
import { serveDocuments } from '../simulators/documents.js';
import { ManualClock } from '../simulators/clock.js';
import { connectorFor } from './index.js';
import { createHttpClient } from './shared/undici-http-client.js';
import { JobFacts } from '../domain/job.js';
import { formatInstant } from '../domain/timestamps.js';

async function run(s: any, kind: any, bookmark: any, session: any, connector: any) {
  const gen = session.fetchPages({ kind, bookmark, resume: null, signal: new AbortController().signal });
  const jobs = new Map<string, JobFacts>(); let n = 0; let rejects = 0; let pages = 0;
  for (;;) {
    const step = await gen.next({ settled: false });
    if (step.done) return { jobs, n, rejects, pages, result: step.value };
    pages++;
    for (const r of step.value.records) {
      n++;
      try { const f = connector.normalize(r, { options: s.options, shape: step.value.shape, baseUrl: s.baseUrl, statusMap: connector.statusMap, observedAt: Date.now() }); jobs.set(f.externalId, f); } catch (e) { rejects++; console.log(e); }
    }
  }
}
const opened: any[] = [];
function open(source: any, pageSize: number) {
  const connector: any = connectorFor(source.platform);
  const http = createHttpClient({ baseUrl: source.baseUrl, timeoutMs: 5000, concurrency: 1, userAgent: 't', spend: () => undefined });
  opened.push(http);
  const s = { key: source.key, baseUrl: source.baseUrl, auth: connector.auth.parse(source.auth), options: connector.options.parse(source.options), pageSize, overlapMs: 600000, historyMs: null };
  return { s, connector, session: connector.connect(s, http) };
}
afterAll(async () => { for (const h of opened) await h.close(); });
test.each([['integrate-io', 100], ['integrate-io', 7], ['integrate-io', 1], ['veeva-vault', 200], ['veeva-vault', 13], ['veeva-vault', 1]])('%s pages of %i', async (platform, pageSize) => {
  const clock = new ManualClock(Date.parse('2026-01-15T10:00:00Z'));
  const sims = await startSimulators({ seed: 7, jobs: 2000, clock, limits: false, platforms: [platform] } as any);
  const source = sims.sources.find((x) => x.platform === platform)!;
  const { s, connector, session } = open(source, pageSize as number);
  const first = await run(s, 'sweep', null, session, connector);
  
  console.log(platform, pageSize, first.jobs.size, first.n, first.pages, first.rejects, JSON.stringify(first.result), (sims.requests as any).kept?.length);
  clock.advance(60_000);
  const second = await run(s, 'incremental', first.result.bookmark, session, connector);
  const states: any = {};
  for (const f of second.jobs.values()) states[f.state] = (states[f.state] ?? 0) + 1;
  console.log(second.jobs.size, second.n, second.pages, JSON.stringify(second.result), states);
  const open1 = [...first.jobs.values()].find((f) => f.actions.includes('cancel') || f.actions.includes('start'));
  const runningOne = [...second.jobs.values()].find((f) => f.actions.length > 0);
  console.log('open', open1?.externalId, runningOne?.externalId, runningOne?.actions);
  if (runningOne) {
    const one = await session.fetchOne(runningOne.externalId, new AbortController().signal);
    console.log(JSON.stringify(one).slice(0, 400));
    const act: any = runningOne.actions[0];
    await session.actions[act](runningOne.externalId, new AbortController().signal).then(() => console.log('acted', act), (e: any) => console.log('refused', e.message));
    await session.actions[act](runningOne.externalId, new AbortController().signal).then(() => console.log('acted again', act), (e: any) => console.log('refused', e.message));
  }
  await session.fetchOne('999999999', new AbortController().signal).catch((e: any) => console.log(e.constructor.name, e.message));
  await sims.close();
}, 60_000);
test('documents', async () => {
  const docs = await serveDocuments();
  for (const source of docs.sources.filter((x) => ['integrate-io', 'veeva-vault'].includes(x.platform))) {
    const { s, connector, session } = open(source, connectorFor(source.platform)!.limits.pageSize);
    const first = await run(s, 'sweep', null, session, connector);
    console.log(source.platform, [...first.jobs.values()].map((f) => [f.externalId, f.state, f.finishedAt && formatInstant(f.finishedAt)]), JSON.stringify(first.result));
    const second = await run(s, 'incremental', first.result.bookmark, session, connector);
    console.log(source.platform, second.n, JSON.stringify(second.result));
  }
  await docs.close();
});
