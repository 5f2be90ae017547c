import { Client } from 'pg';
import { readPostmasterFile } from '../../src/storage/embedded-postgres/postmaster-file.js';
import { waitFor } from '../support/wait-for.js';

/** An administrator's restart ends all connections first; a crash of the server's own loses nothing but what had not committed. */
const SIGNALS = { restart: 'SIGINT', crash: 'SIGQUIT', kill: 'SIGKILL' } as const;
export type RestartKind = keyof typeof SIGNALS;

/** Stops the embedded PostgreSQL behind a URL; whoever joined it starts it again. Waits until it answers, started anew. */
export async function restartServer(url: string, how: RestartKind = 'restart'): Promise<void> {
  const before = await askServer(url);
  const file = await readPostmasterFile(before.folder);
  if (file?.pid == null) throw new Error(`no server runs on ${before.folder}`);
  process.kill(file.pid, SIGNALS[how]);
  await waitFor(async () => {
    const now = await askServer(url).catch(whileAway);
    return now !== null && now.startedAt !== before.startedAt;
  });
}

async function askServer(url: string): Promise<{ folder: string; startedAt: string }> {
  const client = new Client({ connectionString: url });
  // A connection that breaks rejects its query; without a listener Node would end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<{ folder: string; startedAt: string }>(
      `SELECT current_setting('data_directory') AS folder, pg_postmaster_start_time()::text AS "startedAt"`,
    );
    return rows[0]!;
  } finally {
    await client.end().catch(whileAway);
  }
}

/** Refused, cut off, or told that the server stops or starts; everything else is no restart. */
function whileAway(error: unknown): null {
  const { code, message } = error as { code?: string; message?: string };
  if (/^(?:57P0[123]|ECONNREFUSED|ECONNRESET|EPIPE)$/.test(code ?? '')) return null;
  if ((message ?? '').startsWith('Connection terminated')) return null;
  throw error;
}
