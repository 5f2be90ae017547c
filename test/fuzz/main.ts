import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { PLAIN } from '../lab/plain-table.js';
import '../support/silence.js';
import { startTestServer, stopTestServer } from '../support/test-server.js';
import { fuzz, startFuzzedService } from './fuzz.js';

// node scripts/fuzz.mjs [--requests N] [--seed N]: requests of every kind against a service of its own; 1 when an answer is wrong.

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { requests: { type: 'string', default: '100000' }, seed: { type: 'string', default: '1' } },
  });
  const [count, seed] = [Number(values.requests), Number(values.seed)];
  if (!Number.isSafeInteger(count) || count < 1 || !Number.isSafeInteger(seed))
    throw new RangeError('--requests and --seed take whole numbers');
  await startTestServer();
  try {
    const service = await startFuzzedService();
    const startedAt = Date.now();
    try {
      const onProgress = (done: number) => {
        if (done % 10_000 === 0)
          console.log(`${done} of ${count} (${Math.round((Date.now() - startedAt) / 1000)} s)`);
      };
      const { requests, table, faults } = await fuzz(service, { count, seed, onProgress });
      console.log(tableOf(table));
      console.log(`${requests} requests, seed ${seed}, ${faults.length} kinds of fault`);
      for (const fault of faults) console.log(`\n${fault}`);
      if (faults.length > 0) process.exitCode = 1;
    } finally {
      await service.close();
    }
  } finally {
    await stopTestServer();
  }
}

function tableOf(table: ReadonlyMap<string, ReadonlyMap<number, number>>): string {
  const statuses = [...new Set([...table.values()].flatMap((row) => [...row.keys()]))].sort((a, b) => a - b);
  const shown = new Table({
    ...PLAIN,
    head: ['operation', ...statuses.map((status) => (status === 0 ? 'closed' : String(status))), 'all'],
    colAligns: ['left', ...statuses.map(() => 'right' as const), 'right'],
  });
  for (const [operation, row] of [...table].sort(([a], [b]) => a.localeCompare(b))) {
    const all = [...row.values()].reduce((sum, one) => sum + one, 0);
    shown.push([operation, ...statuses.map((status) => row.get(status) ?? ''), all]);
  }
  return shown.toString();
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
