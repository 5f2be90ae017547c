import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { jobId } from '../src/domain/job-id.js';
import { PollService } from '../src/polling/poll.service.js';
import { ManualClock } from '../src/simulators/clock.js';
import { Fault } from '../src/simulators/http/faults.js';
import { SimulatedPlatform } from '../src/simulators/life.js';
import { Simulators, startSimulators } from '../src/simulators/simulators.js';
import { startApi, TestApi } from './support/api.js';
import { sourceConfig, SourceDraft, testConfig } from './support/config.js';
import { createTestDatabase, TestDatabase } from './support/postgres.js';
import { Replica } from './support/replica.js';
import { waitFor } from './support/wait-for.js';

jest.setTimeout(120_000);

const START = Date.UTC(2025, 0, 15, 14, 0, 0);
/** Long enough for every job that is open at the start to end, and for many others to be born and end between two polls. */
const A_LIFE_MS = 600_000;
const BIRTH_EVERY_MS = 8_000;

interface Task {
  externalId: string;
  name: string | null;
  state: string;
  attributes: Record<string, unknown>;
}

interface MarkRow {
  kind: string;
  attempts: number;
  waiting: boolean;
  given_up: boolean;
}

/** One platform that lives while it is polled. */
class Living {
  readonly services: PollService[] = [];
  private api: TestApi | null = null;

  private constructor(
    readonly platform: SimulatedPlatform,
    readonly test: TestDatabase,
    readonly clock: ManualClock,
    readonly simulators: Simulators,
  ) {}

  static async open(platform: SimulatedPlatform, jobs = 100): Promise<Living> {
    const clock = new ManualClock(START);
    const world = {
      seed: 3,
      jobs,
      clock,
      platforms: [platform],
      limits: false,
      birthEveryMs: BIRTH_EVERY_MS,
    };
    return new Living(platform, await createTestDatabase(), clock, await startSimulators(world));
  }

  async close(): Promise<void> {
    await Promise.all(this.services.map((service) => service.onApplicationShutdown()));
    await this.api?.close();
    await this.simulators.close();
    await this.test.drop();
  }

  get key(): string {
    return this.simulators.sources[0]!.key;
  }

  /** A process of its own, as far as memory goes. */
  async start(over: Partial<SourceDraft> = {}): Promise<PollService> {
    const source = sourceConfig({ ...this.simulators.sources[0]!, ...over });
    const retry = { maxRetries: 0, minTimeoutMs: 0, maxTimeoutMs: 0 };
    const service = new PollService(testConfig([source]), this.test.database, retry);
    this.services.push(service);
    await service.reconcile();
    return service;
  }

  /** What the platform was asked for in one poll that went well. */
  async poll(service: PollService, kind: 'sweep' | 'incremental' = 'incremental'): Promise<string[]> {
    this.simulators.requests.clear();
    expect(await service.pollNow(this.key, kind)).toMatchObject({ error: null, health: 'healthy' });
    return this.asked();
  }

  asked(): string[] {
    return this.simulators.requests.list(this.platform).map(({ url }) => url.replace(/\?.*/, ''));
  }

  async startApi(): Promise<TestApi> {
    this.api ??= await startApi(
      this.test.database,
      testConfig(this.simulators.sources.map((source) => sourceConfig(source))),
    );
    return this.api;
  }

  async tasksOf(externalId: string): Promise<Task[]> {
    const { body } = await (await this.startApi()).get(`/api/v1/jobs/${this.idOf(externalId)}/tasks`);
    return body.data;
  }

  async jobOf(externalId: string): Promise<Record<string, unknown>> {
    return (await (await this.startApi()).get(`/api/v1/jobs/${this.idOf(externalId)}`)).body;
  }

  async refresh(externalId: string): Promise<number> {
    const url = `/api/v1/jobs/${this.idOf(externalId)}/refresh`;
    return (await (await this.startApi()).send('POST', url)).status;
  }

  marks(): Promise<MarkRow[]> {
    return this.test.database.query(
      `SELECT kind, attempts, not_before <= now() AS waiting, given_up_at IS NOT NULL AS given_up
       FROM rollcall.final_read ORDER BY marked_at, job_id`,
    );
  }

  /** As if so much time had passed for all that waits. */
  async pass(interval: string): Promise<void> {
    await this.test.database.query(
      `UPDATE rollcall.final_read SET not_before = not_before - $1::interval, marked_at = marked_at - $1::interval`,
      [interval],
    );
  }

  spoil(match: RegExp, fault: Fault): () => void {
    return this.simulators.inject(this.platform, {
      times: Infinity,
      match: ({ path: asked }) => match.test(asked),
      ...fault,
    });
  }

  idOf(externalId: string): string {
    return jobId(this.key, externalId);
  }
}

const OWN_PAGE = /\/services\/jobs\/\d+$/;
const TASKS = /\/services\/jobs\/\d+\/tasks$/;
const CHILDREN = /\/children$/;
const ERRORS = /\/errors$/;
const count = (urls: readonly string[], route: RegExp): number =>
  urls.filter((url) => route.test(url)).length;

describe('a Vault', () => {
  let vault: Living;
  let service: PollService;

  beforeEach(async () => {
    vault = await Living.open('veeva-vault');
    service = await vault.start();
  });
  afterEach(() => vault.close());

  /** Jobs that were born before this moment of the world and have ended by now. */
  function ended(bornFrom = 0, bornUntil = Infinity): { externalId: string; tasks: number }[] {
    const population = vault.simulators.world.population('veeva-vault');
    const truth = vault.simulators.world.truth(vault.clock.now(), 'veeva-vault');
    return truth
      .filter(({ terminal }) => terminal)
      .map(({ externalId }) => population.find(externalId, vault.clock.now())!)
      .filter(({ bornAt }) => bornAt >= bornFrom && bornAt < bornUntil);
  }

  function openAtStart(): Set<string> {
    const truth = vault.simulators.world.truth(START, 'veeva-vault');
    return new Set(truth.filter(({ terminal }) => !terminal).map(({ externalId }) => externalId));
  }

  it('shows the tasks and the last counts of every SDK job that ended since the first read, each read once', async () => {
    const first = await vault.poll(service, 'sweep');
    expect([count(first, OWN_PAGE), count(first, TASKS)]).toEqual([0, 0]);
    expect(ended().length).toBeGreaterThan(50);

    vault.clock.advance(A_LIFE_MS);
    const second = await vault.poll(service);
    const wasOpen = openAtStart();
    const news = ended().filter(({ externalId }) => wasOpen.has(externalId));
    const found = ended(START + 1);
    const sdk = [...news, ...found].filter(({ tasks }) => tasks > 0);
    expect(news.filter(({ tasks }) => tasks > 0).length).toBeGreaterThan(0);
    expect(sdk.length).toBeGreaterThan(2);
    expect(count(second, TASKS)).toBe(sdk.length);
    // whoever left both lists was read by its own page, and that was the last word
    expect(count(second, OWN_PAGE)).toBe(news.length + found.length);
    for (const { externalId, tasks } of sdk) {
      expect((await vault.tasksOf(externalId)).map(({ externalId: id, state }) => [id, state])).toEqual(
        Array.from({ length: tasks }, (_, place) => [`Task${place + 1}`, 'succeeded']),
      );
      expect(await vault.jobOf(externalId)).toMatchObject({
        state: 'succeeded',
        progress: 1,
        attributes: { taskCounts: { SUCCESS: tasks, size: tasks } },
      });
    }
    for (const { externalId } of [...news, ...found].filter(({ tasks }) => tasks === 0).slice(0, 3))
      expect(await vault.tasksOf(externalId)).toEqual([]);

    const quiet = await vault.poll(service);
    expect([count(quiet, OWN_PAGE), count(quiet, TASKS), quiet.length]).toEqual([0, 0, 2]);
    expect(await vault.marks()).toEqual([]);
  });

  it('is asked within the share of the budget that by-id reads have, the oldest end first, until nothing is left', async () => {
    await vault.poll(service, 'sweep');
    vault.clock.advance(A_LIFE_MS);
    const slow = await vault.start({ poll: { maxRequestsPerHour: 1_000 } });
    const asked: string[] = [];
    let polls = 0;
    do {
      const urls = await vault.poll(slow);
      const own = urls.filter((url) => OWN_PAGE.test(url) || TASKS.test(url));
      expect(own.length).toBeLessThanOrEqual(10);
      asked.push(...own.filter((url) => OWN_PAGE.test(url)));
      polls++;
    } while ((await vault.marks()).length > 0);
    expect(polls).toBeGreaterThan(3);
    expect(new Set(asked).size).toBe(asked.length);
    expect(
      (await vault.tasksOf(ended(START + 1).find(({ tasks }) => tasks > 0)!.externalId)).length,
    ).toBeGreaterThan(0);
  });

  it('that refuses the tasks alone stays healthy, and is asked for none until the source is configured anew', async () => {
    await vault.poll(service, 'sweep');
    vault.clock.advance(A_LIFE_MS);
    const undo = vault.spoil(TASKS, {
      kind: 'rewrite',
      rewrite: (answer) => ({
        ...answer,
        json: { responseStatus: 'FAILURE', errors: [{ type: 'INSUFFICIENT_ACCESS', message: 'No.' }] },
      }),
    });
    expect(count(await vault.poll(service), TASKS)).toBe(1);
    const left = await vault.marks();
    expect(left.length).toBeGreaterThan(2);
    expect(
      left.every(({ kind, attempts, given_up }) => kind === 'tasks' && attempts === 0 && !given_up),
    ).toBe(true);
    undo();
    expect(count(await vault.poll(service), TASKS)).toBe(0);

    const restarted = await vault.start();
    expect(count(await vault.poll(restarted), TASKS)).toBe(left.length);
    expect(await vault.marks()).toEqual([]);
  });

  it('that fails is asked again later and later, and given up in the end; a refresh still reads', async () => {
    await vault.poll(service, 'sweep');
    vault.clock.advance(A_LIFE_MS);
    const undo = vault.spoil(TASKS, { kind: 'status', status: 500 });
    const tried = async (): Promise<number> =>
      (await vault.marks()).reduce((sum, { attempts }) => sum + attempts, 0);
    await vault.poll(service);
    expect(await tried()).toBe(4);
    expect((await vault.marks()).filter(({ attempts }) => attempts === 1)).toHaveLength(4);
    // what failed waits
    await vault.poll(service);
    const sdk = (await vault.marks()).length;
    expect(await tried()).toBe(Math.min(8, sdk));
    for (let round = 0; round < 10 && (await tried()) < 5 * sdk; round++) {
      await vault.pass('3 hours');
      await vault.poll(service);
    }
    const marks = await vault.marks();
    expect(marks.every(({ attempts, given_up }) => attempts === 5 && given_up)).toBe(true);
    await vault.pass('3 hours');
    expect(count(await vault.poll(service), TASKS)).toBe(0);

    undo();
    const { externalId, tasks } = ended(START + 1).find((life) => life.tasks > 0)!;
    expect(await vault.refresh(externalId)).toBe(200);
    expect(await vault.tasksOf(externalId)).toHaveLength(tasks);
    expect(await vault.marks()).toHaveLength(marks.length - 1);
  });

  it('gives up what nobody could read for a week', async () => {
    await vault.poll(service, 'sweep');
    vault.clock.advance(A_LIFE_MS);
    const undo = vault.spoil(OWN_PAGE, { kind: 'status', status: 403 });
    await vault.poll(service);
    const left = (await vault.marks()).length;
    expect(left).toBeGreaterThan(3);
    await vault.pass('8 days');
    undo();
    const restarted = await vault.start();
    expect(count(await vault.poll(restarted), OWN_PAGE)).toBe(0);
    const marks = await vault.marks();
    expect([marks.length, marks.every(({ given_up }) => given_up)]).toEqual([left, true]);
  });

  it('is asked for the tasks of history by a refresh only', async () => {
    await vault.poll(service, 'sweep');
    const { externalId, tasks } = ended().find((life) => life.tasks > 0)!;
    expect(await vault.tasksOf(externalId)).toEqual([]);
    expect(await vault.refresh(externalId)).toBe(200);
    expect(await vault.tasksOf(externalId)).toHaveLength(tasks);
    expect((await vault.jobOf(externalId))['progress']).toBe(1);
    expect(await vault.marks()).toEqual([]);
  });

  it('answers a refresh whose tasks fail with the job, and a later poll reads them', async () => {
    await vault.poll(service, 'sweep');
    const { externalId, tasks } = ended().find((life) => life.tasks > 0)!;
    const undo = vault.spoil(TASKS, { kind: 'status', status: 500 });
    expect(await vault.refresh(externalId)).toBe(200);
    expect((await vault.jobOf(externalId))['progress']).toBe(1);
    expect((await vault.marks()).map(({ kind }) => kind)).toEqual(['tasks']);
    undo();
    expect(count(await vault.poll(service), TASKS)).toBe(1);
    expect(await vault.tasksOf(externalId)).toHaveLength(tasks);
  });

  it('that hangs there holds up nothing but that poll, for one timeout', async () => {
    const hasty = await vault.start({ poll: { timeoutMs: 1_000 } });
    await vault.poll(hasty, 'sweep');
    vault.clock.advance(A_LIFE_MS);
    vault.spoil(OWN_PAGE, { kind: 'hang' });
    expect(count(await vault.poll(hasty), OWN_PAGE)).toBe(1);
    expect((await vault.marks()).filter(({ attempts }) => attempts > 0)).toHaveLength(1);
  });

  it('fails the poll where the credential itself is refused', async () => {
    await vault.poll(service, 'sweep');
    vault.clock.advance(A_LIFE_MS);
    vault.spoil(TASKS, {
      kind: 'rewrite',
      rewrite: (answer) => ({
        ...answer,
        json: { responseStatus: 'FAILURE', errors: [{ type: 'USER_LOCKED_OUT', message: 'Locked.' }] },
      }),
    });
    expect(await service.pollNow('vault', 'incremental')).toMatchObject({
      error: { kind: 'authentication' },
    });
    expect(count(vault.asked(), TASKS)).toBe(1);
  });
});

describe('Integrate.io', () => {
  let etl: Living;
  let service: PollService;

  beforeEach(async () => {
    etl = await Living.open('integrate-io');
    service = await etl.start();
  });
  afterEach(() => etl.close());

  it('shows the jobs that a workflow ran after its outputs, and they are jobs of their own but once', async () => {
    await etl.poll(service, 'sweep');
    etl.clock.advance(A_LIFE_MS);
    await etl.poll(service);
    const { world } = etl.simulators;
    const population = world.population('integrate-io');
    const lives = world
      .truth(etl.clock.now(), 'integrate-io')
      .filter(({ terminal }) => terminal)
      .map(({ externalId }) => population.find(externalId, etl.clock.now())!);
    const parents = lives.filter(({ index, bornAt }) => index % 25 === 0 && bornAt > START);
    expect(parents.length).toBeGreaterThan(0);
    for (const parent of parents) {
      const children = lives.filter(({ parentIndex }) => parentIndex === parent.index).reverse();
      const tasks = await etl.tasksOf(parent.externalId);
      expect(children).toHaveLength(2);
      expect(tasks.map(({ externalId, attributes }) => [attributes['kind'], externalId])).toEqual([
        ...Array.from({ length: parent.outputs }, (_, place) => ['output', String(parent.id * 10 + place)]),
        ...children.map(({ externalId }) => ['child', externalId]),
      ]);
      for (const child of children) {
        const job = await etl.jobOf(child.externalId);
        const task = tasks.find(({ externalId }) => externalId === child.externalId)!;
        expect([task.state, task.name]).toEqual([job['state'], `run_${child.packageId}`]);
        expect(job).toMatchObject({ parentId: null, attributes: { packageId: child.packageId } });
      }
    }
    const rows = await etl.test.database.query('SELECT count(*) AS jobs FROM rollcall.job');
    expect(rows).toEqual([{ jobs: world.truth(etl.clock.now(), 'integrate-io').length }]);

    expect(count(await etl.poll(service), CHILDREN)).toBe(0);
    // a sweep brings the record again: it has the outputs, and takes no child away
    const before = await etl.tasksOf(parents[0]!.externalId);
    await etl.test.database.query("UPDATE rollcall.job SET list_hash = '\\x00', detail_hash = '\\x00'");
    await etl.poll(service, 'sweep');
    expect(await etl.tasksOf(parents[0]!.externalId)).toEqual(before);
  });

  it('forgets children that a later read no longer shows, and keeps the outputs', async () => {
    await etl.poll(service, 'sweep');
    etl.clock.advance(A_LIFE_MS);
    await etl.poll(service);
    const population = etl.simulators.world.population('integrate-io');
    const parent = population
      .newest(etl.clock.now(), 0, 200)
      .find(
        ({ index, outputs, bornAt }) => index % 25 === 0 && outputs > 0 && bornAt < etl.clock.now() - 300_000,
      )!;
    expect((await etl.tasksOf(parent.externalId)).length).toBe(parent.outputs + 2);
    etl.spoil(CHILDREN, { kind: 'rewrite', rewrite: (answer) => ({ ...answer, json: [] }) });
    expect(await etl.refresh(parent.externalId)).toBe(200);
    expect((await etl.tasksOf(parent.externalId)).map(({ attributes }) => attributes['kind'])).toEqual(
      Array(parent.outputs).fill('output'),
    );
  });
});

describe('Elastic Path', () => {
  let store: Living;
  beforeEach(async () => {
    store = await Living.open('elastic-path');
  });
  afterEach(() => store.close());

  const failures = (from: number) =>
    store.simulators.world
      .truth(store.clock.now(), 'elastic-path')
      .filter(({ state }) => state === 'failed')
      .map(({ externalId }) => store.simulators.world.population('elastic-path').lookup(externalId)!)
      .filter(({ bornAt }) => bornAt > from);

  it('says why a job failed that its list alone showed as failed', async () => {
    const service = await store.start();
    expect(count(await store.poll(service, 'sweep'), ERRORS)).toBe(0);
    store.clock.advance(A_LIFE_MS);
    await store.poll(service);
    const failed = failures(START);
    expect(failed.length).toBeGreaterThan(3);
    for (const { externalId, error } of failed)
      expect((await store.jobOf(externalId))['error']).toMatchObject({ message: error });
    expect(count(await store.poll(service), ERRORS)).toBe(0);
    expect(await store.marks()).toEqual([]);
  });

  it('that refuses the errors alone stays healthy, also for open jobs that are read by id', async () => {
    const service = await store.start();
    await store.poll(service, 'sweep');
    store.clock.advance(A_LIFE_MS);
    store.spoil(ERRORS, { kind: 'status', status: 403 });
    expect(count(await store.poll(service), ERRORS)).toBe(1);
    expect(count(await store.poll(service), ERRORS)).toBe(0);
    const [failed] = failures(START);
    expect(await store.jobOf(failed!.externalId)).toMatchObject({ state: 'failed', error: null });
    expect(await store.refresh(failed!.externalId)).toBe(200);
  });

  it('is asked for nothing where only our rule for a word is new', async () => {
    const held = await store.start({ statusOverrides: { failed: { state: 'running', reason: null } } });
    await store.poll(held, 'sweep');
    const ruled = await store.start();
    expect(count(await store.poll(ruled, 'sweep'), ERRORS)).toBe(0);
    const [failed] = failures(0);
    expect((await store.jobOf(failed!.externalId))['state']).toBe('failed');
    expect(await store.marks()).toEqual([]);
  });
});

it('a process that is killed between an end and its final read leaves it to the next one', async () => {
  const vault = await Living.open('veeva-vault');
  const folder = await mkdtemp(path.join(tmpdir(), 'rollcall-final-'));
  const sources = [{ ...vault.simulators.sources[0]!, poll: { every: '1s', staleAfter: '1m' } }];
  await writeFile(path.join(folder, 'rollcall.yaml'), stringify({ server: { auth: 'none' }, sources }));
  const replicas: Replica[] = [];
  const serve = (): Replica => {
    replicas.push(new Replica(folder, vault.test.url));
    return replicas.at(-1)!;
  };
  const rows = (sql: string) => vault.test.database.query(sql);
  try {
    const first = serve();
    const isRead = () => rows('SELECT 1 FROM rollcall.source WHERE first_read_at IS NOT NULL');
    await waitFor(async () => {
      if (!first.isAlive) throw new Error(first.log);
      return (await isRead()).length > 0;
    });
    const killed = new Promise<void>((resolve, reject) => {
      vault.simulators.inject('veeva-vault', {
        kind: 'before',
        match: ({ path: asked }) => TASKS.test(asked),
        run: () => void first.end('SIGKILL').then(resolve, reject),
      });
    });
    vault.clock.advance(A_LIFE_MS);
    await killed;
    const left = await vault.marks();
    expect(left.length).toBeGreaterThan(0);
    expect(left.every(({ attempts }) => attempts === 0)).toBe(true);

    await rows('UPDATE rollcall.source SET lease_until = now() WHERE lease_until IS NOT NULL');
    const second = serve();
    await waitFor(async () => (await vault.marks()).length === 0);
    await second.end('SIGTERM');
    const population = vault.simulators.world.population('veeva-vault');
    const sdk = population
      .newest(vault.clock.now(), 0, 1_000)
      .filter(
        ({ tasks, bornAt, steps }) => tasks > 0 && bornAt > START && steps.at(-1)!.at <= vault.clock.now(),
      );
    expect(sdk.length).toBeGreaterThan(2);
    for (const { externalId, tasks } of sdk) expect(await vault.tasksOf(externalId)).toHaveLength(tasks);
  } finally {
    await Promise.all(replicas.map((replica) => replica.end()));
    await rm(folder, { recursive: true });
    await vault.close();
  }
}, 180_000);
