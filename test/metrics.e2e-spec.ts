import { execFileSync, spawnSync } from 'node:child_process';
import { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Client } from 'pg';
import { Role } from '../src/config/environment.js';
import { jobId } from '../src/domain/job-id.js';
import { Instant, JobFacts } from '../src/domain/job.js';
import { JOB_STATES, JobState, TERMINAL_STATES } from '../src/domain/job-state.js';
import { PollService } from '../src/polling/poll.service.js';
import { ManualClock } from '../src/simulators/clock.js';
import { Random } from '../src/simulators/random.js';
import { Simulators, startSimulators } from '../src/simulators/simulators.js';
import { Database, openDatabase } from '../src/storage/database.js';
import { JobWriter } from '../src/storage/job.writer.js';
import { nameTypes } from '../src/storage/metrics.types.js';
import { TokenStore } from '../src/storage/token.store.js';
import { VERSION } from '../src/version.js';
import { ReplicaLab } from './lab/replicas.js';
import { startApp } from './support/app.js';
import { chartJob, startChartsServer } from './support/charts-server.js';
import { sourceConfig, testConfig } from './support/config.js';
import { insertJobs, insertSource } from './support/jobs.js';
import { insertManyJobs, SOURCES } from './support/many-jobs.js';
import { createTestDatabase, TestDatabase } from './support/postgres.js';
import { expectRecount } from './support/metrics-recount.js';
import { parsePrometheusText, ScrapedFamily, valueOf } from './support/prometheus-text.js';
import { quietLog } from './support/quiet-log.js';
import { waitFor } from './support/wait-for.js';

jest.setTimeout(180_000);

type Families = Map<string, ScrapedFamily>;

const OPENMETRICS = 'application/openmetrics-text';
const KILLS = 4;
const NO_PATIENCE = { maxRetries: 0, minTimeoutMs: 1, maxTimeoutMs: 1 };

let test: TestDatabase;
let closing: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  test = await createTestDatabase();
});
afterEach(async () => {
  for (const close of closing.reverse()) await close();
  closing = [];
  await test.drop();
});

const rows = <T>(sql: string, values: unknown[] = []): Promise<T[]> => test.database.query<T>(sql, values);

/** A process that neither polls nor serves the API: what it shows, every process shows. */
async function startProcess(
  over: Parameters<typeof testConfig>[1] = {},
  roles: Role[] = ['notifier'],
): Promise<NestFastifyApplication> {
  const app = await startApp(testConfig([], over), test.database, roles);
  closing.push(() => app.close());
  return app;
}

async function scrapeText(app: NestFastifyApplication, headers: Record<string, string> = {}) {
  const { statusCode, payload, headers: sent } = await app.inject({ url: '/metrics', headers });
  return { status: statusCode, text: payload, type: String(sent['content-type']) };
}

async function scrape(app: NestFastifyApplication): Promise<Families> {
  return parsePrometheusText((await scrapeText(app)).text);
}

/** What a fact says when nothing else is of interest. */
function facts(externalId: string, state: JobState, over: Partial<JobFacts> = {}): JobFacts {
  return {
    ...{ externalId, state, statusMapped: true, reason: null, rawStatus: state, type: 'nightly', name: null },
    ...{ progress: null, createdAt: null, scheduledFor: undefined, startedAt: null, finishedAt: null },
    ...{ provenance: {}, evidence: {}, error: null, owner: null, parentExternalId: null, attributes: {} },
    ...{ links: undefined, actions: [], rules: {} },
    ...over,
  };
}

/** Writes records as a poll or a refresh does. */
async function write(
  source: string,
  records: JobFacts[],
  { backfill = false, maxTypes = 200, mapping = 'test/1' } = {},
): Promise<void> {
  const readAt = await test.database.now();
  await new JobWriter(test.database, maxTypes).write(
    records.map((record) => ({
      id: jobId(source, record.externalId),
      ...{ shape: 'list' as const, hash: Buffer.from(JSON.stringify(record)), record: '{}', facts: record },
      ...{ tasks: undefined, unread: null, readAt },
    })),
    {
      ...{ source, platform: 'vectorcharts', attributeKeys: [], volatileAttributes: [], mapping },
      ...{ labels: {}, backfill, pollId: null, fence: () => Promise.resolve() },
    },
  );
}

/** Names, types and labels of the contract, section 10, to the letter, and what was added to them. */
const CONTRACT: Record<string, [type: string, labels: string[]]> = {
  rollcall_jobs: ['gauge', ['platform', 'source', 'state']],
  rollcall_job_transitions_total: ['counter', ['source', 'to']],
  rollcall_jobs_finished_total: ['counter', ['source', 'state', 'type']],
  rollcall_last_finished_timestamp_seconds: ['gauge', ['source', 'state', 'type']],
  rollcall_job_duration_seconds: ['histogram', ['source', 'state']],
  rollcall_oldest_open_job_timestamp_seconds: ['gauge', ['source', 'state']],
  rollcall_source_info: ['gauge', ['label_team', 'platform', 'source']],
  rollcall_source_up: ['gauge', ['source']],
  rollcall_source_last_success_timestamp_seconds: ['gauge', ['source']],
  rollcall_source_complete_through_timestamp_seconds: ['gauge', ['source']],
  rollcall_detection_lag_seconds: ['histogram', ['source']],
  rollcall_polls_total: ['counter', ['result', 'source']],
  rollcall_poll_duration_seconds: ['histogram', ['source']],
  rollcall_upstream_requests_total: ['counter', ['source', 'status']],
  rollcall_rejects: ['gauge', ['source']],
  rollcall_unmapped_statuses: ['gauge', ['source']],
  rollcall_jobs_overdue: ['gauge', ['source']],
  rollcall_build_info: ['gauge', ['version']],
  rollcall_database_table_bytes: ['gauge', ['table']],
  rollcall_replica_up: ['gauge', ['replica']],
  rollcall_replica_lag_seconds: ['gauge', ['replica']],
  rollcall_reads_total: ['counter', ['server']],
};

/** No series before the feature that they tell of; replica-reads.e2e-spec.ts has those of replicas. */
const WITHOUT_SERIES = [
  ...['rollcall_jobs_overdue', 'rollcall_replica_up', 'rollcall_replica_lag_seconds', 'rollcall_reads_total'],
];

/** One source that has been through everything there is a metric for. */
async function openEverything(): Promise<void> {
  const charts = await startChartsServer([chartJob('a', 'completed'), chartJob('b', 'processing')]);
  closing.push(charts.close);
  const auth = { token: charts.token };
  const draft = { key: 'charts', platform: 'vectorcharts', baseUrl: charts.baseUrl, auth };
  const source = sourceConfig({ ...draft, labels: { team: 'navigation' } });
  const service = new PollService(testConfig([source]), test.database, NO_PATIENCE);
  closing.push(() => service.onApplicationShutdown());
  await service.reconcile();
  await service.pollNow('charts', 'incremental');
  const now = await test.database.now();
  const times = { startedAt: now - 30_000, finishedAt: now - 4_000 };
  await write('charts', [facts('x', 'failed', times)]);
}

describe('the text', () => {
  it('has the names, types, labels and explanations of the contract, and no others', async () => {
    await openEverything();
    const app = await startProcess();
    const { text, type, status } = await scrapeText(app);
    expect([status, type]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    const families = parsePrometheusText(text);
    const shown = Object.fromEntries(
      [...families].map(([name, { type: kind, samples }]) => {
        const labels = samples
          .flatMap((sample) => Object.keys(sample.labels))
          .filter((label) => label !== 'le');
        return [name, [kind, [...new Set(labels)].sort()]];
      }),
    );
    const expected = Object.entries(CONTRACT).map(([name, [kind, labels]]) => [
      name,
      [kind, WITHOUT_SERIES.includes(name) ? [] : labels],
    ]);
    expect(shown).toEqual(Object.fromEntries(expected));
    for (const { help } of families.values()) expect(help).toMatch(/^[A-Z1].{10,}\.$|^Changes of state/);
    expect(valueOf(families, 'rollcall_build_info', { version: VERSION })).toBe(1);
    const info = { source: 'charts', platform: 'vectorcharts', label_team: 'navigation' };
    expect(valueOf(families, 'rollcall_source_info', info)).toBe(1);
  });

  it('is OpenMetrics for whoever accepts it, with the same series, and plain for whoever accepts neither', async () => {
    await openEverything();
    const app = await startProcess();
    const scraper = `${OPENMETRICS};version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.6,*/*;q=0.1`;
    const open = await scrapeText(app, { accept: scraper });
    expect([open.status, open.type]).toEqual([200, `${OPENMETRICS}; version=1.0.0; charset=utf-8`]);
    expect(open.text).toMatch(/\n# EOF\n$/);
    expect(open.text).toContain('# TYPE rollcall_polls counter\n');
    const plain = await scrapeText(app, { accept: 'image/png' });
    expect([plain.status, plain.type]).toEqual([200, 'text/plain; version=0.0.4; charset=utf-8']);
    const series = (text: string) => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(series(open.text)).toEqual(series(plain.text));
  });

  const promtool = spawnSync('promtool', ['--version']).status === 0;
  (promtool ? it : it.skip)(
    'passes promtool check metrics (skipped where promtool is not installed)',
    async () => {
      await openEverything();
      const { text } = await scrapeText(await startProcess());
      expect(execFileSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' })).toBe('');
    },
  );

  it('carries any text in a label, and the labels of a source under names that Prometheus allows', async () => {
    const labels = { 'a.b': 'x"\n\\', 'a-b': 'y', __proto__x: 'z' };
    await insertSource(test.database, { key: 'charts', labels });
    const types = [
      'a "quoted" \\ type\nof two lines',
      '__proto__',
      '_other',
      '',
      'ö{}=,#',
      'x'.repeat(10_000),
    ];
    const jobs = types.map((type, place) => facts(String(place), 'failed', { type }));
    await write('charts', [...jobs, facts('none', 'failed', { type: null })]);
    const families = await scrape(await startProcess());
    const info = families.get('rollcall_source_info')!.samples[0]!.labels;
    expect(info).toMatchObject({ label_a_b: 'y', label_a_b_2: 'x"\n\\', label___proto__x: 'z' });
    const finished = families.get('rollcall_jobs_finished_total')!.samples.filter(({ value }) => value > 0);
    const shown = new Map(finished.map(({ labels: { type }, value }) => [type, value]));
    for (const type of types.slice(0, 5))
      expect([type, shown.get(type)]).toEqual([type, type === '' ? 2 : 1]);
    expect([...shown.keys()].find((type) => type!.startsWith('xxx'))).toMatch(/^x{111}~[0-9a-f]{16}$/);
  });
});

describe('what the numbers mean', () => {
  it('the history of a first read is no news: it sets when a type last finished, and nothing that is counted', async () => {
    await insertSource(test.database, { key: 'charts' });
    const app = await startProcess();
    const finishedAt = Date.parse('2025-01-15T10:00:00Z');
    const times = { startedAt: finishedAt - 60_000, finishedAt };
    await write('charts', [facts('a', 'failed', times)], { backfill: true });
    const failed = { source: 'charts', type: 'nightly', state: 'failed' };
    const before = await scrape(app);
    expect(valueOf(before, 'rollcall_jobs_finished_total', failed)).toBe(0);
    expect(valueOf(before, 'rollcall_last_finished_timestamp_seconds', failed)).toBe(finishedAt / 1_000);
    expect(before.get('rollcall_job_duration_seconds')!.samples).toEqual([]);
    expect(before.get('rollcall_detection_lag_seconds')!.samples).toEqual([]);

    await write('charts', [facts('b', 'failed', times)]);
    const after = await scrape(app);
    expect(valueOf(after, 'rollcall_jobs_finished_total', failed)).toBe(1);
    expect(valueOf(after, 'rollcall_job_transitions_total', { source: 'charts', to: 'failed' })).toBe(0);
    const duration = { source: 'charts', state: 'failed' };
    expect(valueOf(after, 'rollcall_job_duration_seconds_sum', duration)).toBe(60);
    expect(valueOf(after, 'rollcall_job_duration_seconds_bucket', { ...duration, le: '30' })).toBe(0);
    expect(valueOf(after, 'rollcall_job_duration_seconds_bucket', { ...duration, le: '60' })).toBe(1);
  });

  it('a type has its series, at zero, before its first job ends', async () => {
    await insertSource(test.database, { key: 'charts' });
    await write('charts', [facts('a', 'running')]);
    const families = await scrape(await startProcess());
    for (const state of TERMINAL_STATES)
      expect(
        valueOf(families, 'rollcall_jobs_finished_total', { source: 'charts', type: 'nightly', state }),
      ).toBe(0);
  });

  it('a state is entered once for each transition, and a job that goes on and ends again has ended twice', async () => {
    await insertSource(test.database, { key: 'charts' });
    const evidence = (updated: Instant) => ({ evidence: { updated } });
    for (const [place, state] of (['running', 'failed', 'running', 'failed'] as const).entries())
      await write('charts', [facts('a', state, evidence(place))]);
    const families = await scrape(await startProcess());
    const to = (state: JobState) =>
      valueOf(families, 'rollcall_job_transitions_total', { source: 'charts', to: state });
    expect([to('running'), to('failed'), to('queued')]).toEqual([1, 2, 0]);
    const failed = { source: 'charts', type: 'nightly', state: 'failed' };
    expect(valueOf(families, 'rollcall_jobs_finished_total', failed)).toBe(2);
  });

  it('detection lag is by our clock, of plainly reported times only, and a changed rule is no late news', async () => {
    // its clock is an hour ahead
    await insertSource(test.database, { key: 'charts', clockSkewMs: 3_600_000 });
    const app = await startProcess();
    const lag = async () => {
      const families = await scrape(app);
      const part = (name: string, le = {}) =>
        valueOf(families, `rollcall_detection_lag_seconds_${name}`, { source: 'charts', ...le });
      return {
        count: part('count'),
        within60: part('bucket', { le: '60' }),
        within120: part('bucket', { le: '120' }),
      };
    };
    const there = (await test.database.now()) + 3_600_000;
    await write('charts', [facts('a', 'failed', { finishedAt: there - 90_000 })]);
    expect(await lag()).toEqual({ count: 1, within60: 0, within120: 1 });
    const inferred = { finishedAt: there - 90_000, provenance: { finishedAt: 'inferred' as const } };
    await write('charts', [facts('b', 'failed', inferred), facts('c', 'queued')]);
    expect((await lag()).count).toBe(1);
    await write('charts', [facts('a', 'cancelled', { finishedAt: there - 90_000, rawStatus: 'failed' })], {
      mapping: 'test/2',
    });
    expect((await lag()).count).toBe(1);
    // clocks that disagree do not make us know of what is still to come
    await write('charts', [facts('d', 'failed', { finishedAt: there + 500_000 })]);
    expect(await lag()).toEqual({ count: 2, within60: 1, within120: 2 });
  });

  it('nothing has finished later than it was seen to have', async () => {
    await insertSource(test.database, { key: 'charts' });
    await write('charts', [facts('a', 'failed', { finishedAt: Date.parse('9999-01-01') })]);
    const labels = { source: 'charts', type: 'nightly', state: 'failed' };
    const at = valueOf(
      await scrape(await startProcess()),
      'rollcall_last_finished_timestamp_seconds',
      labels,
    );
    expect(at! * 1_000).toBeLessThanOrEqual(await test.database.now());
  });

  it('a source is up, down, or neither: paused, or never polled; a retired one is not there', async () => {
    const skew = { completeThrough: '2025-01-15T10:00:05Z', clockSkewMs: 5_000 };
    await insertSource(test.database, { key: 'good', ...skew });
    await insertSource(test.database, { key: 'behind', health: 'degraded', healthReason: 'rejects' });
    await insertSource(test.database, { key: 'bad', health: 'failing', healthReason: 'network' });
    await insertSource(test.database, { key: 'held', pausedAt: '2025-01-01T00:00:00Z' });
    await insertSource(test.database, { key: 'off', enabled: false });
    await insertSource(test.database, { key: 'new', completeThrough: null });
    await rows("UPDATE rollcall.source SET last_poll_at = NULL, last_success_at = NULL WHERE key = 'new'");
    await insertSource(test.database, { key: 'gone', retiredAt: '2025-01-01T00:00:00Z' });
    const app = await startProcess();
    const families = await scrape(app);
    const up = families.get('rollcall_source_up')!.samples.map(({ labels, value }) => [labels.source, value]);
    expect(Object.fromEntries(up)).toEqual({ good: 1, behind: 1, bad: 0 });
    const through = 'rollcall_source_complete_through_timestamp_seconds';
    expect(valueOf(families, through, { source: 'good' })).toBe(Date.parse('2025-01-15T10:00:00Z') / 1_000);
    expect(valueOf(families, through, { source: 'new' })).toBeNull();
    expect((await scrapeText(app)).text).not.toContain('gone');
  });

  it('the oldest open job is the oldest that is still there, by its creation, or else by when it was first seen', async () => {
    await insertSource(test.database, { key: 'charts' });
    const at = (hour: number) => `2025-01-01T0${hour}:00:00.000Z`;
    await insertJobs(test.database, [
      { source: 'charts', externalId: 'a', state: 'queued', createdAt: at(2) },
      { source: 'charts', externalId: 'b', state: 'queued', createdAt: at(1), vanishedAt: at(5) },
      { source: 'charts', externalId: 'c', state: 'queued', createdAt: at(4) },
      { source: 'charts', externalId: 'd', state: 'running', createdAt: null, firstSeenAt: at(3) },
      { source: 'charts', externalId: 'e', state: 'failed', createdAt: at(0) },
    ]);
    const families = await scrape(await startProcess());
    const { samples } = families.get('rollcall_oldest_open_job_timestamp_seconds')!;
    const oldest = Object.fromEntries(samples.map(({ labels, value }) => [labels.state, value * 1_000]));
    expect(oldest).toEqual({ queued: Date.parse(at(2)), running: Date.parse(at(3)) });
  });

  it('unmapped statuses are distinct words, a missing one among them, and at most a hundred', async () => {
    await insertSource(test.database, { key: 'charts' });
    const unmapped = (externalId: string, rawStatus: string | null, over = {}) => ({
      ...{ source: 'charts', externalId, state: 'unknown' as const, statusMapped: false, rawStatus, ...over },
    });
    await insertJobs(test.database, [
      ...[unmapped('a', 'odd'), unmapped('b', 'odd'), unmapped('c', 'strange'), unmapped('d', null)],
      unmapped('e', 'gone', { vanishedAt: '2025-01-01T00:00:00Z' }),
    ]);
    const app = await startProcess();
    const count = async () => valueOf(await scrape(app), 'rollcall_unmapped_statuses', { source: 'charts' });
    expect(await count()).toBe(3);
    const many = Array.from({ length: 300 }, (_, place) => unmapped(`m${place}`, `word ${place}`));
    await insertJobs(test.database, many);
    expect(await count()).toBe(100);
  });
});

describe('types', () => {
  const shownTypes = (families: Families) =>
    new Set(families.get('rollcall_jobs_finished_total')!.samples.map(({ labels }) => labels.type));

  it('beyond metrics.maxTypes are counted together, and no type ever changes its name', async () => {
    await insertSource(test.database, { key: 'charts' });
    const jobs = Array.from({ length: 10 }, (_, place) =>
      facts(String(place), 'failed', { type: `type ${place}` }),
    );
    for (const job of jobs) await write('charts', [job], { maxTypes: 3 });
    const again = jobs.map((job) => ({ ...job, externalId: `${job.externalId} again` }));
    await write('charts', again.toReversed(), { maxTypes: 3 });
    const app = await startProcess({ metrics: { maxTypes: 3 } });
    const families = await scrape(app);
    expect(shownTypes(families)).toEqual(new Set(['type 0', 'type 1', 'type 2', '_other']));
    const failed = (type: string, from = families) =>
      valueOf(from, 'rollcall_jobs_finished_total', { source: 'charts', type, state: 'failed' });
    expect([failed('type 0'), failed('type 2'), failed('_other')]).toEqual([2, 2, 14]);
    // a smaller bound holds at once
    const fewer = await scrape(await startProcess({ metrics: { maxTypes: 1 } }));
    expect(shownTypes(fewer)).toEqual(new Set(['type 0', '_other']));
    expect([failed('type 0', fewer), failed('_other', fewer)]).toEqual([2, 18]);
  });

  it('that arrive in several processes at once never take more places than there are', async () => {
    await insertSource(test.database, { key: 'charts' });
    const name = (labels: string[]) =>
      test.database.transaction((client) => nameTypes(client, 'charts', new Set(labels), 20));
    const batches = Array.from({ length: 5 }, (_, writer) =>
      Array.from({ length: 8 }, (_, place) => `type ${(writer * 5 + place) % 30}`),
    );
    await Promise.all(batches.map(name));
    const kept = await rows<{ type: string; position: number }>(
      'SELECT type, position FROM rollcall.metric_type ORDER BY position',
    );
    expect(kept.map(({ position }) => position)).toEqual(Array.from({ length: 20 }, (_, place) => place + 1));
  });
});

describe('who may see it', () => {
  it('every role serves it, to a token with its scope, and of the sources of the token only', async () => {
    for (const key of ['charts', 'vault']) {
      await insertSource(test.database, { key, labels: { team: `team of ${key}` } });
      await write(key, [facts('a', 'failed', { type: `type of ${key}` })]);
    }
    const tokens = new TokenStore(test.database);
    const make = async (name: string, scope: string, sources: string[] | null) =>
      (await tokens.create({ name, scopes: [scope], sources, expiresAt: null })).token;
    const [all, limited, other] = [
      await make('all', 'metrics:read', null),
      await make('limited', 'metrics:read', ['charts']),
      await make('other', 'jobs:read', null),
    ];
    // a poller makes the sources follow its configuration
    const sources = ['charts', 'vault'].map((key) =>
      sourceConfig({
        ...{ key, platform: 'vectorcharts', baseUrl: 'http://127.0.0.1:9', auth: { token: 'none' } },
        ...{ enabled: false, labels: { team: `team of ${key}` } },
      }),
    );
    const { server } = testConfig([]);
    for (const role of ['api', 'poller', 'notifier'] as const) {
      const app = await startProcess({ sources, server: { ...server, auth: 'tokens' } }, [role]);
      const ask = (token?: string) =>
        scrapeText(app, token === undefined ? {} : { authorization: `Bearer ${token}` });
      expect([role, (await ask()).status, (await ask('nonsense')).status]).toEqual([role, 401, 401]);
      expect([role, (await ask(other)).status]).toEqual([role, 403]);
      const [everything, some] = [await ask(all), await ask(limited)];
      expect([role, everything.status, some.status]).toEqual([role, 200, 200]);
      expect(everything.text).toContain('team of vault');
      expect(some.text).not.toContain('vault');
      expect(some.text).toContain('type of charts');
      const live = await app.inject({ url: '/health/live' });
      expect([role, live.statusCode]).toEqual([role, 200]);
    }
  });
});

it('a scrape of 120,000 jobs in twenty sources is as many statements as of none, and none of them reads the table of jobs', async () => {
  const app = await startProcess();
  // the sizes of tables, which are asked for once in a minute
  await scrapeText(app);
  const ofNothing = await recording(() => scrapeText(app));
  await insertManyJobs(test.database, 120_000);
  const ofMany = await recording(() => scrapeText(app));
  expect(ofMany.map(({ text }) => text)).toEqual(ofNothing.map(({ text }) => text));
  expect(ofMany.length).toBeLessThanOrEqual(10);
  const { samples } = (await scrape(app)).get('rollcall_oldest_open_job_timestamp_seconds')!;
  expect(samples.length).toBeGreaterThan(SOURCES.length);
  for (const { text, values } of ofMany.filter((statement) => statement.text.startsWith('SELECT'))) {
    const [row] = await rows<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
      `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`,
      values,
    );
    const nodes = flatten(row!['QUERY PLAN'][0].Plan);
    const ofJobs = nodes.filter((node) => node['Relation Name'] === 'job');
    // one probe for each source and state, or each source and word
    for (const node of ofJobs)
      expect(node).toMatchObject({ 'Node Type': expect.stringMatching(/^Index/) as string });
    expect(nodes[0]!['Shared Hit Blocks'] + nodes[0]!['Shared Read Blocks']).toBeLessThan(5_000);
  }
});

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
  Plans?: PlanNode[];
}

function flatten(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(flatten)];
}

/** Every statement that `work` sent to any database. */
async function recording(work: () => Promise<unknown>): Promise<{ text: string; values: unknown[] }[]> {
  const statements: { text: string; values: unknown[] }[] = [];
  const query = Client.prototype.query as (...args: unknown[]) => unknown;
  const spy = jest.spyOn(Client.prototype, 'query').mockImplementation(function (
    this: Client,
    ...args: unknown[]
  ) {
    const [first, values] = args as [string | { text: string; values?: unknown[] }, unknown[]?];
    if (typeof first === 'string') statements.push({ text: first, values: values ?? [] });
    else statements.push({ text: first.text, values: first.values ?? values ?? [] });
    return query.apply(this, args) as never;
  });
  try {
    await work();
    return statements;
  } finally {
    spy.mockRestore();
  }
}

describe('after a life of polls, faults and connections that break anywhere', () => {
  const ROUNDS = 40;
  /** Connections that were broken in the middle of a statement or a transaction. */
  const LEAST_BROKEN = 5;
  const START = Date.UTC(2025, 0, 15, 14);

  let simulators: Simulators;
  let clock: ManualClock;
  let pollers: { database: Database; service: PollService }[];

  beforeEach(async () => {
    clock = new ManualClock(START);
    simulators = await startSimulators({
      ...{ seed: 11, clock, jobs: 150, limits: false, paceMs: 15_000, birthEveryMs: 2_000 },
      historyMs: 3_600_000,
    });
    closing.push(() => simulators.close());
    pollers = [];
    for (let count = 0; count < 2; count++) {
      const database = await openDatabase({ url: test.url, dataDir: '', poolSize: 4, log: quietLog() });
      const poll = { overlapMs: 30_000 };
      const sources = simulators.sources.map((source) => sourceConfig({ ...source, poll }));
      const service = new PollService(testConfig(sources), database, NO_PATIENCE);
      pollers.push({ database, service });
      closing.push(async () => {
        await service.onApplicationShutdown();
        await database.close();
      });
    }
    await pollers[0]!.service.reconcile();
  });

  /** Polls until it went well, whoever holds the source until then. */
  const pollWell = (service: PollService, key: string) =>
    waitFor(async () => {
      try {
        return (await service.pollNow(key, 'incremental')).error === null;
      } catch {
        return false;
      }
    });

  it('every process shows what a recount of everything stored gives', async () => {
    const random = new Random(5);
    const keys = simulators.sources.map(({ key }) => key);
    const { platforms } = simulators.world;
    let broken = 0;
    for (let round = 0; round < ROUNDS || broken < LEAST_BROKEN; round++) {
      clock.advance(random.int(5_000, 60_000));
      if (random.int(0, 3) === 0)
        simulators.inject(random.pick(platforms as [(typeof platforms)[0]]), { kind: 'status', status: 503 });
      const polls = pollers.map(({ service }) =>
        service.pollNow(random.pick(keys as [string]), random.int(0, 5) === 0 ? 'sweep' : 'incremental'),
      );
      if (random.int(0, 2) === 0) {
        const cut = await rows<{ cut: boolean }>(
          `SELECT pg_terminate_backend(pid) AS cut FROM pg_stat_activity
           WHERE datname = current_database() AND pid <> pg_backend_pid() AND random() < 0.5
             AND state IN ('active', 'idle in transaction')`,
        );
        broken += cut.length;
      }
      await Promise.allSettled(polls);
    }
    for (const { service } of pollers) for (const key of keys) await pollWell(service, key);

    const shown = await scrape(await startProcess());
    await expectRecount(shown, test.database);
    const requests = shown.get('rollcall_upstream_requests_total')!.samples;
    const [spent] = await rows<{ requests: number }>(
      'SELECT sum(requests) AS requests FROM rollcall.upstream_request',
    );
    expect(requests.reduce((sum, { value }) => sum + value, 0)).toBe(spent!.requests);
    expect(requests.map(({ labels }) => labels.status)).toEqual(expect.arrayContaining(['200', '503']));
  });
});

it('kill -9 again and again, and every process shows what a recount gives', async () => {
  const lab = await ReplicaLab.open({ seed: 43, jobs: 200, replicas: 2 });
  closing.push(() => lab.close());
  lab.live(true);
  for (let kills = 0; kills < KILLS || lab.cutPolls === 0; kills++) await lab.killOne(12);
  // what the first reads bring is not counted, and on a busy machine the kills may fall into them alone
  while (!(await lab.hasMeasured())) await lab.nextRequest();
  await lab.settle();
  // nobody writes any more
  await Promise.all(lab.replicas.map((replica) => replica.end('SIGTERM')));
  const app = await startApp(testConfig([]), lab.test.database, ['notifier']);
  closing.push(() => app.close());
  await expectRecount(await scrape(app), lab.test.database);
});

it('rejects are as many as there are, however they come and go', async () => {
  for (const key of ['charts', 'vault']) await insertSource(test.database, { key });
  const app = await startProcess();
  const insert = `INSERT INTO rollcall.reject (source_key, digest, reasons, first_seen_at, last_seen_at, payload)
    SELECT key, int4send(n), '{no id}', now(), now(), '{}' FROM rollcall.source, generate_series(1, 5) AS n
    ON CONFLICT (source_key, digest) DO UPDATE SET count = reject.count + 1`;
  await rows(insert);
  await rows(insert);
  await rows("DELETE FROM rollcall.reject WHERE source_key = 'vault' AND digest > int4send(2)");
  await rows('DELETE FROM rollcall.reject WHERE false');
  const families = await scrape(app);
  expect(valueOf(families, 'rollcall_rejects', { source: 'charts' })).toBe(5);
  expect(valueOf(families, 'rollcall_rejects', { source: 'vault' })).toBe(2);
});

it('shows every state of a source, also those that no job is in', async () => {
  await insertSource(test.database, { key: 'charts' });
  const families = await scrape(await startProcess());
  const states = families.get('rollcall_jobs')!.samples.map(({ labels }) => labels.state);
  expect(states).toEqual([...JOB_STATES]);
});
