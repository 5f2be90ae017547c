import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { NestFastifyApplication } from '@nestjs/platform-fastify';
import { PollService } from '../src/polling/poll.service.js';
import { serveDocuments } from '../src/simulators/documents.js';
import store from '../src/simulators/documents/elastic-path.jobs.json';
import etl from '../src/simulators/documents/integrate-io.jobs.json';
import charts from '../src/simulators/documents/vectorcharts.jobs.json';
import vault from '../src/simulators/documents/veeva-vault.monitors.json';
import field from '../src/simulators/documents/workfloplus.jobs.json';
import { allJobs, getJson, startApp } from './support/app.js';
import { sourceConfig, testConfig } from './support/config.js';
import { createTestDatabase, TestDatabase } from './support/postgres.js';

interface Answer {
  data: Record<string, unknown>[];
}

/** Shown in the README by scripts/readme-documents.mjs; written anew with UPDATE_DOCUMENTS=1. */
const RECORDED = path.resolve(__dirname, '../docs/published-documents.json');

/** One record of each document, beside which the README shows its job. */
const ORIGINALS = [
  {
    platform: 'vectorcharts',
    document: 'Get Jobs',
    externalId: 'b2c3d4e5-f6a7-8901-bcde-f12345678901',
    record: charts[1],
  },
  {
    platform: 'elastic-path',
    document: 'Get All Jobs',
    externalId: '92f237be-beac-4f22-945f-b6b73681ac09',
    record: store.data[0],
  },
  {
    platform: 'workfloplus',
    document: 'Get All Jobs',
    externalId: '5fa2a458980724000149rq40',
    record: field[0],
  },
  { platform: 'integrate-io', document: 'List Jobs', externalId: '157', record: etl[0] },
  { platform: 'veeva-vault', document: 'Retrieve Job Monitors', externalId: '72505', record: vault.jobs[0] },
];

let test: TestDatabase;
let documents: Awaited<ReturnType<typeof serveDocuments>>;
let polls: PollService;
let app: NestFastifyApplication;

beforeAll(async () => {
  test = await createTestDatabase();
  documents = await serveDocuments();
  const config = testConfig(documents.sources.map((source) => sourceConfig(source)));
  polls = new PollService(config, test.database);
  await polls.reconcile();
  for (const { key } of documents.sources) await polls.pollNow(key, 'sweep');
  app = await startApp(config, test.database);
}, 60_000);

afterAll(async () => {
  await polls.onApplicationShutdown();
  await app.close();
  await documents.close();
  await test.drop();
});

/** What moves with the moment of asking, and so is not compared. */
const MOVING = ['durationMs', 'firstSeenAt', 'lastSeenAt', 'changedAt'];

function still(answer: Answer): unknown {
  return answer.data.map((job) =>
    Object.fromEntries(Object.entries(job).filter(([field]) => !MOVING.includes(field))),
  );
}

it("gives the documents' own jobs as one list, as the README shows it", async () => {
  const answer = await getJson<Answer>(app, '/api/v1/jobs?sort=-createdAt');
  expect(answer.data).toHaveLength(13);
  if (process.env['UPDATE_DOCUMENTS'] !== undefined) {
    writeFileSync(RECORDED, `${JSON.stringify({ originals: ORIGINALS, answer }, null, 2)}\n`);
  }
  const recorded = JSON.parse(readFileSync(RECORDED, 'utf8')) as { answer: Answer };
  expect(still(answer)).toEqual(still(recorded.answer));
});

it('takes nothing from the samples that they do not say', async () => {
  const jobs = await allJobs(app);
  const one = (externalId: string) => jobs.find((job) => job['externalId'] === externalId);
  expect(one('b2c3d4e5-f6a7-8901-bcde-f12345678901')).toMatchObject({
    state: 'running',
    rawStatus: 'processing',
    progress: 0.45,
    createdAt: '2025-01-15T14:06:40.000Z',
    updatedAt: '2025-01-15T14:15:00.000Z',
    provenance: { startedAt: 'unknown' },
    attributes: { parameters: null },
  });
  expect(one('92f237be-beac-4f22-945f-b6b73681ac09')).toMatchObject({
    state: 'succeeded',
    startedAt: '2024-02-20T22:13:41.903Z',
    finishedAt: '2024-02-20T22:13:41.990Z',
    updatedAt: '2024-02-20T22:13:41.990Z',
    progress: null,
    provenance: {},
  });
  expect(one('5fa2a458980724000149rq40')).toMatchObject({
    state: 'paused',
    type: 'Example Workflow',
    name: 'Example Workflow Job 1',
    owner: 'api.user1@example.com',
    startedAt: '2020-11-04T12:53:42.266Z',
    provenance: { startedAt: 'inferred' },
  });
  expect(one('157')).toMatchObject({
    state: 'succeeded',
    progress: 1,
    finishedAt: '2023-11-07T05:31:56.000Z',
    provenance: { finishedAt: 'inferred' },
    links: {},
  });
  expect(one('361402')).toMatchObject({
    state: 'succeeded',
    type: 'User Account Activation',
    owner: '1',
    finishedAt: '2020-12-16T07:06:07.000Z',
  });
  expect(one('72505')).toMatchObject({
    state: 'scheduled',
    scheduledFor: '2021-02-04T04:00:00.000Z',
    startedAt: null,
    updatedAt: '2021-02-03T04:01:29.000Z',
  });
});
