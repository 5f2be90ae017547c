import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { MetricDefinition, METRICS } from '../src/metrics/metrics.js';
import { ROOT } from './support/repository.js';

const FOLDER = path.join(ROOT, 'alerts');
const read = (name: string): string => readFileSync(path.join(FOLDER, name), 'utf8');

interface Rules {
  groups: { name: string; rules: { alert: string; expr: string; labels: { severity: string } }[] }[];
}
interface Dashboard {
  panels: { title: string; targets: { expr: string }[] }[];
  templating: { list: { query: string | { query: string } }[] };
}
interface Alertmanager {
  route: Route;
  receivers: { name: string }[];
  inhibit_rules: { source_matchers: string[]; target_matchers: string[]; equal: string[] }[];
}
interface Route {
  receiver: string;
  matchers?: string[];
  routes?: Route[];
}

const rules = (parse(read('rollcall.rules.yml')) as Rules).groups.flatMap((group) => group.rules);
const dashboard = JSON.parse(read('grafana-dashboard.json')) as Dashboard;
const documented = [
  ...readFileSync(path.join(ROOT, 'docs/metrics.md'), 'utf8').matchAll(/```promql\n(.*?)```/gs),
];

/** What is asked of Prometheus, and by whom. */
const QUESTIONS: [string, string][] = [
  ...rules.map(({ alert, expr }): [string, string] => [alert, expr]),
  ...dashboard.panels.flatMap(({ title, targets }) =>
    targets.map(({ expr }): [string, string] => [`panel ${title}`, expr]),
  ),
  ...documented
    .flatMap(([, text]) => text!.split('\n\n'))
    .map((text): [string, string] => [text.split('\n')[0]!, text.replaceAll(/^#.*$/gm, '')]),
];

/** Names of series as a scrape has them, with the labels of each. */
const SERIES = new Map(
  Object.values<MetricDefinition>(METRICS).flatMap(({ name, type, labels }): [string, readonly string[]][] =>
    type === 'histogram'
      ? [
          [`${name}_bucket`, [...labels, 'le']],
          [`${name}_sum`, labels],
          [`${name}_count`, labels],
        ]
      : [[name, labels]],
  ),
);

const isInstalled = (program: string) => spawnSync(program, ['--version']).status === 0;
const whenInstalled = isInstalled('promtool') ? it : it.skip;
const whenAmtoolIs = isInstalled('amtool') ? it : it.skip;

it.each(QUESTIONS)('%s asks for metrics that there are, by labels that they have', (_, expr) => {
  const names = [...expr.matchAll(/\brollcall_\w+/g)].map(([name]) => name);
  expect(names.length).toBeGreaterThan(0);
  for (const name of names) expect([...SERIES.keys()]).toContain(name);
  for (const [, name, matchers] of expr.matchAll(/\b(rollcall_\w+)\{([^}]*)\}/g))
    for (const [, label] of matchers!.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g))
      expect([name, SERIES.get(name!)]).toEqual([name, expect.arrayContaining([label])]);
  const known = new Set(names.flatMap((name) => SERIES.get(name)!));
  for (const [, list] of expr.matchAll(/\b(?:by|on|group_left)\s*\(([^)]*)\)/g))
    for (const label of list!
      .split(',')
      .map((one) => one.trim())
      .filter(Boolean))
      expect([...known].includes(label) || /^label_\w+$/.test(label)).toBe(true);
});

it('there is a panel for every metric that has series, but for those that only name things or are of one process', () => {
  const asked = JSON.stringify(dashboard);
  const unasked = Object.values(METRICS)
    .map(({ name }) => name)
    .filter((name) => !asked.includes(name));
  expect(unasked.sort()).toEqual([
    'rollcall_build_info',
    'rollcall_job_transitions_total',
    'rollcall_last_finished_timestamp_seconds',
    'rollcall_reads_total',
    'rollcall_replica_lag_seconds',
    'rollcall_replica_up',
    'rollcall_source_last_success_timestamp_seconds',
  ]);
});

it('the dashboard is what its script writes', () => {
  execFileSync(process.execPath, [path.join(ROOT, 'scripts/grafana-dashboard.mjs'), '--check']);
});

it('every alert has a test that it fires, and one that it does not', () => {
  const { tests } = parse(read('rollcall.rules.test.yml')) as {
    tests: { alert_rule_test: { alertname: string; exp_alerts?: unknown[] }[] }[];
  };
  const tried = tests.flatMap(({ alert_rule_test: all }) => all);
  const names = (fires: boolean) =>
    tried
      .filter(({ exp_alerts: expected }) => (expected?.length ?? 0) > 0 === fires)
      .map(({ alertname }) => alertname);
  const all = rules.map(({ alert }) => alert).sort();
  expect([...new Set(names(true))].sort()).toEqual(all);
  expect([...new Set(names(false))].sort()).toEqual(all);
});

it('Alertmanager routes to receivers that there are, and inhibits alerts that there are', () => {
  const {
    route,
    receivers,
    inhibit_rules: inhibitions,
  } = parse(read('alertmanager.example.yml')) as Alertmanager;
  const routes = [route, ...(route.routes ?? [])];
  const names = receivers.map(({ name }) => name);
  for (const { receiver } of routes) expect(names).toContain(receiver);
  const severities = rules.map(({ labels: { severity } }) => `severity="${severity}"`);
  for (const matcher of routes.flatMap(({ matchers }) => matchers ?? []))
    expect(severities).toContain(matcher);
  const alerts = rules.map(({ alert }) => alert);
  for (const { source_matchers: from, target_matchers: to } of inhibitions)
    for (const matcher of [...from, ...to])
      for (const alert of /^alertname=~?"(.*)"$/.exec(matcher)![1]!.split('|'))
        expect(alerts).toContain(alert);
});

whenInstalled(
  'promtool finds the rules right, and they fire when they should (skipped where it is not installed)',
  () => {
    execFileSync('promtool', ['check', 'rules', 'rollcall.rules.yml'], { cwd: FOLDER, stdio: 'pipe' });
    execFileSync('promtool', ['test', 'rules', 'rollcall.rules.test.yml'], { cwd: FOLDER, stdio: 'pipe' });
  },
);

whenInstalled(
  'promtool reads what panels and the documentation ask (skipped where it is not installed)',
  () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'rollcall-alerts-'));
    try {
      const asked = QUESTIONS.map(([, expr], place) => ({
        record: `question_${place}`,
        expr: expr.replaceAll('$source', '.*'),
      }));
      const file = path.join(folder, 'questions.yml');
      writeFileSync(file, stringify({ groups: [{ name: 'questions', rules: asked }] }));
      execFileSync('promtool', ['check', 'rules', file], { stdio: 'pipe' });
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);

whenAmtoolIs('amtool finds the Alertmanager example right (skipped where it is not installed)', () => {
  execFileSync('amtool', ['check-config', 'alertmanager.example.yml'], { cwd: FOLDER, stdio: 'pipe' });
});
