import { mkdtemp, chmod, mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { PLAIN } from '../plain-table.js';
import { recordResult } from '../record-result.js';
import { follow, Report } from './follow.js';
import { BULLMQ } from './bullmq.js';
import { PlatformKind } from './platform-lab.js';
import { output } from './processes.js';
import { RESTATE } from './restate.js';
import { Rollcall } from './rollcall.js';
import { SLURM } from './slurm.js';

// npm run lab:platforms [-- --only NAME --packages FOLDER --no-record]: real Slurm, BullMQ and Restate, where their packages can be had, followed
// through Rollcall. Says what it could not run, and fails then.

// npm run lab:platforms [-- --only NAME --packages FOLDER --no-record]: real Slurm, BullMQ and Restate on this machine, real jobs, and
// Rollcall that follows them by the manifests that ship. Every job's end is compared with what the platform's own tool says.

const KINDS: readonly PlatformKind[] = [SLURM, BULLMQ, RESTATE];

const interrupt = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => interrupt.abort(new Error(`interrupted by ${signal}`)));

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      only: { type: 'string', multiple: true },
      packages: { type: 'string' },
      'no-record': { type: 'boolean', default: false },
    },
  });
  const kinds = KINDS.filter(({ name }) => values.only?.includes(name) ?? true);
  const folder = await mkdtemp(path.join(tmpdir(), 'rollcall-platforms-'));
  // Users that own parts of it have to get in.
  await chmod(folder, 0o755);
  const reports: Record<string, Report> = {};
  const notRun: Record<string, string> = {};
  try {
    for (const kind of kinds) {
      interrupt.signal.throwIfAborted();
      const found = await runOne(kind, path.join(folder, kind.name), values.packages);
      if (typeof found === 'string') notRun[kind.name] = found;
      else reports[kind.name] = found;
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  for (const [name, why] of Object.entries(notRun)) console.log(`NOT RUN: ${name}: ${why}`);
  const hasFaults = Object.values(reports).some(({ faults }) => faults.length > 0);
  if (hasFaults || Object.keys(notRun).length > 0) process.exitCode = 1;
  if (!values['no-record'] && Object.keys(reports).length > 0)
    console.log(await recordResult({ lab: 'platforms', reports, notRun }, 'lab-platforms'));
}

/** @returns why it was not run, when it was not */
async function runOne(
  kind: PlatformKind,
  folder: string,
  packagesFolder: string | undefined,
): Promise<Report | string> {
  const missing = await kind.missing();
  if (missing !== null) return missing;
  await mkdir(folder, { recursive: true });
  const packages = packagesFolder ?? path.join(folder, 'packages');
  if (packagesFolder === undefined && kind.packages.length > 0) {
    const fault = await install(kind.packages, packages);
    if (fault !== null) return fault;
  }
  await mkdir(path.join(folder, 'platform'), { mode: 0o755 });
  await mkdir(path.join(folder, 'rollcall'));
  console.log(`${kind.name}: starting`);
  const lab = await kind.start(path.join(folder, 'platform'), packages);
  try {
    const rollcall = await Rollcall.start(path.join(folder, 'rollcall'), kind.name, lab.source);
    try {
      const jobs = lab.plans.reduce((sum, plan) => sum + plan.jobs, 0);
      console.log(`${kind.name}: ${lab.title} runs; ${jobs} jobs`);
      const report = await follow(lab, rollcall, interrupt.signal);
      tell(report);
      return report;
    } finally {
      await rollcall.close();
    }
  } finally {
    await lab.close();
  }
}

/** @returns why it could not be done; null when it was */
async function install(packages: readonly string[], folder: string): Promise<string | null> {
  await mkdir(folder);
  console.log(`installing ${packages.join(' ')} into a temporary folder`);
  const quiet = ['--ignore-scripts', '--no-audit', '--no-fund', '--no-save', '--loglevel=error'];
  return output('npm', ['install', '--prefix', folder, ...quiet, ...packages], { cwd: folder }).then(
    () => null,
    (error: unknown) => `npm cannot install ${packages.join(' ')}: ${(error as Error).message.trim()}`,
  );
}

function tell({ title, jobs, right, seconds, versions, requests, outcomes, faults }: Report): void {
  const table = new Table({
    ...PLAIN,
    head: ['what the jobs are for', 'jobs', "platform's word", 'Rollcall', 'right'],
    colAligns: ['left', 'right', 'left', 'left', 'right'],
  });
  for (const outcome of outcomes)
    table.push([outcome.what, outcome.jobs, outcome.word, outcome.shown, outcome.right]);
  console.log(table.toString());
  console.log(
    `${title}: ${right} of ${jobs} jobs right after ${seconds} s, ${versions} versions of them seen, ${requests} requests`,
  );
  for (const fault of faults.slice(0, 40)) console.log(`fault: ${fault}`);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
