import { Client } from 'pg';
import { Config } from '../src/config/config.js';
import { jobId } from '../src/domain/job-id.js';
import { JOB_STATES, JobState, STATE_GROUPS, TERMINAL_STATES } from '../src/domain/job-state.js';
import { PollService } from '../src/polling/poll.service.js';
import { RetentionService } from '../src/retention/retention.service.js';
import { Random } from '../src/simulators/random.js';
import { PollStore } from '../src/storage/poll.store.js';
import { tokenHash } from '../src/storage/token.store.js';
import { JobLookup } from '../src/storage/job.lookup.js';
import { Answer, startApi, TestApi } from './support/api.js';
import { startApp } from './support/app.js';
import { chartJob, ChartsServer, startChartsServer } from './support/charts-server.js';
import { sourceConfig, testConfig } from './support/config.js';
import { insertJobs, insertSource, insertTransition, JobSeed } from './support/jobs.js';
import { createTestDatabase, TestDatabase } from './support/postgres.js';
import { parsePrometheusText, valueOf } from './support/prometheus-text.js';
import { waitFor } from './support/wait-for.js';

// Contract, section 2: retention counts from changedAt and takes only finished jobs that the last complete sweep no longer lists.

const DAY = 86_400_000;
const RETENTION = { jobsMs: 180 * DAY, payloadsMs: 30 * DAY, eventsMs: 30 * DAY, auditMs: 90 * DAY };
/** Everything that may go, goes at once. */
const AT_ONCE = { ...RETENTION, jobsMs: 1, payloadsMs: 1 };

let test: TestDatabase;
let closing: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  test = await createTestDatabase({ poolSize: 8 });
  closing = [];
});
afterEach(async () => {
  for (const close of closing.reverse()) await close();
  await test.drop();
});

const rows = <T = Record<string, unknown>>(sql: string, values: unknown[] = []): Promise<T[]> =>
  test.database.query<T>(sql, values);
const serviceOf = (retention: Config['retention'] = RETENTION) =>
  new RetentionService(testConfig([], { retention }), test.database);
const ago = (days: number) => new Date(Date.now() - days * DAY).toISOString();

/** Every child of the jobs, so that one that stays behind is found. */
const CHILDREN = ['transition', 'job_payload', 'job_task', 'final_read'];

/** What a source's jobs left in each of them. */
async function addChildren(): Promise<void> {
  await rows(
    `INSERT INTO rollcall.transition (job_id, sequence, to_state, occurred_at, observed_at, mapping)
     SELECT id, 1, state, changed_at, changed_at, 'test/1' FROM rollcall.job`,
  );
  await rows(
    `INSERT INTO rollcall.job_payload (job_id, shape, record, mapping, read_at) SELECT id, 'list', '{}', 'test/1', now() FROM rollcall.job`,
  );
  await rows(`INSERT INTO rollcall.job_task (job_id, tasks) SELECT id, '[]' FROM rollcall.job`);
  await rows(
    `INSERT INTO rollcall.final_read (job_id, source_key, kind, marked_at, not_before)
     SELECT id, source_key, 'detail', now(), now() FROM rollcall.job`,
  );
}

/** As the sweeps left them: seeds are made without the absent ones. */
const countAbsent = () =>
  rows(
    `UPDATE rollcall.job_count c SET absent = (SELECT count(*) FROM rollcall.job j
       WHERE j.source_key = c.source_key AND j.state = c.state AND j.absent_at IS NOT NULL)`,
  );

/** The kept counts, and a recount of the jobs; zeros left out. */
async function counts(): Promise<{ kept: unknown[]; recounted: unknown[] }> {
  const kept = await rows(
    'SELECT source_key, state, jobs, absent FROM rollcall.job_count WHERE jobs <> 0 OR absent <> 0 ORDER BY 1, 2',
  );
  const recounted = await rows(
    `SELECT source_key, state, count(*) AS jobs, count(absent_at) AS absent FROM rollcall.job GROUP BY 1, 2 ORDER BY 1, 2`,
  );
  return { kept, recounted };
}

async function expectCounted(): Promise<void> {
  const { kept, recounted } = await counts();
  expect(kept).toEqual(recounted);
}

const idsOf = async () =>
  (await rows<{ id: string }>('SELECT id FROM rollcall.job ORDER BY id')).map(({ id }) => id);

describe('a sweep that misses jobs', () => {
  interface Plan {
    Plan: { 'Actual Rows': number; 'Shared Hit Blocks': number; 'Shared Read Blocks': number };
  }

  it('looks at those that are still listed, and not at all that retention keeps', async () => {
    await insertSource(test.database, { key: 'charts' });
    const seeds = Array.from({ length: 6_000 }, (_, index): JobSeed => ({
      ...{ source: 'charts', externalId: `${index}`, changedAt: ago(90) },
      absentAt: index % 200 === 0 ? null : ago(80),
    }));
    await insertJobs(test.database, seeds);
    await rows('VACUUM ANALYZE rollcall.job');
    let text = '';
    const spied = new JobLookup({
      query: (asked: { text: string }) => {
        text = asked.text;
        return Promise.resolve([]);
      },
    } as never);
    await spied.listedFinished('charts', 0, 0, 1);

    const client = await test.database.pool.connect();
    try {
      await client.query(`PREPARE listed AS ${text}`);
      for (const mode of ['force_custom_plan', 'force_generic_plan']) {
        await client.query(`SET plan_cache_mode = ${mode}`);
        const { rows: explained } = await client.query<{ 'QUERY PLAN': [Plan] }>(
          "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE listed('charts', 'infinity', 0, 10000)",
        );
        const { Plan: plan } = explained[0]!['QUERY PLAN'][0];
        const blocks = plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
        expect([mode, plan['Actual Rows'], blocks < 60]).toEqual([mode, 30, true]);
      }
    } finally {
      client.release(true);
    }
  });
});

describe('jobs', () => {
  it.each([1, 2, 3])(
    'go when they are finished, old and no longer listed, and no others (mix %d)',
    async (seed) => {
      const random = new Random(seed);
      const sources = ['charts', 'vault', 'left'] as const;
      for (const key of sources)
        await insertSource(test.database, { key, ...(key === 'left' ? { retiredAt: ago(300) } : {}) });
      const seeds = Array.from({ length: 800 }, (_, index): JobSeed => {
        const absent = random.chance(0.6);
        const state = random.pick(random.chance(0.8) ? TERMINAL_STATES : JOB_STATES);
        const open = (STATE_GROUPS.active as readonly JobState[]).includes(state);
        return {
          ...{ source: random.pick(sources), externalId: `${index}`, state },
          changedAt: ago(random.pick([0, 1, 179, 181, 200, 700])),
          absentAt: absent ? ago(random.pick([0.5, 2, 150])) : null,
          vanishedAt: open && absent && random.chance(0.5) ? ago(100) : null,
        };
      });
      await insertJobs(test.database, seeds);
      await countAbsent();
      await addChildren();
      const expected = await rows<{ id: string }>(
        `SELECT id FROM rollcall.job WHERE state = ANY($1::text[]) AND absent_at < now() - interval '1 day'
           AND changed_at < now() - interval '180 days'`,
        [TERMINAL_STATES],
      );
      const before = await idsOf();

      const round = await serviceOf().round();
      expect(round).toMatchObject({ jobs: expected.length, isPutOff: false });
      expect(expected.length).toBeGreaterThan(50);
      const gone = new Set(expected.map(({ id }) => id));
      const left = before.filter((id) => !gone.has(id));
      expect(await idsOf()).toEqual(left);
      await expectCounted();
      for (const child of CHILDREN)
        expect([child, await rows(`SELECT job_id AS id FROM rollcall.${child} ORDER BY 1`)]).toEqual([
          child,
          left.map((id) => ({ id })),
        ]);
      expect(await rows('SELECT 1 FROM rollcall.event')).toEqual([]);
      expect(await serviceOf().round()).toMatchObject({ jobs: 0 });
    },
  );

  it('are passed over while somebody writes them, and nobody waits', async () => {
    await insertSource(test.database, { key: 'charts' });
    const seeds = ['a', 'b', 'c'].map((externalId): JobSeed => ({
      ...{ source: 'charts', externalId, changedAt: ago(200), absentAt: ago(190) },
    }));
    await insertJobs(test.database, seeds);
    await countAbsent();
    await test.database.transaction(async (client) => {
      // as a poll does that meets it again
      await client.query('SELECT 1 FROM rollcall.job WHERE id = $1 FOR UPDATE', [jobId('charts', 'b')]);
      expect(await serviceOf().round()).toMatchObject({ jobs: 2, isPutOff: false });
      await client.query('UPDATE rollcall.job SET absent_at = NULL WHERE id = $1', [jobId('charts', 'b')]);
      await client.query("UPDATE rollcall.job_count SET absent = 0 WHERE source_key = 'charts'");
    });
    expect(await serviceOf().round()).toMatchObject({ jobs: 0 });
    expect(await idsOf()).toEqual([jobId('charts', 'b')]);
    await expectCounted();
  });

  const OLD = 2_200;
  async function insertOld(): Promise<void> {
    await insertSource(test.database, { key: 'charts' });
    const seeds = Array.from({ length: OLD }, (_, index): JobSeed => ({
      ...{ source: 'charts', externalId: `${index}`, changedAt: ago(200), absentAt: ago(190) },
    }));
    await insertJobs(test.database, seeds);
    await countAbsent();
  }

  it('are removed once by several processes at once', async () => {
    await insertOld();
    const services = [serviceOf(), serviceOf(), serviceOf()];
    const rounds = await Promise.all(services.map((service) => service.round()));
    // whoever found another at it left the rest to it
    rounds.push(await services[0]!.round());
    expect(await idsOf()).toEqual([]);
    expect(rounds.reduce((sum, { jobs }) => sum + jobs, 0)).toBe(OLD);
    await expectCounted();
  });

  it('are all there or all gone after a kill in the middle of a batch', async () => {
    await insertOld();
    const blocker = new Client({ connectionString: test.url });
    await blocker.connect();
    try {
      // a batch has deleted its jobs when it comes to the counts
      await blocker.query('BEGIN; SELECT 1 FROM rollcall.job_count FOR UPDATE');
      const round = serviceOf().round();
      const [{ pid }] = await waitFor(async () => {
        const found = await rows<{ pid: number }>(
          "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%job_count%' AND pid <> pg_backend_pid()",
        );
        return found.length > 0 && (found as [{ pid: number }]);
      });
      await rows('SELECT pg_terminate_backend($1)', [pid]);
      expect((await round).jobs).toBe(0);
      expect(await idsOf()).toHaveLength(OLD);
      await blocker.query('COMMIT');
    } finally {
      await blocker.end();
    }
    await expectCounted();
    expect(await serviceOf().round()).toMatchObject({ jobs: OLD, isPutOff: false });
    await expectCounted();
  });

  it('are left for later when somebody is in the way for long', async () => {
    await insertOld();
    await test.database.transaction(async (client) => {
      await client.query('SELECT 1 FROM rollcall.job_count FOR UPDATE');
      expect(await serviceOf().round()).toMatchObject({ jobs: 0, isPutOff: true });
    });
    expect(await serviceOf().round()).toMatchObject({ jobs: OLD, isPutOff: false });
    await expectCounted();
  });
});

/** A source of which the test says every record. */
async function openCharts(retention: Config['retention']) {
  const charts = await startChartsServer();
  closing.push(charts.close);
  const auth = { token: charts.token };
  const config = testConfig(
    [sourceConfig({ key: 'charts', platform: 'vectorcharts', baseUrl: charts.baseUrl, auth })],
    { retention },
  );
  const polls = new PollService(config, test.database);
  closing.push(() => polls.onApplicationShutdown());
  await polls.reconcile();
  const poll = (...jobs: unknown[]) => {
    charts.jobs = jobs;
    return polls.pollNow('charts', 'incremental');
  };
  return { charts, config, poll };
}

const eventsOf = (externalId: string) =>
  rows<{ type: string; sequence: number; from: string | null; to: string; backfill: boolean }>(
    `SELECT type, sequence, from_state AS "from", to_state AS "to", backfill FROM rollcall.event
     WHERE job_id = $1 ORDER BY position`,
    [jobId('charts', externalId)],
  );

describe('a job that its platform lists again', () => {
  const LATE = 1736950900000;
  /** Its last events, however many there were before. */
  const lastEvent = async () => (await eventsOf('a')).at(-1);

  it('goes on where its events ended, and pages nobody when nothing happened to it', async () => {
    const { poll, config } = await openCharts(AT_ONCE);
    const api = await startApi(test.database, config);
    closing.push(() => api.close());
    await poll(chartJob('a', 'processing'), chartJob('b', 'completed'));
    await poll(chartJob('a', 'failed', { updated_at: LATE }), chartJob('b', 'completed'));
    await poll(chartJob('b', 'completed'));
    const url = `/api/v1/jobs/${jobId('charts', 'a')}`;
    expect((await api.get(url)).body).toMatchObject({ state: 'failed', version: 2 });
    expect(await serviceOf(AT_ONCE).round()).toMatchObject({ jobs: 1 });
    expect((await api.get(url)).status).toBe(404);
    expect((await api.get(`${url}/transitions`)).status).toBe(404);
    expect((await api.get(`/api/v1/jobs/${jobId('charts', 'b')}`)).status).toBe(200);
    expect(await rows('SELECT 1 FROM rollcall.event WHERE job_id IS NOT NULL')).toHaveLength(3);
    await poll(chartJob('b', 'completed'));
    await expectCounted();
    const finished = () => counterOf(api, 'rollcall_jobs_finished_total', 'failed');
    const before = await finished();

    await poll(chartJob('a', 'failed', { updated_at: LATE }), chartJob('b', 'completed'));
    expect(await lastEvent()).toEqual({
      ...{ type: 'job.reappeared', sequence: 3, from: 'failed', to: 'failed', backfill: true },
    });
    expect((await api.get(url)).body).toMatchObject({ state: 'failed', version: 3 });
    const { body } = await api.get(`${url}/transitions`);
    expect(body.data).toMatchObject([{ sequence: 3, from: null, to: 'failed' }]);
    expect(await finished()).toBe(before);

    await poll(chartJob('a', 'processing', { updated_at: LATE + 1 }), chartJob('b', 'completed'));
    expect(await lastEvent()).toMatchObject({ type: 'job.transitioned', sequence: 4, backfill: false });
    expect((await eventsOf('a')).map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4]);
    expect((await api.get(`${url}/explain`)).status).toBe(200);
    await expectCounted();
  });

  it('tells what happened to it meanwhile', async () => {
    const { poll, config } = await openCharts(AT_ONCE);
    const api = await startApi(test.database, config);
    closing.push(() => api.close());
    await poll(chartJob('a', 'completed'));
    await poll();
    expect(await serviceOf(AT_ONCE).round()).toMatchObject({ jobs: 1 });
    const before = await counterOf(api, 'rollcall_jobs_finished_total', 'failed');
    await poll(chartJob('a', 'failed', { updated_at: LATE }));
    expect(await lastEvent()).toEqual({
      ...{ type: 'job.transitioned', sequence: 2, from: 'succeeded', to: 'failed', backfill: false },
    });
    expect(await counterOf(api, 'rollcall_jobs_finished_total', 'failed')).toBe(before + 1);
    await expectCounted();
  });

  it('is a new one when it is not remembered any more', async () => {
    const { poll } = await openCharts(AT_ONCE);
    await poll(chartJob('a', 'completed'));
    await poll();
    expect(await serviceOf(AT_ONCE).round()).toMatchObject({ jobs: 1, forgotten: 0 });
    // as long as the feed may show it, however soon jobs go
    await rows("UPDATE rollcall.removed_job SET removed_at = now() - interval '30 days 12 hours'");
    expect(await serviceOf(AT_ONCE).round()).toMatchObject({ forgotten: 0 });
    await rows("UPDATE rollcall.removed_job SET removed_at = now() - interval '31 days'");
    expect(await serviceOf(AT_ONCE).round()).toMatchObject({ forgotten: 1 });
    await poll(chartJob('a', 'completed'));
    expect(await lastEvent()).toMatchObject({ type: 'job.discovered', sequence: 1, backfill: false });
  });

  it('is remembered as long as the feed may show it, however short both are kept', async () => {
    const { poll } = await openCharts({ ...AT_ONCE, eventsMs: 60_000 });
    await poll(chartJob('a', 'completed'));
    await poll();
    const retention = serviceOf({ ...AT_ONCE, eventsMs: 60_000 });
    expect(await retention.round()).toMatchObject({ jobs: 1, forgotten: 0 });
    // the feed goes by whole days
    await rows("UPDATE rollcall.removed_job SET removed_at = now() - interval '23 hours'");
    expect(await retention.round()).toMatchObject({ forgotten: 0 });
    await poll(chartJob('a', 'completed'));
    expect(await lastEvent()).toMatchObject({ type: 'job.reappeared', sequence: 2 });
  });

  it('is lost by nobody while polls and removals go on side by side', async () => {
    const { poll } = await openCharts(AT_ONCE);
    const random = new Random(7);
    const names = Array.from({ length: 40 }, (_, index) => `j${index}`);
    let busy = true;
    const retention = serviceOf(AT_ONCE);
    let removed = 0;
    const removing = (async () => {
      while (busy) removed += (await retention.round()).jobs;
    })();
    let listed: string[] = [];
    let updatedAt = LATE;
    const stateOf = new Map<string, string>();
    try {
      for (let round = 0; round < 25; round++) {
        listed = names.filter(() => random.chance(0.5));
        updatedAt += 1_000;
        for (const name of listed)
          if (random.chance(0.3)) stateOf.set(name, random.pick(['completed', 'failed', 'processing']));
        await poll(
          ...listed.map((name) =>
            chartJob(name, stateOf.get(name) ?? 'completed', { updated_at: updatedAt }),
          ),
        );
      }
    } finally {
      busy = false;
      await removing;
    }
    expect(removed).toBeGreaterThan(20);
    await expectCounted();
    const stored = await rows<{ external_id: string; raw_status: string; absent: boolean; version: number }>(
      'SELECT external_id, raw_status, absent_at IS NOT NULL AS absent, version FROM rollcall.job',
    );
    const byName = new Map(stored.map((job) => [job.external_id, job]));
    for (const name of listed)
      expect(byName.get(name)).toMatchObject({ raw_status: stateOf.get(name) ?? 'completed', absent: false });
    for (const name of names) {
      const events = await eventsOf(name);
      expect([name, events.map(({ sequence }) => sequence)]).toEqual([
        name,
        events.map((_, place) => place + 1),
      ]);
      expect(events.filter(({ type }) => type === 'job.discovered').length).toBe(Math.min(1, events.length));
      for (const [place, { from }] of events.entries())
        expect([name, place, from]).toEqual([name, place, place === 0 ? null : events[place - 1]!.to]);
      if (byName.has(name)) expect(byName.get(name)!.version).toBe(events.length);
    }
  });
});

async function counterOf(api: TestApi, name: string, state: string): Promise<number> {
  const families = parsePrometheusText((await api.get('/metrics')).text);
  return valueOf(families, name, { source: 'charts', state, type: 'index-custom-encs' }) ?? 0;
}

describe('upstream records', () => {
  let charts: ChartsServer;
  let api: TestApi;
  let poll: (...jobs: unknown[]) => Promise<unknown>;
  const id = jobId('charts', 'a');

  beforeEach(async () => {
    const opened = await openCharts(RETENTION);
    ({ charts, poll } = opened);
    api = await startApi(test.database, opened.config);
    closing.push(() => api.close());
    await poll(chartJob('a', 'processing'), chartJob('b', 'completed'));
  });

  const payloads = () => rows('SELECT job_id AS id FROM rollcall.job_payload ORDER BY 1');
  const age = (days: number) =>
    rows("UPDATE rollcall.job_payload SET read_at = read_at - $1 * interval '1 day' WHERE job_id = $2", [
      ...[days, id],
    ]);
  const explain = (): Promise<Answer> => api.get(`/api/v1/jobs/${id}/explain`);

  it('go by the time of their read, of open jobs too, and come again when they change', async () => {
    await age(29);
    expect(await serviceOf().round()).toMatchObject({ payloads: 0 });
    await age(2);
    expect(await serviceOf().round()).toMatchObject({ payloads: 1, jobs: 0 });
    expect(await payloads()).toEqual([{ id: jobId('charts', 'b') }]);
    expect((await explain()).body.notes).toEqual([
      'The upstream record is no longer stored (retention.payloads): raw values and most rules are not known.',
    ]);
    expect((await api.get(`/api/v1/jobs/${id}?include=payload`)).body.payload).toEqual({
      ...{ list: null, detail: null },
    });
    // unchanged: a quiet poll writes nothing
    await poll(chartJob('a', 'processing'), chartJob('b', 'completed'));
    expect(await payloads()).toHaveLength(1);
    expect(charts.requests).toBe(2);
    const { status, body } = await api.send('POST', `/api/v1/jobs/${id}/refresh`);
    expect([status, body.version]).toEqual([200, 1]);
    expect(await payloads()).toHaveLength(2);
    await age(31);
    expect(await serviceOf().round()).toMatchObject({ payloads: 1 });
    await poll(chartJob('a', 'completed', { updated_at: 1736950900000 }), chartJob('b', 'completed'));
    expect((await explain()).body.notes).toEqual([]);
  });

  it('are named when only one of a job is gone', async () => {
    await rows("UPDATE rollcall.job SET detail_hash = 'x' WHERE id = $1", [id]);
    expect((await explain()).body.notes).toEqual([
      'The detail record is no longer stored (retention.payloads): raw values that only it had are not known.',
    ]);
  });
});

describe('the size of tables', () => {
  it('is in the metrics, for whoever sees every source', async () => {
    await insertSource(test.database, { key: 'charts' });
    await insertJobs(test.database, [{ source: 'charts', externalId: 'a' }]);
    await insertTransition(test.database, jobId('charts', 'a'), 1, null, 'succeeded');
    const config = testConfig([]);
    config.server.auth = 'tokens';
    const tokens = { all: null, some: ['charts'] };
    config.server.tokens = Object.entries(tokens).map(([name, sources]) => ({
      ...{ name, hash: tokenHash(name.repeat(20)), scopes: ['metrics:read' as const], sources },
    }));
    const api = await startApi(test.database, config);
    closing.push(() => api.close());
    const scrape = async (name: string) => {
      const { text } = await api.get('/metrics', { authorization: `Bearer ${name.repeat(20)}` });
      return parsePrometheusText(text);
    };
    const all = await scrape('all');
    const [size] = await rows<{ job: number; event: number }>(
      `SELECT pg_total_relation_size('rollcall.job') AS job, (SELECT sum(pg_total_relation_size(inhrelid))::bigint
         FROM pg_inherits WHERE inhparent = 'rollcall.event'::regclass) AS event`,
    );
    const bytes = (table: string) => valueOf(all, 'rollcall_database_table_bytes', { table });
    expect([bytes('job'), bytes('event')]).toEqual([size!.job, size!.event]);
    expect(bytes('job')).toBeGreaterThan(0);
    expect((await scrape('some')).get('rollcall_database_table_bytes')!.samples).toEqual([]);
  });
});

it('is a part of the role poller, and ends with it', async () => {
  for (const [role, isThere] of [
    ['poller', true],
    ['api', false],
    ['notifier', false],
  ] as const) {
    const app = await startApp(testConfig([]), test.database, [role]);
    try {
      const service = () => app.get(RetentionService, { strict: false });
      if (isThere) expect(service()).toBeInstanceOf(RetentionService);
      else expect(service).toThrow();
    } finally {
      await app.close();
    }
  }
});

describe('the history of polls', () => {
  it('is forgotten however much of it there is', async () => {
    await insertSource(test.database, { key: 'charts' });
    await rows(
      `INSERT INTO rollcall.poll (id, source_key, kind, began_at)
       SELECT nextval('rollcall.poll_id_seq'), 'charts', 'sweep', now() - CASE WHEN n <= 25000 THEN interval '8 days' ELSE interval '1 day' END
       FROM generate_series(1, 25010) AS n`,
    );
    await new PollStore(test.database).prune(7 * DAY);
    expect(await rows('SELECT id FROM rollcall.poll')).toHaveLength(10);
  });
});
