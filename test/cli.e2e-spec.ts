import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { CONNECTORS } from '../src/connectors/index.js';
import { parseConfig } from '../src/config/load-config.js';
import { LOG_LEVELS, readEnvironment } from '../src/config/environment.js';
import { jobId } from '../src/domain/job-id.js';
import { startService } from '../src/main.js';
import { chartJob, ChartsServer, startChartsServer } from './support/charts-server.js';
import { createTestDatabase, TestDatabase } from './support/postgres.js';
import { waitFor } from './support/wait-for.js';

// A process for each command; the first may have to build.
jest.setTimeout(120_000);

const BIN = resolve(__dirname, '..', 'bin', 'rollcall.mjs');

interface Result {
  code: number;
  stdout: string;
  stderr: string;
}

/** The command as a user runs it, in a process and a folder of its own. */
function rollcall(args: string[], env: Record<string, string> = {}): Promise<Result> {
  return new Promise((resolve, reject) => {
    const options = { cwd: folder, env: { PATH: process.env['PATH'], ...env } };
    execFile(process.execPath, [BIN, ...args], options, (error, stdout, stderr) => {
      if (error === null) resolve({ code: 0, stdout, stderr });
      else if (typeof error.code === 'number') resolve({ code: error.code, stdout, stderr });
      else reject(error);
    });
  });
}

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-cli-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function write(name: string, text: string): void {
  writeFileSync(join(folder, name), text);
}

function chartsConfig(charts: Pick<ChartsServer, 'baseUrl'>, extra = ''): string {
  return `sources:
  - key: charts
    platform: vectorcharts
    baseUrl: ${charts.baseUrl}
    auth: { token: "\${CHARTS_TOKEN}" }
${extra}`;
}

describe('the command line', () => {
  test('every fault of the configuration stands on standard error, and the exit code is 78', async () => {
    write(
      'rollcall.yaml',
      'server: { prot: 1 }\nsources:\n  - { key: A, platform: vectorcharts, auth: { token: "${NOT_SET}" } }\n',
    );
    for (const args of [['serve'], ['check'], ['jobs'], ['token', 'create', 'x']]) {
      expect(await rollcall(args)).toEqual({
        code: 78,
        stdout: '',
        stderr: [
          'rollcall: rollcall.yaml:1:11: server.prot: unknown key; did you mean port?',
          'rollcall: rollcall.yaml:3:12: sources[0].key: expected small letters, digits and hyphens, at most 63, no hyphen first',
          'rollcall: rollcall.yaml:3:54: sources[0].auth.token: the environment variable NOT_SET is not set',
          '',
        ].join('\n'),
      });
    }
  });

  test('serve without a configuration exits 78 and names every place; a named one that is missing never becomes the demo', async () => {
    const none = await rollcall(['serve']);
    expect(none).toMatchObject({ code: 78, stdout: '' });
    expect(none.stderr).toContain(join(folder, 'rollcall.yaml'));
    expect(await rollcall(['serve'], { ROLLCALL_CONFIG: 'typo.yaml' })).toMatchObject({
      code: 78,
      stderr: `rollcall: typo.yaml: no such file (looked at ${join(folder, 'typo.yaml')})\n`,
    });
  });

  test('a wrong command line is 2, help is 0', async () => {
    expect(await rollcall(['jbos'])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining('Did you mean jobs?') as string,
    });
    expect(await rollcall(['jobs', '--help'])).toMatchObject({ code: 0, stderr: '' });
  });
});

describe('init', () => {
  test('writes a configuration that loads once its variables are set, and never overwrites', async () => {
    const first = await rollcall(['init']);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    const text = readFileSync(join(folder, 'rollcall.yaml'), 'utf8');
    const names = /environment: (.*)$/m.exec(first.stdout)![1]!.split(', ');
    const env = Object.fromEntries(names.map((name) => [name, 'secret']));
    const config = parseConfig(text, 'rollcall.yaml', env, () => 'secret');
    expect(config.sources.map(({ platform }) => platform)).toEqual(
      CONNECTORS.map(({ platform }) => platform),
    );
    expect(text).toBe(readFileSync(resolve(__dirname, '..', 'config.example.yaml'), 'utf8'));

    write('rollcall.yaml', 'mine');
    expect(await rollcall(['init', 'vectorcharts'])).toEqual({
      code: 1,
      stdout: '',
      stderr: 'rollcall: rollcall.yaml exists already and is left as it is\n',
    });
    expect(readFileSync(join(folder, 'rollcall.yaml'), 'utf8')).toBe('mine');
  });

  test('writes only the named platforms, where --config says', async () => {
    expect(await rollcall(['init', 'integrate-io', 'vectorcharts', '--config', 'own.yaml'])).toMatchObject({
      code: 0,
    });
    const platforms = [...readFileSync(join(folder, 'own.yaml'), 'utf8').matchAll(/platform: (\S+)/g)].map(
      ([, name]) => name,
    );
    expect(platforms.sort()).toEqual(['integrate-io', 'vectorcharts']);
  });
});

describe('with an upstream', () => {
  let charts: ChartsServer;

  beforeEach(async () => {
    charts = await startChartsServer([
      chartJob('a', 'completed'),
      chartJob('b', 'processing'),
      chartJob('c', 'ODD_WORD'),
      chartJob('d', 'failed', { created_at: 'not a time' }),
    ]);
    write('rollcall.yaml', chartsConfig(charts));
  });

  afterEach(() => charts.close());

  describe('check', () => {
    test('shows normalized jobs, rejects, unmapped words and what the pace means', async () => {
      const { code, stdout, stderr } = await rollcall(['check'], { CHARTS_TOKEN: charts.token });
      expect({ code, stderr }).toEqual({
        code: 0,
        stderr: `charts (vectorcharts, ${charts.baseUrl}): connecting\ncharts (vectorcharts, ${charts.baseUrl}): 4 records on the first page, 1 request\n`,
      });
      expect(stdout).toMatch(/^STATE +TYPE +NAME +PROGRESS +UPDATED \(UTC\) +THEIR STATUS +THEIR ID$/m);
      expect(stdout).toMatch(/^succeeded +index-custom-encs .*100% +2025-01-15 14:15:00 +completed +a$/m);
      expect(stdout).toMatch(/^running +index-custom-encs .*45% +2025-01-15 14:15:00 +processing +b$/m);
      expect(stdout).toMatch(/^unknown +index-custom-encs .*ODD_WORD +c$/m);
      expect(stdout).toMatch(/^ {2}rejected d: created_at: /m);
      expect(stdout).toContain('statusOverrides: { "ODD_WORD": { state: succeeded } }');
      expect(stdout).toContain('Requests a day: 1,440 polls');
      expect(stdout).not.toContain('\u001b');
    });

    test('--json is one object a source, with the ids that will be stored', async () => {
      const { code, stdout } = await rollcall(['check', 'charts', '--json'], { CHARTS_TOKEN: charts.token });
      expect(code).toBe(0);
      const [line, ...rest] = stdout.trimEnd().split('\n');
      expect(rest).toEqual([]);
      expect(JSON.parse(line!)).toMatchObject({
        source: 'charts',
        ok: true,
        records: 4,
        requests: 1,
        jobs: [
          {
            id: jobId('charts', 'a'),
            state: 'succeeded',
            progress: 1,
            finishedAt: '2025-01-15T14:15:00.000Z',
            provenance: { finishedAt: 'inferred' },
          },
          { id: jobId('charts', 'b'), state: 'running', progress: 0.45 },
          { id: jobId('charts', 'c'), state: 'unknown', rawStatus: 'ODD_WORD' },
        ],
        rejects: [{ externalId: 'd' }],
        unmappedStatuses: [{ status: 'ODD_WORD', count: 1 }],
        requestsPerDay: { polls: { busy: 1440, quiet: 1440 }, sweeps: 24, most: 72_000 },
      });
    });

    test('a refused credential is exit 1 with its kind and what to do; the other sources are still checked', async () => {
      write(
        'rollcall.yaml',
        chartsConfig(
          charts,
          `  - { key: other, platform: vectorcharts, baseUrl: "${charts.baseUrl}", auth: { token: "${charts.token}" } }\n`,
        ),
      );
      const { code, stdout, stderr } = await rollcall(['check'], { CHARTS_TOKEN: 'wrong-secret' });
      expect(code).toBe(1);
      expect(stderr).toContain('authentication: ');
      expect(stderr).toContain('What to do: the platform refuses the credential');
      expect(stdout).toContain('succeeded');
      expect(stdout + stderr).not.toContain('wrong-secret');
    });

    test('a host that is not there is exit 1', async () => {
      await charts.close();
      const { code, stderr } = await rollcall(['check'], { CHARTS_TOKEN: charts.token });
      expect(code).toBe(1);
      expect(stderr).toContain('network: ');
    });

    test('a key that no source has is a wrong command line', async () => {
      expect(await rollcall(['check', 'chart'], { CHARTS_TOKEN: charts.token })).toMatchObject({
        code: 2,
        stderr: 'rollcall: no source has the key chart; did you mean charts?\n',
      });
    });
  });

  describe('with a database', () => {
    let database: TestDatabase;
    let env: Record<string, string>;

    beforeEach(async () => {
      database = await createTestDatabase();
      env = { CHARTS_TOKEN: charts.token, DATABASE_URL: database.url };
    });

    afterEach(() => database.drop());

    test('migrate says that nothing is left to do', async () => {
      expect(await rollcall(['migrate'], env)).toEqual({
        code: 0,
        stdout: 'The schema is up to date.\n',
        stderr: '',
      });
    });

    test('poll stores what jobs and status show', async () => {
      const polled = await rollcall(['poll', 'charts', '--json'], env);
      expect(polled).toMatchObject({ code: 0 });
      expect(JSON.parse(polled.stdout)).toMatchObject({
        source: 'charts',
        kind: 'sweep',
        records: 4,
        discovered: 3,
        rejected: 1,
        requests: 1,
      });

      const listed = await rollcall(
        ['jobs', '--state', 'succeeded,unknown', '--sort', 'createdAt', '--json'],
        env,
      );
      expect(listed).toMatchObject({ code: 0, stderr: '' });
      const jobs = listed.stdout
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, unknown>);
      expect(jobs.map(({ externalId }) => externalId).sort()).toEqual(['a', 'c']);

      const table = await rollcall(['jobs', '--state', 'running'], env);
      expect(table.stdout).toMatch(
        new RegExp(`^running +charts +index-custom-encs +45% .*${jobId('charts', 'b')}$`, 'm'),
      );

      const status = await rollcall(['status'], env);
      expect(status).toMatchObject({ code: 0 });
      expect(status.stdout).toMatch(/^charts +vectorcharts +degraded +rejects .* 3 +0 +1$/m);
      const [source] = (await rollcall(['status', '--json'], env)).stdout.trimEnd().split('\n');
      expect(JSON.parse(source!)).toMatchObject({ key: 'charts', health: 'degraded', rejects: 1 });
    });

    test('a poll that fails is exit 1 and says why', async () => {
      const { code, stderr } = await rollcall(['poll', 'charts'], { ...env, CHARTS_TOKEN: 'wrong-secret' });
      expect(code).toBe(1);
      expect(stderr).toContain('charts: authentication: ');
      expect(stderr).not.toContain('wrong-secret');
    });

    test('jobs --fail-if-any tells a script whether there is one', async () => {
      expect(await rollcall(['jobs', '--fail-if-any'], env)).toEqual({
        code: 0,
        stdout: '',
        stderr: 'No job matches.\n',
      });
      expect(await rollcall(['poll', 'charts'], env)).toMatchObject({ code: 0 });
      expect(await rollcall(['jobs', '--state', 'unknown', '--fail-if-any'], env)).toMatchObject({ code: 1 });
      expect(await rollcall(['jobs', '--state', 'missed', '--fail-if-any'], env)).toMatchObject({ code: 0 });
    });

    test('--all follows the list to its end', async () => {
      expect(await rollcall(['poll', 'charts'], env)).toMatchObject({ code: 0 });
      const page = await rollcall(['jobs', '--limit', '2'], env);
      expect(page.stderr).toMatch(/^More follow: --all, or --cursor \S+$/m);
      const all = await rollcall(['jobs', '--limit', '2', '--all', '--json'], env);
      expect(all.stdout.trimEnd().split('\n')).toHaveLength(3);
    });

    test('explain shows why a job is what it is', async () => {
      expect(await rollcall(['poll', 'charts'], env)).toMatchObject({ code: 0 });
      const { code, stdout, stderr } = await rollcall(['explain', jobId('charts', 'b')], env);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(
        /^state +running +job_state: "processing" +status map vectorcharts-1: "processing" → running +\d+ sweep +\d{4}-/m,
      );
      expect(stdout).toMatch(/^attributes\.parameters +parameters: null +as given /m);
      const json = await rollcall(['explain', jobId('charts', 'b'), '--json'], env);
      expect(JSON.parse(json.stdout)).toMatchObject({
        id: jobId('charts', 'b'),
        fields: { progress: { value: 0.45, raw: 45, path: 'percent_complete' } },
      });
      expect(await rollcall(['explain', jobId('charts', 'nobody')], env)).toEqual({
        code: 1,
        stdout: '',
        stderr: `rollcall: There is no job ${jobId('charts', 'nobody')}.\n`,
      });
      expect(await rollcall(['explain', 'b'], env)).toMatchObject({ code: 2, stdout: '' });
    });

    test('jobs --watch follows the database until Ctrl-C, and ends with 0', async () => {
      expect(await rollcall(['poll', 'charts'], env)).toMatchObject({ code: 0 });
      const child = spawn(
        process.execPath,
        [BIN, 'jobs', '--external-id', 'b', '--watch', '--interval', '200ms'],
        { cwd: folder, env: { PATH: process.env['PATH'], ...env } },
      );
      const ended = once(child, 'exit');
      let stdout = '';
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
      await waitFor(() => Promise.resolve(stdout.includes('running')));
      charts.jobs = [chartJob('b', 'completed', { updated_at: 1736950600000 })];
      expect(await rollcall(['poll', 'charts'], env)).toMatchObject({ code: 0 });
      await waitFor(() => Promise.resolve(stdout.includes('running → succeeded')));
      child.kill('SIGINT');
      expect(await ended).toEqual([0, null]);
    });

    test('a filter that the API refuses is exit 2, every fault on a line', async () => {
      const { code, stdout, stderr } = await rollcall(['jobs', '--limit', '0', '--state', 'broken'], env);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(/^rollcall: limit: /m);
      expect(stderr).toMatch(/^rollcall: state: /m);
    });

    test('a token is made, shown once, listed without itself, and revoked', async () => {
      const made = await rollcall(
        [
          'token',
          'create',
          'ops',
          '--scope',
          'jobs:read,sources:read',
          '--source',
          'charts',
          '--expires',
          '90d',
          '--json',
        ],
        env,
      );
      expect(made).toMatchObject({ code: 0, stderr: '' });
      const token = JSON.parse(made.stdout) as Record<string, unknown>;
      expect(token).toEqual({
        name: 'ops',
        token: expect.stringMatching(/^rc_[\w-]{43}$/) as string,
        scopes: ['jobs:read', 'sources:read'],
        sources: ['charts'],
        expiresAt: expect.stringMatching(/Z$/) as string,
      });
      expect(await rollcall(['token', 'create', 'ops'], env)).toMatchObject({ code: 1, stdout: '' });
      const list = await rollcall(['token', 'list'], env);
      expect(list.stdout).toMatch(/^ops +jobs:read sources:read +charts +\d{4}-/m);
      expect(list.stdout).not.toContain('rc_');
      expect(await rollcall(['token', 'revoke', 'ops'], env)).toEqual({
        code: 0,
        stdout: 'Token ops is revoked.\n',
        stderr: '',
      });
      expect(await rollcall(['token', 'revoke', 'ops'], env)).toMatchObject({ code: 1 });
    });

    test('without --json the token stands alone on the last line', async () => {
      const { stdout } = await rollcall(['token', 'create', 'reader'], env);
      expect(stdout.trimEnd().split('\n').at(-1)).toMatch(/^rc_[\w-]{43}$/);
      expect(stdout).toContain(
        'jobs:read, sources:read, events:read, metrics:read; every source; does not expire',
      );
    });

    test('serve says when it is ready and where, takes a changed file at SIGHUP, and ends with 0 on SIGTERM', async () => {
      write('rollcall.yaml', `server: { port: 0 }\n${chartsConfig(charts)}`);
      const child = spawn(process.execPath, [BIN, 'serve'], {
        cwd: folder,
        env: { ...env, LOG_LEVEL: 'info' },
      });
      const ended = once(child, 'exit');
      const log = textOf(child.stderr);
      let stdout = '';
      for await (const chunk of child.stdout.setEncoding('utf8')) {
        stdout += chunk as string;
        if (/^ {2}next /m.test(stdout)) break;
      }
      const [, url] = /^ {2}open +(http:\/\/127\.0\.0\.1:\d+)\/$/m.exec(stdout)!;
      expect((await fetch(`${url}/health/ready`)).status).toBe(200);
      write('rollcall.yaml', `server: { port: 0 }\n${chartsConfig(charts, '    label: Charts\n')}`);
      child.kill('SIGHUP');
      await waitFor(async () => {
        const rows = await database.database.query<{ label: string | null }>(
          'SELECT label FROM rollcall.source',
        );
        return rows[0]?.label === 'Charts';
      });
      child.kill('SIGTERM');
      expect(await ended).toEqual([0, null]);
      // one JSON object a line, and nothing else
      const lines = (await log)
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as { level: string; time: string; msg: string });
      for (const { level, time } of lines) {
        expect(LOG_LEVELS).toContain(level);
        expect(new Date(time).toISOString()).toBe(time);
      }
      expect(lines.map(({ msg }) => msg)).toEqual(expect.arrayContaining(['ready', 'stopping', 'stopped']));
    });

    test('serve on a foreign host without any token exits 78', async () => {
      write('rollcall.yaml', `server: { port: 0, host: 0.0.0.0 }\n${chartsConfig(charts)}`);
      const { code, stdout, stderr } = await rollcall(['serve'], { ...env, LOG_LEVEL: 'silent' });
      expect({ code, stdout }).toEqual({ code: 78, stdout: '' });
      expect(stderr).toContain('server.host: 0.0.0.0 is reachable from other hosts');
    });

    test('jobs, explain and status ask the API of ROLLCALL_URL', async () => {
      expect(await rollcall(['poll', 'charts'], env)).toMatchObject({ code: 0 });
      const { token } = JSON.parse((await rollcall(['token', 'create', 'cli', '--json'], env)).stdout) as {
        token: string;
      };
      const text = `server: { port: 0, basePath: /behind }\n${chartsConfig(charts)}`;
      const config = parseConfig(text, 'rollcall.yaml', env, () => '');
      const service = await startService({
        config,
        environment: { ...readEnvironment(env, folder), roles: ['api'], logLevel: 'silent' },
      });
      try {
        const remote = { ROLLCALL_URL: `${service.url}/behind/`, ROLLCALL_TOKEN: token };
        const jobs = await rollcall(['jobs', '--external-id', 'b', '--json'], remote);
        expect(JSON.parse(jobs.stdout)).toMatchObject({ id: jobId('charts', 'b'), state: 'running' });
        expect((await rollcall(['status'], remote)).stdout).toMatch(/^charts +vectorcharts /m);
        expect((await rollcall(['explain', jobId('charts', 'b')], remote)).stdout).toMatch(
          /^state +running +job_state: "processing" /m,
        );
        const refused = await rollcall(['jobs'], { ...remote, ROLLCALL_TOKEN: 'rc_wrong' });
        expect(refused).toMatchObject({ code: 1, stdout: '' });
        expect(refused.stderr).toMatch(/^rollcall: .* Is ROLLCALL_TOKEN a token of this service\?\n$/);
        expect(await rollcall(['jobs'], { ...remote, ROLLCALL_URL: service.url })).toEqual({
          code: 1,
          stdout: '',
          stderr: expect.stringMatching(/^rollcall: .*\n$/) as string,
        });
      } finally {
        await service.stop();
      }
      expect(await rollcall(['jobs'], { ROLLCALL_URL: service.url, ROLLCALL_TOKEN: token })).toMatchObject({
        code: 1,
        stderr: `rollcall: ${service.url} cannot be reached (ECONNREFUSED)\n`,
      });
    });
  });
});
