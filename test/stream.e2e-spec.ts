import { IncomingMessage, get, request } from 'node:http';
import { Socket } from 'node:net';
import { AddressInfo } from 'node:net';
import { Readiness } from '../src/api/http/readiness.js';
import { closeGently } from '../src/api/http/drain.js';
import { Config } from '../src/config/config.js';
import { StreamService } from '../src/feed/stream.service.js';
import { TokenStore, tokenHash } from '../src/storage/token.store.js';
import { TestApi, startApi } from './support/api.js';
import { testConfig } from './support/config.js';
import { EventSeed, append } from './support/events.js';
import { insertSource } from './support/jobs.js';
import { TestDatabase, createTestDatabase } from './support/postgres.js';
import { SseReader } from './support/sse-reader.js';
import { waitFor } from './support/wait-for.js';

// Contract, section 7: the change feed as Server-Sent Events, over real connections.

let test: TestDatabase;
let api: TestApi;
let origin: string;
let readers: SseReader[];

async function listen(config: Config = testConfig([])): Promise<void> {
  api = await startApi(test.database, config);
  await api.app.listen(0, '127.0.0.1');
  const { port } = (api.app.getHttpServer() as { address(): AddressInfo }).address();
  origin = `http://127.0.0.1:${port}`;
}

beforeEach(async () => {
  readers = [];
  test = await createTestDatabase({ poolSize: 8 });
  await insertSource(test.database, { key: 'charts' });
  await insertSource(test.database, { key: 'vault', platform: 'veeva-vault' });
  await listen();
});
afterEach(async () => {
  for (const reader of readers) reader.drop();
  await api?.close();
  await test?.drop();
});

const add = (...seeds: EventSeed[]) => append(test.database, ...seeds);
const streams = () => api.app.get(StreamService);

async function open(search = '', headers: Record<string, string> = {}): Promise<SseReader> {
  const reader = await SseReader.open(`${origin}/api/v1/events/stream${search}`, headers);
  readers.push(reader);
  return reader;
}

const nameOf = (data: { source: string; sequence: number; job: { externalId: string } | null }) =>
  data.job === null ? data.source : `${data.source}/${data.job.externalId}#${data.sequence}`;
const named = ({ events }: SseReader) =>
  events.map(({ data }) => nameOf(JSON.parse(data) as Parameters<typeof nameOf>[0]));
/** The names of what arrived, once it is so many. */
async function arrived(reader: SseReader, count: number): Promise<string[]> {
  await waitFor(async () => reader.events.length >= count || reader.isOver);
  return named(reader);
}

describe('GET /api/v1/events/stream', () => {
  it('begins now, and says each event with its cursor and type, as the list has it', async () => {
    await add({ job: { externalId: 'old' } });
    const reader = await open();
    expect(reader.status).toBe(200);
    expect(reader.headers).toMatchObject({
      'content-type': expect.stringMatching(/^text\/event-stream/) as string,
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    expect(reader.headers['content-encoding']).toBeUndefined();
    await add({ job: { externalId: 'a', name: 'two\nlines\r\u2028' } }, { type: 'source.health' });
    expect(await arrived(reader, 2)).toEqual(['charts/a#1', 'charts']);
    const list = (await api.get('/api/v1/events')).body.data.slice(1);
    expect(reader.events.map(({ id, type }) => [id, type])).toEqual(
      list.map(({ id, type }: Record<string, string>) => [id, type]),
    );
    expect(reader.events.map(({ data }) => JSON.parse(data) as object)).toEqual(list);
  });

  it('is not compressed, whatever the client accepts', async () => {
    const reader = await open('', { 'accept-encoding': 'gzip, br' });
    expect(reader.headers['content-encoding']).toBeUndefined();
  });

  it('resumes after Last-Event-ID, which counts more than after, without a gap', async () => {
    for (const sequence of [1, 2, 3]) await add({ sequence });
    const ids = (await api.get('/api/v1/events')).body.data.map(({ id }: { id: string }) => id) as string[];
    const byParameter = await open(`?after=${ids[0]}`);
    const byHeader = await open(`?after=${ids[0]}`, { 'last-event-id': ids[1]! });
    expect(await arrived(byParameter, 2)).toEqual(['charts/1#2', 'charts/1#3']);
    expect(await arrived(byHeader, 1)).toEqual(['charts/1#3']);
    await add({ sequence: 4 });
    expect(await arrived(byParameter, 3)).toEqual(['charts/1#2', 'charts/1#3', 'charts/1#4']);
    expect(await arrived(byHeader, 2)).toEqual(['charts/1#3', 'charts/1#4']);
  });

  it('tells a client where it is before any event: who comes back misses nothing', async () => {
    const first = await open('?to=failed');
    await waitFor(async () => first.lastId !== '');
    const place = first.lastId;
    first.drop();
    await add({ to: 'failed' });
    const second = await open('?to=failed', { 'last-event-id': place });
    expect(await arrived(second, 1)).toEqual(['charts/1#1']);
  });

  it('goes from a long past to the present, while more is written, without a gap or a repetition', async () => {
    const write = async (from: number, to: number) => {
      const seeds = Array.from({ length: to - from }, (_, index): EventSeed => ({ sequence: from + index }));
      await add(...seeds);
    };
    const { next } = (await api.get('/api/v1/events?after=latest')).body.page;
    await write(1, 800);
    await write(800, 1_600);
    const reading = open(`?after=${next}`);
    for (let from = 1_600; from < 2_400; from += 20) await write(from, from + 20);
    const reader = await reading;
    const found = await arrived(reader, 2_399);
    expect(found).toEqual(Array.from({ length: 2_399 }, (_, index) => `charts/1#${index + 1}`));
  });

  it('takes the filters of the list', async () => {
    const failed = await open('?to=failed&state=failed');
    const health = await open('?types=source.health&source=vault');
    const limited = await open(`?filter=${encodeURIComponent('owner = ann or progress > 0.5')}`);
    await add(
      { to: 'running', job: { externalId: 'a', owner: 'ann' } },
      { to: 'failed', job: { externalId: 'b' } },
      { type: 'source.health' },
      { type: 'source.health', source: 'vault' },
      { to: 'running', job: { externalId: 'c', progress: 0.75 } },
      { to: 'failed', sequence: 2, job: { externalId: 'b' } },
    );
    expect(await arrived(failed, 2)).toEqual(['charts/b#1', 'charts/b#2']);
    expect(await arrived(limited, 2)).toEqual(['charts/a#1', 'charts/c#1']);
    expect(await arrived(health, 1)).toEqual(['vault']);
  });

  it('refuses before it begins: a fault, a strange cursor, and one that is not kept', async () => {
    await add({}, { sequence: 2 });
    const [{ id }] = (await api.get('/api/v1/events')).body.data as [{ id: string }];
    await test.database.query('DELETE FROM rollcall.event');
    for (const [search, headers, status] of [
      ['?states=failed', {}, 400],
      ['?limit=5', {}, 400],
      ['?after=x', {}, 400],
      ['', { 'last-event-id': 'x' }, 400],
      [`?after=${id}`, {}, 410],
      ['', { 'last-event-id': id }, 410],
    ] as [string, Record<string, string>, number][]) {
      const { status: got, headers: given } = await open(search, headers);
      expect([search, got, given['content-type']]).toEqual([
        search,
        status,
        'application/problem+json; charset=utf-8',
      ]);
    }
    expect(streams().count).toBe(0);
  });

  it('answers HEAD without beginning a stream', async () => {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      request(`${origin}/api/v1/events/stream`, { method: 'HEAD' }, resolve).on('error', reject).end();
    });
    answer.resume();
    expect([answer.statusCode, answer.headers['content-type']]).toEqual([
      200,
      expect.stringMatching(/^text\/event-stream/),
    ]);
    expect((await api.send('HEAD', '/api/v1/events/stream?after=x')).status).toBe(400);
    expect(streams().count).toBe(0);
  });

  it('sends a comment to everybody when nothing happens, with the place reached', async () => {
    const reader = await open('?to=failed');
    await waitFor(async () => reader.comments > 0);
    const [comments, place] = [reader.comments, reader.lastId];
    await add({ to: 'running' });
    const { next } = (await api.get('/api/v1/events')).body.page;
    expect(next).not.toBe(place);
    await waitFor(async () => {
      await streams().beat();
      return reader.lastId === next;
    });
    expect(reader.comments).toBeGreaterThan(comments);
    expect(reader.events).toEqual([]);
  });

  it('forgets a client that left', async () => {
    const reader = await open();
    expect(streams().count).toBe(1);
    reader.drop();
    await waitFor(async () => streams().count === 0);
  });

  it('hears of what another process wrote, without being told', async () => {
    const reader = await open();
    await test.database.transaction(async (client) => {
      await client.query(
        `INSERT INTO rollcall.event (position, type, at, source_key, body)
         VALUES (nextval('rollcall.event_position_seq'), 'source.health', now(), 'vault', '{"health": "failing", "previousHealth": "healthy", "reason": null}')`,
      );
    });
    expect(await arrived(reader, 1)).toEqual(['vault']);
  });

  it('goes on when the connections to the database break', async () => {
    const reader = await open();
    await add({});
    expect(await arrived(reader, 1)).toEqual(['charts/1#1']);
    await test.database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
    await waitFor(async () =>
      add({ sequence: 2 }).then(
        () => true,
        () => false,
      ),
    );
    expect(await arrived(reader, 2)).toEqual(['charts/1#1', 'charts/1#2']);
  });

  it('disconnects who does not read, keeps little for it, and lets nobody else wait', async () => {
    const other = await open();
    const socket = await new Promise<Socket>((resolve, reject) => {
      get(`${origin}/api/v1/events/stream`, (answer) => {
        // headers are here, and nothing more is taken
        answer.pause();
        answer.on('error', () => undefined);
        resolve(answer.socket);
      }).on('error', reject);
    });
    socket.pause();
    expect(streams().count).toBe(2);
    const big = 'x'.repeat(8_000);
    let sequence = 0;
    await waitFor(async () => {
      const seeds = Array.from({ length: 100 }, (): EventSeed => ({
        sequence: ++sequence,
        job: { attributes: { big } },
      }));
      await add(...seeds);
      await waitFor(async () => other.events.length === sequence);
      return streams().count === 1;
    });
    socket.destroy();
    expect(named(other)).toEqual(Array.from({ length: sequence }, (_, index) => `charts/1#${index + 1}`));
  });

  it('ends when the service stops, at once and in order', async () => {
    const reader = await open();
    await add({});
    await arrived(reader, 1);
    await closeGently(api.app, 0);
    await waitFor(async () => reader.isOver);
    // it would be cut only after the time for what is under way
    expect(reader.wasCut).toBe(false);
    await listen();
    const again = await open('', { 'last-event-id': reader.lastId });
    await add({ sequence: 2 });
    expect(await arrived(again, 1)).toEqual(['charts/1#2']);
  });

  it('is begun while a process drains, as everything is answered then', async () => {
    api.app.get(Readiness).drain();
    const reader = await open();
    await add({});
    expect(await arrived(reader, 1)).toEqual(['charts/1#1']);
  });
});

describe('with tokens', () => {
  const declared = 'd'.repeat(40);

  beforeEach(async () => {
    await api.close();
    const config = testConfig([]);
    config.server.auth = 'tokens';
    config.server.tokens = [
      { name: 'declared', hash: tokenHash(declared), scopes: ['events:read'], sources: ['charts'] },
      { name: 'other', hash: tokenHash('o'.repeat(40)), scopes: ['jobs:read'], sources: null },
    ];
    await listen(config);
  });

  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const make = async (name: string, expiresAt: Date | null = null) =>
    (
      await new TokenStore(test.database).create({
        name,
        scopes: ['events:read'],
        sources: null,
        expiresAt,
      })
    ).token;

  it('shows the sources of the token only', async () => {
    const reader = await open('', bearer(declared));
    const none = await open('?source=vault', bearer(declared));
    await add({ source: 'vault' }, { type: 'source.health', source: 'vault' }, {}, { sequence: 2 });
    expect(await arrived(reader, 2)).toEqual(['charts/1#1', 'charts/1#2']);
    expect(none.events).toEqual([]);
    expect((await open('', bearer('o'.repeat(40)))).status).toBe(403);
    expect((await open()).status).toBe(401);
  });

  it('ends when the token is revoked or expires, and not before', async () => {
    const revoked = await open('', bearer(await make('revoked')));
    const kept = await open('', bearer(await make('kept')));
    const expiring = await open('', bearer(await make('expiring', new Date(Date.now() + 2_000))));
    const unnamed = await open('', bearer(declared));
    await streams().endWithoutRight();
    expect([revoked, kept, unnamed].map(({ isOver }) => isOver)).toEqual([false, false, false]);
    await new TokenStore(test.database).revoke('revoked');
    await streams().endWithoutRight();
    await waitFor(async () => revoked.isOver);
    await waitFor(async () => {
      await streams().endWithoutRight();
      return expiring.isOver;
    });
    expect([kept.isOver, unnamed.isOver, streams().count]).toEqual([false, false, 2]);
  });
});
