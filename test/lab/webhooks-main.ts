import { parseArgs } from 'node:util';
import { createTestDatabase } from '../support/postgres.js';
import '../support/silence.js';
import { startTestServer, stopTestServer } from '../support/test-server.js';
import { recordResult } from './record-result.js';
import { runWebhookLab } from './webhooks.js';

// npm run lab:webhooks -- [--events N] [--kills N] …: endpoints that fail at random while notifiers are killed at random. Every event must
// reach every endpoint, of each job in order, signed.

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      events: { type: 'string', default: '20000' },
      kills: { type: 'string', default: '50' },
      endpoints: { type: 'string', default: '2' },
      notifiers: { type: 'string', default: '3' },
      writers: { type: 'string', default: '3' },
      failing: { type: 'string', default: '80' },
      lease: { type: 'string', default: '2000' },
      patience: { type: 'string', default: '0.05' },
      seed: { type: 'string', default: '1' },
    },
  });
  const number = (name: keyof typeof values) => wholeNumber(values[name]);
  const options = {
    transitions: number('events'),
    writers: number('writers'),
    jobsPerWriter: 200,
    endpoints: number('endpoints'),
    notifiers: number('notifiers'),
    kills: number('kills'),
    failing: number('failing'),
    leaseMs: number('lease'),
    patience: Number(values.patience),
    seed: number('seed'),
  };
  await startTestServer();
  const test = await createTestDatabase({ poolSize: 10 });
  try {
    const report = await runWebhookLab(test, options);
    const { faults, ...figures } = report;
    console.log(
      `${report.delivered} of ${report.events * options.endpoints} deliveries were taken, after ${report.seconds} s and ${report.kills} kills: ` +
        `${report.requests} requests, ${report.refused} of them refused, ${report.repeated} of what had been taken before; ${report.claims} claims`,
    );
    for (const fault of faults.slice(0, 10)) console.log(`fault: ${fault}`);
    if (faults.length > 0) process.exitCode = 1;
    console.log(
      await recordResult({ lab: 'webhooks', options, ...figures, faults: faults.length }, 'lab-webhooks'),
    );
  } finally {
    await test.drop();
    await stopTestServer();
  }
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`${text} is not a whole number`);
  return value;
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
