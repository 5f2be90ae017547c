import { SIMULATED_PLATFORMS } from '../../src/simulators/life.js';
import { measureQuietPoll, QuietPoll } from '../../test/lab/quiet-poll.js';
import { TargetResult } from '../harness/result.js';

export interface QuietOptions {
  /** How many ended jobs each platform lists, from few to many. */
  finished: readonly number[];
}

/** Its only request is the whole list. */
const LISTS_WHOLE = 'vectorcharts';

/** Target 7: what a poll that finds nothing costs each platform, by how much has ended there. */
export async function measureQuiet({ finished }: QuietOptions): Promise<TargetResult> {
  const found = new Map<string, QuietPoll[]>();
  for (const platform of SIMULATED_PLATFORMS) {
    const polls: QuietPoll[] = [];
    for (const count of finished) polls.push(await measureQuietPoll(platform, count));
    found.set(platform, polls);
  }
  const grown = [...found.values()].filter(
    (polls) => new Set(polls.map(({ requests }) => requests)).size > 1,
  );
  const head = ['platform', ...finished.map((count) => `${count.toLocaleString('en')} ended jobs`)];
  const rows = (cell: (poll: QuietPoll) => number) =>
    [...found].map(([platform, polls]) => [platform, ...polls.map(cell)]);
  return {
    target: 'quiet',
    size: `${finished.at(-1)!} ended jobs`,
    goals: [
      {
        number: 7,
        what: 'platforms whose quiet poll takes more requests when more has ended',
        unit: '',
        value: grown.length,
        bound: { atMost: 0 },
      },
    ],
    tables: [
      {
        title: 'Upstream requests of a poll that finds nothing',
        head,
        rows: rows(({ requests }) => requests),
      },
      { title: 'Records that it brings', head, rows: rows(({ records }) => records) },
      { title: 'Requests of a sweep, to compare', head, rows: rows(({ sweepRequests }) => sweepRequests) },
    ],
    series: [],
    notes: [
      `As the simulated platforms counted them, logins included. ${LISTS_WHOLE} has one request, which lists everything.`,
    ],
  };
}
