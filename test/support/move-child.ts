import { openDatabase } from '../../src/storage/database.js';
import { moveDatabase } from '../../src/storage/move/move.js';
import { quietLog } from './quiet-log.js';

// move-child.ts OLD_URL NEW_URL TABLE: moves a database, and is killed just before the rows of a table are copied.

async function main([old = '', target = '', last = '']: string[]): Promise<void> {
  const log = quietLog();
  const open = (url: string) => openDatabase({ url, dataDir: '', poolSize: 1, log });
  const signal = new AbortController().signal;
  const onTable = (table: string) => void (table === last && process.kill(process.pid, 'SIGKILL'));
  await moveDatabase(await open(old), await open(target), { migrateOld: true, signal, log, onTable });
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
