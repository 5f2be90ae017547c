import { mkdir, realpath } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'pg';
import { ADVISORY_LOCK, LOCK_SPACE } from '../advisory-locks.js';
import { StorageLog } from '../log.js';
import { Binaries, findBinaries, usableBinaries } from './binaries.js';
import { ensureCluster, readPassword, SUPERUSER } from './cluster.js';
import { EmbeddedPostgresError, errorText } from './errors.js';
import { withFileLock } from './file-lock.js';
import { Home, openHome } from './home.js';
import { ensureServer, findServer, RunningServer, ServerOptions, stopServer } from './server.js';

export interface EmbeddedPostgresOptions {
  /** The data folder of this installation; made if it is not there. Never shared between machines or containers. */
  dataDir: string;
  log: StorageLog;
  /** Server settings over our own, by their PostgreSQL names. Only the process that starts the server applies them. */
  settings?: Readonly<Record<string, string>>;
  /** As root: where homes go that the server's user could not reach in the data folder. Default /var/lib/rollcall. */
  rootHomes?: string;
}

const MEMBER = `${LOCK_SPACE}, ${ADVISORY_LOCK.embeddedMember}`;
const REJOIN_MS = 250;
const REJOIN_AT_MOST_MS = 30_000;

/**
 * Our part in the embedded server of a data folder. The server belongs to no process: whoever comes first starts it, each
 * process that uses it holds a shared advisory lock on a connection of its own, and the last to leave stops it. After a
 * kill -9 it lives on and the next process takes it up.
 */
export class EmbeddedPostgres {
  private connection: Client | null = null;
  private port = 0;
  private left = false;
  private readonly leaving = new AbortController();
  private rejoining: Promise<void> = Promise.resolve();

  private constructor(
    private readonly options: EmbeddedPostgresOptions,
    private readonly dataDir: string,
    private readonly home: Home,
    private readonly binaries: Binaries,
    private readonly password: string,
  ) {}

  /**
   * Makes the cluster if there is none, starts or takes up its server, and stays a member until `leave`.
   *
   * @throws EmbeddedPostgresError
   */
  static async join(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
    const installed = await findBinaries();
    await mkdir(options.dataDir, { recursive: true });
    const dataDir = await realpath(options.dataDir);
    return withFileLock(dataDir, options.log, async () => {
      const home = await openHome(dataDir, options.rootHomes);
      const binaries = await usableBinaries(installed, home.account, home.copies);
      const began = performance.now();
      const cluster = await ensureCluster(home, binaries);
      const embedded = new EmbeddedPostgres(options, dataDir, home, binaries, await readPassword(home));
      const { how, port } = await embedded.enter();
      const ms = Math.round(performance.now() - began);
      const what = cluster === 'created' ? cluster : how;
      options.log.info({ folder: home.folder, port, ms }, `${what} the embedded PostgreSQL`);
      return embedded;
    });
  }

  /** Of Rollcall's own database. Holds the password. */
  get url(): string {
    return `postgres://${SUPERUSER}:${this.password}@127.0.0.1:${this.port}/${SUPERUSER}`;
  }

  /** Where the server keeps its files. */
  get folder(): string {
    return this.home.folder;
  }

  /** Ends our membership; stops the server if it was the last. Close every other connection first. */
  async leave(): Promise<void> {
    if (this.left) return;
    this.left = true;
    this.leaving.abort();
    await this.rejoining;
    await withFileLock(this.dataDir, this.options.log, async () => {
      // Without a connection we lost the server; it may have come back without us, and nobody else may be there to stop it.
      const connection = this.connection ?? (await findServer(this.serverOptions()))?.connection;
      if (connection === undefined || !(await isLast(connection))) return;
      await stopServer(this.home, this.binaries);
      this.options.log.info({ folder: this.home.folder }, 'stopped the embedded PostgreSQL');
    });
  }

  /** Call it under the file lock. */
  private async enter(): Promise<RunningServer> {
    const server = await ensureServer(this.serverOptions());
    try {
      await ensureDatabase(server.connection);
      await becomeMember(server.connection);
    } catch (error) {
      await server.connection.end();
      throw error;
    }
    this.stay(server);
    return server;
  }

  private serverOptions(): ServerOptions {
    const { home, binaries, password, options } = this;
    return { home, binaries, password, settings: options.settings ?? {}, log: options.log };
  }

  private stay(server: RunningServer): void {
    if (this.port !== 0 && this.port !== server.port) {
      this.options.log.error(
        { from: this.port, to: server.port },
        'the embedded PostgreSQL had to move to another port: restart this process',
      );
    }
    this.port = server.port;
    this.connection = server.connection;
    server.connection.once('end', () => {
      this.connection = null;
      if (!this.left) this.rejoining = this.rejoin();
    });
  }

  /**
   * The server ended under us (killed, or it restarted itself after a crash): without a member it would be stopped while we use
   * it, or stay down. Tries until it works or we leave.
   */
  private async rejoin(): Promise<void> {
    const { log } = this.options;
    log.warn({ folder: this.home.folder }, 'lost the embedded PostgreSQL, starting it again');
    for (let pause = REJOIN_MS; !this.left; pause = Math.min(2 * pause, REJOIN_AT_MOST_MS)) {
      try {
        await withFileLock(this.dataDir, log, () => this.enter());
        log.info({ folder: this.home.folder, port: this.port }, 'the embedded PostgreSQL is back');
        return;
      } catch (error) {
        log.error({ err: error }, `the embedded PostgreSQL does not come back: ${errorText(error)}`);
      }
      // Rejects when we leave meanwhile, which ends the loop.
      await delay(pause, undefined, { signal: this.leaving.signal }).catch(() => undefined);
    }
  }
}

async function ensureDatabase(connection: Client): Promise<void> {
  const found = await connection.query('SELECT FROM pg_database WHERE datname = $1', [SUPERUSER]);
  if (found.rowCount === 0) await connection.query(`CREATE DATABASE ${SUPERUSER}`);
}

async function becomeMember(connection: Client): Promise<void> {
  const { rows } = await connection.query<{ member: boolean }>(
    `SELECT pg_try_advisory_lock_shared(${MEMBER}) AS member`,
  );
  // Only the last to leave takes it alone, and does so under the file lock that we hold.
  if (rows[0]?.member !== true) {
    throw new EmbeddedPostgresError('The embedded PostgreSQL is being stopped by another process.');
  }
}

/** Gives up the membership on this connection, and the connection; true when no other process is a member. */
async function isLast(connection: Client): Promise<boolean> {
  try {
    await connection.query(`SELECT pg_advisory_unlock_shared(${MEMBER})`);
    const { rows } = await connection.query<{ last: boolean }>(
      `SELECT pg_try_advisory_lock(${MEMBER}) AS last`,
    );
    return rows[0]?.last === true;
  } finally {
    await connection.end();
  }
}
