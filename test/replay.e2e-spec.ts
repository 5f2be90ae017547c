import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { run } from '../src/cli.js';
import { jobId } from '../src/domain/job-id.js';
import { RulesBySource } from '../src/explain/source-rules.js';
import { PollService } from '../src/polling/poll.service.js';
import { RuleNotice } from '../src/replay/rule-notice.js';
import { SourceReplay } from '../src/replay/source-replay.js';
import { LeaseStore } from '../src/storage/lease.store.js';
import { startApi } from './support/api.js';
import { chartJob, ChartsServer, startChartsServer } from './support/charts-server.js';
import { sourceConfig, SourceDraft, testConfig } from './support/config.js';
import { createTestDatabase, TestDatabase } from './support/postgres.js';
import { waitFor } from './support/wait-for.js';

let test: TestDatabase;
let charts: ChartsServer;
const services: PollService[] = [];

beforeEach(async () => {
  test = await createTestDatabase();
  charts = await startChartsServer();
});
afterEach(async () => {
  await Promise.all(services.splice(0).map((service) => service.onApplicationShutdown()));
  await charts.close();
  await test.drop();
});

function source(over: Partial<SourceDraft> = {}) {
  const { baseUrl, token } = charts;
  return sourceConfig({ key: 'charts', platform: 'vectorcharts', baseUrl, auth: { token }, ...over });
}

async function poll(over: Partial<SourceDraft> = {}): Promise<void> {
  const service = new PollService(testConfig([source(over)]), test.database);
  services.push(service);
  await service.reconcile();
  expect(await service.pollNow('charts', 'sweep')).toMatchObject({ error: null });
}

function replayUnder(over: Partial<SourceDraft>): SourceReplay {
  const config = testConfig([source(over)]);
  return new SourceReplay(new RulesBySource(config).get('charts')!, test.database, config.metrics.maxTypes);
}

const never = () => new AbortController().signal;
const apply = (over: Partial<SourceDraft>) =>
  replayUnder(over).apply({ signal: never(), onWait: () => undefined });

async function rows<T = Record<string, unknown>>(sql: string): Promise<T[]> {
  return test.database.query<T>(sql);
}
const states = async () =>
  Object.fromEntries(
    (await rows<{ external_id: string; state: string }>('SELECT external_id, state FROM rollcall.job')).map(
      ({ external_id, state }) => [external_id, state],
    ),
  );

/** Wanted, and not finished: another name for what the platform calls an error. */
const OVERRIDE = { statusOverrides: { failed: { state: 'cancelled' as const, reason: 'stopped' } } };

describe('a replay', () => {
  beforeEach(() => {
    charts.jobs = [chartJob('a', 'failed'), chartJob('b', 'failed'), chartJob('c', 'completed')];
  });

  it('shows what would change, by which rule, and writes nothing', async () => {
    await poll();
    const before = await rows('SELECT * FROM rollcall.job ORDER BY id');
    const shown: unknown[] = [];
    const tally = await replayUnder(OVERRIDE).preview((difference) => shown.push(difference), never());
    expect(tally.counts).toEqual({
      ...{ jobs: 3, current: 0, changed: 2, unchanged: 1, notReplayable: 0, refused: 0 },
    });
    expect(tally.groups).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          ...{ field: 'state', from: 'failed', to: 'cancelled', jobs: 2 },
          rule: 'statusOverrides: "failed" → cancelled',
        }),
        expect.objectContaining({ field: 'reason', to: 'stopped', jobs: 2 }),
      ]),
    );
    expect(shown).toHaveLength(2);
    expect(await rows('SELECT * FROM rollcall.job ORDER BY id')).toEqual(before);
    expect(await rows('SELECT 1 FROM rollcall.event WHERE replayed')).toEqual([]);
  });

  it('changes jobs as polls do, with events that say what they are and page nobody', async () => {
    await poll();
    const finished = await rows('SELECT type, state, jobs FROM rollcall.metric_finished');
    expect((await apply(OVERRIDE)).counts).toMatchObject({ changed: 2, unchanged: 1 });

    expect(await states()).toEqual({ a: 'cancelled', b: 'cancelled', c: 'succeeded' });
    expect(
      await rows('SELECT state, jobs, absent FROM rollcall.job_count WHERE jobs <> 0 ORDER BY state'),
    ).toEqual([
      { state: 'cancelled', jobs: 2, absent: 0 },
      { state: 'succeeded', jobs: 1, absent: 0 },
    ]);
    const counted = await rows<{ state: string; jobs: number }>(
      'SELECT type, state, jobs FROM rollcall.metric_finished',
    );
    expect(counted.reduce((sum, { jobs }) => sum + jobs, 0)).toBe(
      finished.reduce((sum, row) => sum + (row['jobs'] as number), 0),
    );

    const api = await startApi(test.database, testConfig([source(OVERRIDE)]));
    try {
      const { body } = await api.get('/api/v1/events?types=job.transitioned');
      expect(body.data).toHaveLength(2);
      expect(body.data[0]).toMatchObject({
        ...{ type: 'job.transitioned', from: 'failed', to: 'cancelled', sequence: 2 },
        ...{ backfill: true, replayed: true, changed: expect.arrayContaining(['state', 'reason']) },
        job: { state: 'cancelled', reason: 'stopped', version: 2, freshness: 'fresh' },
      });
      const found = await api.get('/api/v1/events?types=job.discovered');
      expect(found.body.data[0]).not.toHaveProperty('replayed');
      const { body: transitions } = await api.get(`/api/v1/jobs/${jobId('charts', 'a')}/transitions`);
      expect(transitions.data).toMatchObject([
        { sequence: 1, from: null, to: 'failed' },
        { sequence: 2, from: 'failed', to: 'cancelled', rawStatus: 'failed', reason: 'stopped' },
      ]);
      const { body: explained } = await api.get(`/api/v1/jobs/${jobId('charts', 'a')}/explain`);
      expect(explained).toMatchObject({
        records: { list: { sameRules: true } },
        fields: { state: { value: 'cancelled', note: expect.stringContaining('replay') } },
      });
    } finally {
      await api.close();
    }
  });

  it('is done once: again, or by the next poll under the same rules, nothing is written', async () => {
    await poll();
    await apply(OVERRIDE);
    const written = 'SELECT id, xmin::text AS xmin FROM rollcall.job ORDER BY id';
    const before = await rows(written);
    expect((await apply(OVERRIDE)).counts).toEqual({
      ...{ jobs: 3, current: 3, changed: 0, unchanged: 0, notReplayable: 0, refused: 0 },
    });
    await poll(OVERRIDE);
    expect(await rows(written)).toEqual(before);
  });

  it('takes what is redacted by now out of what is stored', async () => {
    charts.jobs = [chartJob('a', 'completed', { parameters: { key: 'hunter2', area: 7 } })];
    await poll();
    const { groups } = await replayUnder({ redact: ['$.parameters.key'] }).preview(() => undefined, never());
    expect(groups).toMatchObject([{ field: 'attributes', from: undefined, jobs: 1 }]);
    await apply({ redact: ['$.parameters.key'] });
    const stored = JSON.stringify([
      await rows('SELECT record FROM rollcall.job_payload'),
      await rows('SELECT attributes FROM rollcall.job'),
    ]);
    expect(stored).not.toContain('hunter2');
  });

  it('counts what it cannot replay, and what the present rules refuse', async () => {
    await poll();
    const idOf = (id: string) => jobId('charts', id);
    await rows(`DELETE FROM rollcall.job_payload WHERE job_id = '${idOf('a')}'`);
    await rows(
      `UPDATE rollcall.job_payload SET record = replace(record, '1736950000000', '"no time"') WHERE job_id = '${idOf('b')}'`,
    );
    const before = await rows(`SELECT * FROM rollcall.job WHERE id IN ('${idOf('a')}', '${idOf('b')}')`);
    const tally = await apply(OVERRIDE);
    expect(tally.counts).toMatchObject({ jobs: 3, changed: 0, unchanged: 1, notReplayable: 1, refused: 1 });
    expect(tally.refusal).toMatchObject({ id: idOf('b') });
    expect(await rows(`SELECT * FROM rollcall.job WHERE id IN ('${idOf('a')}', '${idOf('b')}')`)).toEqual(
      before,
    );
  });

  it('sees nothing: what vanished stays so, and what is absent stays absent', async () => {
    charts.jobs = [chartJob('a', 'processing'), chartJob('b', 'completed')];
    await poll();
    charts.jobs = [];
    await poll();
    await poll();
    const facts =
      'SELECT external_id, absent_at, vanished_at, seen_at, state FROM rollcall.job ORDER BY external_id';
    const before = await rows(facts);
    expect(before).toMatchObject([{ vanished_at: expect.any(String) }, { absent_at: expect.any(String) }]);
    const rules = {
      statusOverrides: {
        processing: { state: 'queued' as const, reason: null },
        completed: { state: 'skipped' as const, reason: null },
      },
    };
    expect((await apply(rules)).counts.changed).toBe(2);
    expect(await rows(facts)).toEqual([
      { ...before[0], state: 'queued' },
      { ...before[1], state: 'skipped' },
    ]);
    expect(
      await rows(
        "SELECT type, body ->> 'freshness' AS freshness FROM rollcall.event WHERE replayed ORDER BY position",
      ),
    ).toEqual([
      { type: 'job.transitioned', freshness: 'vanished' },
      { type: 'job.transitioned', freshness: 'fresh' },
    ]);
    const counts = 'SELECT state, jobs, absent FROM rollcall.job_count WHERE jobs <> 0 ORDER BY state';
    expect(await rows(counts)).toEqual([
      { state: 'queued', jobs: 1, absent: 1 },
      { state: 'skipped', jobs: 1, absent: 1 },
    ]);
    // by the rules of now it had ended: no job that ended has vanished
    await apply({ statusOverrides: { processing: { state: 'missed', reason: null } } });
    expect(await rows("SELECT vanished_at FROM rollcall.job WHERE external_id = 'a'")).toEqual([
      { vanished_at: null },
    ]);
  });

  it('has jobs that are open only now read soon, and in a round of their own', async () => {
    await poll();
    await rows(`UPDATE rollcall.source SET next_poll_at = now() + interval '1 hour',
      open_round = '{"beganAt": 1, "afterOrdinal": 99, "failing": [7]}'`);
    await apply({ statusOverrides: { failed: { state: 'running', reason: null } } });
    expect(await states()).toMatchObject({ a: 'running', b: 'running' });
    expect(
      await rows('SELECT open_round, next_poll_at <= now() AS due, lease_until FROM rollcall.source'),
    ).toEqual([{ open_round: { failing: [7] }, due: true, lease_until: null }]);
  });

  it('waits for the poll under way, and writes nothing without the lease', async () => {
    await poll();
    const leases = new LeaseStore(test.database);
    const lease = (await leases.claimNow('a poller', 'charts', 600_000))!;
    let waited = 0;
    const applied = replayUnder(OVERRIDE).apply({ signal: never(), onWait: () => void waited++ });
    await waitFor(() => Promise.resolve(waited));
    expect(await states()).toMatchObject({ a: 'failed' });
    await leases.release({ ...lease, requested: 'sweep' }, 3_600_000);
    await applied;
    expect(await states()).toMatchObject({ a: 'cancelled' });
    // what somebody asked of the source is still asked for
    expect(await rows('SELECT requested_poll FROM rollcall.source')).toEqual([{ requested_poll: 'sweep' }]);
  });

  it('goes on where it stood after it was ended in the middle', async () => {
    charts.jobs = Array.from({ length: 450 }, (_, index) => chartJob(`j${index}`, 'failed'));
    await poll();
    const ending = new AbortController();
    const { database } = test;
    const transact = database.transaction.bind(database);
    const spy = jest.spyOn(database, 'transaction').mockImplementation(async (work) => {
      const [{ done }] = (await rows<{ done: number }>(
        'SELECT count(*) AS done FROM rollcall.event WHERE replayed',
      )) as [{ done: number }];
      if (done > 0) ending.abort();
      return transact(work);
    });
    try {
      const cut = replayUnder(OVERRIDE).apply({ signal: ending.signal, onWait: () => undefined });
      await expect(cut).rejects.toThrow('aborted');
    } finally {
      spy.mockRestore();
    }
    const [{ done }] = (await rows<{ done: number }>(
      "SELECT count(*) AS done FROM rollcall.job WHERE state = 'cancelled'",
    )) as [{ done: number }];
    expect(done).toBeGreaterThanOrEqual(200);
    expect(done).toBeLessThan(450);
    expect((await apply(OVERRIDE)).counts).toMatchObject({ jobs: 450, changed: 450 - done, current: done });
    expect(
      await rows(`SELECT count(*) AS jobs FROM rollcall.job j WHERE version = 2 AND (SELECT count(*) FROM rollcall.event e
        WHERE e.job_id = j.id AND e.sequence = 2 AND replayed) = 1`),
    ).toEqual([{ jobs: 450 }]);
  });
});

describe('the notice of other rules', () => {
  it('says once how many stored jobs a changed override moves', async () => {
    charts.jobs = [chartJob('a', 'failed'), chartJob('b', 'failed'), chartJob('c', 'completed')];
    await poll();
    const logged = jest.spyOn(Logger.prototype, 'log').mockImplementation(() => undefined);
    try {
      const notice = new RuleNotice(test.database);
      const tell = async (over: Partial<SourceDraft>) => {
        logged.mockClear();
        notice.tell([source(over)]);
        await notice.onApplicationShutdown();
        return logged.mock.calls.map(([line]) => line as unknown);
      };
      expect(await tell({})).toEqual([]);
      expect(await tell(OVERRIDE)).toEqual([
        {
          ...{ source: 'charts', stored: 3, otherState: 2 },
          words: [{ rawStatus: 'failed', from: 'failed', to: 'cancelled', jobs: 2 }],
          msg: expect.stringContaining('rollcall replay --source charts --dry-run'),
        },
      ]);
      expect(await tell(OVERRIDE)).toEqual([]);
      expect(await replayUnder(OVERRIDE).isReadOtherwise()).toBe(false);
      expect(await replayUnder({}).isReadOtherwise()).toBe(true);
    } finally {
      logged.mockRestore();
    }
  });
});

describe('rollcall replay', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'rollcall-replay-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  async function rollcall(...args: string[]) {
    const stdout = new PassThrough();
    const stderr = new PassThrough();
    const env = { DATABASE_URL: test.url, ROLLCALL_DATA_DIR: folder };
    const interruption = never;
    const code = await run(args, { env, cwd: folder, stdout, stderr, interruption });
    return { code, stdout: await text(stdout.end()), stderr: await text(stderr.end()) };
  }

  it('prints the difference, and applies it unless it is a dry run', async () => {
    charts.jobs = [chartJob('a', 'failed'), chartJob('b', 'completed')];
    await poll();
    writeFileSync(
      join(folder, 'rollcall.yaml'),
      `sources:
  - key: charts
    platform: vectorcharts
    baseUrl: ${charts.baseUrl}
    auth: { token: charts-token }
    statusOverrides: { failed: { state: cancelled } }
`,
    );
    const dry = await rollcall('replay', '--dry-run');
    expect(dry.code).toBe(0);
    expect(dry.stderr).toContain('charts: 2 jobs, 1 would change');
    expect(dry.stdout).toMatch(/1 +state +failed +cancelled +statusOverrides: "failed" → cancelled/);
    expect(await states()).toMatchObject({ a: 'failed' });

    const { code, stdout } = await rollcall('replay', '--source', 'charts', '--json');
    expect(code).toBe(0);
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toMatchObject([
      {
        ...{ source: 'charts', id: jobId('charts', 'a'), externalId: 'a' },
        changes: expect.arrayContaining([
          { field: 'state', from: 'failed', to: 'cancelled', rule: 'statusOverrides: "failed" → cancelled' },
        ]),
      },
      { source: 'charts', found: { jobs: 2, changed: 1, unchanged: 1 } },
      { source: 'charts', applied: { jobs: 2, changed: 1, unchanged: 1 } },
    ]);
    expect(await states()).toMatchObject({ a: 'cancelled' });
    expect(await rollcall('replay', '--source', 'chart')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('did you mean charts?'),
    });
  });
});
