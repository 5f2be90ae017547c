import { Command, Option } from 'commander';

/** The list parameters of the API that may be given more than once. */
const REPEATABLE = {
  id: 'Rollcall id',
  source: 'key of a source',
  platform: 'platform',
  type: 'what ran',
  owner: 'owner',
  externalId: "the platform's id",
  reason: 'reason of the state',
  rawStatus: "the platform's word",
  parentId: 'Rollcall id of the parent',
  state: 'a state, or active, terminal',
  freshness: 'fresh, stale or vanished',
  label: 'label of the source, key:value',
  attribute: 'attribute, key:value',
};

const SINGLE = {
  q: 'words in name, type, external id or error message',
  createdSince: 'at or after: ISO 8601, epoch milliseconds, or relative (-15m, -7d)',
  createdUntil: 'before',
  startedSince: 'at or after',
  startedUntil: 'before',
  finishedSince: 'at or after',
  finishedUntil: 'before',
  updatedSince: 'at or after',
  updatedUntil: 'before',
  changedSince: 'at or after',
  changedUntil: 'before',
  minDuration: 'such as 30s, 2h',
  maxDuration: 'such as 30s, 2h',
  minProgress: '0 to 1',
  maxProgress: '0 to 1',
  filter: 'an expression, such as: state = failed and not (owner = ann)',
  sort: 'updatedAt, createdAt, startedAt, finishedAt, changedAt, durationMs; - before it for descending',
  limit: 'jobs of one answer, 1 to 500 (default 50)',
  cursor: 'where an earlier answer ended',
  offset: 'jobs to leave out, 0 to 10000',
  count: 'none, exact or estimated',
  fields: 'only these fields, with commas (for --json)',
};

/** Adds one option for each list parameter, in kebab case. Values go to the API as they are: it alone judges them. */
export function addFilterOptions(command: Command): Command {
  for (const [name, meaning] of Object.entries({ ...REPEATABLE, ...SINGLE }))
    command.addOption(new Option(`--${kebab(name)} <value>`, describe(name, meaning)).argParser(collect));
  return command
    .addOption(new Option('--latest [value]', 'only the newest job of each source and type').preset('true'))
    .addOption(
      new Option('--overdue [value]', 'only jobs that break an expectation; false: only the others').preset(
        'true',
      ),
    );
}

/** Of these all have to be true; a comma is a part of the value. */
const ALL_OF = ['label', 'attribute'];

function describe(name: string, meaning: string): string {
  if (ALL_OF.includes(name)) return `${meaning}; repeats`;
  return name in REPEATABLE ? `${meaning}; repeats or takes commas` : meaning;
}

/** The query that the options of a command line mean. A repeated single-valued option is sent repeated, for the API to refuse. */
export function toQuery(options: Readonly<Record<string, unknown>>): URLSearchParams {
  const query = new URLSearchParams();
  for (const name of [...Object.keys(REPEATABLE), ...Object.keys(SINGLE), 'latest', 'overdue'])
    for (const value of [options[name] ?? []].flat()) query.append(name, String(value));
  return query;
}

function collect(value: string, previous: string[] | undefined): string[] {
  return [...(previous ?? []), value];
}

function kebab(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}
