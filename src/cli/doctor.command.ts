import { setTimeout as sleep } from 'node:timers/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import { Config, SourceConfig } from '../config/config.js';
import { nearest } from '../config/schema-faults.js';
import { connectorOf } from '../connectors/index.js';
import { parseDuration } from '../domain/duration.js';
import { SourceError } from '../domain/errors.js';
import { Instant } from '../domain/job.js';
import { USER_AGENT } from '../version.js';
import { ADVICE } from './advice.js';
import { Cli } from './cli.js';
import { diagnose } from './doctor/diagnose.js';
import { durationOf, recommend } from './doctor/recommend.js';
import { Diagnosis, diagnosisJson, printDiagnosis, readText } from './doctor/report.js';
import { examineReplicas } from './doctor/replicas.js';
import { watchSource } from './doctor/watch.js';
import { CommandError, EXIT } from './exit-codes.js';
import { createProgress } from './progress.js';
import { countOf } from './text.js';

interface DoctorOptions {
  /** Milliseconds. */
  for: number;
  every: number;
  json?: boolean;
}

/** How the doctor knows the time, and waits. */
export interface DoctorTime {
  clock: () => Instant;
  /** Ends early, without an error, when the signal is aborted. */
  pause: (ms: number, signal: AbortSignal) => Promise<void>;
}

const REAL_TIME: DoctorTime = {
  clock: Date.now,
  pause: async (ms, signal) => {
    try {
      await sleep(ms, undefined, { signal });
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  },
};

export function doctorCommand(cli: Cli, time: DoctorTime = REAL_TIME): Command {
  return new Command('doctor')
    .summary('watch an upstream and say what would break a poller')
    .description(
      'Reads a source again and again for a while, within half of its poll.maxRequestsPerHour, and says what of it a naive poller ' +
        'would trip over, with the ids and times that show it, and which `poll` settings follow. Stores nothing, and needs no database. ' +
        'Ctrl-C ends it early, with what was seen until then. Without a key: whether each of database.replicas is one of this database.',
    )
    .argument('[key]', 'key of the source; left out: the database and its replicas, looked at once')
    .addOption(
      new Option('--for <duration>', 'how long to watch')
        .argParser(duration('1s', '7d'))
        .default(600_000, '10m'),
    )
    .addOption(
      new Option('--every <duration>', 'from the beginning of one round of reads to the next')
        .argParser(duration('1s', '1h'))
        .default(5_000, '5s'),
    )
    .option('--json', 'everything as one line of JSON')
    .action(async (key: string | undefined, options: DoctorOptions, command: Command) =>
      key === undefined
        ? examineReplicas(cli, command, options.json === true)
        : examine(cli, chosenSource(await cli.loadConfig(command), key), options, time),
    );
}

function duration(least: string, most: string): (text: string) => number {
  return (text) => {
    const ms = parseDuration(text);
    if (ms === null || ms < parseDuration(least)! || ms > parseDuration(most)!)
      throw new InvalidArgumentError(`Expected a duration from ${least} to ${most}, such as 30s or 10m.`);
    return ms;
  };
}

function chosenSource({ sources }: Config, key: string): SourceConfig {
  const source = sources.find((one) => one.key === key);
  if (source !== undefined) return source;
  const known = sources.map((one) => one.key);
  throw new CommandError(`no source has the key ${key}; ${nearest(key, known)}`, EXIT.usage);
}

async function examine(
  cli: Cli,
  source: SourceConfig,
  options: DoctorOptions,
  time: DoctorTime,
): Promise<void> {
  const progress = createProgress(cli);
  const title = `${source.key} (${source.platform}, ${source.baseUrl})`;
  progress.step(`${title}: watching for ${durationOf(options.for)}`);
  try {
    const result = await watchSource(source, connectorOf(source), {
      forMs: options.for,
      everyMs: options.every,
      userAgent: USER_AGENT,
      signal: cli.interruption(),
      ...time,
      // A line for each read would be too many where there is no line to write over.
      onRead: (read) => {
        if (cli.stderr.isTTY === true) progress.step(`${title}: ${readText(read)}`);
      },
    });
    const { watched } = result;
    progress.done(
      `${title}: ${countOf(watched.reads.length, 'read')}, ${countOf(watched.exchanges.length, 'request')}`,
    );
    const verdicts = diagnose(watched);
    const diagnosis: Diagnosis = {
      source: source.key,
      result,
      verdicts,
      settings: recommend(watched, verdicts),
    };
    if (options.json === true) cli.printJson(diagnosisJson(diagnosis));
    else printDiagnosis(cli, diagnosis);
  } catch (error) {
    if (!(error instanceof SourceError)) throw error;
    cli.exitCode = EXIT.failed;
    progress.failed(`${title}: ${error.kind}: ${error.message}`);
    cli.note(`  What to do: ${ADVICE[error.kind]}.`);
    if (options.json === true)
      cli.printJson({ source: source.key, ok: false, error: { kind: error.kind, message: error.message } });
  }
}
