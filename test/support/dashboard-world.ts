import { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Config, Scope } from '../../src/config/config.js';
import { parseManifest } from '../../src/config/manifest-file.js';
import { PollService } from '../../src/polling/poll.service.js';
import { ManualClock } from '../../src/simulators/clock.js';
import { Simulators, startSimulators } from '../../src/simulators/simulators.js';
import { PollKind } from '../../src/domain/poll-kind.js';
import { TokenStore } from '../../src/storage/token.store.js';
import { startApp } from './app.js';
import { chartJob, ChartsServer, startChartsServer } from './charts-server.js';
import { SourceDraft, sourceConfig, testConfig } from './config.js';
import { createTestDatabase, TestDatabase } from './postgres.js';
import { WebhookReceiver } from './webhook-receiver.js';

/** Names that no page may take for more than text. */
export const HOSTILE = {
  markup: '<img src=x onerror="window.hurt=1"><script>window.hurt=1</script>',
  long: `long-${'x'.repeat(10_000)}`,
  backwards: '\u202Egnp.evil\u202E \u0627\u0644\u0639\u0631\u0628\u064A\u0629',
  address: 'javascript:window.hurt=1',
};

export const UNKNOWN_WORD = 'hibernating: "deep"';

/** The address of a service whose world a test moves: it polls when the test says so. */
export interface DashboardWorld {
  url: string;
  clock: ManualClock;
  simulators: Simulators;
  /** The source `tiles`: its jobs are what the test says. */
  tiles: ChartsServer;
  /** The source `printshop`, which a manifest describes. */
  printshop: ChartsServer;
  receiver: WebhookReceiver;
  test: TestDatabase;
  poll(key: string, kind?: PollKind): Promise<void>;
  tokenOf(name: string, scopes: readonly Scope[], sources?: string[] | null): Promise<string>;
  /** The service is gone; the database, and whoever polls, go on. */
  stop(): Promise<void>;
  /** It is there again, at the same address. */
  start(): Promise<void>;
  close(): Promise<void>;
}

const PRINTSHOP = `
manifest: 1
name: printshop
auth: { type: bearer }
lists:
  - name: prints
    request: { path: /prints, query: { page: '{{page}}', size: '{{limit}}' } }
    records: '@'
    pagination: { type: page, ends: [short-page] }
record:
  id: id
  type: job_type
  status: job_state
  states: { processing: running, completed: succeeded }
  times: { epoch: ms, createdAt: created_at, updatedAt: updated_at, finishedAt: { from: updated_at, inferred: true } }
  progress: { from: percent_complete, scale: percent }
  owner: customer.name
  attributes: { parameters: parameters }
`;

/** All states of health at once: sources that work, one whose credential is refused, and one that says what nobody understands. */
export async function startDashboardWorld(auth: Config['server']['auth']): Promise<DashboardWorld> {
  const test = await createTestDatabase();
  const clock = new ManualClock(Date.now());
  const simulators = await startSimulators({
    seed: 6,
    jobs: 150,
    clock,
    platforms: ['elastic-path', 'workfloplus', 'integrate-io', 'veeva-vault'],
  });
  const tiles = await startChartsServer(tilesJobs());
  const printshop = await startChartsServer(
    ['processing', 'completed'].map((state) => chartJob(`print-${state}`, state, { job_type: 'poster' })),
  );
  const receiver = await WebhookReceiver.start();
  const store = simulators.sources.find(({ key }) => key === 'store')!;
  const drafts: SourceDraft[] = [
    ...simulators.sources,
    { key: 'tiles', platform: 'vectorcharts', baseUrl: tiles.baseUrl, auth: { token: tiles.token } },
    {
      ...{ key: 'printshop', platform: 'http', baseUrl: printshop.baseUrl, auth: { token: printshop.token } },
      manifest: parseManifest(PRINTSHOP, 'printshop.yaml').manifest!,
    },
    {
      ...store,
      key: 'store-eu',
      auth: { ...store.auth, clientSecret: 'of-last-year' },
      label: 'Store, Europe',
      labels: { env: 'prod' },
    },
  ];
  const config = testConfig(drafts.map(sourceConfig));
  config.server.auth = auth;
  config.webhooks.allowPrivateAddresses = true;
  const polls = new PollService(config, test.database);
  await polls.reconcile();

  let app: NestFastifyApplication | null = null;
  let port = 0;
  const start = async () => {
    app = await startApp(config, test.database, ['api', 'notifier']);
    await app.listen(port, '127.0.0.1');
    port = Number(new URL(await app.getUrl()).port);
  };
  const stop = async () => {
    await app?.close();
    app = null;
  };
  const poll = async (key: string, kind: PollKind = 'incremental') => {
    await polls.pollNow(key, kind);
  };
  for (const { key } of drafts) await poll(key, 'sweep');
  await start();
  return {
    url: `http://127.0.0.1:${port}`,
    clock,
    simulators,
    tiles,
    printshop,
    receiver,
    test,
    poll,
    start,
    stop,
    async tokenOf(name, scopes, sources = null) {
      return (await new TokenStore(test.database).create({ name, scopes, sources, expiresAt: null })).token;
    },
    async close() {
      await stop();
      await polls.onApplicationShutdown();
      await Promise.all([simulators.close(), tiles.close(), printshop.close(), receiver.close()]);
      await test.drop();
    },
  };
}

/** A few that run, the hostile ones, one with a word that no rule reads, and one record that cannot be read. */
function tilesJobs(): unknown[] {
  const at = Date.now() - 600_000;
  const times = { created_at: at, updated_at: at + 60_000 };
  return [
    ...['live', 'other', 'followed'].map((id) => chartJob(id, 'processing', times)),
    ...Object.entries(HOSTILE).map(([name, words]) =>
      chartJob(`hostile-${name}`, 'failed', { ...times, job_type: words }),
    ),
    chartJob('asleep', UNKNOWN_WORD, times),
    chartJob('unreadable', 'completed', { ...times, created_at: 'yesterday' }),
  ];
}

/** An expectation that a job breaks, as the evaluation leaves it. */
export async function insertBreach(
  { database }: TestDatabase,
  breach: { rule: string; source: string; jobId: string | null; message: string; resolved?: boolean },
): Promise<void> {
  await database.query(
    `INSERT INTO rollcall.expectation_breach (rule, kind, source_key, subject, job_id, type, since, fired_at, resolved_at, value,
       limit_value, message)
     VALUES ($1, 'duration', $2, coalesce($3, ''), $3::uuid, 'index-custom-encs', now() - interval '20 minutes',
       now() - interval '10 minutes', CASE WHEN $4 THEN now() END, 1200000, 600000, $5)`,
    [breach.rule, breach.source, breach.jobId, breach.resolved ?? false, breach.message],
  );
}
