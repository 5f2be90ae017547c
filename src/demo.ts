import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { Config } from './config/config.js';
import { Environment } from './config/environment.js';
import { parseConfig } from './config/load-config.js';
import { RunningService, startService } from './main.js';
import { createLogger } from './logging.js';
import { RealClock } from './simulators/clock.js';
import { faceOf, serve as serveWorld, Simulators } from './simulators/simulators.js';
import { createWorld } from './simulators/world.js';
import { openDatabase } from './storage/database.js';
import { untilSignal } from './until-signal.js';

export interface DemoOptions {
  environment: Environment;
  onReady: (demo: { url: string; config: Config; dataDir: string }) => void;
}

const SEED = 20_250_115;
const JOBS = 400;

/** An older world is begun anew: nobody wants to wait while a demo catches up with a month. */
const LONGEST_WORLD_MS = 86_400_000;

const LABELS: Record<string, string> = {
  charts: 'Demo: chart tiles (simulated)',
  store: 'Demo: store catalogue (simulated)',
  field: 'Demo: field work (simulated)',
  etl: 'Demo: data warehouse (simulated)',
  vault: 'Demo: document vault (simulated)',
};

/**
 * Simulators of the five platforms and a service that watches them, in an embedded database of its own under the data folder.
 * Never touches DATABASE_URL. Runs until SIGTERM or SIGINT.
 */
export async function serveDemo({ environment, onReady }: DemoOptions): Promise<void> {
  const dataDir = join(environment.dataDir, 'demo');
  const own: Environment = {
    ...environment,
    dataDir,
    databaseUrl: null,
    roles: ['api', 'poller', 'notifier'],
  };
  const simulators = await startWorld(own);
  try {
    const config = demoConfig(simulators, environment);
    createLogger(own.logLevel).warn({ demo: true, msg: 'DEMO: all jobs are simulated' });
    const service: RunningService = await startService({ config, environment: own });
    await untilSignal(service, () => onReady({ url: service.url, config, dataDir }));
  } finally {
    await simulators.close();
  }
}

/** The world of the last start goes on where real time has brought it, so that a restarted demo finds its jobs again. */
async function startWorld(environment: Environment): Promise<Simulators> {
  await mkdir(environment.dataDir, { recursive: true });
  const file = join(environment.dataDir, 'world.json');
  const clock = new RealClock();
  let start = await readStart(file);
  if (start === null || clock.now() - start > LONGEST_WORLD_MS) {
    start = clock.now();
    await forgetOldWorld(environment);
    await writeFile(file, `${JSON.stringify({ start })}\n`);
  }
  const world = createWorld({ seed: SEED, jobs: JOBS, start });
  return serveWorld(world, clock, (platform) => faceOf(platform, world, false));
}

async function readStart(file: string): Promise<number | null> {
  try {
    const { start } = JSON.parse(await readFile(file, 'utf8')) as { start: unknown };
    return Number.isSafeInteger(start) ? (start as number) : null;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT' || error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Another world's jobs would have the same ids and other lives. */
async function forgetOldWorld({ dataDir, logLevel }: Environment): Promise<void> {
  const database = await openDatabase({ url: null, dataDir, poolSize: 1, log: createLogger(logLevel) });
  try {
    await database.query('DROP SCHEMA IF EXISTS rollcall CASCADE');
  } finally {
    await database.close();
  }
}

/** Written as a user would write it and checked the same way, so that the demo cannot do what a configuration cannot. */
function demoConfig(simulators: Simulators, environment: Environment): Config {
  const text = stringify({
    server: { auth: 'none' },
    sources: simulators.sources.map((source) => ({
      ...source,
      label: LABELS[source.key],
      labels: { demo: 'true' },
      poll: { every: '2s', sweepEvery: '1m', maxRequestsPerHour: 100_000 },
    })),
  });
  const { host, port } = environment;
  const env = {
    ...(host === null ? {} : { ROLLCALL_HOST: host }),
    ...(port === null ? {} : { ROLLCALL_PORT: String(port) }),
  };
  return { ...parseConfig(text, 'demo', env, noFile), file: null };
}

function noFile(path: string): never {
  throw new Error(`the demo reads no file: ${path}`);
}
