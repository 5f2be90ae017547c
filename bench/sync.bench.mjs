// How fast a first read and a quiet re-read are, against the limit of the database: the same rows copied into the same
// tables and indexes by one statement. Ratios hold on any machine; seconds do not.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { mkdtemp, rm, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

const require = createRequire(import.meta.url);
const dist = (file) => require(path.resolve(import.meta.dirname, '../dist/src', file));

const TABLES = ['job', 'job_payload', 'job_task', 'transition', 'event'];

/** @param {{ jobs: number }} options how many jobs the simulated VectorCharts lists */
export async function run({ jobs }) {
  const { openDatabase } = dist('storage/database.js');
  const { migrate } = dist('storage/migrate.js');
  const { PollService } = dist('polling/poll.service.js');
  const { parseConfig } = dist('config/load-config.js');
  require('@nestjs/common').Logger.overrideLogger(false);
  const quiet = { info() {}, warn() {}, error: console.error };

  const folder = await mkdtemp(path.join(tmpdir(), 'rollcall-bench-'));
  await chmod(folder, 0o711);
  const upstream = await chartsServer(jobs);
  const database = await openDatabase({ url: null, dataDir: folder, poolSize: 5, log: quiet });
  try {
    await migrate(database);
    const text = JSON.stringify({
      sources: [{ key: 'charts', platform: 'vectorcharts', baseUrl: upstream.url, auth: { token: 'x' } }],
    });
    const polls = new PollService(parseConfig(text, 'bench', {}, String), database);
    await polls.reconcile();
    const memory = watchMemory();
    const first = await timed(database, () => polls.pollNow('charts', 'sweep'));
    const quietRead = await timed(database, () => polls.pollNow('charts', 'sweep'));
    const residentMiB = memory.stop();
    const limit = await timed(database, () => copyTables(database));
    await polls.onApplicationShutdown();
    return {
      name: 'sync',
      jobs,
      seconds: { limit: limit.seconds, first: first.seconds, quiet: quietRead.seconds },
      ratios: {
        'first read against the limit': round(limit.seconds / first.seconds),
        'quiet re-read against the first read': round(first.seconds / quietRead.seconds),
      },
      walBytesOfQuietRead: quietRead.walBytes,
      peakResidentMiB: residentMiB,
      notMeasured: 'the simulated upstream runs in the same process and shares its core and its memory',
    };
  } finally {
    await database.close();
    await upstream.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function timed(database, work) {
  const wal = async () =>
    (await database.query("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 AS bytes"))[0].bytes;
  const walBefore = await wal();
  const began = performance.now();
  await work();
  return { seconds: round((performance.now() - began) / 1000), walBytes: (await wal()) - walBefore };
}

async function copyTables(database) {
  for (const table of TABLES)
    await database.query(`CREATE TABLE rollcall.limit_${table} (LIKE rollcall.${table} INCLUDING ALL)`);
  for (const table of TABLES) {
    const overriding = table === 'job' ? 'OVERRIDING SYSTEM VALUE' : '';
    const columns = await database.query(
      `SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) AS list FROM pg_attribute
       WHERE attrelid = 'rollcall.${table}'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''`,
    );
    const list = columns[0].list;
    await database.query(
      `INSERT INTO rollcall.limit_${table} (${list}) ${overriding} SELECT ${list} FROM rollcall.${table}`,
    );
  }
}

async function chartsServer(jobs) {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    let index = 0;
    const more = () => {
      for (;;) {
        if (index === jobs) return response.end(']');
        const batch = [];
        for (const end = Math.min(index + 500, jobs); index < end; index++)
          batch.push(JSON.stringify(chartJob(index)));
        const text = (index <= 500 ? '[' : ',') + batch.join(',');
        if (!response.write(text)) return response.once('drain', more);
      }
    };
    more();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => new Promise((resolve) => (server.close(resolve), server.closeAllConnections())),
  };
}

function chartJob(index) {
  const createdAt = 1736950000000 + index * 1000;
  const state = index % 50 === 0 ? 'processing' : index % 10 === 0 ? 'failed' : 'completed';
  return {
    id: `job-${index}`,
    job_type: `type-${index % 20}`,
    job_state: state,
    parameters: { dataset: `dataset-${index % 1000}`, tiles: index },
    percent_complete: state === 'completed' ? 100 : 45,
    created_at: createdAt,
    updated_at: createdAt + 60_000,
  };
}

function watchMemory() {
  let peak = 0;
  const timer = setInterval(() => (peak = Math.max(peak, process.memoryUsage().rss)), 100);
  return {
    stop() {
      clearInterval(timer);
      return Math.round(peak / 2 ** 20);
    },
  };
}

const round = (value) => Math.round(value * 100) / 100;
