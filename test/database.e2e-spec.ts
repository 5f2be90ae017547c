import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { Client } from 'pg';
import { MIGRATIONS } from '../migrations/index.js';
import { readEnvironment } from '../src/config/environment.js';
import { startService } from '../src/main.js';
import { ADVISORY_LOCK, LOCK_SPACE } from '../src/storage/advisory-locks.js';
import { Database, openDatabase, UnsuitableDatabaseError } from '../src/storage/database.js';
import { migrate, schemaStatus, SchemaTooNewError } from '../src/storage/migrate.js';
import { fromPg, isoFromPg, toPg } from '../src/storage/pg-time.js';
import { testConfig } from './support/config.js';
import {
  createBareDatabase,
  createTestDatabase,
  serverUrl,
  TestDatabase,
  urlOf,
} from './support/postgres.js';
import { quietLog } from './support/quiet-log.js';

jest.setTimeout(60_000);

const open = (url: string, poolSize = 2, log = quietLog()) =>
  openDatabase({ url, dataDir: '', poolSize, log });

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(10);
}

describe('Database', () => {
  let test: TestDatabase;
  let database: Database;

  beforeAll(async () => {
    test = await createTestDatabase();
    database = test.database;
    await database.query('CREATE TABLE note (id bigint PRIMARY KEY, at timestamptz(3))');
  });
  afterAll(() => test.drop());
  beforeEach(() => database.query('TRUNCATE note'));

  describe('values', () => {
    it('answers bigint as a number and timestamptz as text in UTC, and leaves other users of the driver alone', async () => {
      const sql = `SELECT 9007199254740991::bigint AS n, '2025-01-15T14:06:40.120Z'::timestamptz AS t`;
      expect(await database.query(sql)).toEqual([{ n: 9007199254740991, t: '2025-01-15 14:06:40.12+00' }]);

      const other = new Client({ connectionString: test.url });
      await other.connect();
      expect((await other.query(sql)).rows).toEqual([
        { n: '9007199254740991', t: new Date('2025-01-15T14:06:40.120Z') },
      ]);
      await other.end();
    });

    it('refuses a bigint that a number cannot hold', async () => {
      await expect(database.query('SELECT 9007199254740993::bigint')).rejects.toThrow(RangeError);
      expect(await database.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    });

    it('does not depend on the defaults of database and role', async () => {
      const { url, drop } = await createBareDatabase();
      const name = new URL(url).pathname.slice(1);
      const first = await open(url);
      await first.query(`ALTER DATABASE ${name} SET TimeZone = 'Asia/Tokyo'`);
      await first.query(`ALTER DATABASE ${name} SET DateStyle = 'German'`);
      await first.close();
      const second = await open(url);
      expect(await second.query(`SELECT '2025-01-15T14:06:40Z'::timestamptz AS t`)).toEqual([
        { t: '2025-01-15 14:06:40+00' },
      ]);
      await second.close();
      await drop();
    });

    it('writes and reads back any instant', async () => {
      const instants = fc.integer({
        min: Date.parse('0001-01-01T00:00:00.000Z'),
        max: Date.parse('9999-12-31T23:59:59.999Z'),
      });
      await fc.assert(
        fc.asyncProperty(fc.array(instants, { minLength: 20, maxLength: 200 }), async (written) => {
          const rows = await database.query<{ t: string }>(
            'SELECT t::timestamptz(3) FROM unnest($1::text[]) WITH ORDINALITY AS u (t, n) ORDER BY n',
            [written.map(toPg)],
          );
          expect(rows.map(({ t }) => fromPg(t))).toEqual(written);
          expect(rows.map(({ t }) => isoFromPg(t))).toEqual(written.map((t) => new Date(t).toISOString()));
        }),
        { numRuns: 25 },
      );
    });

    it('prepares a named statement once a connection', async () => {
      const statement = { name: 'double', text: 'SELECT 2 * $1::int AS n' };
      await database.transaction(async (client) => {
        expect((await client.query({ ...statement, values: [2] })).rows).toEqual([{ n: 4 }]);
        expect((await client.query({ ...statement, values: [3] })).rows).toEqual([{ n: 6 }]);
        const { rows } = await client.query("SELECT FROM pg_prepared_statements WHERE name = 'double'");
        expect(rows).toHaveLength(1);
      });
      expect(await database.query(statement, [21])).toEqual([{ n: 42 }]);
    });

    it('tells the time of the database', async () => {
      const before = await database.query<{ t: string }>('SELECT clock_timestamp()::timestamptz(6) AS t');
      const now = await database.now();
      const after = await database.query<{ t: string }>('SELECT clock_timestamp()::timestamptz(6) AS t');
      expect(now).toBeGreaterThanOrEqual(fromPg(before[0]!.t));
      expect(now).toBeLessThanOrEqual(fromPg(after[0]!.t));
    });
  });

  describe('transaction', () => {
    const ids = () => database.query('SELECT id FROM note ORDER BY id');

    it('commits', async () => {
      const answer = await database.transaction(async (client) => {
        await client.query('INSERT INTO note VALUES (1)');
        return 'done';
      });
      expect(answer).toBe('done');
      expect(await ids()).toEqual([{ id: 1 }]);
    });

    it('undoes everything and throws the error on', async () => {
      const failed = database.transaction(async (client) => {
        await client.query('INSERT INTO note VALUES (1)');
        throw new Error('changed my mind');
      });
      await expect(failed).rejects.toThrow('changed my mind');
      expect(await ids()).toEqual([]);
    });

    it('does not report a commit that was none', async () => {
      const failed = database.transaction(async (client) => {
        await client.query('INSERT INTO note VALUES (1)');
        await client.query('SELECT 1 / 0').catch(() => undefined);
      });
      await expect(failed).rejects.toThrow(/rolled back/);
      expect(await ids()).toEqual([]);
    });

    it('survives a connection that is cut in the middle', async () => {
      const failed = database.transaction(async (client) => {
        await client.query('INSERT INTO note VALUES (1)');
        await client.query('SELECT pg_terminate_backend(pg_backend_pid())');
      });
      await expect(failed).rejects.toThrow();
      await expect(
        database.transaction((client) => client.query('INSERT INTO note VALUES (2)')),
      ).resolves.toBeDefined();
      expect(await ids()).toEqual([{ id: 2 }]);
    });
  });

  it('survives idle connections that are cut, and says so', async () => {
    const log = quietLog();
    const other = await open(test.url, 3, log);
    await Promise.all([1, 2, 3].map(() => other.query('SELECT pg_sleep(0.01)')));
    await database.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()`,
    );
    await until(() => Promise.resolve(log.lines.length >= 3));
    expect(log.lines.every(({ level }) => level === 'warn')).toBe(true);
    expect(await other.query('SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await other.close();
  });

  it('is named in the server', async () => {
    expect(await database.query("SELECT current_setting('application_name') AS name")).toEqual([
      { name: 'rollcall' },
    ]);
  });

  describe('refuses', () => {
    it('a database that is not in UTF-8', async () => {
      const client = new Client({ connectionString: serverUrl() });
      await client.connect();
      await client.query(
        "CREATE DATABASE test_ascii ENCODING 'SQL_ASCII' LOCALE_PROVIDER libc LOCALE 'C' TEMPLATE template0",
      );
      try {
        const refused = open(urlOf(serverUrl(), 'test_ascii'));
        await expect(refused).rejects.toThrow(UnsuitableDatabaseError);
        await expect(refused).rejects.toThrow(/UTF8[^]*SQL_ASCII/);
      } finally {
        await client.query('DROP DATABASE test_ascii WITH (FORCE)');
        await client.end();
      }
    });

    it.each([
      ['nobody listens', 'postgres://user:top-secret@127.0.0.1:1/db', /ECONNREFUSED/],
      ['the URL is broken', 'postgres://user:top-secret@[bad/db', /Invalid URL/],
      ['TLS is asked for and not offered', '', /SSL/],
    ])('to show the password when %s', async (_case, url, message) => {
      const asked = url === '' ? `${test.url}?sslmode=verify-full` : url;
      const error: unknown = await open(asked).then(
        (opened) => opened.close(),
        (failure: unknown) => failure,
      );
      const shown = inspect(error, { depth: 10, showHidden: true });
      expect(shown).toMatch(message);
      expect(shown).not.toContain('top-secret');
      expect(shown).not.toContain(new URL(test.url).password);
    });
  });
});

describe('migrate', () => {
  const LOCK = `${LOCK_SPACE}, ${ADVISORY_LOCK.migrate}`;
  const ADVISORY_LOCKS = `SELECT FROM pg_locks
    WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
  const names = MIGRATIONS.map(({ name }) => name);
  let bare: { url: string; drop(): Promise<void> };

  beforeEach(async () => {
    bare = await createBareDatabase();
  });
  afterEach(() => bare.drop());

  it('knows every file in migrations/, oldest first', async () => {
    const files = (await readdir(join(__dirname, '..', 'migrations')))
      .filter((file) => file !== 'index.ts')
      .sort();
    const expected = files.map((file) => {
      const [stamp = '', ...words] = file.replace(/\.ts$/, '').split('-');
      return `${words.map((word) => word[0]?.toUpperCase() + word.slice(1)).join('')}${stamp}`;
    });
    expect(names).toEqual(expected);
  });

  it('migrates an empty database, and then has nothing to do', async () => {
    const database = await open(bare.url, 1);
    expect(await schemaStatus(database)).toEqual({ pending: names, unknown: [] });
    expect(await migrate(database)).toEqual(names);
    expect(await migrate(database)).toEqual([]);
    expect(await schemaStatus(database)).toEqual({ pending: [], unknown: [] });
    expect(await database.query('SELECT name FROM rollcall.migration ORDER BY id')).toEqual(
      names.map((name) => ({ name })),
    );
    expect(await database.query(ADVISORY_LOCKS)).toEqual([]);
    await database.close();
  });

  it.each([1, 2, 3, 4, 5, 6])('is done once when six start at the same time (round %d)', async () => {
    const databases = await Promise.all(Array.from({ length: 6 }, () => open(bare.url, 1)));
    const ran = await Promise.all(databases.map((database) => migrate(database)));
    expect(ran.flat()).toEqual(names);
    expect(await schemaStatus(databases[0]!)).toEqual({ pending: [], unknown: [] });
    await Promise.all(databases.map((database) => database.close()));
  });

  it('waits for the lock without waiting inside PostgreSQL', async () => {
    const [holder, database] = [await open(bare.url, 1), await open(bare.url, 1)];
    const log = quietLog();
    await holder.query(`SELECT pg_advisory_lock(${LOCK})`);
    const migrated = migrate(database, log);
    await until(() => Promise.resolve(log.lines.length > 0));
    expect(log.lines).toMatchObject([{ level: 'info', message: expect.stringContaining('waiting') }]);
    expect(await holder.query(`${ADVISORY_LOCKS} AND NOT granted`)).toEqual([]);
    await holder.query(`SELECT pg_advisory_unlock(${LOCK})`);
    expect(await migrated).toEqual(names);
    await Promise.all([holder.close(), database.close()]);
  });

  it('needs no right to create schemas once there is one', async () => {
    const owner = await open(bare.url, 1);
    const role = `test_${new URL(bare.url).pathname.slice(-8)}`;
    await owner.query(`CREATE ROLE ${role} LOGIN PASSWORD 'x'`);
    await owner.query(`CREATE SCHEMA rollcall AUTHORIZATION ${role}`);
    const url = new URL(bare.url);
    url.username = role;
    url.password = 'x';
    const database = await open(url.href, 1);
    try {
      expect(await migrate(database)).toEqual(names);
    } finally {
      await database.close();
      await owner.query(`DROP OWNED BY ${role}`);
      await owner.query(`DROP ROLE ${role}`);
      await owner.close();
    }
  });

  it('refuses a database of a newer release, and changes nothing', async () => {
    const database = await open(bare.url, 1);
    await migrate(database);
    await database.query(
      `INSERT INTO rollcall.migration (timestamp, name) VALUES (9999999999999, 'FromTheFuture9999999999999')`,
    );
    await expect(migrate(database)).rejects.toThrow(SchemaTooNewError);
    await expect(migrate(database)).rejects.toThrow(/newer release[^]*FromTheFuture9999999999999/);
    // nor does a process start on it that leaves migrating to others
    const config = testConfig([]);
    const own = { ...config, database: { ...config.database, url: bare.url, migrate: 'off' as const } };
    const environment = readEnvironment({ LOG_LEVEL: 'silent' }, tmpdir());
    await expect(startService({ config: own, environment })).rejects.toThrow(SchemaTooNewError);
    expect(await schemaStatus(database)).toEqual({ pending: [], unknown: ['FromTheFuture9999999999999'] });
    expect(await database.query(ADVISORY_LOCKS)).toEqual([]);
    await database.close();
  });
});
