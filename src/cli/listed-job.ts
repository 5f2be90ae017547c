import { AnswerPage } from './api-client.js';
import { Cli } from './cli.js';
import { Cell, formatTable, stateCell } from './table.js';
import { durationText, printable, progressText, timeText } from './text.js';

/** A job as the API lists it: what the terminal shows of it. */
export interface ListedJob {
  id: string;
  source: string;
  type: string | null;
  name: string | null;
  state: string;
  reason: string | null;
  progress: number | null;
  updatedAt: string | null;
  durationMs: number | null;
  freshness: string;
  version: number;
  error: { message: string } | null;
}

export interface JobPage extends AnswerPage<ListedJob> {
  coverage: {
    completeThrough: string | null;
    degraded: { source: string; health: string; reason: string | null }[];
  };
}

export function jobTable(cli: Cli, jobs: readonly ListedJob[]): string {
  const head = ['STATE', 'SOURCE', 'TYPE', 'NAME', 'PROGRESS', 'UPDATED (UTC)', 'DURATION', 'WHY', 'ID'];
  const rows = jobs.map((job) => [
    stateCell(cli.colors, job.state),
    job.source,
    job.type ?? '',
    job.name === job.type ? '' : (job.name ?? ''),
    progressText(job.progress),
    timeText(job.updatedAt),
    durationText(job.durationMs),
    whyText(job),
    { text: job.id, whole: true },
  ]);
  return formatTable(cli.colors, head, rows);
}

/** What the state alone does not say: an outdated answer, the error, else the reason. */
export function whyText({ freshness, error, reason }: ListedJob): string {
  return [freshness === 'fresh' ? null : freshness, error?.message ?? reason].filter(Boolean).join(', ');
}

/** The fields that were asked for, as they are. */
export function fieldTable(cli: Cli, jobs: readonly object[]): string {
  const names = [...new Set(jobs.flatMap((job) => Object.keys(job)))];
  const rows = jobs.map((job) =>
    names.map((name) => fieldCell(cli, name, (job as Record<string, unknown>)[name])),
  );
  return formatTable(cli.colors, names, rows);
}

function fieldCell(cli: Cli, name: string, value: unknown): Cell {
  const text =
    typeof value === 'string' ? value : value === null || value === undefined ? '' : JSON.stringify(value);
  return name === 'state' ? stateCell(cli.colors, text) : { text, whole: name === 'id' };
}

/** Which sources cannot be relied on, a line each. */
export function coverageLines({ coverage }: JobPage): string[] {
  return coverage.degraded.map(({ source, health, reason }) =>
    printable(`Not certain for ${source}: ${health}${reason === null ? '' : ` (${reason})`}`),
  );
}
