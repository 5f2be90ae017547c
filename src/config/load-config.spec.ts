import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { ConfigError } from '../domain/errors.js';
import { Config } from './config.js';
import { configSummary } from './config-summary.js';
import { loadConfig, parseConfig } from './load-config.js';
import { FilterReader } from './webhook-endpoint.schema.js';

const TESTDATA = join(__dirname, 'testdata');
const SECRETS = {
  CHARTS_TOKEN: 'charts-token-hunter2',
  ADMIN_TOKEN: 'admin-token-hunter2-admin-token-hunter2',
  EP_SECRET: 'ep: "secret" hunter2\n- injected: true',
  NUMERIC_SECRET: '0123456789',
  DATABASE_URL: 'postgres://rollcall:hunter2@db.example.com/rollcall',
  DIRECT_URL: 'postgres://rollcall:hunter2@primary.example.com/rollcall',
  REPLICA_URL: 'postgres://rollcall:hunter2@replica-1.example.com/rollcall',
  WEBHOOK_SECRET: `whsec_${Buffer.from('webhook hunter2 webhook hunter2').toString('base64')}`,
  ROUTING_KEY: 'hunter2hunter2hunter2hunter20000',
};
const ENV = {
  ...SECRETS,
  EP_ID: 'ep-id',
  PORT: '9090',
  PORT_WORD: 'http',
  PAGE_SIZE: '50',
  EVERY: '10m',
  ENVIRONMENT: '',
};
const FILES: Record<string, string> = {
  '/run/secrets/rollcall': 'ops-token-hunter2-ops-token-hunter2-ops\n',
  '/run/secrets/vault': 'vault hunter2\r\n',
};

function readFile(path: string): string {
  const text = FILES[path];
  if (text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
  return text;
}

/** Stands in for the API's, which this folder does not know: see test/webhooks-config.spec.ts. */
const readFilter: FilterReader = (value) => {
  const isObject = typeof value === 'object' && value !== null;
  const members = isObject ? Object.entries(value) : [...new URLSearchParams(String(value))];
  const filter = Object.fromEntries(members.map(([name, values]) => [name, [values].flat().map(String)]));
  const faults = Object.keys(filter)
    .filter((name) => !['state', 'source', 'minDuration'].includes(name))
    .map((name) => ({ path: isObject ? [name] : [], at: 'key' as const, message: 'is unknown' }));
  return { filter, sources: members.filter(([name]) => name === 'source').map(([, key]) => key), faults };
};

const addressFault = (url: string, allowPrivate: boolean) =>
  url.startsWith('http:') && !allowPrivate ? 'must be https' : null;

function parse(text: string, env: Record<string, string> = ENV): Config {
  return parseConfig(text, 'rollcall.yaml', env, readFile, {
    cwd: '/etc/rollcall',
    readFilter,
    addressFault,
  });
}

function faultsOf(text: string, env?: Record<string, string>): string[] {
  try {
    parse(text, env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults.map(
      ({ line, column, path, message }) => `${line ?? '-'}:${column ?? '-'} ${path} ${message}`,
    );
  }
  return [];
}

function cases(folder: string): string[] {
  return readdirSync(join(TESTDATA, folder))
    .filter((name) => name.endsWith('.yaml'))
    .map((name) => name.slice(0, -'.yaml'.length));
}

/** Compares with a file of testdata; UPDATE_GOLDEN=1 rewrites it, and the difference is reviewed. */
function expectGolden(path: string, actual: string): void {
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(path, actual);
  expect(existsSync(path) ? readFileSync(path, 'utf8') : null).toBe(actual);
}

describe('good configurations', () => {
  test.each(cases('good'))('%s', (name) => {
    const config = parse(readFileSync(join(TESTDATA, 'good', `${name}.yaml`), 'utf8'));
    const shown = {
      ...config,
      server: {
        ...config.server,
        tokens: config.server.tokens.map(({ hash, ...token }) => ({ ...token, hash: hash.toString('hex') })),
      },
    };
    expectGolden(join(TESTDATA, 'good', `${name}.json`), `${JSON.stringify(shown, null, 2)}\n`);
  });
});

describe('bad configurations name every fault', () => {
  test.each(cases('bad'))('%s', (name) => {
    const text = readFileSync(join(TESTDATA, 'bad', `${name}.yaml`), 'utf8');
    const extra =
      /^# env: (.*)$/m
        .exec(text)?.[1]
        ?.split(' ')
        .map((pair) => pair.split('=') as [string, string]) ?? [];
    const faults = faultsOf(text, { ...ENV, ...Object.fromEntries(extra) });
    expect(faults).not.toEqual([]);
    expect(faults.join('\n')).not.toContain('hunter2');
    expectGolden(join(TESTDATA, 'bad', `${name}.faults.txt`), `${faults.join('\n')}\n`);
  });
});

test('times may be as short as this', () => {
  const poll = '{ every: 500ms, idleEvery: 100ms, sweepEvery: 100ms, staleAfter: 501ms }';
  const source = `{ key: a, platform: vectorcharts, auth: { token: x }, poll: ${poll} }`;
  const kept = '{ jobs: 1m, payloads: 1m, events: 1m, audit: 1m }';
  const { sources, retention } = parse(`retention: ${kept}\nsources: [${source}]`);
  expect(sources[0]!.poll).toMatchObject({
    ...{ everyMs: 500, idleEveryMs: 100, sweepEveryMs: 100, staleAfterMs: 501 },
  });
  expect(Object.values(retention)).toEqual([60_000, 60_000, 60_000, 60_000]);
});

test('a filter that nobody can read is never taken for none', () => {
  const text =
    'webhooks: { endpoints: [{ name: a, url: "https://a", secret: "${SECRET}", filter: state=failed }] }';
  const env = { SECRET: SECRETS.WEBHOOK_SECRET };
  const parseWith = (over: object) => () => parseConfig(text, 'rollcall.yaml', env, readFile, over);
  expect(parseWith({ addressFault })).toThrow('nobody said how to read the filter');
  expect(parseWith({ readFilter })).toThrow('nobody said how to judge the address');
});

describe('references', () => {
  const label = (value: string, env: Record<string, string> = {}) =>
    parse(
      `sources: [{ key: a, platform: vectorcharts, auth: { token: x }, label: ${JSON.stringify(value)} }]`,
      env,
    ).sources[0]!.label;

  test.each([
    ['${A}', { A: 'x' }, 'x'],
    ['${A}${B}', { A: 'x', B: 'y' }, 'xy'],
    ['${A:-fallback}', {}, 'fallback'],
    ['${A:-fallback}', { A: '' }, 'fallback'],
    ['${A:-}x', {}, 'x'],
    ['${A:-b:-c}', {}, 'b:-c'],
    ['$${A}', { A: 'x' }, '${A}'],
    ['$A {A} $', {}, '$A {A} $'],
    ['${A}', { A: '${B}', B: 'not read again' }, '${B}'],
    ['${A}', { A: 'x: { y: 1 }, "z' }, 'x: { y: 1 }, "z'],
  ])('%s with %j is %s', (value, env, expected) => {
    expect(label(value, env as Record<string, string>)).toBe(expected);
  });

  test('a variable of the prototype is not set', () => {
    expect(faultsOf('server: { host: "${constructor}" }', {})).toEqual([
      '1:17 server.host the environment variable constructor is not set',
    ]);
  });

  test('a plain value takes the type its key asks for, a quoted one stays text', () => {
    expect(parse('server:\n  port: ${PORT}').server.port).toBe(9090);
    expect(faultsOf('server:\n  port: "${PORT}"')).toEqual(['2:9 server.port expected a number, got text']);
  });
});

describe('where the configuration comes from', () => {
  test('no file at all names every place', async () => {
    await expect(loadConfig({ env: {}, cwd: '/nowhere' })).rejects.toThrow(
      /--config \(not given\), ROLLCALL_CONFIG \(not set\) and \/nowhere\/rollcall\.yaml \(not there\)/,
    );
  });

  test('a named file that is missing is an error of its own', async () => {
    await expect(loadConfig({ env: { ROLLCALL_CONFIG: 'typo.yaml' }, cwd: '/nowhere' })).rejects.toThrow(
      'typo.yaml: no such file (looked at /nowhere/typo.yaml)',
    );
    const both = { file: 'a.yaml', env: { ROLLCALL_CONFIG: 'b.yaml' }, cwd: '/nowhere' };
    await expect(loadConfig(both)).rejects.toThrow('a.yaml: no such');
  });

  test('ROLLCALL_HOST and ROLLCALL_PORT win over the file, DATABASE_URL does not', () => {
    const text = 'server: { host: "::1", port: 1 }\ndatabase: { url: "postgres://file/db" }';
    const env = { ROLLCALL_HOST: '0.0.0.0', ROLLCALL_PORT: '2', DATABASE_URL: 'postgres://env/db' };
    const { server, database } = parse(text, env);
    expect([server.host, server.port, database.url]).toEqual(['0.0.0.0', 2, 'postgres://file/db']);
    expect(parse('{}', { DATABASE_URL: 'postgres://env/db' }).database.url).toBe('postgres://env/db');
    expect(parse('{}', { DATABASE_URL: '' }).database.url).toBeNull();
  });
});

describe('secrets', () => {
  test('the summary for logs has none', () => {
    const text = readFileSync(join(TESTDATA, 'good', 'everything.yaml'), 'utf8');
    const summary = JSON.stringify(configSummary(parse(text)));
    for (const secret of [...Object.values(SECRETS), 'hunter2', 'literal ${']) {
      expect(summary).not.toContain(JSON.stringify(secret).slice(1, -1));
    }
    expect(summary).toContain('postgres://rollcall:***@db.example.com/rollcall');
    expect(summary).not.toContain('"hash"');
  });

  test('a secret in a wrong place is never quoted by a fault', () => {
    const everywhere = ['server', 'database', 'sources', 'retention', 'metrics', 'alerts'].map(
      (key) => `${key}: "hunter2 \${EP_SECRET}"`,
    );
    const inSource = [
      'key',
      'platform',
      'baseUrl',
      'auth',
      'options',
      'enabled',
      'label',
      'labels',
      'poll',
      'statusOverrides',
      'redact',
    ];
    const source = `sources: [{ ${inSource.map((key) => `${key}: "hunter2\${EP_SECRET}\\n"`).join(', ')} }]`;
    for (const text of [
      everywhere.join('\n'),
      source,
      'a: |hunter2\n b',
      'a: [hunter2',
      'a: "b" hunter2',
      'a: "\\hunter2"',
      'a: *hunter2',
    ]) {
      const faults = faultsOf(text).join('\n');
      expect(faults).not.toBe('');
      expect(faults).not.toContain('hunter2');
    }
  });
});

describe('whatever the file holds', () => {
  const word = fc.constantFrom(
    'server',
    'port',
    'sources',
    'key',
    'platform',
    'vectorcharts',
    'elastic-path',
    'auth',
    'token',
    'poll',
    'every',
    '60s',
    'labels',
    '__proto__',
    'constructor',
    '${A}',
    '${',
    '1',
    'null',
    '~',
    '*a',
    '&a x',
    '!t x',
    '"',
    "'",
    '\0',
    '\ud800',
  );
  const yamlish = fc
    .array(
      fc.tuple(
        fc.constantFrom('', ' ', '  ', '    ', '- ', '  - ', '\t', '{ ', '['),
        word,
        fc.constantFrom(': ', ':', '', ' ', ', ', ' }', ']'),
      ),
      { maxLength: 30 },
    )
    .map((lines) => lines.map((parts) => parts.join('')).join('\n'));

  test('it is a configuration or a ConfigError whose faults have a place', () => {
    fc.assert(
      fc.property(fc.oneof(yamlish, fc.string({ unit: 'binary', maxLength: 200 }), fc.json()), (text) => {
        try {
          expect(parse(text).sources).toBeInstanceOf(Array);
        } catch (error) {
          if (!(error instanceof ConfigError)) throw error;
          const lines = text.split(/\r\n?|\n/).length;
          for (const fault of error.faults) {
            expect(fault.line).toBeGreaterThanOrEqual(1);
            expect(fault.line).toBeLessThanOrEqual(lines);
            expect(fault.column).toBeGreaterThanOrEqual(1);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });

  test.each([
    ['nested sequences', '['.repeat(100_000)],
    ['nested mappings', 'a: {'.repeat(50_000)],
    ['a long line', `server: { host: ${'x'.repeat(1_000_000)} }`],
  ])('%s', (_name, text) => {
    expect(faultsOf(text)).toHaveLength(1);
  });
});
