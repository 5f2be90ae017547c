import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { NestFastifyApplication } from '@nestjs/platform-fastify';
import { parse, stringify } from 'yaml';
import { Scope } from '../src/config/config.js';
import { tokenHash } from '../src/storage/token.store.js';
import { startApp } from './support/app.js';
import { ChartsServer, chartJob, startChartsServer } from './support/charts-server.js';
import { sourceConfig, testConfig } from './support/config.js';
import { TestDatabase, createTestDatabase } from './support/postgres.js';
import { AlertRouting, AlertRules, hurriedAlertmanager, hurriedRules } from './support/prometheus-pace.js';
import {
  AlertReceiver,
  ToldAlert,
  Tool,
  askPrometheus,
  installedTools,
  silencedByOthers,
  startAlertReceiver,
  startAlertmanager,
  startPrometheus,
} from './support/prometheus.js';
import { ROOT } from './support/repository.js';
import { waitFor } from './support/wait-for.js';

// The whole chain: platforms, the service, a real Prometheus with the rules of alerts/, a real Alertmanager with its example, and who is
// told in the end. An hour of those files passes in a minute; `npm run lab:alerting` gets the two programs where Debian has them.

const tools = installedTools();
const whenInstalled = tools === null ? it.skip : it;
const NOT_RUN = tools === null ? ' (NOT RUN: prometheus and alertmanager are not both installed here)' : '';

const SCRAPER = 'a-token-that-may-only-scrape-0123456789';
const OPERATOR = 'a-token-that-may-ask-for-polls-0123456789';
const HIDDEN_HOURS = 3;

async function shipped<T>(name: string): Promise<T> {
  return parse(await readFile(path.join(ROOT, 'alerts', name), 'utf8')) as T;
}

let closing: (() => Promise<unknown>)[] = [];
let test: TestDatabase;
let app: NestFastifyApplication;
let etl: ChartsServer;
let tiles: ChartsServer;
let receiver: AlertReceiver;
let prometheus: Tool;
let alertmanager: Tool;

/** Started together, and ended in the other order, whatever was reached. */
async function startAll(): Promise<void> {
  const use = async <T>(thing: Promise<T>, end: (started: T) => Promise<unknown>): Promise<T> => {
    const started = await thing;
    closing.push(() => end(started));
    return started;
  };
  const folder = await use(mkdtemp(path.join(tmpdir(), 'rollcall-alerting-')), (made) =>
    rm(made, { recursive: true }),
  );
  test = await use(createTestDatabase(), ({ drop }) => drop());
  const charts = () =>
    use(
      startChartsServer([run('long-ago', 'old-times', 'failed'), run('a', 'nightly', 'processing')]),
      (server) => server.close(),
    );
  [etl, tiles] = [await charts(), await charts()];
  app = await use(startService(), (service) => service.close());
  receiver = await use(startAlertReceiver(), (one) => one.close());
  alertmanager = await use(
    startAlertmanager(
      tools!.alertmanager,
      folder,
      hurriedAlertmanager(await shipped<AlertRouting>('alertmanager.example.yml'), receiver.url),
    ),
    (tool) => tool.stop(),
  );
  prometheus = await use(startScraping(folder), (tool) => tool.stop());
}

const run = (id: string, type: string, state: string) => chartJob(id, state, { job_type: type });

async function startService(): Promise<NestFastifyApplication> {
  const config = testConfig([
    sourceConfig({ ...sourceOf('etl', etl) }),
    sourceConfig({ ...sourceOf('tiles', tiles) }),
  ]);
  const token = (name: string, value: string, scopes: Scope[]) => ({
    ...{ name, hash: tokenHash(value), scopes, sources: null },
  });
  const tokens = [
    token('prometheus', SCRAPER, ['metrics:read']),
    token('operator', OPERATOR, ['sources:act']),
  ];
  const server = { ...config.server, auth: 'tokens' as const, tokens };
  const service = await startApp({ ...config, server }, test.database, ['api', 'poller']);
  await service.listen(0, '127.0.0.1');
  return service;
}

function sourceOf(key: string, { baseUrl, token }: ChartsServer) {
  return {
    ...{ key, platform: 'vectorcharts', baseUrl, auth: { token } },
    poll: { everyMs: 500, idleEveryMs: 500, timeoutMs: 5_000 },
  };
}

/** As docs/alerting.md says, but for the pace. */
async function startScraping(folder: string): Promise<Tool> {
  const rules = path.join(folder, 'rollcall.rules.yml');
  const credentials = path.join(folder, 'token');
  await writeFile(rules, stringify(hurriedRules(await shipped<AlertRules>('rollcall.rules.yml'))));
  await writeFile(credentials, SCRAPER);
  const { port } = (app.getHttpServer() as { address(): AddressInfo }).address();
  const targets = (address: string) => [{ targets: [address] }];
  return startPrometheus(tools!.prometheus, folder, {
    global: { scrape_interval: '1s', scrape_timeout: '1s', evaluation_interval: '1s' },
    rule_files: [rules],
    alerting: { alertmanagers: [{ static_configs: targets(new URL(alertmanager.url).host) }] },
    scrape_configs: [
      {
        job_name: 'rollcall',
        authorization: { credentials_file: credentials },
        static_configs: targets(`127.0.0.1:${port}`),
      },
    ],
  });
}

/** Somebody asks for a poll, and does not wait until the backoff is over. */
async function askForPoll(source: string): Promise<void> {
  const { statusCode } = await app.inject({
    ...{ method: 'POST', url: `/api/v1/sources/${source}/poll` },
    headers: { authorization: `Bearer ${OPERATOR}` },
  });
  expect(statusCode).toBe(202);
}

/** Alerts of this name that fire in Prometheus, with their labels. */
async function firing(alertname: string): Promise<Record<string, string>[]> {
  const alerts = await askPrometheus(prometheus, `ALERTS{alertname="${alertname}", alertstate="firing"}`);
  return alerts.map(({ labels }) => labels);
}

/** Waits until somebody was told of an alert with these labels. */
function heard(status: ToldAlert['status'], labels: Record<string, string>): Promise<ToldAlert> {
  return waitFor(async () =>
    receiver.told.find(
      (alert) =>
        alert.status === status &&
        Object.entries(labels).every(([name, value]) => alert.labels[name] === value),
    ),
  );
}

const jobAlerts = () => receiver.told.filter(({ labels }) => labels['alertname'] === 'RollcallJobsFailed');

afterEach(async () => {
  for (const end of closing.reverse()) await end();
  closing = [];
});

whenInstalled(
  `a failure fires with its labels and resolves; an outage fires for its source alone, and what failed behind it fires when it is over${NOT_RUN}`,
  async () => {
    await startAll();
    // as long as the rule itself waits: a new Prometheus would take all that ever failed for news
    await waitFor(
      async () =>
        (await askPrometheus(prometheus, 'rollcall_build_info offset 11s')).length === 1 &&
        (await askPrometheus(prometheus, 'rollcall_source_up == 1')).length === 2,
    );

    // one job that was running fails; another is first seen when it has failed already
    etl.jobs = [run('a', 'nightly', 'failed'), run('b', 'brand-new', 'failed'), etl.jobs[0]];
    // meanwhile another source cannot be read any more, and a job of it fails unseen
    tiles.faults = Array.from({ length: 1_000 }, () => (request) => void request.socket.destroy());
    tiles.jobs = [run('a', 'nightly', 'failed')];

    for (const type of ['nightly', 'brand-new']) {
      const labels = { alertname: 'RollcallJobsFailed', source: 'etl', type, state: 'failed' };
      expect(await heard('firing', labels)).toEqual({
        ...{ receiver: 'on-call', status: 'firing' },
        labels: { ...labels, severity: 'critical' },
        annotations: {
          runbook: 'docs/runbook.md#rollcalljobsfailed',
          summary: `${type} failed in source etl`,
          description: 'At least one job of this type became known as failed in the last ten minutes.',
        },
      });
    }
    const down = { alertname: 'RollcallSourceDown', source: 'tiles' };
    expect(await heard('firing', down)).toMatchObject({
      ...{ receiver: 'on-call', labels: { ...down, severity: 'critical' } },
      annotations: { summary: 'Source tiles cannot be read' },
    });

    // nobody waits for hours: the source was last read so much earlier
    await test.database.query(
      `UPDATE rollcall.source SET complete_through = complete_through - $1 * interval '1 hour',
         last_success_at = last_success_at - $1 * interval '1 hour' WHERE key = 'tiles'`,
      [HIDDEN_HOURS],
    );
    for (const alertname of ['RollcallSourceSilent', 'RollcallSourceBlind']) {
      const labels = { alertname, source: 'tiles', severity: 'warning' };
      expect(await waitFor(async () => (await firing(alertname))[0])).toMatchObject(labels);
      // who was told that the source is down is not told what follows from it
      await waitFor(async () =>
        (await silencedByOthers(alertmanager)).some((known) => known['alertname'] === alertname),
      );
    }
    expect(receiver.told.map(({ labels }) => labels['alertname'])).not.toContain('RollcallSourceBlind');
    await heard('resolved', { alertname: 'RollcallJobsFailed', source: 'etl', type: 'nightly' });
    await heard('resolved', { alertname: 'RollcallJobsFailed', source: 'etl', type: 'brand-new' });

    // so far no job of the source that is away was an alert, not for a moment
    const ofTiles = 'count_over_time(ALERTS{alertname="RollcallJobsFailed", source="tiles"}[1h])';
    expect(await askPrometheus(prometheus, ofTiles)).toEqual([]);

    tiles.faults = [];
    await askForPoll('tiles');
    await heard('resolved', down);
    expect(
      (await heard('firing', { alertname: 'RollcallJobsFailed', source: 'tiles' })).labels,
    ).toMatchObject({
      ...{ type: 'nightly', state: 'failed', severity: 'critical' },
    });
    await waitFor(async () => (await firing('RollcallSourceBlind')).length === 0);
    // failures of the history that a first read brings page nobody
    expect(jobAlerts().map(({ labels }) => labels['type'])).not.toContain('old-times');
    expect((await askPrometheus(prometheus, 'count_over_time(ALERTS{type="old-times"}[1h])')).length).toBe(0);
  },
  180_000,
);
