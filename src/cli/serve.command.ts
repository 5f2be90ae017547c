import { Command } from 'commander';
import { readEnvironment } from '../config/environment.js';
import { Cli } from './cli.js';
import { readyText } from './ready-text.js';

export function serveCommand(cli: Cli): Command {
  return new Command('serve')
    .summary('poll and serve the API')
    .description(
      'Starts Rollcall: migrates, polls every source, serves the API. Ends on SIGTERM or SIGINT; SIGHUP reads the configuration again.',
    )
    .option('--demo', 'simulators of the five platforms instead of a configuration')
    .action(async ({ demo }: { demo?: boolean }, command: Command) => {
      if (demo === true) return serveDemo(cli);
      // Faults of the configuration are told before anything else is even loaded.
      const config = await cli.loadConfig(command);
      const environment = readEnvironment(cli.env, cli.cwd);
      const { serve } = await import('../main.js');
      await serve({
        config,
        environment,
        load: () => cli.loadConfig(command),
        onReady: ({ url }) =>
          cli.print(readyText({ url, config, dataDir: environment.dataDir, demo: false })),
      });
    });
}

async function serveDemo(cli: Cli): Promise<void> {
  // Every two seconds five polls: whoever tries the demo wants to read the address, not the log.
  const environment = readEnvironment({ LOG_LEVEL: 'warn', ...cli.env }, cli.cwd);
  const { serveDemo } = await import('../demo.js');
  await serveDemo({
    environment,
    onReady: ({ url, config, dataDir }) => cli.print(readyText({ url, config, dataDir, demo: true })),
  });
}
