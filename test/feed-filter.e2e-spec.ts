import { plainToInstance } from 'class-transformer';
import fc from 'fast-check';
import { EventParameters } from '../src/api/dto/events.parameters.js';
import { parseQueryString } from '../src/api/http/query-string.js';
import { MatchedJob, jobMatcher } from '../src/feed/job-matcher.js';
import { TestApi, startApi } from './support/api.js';
import { allJobs } from './support/app.js';
import { SOURCES, randomFilter, randomJobs, toSearch } from './support/job-world.js';
import { insertJobs, insertSource } from './support/jobs.js';
import { TestDatabase, createTestDatabase } from './support/postgres.js';

// What a filter means is said twice, in SQL for lists and in memory for events. Here both are asked the same of the same jobs.

const JOBS = randomJobs(400, 7);

let test: TestDatabase;
let api: TestApi;
let shown: MatchedJob[];

beforeAll(async () => {
  test = await createTestDatabase();
  for (const source of SOURCES) await insertSource(test.database, source);
  await insertJobs(test.database, JOBS);
  api = await startApi(test.database);
  shown = await allJobs(api.app);
});
afterAll(async () => {
  await api?.close();
  await test?.drop();
});

async function compare(search: string): Promise<void> {
  const { status, body } = await api.get(`/api/v1/jobs?limit=500&fields=id&${search}`);
  expect([search, status]).toEqual([search, 200]);
  const listed = body.data.map(({ id }: { id: string }) => id).sort() as string[];
  const query = { ...parseQueryString(search) };
  const matches = jobMatcher(plainToInstance(EventParameters, query).jobFilter());
  const matched = shown.filter((job) => matches(job, Date.now())).map(({ id }) => id as string);
  expect([search, matched.sort()]).toEqual([search, listed]);
}

it('is there to be filtered', () => {
  expect(shown).toHaveLength(JOBS.length);
});

it('selects in memory what the database selects, for random filters', async () => {
  await fc.assert(
    fc.asyncProperty(randomFilter(JOBS), fc.boolean(), async ({ latest: _, ...filter }, commas) => {
      await compare(toSearch(filter, commas).toString());
    }),
    { numRuns: 300, seed: 11, endOnFailure: true },
  );
}, 120_000);

it.each([
  'state in (failed, missed) or progress > 0.3',
  'not (state = failed) and not (owner = ann)',
  'owner is null',
  'owner != ann',
  'type ~ "IMP" and error.message ~ "full"',
  'error.code is null',
  'error.message is not null',
  'labels.team = maps or labels.env = prod',
  'labels.team is null',
  'labels.team ~ "HARA"',
  'labels.__proto__ = x',
  'attributes.priority = 5',
  'attributes.priority > 1',
  'attributes.priority <= 0.25',
  'not (attributes.priority > 1)',
  'attributes.done = true',
  'attributes.done is null',
  'attributes.note ~ "50%"',
  'attributes.list is not null',
  'attributes.big > 900000000000000',
  'terminal = true',
  'terminal != true',
  'duration > 2h',
  'duration <= 1h and terminal = true',
  'createdAt < 2025-03-01T00:00:01Z',
  'createdAt >= 2025-03-01T00:00:00Z and not (createdAt > 2025-03-02T00:00:00Z)',
  'finishedAt is null',
  'updatedAt > -6h',
  'scheduledFor > 2000-01-01T00:00:00Z',
  'createdAt in (2025-03-01T00:00:00.000Z, 1969-12-31T23:59:59.999Z)',
  'freshness in (stale, vanished)',
  'version > 20 and version < 30',
  'version in (3, 4, 5)',
  'lastSeenAt < 2025-05-01T00:00:00Z',
  'platform in (vectorcharts, http) and (reason = timed_out or rawStatus = DONE)',
  'progress in (0.45, 1)',
])('selects in memory what the database selects: %s', (expression) =>
  compare(new URLSearchParams({ filter: expression }).toString()),
);

it('reads an attribute as the database writes it', async () => {
  const values = [5, 5.5, -0.25, 1e21, 1.5e-7, 123456789012345680000, -2.5e22, true, false, 'text', ''];
  for (const value of values) {
    const [row] = await test.database.query<{ text: string }>(`SELECT $1::jsonb ->> 'key' AS text`, [
      JSON.stringify({ key: value }),
    ]);
    const matches = jobMatcher({ attribute: [{ key: 'key', value: row!.text }] });
    expect([value, row!.text, matches({ attributes: { key: value } }, 0)]).toEqual([value, row!.text, true]);
  }
});

it('finds nothing in what an event of a source does not have, and what it does have', () => {
  const subject = { source: 'vault', platform: 'veeva-vault', labels: { team: 'maps' } };
  const search = (text: string) =>
    jobMatcher(plainToInstance(EventParameters, { ...parseQueryString(text) }).jobFilter())(subject, 0);
  for (const text of ['', 'source=vault', 'platform=veeva-vault', 'label=team:maps', 'filter=owner+is+null'])
    expect([text, search(text)]).toEqual([text, true]);
  for (const text of [
    ...[
      'source=charts',
      'state=failed',
      'state=active',
      'q=vault',
      'minProgress=0',
      'minDuration=0s',
      'attribute=a:b',
    ],
    ...[
      'createdSince=-1d',
      'createdUntil=2030-01-01T00:00:00Z',
      'label=team:x',
      'freshness=fresh',
      'filter=terminal+%3D+false',
    ],
  ])
    expect([text, search(text)]).toEqual([text, false]);
});
