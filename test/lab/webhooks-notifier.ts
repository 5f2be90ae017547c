import { openDatabase } from '../../src/storage/database.js';
import { makeNotifier } from '../support/notifier.js';
import { quietLog } from '../support/quiet-log.js';
import '../support/silence.js';

// A notifier in a process of its own, which goes on until it is killed: DATABASE_URL LEASE_MS PATIENCE.

async function main(): Promise<void> {
  const [url, leaseMs, patience] = process.argv.slice(2) as [string, string, string];
  const random = () => Math.random() * Number(patience);
  const database = await openDatabase({ url, dataDir: '', poolSize: 10, log: quietLog() });
  makeNotifier(database, { random, leaseMs: Number(leaseMs) }).onApplicationBootstrap();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
