import { Command } from 'commander';
import { ApiClient } from './api-client.js';
import { Cli } from './cli.js';
import { remoteApi } from './remote-api.js';
import { withDatabase } from './with-database.js';

/** Gives a command the API: the one at ROLLCALL_URL when that is set, else one of its own over the configured database. */
export async function withApi(
  cli: Cli,
  command: Command,
  work: (api: ApiClient) => Promise<void>,
): Promise<void> {
  const remote = remoteApi(cli.env);
  if (remote !== null) return closing(remote, work);
  await withDatabase(cli, command, async (context) => {
    // Loaded only here: a command against a remote API needs no server of its own.
    const { localApi } = await import('./local-api.js');
    await closing(await localApi(context), work);
  });
}

async function closing(api: ApiClient, work: (api: ApiClient) => Promise<void>): Promise<void> {
  try {
    await work(api);
  } finally {
    await api.close();
  }
}
