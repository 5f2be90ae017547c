import { compareConfigs, isSameConfig, takeLive } from './config-difference.js';
import { parseConfig } from './load-config.js';

const TOKEN = 'x'.repeat(32);

function config(server: string, rest: string, sources = ['a', 'b']) {
  const list = sources.map(
    (source) =>
      `  - { key: ${source}, platform: vectorcharts, baseUrl: https://x.example, auth: { token: t } }`,
  );
  const text = `server: { tokens: [{ name: ops, value: ${TOKEN}, scopes: [jobs:read] }] ${server} }\n${rest}\nsources:\n${list.join('\n')}\n`;
  return parseConfig(text, 'rollcall.yaml', {}, () => '', { cwd: '/nowhere' });
}

it('finds nothing between a configuration and itself, read again', () => {
  const difference = compareConfigs(config('', ''), config('', ''));
  expect(isSameConfig(difference)).toBe(true);
  expect(difference).toEqual({ sources: { added: [], changed: [], removed: [] }, live: [], restart: [] });
});

it('tells what a running process takes from what waits for a start, by the names of the file', () => {
  const before = config('', '');
  const after = config(
    ', host: "::1", drain: 1s, rateLimit: { requests: 7 }, basePath: /x',
    'retention: { jobs: 1d }\nmetrics: { maxTypes: 7 }\ndatabase: { poolSize: 3, migrate: off }\nwebhooks: { allowPrivateAddresses: true }',
    ['b', 'c'],
  );
  after.sources[0]!.label = 'other';
  after.server.tokens = [];
  expect(compareConfigs(before, after)).toEqual({
    sources: { added: ['c'], changed: ['b'], removed: ['a'] },
    live: ['server.tokens', 'retention'],
    restart: [
      ...['server.host', 'server.basePath', 'server.rateLimit', 'server.drain'],
      ...['database.poolSize', 'database.migrate', 'webhooks.allowPrivateAddresses', 'metrics.maxTypes'],
    ],
  });

  takeLive(before, after);
  expect(before.server).toMatchObject({ host: '127.0.0.1', tokens: [] });
  expect(before).toMatchObject({ database: { poolSize: 10 }, webhooks: { allowPrivateAddresses: false } });
  expect(before.sources.map(({ key }) => key)).toEqual(['b', 'c']);
  expect(compareConfigs(before, after)).toMatchObject({
    sources: { added: [], changed: [], removed: [] },
    live: [],
  });
});
