import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { repositoryFiles, ROOT } from './support/repository.js';

const CRUISER = path.join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');

const SOURCES = ['src', 'test', 'migrations', 'client/src', 'web/src'];

interface Violation {
  rule: { name: string };
  from: string;
  to: string;
}

/** What dependency-cruiser finds in a folder with the rules of this project, as `rule: from → to`. */
function violations(folder: string, sources: string[]): string[] {
  const config = path.join(ROOT, '.dependency-cruiser.cjs');
  const args = [CRUISER, ...sources, '--config', config, '--output-type', 'json'];
  const output = execFileSync(process.execPath, args, { cwd: folder, maxBuffer: 64 * 1024 * 1024 });
  const { summary } = JSON.parse(output.toString()) as { summary: { violations: Violation[] } };
  return summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`).sort();
}

/** Each file's text is only imports, so that a planted project stays readable here. */
function plant(files: Record<string, string[]>): string[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'rollcall-architecture-'));
  try {
    for (const name of ['package.json', 'tsconfig.json']) {
      writeFileSync(path.join(folder, name), readFileSync(path.join(ROOT, name)));
    }
    symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'), 'junction');
    for (const [file, imports] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
      const lines = imports.map((name, index) => `import type { T as T${index} } from '${name}';`);
      writeFileSync(path.join(folder, file), [...lines, 'export interface T { t: string }', ''].join('\n'));
    }
    return violations(folder, SOURCES);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One file in every folder, importing everything that its folder may import. */
const ALLOWED: Record<string, string[]> = {
  'src/domain/job-state.ts': ['luxon', 'uuid', 'node:crypto'],
  'src/metrics/metrics.ts': ['prom-client'],
  'src/connectors/connector.ts': ['../domain/job-state.js', './shared/client.js'],
  'src/connectors/shared/client.ts': ['../../domain/job-state.js', 'undici'],
  'src/connectors/alpha/alpha.connector.ts': [
    '../../domain/job-state.js',
    '../connector.js',
    '../shared/client.js',
    './alpha.records.js',
  ],
  'src/connectors/alpha/alpha.records.ts': [],
  'src/connectors/beta/beta.connector.ts': [],
  'src/connectors/index.ts': ['./alpha/alpha.connector.js', './beta/beta.connector.js', './connector.js'],
  'src/config/config.ts': ['../domain/job-state.js', '../connectors/index.js', 'zod'],
  'src/storage/database.ts': [
    '../domain/job-state.js',
    '../tracing/tracer.js',
    '../../migrations/1-create.js',
    'typeorm',
  ],
  'src/tracing/tracer.ts': [],
  'src/tracing/open-telemetry.ts': ['../config/config.js', './tracer.js', '../version.js'],
  'src/polling/poll.service.ts': [
    '../domain/job-state.js',
    '../config/config.js',
    '../connectors/index.js',
    '../storage/database.js',
    '../metrics/metrics.js',
    '../tracing/tracer.js',
    '../version.js',
  ],
  'src/explain/replay.ts': [
    '../domain/job-state.js',
    '../config/config.js',
    '../connectors/index.js',
    '../storage/database.js',
  ],
  'src/polling/visit.ts': [],
  'src/preview/preview.service.ts': [
    '../domain/job-state.js',
    '../config/config.js',
    '../connectors/index.js',
    '../storage/database.js',
    '../explain/replay.js',
    '../polling/visit.js',
  ],
  'src/replay/replay-job.ts': [
    '../domain/job-state.js',
    '../config/config.js',
    '../connectors/index.js',
    '../storage/database.js',
    '../explain/replay.js',
  ],
  'src/retention/retention.service.ts': [
    '../domain/job-state.js',
    '../config/config.js',
    '../storage/database.js',
  ],
  'src/expectations/evaluator.ts': [
    '../domain/job-state.js',
    '../config/config.js',
    '../storage/database.js',
    '@nestjs/common',
  ],
  'src/feed/stream.service.ts': [
    '../domain/job-state.js',
    '../config/config.js',
    '../storage/database.js',
    '../metrics/metrics.js',
  ],
  'src/api/jobs/jobs.controller.ts': [
    '../../domain/job-state.js',
    '../../config/config.js',
    '../../storage/database.js',
    '../../explain/replay.js',
    '../../preview/preview.service.js',
    '../../feed/stream.service.js',
    '../../metrics/metrics.js',
    '../../tracing/tracer.js',
    '../../version.js',
    '@nestjs/common',
  ],
  'src/version.ts': ['node:fs'],
  'src/simulators/world.ts': ['../domain/job-state.js'],
  'src/cli/serve.command.ts': ['../config/config.js', '../storage/database.js', '../connectors/index.js'],
  'src/app.module.ts': [
    './api/jobs/jobs.controller.js',
    './feed/stream.service.js',
    './polling/poll.service.js',
    './simulators/world.js',
  ],
  'migrations/1-create.ts': ['typeorm'],
  'test/jobs.e2e-spec.ts': ['../src/app.module.js', '../client/src/client.js', 'supertest', 'fast-check'],
  'client/src/client.ts': ['openapi-fetch'],
  'web/src/app.tsx': ['../../client/src/client', './page', 'react'],
  'web/src/page.ts': ['@tanstack/react-query'],
};

/** File, what it imports besides, and the rule that has to refuse it. */
const FORBIDDEN: [file: string, imports: string, rule: string][] = [
  ['src/domain/planted.ts', '../metrics/metrics.js', 'domain'],
  ['src/domain/planted.ts', '../connectors/connector.js', 'domain'],
  ['src/domain/planted.ts', 'pg', 'domain-is-plain'],
  ['src/domain/planted.ts', 'node:fs', 'domain-is-plain'],
  ['src/metrics/planted.ts', '../domain/job-state.js', 'metrics'],
  ['src/connectors/shared/planted.ts', '../alpha/alpha.records.js', 'connectors-shared'],
  ['src/connectors/shared/planted.ts', '../../config/config.js', 'connectors-shared'],
  ['src/connectors/connector.ts', '../storage/database.js', 'connector-contract'],
  ['src/connectors/beta/planted.ts', '../alpha/alpha.records.js', 'connector-platform'],
  ['src/connectors/beta/planted.ts', '../index.js', 'connector-platform'],
  ['src/connectors/beta/planted.ts', '../../storage/database.js', 'connector-platform'],
  ['src/connectors/beta/planted.ts', '@nestjs/common', 'connectors-without-framework'],
  ['src/connectors/beta/planted.ts', 'typeorm', 'connectors-without-framework'],
  ['src/connectors/planted.ts', '../storage/database.js', 'connectors-registry'],
  ['src/config/planted.ts', '../storage/database.js', 'config'],
  ['src/config/planted.ts', '../app.module.js', 'config'],
  ['src/storage/planted.ts', '../cli/serve.command.js', 'storage'],
  ['src/storage/planted.ts', '../config/config.js', 'storage'],
  ['src/storage/planted.ts', '../connectors/connector.js', 'storage'],
  ['src/storage/planted.ts', '../tracing/open-telemetry.js', 'storage'],
  ['src/tracing/planted.ts', '../storage/database.js', 'tracing'],
  ['src/polling/planted.ts', '../api/jobs/jobs.controller.js', 'polling'],
  ['src/polling/planted.ts', '../feed/stream.service.js', 'polling'],
  ['src/explain/planted.ts', '../api/jobs/jobs.controller.js', 'explain'],
  ['src/explain/planted.ts', '../polling/poll.service.js', 'explain'],
  ['src/preview/planted.ts', '../polling/poll.service.js', 'preview'],
  ['src/preview/planted.ts', '../api/jobs/jobs.controller.js', 'preview'],
  ['src/replay/planted.ts', '../polling/poll.service.js', 'replay'],
  ['src/retention/planted.ts', '../polling/poll.service.js', 'retention'],
  ['src/expectations/planted.ts', '../feed/stream.service.js', 'expectations'],
  ['src/expectations/planted.ts', '../polling/poll.service.js', 'expectations'],
  ['src/feed/planted.ts', '../connectors/index.js', 'feed'],
  ['src/feed/planted.ts', '../polling/poll.service.js', 'feed'],
  ['src/api/planted.ts', '../polling/poll.service.js', 'api'],
  ['src/api/planted.ts', '../connectors/index.js', 'api'],
  ['src/simulators/planted.ts', '../connectors/alpha/alpha.connector.js', 'simulators'],
  ['src/simulators/planted.ts', '../storage/database.js', 'simulators'],
  ['migrations/planted.ts', '../src/domain/job-state.js', 'migrations'],
  ['client/src/planted.ts', '../../src/domain/job-state.js', 'client'],
  ['client/src/planted.ts', 'node:fs', 'client-stands-alone'],
  ['web/src/planted.ts', '../../src/domain/job-state', 'web'],
  ['web/src/planted.ts', 'node:fs', 'web-runs-in-a-browser'],
  ['src/cli/planted.ts', '../../client/src/client.js', 'production-without-tests'],
  ['src/storage/planted.ts', 'supertest', 'production-without-dev-packages'],
  ['src/main.ts', '../test/jobs.e2e-spec.js', 'production-without-tests'],
  ['src/storage/planted.ts', './nowhere.js', 'no-unresolvable'],
];

// Each check is a process of its own, and the machine may be busy.
jest.setTimeout(120_000);

describe('the import rules', () => {
  it('allow what the table allows', () => {
    expect(plant(ALLOWED)).toEqual([]);
  });

  it('refuse each planted violation by its own rule', () => {
    const files = structuredClone(ALLOWED);
    for (const [file, imported] of FORBIDDEN) files[file] = [...(files[file] ?? []), imported];
    const found = plant(files);
    const missed = FORBIDDEN.filter(([file, imported, rule]) => {
      const target = path.basename(imported, '.js').replace(/^node:/, '');
      return !found.some((line) => line.startsWith(`${rule}: ${file} → `) && line.includes(target));
    });
    expect(missed).toEqual([]);
  });

  it('have a violation planted for every rule', () => {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- the configuration is CommonJS
    const config = require('../.dependency-cruiser.cjs') as { forbidden: { name: string }[] };
    const rules = config.forbidden.map(({ name }) => name).filter((name) => name !== 'no-circular');
    expect(rules.sort()).toEqual([...new Set(FORBIDDEN.map(([, , rule]) => rule))].sort());
  });

  it('refuse a circle', () => {
    const circle = {
      'src/domain/a.ts': ['./b.js'],
      'src/domain/b.ts': ['./c.js'],
      'src/domain/c.ts': ['./a.js'],
    };
    const found = plant({ ...ALLOWED, ...circle });
    expect(found.length).toBeGreaterThan(0);
    expect(found.every((line) => line.startsWith('no-circular: src/domain/'))).toBe(true);
  });

  it('hold in this project', () => {
    expect(violations(ROOT, SOURCES)).toEqual([]);
  });

  it('cover every folder of src', () => {
    const folders = readdirSync(path.join(ROOT, 'src'), { withFileTypes: true }).filter((e) =>
      e.isDirectory(),
    );
    const ruled = [...Object.keys(ALLOWED)].map((file) => file.split('/')[1]);
    expect(folders.map(({ name }) => name).filter((name) => !ruled.includes(name))).toEqual([]);
  });

  it('leave reading the environment to the program and to the server that it starts', () => {
    const readers = repositoryFiles()
      .filter((file) => file.startsWith('src/') && file.endsWith('.ts') && !file.endsWith('.spec.ts'))
      .filter((file) =>
        /\bprocess\.env\b|\bprocess\[|\benv\b[^;=]*=\s*process\b/.test(
          readFileSync(path.join(ROOT, file), 'utf8'),
        ),
      );
    expect(readers).toEqual(['src/cli.ts', 'src/storage/embedded-postgres/run.ts']);
  });
});
