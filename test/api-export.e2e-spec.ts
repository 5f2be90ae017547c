import { once } from 'node:events';
import { IncomingMessage, get } from 'node:http';
import { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { Readable } from 'node:stream';
import { ExportService } from '../src/api/jobs/export.service.js';
import { QueryTooBroadError } from '../src/storage/bounded-query.js';
import { JOB_FIELDS, JobMembers } from '../src/storage/job.fields.js';
import { JobQuery } from '../src/storage/job.query.js';
import { startOfList } from '../src/storage/page-cursor.js';
import { TestApi, startApi } from './support/api.js';
import { parseCsv } from './support/csv.js';
import { insertJobs, insertSource } from './support/jobs.js';
import { insertManyJobs } from './support/many-jobs.js';
import { TestDatabase, createTestDatabase } from './support/postgres.js';
import { waitFor } from './support/wait-for.js';

const NDJSON = 'application/x-ndjson';
const CSV = 'text/csv';
const FIELDS = JOB_FIELDS.map(({ name }) => name);

describe('a list of jobs as one stream', () => {
  let test: TestDatabase;
  let api: TestApi;

  beforeAll(async () => {
    test = await createTestDatabase();
    await insertSource(test.database, { key: 'charts', labels: { team: 'a,b' } });
    await insertJobs(
      test.database,
      Array.from({ length: 1_203 }, (_, index) => ({
        source: 'charts',
        externalId: `run ${index}`,
        type: index % 3 ? 'tiles' : null,
        name: index === 7 ? 'line\r\nend, "quoted" =1+1' : index === 8 ? '' : null,
        state: index % 2 ? 'failed' : 'running',
        startedAt: '2025-03-01T00:00:00.000Z',
        updatedAt: index % 5 ? new Date(Date.UTC(2025, 2, 1, 0, index)).toISOString() : null,
      })),
    );
    api = await startApi(test.database);
  });
  afterAll(async () => {
    await api?.close();
    await test?.drop();
  });

  const lines = (text: string) =>
    text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  it('is NDJSON by Accept: every job of the list, in its order, as the list shows it', async () => {
    const { status, headers, text } = await api.get('/api/v1/jobs?state=failed', { accept: NDJSON });
    expect([status, headers['content-type'], headers['vary']]).toEqual([
      200,
      'application/x-ndjson; charset=utf-8',
      expect.stringMatching(/^Authorization, Accept\b/),
    ]);
    expect(headers['content-disposition']).toBe('attachment; filename="jobs.ndjson"');
    expect(headers['link']).toBe('<jobs?state=failed>; rel="first"');
    const pages = [await api.get('/api/v1/jobs?state=failed&limit=500')];
    pages.push(await api.get(`/api/v1/jobs?state=failed&limit=500&cursor=${pages[0]!.body.page.next}`));
    expect(lines(text)).toEqual(pages.flatMap(({ body }) => body.data as object[]));
    expect(lines(text)).toHaveLength(601);
  });

  it('is CSV by Accept: RFC 4180, the fields of a job in their order, nested ones as JSON', async () => {
    const { headers, text } = await api.get('/api/v1/jobs?sort=createdAt', { accept: CSV });
    expect(headers['content-type']).toBe('text/csv; charset=utf-8; header=present');
    expect(headers['content-disposition']).toBe('attachment; filename="jobs.csv"');
    const [head, ...rows] = parseCsv(text);
    expect(head).toEqual(FIELDS);
    expect(rows).toHaveLength(1_203);
    const column = (name: string) => FIELDS.indexOf(name);
    const row = rows.find((cells) => cells[column('externalId')] === 'run 7')!;
    expect(row[column('name')]).toBe('line\r\nend, "quoted" =1+1');
    expect(row[column('labels')]).toBe('{"team": "a,b"}');
    expect([row[column('terminal')], row[column('version')], row[column('owner')]]).toEqual([
      'true',
      '1',
      null,
    ]);
    expect(row[column('startedAt')]).toBe('2025-03-01T00:00:00.000Z');
    // nothing between two commas is null, two quotes are the empty text
    expect(rows.find((cells) => cells[column('externalId')] === 'run 8')![column('name')]).toBe('');
  });

  it('has the fields that are asked for', async () => {
    const csv = await api.get('/api/v1/jobs?fields=name,state&limit=2', { accept: CSV });
    expect(parseCsv(csv.text)[0]).toEqual(['id', 'name', 'state']);
    const ndjson = await api.get('/api/v1/jobs?fields=state,id&limit=2', { accept: NDJSON });
    expect(lines(ndjson.text).map((job) => Object.keys(job).join())).toEqual(['state,id', 'state,id']);
    const none = await api.get('/api/v1/jobs?state=missed', { accept: CSV });
    expect(parseCsv(none.text)).toEqual([FIELDS]);
    expect((await api.get('/api/v1/jobs?state=missed', { accept: NDJSON })).text).toBe('');
  });

  it('ends where limit says, goes on by the next link, and comes back by prev', async () => {
    const whole = lines((await api.get('/api/v1/jobs?sort=updatedAt', { accept: NDJSON })).text);
    const found: object[] = [];
    const url = 'jobs?sort=updatedAt&limit=400';
    let previous = '';
    for (let next: string | undefined = url; next !== undefined;) {
      const { text, headers } = await api.get(`/api/v1/${next}`, { accept: NDJSON });
      found.push(...lines(text));
      const target = (relation: string) =>
        new RegExp(`<([^>]+)>; rel="${relation}"`).exec(String(headers['link']))?.[1];
      previous = target('prev') ?? '';
      next = target('next');
    }
    expect(found.map((job) => (job as { id: string }).id)).toEqual(whole.map(({ id }) => id));
    const before = lines((await api.get(`/api/v1/${previous}`, { accept: NDJSON })).text);
    expect(before.map(({ id }) => id)).toEqual(whole.slice(800, 1_200).map(({ id }) => id));
  });

  it("carries page one's now, and a cursor serves pages and exports alike", async () => {
    const { headers } = await api.get('/api/v1/jobs?state=running&limit=1&fields=startedAt,durationMs', {
      accept: NDJSON,
    });
    const cursor = /cursor=([^>]+)>; rel="next"/.exec(String(headers['link']))![1]!;
    const exported = lines(
      (await api.get(`/api/v1/jobs?state=running&fields=durationMs&cursor=${cursor}`, { accept: NDJSON }))
        .text,
    );
    const page = (await api.get(`/api/v1/jobs?state=running&fields=durationMs&cursor=${cursor}`)).body.data;
    expect(exported.slice(0, 50)).toEqual(page);
    expect(new Set(exported.map(({ durationMs }) => durationMs)).size).toBe(1);
    const mismatch = await api.get(`/api/v1/jobs?cursor=${cursor}`, { accept: CSV });
    expect(mismatch.body.type).toBe('urn:rollcall:problem:cursor-mismatch');
  });

  it('leaves out what changed out of the filter after the list was made', async () => {
    const query = new JobQuery(test.database);
    const asked = {
      filter: { state: ['failed' as const] },
      sources: null,
      sort: { field: 'updatedAt' as const, descending: true },
      limit: 10,
      offset: 0,
      position: startOfList(Date.now()),
    };
    const ids = (await query.outline(asked)).rows.map(({ id }) => id);
    await test.database.query("UPDATE rollcall.job SET state = 'cancelled' WHERE id = $1", [ids[3]]);
    await test.database.query("UPDATE rollcall.job SET updated_at = '2024-01-01' WHERE id = $1", [ids[5]]);
    const rows = await query.listed(ids, asked, asked.position.now, JOB_FIELDS);
    expect(rows.map((row) => new JobMembers(row).value('id'))).toEqual(ids.filter((_, index) => index !== 3));
    await test.database.query("UPDATE rollcall.job SET state = 'failed' WHERE id = $1", [ids[3]]);
  });

  describe('the form of the answer', () => {
    const json = 'application/json; charset=utf-8';
    it.each([
      [undefined, json],
      ['', json],
      ['*/*', json],
      ['application/*', json],
      ['application/json; charset=utf-8', json],
      ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', json],
      ['text/csv;q=0.5, application/json', json],
      ['text/csv, application/json;q=0.9', 'text/csv; charset=utf-8; header=present'],
      ['text/*', 'text/csv; charset=utf-8; header=present'],
      ['TEXT/CSV;header=present', 'text/csv; charset=utf-8; header=present'],
      ['application/x-ndjson', 'application/x-ndjson; charset=utf-8'],
    ])('for Accept: %s is %s', async (accept, type) => {
      const { status, headers } = await api.get(
        '/api/v1/jobs?limit=1',
        accept === undefined ? {} : { accept },
      );
      expect([status, headers['content-type']]).toEqual([200, type]);
    });

    it.each(['text/html', 'application/json;q=0', 'application/ndjson', 'nonsense'])(
      'is refused for Accept: %s, and the forms are named',
      async (accept) => {
        const { status, body } = await api.get('/api/v1/jobs', { accept });
        expect([status, body.type]).toEqual([406, 'urn:rollcall:problem:not-acceptable']);
        expect(body.detail).toContain('application/json, application/x-ndjson, text/csv');
      },
    );

    it('says nothing against faults of the request', async () => {
      const { status, headers, body } = await api.get('/api/v1/jobs?stat=failed', { accept: CSV });
      expect([status, headers['content-type'], body.errors[0].detail]).toEqual([
        400,
        expect.stringContaining('application/problem+json'),
        'is unknown; did you mean state?',
      ]);
    });
  });

  describe('as HTTP', () => {
    it('has an ETag of its own, which only a change moves', async () => {
      const ask = (accept: string, etag = '') =>
        api.get('/api/v1/jobs?state=running', { accept, 'if-none-match': etag });
      const first = await ask(CSV);
      const tag = first.headers['etag'] as string;
      expect(tag).toMatch(/^W\/"[\w-]+"$/);
      const tags = [
        tag,
        (await ask(NDJSON)).headers['etag'],
        (await ask('application/json')).headers['etag'],
      ];
      expect(new Set(tags).size).toBe(3);
      await test.database.query('UPDATE rollcall.source SET open_round_at = now(), complete_through = now()');
      const again = await ask(CSV, tag);
      expect([again.status, again.text, again.headers['etag']]).toEqual([304, '', tag]);
      await test.database.query("UPDATE rollcall.job SET version = version + 1 WHERE external_id = 'run 2'");
      expect((await ask(CSV, tag)).status).toBe(200);
    });

    it('answers HEAD without reading a job', async () => {
      const listed = jest.spyOn(JobQuery.prototype, 'listed');
      const head = await api.send('HEAD', '/api/v1/jobs?state=failed', { headers: { accept: CSV } });
      const got = await api.get('/api/v1/jobs?state=failed&limit=500', { accept: CSV });
      expect([head.status, head.text, head.headers['content-type']]).toEqual([
        200,
        '',
        got.headers['content-type'],
      ]);
      expect(head.headers['etag']).toMatch(/^W\//);
      expect(head.headers['content-length']).toBeUndefined();
      expect(listed).toHaveBeenCalledTimes(1);
      listed.mockRestore();
    });

    it('is refused before its first byte when it takes too long to find', async () => {
      const outline = jest
        .spyOn(JobQuery.prototype, 'outline')
        .mockRejectedValue(new QueryTooBroadError('late'));
      const { status, body } = await api.get('/api/v1/jobs?q=x', { accept: NDJSON });
      expect([status, body.type]).toEqual([422, 'urn:rollcall:problem:query-too-broad']);
      expect(body.detail).toMatch(/narrows it/);
      outline.mockRestore();
    });

    describe('over a socket', () => {
      let listening: TestApi;
      let port: number;
      beforeAll(async () => {
        listening = await startApi(test.database);
        await listening.app.listen(0, '127.0.0.1');
        port = (listening.app.getHttpServer().address() as AddressInfo).port;
      });
      afterAll(() => listening?.close());

      const open = async (headers: Record<string, string>): Promise<IncomingMessage> => {
        const request = get({ host: '127.0.0.1', port, path: '/api/v1/jobs', headers });
        const [response] = (await once(request, 'response')) as [IncomingMessage];
        return response;
      };

      it('is compressed for who wants it', async () => {
        const response = await open({ accept: NDJSON, 'accept-encoding': 'gzip' });
        expect([response.headers['content-encoding'], response.headers['content-length']]).toEqual([
          'gzip',
          undefined,
        ]);
        const parts: Buffer[] = [];
        for await (const part of response) parts.push(part as Buffer);
        expect(lines(gunzipSync(Buffer.concat(parts)).toString())).toHaveLength(1_203);
      });

      it('stops reading when the client goes', async () => {
        const service = listening.app.get(ExportService);
        const prepare = service.prepare.bind(service);
        const streams: Readable[] = [];
        const spy = jest.spyOn(service, 'prepare').mockImplementation(async (...asked) => {
          const prepared = await prepare(...asked);
          const stream = () => {
            streams.push(prepared.stream());
            return streams[0]!;
          };
          return { ...prepared, stream };
        });
        // the second read waits until the client is gone
        const { listed } = JobQuery.prototype;
        let reads = 0;
        let gone = () => {};
        const untilGone = new Promise<void>((resolve) => (gone = resolve));
        const reading = jest.spyOn(JobQuery.prototype, 'listed').mockImplementation(async function (
          this: JobQuery,
          ...asked
        ) {
          reads += 1;
          if (reads === 2) await untilGone;
          return listed.apply(this, asked);
        });
        const response = await open({ accept: NDJSON });
        await once(response, 'data');
        const closed = once(streams[0]!, 'close');
        response.destroy();
        await waitFor(() => Promise.resolve(streams[0]!.destroyed));
        // the read that is under way ends, and no other begins
        gone();
        await closed;
        expect(reads).toBe(2);
        spy.mockRestore();
        reading.mockRestore();
      });

      it('is cut off, and so known to be incomplete, when a read fails', async () => {
        const { listed } = JobQuery.prototype;
        let reads = 0;
        const reading = jest.spyOn(JobQuery.prototype, 'listed').mockImplementation(async function (
          this: JobQuery,
          ...asked
        ) {
          reads += 1;
          if (reads === 2) throw new Error('the database went away');
          return listed.apply(this, asked);
        });
        const response = await open({ accept: CSV });
        const read = async () => {
          for await (const _ of response);
        };
        await expect(read()).rejects.toThrow(/aborted/);
        reading.mockRestore();
      });
    });
  });

  it('is a hundred thousand jobs at most, and a link to the rest', async () => {
    const own = await createTestDatabase();
    await insertManyJobs(own.database, 100_003);
    const large = await startApi(own.database);
    const first = await large.get('/api/v1/jobs?fields=id', { accept: CSV });
    const [, next] = /<([^>]+)>; rel="next"/.exec(String(first.headers['link']))!;
    const second = await large.get(`/api/v1/${next}`, { accept: CSV });
    expect(String(second.headers['link'])).not.toContain('rel="next"');
    const ids = [first, second].map(({ text }) =>
      parseCsv(text)
        .slice(1)
        .map(([id]) => id),
    );
    expect(ids.map(({ length }) => length)).toEqual([100_000, 3]);
    expect(new Set(ids.flat()).size).toBe(100_003);
    await large.close();
    await own.drop();
  }, 120_000);
});
