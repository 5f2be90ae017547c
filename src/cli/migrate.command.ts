import { Command } from 'commander';
import { Cli } from './cli.js';
import { withDatabase } from './with-database.js';

export function migrateCommand(cli: Cli): Command {
  return new Command('migrate')
    .summary('bring the database schema up to date')
    .description('Runs the migrations that the database has not had, also where database.migrate is off.')
    .option('--json', 'the names of the migrations that ran, as JSON')
    .action(async ({ json }: { json?: boolean }, command: Command) => {
      await withDatabase(
        cli,
        command,
        async ({ database, log }) => {
          const { migrate } = await import('../storage/migrate.js');
          const names = await migrate(database, log);
          if (json === true) cli.printJson({ migrated: names });
          else if (names.length === 0) cli.print('The schema is up to date.');
          else for (const name of names) cli.print(`migrated ${name}`);
        },
        'as it is',
      );
    });
}
