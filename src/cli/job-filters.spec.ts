import 'reflect-metadata';
import { Command } from 'commander';
import { ListJobsParameters } from '../api/dto/list-jobs.parameters.js';
import { parametersOf } from '../api/http/parameter.js';
import { addFilterOptions, toQuery } from './job-filters.js';

function query(...args: string[]): string {
  const command = addFilterOptions(new Command('jobs').exitOverride());
  command.parse(args, { from: 'user' });
  return decodeURIComponent(toQuery(command.opts()).toString());
}

test.each([
  [[], ''],
  [['--state', 'failed'], 'state=failed'],
  [
    ['--state', 'failed', '--state=missed,unknown', '--source', 'a'],
    'source=a&state=failed&state=missed,unknown',
  ],
  [['--created-since', '-1h', '--sort', '-updatedAt'], 'createdSince=-1h&sort=-updatedAt'],
  [
    ['--external-id', '7', '--raw-status', 'ODD', '--min-duration', '2h'],
    'externalId=7&rawStatus=ODD&minDuration=2h',
  ],
  [['--latest'], 'latest=true'],
  [['--latest', 'false'], 'latest=false'],
  [['--q', 'two words'], 'q=two+words'],
  // The API refuses what is repeated or empty; the command line hides nothing from it.
  [['--limit', '1', '--limit', '2', '--type', ''], 'type=&limit=1&limit=2'],
])('%j is the query %s', (args, expected) => {
  expect(query(...args)).toBe(expected);
});

test('the help speaks of commas where the API splits at commas, and nowhere else', () => {
  const { options } = addFilterOptions(new Command('jobs'));
  const said = options.filter(({ description }) => description.includes('commas'));
  const split = [...parametersOf(ListJobsParameters)!].filter(([, { separable }]) => separable);
  expect(said.map((option) => option.attributeName()).sort()).toEqual(split.map(([name]) => name).sort());
  expect(split.map(([name]) => name)).toContain('owner');
});

test('there is an option for every list parameter of the API, and for no other', () => {
  const { options } = addFilterOptions(new Command('jobs'));
  const parameters = [...parametersOf(ListJobsParameters)!.keys()];
  expect(options.map((option) => option.attributeName()).sort()).toEqual(parameters.sort());
});
