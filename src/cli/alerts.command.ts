import { Command, InvalidArgumentError } from 'commander';
import type { ReplayedBreach } from '../expectations/replay.js';
import type { Rule } from '../expectations/rule.js';
import { nearest } from '../config/schema-faults.js';
import { Instant } from '../domain/job.js';
import { parseDuration } from '../domain/duration.js';
import { formatInstant } from '../domain/timestamps.js';
import { TimeBound, isoOf, parseTimeBound } from '../storage/time-bound.js';
import { Cli } from './cli.js';
import { CommandError, EXIT } from './exit-codes.js';
import { Cell, formatTable } from './table.js';
import { countOf, durationText, timeText } from './text.js';
import { DatabaseContext, withDatabase } from './with-database.js';

interface TestOptions {
  since: TimeBound;
  until?: TimeBound;
  /** Milliseconds. */
  every?: number;
  json?: boolean;
}

/** Rows of a table that are held back until they are printed: a rule may have fired any number of times. */
const TABLE_ROWS = 500;

/** How often a rule is evaluated when it is tried: as the service does it, or less often over a long time. */
const STEPS_MS = { short: 15_000, long: 60_000 };
const LONG_MS = 2 * 86_400_000;

export function alertsCommand(cli: Cli): Command {
  const command = new Command('alerts')
    .summary('show the expectations of the configuration, or try one')
    .description('The expectations under `alerts` of the configuration.');
  command
    .command('list')
    .description('Shows every expectation and how it stands with each source.')
    .option('--json', 'one expectation and source a line, as JSON')
    .action(({ json }: { json?: boolean }, own: Command) =>
      withDatabase(cli, own, (context) => list(cli, context, json === true)),
    );
  command
    .command('test')
    .description('Tries an expectation on what is stored: when it would have fired, and resolved.')
    .argument('<rule>', 'its name in the configuration')
    .option('--since <time>', 'ISO 8601, epoch milliseconds, or relative (-30d)', parseTime, {
      agoMs: 7 * 86_400_000,
    } as TimeBound)
    .option('--until <time>', 'the end of the time in question (default: now)', parseTime)
    .option(
      '--every <duration>',
      'how often it is evaluated (default: 15s; over more than two days 1m)',
      parseStep,
    )
    .option('--json', 'one breach a line, as JSON')
    .action((name: string, options: TestOptions, own: Command) =>
      withDatabase(cli, own, (context) => test(cli, context, name, options)),
    );
  return command;
}

interface ListedRule {
  name: string;
  kind: string;
  /** Null: not evaluated yet. */
  source: string | null;
  firing: number;
  suspended: string | null;
  suspendedSince: string | null;
}

async function rulesOf({ config }: DatabaseContext): Promise<Rule[]> {
  const { parseWebhookFilter } = await import('../api/dto/webhook-filter.js');
  const { toRules } = await import('../expectations/rule.js');
  return toRules(config.expectations, parseWebhookFilter);
}

async function list(cli: Cli, context: DatabaseContext, json: boolean): Promise<void> {
  const { ExpectationStore } = await import('../storage/expectation.store.js');
  const { isoFromPg } = await import('../storage/pg-time.js');
  const store = new ExpectationStore(context.database);
  const [states, evaluatedAt] = [await store.states(), await store.evaluatedAt()];
  const rows = context.config.expectations.flatMap(({ name, kind }): ListedRule[] => {
    const own = states.filter(({ rule }) => rule === name);
    if (own.length === 0)
      return [{ name, kind, source: null, firing: 0, suspended: null, suspendedSince: null }];
    return own.map(({ source, firing, suspended, suspendedSince }) => ({
      name,
      kind,
      source,
      firing,
      suspended,
      suspendedSince: suspendedSince === null ? null : isoFromPg(suspendedSince),
    }));
  });
  if (json) for (const row of rows) cli.printJson(row);
  else if (rows.length === 0) cli.note('The configuration has no expectations: docs/expectations.md');
  else {
    const head = ['NAME', 'KIND', 'SOURCE', 'STATE', 'SUSPENDED SINCE (UTC)'];
    cli.print(
      formatTable(
        cli.colors,
        head,
        rows.map((row) => [
          row.name,
          row.kind,
          row.source ?? '',
          stateCell(cli, row),
          timeText(row.suspendedSince),
        ]),
      ),
    );
    cli.note(evaluatedAt === null ? 'Never evaluated yet.' : `Last evaluated ${formatInstant(evaluatedAt)}.`);
  }
}

function stateCell({ colors }: Cli, { source, firing, suspended }: ListedRule): Cell {
  if (source === null) return { text: 'not evaluated yet', paint: colors.dim };
  const fires = firing > 0 ? `${firing} firing` : 'as expected';
  if (suspended !== null)
    return {
      text: firing > 0 ? `${fires}, suspended: ${suspended}` : `suspended: ${suspended}`,
      paint: colors.yellow,
    };
  return { text: fires, paint: firing > 0 ? colors.red : colors.green };
}

async function test(cli: Cli, context: DatabaseContext, name: string, options: TestOptions): Promise<void> {
  const { database } = context;
  const rules = await rulesOf(context);
  const rule = rules.find((one) => one.name === name);
  if (rule === undefined) {
    const names = rules.map((one) => one.name);
    throw new CommandError(`no expectation has the name ${name}; ${nearest(name, names)}`, EXIT.usage);
  }
  const now = await database.now();
  const since = instantOf(options.since, now);
  const until = Math.min(now, options.until === undefined ? now : instantOf(options.until, now));
  if (since >= until) throw new CommandError('--since: is not before the end of the time', EXIT.usage);
  const { replayRule } = await import('../expectations/replay-stored.js');
  const printed = new BreachPrinter(cli, options.json === true);
  await replayRule(database, rule, {
    since,
    until,
    stepMs: options.every ?? (until - since > LONG_MS ? STEPS_MS.long : STEPS_MS.short),
    tell: (breach) => printed.add(breach),
  });
  printed.end();
  if (options.json !== true)
    cli.note(
      `fired ${countOf(printed.count, 'time')} between ${formatInstant(since)} and ${formatInstant(until)}`,
    );
}

/** Prints breaches as they come, in tables of bounded size. */
class BreachPrinter {
  count = 0;
  private rows: ReplayedBreach[] = [];

  constructor(
    private readonly cli: Cli,
    private readonly json: boolean,
  ) {}

  add(breach: ReplayedBreach): void {
    this.count++;
    if (this.json) this.cli.printJson(shown(breach));
    else if (this.rows.push(breach) >= TABLE_ROWS) this.end();
  }

  end(): void {
    if (this.rows.length === 0) return;
    const head = ['FIRED (UTC)', 'RESOLVED (UTC)', 'FOR', 'SOURCE', 'TYPE', 'JOB', 'WHY'];
    const rows = this.rows.map((breach) => [
      timeText(breach.firedAt),
      breach.resolvedAt === null ? 'still firing' : timeText(breach.resolvedAt),
      breach.resolvedAt === null ? '' : durationText(breach.resolvedAt - breach.firedAt),
      breach.source,
      breach.type ?? '',
      { text: breach.jobId ?? '', whole: true },
      { text: breach.message, whole: true },
    ]);
    this.cli.print(formatTable(this.cli.colors, head, rows));
    this.rows = [];
  }
}

function shown({ since, firedAt, resolvedAt, ...breach }: ReplayedBreach) {
  return {
    firedAt: formatInstant(firedAt),
    resolvedAt: resolvedAt === null ? null : formatInstant(resolvedAt),
    since: formatInstant(Math.trunc(since)),
    ...breach,
  };
}

function instantOf(bound: TimeBound, now: Instant): Instant {
  return Date.parse(isoOf(bound, now));
}

function parseTime(text: string): TimeBound {
  const bound = parseTimeBound(text);
  if (bound === null)
    throw new InvalidArgumentError(
      'Expected a time: ISO 8601 with zone, epoch milliseconds, or relative such as -30d.',
    );
  return bound;
}

function parseStep(text: string): number {
  const ms = parseDuration(text);
  if (ms === null || ms < 1_000 || ms > 3_600_000)
    throw new InvalidArgumentError('Expected a duration from 1s to 1h.');
  return ms;
}
