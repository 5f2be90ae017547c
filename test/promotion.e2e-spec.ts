import { Client } from 'pg';
import { Database, openDatabase } from '../src/storage/database.js';
import { StandbyError } from '../src/storage/session.js';
import { startApi } from './support/api.js';
import { append } from './support/events.js';
import { insertSource } from './support/jobs.js';
import { quietLog } from './support/quiet-log.js';
import { createPrimary, createStandby, Primary, Standby } from './support/standby.js';

// A standby takes the primary's place without its last transactions, which readers of the feed have already been told of.

let primary: Primary | null = null;
let standby: Standby;
let database: Database;

const open = (url: string) => openDatabase({ url, dataDir: '', poolSize: 3, log: quietLog() });

beforeAll(async () => {
  primary = await createPrimary();
  standby = await createStandby(primary);
  database = await open(primary.url);
}, 60_000);

afterAll(async () => {
  await database?.close();
  await standby?.stop();
  await primary?.stop();
});

/** It hears nothing of its primary any more, as when the network between them is gone. */
async function deafen(): Promise<void> {
  const client = new Client({ connectionString: standby.url });
  await client.connect();
  await client.query("ALTER SYSTEM SET primary_conninfo = ''");
  await client.query('SELECT pg_reload_conf()');
  for (let left = true; left;) {
    const { rowCount } = await client.query('SELECT FROM pg_stat_wal_receiver');
    left = rowCount !== 0;
  }
  await client.end();
}

it('positions of lost events are never given again, and who has one is told', async () => {
  const before = await startApi(database);
  await insertSource(database, { key: 'charts' });
  await append(database, ...[1, 2, 3].map((sequence) => ({ sequence })));
  // what cursors are written with is older than all of them
  expect((await before.get('/api/v1/events')).status).toBe(200);
  await standby.catchUp();
  await deafen();
  // more than a sequence writes ahead
  for (let sequence = 4; sequence <= 60; sequence++) await append(database, { sequence });
  const ids: string[] = (await before.get('/api/v1/events?limit=100')).body.data.map(
    ({ id }: { id: string }) => id,
  );
  expect(ids).toHaveLength(60);
  await before.close();
  await database.close();

  // nobody may take a standby for the primary: what it shows is old
  await expect(open(standby.url)).rejects.toThrow(StandbyError);
  await primary!.stop();
  primary = null;
  await standby.promote();
  database = await open(standby.url);
  const after = await startApi(database);
  const statuses = async () =>
    Promise.all(ids.map(async (id) => (await after.get(`/api/v1/events?after=${id}`)).status));
  const expected = ids.map((_, index) => (index < 3 ? 200 : 410));
  expect(await statuses()).toEqual(expected);
  for (let sequence = 4; sequence <= 80; sequence++) await append(database, { sequence });
  expect(await statuses()).toEqual(expected);
  const { data } = (await after.get(`/api/v1/events?limit=100&after=${ids[2]}`)).body;
  expect(data.map(({ sequence }: { sequence: number }) => sequence)).toEqual(
    Array.from({ length: 77 }, (_, index) => index + 4),
  );
  expect(data.filter(({ id }: { id: string }) => ids.includes(id))).toEqual([]);
  await after.close();
}, 60_000);
