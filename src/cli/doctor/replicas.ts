import { Command } from 'commander';
import type { ReplicaReport } from '../../storage/replicas.js';
import { Cli } from '../cli.js';
import { EXIT } from '../exit-codes.js';
import { withDatabase } from '../with-database.js';

/** Looks once at the database and each of its replicas, as an `api` does, and says which of them it would read from. */
export async function examineReplicas(cli: Cli, command: Command, json: boolean): Promise<void> {
  await withDatabase(
    cli,
    command,
    async ({ config, database, log }) => {
      const replicas = database.readFrom(config.database.replicas, log);
      await replicas.check();
      const reports = replicas.reports();
      if (reports.some(({ state }) => state.is !== 'fit')) cli.exitCode = EXIT.failed;
      if (json) return cli.printJson({ replicas: reports.map(reportJson) });
      cli.print('the database answers');
      for (const report of reports) cli.print(`${report.name}: ${reportText(report)}`);
      if (reports.length === 0) cli.note('The configuration names no replicas (database.replicas).');
    },
    'as it is',
  );
}

function reportJson({ name, state, lagMs }: ReplicaReport): object {
  return { replica: name, state: state.is, why: 'why' in state ? state.why : null, lagMs };
}

function reportText({ state }: ReplicaReport): string {
  switch (state.is) {
    case 'fit':
      return 'a replica of it, which may be read from';
    case 'unknown':
      return 'not compared with the database, which could not be asked';
    case 'wrong':
      return `never read from: ${state.why}`;
    default:
      return `not read from for now: ${state.why}`;
  }
}
