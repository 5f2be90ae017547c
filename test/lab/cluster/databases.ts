import { rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { migrate } from '../../../src/storage/migrate.js';
import { openDatabase } from '../../../src/storage/database.js';
import { isRunning } from '../../../src/storage/embedded-postgres/postmaster-file.js';
import { InstalledPostgres, installedReleases } from '../../support/installed-postgres.js';
import { urlOf } from '../../support/postgres.js';
import { quietLog } from '../../support/quiet-log.js';
import { createPrimary, createStandby, Primary, Standby } from '../../support/standby.js';
import { makeTestFolder } from '../../support/test-folder.js';
import { waitFor } from '../../support/wait-for.js';

/** Room for every process of the cluster, and for the lab. */
const SETTINGS = { max_connections: '300', shared_buffers: '256MB', synchronous_commit: 'on' };
const FOLLOWED = { wal_level: 'replica', max_wal_senders: '10', max_replication_slots: '10', fsync: 'off' };
/** So long the standby hears nothing any more before the primary dies, where its last transactions are to be lost. */
const DEAF_MS = 2_000;

export interface ReplicaLag {
  /** Since the standby has applied what was written; null: it has applied everything. */
  ms: number | null;
  bytes: number;
}

/** A primary with one streaming standby, which can take its place. */
export class Databases {
  private isFailedOver = false;

  private constructor(
    /** As a result names it. */
    readonly kind: string,
    private readonly primary: Primary,
    readonly standby: Standby,
    private readonly isSynchronous: boolean,
  ) {}

  /**
   * @param embedded the one that npm brings, also where Debian's is installed
   * @param isSynchronous a transaction is committed when the standby has it too
   */
  static async start({
    embedded,
    isSynchronous,
  }: {
    embedded: boolean;
    isSynchronous: boolean;
  }): Promise<Databases> {
    const installed = embedded ? null : await InstalledPostgres.find();
    const primary =
      installed === null ? await createPrimary({ ...SETTINGS }) : await createInstalledPrimary(installed);
    try {
      const standby = await createStandby(primary, SETTINGS);
      const kind = installed === null ? 'embedded' : `Debian's PostgreSQL ${installedReleases()[0]}`;
      const databases = new Databases(kind, primary, standby, isSynchronous);
      if (isSynchronous) await databases.waitForStandby();
      return databases;
    } catch (error) {
      await primary.stop();
      throw error;
    }
  }

  /** Of whichever takes writes. */
  get url(): string {
    return this.isFailedOver ? this.standby.url : this.primary.url;
  }

  /** Null: nobody follows, or nobody answers. */
  async lag(): Promise<ReplicaLag | null> {
    if (this.isFailedOver) return null;
    const rows = await ask<ReplicaLag>(
      this.primary.url,
      `SELECT extract(epoch FROM replay_lag)::float8 * 1000 AS ms, pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)::float8 AS bytes
       FROM pg_stat_replication`,
    );
    return rows[0] ?? null;
  }

  /** The primary dies at once, as by a power failure, and the standby takes its place. */
  async failOver(): Promise<void> {
    if (!this.isSynchronous) await this.deafenStandby();
    const [row] = await ask<{ file: string }>(
      this.primary.url,
      "SELECT pg_read_file('postmaster.pid') AS file",
    );
    const pid = Number.parseInt(row!.file, 10);
    process.kill(pid, 'SIGQUIT');
    await waitFor(async () => !isRunning(pid));
    await this.standby.promote();
    this.isFailedOver = true;
  }

  async stop(): Promise<void> {
    await this.standby.stop();
    await this.primary.stop();
  }

  private async waitForStandby(): Promise<void> {
    await ask(this.primary.url, "ALTER SYSTEM SET synchronous_standby_names = '*'");
    await ask(this.primary.url, 'SELECT pg_reload_conf()');
    await waitFor(async () => {
      const rows = await ask(this.primary.url, "SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'");
      return rows.length > 0;
    });
  }

  private async deafenStandby(): Promise<void> {
    await ask(this.standby.url, "ALTER SYSTEM SET primary_conninfo = ''");
    await ask(this.standby.url, 'SELECT pg_reload_conf()');
    await waitFor(
      async () => (await ask(this.primary.url, 'SELECT 1 FROM pg_stat_replication')).length === 0,
    );
    await pause(DEAF_MS);
  }
}

async function createInstalledPrimary(installed: InstalledPostgres): Promise<Primary> {
  const parent = await makeTestFolder();
  const folder = await installed.makeFolder(`${parent}/data`);
  await installed.makeCluster(folder);
  const server = await installed.start(folder, { ...FOLLOWED, ...SETTINGS });
  const primary = {
    url: urlOf(server.url, 'rollcall'),
    async stop() {
      await server.stop();
      await rm(parent, { recursive: true });
    },
  };
  try {
    await ask(server.url, "CREATE DATABASE rollcall TEMPLATE template0 ENCODING 'UTF8'");
    const database = await openDatabase({ url: primary.url, dataDir: '', poolSize: 2, log: quietLog() });
    await migrate(database).finally(() => database.close());
  } catch (error) {
    await primary.stop();
    throw error;
  }
  return primary;
}

async function ask<Row>(connectionString: string, sql: string): Promise<Row[]> {
  const client = new Client({ connectionString });
  // A connection that breaks rejects its query; without a listener Node would end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<Row & object>(sql)).rows;
  } finally {
    await client.end();
  }
}
