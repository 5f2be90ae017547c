import { SourceConfig } from '../src/config/config.js';
import { jobId } from '../src/domain/job-id.js';
import { PollService } from '../src/polling/poll.service.js';
import { JobWriter } from '../src/storage/job.writer.js';
import { fromPg } from '../src/storage/pg-time.js';
import { chartJob, ChartsServer, startChartsServer } from './support/charts-server.js';
import { SourceDraft, sourceConfig, testConfig } from './support/config.js';
import { createTestDatabase, TestDatabase } from './support/postgres.js';

let test: TestDatabase;
let charts: ChartsServer;
const services: PollService[] = [];

beforeEach(async () => {
  test = await createTestDatabase();
  charts = await startChartsServer([chartJob('a', 'completed'), chartJob('b', 'processing')]);
});

afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.onApplicationShutdown()));
  await charts.close();
  await test.drop();
});

function chartsSource(over: Partial<SourceDraft> = {}): SourceConfig {
  return sourceConfig({
    key: 'charts',
    platform: 'vectorcharts',
    baseUrl: charts.baseUrl,
    auth: { token: charts.token },
    ...over,
  });
}

async function poller(...sources: SourceConfig[]): Promise<PollService> {
  const service = new PollService(testConfig(sources), test.database);
  services.push(service);
  await service.reconcile();
  return service;
}

const rows = <T>(sql: string, values: unknown[] = []): Promise<T[]> => test.database.query<T>(sql, values);
const job = async (externalId: string) =>
  (
    await rows<Record<string, unknown>>('SELECT * FROM rollcall.job WHERE id = $1', [
      jobId('charts', externalId),
    ])
  )[0]!;
const source = async (key = 'charts') =>
  (await rows<Record<string, unknown>>('SELECT * FROM rollcall.source WHERE key = $1', [key]))[0]!;
const events = () =>
  rows<{
    type: string;
    job_id: string;
    sequence: number;
    backfill: boolean;
    to_state: string;
    changed: string[];
  }>(
    "SELECT type, job_id, sequence, backfill, to_state, changed FROM rollcall.event WHERE type <> 'source.health' ORDER BY position",
  );
const counts = async () =>
  Object.fromEntries(
    (
      await rows<{ state: string; jobs: number; absent: number }>(
        'SELECT state, jobs, absent FROM rollcall.job_count',
      )
    ).map((row) => [row.state, [row.jobs, row.absent]]),
  );

describe('a poll', () => {
  it('stores every job with its discovery, as backfill, and proves its knowledge by the upstream clock', async () => {
    const service = await poller(chartsSource());
    const before = Math.floor(Date.now() / 1000) * 1000;
    expect(await service.pollNow('charts', 'incremental')).toMatchObject({
      health: 'healthy',
      records: 2,
      discovered: 2,
      requests: 1,
    });
    expect(await job('b')).toMatchObject({
      state: 'running',
      progress: 0.45,
      raw_status: 'processing',
      version: 1,
      provenance: { startedAt: 'unknown' },
    });
    expect((await events()).map(({ type, sequence, backfill }) => [type, sequence, backfill])).toEqual([
      ['job.discovered', 1, true],
      ['job.discovered', 1, true],
    ]);
    expect(await rows('SELECT from_state, to_state FROM rollcall.transition ORDER BY to_state')).toEqual([
      { from_state: null, to_state: 'running' },
      { from_state: null, to_state: 'succeeded' },
    ]);
    expect(await counts()).toEqual({ running: [1, 0], succeeded: [1, 0] });
    const through = fromPg((await source())['complete_through'] as string);
    expect(through).toBeGreaterThanOrEqual(before);
    expect(through).toBeLessThanOrEqual(Date.now());
  });

  it('writes no job row and no event when nothing changed', async () => {
    const service = await poller(chartsSource());
    await service.pollNow('charts', 'incremental');
    const versions = () => rows('SELECT id, xmin::text, ctid::text FROM rollcall.job ORDER BY id');
    const [before, feed] = [await versions(), await rows('SELECT position FROM rollcall.event')];
    expect(await service.pollNow('charts', 'incremental')).toMatchObject({
      records: 2,
      discovered: 0,
      changed: 0,
    });
    expect(await versions()).toEqual(before);
    expect(await rows('SELECT position FROM rollcall.event')).toEqual(feed);
  });

  it('has the planner look at the tables after a large first read, and not after every large one', async () => {
    const analyze = jest.spyOn(JobWriter.prototype, 'analyze');
    const many = (count: number) =>
      Array.from({ length: count }, (_, place) => chartJob(`job-${place}`, 'completed'));
    charts.jobs = many(1_000);
    const service = await poller(chartsSource());
    await service.pollNow('charts', 'sweep');
    expect(analyze).toHaveBeenCalledTimes(1);
    charts.jobs = many(2_000);
    expect(await service.pollNow('charts', 'sweep')).toMatchObject({ discovered: 1_000 });
    expect(analyze).toHaveBeenCalledTimes(1);
    analyze.mockRestore();
  });

  it('records a transition with its event, numbered after the discovery, and not as backfill', async () => {
    const service = await poller(chartsSource());
    await service.pollNow('charts', 'incremental');
    charts.jobs = [chartJob('a', 'completed'), chartJob('b', 'completed', { updated_at: 1736950900000 })];
    await service.pollNow('charts', 'incremental');
    expect(await job('b')).toMatchObject({
      state: 'succeeded',
      version: 2,
      progress: 1,
      provenance: { startedAt: 'unknown', finishedAt: 'inferred' },
    });
    expect((await events()).at(-1)).toMatchObject({
      type: 'job.transitioned',
      sequence: 2,
      backfill: false,
      to_state: 'succeeded',
    });
    expect(await counts()).toEqual({ running: [0, 0], succeeded: [2, 0] });
  });

  it('a record that is older changes nothing', async () => {
    const service = await poller(chartsSource());
    await service.pollNow('charts', 'incremental');
    charts.jobs = [chartJob('a', 'processing', { updated_at: 1736950400000 }), chartJob('b', 'processing')];
    expect(await service.pollNow('charts', 'incremental')).toMatchObject({ changed: 0, health: 'healthy' });
    expect(await job('a')).toMatchObject({ state: 'succeeded', version: 1 });
  });

  it('an unfinished job vanishes after two complete reads without it, keeps its state, and can reappear', async () => {
    const service = await poller(chartsSource());
    await service.pollNow('charts', 'incremental');
    charts.jobs = [chartJob('a', 'completed')];
    await service.pollNow('charts', 'incremental');
    expect(await job('b')).toMatchObject({ state: 'running', vanished_at: null, version: 1 });
    await service.pollNow('charts', 'incremental');
    expect(await job('b')).toMatchObject({ state: 'running', vanished_at: expect.any(String), version: 2 });
    expect(await counts()).toEqual({ running: [1, 1], succeeded: [1, 0] });
    charts.jobs = [chartJob('a', 'completed'), chartJob('b', 'processing')];
    await service.pollNow('charts', 'incremental');
    expect(await job('b')).toMatchObject({
      state: 'running',
      vanished_at: null,
      absent_at: null,
      version: 3,
    });
    expect((await events()).slice(2).map(({ type, sequence }) => [type, sequence])).toEqual([
      ['job.vanished', 2],
      ['job.reappeared', 3],
    ]);
    expect(await counts()).toEqual({ running: [1, 0], succeeded: [1, 0] });
  });

  it('a finished job that the platform purged stays as it is', async () => {
    const service = await poller(chartsSource());
    await service.pollNow('charts', 'incremental');
    charts.jobs = [chartJob('b', 'processing')];
    for (let round = 0; round < 3; round++) await service.pollNow('charts', 'incremental');
    expect(await job('a')).toMatchObject({
      state: 'succeeded',
      vanished_at: null,
      absent_at: expect.any(String),
      version: 1,
    });
    expect(await events()).toHaveLength(2);
    expect(await counts()).toEqual({ running: [1, 0], succeeded: [1, 1] });
  });

  it('a failed read proves no absence', async () => {
    const service = await poller(chartsSource());
    await service.pollNow('charts', 'incremental');
    for (let round = 0; round < 3; round++) {
      charts.faults.push((_request, response) =>
        response.writeHead(200, { 'content-type': 'application/json' }).end('[{"id":'),
      );
      expect(await service.pollNow('charts', 'incremental')).toMatchObject({
        health: 'failing',
        reason: 'malformed-response',
      });
    }
    expect(await job('b')).toMatchObject({ vanished_at: null, absent_at: null });
  });

  it('keeps a bad record as a reject beside its page, until the record normalizes', async () => {
    charts.jobs = [chartJob('a', 'completed'), chartJob('c', 'processing', { created_at: 'yesterday' }), 7];
    const service = await poller(chartsSource());
    expect(await service.pollNow('charts', 'incremental')).toMatchObject({
      discovered: 1,
      rejected: 2,
      health: 'degraded',
      reason: 'rejects',
    });
    await service.pollNow('charts', 'incremental');
    expect(await rows('SELECT external_id, count FROM rollcall.reject ORDER BY external_id')).toEqual([
      { external_id: 'c', count: 2 },
      { external_id: null, count: 2 },
    ]);
    charts.jobs = [chartJob('a', 'completed'), chartJob('c', 'processing')];
    expect(await service.pollNow('charts', 'incremental')).toMatchObject({
      discovered: 1,
      health: 'healthy',
    });
    expect(await rows('SELECT 1 FROM rollcall.reject')).toEqual([]);
  });

  it('a record that is nested without end fails neither its page nor the poll', async () => {
    charts.faults.push((_request, response) => {
      const deep = `{"id":"deep","parameters":${'['.repeat(200_000)}${']'.repeat(200_000)}}`;
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(`[${JSON.stringify(charts.jobs[0])},${deep}]`);
    });
    const service = await poller(chartsSource());
    expect(await service.pollNow('charts', 'incremental')).toMatchObject({
      error: null,
      discovered: 1,
      rejected: 1,
    });
    expect(await rows('SELECT reasons FROM rollcall.reject')).toEqual([{ reasons: ['nested too deeply'] }]);
  });

  it('a word without a rule is unknown, counted, and heals with an override that reaches the quiet job', async () => {
    charts.jobs = [chartJob('a', 'archived')];
    const service = await poller(chartsSource());
    expect(await service.pollNow('charts', 'incremental')).toMatchObject({
      health: 'degraded',
      reason: 'unmapped-statuses',
    });
    expect(await job('a')).toMatchObject({ state: 'unknown', raw_status: 'archived', status_mapped: false });
    const wiser = await poller(
      chartsSource({ statusOverrides: { ARCHIVED: { state: 'succeeded', reason: null } } }),
    );
    expect(await wiser.pollNow('charts', 'incremental')).toMatchObject({ health: 'healthy', changed: 1 });
    expect(await job('a')).toMatchObject({ state: 'succeeded', raw_status: 'archived', version: 2 });
  });

  it('what is redacted never reaches the database', async () => {
    charts.jobs = [chartJob('a', 'completed', { parameters: { password: 'hunter2' } })];
    const service = await poller(chartsSource({ redact: ['$.parameters.password'] }));
    await service.pollNow('charts', 'incremental');
    const dump = JSON.stringify([
      await rows('SELECT * FROM rollcall.job'),
      await rows('SELECT * FROM rollcall.job_payload'),
      await rows('SELECT * FROM rollcall.event'),
    ]);
    expect(dump).not.toContain('hunter2');
    expect((await job('a'))['attributes']).toEqual({ parameters: { password: '[redacted]' } });
  });
});

describe('a source that fails', () => {
  it('with a refused credential says so, is left alone for five minutes, and touches no other source', async () => {
    const service = await poller(chartsSource(), chartsSource({ key: 'locked', auth: { token: 'wrong' } }));
    expect(await service.pollNow('locked', 'incremental')).toMatchObject({
      health: 'failing',
      reason: 'authentication',
      requests: 1,
    });
    expect(await service.pollNow('charts', 'incremental')).toMatchObject({ health: 'healthy' });
    const locked = await source('locked');
    expect(locked).toMatchObject({
      health: 'failing',
      consecutive_failures: 1,
      last_error: { kind: 'authentication' },
      complete_through: null,
    });
    expect(JSON.stringify(locked)).not.toContain('wrong');
    expect(fromPg(locked['next_poll_at'] as string) - Date.now()).toBeGreaterThan(4.9 * 60_000);
  });

  it('heals, and both turns are events of the source', async () => {
    const service = await poller(chartsSource());
    await service.pollNow('charts', 'incremental');
    charts.faults.push((_request, response) => response.writeHead(403).end());
    await service.pollNow('charts', 'incremental');
    await service.pollNow('charts', 'incremental');
    expect(
      await rows(
        "SELECT body->>'health' AS health, body->>'reason' AS reason FROM rollcall.event WHERE type = 'source.health' ORDER BY position",
      ),
    ).toEqual([
      { health: 'healthy', reason: null },
      { health: 'failing', reason: 'permission' },
      { health: 'healthy', reason: null },
    ]);
  });
});

describe('the lease', () => {
  it('a poller whose source was claimed by another writes nothing more', async () => {
    const service = await poller(chartsSource());
    charts.faults.push((_request, response) => {
      test.database
        .query('UPDATE rollcall.source SET lease_token = lease_token + 1')
        .then(() =>
          response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(charts.jobs)),
        )
        .catch((error: Error) => response.destroy(error));
    });
    await expect(service.pollNow('charts', 'incremental')).rejects.toThrow('lease');
    expect(await rows('SELECT 1 FROM rollcall.job')).toEqual([]);
    expect(await rows('SELECT 1 FROM rollcall.event')).toEqual([]);
  });

  it('two pollers never poll one source at one time', async () => {
    const [one, two] = [await poller(chartsSource()), await poller(chartsSource())];
    const rival = new Promise<unknown>((resolve) => {
      charts.faults.push((_request, response) => {
        void two
          .pollNow('charts', 'incremental')
          .catch((error: unknown) => error)
          .then((answer) => {
            resolve(answer);
            response.writeHead(200, { 'content-type': 'application/json' }).end('[]');
          });
      });
    });
    await one.pollNow('charts', 'incremental');
    expect(await rival).toMatchObject({ message: expect.stringContaining('polled by another process') });
  });
});

describe('the configuration', () => {
  it('retires a source that left the file, keeps its jobs, and takes it back', async () => {
    const service = await poller(chartsSource());
    await service.pollNow('charts', 'incremental');
    await poller();
    expect(await source()).toMatchObject({ health: 'retired', next_poll_at: null });
    expect(await rows('SELECT 1 FROM rollcall.job')).toHaveLength(2);
    await poller(chartsSource());
    expect(await source()).toMatchObject({
      health: 'degraded',
      retired_at: null,
      next_poll_at: expect.any(String),
    });
  });
});
