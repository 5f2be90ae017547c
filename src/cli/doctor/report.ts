import { formatInstant } from '../../domain/timestamps.js';
import { Cli } from '../cli.js';
import { countOf, printable, shorten } from '../text.js';
import { SeenRead } from './observed.js';
import { pollYaml, Setting } from './recommend.js';
import { Verdict } from './verdict.js';
import { WatchResult } from './watch.js';

/** What the doctor says of one source. */
export interface Diagnosis {
  source: string;
  result: WatchResult;
  verdicts: readonly Verdict[];
  settings: readonly Setting[];
}

/** Ids may be of any length. */
const MAX_LINE = 500;

const TITLES = {
  found: 'FOUND: would break a naive poller',
  noted: 'NOTED',
  'not-seen': 'NOT SEEN: looked for and not met, which is not never',
  'not-tested': 'NOT TESTED: nothing happened that could have shown it',
} as const satisfies Record<Verdict['verdict'], string>;

export function printDiagnosis(cli: Cli, { result, verdicts, settings }: Diagnosis): void {
  for (const kind of Object.keys(TITLES) as Verdict['verdict'][]) {
    const of = verdicts.filter(({ verdict }) => verdict === kind);
    if (of.length === 0) continue;
    cli.print(cli.colors.bold(TITLES[kind]));
    for (const verdict of of)
      for (const line of lines(verdict)) cli.print(printable(shorten(line, MAX_LINE)));
    cli.print();
  }
  const why = earlyEnd(result);
  if (why !== null) cli.note(`The watch ended early: ${why}.`);
  cli.print(printableLines(pollYaml(settings)));
}

function earlyEnd({ end, allowance }: WatchResult): string | null {
  switch (end) {
    case 'time':
      return null;
    case 'budget':
      return `half of poll.maxRequestsPerHour is spent (${allowance} requests)`;
    case 'refused':
      return 'the platform refuses the source, and asking on could lock it out';
    case 'interrupted':
      return 'it was interrupted';
  }
}

function lines(verdict: Verdict): string[] {
  if (verdict.verdict !== 'found') return [`  ${verdict.check}: ${verdict.summary}`];
  const { check, confidence, summary, evidence, seen, means } = verdict;
  const more = seen - evidence.length;
  return [
    `  ${check} (${confidence}): ${summary}`,
    ...evidence.map(({ externalId, text }) => `    ${externalId === null ? '' : `${externalId}: `}${text}`),
    ...(more > 0 && evidence.length > 1 ? [`    and ${more} more`] : []),
    `    ${means}`,
  ];
}

function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

/** `whole: 20 records on 2 pages`. */
export function readText({ kind, pages, fault }: SeenRead): string {
  if (fault !== null) return `${kind}: ${fault.kind}: ${fault.message}`;
  const records = pages.reduce((sum, { jobs, rejected }) => sum + jobs.length + rejected, 0);
  return `${kind}: ${countOf(records, 'record')} on ${countOf(pages.length, 'page')}`;
}

/** One line of `--json`. */
export function diagnosisJson({ source, result, verdicts, settings }: Diagnosis): object {
  const { reads, exchanges } = result.watched;
  const first = reads[0];
  return {
    source,
    ok: true,
    watchedSince: first === undefined ? null : formatInstant(first.beganAt),
    ended: result.end,
    requests: exchanges.length,
    reads: reads.map(({ kind, beganAt, pages, fault, requests, total, whole }) => ({
      kind,
      beganAt: formatInstant(beganAt),
      pages: pages.length,
      records: pages.reduce((sum, { jobs, rejected }) => sum + jobs.length + rejected, 0),
      requests,
      total,
      whole,
      fault,
    })),
    checks: verdicts,
    recommended: Object.fromEntries(settings.map(({ key, value, reason }) => [key, { value, reason }])),
    yaml: pollYaml(settings),
  };
}
