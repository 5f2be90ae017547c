import { KeptResult } from '../harness/result-files.js';
import { isMet, TARGETS, TargetName } from '../harness/result.js';
import { IN_THE_WAY } from './in-the-way.js';
import { goalTable, tableMarkdown, withCommas } from './markdown.js';

/** Beside the documents, each of the plots that the results have points for. */
export const PLOTS = 'images/performance';

/** What each target is about, in the words of the one who asks. */
const TITLES: Record<TargetName, string> = {
  sync: 'First sync',
  reread: 'Reading an unchanged list again',
  array: 'One unpaged array',
  list: 'Listing jobs',
  feed: 'From a change to its event',
  sources: 'Many sources',
  quiet: 'What a quiet poll asks of a platform',
  processes: 'More processes',
  growth: 'Cost as work grows',
};

/** Where a plot stands, and what it shows. */
const PLOTS_OF: Partial<Record<TargetName, [plot: string, shows: string][]>> = {
  reread: [['memory', 'Resident memory of the service over time']],
  array: [['array', 'Resident memory over time, streamed and whole']],
  growth: [
    ['list', 'Time of a page of the list by the number of jobs'],
    ['speed', 'Jobs read a second by the number of jobs'],
  ],
};

/** docs/performance.md, of the newest results. */
export function performanceDocument(kept: readonly KeptResult[]): string {
  return [
    HEAD,
    '## Targets',
    ...(kept.length > 0 ? [machines(kept)] : ['Nothing was measured yet.']),
    goalTable(kept.flatMap(({ result }) => result.goals.map((goal) => ({ goal, size: result.size })))),
    ...TARGETS.flatMap((target) =>
      section(
        target,
        kept.filter(({ result }) => result.target === target),
      ),
    ),
    BUDGETS,
    NOT_MEASURED,
    '',
  ].join('\n\n');
}

function section(target: TargetName, kept: readonly KeptResult[]): string[] {
  if (kept.length === 0) return [];
  const plots = (PLOTS_OF[target] ?? []).filter(([plot]) => kept.some(({ result }) => hasPlot(result, plot)));
  return [
    `## ${TITLES[target]}`,
    ...kept.flatMap(measurement),
    ...plots.map(([plot, shows]) => `![${shows}](${PLOTS}/${plot}.svg)`),
    ...notesOf(kept),
    ...inTheWay(target, kept),
  ];
}

/** What was noted of some sizes only says so. */
function notesOf(kept: readonly KeptResult[]): string[] {
  const notes = new Set(kept.flatMap(({ result }) => result.notes));
  const lines = [...notes].map((note) => {
    const noted = kept.filter(({ result }) => result.notes.includes(note));
    const sizes = noted.map(({ result }) => withCommas(result.size)).join(' and ');
    return noted.length < kept.length ? `- With ${sizes}: ${note}` : `- ${note}`;
  });
  return lines.length > 0 ? [lines.join('\n')] : [];
}

/** Nothing once every figure of the target is reached. */
function inTheWay(target: TargetName, kept: readonly KeptResult[]): string[] {
  const why = IN_THE_WAY[target];
  const isMissed = kept.some(({ result }) => result.goals.some((goal) => !isMet(goal)));
  return why !== undefined && isMissed ? ['### What stands in the way', why] : [];
}

function hasPlot(result: KeptResult['result'], plot: string): boolean {
  return result.series.some((series) => series.plot === plot);
}

function measurement({ result, date, commit }: KeptResult): string[] {
  return [
    `With ${withCommas(result.size)}, on ${date} at commit \`${commit}\`, load ${result.loadBefore} before:`,
    ...result.tables.map(tableMarkdown),
  ];
}

/** Every machine that one of the results is of. */
function machines(kept: readonly KeptResult[]): string {
  const named = kept.map(
    ({ machine: { cpu, cores, memoryGiB, node }, postgres }) =>
      `${cores} cores (${cpu}), ${memoryGiB} GiB, Node.js ${node.slice(1)}, PostgreSQL ${postgres}`,
  );
  return `Measured on ${[...new Set(named)].join('; ')}.`;
}

const HEAD = `# Performance

<!-- Written by \`npm run bench:report\` from bench/results: change bench/report, not this file. -->

\`npm run bench\` measures on your machine what this page shows, in about half an hour: it starts an embedded PostgreSQL of its own, with the
settings of yours, and simulated platforms, and runs the built service in a process of its own. Each figure that matters is a ratio to a
limit that was measured in the same run, in turns with it, so that it means the same on another machine; milliseconds do not.

| command | measures |
| --- | --- |
| \`npm run bench\` | everything, with a million jobs, in three rounds; the first sync in one, of eight minutes, and growth up to 100,000 jobs |
| \`npm run bench -- list sync\` | only these: ${TARGETS.map((target) => `\`${target}\``).join(', ')} |
| \`npm run bench -- --size 100k --rounds 1 --no-record\` | less (\`10k\`, \`100k\`), or more (\`10m\`); nothing is written |
| \`npm run bench:report\` | nothing: writes this page from the newest results of each target and size |

Medians over the rounds, with the least and the greatest; a latency is that of all answers or arrivals of a round. What the dashboard takes
from the click to the painted rows is in [its own document](dashboard.md).`;

const BUDGETS = `## Budgets that need no quiet machine

What does not depend on the machine is held by tests: the blocks and plans of every page of the list at a million jobs
(\`test/plans.e2e-spec.ts\`), the requests of a quiet poll (\`test/quiet-poll.e2e-spec.ts\`), and the benchmark itself with a thousand jobs
(\`test/bench.e2e-spec.ts\`).`;

const NOT_MEASURED = `## What was not measured

- More than one machine: clients, simulated platforms, service and PostgreSQL share the cores, and nothing crosses a network.
- A PostgreSQL that is tuned for its machine, or replicated: the embedded one takes an eighth of the memory, 256 MiB at most, for itself.
- The growth to ten million jobs on a quiet machine: tests ran beside its first sync, its changes and its thousand sources, so those figures are bounds. Its WAL of a
  change is mostly pages written whole: a hundred thousand changes go beyond the 2 GB after which PostgreSQL makes a checkpoint, and each page counts anew after one.
- Real platforms, whose own pace and limits decide how long a first sync takes.
- Hasura as a list over the same tables: it is no npm package.
- Compressed answers, TLS, and PgBouncer.`;
