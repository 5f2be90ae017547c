import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { RULED_FIELDS } from '../domain/job.js';
import { PLATFORMS } from './index.js';
import {
  caseNames,
  connectorOfCase,
  loadCase,
  loadSample,
  Outcome,
  platformFolders,
  replay,
  sourceOf,
} from './golden.js';

const UPDATE = process.env['UPDATE_GOLDEN'] === '1';

const REQUIRED_CASES = [
  'first-page',
  'many-pages',
  'empty',
  'every-status',
  'missing-optional-fields',
  'one-bad-record',
  'auth-rejected',
  'rate-limited',
  'not-json',
];

const platforms = platformFolders(__dirname);

test('every line of index.ts has its folder', () => {
  expect(PLATFORMS.toSorted()).toEqual(platforms);
});

describe.each(platforms)('%s', (platform) => {
  const folder = join(__dirname, platform);
  const names = caseNames(folder);

  test('keeps the folder convention', () => {
    const files = ['README.md', 'sample.yaml', ...['records', 'connector', 'normalize'].map(fileOf)];
    expect(files.filter((file) => !existsSync(join(folder, file)))).toEqual([]);
    expect(REQUIRED_CASES.filter((name) => !names.includes(name))).toEqual([]);
    const unnamed = names.filter(
      (name) => name.startsWith('quirk-') && !/^quirk(?:-\d{2})+-[a-z]/.test(name),
    );
    expect(unnamed).toEqual([]);
  });

  test('names every quirk case in its README', () => {
    const readme = readFileSync(join(folder, 'README.md'), 'utf8');
    const named = new Set(readme.match(/\bquirk-\d{2}[a-z0-9-]*/g));
    expect([...named].sort()).toEqual(names.filter((name) => name.startsWith('quirk-')));
  });

  test('accepts its own sample', () => {
    const sample = loadSample(folder);
    expect(sample.platform).toBe(platform);
    const connector = connectorOfCase(folder, platform, sample.manifest);
    expect(sourceOf(connector, sample, {})).toMatchObject({ key: 'golden' });
  });

  test.each(names)('%s', async (name) => {
    const testdata = join(folder, 'testdata', name);
    const { golden, exchanges } = loadCase(testdata);
    const sample = loadSample(folder);
    const connector = connectorOfCase(folder, platform, golden.source.manifest ?? sample.manifest);
    const source = sourceOf(connector, sample, golden.source);
    const outcome = plain(await replay(connector, source, golden, exchanges));
    if (UPDATE) write(testdata, outcome);
    expect(outcome).toEqual(expectation(testdata));
    expect(unexplained(outcome)).toEqual([]);
    for (const secret of secretsOf(source.auth)) expect(JSON.stringify(outcome)).not.toContain(secret);
  });

  function fileOf(part: string): string {
    return `${platform}.${part}.ts`;
  }
});

/** Fields of which a record does not say how they were decided, by job; `explain` answers with every one of them. */
function unexplained({ expected }: Outcome): string[] {
  const { jobs = [] } = (expected ?? {}) as {
    jobs?: { externalId: string; rules: Record<string, string> }[];
  };
  return jobs.flatMap(({ externalId, rules }) =>
    RULED_FIELDS.filter((field) => !(field in rules)).map((field) => `${externalId}: ${field}`),
  );
}

/** As JSON carries it: what is undefined is absent. */
function plain(outcome: Outcome): Outcome {
  return JSON.parse(JSON.stringify(outcome)) as Outcome;
}

function expectation(folder: string): Outcome {
  const readJson = (file: string): unknown => JSON.parse(readFileSync(join(folder, file), 'utf8'));
  return existsSync(join(folder, 'expected-error.json'))
    ? { expectedError: readJson('expected-error.json') }
    : { expected: readJson('expected.json') };
}

function write(folder: string, { expected, expectedError }: Outcome): void {
  for (const [file, value] of Object.entries({
    'expected.json': expected,
    'expected-error.json': expectedError,
  })) {
    if (value === undefined) rmSync(join(folder, file), { force: true });
    else writeFileSync(join(folder, file), `${JSON.stringify(value, null, 2)}\n`);
  }
}

/** The values of an `auth` block that are long enough to be told from ordinary text. */
function secretsOf(auth: unknown): string[] {
  return Object.values(auth as Record<string, unknown>).filter(
    (value): value is string => typeof value === 'string' && value.length >= 8 && !URL.canParse(value),
  );
}
