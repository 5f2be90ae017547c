import { Client } from 'pg';
import { EventCursors } from '../src/storage/event-cursor.js';
import { FEED_CHANNEL, NewEvent, appendEvents } from '../src/storage/event.log.js';
import { SettingStore } from '../src/storage/setting.store.js';
import { tokenHash } from '../src/storage/token.store.js';
import { TestApi, startApi } from './support/api.js';
import { testConfig } from './support/config.js';
import { EventSeed, append, newEvent } from './support/events.js';
import { insertSource } from './support/jobs.js';
import { TestDatabase, createTestDatabase } from './support/postgres.js';
import { waitFor } from './support/wait-for.js';

// Contract, section 7: the change feed as a list.

let test: TestDatabase;
let api: TestApi;

beforeEach(async () => {
  test = await createTestDatabase({ poolSize: 8 });
  await insertSource(test.database, { key: 'charts', labels: { team: 'maps' } });
  await insertSource(test.database, { key: 'vault', platform: 'veeva-vault' });
  api = await startApi(test.database);
});
afterEach(async () => {
  await api?.close();
  await test?.drop();
});

const ask = (search = '') => api.get(`/api/v1/events${search}`);
const add = (...seeds: EventSeed[]) => append(test.database, ...seeds);

interface Shown {
  id: string;
  source: string;
  sequence: number;
  job: { externalId: string } | null;
}
const nameOf = ({ source, job, sequence }: Shown) =>
  job === null ? source : `${source}/${job.externalId}#${sequence}`;
const names = async (search = ''): Promise<string[]> => (await ask(search)).body.data.map(nameOf);

/** Everything after a place, page by page, and the place after it. */
async function follow(after: string | null, limit = 3): Promise<{ names: string[]; next: string }> {
  const found: string[] = [];
  for (let place = after; ;) {
    const { body } = await ask(`?limit=${limit}${place === null ? '' : `&after=${place}`}`);
    found.push(...body.data.map(nameOf));
    if (body.page.next === place) return { names: found, next: place! };
    place = body.page.next as string;
  }
}

describe('GET /api/v1/events', () => {
  it('shows events as the contract says, in the order of their commits', async () => {
    await add({ source: 'charts', to: 'failed', backfill: true, labels: { team: 'maps' } });
    await add({
      sequence: 2,
      from: 'failed',
      to: 'running',
      changed: ['state'],
      job: { attributes: { b: 1, aa: 2 } },
    });
    await add({ type: 'source.health' });
    const { status, body, headers } = await ask();
    expect(status).toBe(200);
    expect(headers['cache-control']).toBe('no-store');
    const [first, second, third] = body.data;
    expect(first).toMatchObject({
      type: 'job.discovered',
      source: 'charts',
      sequence: 1,
      from: null,
      to: 'failed',
      backfill: true,
      changed: [],
    });
    expect(Object.keys(first)).toEqual([
      ...['id', 'type', 'at', 'source', 'sequence', 'job', 'from', 'to', 'backfill', 'changed'],
    ]);
    expect(Object.keys(first.job).slice(0, 7)).toEqual([
      ...['id', 'source', 'platform', 'externalId', 'type', 'name', 'state'],
    ]);
    expect(first.job).toMatchObject({
      state: 'failed',
      terminal: true,
      version: 1,
      labels: { team: 'maps' },
    });
    expect(second).toMatchObject({
      type: 'job.transitioned',
      from: 'failed',
      to: 'running',
      changed: ['state'],
    });
    expect(third).toEqual({
      id: third.id,
      type: 'source.health',
      at: '2026-01-15T10:00:00.000Z',
      source: 'charts',
      sequence: null,
      job: null,
      from: null,
      to: null,
      backfill: false,
      changed: [],
      health: 'failing',
      previousHealth: 'healthy',
      reason: 'network',
    });
    expect(body.page).toEqual({ limit: 50, next: third.id, prev: null, total: null, totalKind: 'none' });
    expect(headers['link']).toBe(`<events>; rel="first", <events?after=${third.id}>; rel="next"`);
  });

  it('goes on from an event, from page.next, from the feed of a list, and from now', async () => {
    const { body: list } = await api.get('/api/v1/jobs');
    for (const externalId of ['a', 'b', 'c', 'd', 'e']) await add({ job: { externalId } });
    const all = ['a', 'b', 'c', 'd', 'e'].map((name) => `charts/${name}#1`);
    expect((await follow(null)).names).toEqual(all);
    expect((await follow(list.page.feed)).names).toEqual(all);
    const { body } = await ask('?limit=2');
    expect(await names(`?after=${body.data[0].id}`)).toEqual(all.slice(1));
    expect(await names(`?after=${body.page.next}&limit=1`)).toEqual(all.slice(2, 3));

    const now = (await ask('?after=latest')).body;
    expect(now).toEqual({ data: [], page: expect.objectContaining({ next: expect.any(String) }) as object });
    expect((await follow(now.page.next)).names).toEqual([]);
    await add({ job: { externalId: 'f' } });
    expect((await follow(now.page.next)).names).toEqual(['charts/f#1']);
  });

  it('starts at now in an empty feed, and shows what comes', async () => {
    const { next } = (await ask('?after=latest')).body.page;
    expect((await ask(`?after=${next}`)).body.page.next).toBe(next);
    expect((await ask()).body.page.next).toBe(next);
    await add({});
    expect(await names(`?after=${next}`)).toEqual(['charts/1#1']);
  });

  it('keeps a cursor over a restart', async () => {
    await add({}, { sequence: 2 });
    const { next } = (await ask('?limit=1')).body.page;
    await api.close();
    api = await startApi(test.database);
    expect(await names(`?after=${next}`)).toEqual(['charts/1#2']);
  });

  it('refuses what is no cursor, and every other fault with it', async () => {
    await add({});
    const { next } = (await ask()).body.page;
    const changed = (next.startsWith('A') ? 'B' : 'A') + next.slice(1);
    for (const after of ['garbage', '42', changed, next + 'A', next.slice(1)])
      expect([after, (await ask(`?after=${after}`)).body]).toMatchObject([
        after,
        { status: 400, errors: [{ parameter: 'after' }] },
      ]);
    const { body } = await ask('?after=x&limit=0&types=job&to=done&latest=true&cursor=x&filter=a');
    expect(body.errors.map(({ parameter }: { parameter: string }) => parameter).sort()).toEqual([
      ...['after', 'cursor', 'filter', 'latest', 'limit', 'to', 'types'],
    ]);
  });

  describe('whose oldest events are gone', () => {
    const dropThrough = (count: number) =>
      test.database.query(
        `DELETE FROM rollcall.event WHERE position IN (SELECT position FROM rollcall.event ORDER BY position LIMIT $1)`,
        [count],
      );

    it('answers 410 to a cursor before the oldest, and to no other', async () => {
      const { page: start } = (await ask()).body;
      await add({}, { sequence: 2 }, { sequence: 3 }, { sequence: 4 });
      const ids = (await ask()).body.data.map(({ id }: Shown) => id) as string[];
      await dropThrough(2);
      for (const after of [start.next, ids[0]!]) {
        const { status, body } = await ask(`?after=${after}`);
        expect([status, body.type]).toEqual([410, 'urn:rollcall:problem:cursor-expired']);
      }
      expect(await names(`?after=${ids[1]}`)).toEqual(['charts/1#3', 'charts/1#4']);
      expect(await names(`?after=${ids[3]}`)).toEqual([]);
      expect(await names()).toEqual(['charts/1#3', 'charts/1#4']);
    });

    it('loses nobody who had seen everything, however long nothing happened', async () => {
      await add({}, { sequence: 2 });
      const ids = (await ask()).body.data.map(({ id }: Shown) => id) as string[];
      await dropThrough(2);
      expect((await ask(`?after=${ids[0]}`)).status).toBe(410);
      expect((await ask(`?after=${ids[1]}`)).body.page.next).toBe(ids[1]);
      expect((await ask()).body.page.next).toBe(ids[1]);
      expect((await ask('?after=latest')).body.page.next).toBe(ids[1]);
      expect((await api.get('/api/v1/jobs')).body.page.feed).toBe(ids[1]);
      await add({ sequence: 3 });
      expect(await names(`?after=${ids[1]}`)).toEqual(['charts/1#3']);
    });

    it('says 410 to a place that a restored database does not have', async () => {
      const codec = await new EventCursors(new SettingStore(test.database)).codec();
      await add({});
      expect((await ask(`?after=${codec.encode(1_000)}`)).status).toBe(410);
    });
  });

  describe('whose last events were lost with a server', () => {
    let ids: string[];

    /** As a promoted standby has it, or a backup that was brought back: other events than were given out, another server. */
    async function lose(events: number): Promise<void> {
      await test.database.query(`
        ALTER TABLE rollcall.event DISABLE TRIGGER event_floor_trigger;
        DELETE FROM rollcall.event WHERE position IN (SELECT position FROM rollcall.event ORDER BY position DESC LIMIT ${events});
        ALTER TABLE rollcall.event ENABLE TRIGGER event_floor_trigger;
        UPDATE rollcall.event_history SET server_started_at = server_started_at - interval '1 day'`);
    }
    const status = async (id: string) => (await ask(`?after=${id}`)).status;

    beforeEach(async () => {
      await add(...[1, 2, 3, 4, 5].map((sequence) => ({ sequence })));
      ids = (await ask()).body.data.map(({ id }: { id: string }) => id);
      await lose(2);
    });

    it('says 410 to who has seen one of them, before anything is written anew, and for ever after', async () => {
      expect(await Promise.all(ids.map(status))).toEqual([200, 200, 200, 410, 410]);
      await add({ sequence: 4 });
      expect(await Promise.all(ids.map(status))).toEqual([200, 200, 200, 410, 410]);
      await add(...Array.from({ length: 20 }, (_, index) => ({ sequence: 5 + index })));
      expect(await Promise.all(ids.map(status))).toEqual([200, 200, 200, 410, 410]);
    });

    it('goes on for everybody else, with ids that no event has had', async () => {
      const places = [await follow(ids[1]!), await follow(ids[2]!)];
      expect(places.map(({ names: found }) => found)).toEqual([['charts/1#3'], []]);
      await add({ sequence: 4 }, { sequence: 5 });
      for (const { next } of places)
        expect(await names(`?after=${next}`)).toEqual(['charts/1#4', 'charts/1#5']);
      const anew = (await ask()).body.data.map(({ id }: { id: string }) => id);
      expect(anew.filter((id: string) => ids.includes(id))).toEqual(ids.slice(0, 3));
    });

    it('loses what was written since once more, and tells the one from the other', async () => {
      await add({ sequence: 4 }, { sequence: 5 });
      const { next } = await follow(ids[2]!);
      await lose(1);
      expect([await status(ids[4]!), await status(next), await status(ids[2]!)]).toEqual([410, 410, 200]);
      await add({ sequence: 5 });
      expect([await status(ids[4]!), await status(next), await status(ids[2]!)]).toEqual([410, 410, 200]);
      expect(await names(`?after=${ids[2]}`)).toEqual(['charts/1#4', 'charts/1#5']);
    });

    it('is the same after a turn that was given up', async () => {
      const client = new Client({ connectionString: test.url });
      await client.connect();
      await client.query('BEGIN; SELECT rollcall.take_event_turn(); ROLLBACK');
      await client.end();
      expect(await Promise.all(ids.map(status))).toEqual([200, 200, 200, 410, 410]);
      await add({ sequence: 4 });
      expect(await Promise.all(ids.map(status))).toEqual([200, 200, 200, 410, 410]);
      expect(await names(`?after=${ids[2]}`)).toEqual(['charts/1#4']);
    });

    it('forgets of it what is older than the oldest event', async () => {
      await add({ sequence: 4 });
      await test.database.query('DELETE FROM rollcall.event WHERE sequence <= 4');
      await lose(0);
      await add({ sequence: 5 });
      expect(await test.database.query('SELECT FROM rollcall.event_gap')).toHaveLength(1);
      expect(await Promise.all(ids.map(status))).toEqual([410, 410, 410, 410, 410]);
    });
  });

  describe('with filters', () => {
    beforeEach(async () => {
      await add(
        {
          to: 'queued',
          job: { externalId: 'a', owner: 'ann', attributes: { priority: 5 } },
          labels: { team: 'maps' },
        },
        { to: 'running', sequence: 2, job: { externalId: 'a' }, labels: { team: 'maps' } },
        {
          to: 'failed',
          sequence: 3,
          job: { externalId: 'a', error: { message: 'disk full', code: null, details: null } },
          labels: { team: 'maps' },
        },
        {
          to: 'succeeded',
          source: 'vault',
          job: { externalId: 'b', platform: 'veeva-vault', type: 'export' },
        },
        { type: 'source.health', source: 'vault' },
        { type: 'source.health', source: 'charts' },
        {
          type: 'job.changed',
          to: 'failed',
          from: 'failed',
          sequence: 4,
          job: { externalId: 'a', progress: 0.5 },
        },
      );
    });

    it.each([
      ['types=job.discovered', ['charts/a#1', 'vault/b#1']],
      ['types=source.health,job.changed', ['vault', 'charts', 'charts/a#4']],
      ['to=failed', ['charts/a#3', 'charts/a#4']],
      ['to=terminal&types=job.transitioned', ['charts/a#3']],
      // of the job as it was just after the change, whatever became of it since
      ['state=queued', ['charts/a#1']],
      ['state=active', ['charts/a#1', 'charts/a#2']],
      ['source=vault', ['vault/b#1', 'vault']],
      ['platform=veeva-vault', ['vault/b#1', 'vault']],
      ['label=team:maps', ['charts/a#1', 'charts/a#2', 'charts/a#3', 'charts']],
      ['type=export', ['vault/b#1']],
      ['owner=ann', ['charts/a#1']],
      ['attribute=priority:5', ['charts/a#1']],
      ['q=DISK', ['charts/a#3']],
      ['minProgress=0.1', ['charts/a#4']],
      ['externalId=b', ['vault/b#1']],
      ['filter=state%20%3D%20failed%20and%20progress%20is%20null', ['charts/a#3']],
      ['createdSince=2026-01-16T00:00:00Z', []],
      ['createdUntil=2026-01-16T00:00:00Z&state=succeeded', ['vault/b#1']],
      ['source=nowhere', []],
    ])('%s', async (search, expected) => {
      expect(await names(`?${search}`)).toEqual(expected);
      // one at a time they are the same, and the last place is the end of the feed
      const end = (await ask()).body.page.next;
      const found: string[] = [];
      let place = '';
      do {
        const { body } = await ask(`?${search}&limit=1${place && `&after=${place}`}`);
        found.push(...body.data.map(nameOf));
        place = body.page.next;
      } while (place !== end);
      expect(found).toEqual(expected);
    });

    it('by job id', async () => {
      const { id } = (await ask('?types=job.changed')).body.data[0].job;
      expect(await names(`?id=${id}`)).toEqual(['charts/a#1', 'charts/a#2', 'charts/a#3', 'charts/a#4']);
    });
  });

  it('looks at so many events in one request, and a page without any goes on all the same', async () => {
    const rows = (count: number) =>
      Array.from({ length: count }, (_, index): EventSeed => ({ job: { externalId: `n-${index}` } }));
    for (let written = 0; written < 11; written++) await add(...rows(1_000));
    await add({ type: 'source.health' });
    const first = (await ask('?types=source.health')).body;
    expect(first.data).toEqual([]);
    const second = (await ask(`?types=source.health&after=${first.page.next}`)).body;
    expect(second.data.map(nameOf)).toEqual(['charts']);
    expect((await ask(`?after=${second.page.next}`)).body.data).toEqual([]);
  });

  it('shows a limited token the events of its sources only, and the same whatever the others do', async () => {
    const token = 'x'.repeat(40);
    const config = testConfig([]);
    config.server.auth = 'tokens';
    config.server.tokens = [
      { name: 'limited', hash: tokenHash(token), scopes: ['events:read'], sources: ['charts'] },
    ];
    const limited = await startApi(test.database, config);
    try {
      await add({ source: 'vault' }, { source: 'charts' }, { type: 'source.health', source: 'vault' });
      const read = (search = '') =>
        limited.get(`/api/v1/events${search}`, { authorization: `Bearer ${token}` });
      expect((await read()).body.data.map(nameOf)).toEqual(['charts/1#1']);
      expect((await read('?source=vault')).body.data).toEqual([]);
      expect((await read('?filter=not%20(source%20%3D%20charts)')).body.data).toEqual([]);
      expect((await read('?platform=veeva-vault')).body.data).toEqual([]);
    } finally {
      await limited.close();
    }
  });
});

describe('the order of commits', () => {
  /** A transaction of its own, as a writer in another process has it. */
  async function writer(): Promise<{ client: Client; pid: number }> {
    const client = new Client({ connectionString: test.url });
    await client.connect();
    await client.query('BEGIN');
    const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    return { client, pid: rows[0]!.pid };
  }

  const isWaiting = async (pid: number) => {
    const rows = await test.database.query(
      "SELECT 1 FROM pg_locks WHERE pid = $1 AND locktype = 'advisory' AND NOT granted",
      [pid],
    );
    return rows.length === 1;
  };
  const write = (client: Client, event: NewEvent) => appendEvents(client as never, [event]);

  it('is kept between writers: a reader that asks all the time skips nothing', async () => {
    const [slow, quick] = [await writer(), await writer()];
    try {
      const { next } = (await ask('?after=latest')).body.page;
      await write(slow.client, newEvent({ job: { externalId: 'slow' } }));
      const written = write(quick.client, newEvent({ job: { externalId: 'quick' } }));
      // the second has no place yet, and cannot commit before the first has
      await waitFor(() => isWaiting(quick.pid));
      const before = await follow(next);
      expect(before.names).toEqual([]);
      await slow.client.query('COMMIT');
      await written;
      const between = await follow(before.next);
      expect(between.names).toEqual(['charts/slow#1']);
      await quick.client.query('COMMIT');
      const after = await follow(between.next);
      expect(after.names).toEqual(['charts/quick#1']);
    } finally {
      await slow.client.end();
      await quick.client.end();
    }
  });

  it('goes on behind a writer that gave up or was killed', async () => {
    const [lost, quick] = [await writer(), await writer()];
    try {
      const { next } = (await ask('?after=latest')).body.page;
      await write(lost.client, newEvent({ job: { externalId: 'lost' } }));
      lost.client.on('error', () => undefined);
      const written = write(quick.client, newEvent({ job: { externalId: 'quick' } }));
      await waitFor(() => isWaiting(quick.pid));
      await test.database.query('SELECT pg_terminate_backend($1)', [lost.pid]);
      await written;
      await quick.client.query('COMMIT');
      expect((await follow(next)).names).toEqual(['charts/quick#1']);
    } finally {
      await quick.client.end();
    }
  });

  it('would be lost without turns: the same reader skips what an impolite writer commits late', async () => {
    const impolite = (client: Client, externalId: string) =>
      client.query(
        `INSERT INTO rollcall.event (position, type, at, source_key, body)
         VALUES (nextval('rollcall.event_position_seq'), 'source.health', now(), $1, '{"health": "failing", "previousHealth": "healthy", "reason": null}')`,
        [externalId],
      );
    const [slow, quick] = [await writer(), await writer()];
    try {
      const { next } = (await ask('?after=latest')).body.page;
      await impolite(slow.client, 'charts');
      await impolite(quick.client, 'vault');
      await quick.client.query('COMMIT');
      const before = await follow(next);
      await slow.client.query('COMMIT');
      expect([before.names, (await follow(before.next)).names]).toEqual([['vault'], []]);
    } finally {
      await slow.client.end();
      await quick.client.end();
    }
  });

  it('holds under many writers at once: a reader that never waits sees every event once, each job in order', async () => {
    const WRITERS = 4;
    const TRANSACTIONS = 40;
    let writing = WRITERS;
    const write = async (name: string) => {
      for (let sequence = 1; sequence <= TRANSACTIONS; sequence++)
        await add({ sequence, job: { externalId: name } }, { sequence, job: { externalId: `${name}-2` } });
      writing--;
    };
    const writers = Array.from({ length: WRITERS }, (_, index) => write(`w${index}`));
    const seen: string[] = [];
    let place: string | null = null;
    for (let wasWriting = true; wasWriting;) {
      wasWriting = writing > 0;
      const { names: found, next }: { names: string[]; next: string } = await follow(place, 7);
      seen.push(...found);
      place = next;
    }
    await Promise.all(writers);
    expect(seen).toHaveLength(WRITERS * TRANSACTIONS * 2);
    for (let index = 0; index < WRITERS; index++)
      for (const name of [`w${index}`, `w${index}-2`])
        expect(seen.filter((one) => one.startsWith(`charts/${name}#`))).toEqual(
          Array.from({ length: TRANSACTIONS }, (_, at) => `charts/${name}#${at + 1}`),
        );
  });

  it('is told of at the commit, and not before', async () => {
    const listener = new Client({ connectionString: test.url });
    await listener.connect();
    const heard: string[] = [];
    listener.on('notification', ({ channel, payload }) => heard.push(`${channel} ${payload}`));
    const { client } = await writer();
    try {
      await listener.query(`LISTEN ${FEED_CHANNEL}`);
      await write(client, newEvent());
      await listener.query('SELECT 1');
      expect(heard).toEqual([]);
      await client.query('COMMIT');
      await waitFor(async () => (await listener.query('SELECT 1')) && heard.length > 0);
      expect(heard).toEqual([`${FEED_CHANNEL} `]);
    } finally {
      await client.end();
      await listener.end();
    }
  });
});
