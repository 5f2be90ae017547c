import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { AlertRouting, AlertRules, hurriedAlertmanager, hurriedRules } from './support/prometheus-pace.js';
import { ROOT } from './support/repository.js';

// What test/alerting.e2e-spec.ts runs is what is shipped, but for its pace.

const read = <T>(name: string): T => parse(readFileSync(path.join(ROOT, 'alerts', name), 'utf8')) as T;

it('the rules that are tried differ from those that are shipped in how long they wait and look back, and in nothing else', () => {
  const shipped = read<AlertRules>('rollcall.rules.yml');
  const hurried = hurriedRules(shipped);
  const withoutTimes = (rules: AlertRules) =>
    JSON.stringify(rules)
      .replaceAll(/"for":"\w+"/g, '"for":"T"')
      .replaceAll(/\[\w+\]/g, '[T]')
      .replaceAll(/offset \w+/g, 'offset T');
  expect(withoutTimes(hurried)).toBe(withoutTimes(shipped));
  const { expr } = hurried.groups[0]!.rules.find(({ alert }) => alert === 'RollcallJobsFailed')!;
  expect(expr).toContain('[10000ms]');
  expect(expr).toContain('offset 10000ms');
  expect(hurried.groups[0]!.rules.find(({ alert }) => alert === 'RollcallSourceBlind')).toMatchObject({
    for: '5000ms',
    expr: expect.stringContaining('> 9000') as string,
  });
});

it('the routes that are tried are those that are shipped', () => {
  const shipped = read<AlertRouting & { inhibit_rules: unknown }>('alertmanager.example.yml');
  const hurried = hurriedAlertmanager(shipped, 'http://127.0.0.1:1');
  expect(hurried).toMatchObject({
    inhibit_rules: shipped.inhibit_rules,
    route: {
      ...shipped.route,
      ...{ group_wait: '167ms', group_interval: '2000ms', repeat_interval: '240000ms' },
    },
  });
  expect(hurried.receivers).toEqual(
    shipped.receivers.map(({ name }) => ({ name, webhook_configs: [{ url: 'http://127.0.0.1:1' }] })),
  );
});
