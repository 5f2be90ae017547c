import { once } from 'node:events';
import { rm, writeFile } from 'node:fs/promises';
import { AddressInfo, connect, createServer, Socket } from 'node:net';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { Pool } from 'pg';
import { run } from '../src/cli.js';
import { PollService } from '../src/polling/poll.service.js';
import { QueryTooBroadError, readWithin } from '../src/storage/bounded-query.js';
import { Database, openDatabase } from '../src/storage/database.js';
import { appendEvents } from '../src/storage/event.log.js';
import { Replica } from '../src/storage/replica.js';
import { Replicas } from '../src/storage/replicas.js';
import { Answer, TestApi, startApi } from './support/api.js';
import { ChartsServer, chartJob, startChartsServer } from './support/charts-server.js';
import { sourceConfig, testConfig } from './support/config.js';
import { newEvent } from './support/events.js';
import { serverUrl, urlOf } from './support/postgres.js';
import { LogLine, quietLog } from './support/quiet-log.js';
import { Primary, Standby, createPrimary, createStandby } from './support/standby.js';
import { makeTestFolder } from './support/test-folder.js';
import { waitFor } from './support/wait-for.js';

jest.setTimeout(60_000);

const KEY = 'charts';
const JOBS = 12;

let primary: Primary;
let standby: Standby;
let charts: ChartsServer;
let database: Database;
let service: PollService;
/** Opened by a test, closed after it. */
let opened: { close(): Promise<unknown> }[] = [];

const source = () =>
  sourceConfig({
    key: KEY,
    platform: 'vectorcharts',
    baseUrl: charts.baseUrl,
    auth: { token: charts.token },
  });

/** The percentage tells how often the open job has changed. */
function setProgress(percent: number): void {
  charts.jobs = [
    ...Array.from({ length: JOBS - 1 }, (_, index) =>
      chartJob(`done-${index}`, index % 3 ? 'completed' : 'failed'),
    ),
    chartJob('open', 'processing', {
      percent_complete: percent,
      updated_at: 1736950500000 + percent * 1_000,
    }),
  ];
}

/** Changes the open job, and returns once that has committed. */
async function change(percent: number): Promise<void> {
  setProgress(percent);
  expect(await service.pollNow(KEY, 'sweep')).toMatchObject({ error: null });
}

interface Reading {
  api: TestApi;
  database: Database;
  replicas: Replicas;
  log: LogLine[];
}

/** A process that reads from these replicas; it looks at them when the test says so. */
async function readFrom(urls: readonly string[], primaryUrl = primary.url): Promise<Reading> {
  const log = quietLog();
  const own = await openDatabase({ url: primaryUrl, dataDir: '', poolSize: 5, log });
  opened.push(own);
  const replicas = own.readFrom(urls, log);
  await replicas.check();
  const api = await startApi(own, testConfig([source()]));
  opened.push(api);
  return { api, database: own, replicas, log: log.lines };
}

const readsOf = ({ replicas }: Reading) => replicas.reports().map(({ reads }) => reads);
const stateOf = ({ replicas }: Reading) => replicas.reports()[0]!.state;

/** Once the replica has rested from what it could not answer. */
async function untilRead(reading: Reading): Promise<void> {
  const [before] = readsOf(reading);
  await waitFor(async () => {
    await reading.api.get('/api/v1/jobs');
    return readsOf(reading)[0]! > before!;
  });
}

const progressOf = ({ body }: Answer) =>
  Math.round(100 * body.data.find((job: { externalId: string }) => job.externalId === 'open').progress);

beforeAll(async () => {
  primary = await createPrimary();
  standby = await createStandby(primary);
  charts = await startChartsServer();
  database = await openDatabase({ url: primary.url, dataDir: '', poolSize: 5, log: quietLog() });
  service = new PollService(testConfig([source()]), database);
  await service.reconcile();
  await change(1);
  await standby.catchUp();
});

afterEach(async () => {
  for (const one of opened.reverse()) await one.close();
  opened = [];
  await standby.resumeReplay();
  await standby.catchUp();
});

afterAll(async () => {
  await service.onApplicationShutdown();
  await charts.close();
  await database.close();
  await standby.stop();
  await primary.stop();
});

it('a replica answers as the primary does', async () => {
  const reading = await readFrom([standby.url]);
  expect(stateOf(reading)).toEqual({ is: 'fit', timeline: 1 });
  const plain = await startApi(database, testConfig([source()]));
  opened.push(plain);
  const { id } = (await plain.get('/api/v1/jobs?state=active')).body.data[0];
  for (const path of [
    ...[
      'jobs?count=exact&limit=5&offset=2',
      'jobs?state=failed&sort=createdAt',
      'jobs?q=index&count=estimated',
    ],
    ...[
      `jobs/${id}`,
      `jobs/${id}?include=payload`,
      `jobs/${id}/transitions`,
      `jobs/${id}/tasks`,
      `jobs/${id}/explain`,
    ],
    ...['jobs/summary?groupBy=source,state', 'jobs/summary?groupBy=type&stats=duration', 'events?limit=5'],
  ]) {
    const [before] = readsOf(reading);
    const [there, here] = [await reading.api.get(`/api/v1/${path}`), await plain.get(`/api/v1/${path}`)];
    for (const { body } of [there, here]) {
      delete body.coverage;
      delete body.page?.next;
      delete body.page?.prev;
      delete body.page?.feed;
    }
    expect({ path, status: there.status, body: there.body }).toEqual({ path, status: 200, body: here.body });
    expect(there.headers['etag']).toBe(here.headers['etag']);
    expect(readsOf(reading)[0]).toBeGreaterThan(before!);
  }
  expect(reading.replicas.readsOfPrimary).toBe(0);
  const { text } = await reading.api.get('/metrics');
  const name = new URL(standby.url).host;
  expect(text).toContain(`rollcall_replica_up{replica="${name}"} 1`);
  expect(text).toMatch(new RegExp(`rollcall_replica_lag_seconds\\{replica="${name}"\\} \\d`));
  expect(text).toMatch(new RegExp(`rollcall_reads_total\\{server="${name}"\\} [1-9]`));
  expect(text).toContain('rollcall_reads_total{server="primary"} 0');
});

it('a change of the primary is in every answer that is asked for after it, however far the replica lags', async () => {
  const reading = await readFrom([standby.url]);
  const get = (path: string, headers = {}) => reading.api.get(`/api/v1/${path}`, headers);
  const first = await get('jobs?limit=5&sort=createdAt');
  const [list, one] = [await get('jobs'), await get(`jobs?externalId=open`)];
  const id: string = one.body.data[0].id;
  const job = await get(`jobs/${id}`);
  const [before] = readsOf(reading);
  expect(before).toBeGreaterThan(0);

  await standby.pauseReplay();
  await change(2);
  // an ETag of before is no ETag of now
  for (const [path, { headers }] of [
    ['jobs', list],
    [`jobs/${id}`, job],
  ] as const) {
    const answer = await get(path, { 'if-none-match': headers['etag'] });
    expect([path, answer.status]).toEqual([path, 200]);
    expect((await get(path, { 'if-none-match': answer.headers['etag'] })).status).toBe(304);
  }
  expect(progressOf(await get('jobs'))).toBe(2);
  expect((await get(`jobs/${id}`)).body).toMatchObject({ progress: 0.02, version: job.body.version + 1 });
  // the cursor of a page that the replica answered
  const rest = await get(`jobs?limit=500&sort=createdAt&cursor=${first.body.page.next}`);
  expect(rest.body.data).toHaveLength(JOBS - 5);
  // the feed after a cursor that the replica's answer gave
  const { data } = (await get(`events?after=${list.body.page.feed}`)).body;
  expect(data).toMatchObject([{ type: 'job.changed', job: { id, progress: 0.02 } }]);
  expect((await get(`events?after=${data[0].id}`)).body.data).toEqual([]);
  // it shows an older one, and all of that came from the primary
  expect(readsOf(reading)).toEqual([before]);

  await standby.resumeReplay();
  await standby.catchUp();
  await untilRead(reading);
  expect(progressOf(await get('jobs'))).toBe(2);
});

it.each([
  ['on', 10],
  ['off', 40],
])(
  'whatever the replica does meanwhile, no reader goes back or is told too much (synchronous_commit %s)',
  async (synchronous, begin) => {
    await database.query(`ALTER ROLE rollcall SET synchronous_commit = ${synchronous}`);
    const own = await openDatabase({ url: primary.url, dataDir: '', poolSize: 5, log: quietLog() });
    const writer = new PollService(testConfig([source()]), own);
    // two processes behind one address, and a reader who does not know of that
    const processes = [await readFrom([standby.url]), await readFrom([standby.url])];
    const changes: { percent: number; at: number }[] = [];
    const seen: { percent: number; completeThrough: number }[] = [];
    let isWriting = true;
    const read = async () => {
      for (let turn = 0; isWriting; turn++) {
        const answer = await processes[turn % 2]!.api.get('/api/v1/jobs');
        const completeThrough = Date.parse(answer.body.coverage.completeThrough);
        seen.push({ percent: progressOf(answer), completeThrough });
      }
    };
    const write = async () => {
      let tag = '';
      for (let percent = begin; percent < begin + 12; percent++) {
        if (percent % 4 === 0) await standby.pauseReplay();
        if (percent % 4 === 2) await standby.resumeReplay();
        setProgress(percent);
        changes.push({ percent, at: Date.now() });
        expect(await writer.pollNow(KEY, 'sweep')).toMatchObject({ error: null });
        const first = await processes[0]!.api.get('/api/v1/jobs', { 'if-none-match': tag });
        expect({ percent, status: first.status }).toEqual({ percent, status: 200 });
        expect(progressOf(first)).toBe(percent);
        tag = String(first.headers['etag']);
        const second = await processes[1]!.api.get('/api/v1/jobs', { 'if-none-match': tag });
        expect({ percent, status: second.status }).toEqual({ percent, status: 304 });
        if (percent % 4 !== 3) continue;
        await standby.catchUp();
        for (const one of processes) {
          await one.replicas.check();
          await untilRead(one);
        }
      }
    };
    try {
      await Promise.all([read(), write().finally(() => (isWriting = false))]);
    } finally {
      await writer.onApplicationShutdown();
      await database.query('ALTER ROLE rollcall RESET synchronous_commit');
      await own.close();
    }
    let last = 0;
    for (const { percent, completeThrough } of seen) {
      const promised = changes.filter(({ at }) => at < completeThrough).map((one) => one.percent);
      expect(percent).toBeGreaterThanOrEqual(Math.max(last, ...promised));
      last = percent;
    }
    // both kinds of answers were among them
    for (const reading of processes) {
      expect(readsOf(reading)[0]).toBeGreaterThan(0);
      expect(reading.replicas.readsOfPrimary).toBeGreaterThan(0);
    }
  },
);

/** Of a server, and waits until it holds. */
async function set(url: string, name: string, value: string): Promise<void> {
  const admin = new Pool({ connectionString: url, max: 1 });
  try {
    await admin.query(`ALTER SYSTEM SET ${name} = '${value}'`);
    await admin.query('SELECT pg_reload_conf()');
    await waitFor(async () => {
      const { rows } = await admin.query<{ value: string }>(`SELECT current_setting('${name}') AS value`);
      return rows[0]!.value === value;
    });
  } finally {
    await admin.end();
  }
}

it('what a replica shows before the primary does is told by nobody', async () => {
  const reading = await readFrom([standby.url]);
  const follower = new Pool({ connectionString: standby.url, max: 1 });
  opened.push({ close: () => follower.end() });
  const versionAt = async () =>
    (await follower.query<{ name: string }>("SELECT name FROM rollcall.job WHERE external_id = 'open'"))
      .rows[0]!.name;
  const shown = async () =>
    (await reading.api.get('/api/v1/jobs?externalId=open')).body.data[0].name as string;
  const former = await shown();
  await set(primary.url, 'synchronous_standby_names', 'nobody');
  const commit = database.transaction(async (client) => {
    await client.query("UPDATE rollcall.job SET name = 'ahead' WHERE external_id = 'open'");
    await appendEvents(client, [newEvent({ source: KEY, job: { externalId: 'open' } })]);
  });
  try {
    await waitFor(async () => (await versionAt()) === 'ahead');
    const asked = reading.replicas.readsOfPrimary;
    expect(await shown()).toBe(former);
    expect(reading.replicas.readsOfPrimary).toBeGreaterThan(asked);
  } finally {
    await set(primary.url, 'synchronous_standby_names', '');
    await commit;
  }
  expect(await shown()).toBe('ahead');
});

it('a read that recovery cuts off is read again, once, at the primary', async () => {
  // what is in the way of the primary's changes is cut off at once
  await set(standby.url, 'max_standby_streaming_delay', '0');
  await database.query(
    `INSERT INTO rollcall.job_task (job_id, tasks) SELECT id, '[]' FROM rollcall.job LIMIT 1 ON CONFLICT DO NOTHING`,
  );
  await standby.catchUp();
  const reading = await readFrom([standby.url]);
  const places: boolean[] = [];
  const answer = await reading.database.reader.transaction(async (client) => {
    const find = async (sql: string) =>
      (
        await client.query<{ there: boolean }>(
          `SELECT pg_is_in_recovery() AS there, ${sql} FROM rollcall.job_task`,
        )
      ).rows[0]!;
    places.push((await find('1')).there);
    if (places.length > 1) return 'answered';
    const removal = database.transaction((own) =>
      own.query('LOCK TABLE rollcall.job_task IN ACCESS EXCLUSIVE MODE'),
    );
    await find('pg_sleep(30)');
    await removal;
    return 'not cut off';
  });
  expect({ places, answer }).toEqual({ places: [true, false], answer: 'answered' });
  expect(stateOf(reading).is).toBe('fit');
  await set(standby.url, 'max_standby_streaming_delay', '30s');
});

it('a question that is too broad for a replica is not asked again', async () => {
  const reading = await readFrom([standby.url]);
  let asked = 0;
  const broad = readWithin(reading.database.reader, 50, (client) => {
    asked++;
    return client.query('SELECT pg_sleep(10)');
  });
  await expect(broad).rejects.toThrow(QueryTooBroadError);
  expect(asked).toBe(1);
  expect(stateOf(reading).is).toBe('fit');
});

describe('a replica that goes away', () => {
  it('is killed in the middle of a read, which the primary answers; and read from again once it is back', async () => {
    const way = await openWay(standby.url);
    const reading = await readFrom([way.url]);
    const places: boolean[] = [];
    const answer = await reading.database.reader.transaction(async (client) => {
      const ask = async () =>
        (await client.query<{ standby: boolean }>('SELECT pg_is_in_recovery() AS standby')).rows[0]!.standby;
      places.push(await ask());
      if (places.length === 1) way.cut();
      return ask();
    });
    expect({ places, answer }).toEqual({ places: [true, false], answer: false });
    await waitFor(async () => {
      await reading.replicas.check();
      return stateOf(reading).is === 'lost';
    });
    expect((await reading.api.get('/health/ready')).status).toBe(200);
    expect((await reading.api.get('/api/v1/jobs')).status).toBe(200);
    expect((await reading.api.get('/metrics')).text).toContain('rollcall_replica_up{replica="127.0.0.1:');

    way.mend();
    await waitFor(async () => {
      await reading.replicas.check();
      return stateOf(reading).is === 'fit';
    });
    await untilRead(reading);
    const { log } = reading;
    expect(JSON.stringify(log)).not.toContain(new URL(primary.url).password);
    expect(log.filter(({ level }) => level === 'warn').length).toBeLessThanOrEqual(1);
  });

  it('says nothing any more: who waits for it is answered as soon as that is noticed', async () => {
    const way = await openWay(standby.url);
    const reading = await readFrom([way.url]);
    way.freeze();
    const answer = reading.api.get('/api/v1/jobs');
    await reading.replicas.check();
    expect(stateOf(reading).is).toBe('lost');
    expect((await answer).status).toBe(200);
    expect(readsOf(reading)).toEqual([0]);
    way.cut();
  });

  it('shares the work with the others', async () => {
    const other = await createStandby(primary);
    opened.push({ close: () => other.stop() });
    const reading = await readFrom([standby.url, other.url]);
    expect(reading.replicas.reports()).toMatchObject([{ state: { is: 'fit' } }, { state: { is: 'fit' } }]);
    for (let asked = 0; asked < 6; asked++) await reading.api.get('/api/v1/jobs?count=exact');
    for (const reads of readsOf(reading)) expect(reads).toBeGreaterThan(1);
    await other.stop('SIGKILL');
    for (let asked = 0; asked < 4; asked++)
      expect((await reading.api.get('/api/v1/jobs?count=exact')).status).toBe(200);
  });
});

it('the doctor says which of them are replicas', async () => {
  const folder = await makeTestFolder();
  opened.push({ close: () => rm(folder, { recursive: true }) });
  const file = join(folder, 'rollcall.yaml');
  const examine = async (replicas: string[], ...options: string[]) => {
    await writeFile(file, JSON.stringify({ database: { url: primary.url, replicas } }));
    let said = '';
    const stdout = new Writable({ write: (chunk, _encoding, done) => ((said += String(chunk)), done()) });
    const stderr = new Writable({ write: (_chunk, _encoding, done) => done() });
    const code = await run(['doctor', ...options, '--config', file], {
      env: {},
      cwd: folder,
      stdout,
      stderr,
    });
    expect(said).not.toContain(new URL(primary.url).password);
    return { code, said };
  };
  expect(await examine([standby.url])).toEqual({
    code: 0,
    said: expect.stringContaining(`${new URL(standby.url).host}: a replica of it, which may be read from`),
  });
  const { code, said } = await examine([serverUrl(), standby.url], '--json');
  expect(code).toBe(1);
  expect(JSON.parse(said)).toMatchObject({
    replicas: [
      { state: 'wrong', why: expect.stringContaining('another database') },
      { state: 'fit', why: null },
    ],
  });
});

describe('what is no replica of this primary is never read from', () => {
  it.each([
    ['the primary itself', () => primary.url, 'repeats no other'],
    ['another database of its cluster', () => urlOf(standby.url, 'postgres'), 'another database'],
    ['another server', () => serverUrl(), 'another database'],
  ])('%s', async (_name, url, why) => {
    const reading = await readFrom([url()]);
    expect(stateOf(reading)).toEqual({ is: 'wrong', why: expect.stringContaining(why) });
    expect(reading.log).toMatchObject([{ level: 'error', details: { why: expect.stringContaining(why) } }]);
    expect((await reading.api.get('/api/v1/jobs')).body.data).toHaveLength(JOBS);
    expect(readsOf(reading)).toEqual([0]);
    expect((await reading.api.get('/metrics')).text).toMatch(/rollcall_replica_up\{replica="[^"]+"\} 0/);
  });

  it('a standby that was promoted; and one that still follows the server before', async () => {
    const other = await createStandby(primary);
    opened.push({ close: () => other.stop() });
    const reading = await readFrom([other.url]);
    expect(stateOf(reading)).toMatchObject({ is: 'fit' });
    await reading.api.get('/api/v1/jobs');
    const [before] = readsOf(reading);
    expect(before).toBeGreaterThan(0);
    await other.promote();
    const promoted = await openDatabase({ url: other.url, dataDir: '', poolSize: 1, log: quietLog() });
    await promoted.query("UPDATE rollcall.job SET name = 'not ours' WHERE external_id = 'open'");
    await promoted.close();
    // nobody has looked at it since
    expect(stateOf(reading).is).toBe('fit');
    const { text } = await reading.api.get('/api/v1/jobs');
    expect(text).not.toContain('not ours');
    expect(readsOf(reading)).toEqual([before]);
    expect(stateOf(reading)).toMatchObject({ is: 'wrong' });

    const after = await readFrom([standby.url], other.url);
    expect(stateOf(after)).toEqual({ is: 'behind', why: expect.stringContaining('timeline') });
    expect((await after.api.get('/api/v1/jobs')).text).toContain('not ours');
    expect(readsOf(after)).toEqual([0]);
  });

  it('a copy of the same files that has gone on by itself: it lacks what the primary wrote, or shows what it did not', async () => {
    const [identity] = await database.query<{ system: string; database: string }>(
      `SELECT (SELECT system_identifier::text FROM pg_control_system()) AS system,
         (SELECT oid::text FROM pg_database WHERE datname = current_database()) AS database`,
    );
    const moment = { log: 0n, timeline: 1, position: 0 };
    const none = { pollId: null, poll: null, position: null, event: null };
    const judge = async (newest: object, shows: boolean) => {
      const replica = new Replica(standby.url, database.session);
      try {
        await replica.check({
          identity: identity!,
          moment,
          newest: { ...none, ...newest },
          shows: async () => shows,
        });
        return replica.state;
      } finally {
        await replica.close();
      }
    };
    const [poll] = await database.query<{ id: number }>('SELECT max(id) AS id FROM rollcall.poll');
    expect(await judge({}, true)).toMatchObject({ is: 'fit' });
    expect(await judge({ pollId: poll!.id, poll: `${poll!.id} charts 1` }, true)).toMatchObject({
      is: 'wrong',
    });
    expect(await judge({}, false)).toMatchObject({ is: 'wrong', why: expect.stringContaining('parted') });
  });
});

/** A way to a server that a test can cut and close. */
async function openWay(to: string) {
  const target = new URL(to);
  const sockets = new Set<Socket>();
  let isOpen = true;
  let isFrozen = false;
  const server = createServer((near) => {
    if (!isOpen) return void near.destroy();
    if (isFrozen) return void sockets.add(near.on('error', () => undefined).pause());
    const far = connect(Number(target.port), target.hostname);
    for (const [one, another] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(one);
      one.on('error', () => undefined).once('close', () => (sockets.delete(one), another.destroy()));
      one.pipe(another);
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => {
    isOpen = false;
    for (const socket of sockets) socket.destroy();
  };
  opened.push({
    async close() {
      cut();
      server.close();
      await once(server, 'close');
    },
  });
  const address = new URL(to);
  address.port = String((server.address() as AddressInfo).port);
  return {
    url: address.href,
    cut,
    /** Takes everything, and passes nothing on. */
    freeze: () => {
      isFrozen = true;
      for (const socket of sockets) socket.unpipe().pause();
    },
    mend: () => void (isOpen = true),
  };
}
