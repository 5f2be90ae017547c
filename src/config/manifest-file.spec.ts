import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SHIPPED_FOLDER, shippedManifests } from '../connectors/http/manifest.js';
import { ConfigError } from '../domain/errors.js';
import { Config } from './config.js';
import { parseConfig } from './load-config.js';
import { parseManifest } from './manifest-file.js';

const SAMPLE = join(__dirname, '..', 'connectors', 'http', 'sample-manifest.yaml');

const BROKEN = `manifest: 1
name: broken
auth: { type: bearer, token: "\${TOKEN}" }
lists:
  - name: jobs
    request: { path: //evil.example/jobs, querry: {} }
    records: "items["
record:
  id: id
  status: state
  states: { done: perfect }
actions:
  cancel: { request: { method: POST, path: /stop }, when: [running] }
`;

const FILES: Record<string, string> = {
  './acme.yaml': readFileSync(SAMPLE, 'utf8'),
  './broken.yaml': BROKEN,
  './not-yaml.yaml': 'manifest: [1',
  './large.yaml': `# ${'x'.repeat(300_000)}`,
};

function readFile(path: string): string {
  const text = FILES[path];
  if (text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
  return text;
}

function parse(...sources: string[]): Config {
  const text = `sources:\n${sources.map((source) => `  - { ${source} }\n`).join('')}`;
  return parseConfig(text, 'rollcall.yaml', { TOKEN: 'hunter2' }, readFile, { cwd: '/etc/rollcall' });
}

function faultsOf(...sources: string[]): string[] {
  try {
    parse(...sources);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults.map(
      ({ file, line, column, path, message }) => `${file}:${line ?? '-'}:${column ?? '-'} ${path} ${message}`,
    );
  }
  return [];
}

const ACME = 'key: a, platform: http, manifest: ./acme.yaml, baseUrl: "https://jobs.acme.example"';
const good = `${ACME}, auth: { token: "\${TOKEN}" }, options: { project: 7 }`;

test.each(shippedManifests())('the manifest %s, which comes with Rollcall, has no fault', (name) => {
  const text = readFileSync(join(SHIPPED_FOLDER, `${name}.yaml`), 'utf8');
  const { manifest, faults } = parseManifest(text, name);
  expect(faults).toEqual([]);
  expect(manifest!.name).toBe(name);
});

test('a source carries its manifest; its auth and options are what that asks for, its page size what that says', () => {
  const [source] = parse(good).sources;
  expect(source).toMatchObject({
    platform: 'http',
    manifest: { name: 'acme' },
    auth: { token: 'hunter2' },
    options: { project: '7' },
    poll: { pageSize: 3 },
  });
});

test('a manifest that two sources name is read once', () => {
  const [a, b] = parse(good, good.replace('key: a', 'key: b')).sources;
  expect(a!.manifest).toBe(b!.manifest);
});

test('a name without a path is a manifest that comes with Rollcall', () => {
  const source = 'key: c, platform: http, manifest: slurm, baseUrl: "https://x", auth: { user: u, token: t }';
  expect(parse(source).sources[0]).toMatchObject({
    manifest: { name: 'slurm' },
    options: { version: 'v0.0.38' },
  });
});

test('every fault of a manifest is told at once, with its own lines, and once for all of its sources', () => {
  const source = 'platform: http, manifest: ./broken.yaml, baseUrl: "https://x"';
  const faults = faultsOf(`key: a, ${source}`, `key: b, ${source}`);
  expect(faults.map((fault) => fault.split(' ').slice(0, 2).join(' '))).toEqual([
    './broken.yaml:3:30 auth.token',
    './broken.yaml:6:22 lists[0].request.path',
    './broken.yaml:6:43 lists[0].request.querry',
    './broken.yaml:7:14 lists[0].records',
    './broken.yaml:11:19 record.states.done',
    './broken.yaml:13:22 actions.cancel.request',
  ]);
  expect(faults.join('\n')).not.toContain('hunter2');
});

test.each([
  ['key: a, platform: http, baseUrl: "https://x"', '2:5 sources[0].manifest is required'],
  [
    'key: a, platform: http, manifest: slrum, baseUrl: "https://x"',
    '(a file is written ./slrum.yaml); did you mean slurm?',
  ],
  ['key: a, platform: http, manifest: ./none.yaml, baseUrl: "https://x"', 'sources[0].manifest no such file'],
  ['key: a, platform: http, manifest: 7, baseUrl: "https://x"', 'sources[0].manifest expected text'],
  ['key: a, platform: http, manifest: ./not-yaml.yaml, baseUrl: "https://x"', './not-yaml.yaml:1:'],
  ['key: a, platform: http, manifest: ./large.yaml, baseUrl: "https://x"', 'has more than 262144 bytes'],
  [
    'key: a, platform: vectorcharts, manifest: slurm, auth: { token: t }',
    'sources[0].manifest is for the platform http',
  ],
  [ACME, 'sources[0].auth is required'],
  [`${ACME}, auth: { token: t }`, 'sources[0].options.project is required'],
  [`${ACME}, auth: { token: t, user: u }, options: { project: p }`, 'sources[0].auth.user unknown key'],
  [`${good}, poll: { pageSize: 51 }`, 'sources[0].poll.pageSize must be at most 50'],
  [`${good}, redact: ["$.state"]`, 'sources[0].redact[0] covers state'],
])('%s is a fault', (source, expected) => {
  expect(faultsOf(source).join('\n')).toContain(expected);
});
