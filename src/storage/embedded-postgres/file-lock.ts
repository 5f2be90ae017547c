import { join } from 'node:path';
import { lock } from 'proper-lockfile';
import { StorageLog } from '../log.js';
import { EmbeddedPostgresError } from './errors.js';

// A killed holder is noticed this long after its last sign of life, which it gives every UPDATE_MS.
const STALE_MS = 5_000;
const UPDATE_MS = 1_000;
// Longer than any holder needs: starting the server may include a recovery (START_TIMEOUT_MS in server.ts).
const WAIT_MS = 600_000;
const RETRY_MS = 50;

/**
 * Does the work while no other process that uses this data folder does such work: starting, joining and leaving the server.
 * A second server on the same data, should the lock ever be lost (a machine that slept), is prevented by PostgreSQL's own.
 */
export async function withFileLock<T>(dataDir: string, log: StorageLog, work: () => Promise<T>): Promise<T> {
  let lost = false;
  const release = await lock(dataDir, {
    lockfilePath: join(dataDir, 'postgres.lock'),
    stale: STALE_MS,
    update: UPDATE_MS,
    retries: { retries: WAIT_MS / RETRY_MS, factor: 1, minTimeout: RETRY_MS, maxTimeout: RETRY_MS },
    onCompromised: (error) => {
      lost = true;
      log.warn({ err: error, dataDir }, 'lost the lock on the data folder');
    },
  }).catch((error: unknown) => {
    throw new EmbeddedPostgresError(`Cannot lock the data folder ${dataDir}`, { cause: error });
  });
  try {
    return await work();
  } finally {
    if (!lost) await release();
  }
}
