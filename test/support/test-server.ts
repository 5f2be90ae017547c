import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { openDatabase } from '../../src/storage/database.js';
import { EmbeddedPostgres } from '../../src/storage/embedded-postgres/index.js';
import { isRunning, readPostmasterFile } from '../../src/storage/embedded-postgres/postmaster-file.js';
import { migrate } from '../../src/storage/migrate.js';
import { SERVER_URL_VARIABLE, TEMPLATE, urlOf } from './postgres.js';
import { quietLog } from './quiet-log.js';
import { abandonedTestFolders, makeTestFolder } from './test-folder.js';

let server: { embedded: EmbeddedPostgres; folder: string } | null = null;

/** What a test writes need not survive a power failure. */
export const FORGETFUL = { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' };

/**
 * Each run has a server of its own, so runs do not meet; what a killed run left behind is stopped and removed.
 *
 * @param settings over those of an embedded server; a benchmark measures it as it is
 */
export async function startTestServer(settings: Readonly<Record<string, string>> = FORGETFUL): Promise<void> {
  for (const folder of await abandonedTestFolders()) await removeLeftover(folder);
  const folder = await makeTestFolder();
  const embedded = await EmbeddedPostgres.join({
    dataDir: folder,
    log: quietLog(),
    settings,
  });
  server = { embedded, folder };
  process.env[SERVER_URL_VARIABLE] = embedded.url;
  await makeTemplate(embedded.url);
}

export async function stopTestServer(): Promise<void> {
  if (server === null) return;
  await server.embedded.leave();
  await rm(server.folder, { recursive: true });
  server = null;
}

async function makeTemplate(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query(`CREATE DATABASE ${TEMPLATE}`);
  await client.end();
  const database = await openDatabase({
    url: urlOf(url, TEMPLATE),
    dataDir: '',
    poolSize: 1,
    log: quietLog(),
  });
  try {
    await migrate(database);
  } finally {
    await database.close();
  }
}

async function removeLeftover(folder: string): Promise<void> {
  try {
    const server = await readPostmasterFile(join(folder, 'postgres', 'data'));
    if (server?.pid != null && isRunning(server.pid)) {
      // To join and leave takes up a server that still runs, and stops it.
      await (await EmbeddedPostgres.join({ dataDir: folder, log: quietLog() })).leave();
    }
    await rm(folder, { recursive: true });
  } catch (error) {
    // Another run may be removing it at this moment; if not, the next one tries again. This run does not need it gone.
    process.stderr.write(`left behind by a killed test run: ${folder} (${String(error)})\n`);
  }
}
