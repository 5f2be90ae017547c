import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { ROOT } from '../support/repository.js';
import '../support/silence.js';
import { startTestServer, stopTestServer } from '../support/test-server.js';
import { captureExamples } from './examples.js';

// node scripts/openapi-examples.mjs: asks a service over the simulated platforms, and writes its answers down as the examples of the document.

async function main(): Promise<void> {
  await startTestServer();
  try {
    const file = join(ROOT, 'src/api/openapi/openapi.examples.json');
    const options = { ...(await resolveConfig(file)), filepath: file };
    await writeFile(file, await format(JSON.stringify(await captureExamples()), options));
  } finally {
    await stopTestServer();
  }
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
