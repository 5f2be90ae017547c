import { rm } from 'node:fs/promises';
import { PollService } from '../../src/polling/poll.service.js';
import { Database, openDatabase } from '../../src/storage/database.js';
import { EmbeddedPostgres } from '../../src/storage/embedded-postgres/index.js';
import { migrate } from '../../src/storage/migrate.js';
import { chartJob, ChartsServer, startChartsServer } from '../support/charts-server.js';
import { sourceConfig, testConfig } from '../support/config.js';
import { quietLog } from '../support/quiet-log.js';
import { makeTestFolder } from '../support/test-folder.js';
import { statementsOf } from './statements.js';

/**
 * What a poll costs the database: statements, and the log that it writes. Rows and requests have tests of their own (invariants, rule 7,
 * and quiet-poll). The server is this file's own, so that nothing but the poll writes.
 */

const JOBS = 20_000;
/** Records of which one statement asks whether they are known. */
const LOOKED_UP = 1_000;
/** Before a poll that somebody waits for: whether the source is there, in a transaction. */
const IS_THERE = 3;
/** Statements of a poll, however much it reads: its claim and its end, each a commit of its own. */
const POLL = 2;
/** Statements of a transaction of changes, and what the source's jobs say of it then. */
const CHANGES = 13 + 1;
/** A poll renews its lease for as long as it takes, which is the machine's affair. */
const RENEWAL = /^UPDATE rollcall\.source SET lease_until/;
/** As performance.md promises it, bytes. */
const LOG_OF_A_HUNDRED_THOUSAND = 1_000_000;

let folder: string;
let server: EmbeddedPostgres;
let database: Database;
let charts: ChartsServer;
let polls: PollService;

beforeAll(async () => {
  folder = await makeTestFolder();
  // its own writing would be counted as the poll's
  server = await EmbeddedPostgres.join({ dataDir: folder, log: quietLog(), settings: { autovacuum: 'off' } });
  database = await openDatabase({ url: server.url, dataDir: folder, poolSize: 5, log: quietLog() });
  await migrate(database);
  charts = await startChartsServer(
    Array.from({ length: JOBS }, (_, index) =>
      chartJob(`job-${index}`, index % 50 === 0 ? 'processing' : 'completed'),
    ),
  );
  const { baseUrl, token } = charts;
  const poll = { timeoutMs: 60_000 };
  const source = sourceConfig({ key: 'charts', platform: 'vectorcharts', baseUrl, auth: { token }, poll });
  polls = new PollService(testConfig([source]), database);
  await polls.reconcile();
  expect(await polls.pollNow('charts', 'sweep')).toMatchObject({ error: null, records: JOBS });
});
afterAll(async () => {
  await polls?.onApplicationShutdown();
  await charts?.close();
  await database?.close();
  await server?.leave();
  await rm(folder, { recursive: true, force: true });
});

async function logPosition(): Promise<number> {
  const [row] = await database.query<{ bytes: number }>(
    "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 AS bytes",
  );
  return row!.bytes;
}

async function costOf(work: () => Promise<unknown>): Promise<string[]> {
  return (await statementsOf(work)).filter((shown) => !RENEWAL.test(shown));
}

it('a quiet re-read writes less than 1 MB of log for 100,000 jobs', async () => {
  // the first one after a first read may still note what that could not tell it
  await polls.pollNow('charts', 'sweep');
  const before = await logPosition();
  expect(await polls.pollNow('charts', 'sweep')).toMatchObject({ error: null, records: JOBS, changed: 0 });
  const written = (await logPosition()) - before;
  expect(written).toBeLessThan((LOG_OF_A_HUNDRED_THOUSAND * JOBS) / 100_000);
});

it('a quiet re-read asks once for a thousand records', async () => {
  const heard = await costOf(() => polls.pollNow('charts', 'sweep'));
  expect(heard.slice(IS_THERE + POLL + JOBS / LOOKED_UP)).toEqual([]);
});

it('a scheduled poll that finds nothing new claims, looks, and ends', async () => {
  await database.query('UPDATE rollcall.source SET next_poll_at = now()');
  const heard = await costOf(
    () => new Promise<void>((resolve, reject) => void polls.pollDue(1, resolve).catch(reject)),
  );
  const looks = Array<string>(JOBS / LOOKED_UP).fill('job-known-by-list');
  expect(heard).toEqual([expect.stringMatching(/^WITH due AS/), ...looks, 'poll-finish']);
  expect(await database.query('SELECT lease_owner, health FROM rollcall.source')).toEqual([
    { lease_owner: null, health: 'healthy' },
  ]);
});

it('what changed is one transaction more', async () => {
  charts.jobs[0] = chartJob('job-0', 'completed', { updated_at: 1736950600000 });
  const heard = await costOf(async () => {
    expect(await polls.pollNow('charts', 'sweep')).toMatchObject({ error: null, changed: 1 });
  });
  expect(heard.slice(IS_THERE + POLL + JOBS / LOOKED_UP + CHANGES)).toEqual([]);
});
