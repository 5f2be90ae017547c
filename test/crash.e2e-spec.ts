import { ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { ManualClock } from '../src/simulators/clock.js';
import { SimulatedPlatform } from '../src/simulators/life.js';
import { Simulators, startSimulators } from '../src/simulators/simulators.js';
import { allJobs, startApp } from './support/app.js';
import { testConfig } from './support/config.js';
import { createTestDatabase, TestDatabase } from './support/postgres.js';
import { comparable } from './support/truth.js';
import { waitFor } from './support/wait-for.js';

const ROOT = path.resolve(__dirname, '..');
const FIVE = 5;

let test: TestDatabase;
let simulators: Simulators;
let folder: string;
let child: ChildProcess | null = null;

async function prepare(world: {
  jobs: number;
  platforms?: SimulatedPlatform[];
  pageSize: number;
}): Promise<void> {
  const { pageSize, ...rest } = world;
  test = await createTestDatabase();
  const clock = new ManualClock(Date.UTC(2025, 0, 15, 14, 0, 0));
  simulators = await startSimulators({ seed: 11, clock, limits: false, ...rest });
  folder = await mkdtemp(path.join(tmpdir(), 'rollcall-crash-'));
  const sources = simulators.sources.map((source) => ({
    ...source,
    poll: { every: '1s', staleAfter: '1m', ...(source.key === 'charts' ? {} : { pageSize }) },
  }));
  await writeFile(path.join(folder, 'rollcall.yaml'), stringify({ server: { auth: 'none' }, sources }));
}

afterEach(async () => {
  await kill();
  await simulators.close();
  await rm(folder, { recursive: true });
  await test.drop();
});

function serve(): void {
  child = spawn(process.execPath, [path.join(ROOT, 'bin/rollcall.mjs'), 'serve'], {
    cwd: folder,
    env: { ...process.env, DATABASE_URL: test.url, ROLLCALL_PORT: '0', LOG_LEVEL: 'error' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

async function kill(): Promise<void> {
  if (child === null || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** Kills the service at the moment when a platform is asked for the n-th time from now on. */
async function killAtRequest(
  platform: 'elastic-path' | 'integrate-io' | 'veeva-vault',
  n: number,
): Promise<void> {
  let asked = 0;
  const killed = new Promise<void>((resolve, reject) => {
    simulators.inject(platform, {
      kind: 'before',
      match: () => ++asked === n,
      run: () => void kill().then(resolve, reject),
    });
  });
  serve();
  await killed;
  // The claims of the killed process would run out by themselves; nobody needs to wait for that here.
  await rows('UPDATE rollcall.source SET lease_until = now() WHERE lease_until IS NOT NULL');
}

const rows = <T>(sql: string): Promise<T[]> => test.database.query<T>(sql);

it('kill -9 in a first read, again and again, and the result is the same as without it', async () => {
  await prepare({ jobs: 600, pageSize: 10 });
  await killAtRequest('elastic-path', 5);
  await killAtRequest('integrate-io', 4);
  await killAtRequest('veeva-vault', 9);
  await killAtRequest('elastic-path', 2);
  serve();
  await waitFor(async () => {
    const read = await rows(
      'SELECT key FROM rollcall.source WHERE first_read_at IS NOT NULL AND open_round_at IS NOT NULL',
    );
    return read.length === FIVE;
  });
  await kill();

  const app = await startApp(testConfig([]), test.database);
  const jobs = await allJobs(app);
  await app.close();
  const truth = simulators.world.truth(simulators.clock.now());
  const key = (job: { platform: unknown; externalId: unknown; state: unknown }): string =>
    [job.platform, job.externalId, job.state].join(' ');
  expect(jobs.map((job) => key(comparable(job) as never)).sort()).toEqual(truth.map(key).sort());

  const events = await rows<{ job_id: string; sequence: number; type: string }>(
    'SELECT job_id, sequence, type FROM rollcall.event WHERE job_id IS NOT NULL',
  );
  expect(events.filter(({ type }) => type === 'job.discovered')).toHaveLength(truth.length);
  expect(new Set(events.map(({ job_id, sequence }) => `${job_id}/${sequence}`)).size).toBe(events.length);
  expect(
    await rows(
      'SELECT state, sum(jobs) AS jobs FROM rollcall.job_count WHERE jobs <> 0 GROUP BY state ORDER BY state',
    ),
  ).toEqual(
    await rows('SELECT state, count(*)::numeric AS jobs FROM rollcall.job GROUP BY state ORDER BY state'),
  );
}, 180_000);

it('a first read that was killed goes on where it stood', async () => {
  await prepare({ jobs: 1_200, platforms: ['integrate-io'], pageSize: 100 });
  await killAtRequest('integrate-io', 9);
  const answered = simulators.requests.count('integrate-io');
  serve();
  await waitFor(async () => {
    const read = await rows("SELECT 1 FROM rollcall.source WHERE key = 'etl' AND first_read_at IS NOT NULL");
    return read.length === 1;
  });
  await kill();
  const [next] = simulators.requests.list('integrate-io').slice(answered);
  // Integrate.io is walked by time: a walk that began anew would ask for everything.
  expect(new URL(next!.url, 'http://localhost').searchParams.get('since')).toMatch(/^2025-/);
}, 120_000);
