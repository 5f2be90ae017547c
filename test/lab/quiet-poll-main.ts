import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { SIMULATED_PLATFORMS } from '../../src/simulators/life.js';
import '../support/silence.js';
import { startTestServer, stopTestServer } from '../support/test-server.js';
import { PLAIN } from './plain-table.js';
import { measureQuietPoll } from './quiet-poll.js';

// npm run lab:quiet-poll -- [--finished N]: what a poll that finds nothing costs each platform, with so many finished jobs upstream.

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { finished: { type: 'string', default: '100000' } } });
  const finished = Number(values.finished);
  if (!Number.isSafeInteger(finished) || finished < 1)
    throw new RangeError('--finished takes a whole number above 0');
  const table = new Table({
    ...PLAIN,
    head: ['platform', 'finished jobs', 'requests of a quiet poll', 'records', 'requests of a sweep'],
    colAligns: ['left', 'right', 'right', 'right', 'right'],
  });
  await startTestServer();
  try {
    for (const platform of SIMULATED_PLATFORMS) {
      const { requests, records, sweepRequests } = await measureQuietPoll(platform, finished);
      console.log(`${platform}: ${requests}`);
      table.push([platform, finished, requests, records, sweepRequests]);
    }
  } finally {
    await stopTestServer();
  }
  console.log(table.toString());
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
