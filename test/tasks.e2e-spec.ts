import { jobId } from '../src/domain/job-id.js';
import { PollService } from '../src/polling/poll.service.js';
import { ManualClock } from '../src/simulators/clock.js';
import { SIMULATED_PLATFORMS } from '../src/simulators/life.js';
import { Simulators, startSimulators } from '../src/simulators/simulators.js';
import { startApi, TestApi } from './support/api.js';
import { ChartsServer, startChartsServer } from './support/charts-server.js';
import { sourceConfig, SourceDraft, testConfig } from './support/config.js';
import { createTestDatabase, TestDatabase } from './support/postgres.js';

interface Task {
  externalId: string | null;
  name: string | null;
  state: string;
}

const JOB = jobId('portal', 'a');

const step = (name: string, over: Record<string, unknown> = {}) => ({
  id: 'st',
  stepName: name,
  status: 'completed',
  startedAt: 1736942460000,
  completedAt: 1736942520000,
  error: null,
  attempt: 1,
  ...over,
});

/** An OEM job as the portal shows it; `over` may take its steps away. */
const portalJob = (steps: unknown, over: Record<string, unknown> = {}) => ({
  id: 'a',
  jobType: 'refresh-public-charts',
  jobState: 'running',
  parameters: {},
  percentComplete: 45,
  createdAt: 1736942400000,
  updatedAt: 1736942600000,
  steps,
  ...over,
});

describe('tasks that a record carries', () => {
  let test: TestDatabase;
  let portal: ChartsServer;
  let api: TestApi;
  const services: PollService[] = [];

  beforeEach(async () => {
    test = await createTestDatabase();
    portal = await startChartsServer();
    api = await startApi(test.database);
  });
  afterEach(async () => {
    await Promise.all(services.splice(0).map((service) => service.onApplicationShutdown()));
    await api.close();
    await portal.close();
    await test.drop();
  });

  async function poll(over: Partial<SourceDraft> = {}): Promise<void> {
    const draft = {
      key: 'portal',
      platform: 'vectorcharts',
      baseUrl: portal.baseUrl,
      auth: { token: portal.token },
      options: { variant: 'oem' },
      ...over,
    };
    const service = new PollService(testConfig([sourceConfig(draft)]), test.database);
    services.push(service);
    await service.reconcile();
    expect(await service.pollNow('portal', 'sweep')).toMatchObject({ error: null, rejected: 0 });
  }

  const tasks = async (): Promise<Task[]> => (await api.get(`/api/v1/jobs/${JOB}/tasks`)).body.data;
  const names = async () => (await tasks()).map(({ name }) => name);

  it('are listed with the fields of the contract, in its order', async () => {
    portal.jobs = [portalJob([step('download'), step('index', { status: 'Resting', completedAt: 'soon' })])];
    await poll();
    const { status, body, text } = await api.get(`/api/v1/jobs/${JOB}/tasks`);
    expect([status, body]).toEqual([
      200,
      {
        data: [
          {
            externalId: 'st',
            name: 'download',
            state: 'succeeded',
            rawStatus: 'completed',
            progress: null,
            startedAt: '2025-01-15T12:01:00.000Z',
            finishedAt: '2025-01-15T12:02:00.000Z',
            attributes: { attempt: 1, error: null },
          },
          {
            externalId: 'st',
            name: 'index',
            state: 'unknown',
            rawStatus: 'Resting',
            progress: null,
            startedAt: '2025-01-15T12:01:00.000Z',
            finishedAt: null,
            attributes: { attempt: 1, error: null },
          },
        ],
        page: { limit: 50, next: null, prev: null, total: null, totalKind: 'none' },
      },
    ]);
    expect(text.match(/"\w+":/g)!.slice(1, 9)).toEqual(
      ['externalId', 'name', 'state', 'rawStatus', 'progress', 'startedAt', 'finishedAt', 'attributes'].map(
        (field) => `"${field}":`,
      ),
    );
  });

  it('are none where the job has none, and a 404 where there is no job', async () => {
    portal.jobs = [portalJob([])];
    await poll();
    expect(await tasks()).toEqual([]);
    const unknown = await api.get('/api/v1/jobs/00000000-0000-4000-8000-000000000000/tasks');
    expect([unknown.status, unknown.body.type]).toEqual([404, 'urn:rollcall:problem:not-found']);
  });

  it('are walked in pages, both ways, 200 at most', async () => {
    portal.jobs = [portalJob(Array.from({ length: 250 }, (_, place) => step(`step ${place}`)))];
    await poll();
    const walked: string[] = [];
    let page = (await api.get(`/api/v1/jobs/${JOB}/tasks?limit=80`)).body;
    for (; ; page = (await api.get(`/api/v1/jobs/${JOB}/tasks?limit=80&cursor=${page.page.next}`)).body) {
      walked.push(...page.data.map(({ name }: { name: string }) => name));
      if (page.page.next === null) break;
    }
    expect(walked).toEqual(Array.from({ length: 200 }, (_, place) => `step ${place}`));
    const back = (await api.get(`/api/v1/jobs/${JOB}/tasks?limit=80&cursor=${page.page.prev}`)).body;
    expect([back.data[0].name, back.data.at(-1).name]).toEqual(['step 80', 'step 159']);
    const other = await api.get(`/api/v1/jobs/${JOB}/transitions?cursor=${page.page.prev}`);
    expect([other.status, other.body.type]).toEqual([400, 'urn:rollcall:problem:cursor-mismatch']);
  });

  it('follow the record: replaced as a whole, kept where it does not carry them, gone where it has none', async () => {
    portal.jobs = [portalJob([step('a'), step('b')])];
    await poll();
    expect(await names()).toEqual(['a', 'b']);
    portal.jobs = [portalJob([step('c')], { updatedAt: 1736942700000 })];
    await poll();
    expect(await names()).toEqual(['c']);
    portal.jobs = [portalJob(undefined, { updatedAt: 1736942800000 })];
    await poll();
    expect(await names()).toEqual(['c']);
    portal.jobs = [portalJob([], { updatedAt: 1736942900000 })];
    await poll();
    expect(await names()).toEqual([]);
  });

  it('are not taken from an older record', async () => {
    portal.jobs = [portalJob([step('a')])];
    await poll();
    portal.jobs = [portalJob([step('from before')], { updatedAt: 1736942500000 })];
    await poll();
    expect(await names()).toEqual(['a']);
  });

  it('are written only when they differ, and make no event of their own', async () => {
    const stored = () => test.database.query('SELECT job_id, ctid::text FROM rollcall.job_task');
    const feed = () => test.database.query("SELECT type FROM rollcall.event WHERE type <> 'source.health'");
    portal.jobs = [portalJob([step('a')])];
    await poll();
    const before = await stored();
    await poll();
    expect(await stored()).toEqual(before);
    portal.jobs = [portalJob([step('a')], { percentComplete: 50, updatedAt: 1736942700000 })];
    await poll();
    expect(await stored()).toEqual(before);
    expect(await feed()).toHaveLength(2);
    portal.jobs = [portalJob([step('a', { attempt: 2 })], { percentComplete: 50, updatedAt: 1736942700000 })];
    await poll();
    expect(await stored()).not.toEqual(before);
    expect(await feed()).toHaveLength(2);
  });

  it('keep redacted values out, also those that were stored before the rule', async () => {
    portal.jobs = [portalJob([step('secret step')])];
    await poll();
    expect(await names()).toEqual(['secret step']);
    await poll({ redact: ['$.steps[*].stepName'] });
    expect(await names()).toEqual([null]);
    await poll({ redact: ['$.steps'] });
    expect(await names()).toEqual([]);
  });

  it('survive what a hostile record makes of them', async () => {
    const hostile = JSON.parse('{"id": "a\\u0000\\ud800", "stepName": {"__proto__": 1}, "attempt": "1e999"}');
    portal.jobs = [portalJob([hostile, step('x'.repeat(100_000), { error: '\u0000'.repeat(9_000) })])];
    await poll();
    expect(await tasks()).toMatchObject([
      { externalId: 'a\uFFFD\uFFFD', name: null, state: 'unknown', attributes: { attempt: null } },
      { name: 'x'.repeat(2_000), attributes: { error: '\uFFFD'.repeat(2_000) } },
    ]);
  });

  it('answer 304 while they are what they were', async () => {
    portal.jobs = [portalJob([step('a')])];
    await poll();
    const url = `/api/v1/jobs/${JOB}/tasks`;
    const etag = String((await api.get(url)).headers['etag']);
    expect((await api.get(url, { 'if-none-match': etag })).status).toBe(304);
    portal.jobs = [portalJob([step('a'), step('b')], { updatedAt: 1736942700000 })];
    await poll();
    expect((await api.get(url, { 'if-none-match': etag })).status).toBe(200);
  });
});

describe('tasks of a living world', () => {
  let test: TestDatabase;
  let simulators: Simulators;
  let polls: PollService;
  let api: TestApi;

  beforeAll(async () => {
    test = await createTestDatabase();
    const clock = new ManualClock(Date.UTC(2025, 0, 15, 14, 0, 0));
    simulators = await startSimulators({
      seed: 3,
      jobs: 400,
      clock,
      platforms: SIMULATED_PLATFORMS,
      limits: false,
    });
    clock.advance(60_000);
    const config = testConfig(simulators.sources.map((source) => sourceConfig(source)));
    polls = new PollService(config, test.database);
    await polls.reconcile();
    for (const { key } of simulators.sources) {
      expect(await polls.pollNow(key, 'sweep')).toMatchObject({ error: null, rejected: 0 });
    }
    api = await startApi(test.database);
  }, 60_000);
  afterAll(async () => {
    await api?.close();
    await polls?.onApplicationShutdown();
    await simulators?.close();
    await test?.drop();
  });

  async function jobsOf(platform: string, query: string): Promise<Record<string, unknown>[]> {
    const { body } = await api.get(`/api/v1/jobs?platform=${platform}&limit=500${query}`);
    return body.data;
  }
  const tasksOf = async (id: unknown): Promise<Task[]> =>
    (await api.get(`/api/v1/jobs/${id as string}/tasks`)).body.data;

  it('are the outputs of an Integrate.io job, as its own attributes count them', async () => {
    const jobs = await jobsOf('integrate-io', '');
    expect(jobs.length).toBeGreaterThan(5);
    for (const { id, attributes } of jobs) {
      const { outputs } = attributes as { outputs: { id: number; name: string }[] };
      const shown = (await tasksOf(id)).map(({ externalId, name, state }) => [externalId, name, state]);
      expect(shown).toEqual(outputs.map((output) => [String(output.id), output.name, 'unknown']));
    }
  });

  it('are the steps of a WorkfloPlus job, the last one in the state of a job that goes on', async () => {
    const jobs = await jobsOf('workfloplus', '&state=running,paused');
    expect(jobs.length).toBeGreaterThan(2);
    let done = 0;
    for (const { id, state, attributes } of jobs) {
      const { title } = (attributes as { currentStep: { title: string } }).currentStep;
      const steps = await tasksOf(id);
      const current = steps.pop();
      expect(current).toMatchObject({ name: title, state, rawStatus: null, finishedAt: null });
      for (const step of steps)
        expect(step).toMatchObject({ state: 'succeeded', finishedAt: expect.any(String) as unknown });
      done += steps.length;
    }
    expect(done).toBeGreaterThan(2);
  });

  it.each([
    ['succeeded', 'succeeded'],
    ['cancelled', 'cancelled'],
  ])('are all done but perhaps the last when a WorkfloPlus job has %s', async (state, last) => {
    const jobs = await jobsOf('workfloplus', `&state=${state}`);
    expect(jobs.length).toBeGreaterThan(2);
    for (const { id, finishedAt } of jobs) {
      const steps = await tasksOf(id);
      expect(steps.at(-1)).toMatchObject({ state: last, finishedAt });
      expect(new Set(steps.slice(0, -1).map((step) => step.state))).toEqual(
        new Set(steps.length > 1 ? ['succeeded'] : []),
      );
    }
  });

  it('are the steps of a VectorCharts OEM job, of which the last ends with it', async () => {
    const { key } = simulators.sources.find(({ options }) => options['variant'] === 'oem')!;
    const jobs = await jobsOf('vectorcharts', `&source=${key}&state=succeeded`);
    const ends = await Promise.all(
      jobs.map(async ({ id, finishedAt }) => [
        finishedAt,
        (await tasksOf(id)).at(-1) as (Task & { finishedAt: string }) | undefined,
      ]),
    );
    const shown = ends.filter(([, last]) => last !== undefined) as [string, { finishedAt: string }][];
    expect(shown.length).toBeGreaterThan(2);
    expect(shown.map(([, last]) => last.finishedAt)).toEqual(shown.map(([finishedAt]) => finishedAt));
  });

  it('are none where a platform has none', async () => {
    const [job] = await jobsOf('elastic-path', '');
    expect(await tasksOf(job!['id'])).toEqual([]);
  });

  // what is read of jobs that end later: final-reads.e2e-spec.ts
  it('of a Vault job that ended before the first read are not asked for', async () => {
    const [job] = await jobsOf('veeva-vault', '&state=succeeded&q=SDK');
    expect(await tasksOf(job!['id'])).toEqual([]);
  });
});
