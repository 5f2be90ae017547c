import { execFile } from 'node:child_process';
import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createClient, Job, ProblemError, RollcallClient } from '../client/src/index.js';
import { TokenStore } from '../src/storage/token.store.js';
import { openApiDocument } from './openapi/document.js';
import { startApi, TestApi } from './support/api.js';
import { testConfig } from './support/config.js';
import { insertJobs, insertSource } from './support/jobs.js';
import { createTestDatabase, TestDatabase } from './support/postgres.js';
import { ROOT } from './support/repository.js';
import { makeTestFolder } from './support/test-folder.js';

const run = promisify(execFile);
const JOBS = 1_203;
const NOWHERE = '00000000-0000-4000-8000-000000000000';

async function all<T>(list: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const one of list) found.push(one);
  return found;
}

describe('the client', () => {
  let test: TestDatabase;
  let api: TestApi;
  let baseUrl: string;
  let token: string;
  let client: RollcallClient;

  beforeAll(async () => {
    test = await createTestDatabase();
    await insertSource(test.database, { key: 'charts', labels: { team: 'a,b' } });
    await insertSource(test.database, { key: 'store', platform: 'elastic-path' });
    await insertJobs(
      test.database,
      Array.from({ length: JOBS }, (_, index) => ({
        source: index % 3 ? 'charts' : 'store',
        externalId: `run ${index}`,
        type: index % 2 ? 'a, b\\' : 'tiles',
        state: index % 2 ? 'failed' : 'running',
        updatedAt: new Date(Date.UTC(2025, 2, 1) + Math.floor(index / 7) * 1_000).toISOString(),
      })),
    );
    const made = await new TokenStore(test.database).create({
      name: 'client',
      scopes: ['jobs:read', 'sources:read', 'tokens:manage'],
      sources: null,
      expiresAt: null,
    });
    token = made.token;
    const config = testConfig([]);
    config.server.auth = 'tokens';
    config.server.basePath = '/rollcall';
    api = await startApi(test.database, config);
    await api.app.listen(0, '127.0.0.1');
    baseUrl = `${await api.app.getUrl()}/rollcall`;
    client = createClient({ baseUrl, token });
  });
  afterAll(async () => {
    await api?.close();
    await test?.drop();
  });

  const ids = (jobs: { id: string }[]) => new Set(jobs.map(({ id }) => id));

  it('walks every page of a list, once', async () => {
    const jobs = await all(client.jobs({ limit: 100, sort: 'updatedAt' }));
    expect([jobs.length, ids(jobs).size]).toEqual([JOBS, JOBS]);
    const times = jobs.map(({ updatedAt }) => updatedAt!);
    expect(times).toEqual([...times].sort());
  });

  it('gives the pages with what they say, and asks for no more than is read', async () => {
    const asked: string[] = [];
    const watched = createClient({
      baseUrl,
      token,
      fetch: (request) => {
        asked.push(request.url);
        return fetch(request);
      },
    });
    for await (const page of watched.jobs({ limit: 400, count: 'exact' }).pages()) {
      expect([page.data.length, page.page.total, page.coverage.sources]).toEqual([400, JOBS, 2]);
      break;
    }
    expect(asked).toHaveLength(1);
    for await (const job of watched.jobs({ limit: 400, offset: 10 })) {
      expect(job.source).toMatch(/charts|store/);
      if (asked.length === 3) break;
    }
    expect(asked).toHaveLength(3);
    // an offset is of the first page
    expect(asked.map((url) => /offset=10/.test(url))).toEqual([false, true, false]);
  });

  it('writes values so that the service reads them as they are', async () => {
    const odd = await all(client.jobs({ type: ['a, b\\'], limit: 500 }));
    expect(odd).toHaveLength(Math.floor(JOBS / 2));
    const labelled = await all(client.jobs({ label: ['team:a,b'], limit: 500 }));
    expect(labelled.every(({ source }) => source === 'charts')).toBe(true);
    expect(labelled).toHaveLength(JOBS - Math.ceil(JOBS / 3));
    expect(await all(client.jobs({ q: 'zzz & ?#%' }))).toEqual([]);
  });

  it('gives only the fields that are asked for, and types them', async () => {
    const [first] = await all(client.jobs({ fields: ['state', 'type'], externalId: ['run 1'] }));
    const state: Job['state'] = first!.state;
    // @ts-expect-error -- it was not asked for
    expect(first!.name).toBeUndefined();
    expect([Object.keys(first!), state]).toEqual([['id', 'state', 'type'], 'failed']);
  });

  it('exports by one stream', async () => {
    const exported = await all(client.exportJobs({ state: ['failed'], sort: 'createdAt' }));
    const listed = await all(client.jobs({ state: ['failed'], sort: 'createdAt', limit: 500 }));
    expect(exported).toEqual(listed);
    expect(await all(client.exportJobs({ limit: 7 }))).toHaveLength(7);
    for await (const { state } of client.exportJobs({ fields: ['state'] })) {
      expect(state).toMatch(/failed|running/);
      break;
    }
  });

  it('asks for one thing at a time, and for any operation', async () => {
    const [job] = await all(client.jobs({ externalId: ['run 0'] }));
    expect(await client.job(job!.id)).toEqual({ ...job, lastSeenAt: expect.any(String) as string });
    expect((await client.job(job!.id, { payload: true })).payload).toEqual({ list: null, detail: null });
    expect(await all(client.transitions(job!.id))).toEqual([]);
    expect(await all(client.tasks(job!.id))).toEqual([]);
    expect((await all(client.sources({ limit: 1 }))).map(({ key }) => key)).toEqual(['charts', 'store']);
    expect((await client.source('store')).platform).toBe('elastic-path');
    expect(await all(client.rejects({ source: ['charts'] }))).toEqual([]);
    expect((await all(client.tokens())).map(({ name }) => name)).toEqual(['client']);
    const { data } = await client.api.GET('/api/v1/jobs/summary', {
      params: { query: { groupBy: ['source'] } },
    });
    expect(data!.total).toBe(JOBS);
    const { data: made } = await client.api.POST('/api/v1/tokens', { body: { name: 'another' } });
    expect(made!.token).toMatch(/./);
    await client.api.DELETE('/api/v1/tokens/{name}', { params: { path: { name: 'another' } } });
  });

  it('throws what the service refuses, with all that it says', async () => {
    const faults = await all(client.jobs({ limit: 0, q: 'a b c d e f g h i' })).catch(
      (error: unknown) => error,
    );
    expect(faults).toBeInstanceOf(ProblemError);
    const { status, kind, problem, requestId, retryAfterMs } = faults as ProblemError;
    expect([status, kind, retryAfterMs]).toEqual([400, 'invalid-request', null]);
    expect(problem!.errors!.map((fault) => 'parameter' in fault && fault.parameter).sort()).toEqual([
      'limit',
      'q',
    ]);
    expect(requestId).toMatch(/^[0-9a-f-]{36}$/);
    await expect(client.job(NOWHERE)).rejects.toMatchObject({ status: 404, kind: 'not-found' });
    await expect(all(client.audit())).rejects.toMatchObject({ status: 403, kind: 'forbidden' });
    await expect(all(createClient({ baseUrl }).sources())).rejects.toMatchObject({ status: 401 });
    await expect(all(createClient({ baseUrl: `${baseUrl}/docs` }).sources())).rejects.toMatchObject({
      status: 404,
    });
    const cut = createClient({
      baseUrl,
      fetch: () => Promise.resolve(new Response('<h1>', { status: 502, headers: { 'retry-after': '7' } })),
    });
    await expect(cut.job(NOWHERE)).rejects.toMatchObject({ status: 502, problem: null, retryAfterMs: 7_000 });
  });

  it('is stopped by a signal', async () => {
    const signal = AbortSignal.abort();
    await expect(all(client.jobs({}, { signal }))).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('remembers answers by ETag, and asks whether they are still true', async () => {
    const statuses: number[] = [];
    const remembering = createClient({
      baseUrl,
      token,
      remember: 1,
      fetch: async (request) => {
        const response = await fetch(request);
        statuses.push(response.status);
        return response;
      },
    });
    const first = await remembering.source('charts');
    expect(await remembering.source('charts')).toEqual(first);
    await test.database.query("UPDATE rollcall.source SET label = 'New' WHERE key = 'charts'");
    expect((await remembering.source('charts')).label).toBe('New');
    expect((await remembering.source('store')).key).toBe('store');
    // forgotten for the sake of the other
    expect((await remembering.source('charts')).label).toBe('New');
    expect(statuses).toEqual([200, 304, 200, 200, 200]);
    expect(await all(remembering.exportJobs({ limit: 3 }))).toHaveLength(3);
    await expect(remembering.job(NOWHERE)).rejects.toMatchObject({ status: 404 });
  });

  describe('as a package', () => {
    let folder: string;

    beforeAll(async () => {
      folder = await makeTestFolder();
    });
    afterAll(() => rm(folder, { recursive: true }));

    it('has the version of the service, and types of its document', async () => {
      const version = async (file: string) =>
        (JSON.parse(await readFile(join(ROOT, file), 'utf8')) as { version: string }).version;
      expect(await version('client/package.json')).toBe(await version('package.json'));
      const document = join(folder, 'openapi.json');
      await writeFile(document, JSON.stringify(await openApiDocument()));
      await run(process.execPath, ['scripts/client.mjs', '--check', document], { cwd: ROOT });
    });

    it('is built, and its README is true', async () => {
      const home = join(folder, 'node_modules/@rollcall/client');
      await mkdir(home, { recursive: true });
      await cp(join(ROOT, 'client/package.json'), join(home, 'package.json'));
      await symlink(
        join(ROOT, 'node_modules/openapi-fetch'),
        join(folder, 'node_modules/openapi-fetch'),
        'junction',
      );
      const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
      await run(process.execPath, [tsc, '-p', join(ROOT, 'client'), '--outDir', join(home, 'dist')]);
      const readme = await readFile(join(ROOT, 'client/README.md'), 'utf8');
      const example = /^```js\n([^]*?)^```/m.exec(readme)![1]!;
      await writeFile(join(folder, 'example.mjs'), example);
      const { stdout, stderr } = await run(process.execPath, ['example.mjs'], {
        cwd: folder,
        env: { ...process.env, ROLLCALL_URL: baseUrl, ROLLCALL_TOKEN: token },
      });
      expect(stderr).toBe('');
      const lines = stdout.trimEnd().split('\n');
      expect(lines.at(-1)).toBe(`404 not-found There is no job ${NOWHERE}.`);
      expect(lines.at(-2)).toBe(`${JOBS} jobs`);
      expect(lines.at(-3)).toMatch(/^102 open jobs; every change is known up to 20/);
    });
  });
});
