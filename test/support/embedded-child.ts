import { once } from 'node:events';
import { EmbeddedPostgres } from '../../src/storage/embedded-postgres/index.js';

// embedded-child.ts DATA_DIR: a process that uses the embedded server of a folder. Says how it got in, leaves when its input ends.

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function main(dataDir: string): Promise<void> {
  const messages: string[] = [];
  const keep = (_details: object, message: string) => void messages.push(message);
  const embedded = await EmbeddedPostgres.join({ dataDir, log: { info: keep, warn: keep, error: keep } });
  say({ url: embedded.url, folder: embedded.folder, messages });
  await once(process.stdin.resume(), 'end');
  await embedded.leave();
}

main(process.argv[2] ?? '').catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
