import { stringify } from 'yaml';
import { readWebhookFilter } from '../../src/api/dto/webhook-filter.js';
import { Config } from '../../src/config/config.js';
import { Role } from '../../src/config/environment.js';
import { parseConfig } from '../../src/config/load-config.js';
import { RunningService, startService } from '../../src/main.js';
import { RealClock } from '../../src/simulators/clock.js';
import { startSimulators } from '../../src/simulators/simulators.js';
import { chartJob, startChartsServer } from '../support/charts-server.js';
import { createTestDatabase } from '../support/postgres.js';
import { startTestServer, stopTestServer } from '../support/test-server.js';
import { waitFor } from '../support/wait-for.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

/** A service with everything in it that its pages can show, alive until it is closed. */
export interface Scene {
  url: string;
  /** The page of each name. */
  paths: Record<string, string>;
  close(): Promise<void>;
}

const MINUTE = 60_000;

/**
 * The demo's five platforms, and what a demo lacks: a source whose credential is refused, one with a word that no rule reads and a record
 * that cannot be read, expectations that are broken, and webhooks of which one is taken and one is not.
 */
export async function startScene(): Promise<Scene> {
  await startTestServer();
  const test = await createTestDatabase();
  const simulators = await startSimulators({
    seed: 20_250_115,
    jobs: 400,
    clock: new RealClock(),
    limits: false,
  });
  const tiles = await startChartsServer(tilesJobs());
  const receiver = await WebhookReceiver.start();
  receiver.answer = ({ path }) =>
    path === '/hook' ? { status: 204 } : { status: 503, body: 'The on-call rota is being changed.' };
  const store = simulators.sources.find(({ key }) => key === 'store')!;
  const config = configOf({
    server: { auth: 'none', port: 0 },
    webhooks: { allowPrivateAddresses: true },
    sources: [
      ...simulators.sources.map((source) => ({ ...source, ...WORDS[source.key] })),
      {
        key: 'store-eu',
        platform: 'elastic-path',
        baseUrl: store.baseUrl,
        auth: { ...store.auth, clientSecret: 'of-last-year' },
        label: 'Store, Europe',
        labels: { team: 'commerce', env: 'prod' },
      },
      {
        key: 'tiles',
        platform: 'vectorcharts',
        baseUrl: tiles.baseUrl,
        auth: { token: tiles.token },
        label: 'Tiles, staging',
        labels: { team: 'navigation', env: 'staging' },
      },
    ].map((source) => ({ ...source, poll: { every: '2s', sweepEvery: '1m', maxRequestsPerHour: 100_000 } })),
    alerts: [
      { name: 'warehouse-takes-too-long', kind: 'duration', match: { source: 'etl' }, max: '40s' },
      { name: 'tiles-stand-still', kind: 'stuck', match: { source: 'tiles' }, after: '10m' },
      { name: 'exports-succeed', kind: 'success-rate', match: { source: 'store' }, below: 0.95 },
    ],
  });
  const environment = {
    ...{ host: null, port: null, dataDir: '', databaseUrl: null, logLevel: 'error' as const },
    ...{ roles: ['api', 'poller', 'notifier'] as Role[], tracing: null },
  };
  const service = await startService({
    config: { ...config, database: { ...config.database, url: test.url } },
    environment,
  });
  const paths = await furnish(service, receiver);
  return {
    url: service.url,
    paths,
    async close() {
      await service.stop();
      await Promise.all([simulators.close(), tiles.close(), receiver.close()]);
      await test.drop();
      await stopTestServer();
    },
  };
}

const WORDS: Record<string, { label: string; labels: Record<string, string> }> = {
  charts: { label: 'Chart tiles', labels: { team: 'navigation', env: 'prod' } },
  store: { label: 'Store catalogue', labels: { team: 'commerce', env: 'prod' } },
  field: { label: 'Field work', labels: { team: 'operations', env: 'prod' } },
  etl: { label: 'Data warehouse', labels: { team: 'data', env: 'prod' } },
  vault: { label: 'Document vault', labels: { team: 'quality', env: 'prod' } },
};

/** Read as a file is; shown as a demo is, because all of it is simulated. */
function configOf(values: object): Config {
  const noFile = (path: string): never => {
    throw new Error(`the scene reads no file: ${path}`);
  };
  return {
    ...parseConfig(stringify(values), 'scene', {}, noFile, { readFilter: readWebhookFilter }),
    file: null,
  };
}

function tilesJobs(): unknown[] {
  const at = Date.now() - 25 * MINUTE;
  const times = { created_at: at, updated_at: at + MINUTE };
  return [
    chartJob('5b1f', 'processing', { ...times, job_type: 'harbour-tiles' }),
    chartJob('77c0', 'hibernating', { ...times, job_type: 'index-custom-encs' }),
    chartJob('77c1', 'hibernating', { ...times, job_type: 'index-custom-encs' }),
    chartJob('90aa', 'completed', { ...times, job_type: 'harbour-tiles', created_at: 'yesterday' }),
    ...Array.from({ length: 12 }, (_, index) =>
      chartJob(`a${index}`, index % 5 === 4 ? 'failed' : 'completed', {
        ...{ job_type: 'harbour-tiles', created_at: at - index * 47 * MINUTE },
        updated_at: at - index * 47 * MINUTE + (3 + (index % 4)) * MINUTE,
      }),
    ),
  ];
}

/** Waits until every page has something to show. */
async function furnish({ url }: RunningService, receiver: WebhookReceiver): Promise<Record<string, string>> {
  const ask = async <T>(path: string, body?: object): Promise<T> => {
    const init = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    };
    const response = await fetch(`${url}/api/v1${path}`, body === undefined ? {} : init);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  };
  type List = { data: { id: string; lastPollAt: string | null; state: string }[] };
  await waitFor(async () =>
    (await ask<List>('/sources')).data.every(({ lastPollAt }) => lastPollAt !== null),
  );
  const { id } = await ask<{ id: string }>('/webhooks', {
    name: 'operations',
    url: receiver.url,
    filter: { state: ['failed', 'missed'] },
  });
  await ask('/webhooks', { name: 'rota', url: receiver.url.replace('/hook', '/rota') });
  await ask(`/webhooks/${id}/test`, {});
  await waitFor(async () => (await ask<List>('/alerts?state=firing')).data.length >= 2, 120_000);
  await waitFor(
    async () => (await ask<List>(`/webhooks/${id}/deliveries?state=delivered`)).data.length >= 4,
    240_000,
  );
  const job = async (query: string) => (await ask<List>(`/jobs?limit=1&${query}`)).data[0]!.id;
  return {
    overview: '/',
    jobs: '/jobs',
    job: `/jobs/${await job('source=field&state=cancelled,succeeded&sort=-finishedAt')}`,
    sources: '/sources',
    source: '/sources/tiles',
    preview: '/sources/tiles/preview',
    webhooks: `/webhooks?endpoint=${id}`,
    alerts: '/alerts?show=all',
  };
}
