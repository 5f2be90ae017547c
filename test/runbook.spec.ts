import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { PROBLEMS } from '../src/api/http/problem.js';
import { EXIT } from '../src/cli/exit-codes.js';
import { ERROR_KINDS } from '../src/domain/errors.js';
import { ROOT } from './support/repository.js';

const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');
const RUNBOOK = read('docs/runbook.md');
const headings = [...RUNBOOK.matchAll(/^### (\S+)$/gm)].map(([, heading]) => heading);

interface Rules {
  groups: { rules: { alert: string; annotations: { runbook: string } }[] }[];
}
const alerts = (parse(read('alerts/rollcall.rules.yml')) as Rules).groups.flatMap(({ rules }) => rules);

/** What a row has as its reason before any poll: the default of the column, and what is set where a source is put back. */
const WRITTEN_REASON = /\bhealth_reason (?:text DEFAULT|= CASE .* ELSE) '([a-z-]+)'/g;

/** The words that a health's reason may be, beside the kinds of errors, as the code that sets them says. */
function healthReasons(): string[] {
  const judged = [...read('src/polling/conclusion.ts').matchAll(/health: '\w+', reason: '([a-z-]+)'/g)];
  const timely = [
    ...read('src/storage/source-health.ts').matchAll(/reason: '([a-z-]+)'|BEHIND = '([a-z-]+)'/g),
  ];
  const written = ['migrations', 'src/storage'].flatMap((folder) =>
    readdirSync(path.join(ROOT, folder)).flatMap((name) =>
      name.endsWith('.ts') ? [...read(`${folder}/${name}`).matchAll(WRITTEN_REASON)] : [],
    ),
  );
  return [...judged, ...timely, ...written].map(([, word, behind]) => (word ?? behind)!);
}

/** First cells of the rows of a section's table, and what each names. */
function rowsOf(section: string, cell: number): string[] {
  const [, text = ''] = new RegExp(`^## ${section}$([^]*?)(?=^## |$(?![^]))`, 'm').exec(RUNBOOK) ?? [];
  return [...text.matchAll(/^\|(.*)\|$/gm)].flatMap(([, row]) =>
    [...(row!.split('|')[cell] ?? '').matchAll(/`([\w-]+)`/g)].map(([, word]) => word!),
  );
}

describe('the runbook', () => {
  it('has a section for every alert, which the alert names', () => {
    expect(alerts.length).toBeGreaterThan(5);
    expect(headings).toEqual(expect.arrayContaining(alerts.map(({ alert }) => alert)));
    for (const { alert, annotations } of alerts)
      expect(annotations.runbook).toBe(`docs/runbook.md#${alert.toLowerCase()}`);
  });

  it('has a section for every kind of error, and none for what is neither', () => {
    expect([...headings].sort()).toEqual([...alerts.map(({ alert }) => alert), ...ERROR_KINDS].sort());
  });

  it('explains every reason of a health', () => {
    const reasons = healthReasons();
    expect(reasons).toEqual(
      expect.arrayContaining(['behind', 'not-polled-yet', 'paused', 'rejects', 'truncated']),
    );
    expect(rowsOf('Health', 1).sort()).toEqual([...new Set(reasons)].sort());
  });

  it('explains every reason for which an endpoint of webhooks is disabled', () => {
    const [, union = ''] =
      /export type WebhookDisabledReason =([^;]*);/.exec(read('src/storage/webhook.store.ts')) ?? [];
    const reasons = [...union.matchAll(/\| '([a-z-]+)'/g)].map(([, reason]) => reason!);
    expect(reasons).toEqual(expect.arrayContaining(['failing', 'filter', 'gone']));
    expect(rowsOf("A webhook's endpoint is disabled", 0).sort()).toEqual(reasons.sort());
  });

  it('says what to do about every problem of the API', () => {
    expect(rowsOf('Problems of the API', 0).sort()).toEqual(Object.keys(PROBLEMS).sort());
  });

  it('explains every exit code', () => {
    const codes = [...RUNBOOK.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
    expect(codes).toEqual(Object.values(EXIT));
  });
});
