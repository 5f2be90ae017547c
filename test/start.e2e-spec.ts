import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createTestDatabase } from './support/postgres.js';
import { Replica } from './support/replica.js';
import { ROOT } from './support/repository.js';

jest.setTimeout(120_000);

const EX_CONFIG = 78;
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'rollcall-start-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** `npm start` in a folder of its own, for cases that end by themselves before a port or a database is opened. */
function start(env: Record<string, string> = {}, args: string[] = []) {
  const { ROLLCALL_CONFIG: _config, ...inherited } = process.env;
  const options = { cwd: folder, env: { ...inherited, ...env }, encoding: 'utf8' as const, timeout: 100_000 };
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [path.join(ROOT, 'scripts/start.mjs'), ...args],
    options,
  );
  return { status, output: stdout + stderr };
}

describe('npm start', () => {
  it.each([
    ['ROLLCALL_CONFIG', { ROLLCALL_CONFIG: 'gone.yaml' }, []],
    ['--config', {}, ['--config', 'gone.yaml']],
    ['--config=', {}, ['--config=gone.yaml']],
  ])('refuses a file that %s names and that is not there', (_how, env, args) => {
    const { status, output } = start(env, args);
    expect(output).toContain('gone.yaml');
    expect(status).toBe(EX_CONFIG);
  });

  it('takes a ROLLCALL_CONFIG that is set to nothing for a mistake, not for the demo', () => {
    expect(start({ ROLLCALL_CONFIG: '' }).status).toBe(EX_CONFIG);
  });

  it('refuses a faulty rollcall.yaml', () => {
    writeFileSync(path.join(folder, 'rollcall.yaml'), 'sourcez: []\n');
    const { status, output } = start();
    expect(output).toContain('sourcez');
    expect(status).toBe(EX_CONFIG);
  });

  it.each([
    ['rollcal.yaml', ''],
    ['rollcall.yml', ''],
    ['jobs.yaml', 'server: {}\nsources:\n  - key: charts\n'],
  ])('does not run the demo beside %s, which somebody means to be read', (name, text) => {
    writeFileSync(path.join(folder, name), text);
    const { status, output } = start();
    expect(output).toContain(name);
    expect(status).toBe(EX_CONFIG);
  });
});

describe('a process that cannot start', () => {
  it.each(['source', 'expectation_evaluation', 'webhook'])(
    'ends, whatever of it runs already, when %s cannot be read',
    async (table) => {
      writeFileSync(path.join(folder, 'rollcall.yaml'), 'sources: []\n');
      const { url, database, drop } = await createTestDatabase();
      await database.query(`ALTER TABLE rollcall.${table} RENAME TO away`);
      const replica = new Replica(folder, url);
      try {
        await expect(replica.failed).rejects.toThrow(`rollcall.${table}`);
      } finally {
        await replica.end();
        await drop();
      }
    },
  );
});
