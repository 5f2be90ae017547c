import { AddressInfo } from 'node:net';
import { StreamService } from '../src/feed/stream.service.js';
import { TestApi, startApi } from './support/api.js';
import { insertSource } from './support/jobs.js';
import { TestDatabase, createTestDatabase } from './support/postgres.js';
import { waitFor } from './support/wait-for.js';
import { followAll, sourcesOf, write } from './lab/streams.js';

// A crowd of readers whose connections break at random while several writers write (npm run lab:streams is the same with a thousand).

const WRITING = { writers: 3, transitions: 2_000, jobsPerWriter: 20 };
const FOLLOWING = { readers: 50, breaks: 4, withinMs: 150_000 };

let test: TestDatabase;
let api: TestApi;

beforeAll(async () => {
  test = await createTestDatabase({ poolSize: 10 });
  for (const key of sourcesOf(WRITING)) await insertSource(test.database, { key });
  api = await startApi(test.database);
  await api.app.listen(0, '127.0.0.1');
});
afterAll(async () => {
  await api?.close();
  await test?.drop();
});

it('is given everything: every reader, of every job in order, each event once', async () => {
  const { port } = (api.app.getHttpServer() as { address(): AddressInfo }).address();
  const { next } = (await api.get('/api/v1/events?after=latest')).body.page as { page: never; next: string };
  const url = `http://127.0.0.1:${port}/api/v1/events/stream`;
  const [followed] = await Promise.all([
    followAll(url, next, FOLLOWING, WRITING),
    write(test.database, WRITING),
  ]);
  expect(followed.faults).toEqual([]);
  expect(followed.complete).toBe(FOLLOWING.readers);
  // connections did break
  expect(followed.connections).toBeGreaterThan(FOLLOWING.readers);
  await waitFor(async () => api.app.get(StreamService).count === 0);
}, 180_000);
