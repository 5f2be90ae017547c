import { Writable } from 'node:stream';
import { run } from './cli.js';

class Collected extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

async function rollcall(args: string[], env: Record<string, string> = {}) {
  const [stdout, stderr] = [new Collected(), new Collected()];
  const code = await run(args, { env, cwd: '/nowhere', stdout, stderr });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

test('help and version are no errors', async () => {
  const help = await rollcall(['--help']);
  expect(help).toMatchObject({ code: 0, stderr: '' });
  for (const command of ['serve', 'init', 'check', 'poll', 'jobs', 'explain', 'status', 'migrate', 'token'])
    expect(help.stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
  expect(await rollcall(['--version'])).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string,
  });
  expect(await rollcall(['token', 'create', '--help'])).toMatchObject({ code: 0, stderr: '' });
});

test.each([
  [['job'], "unknown command 'job'\n(Did you mean jobs?)"],
  [['jobs', '--stat', 'failed'], "unknown option '--stat'\n(Did you mean --state?)"],
  [['poll'], "missing required argument 'key'"],
  [['check', '--json=yes'], '--json'],
  [['token', 'create', 'x', '--scope', 'jobs:raed'], 'Unknown scope jobs:raed; did you mean jobs:read?'],
  [['token', 'create', 'x', '--expires', 'soon'], 'Expected a duration such as 90d'],
  [['init', 'vectorchart'], 'unknown platform vectorchart; did you mean vectorcharts?'],
  [['serve', 'now'], 'too many arguments'],
  [['explain'], "missing required argument 'job-id'"],
  [['explain', '../sources'], 'Expected a Rollcall id (a UUID)'],
  [['jobs', '--watch', '--all'], "option '--watch' cannot be used with option '--all'"],
  [['jobs', '--watch', '--fields', 'id'], "cannot be used with option '--fields"],
  [['jobs', '--watch', '--interval', '0s'], 'Expected a duration of at least 200ms'],
])('%j is a usage error', async (args, message) => {
  const { code, stdout, stderr } = await rollcall(args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(message);
});

test('no command at all shows the help and is a usage error', async () => {
  expect(await rollcall([])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('Usage: rollcall') as string,
  });
});

test.each([
  [['serve']],
  [['check']],
  [['poll', 'charts']],
  [['jobs']],
  [['explain', '7b07dcdb-8d06-588c-acdc-0124b6612a86']],
  [['status']],
  [['migrate']],
  [['token', 'list']],
])('%j without a configuration names every place that was looked at', async (args) => {
  const { code, stdout, stderr } = await rollcall(args);
  expect({ code, stdout }).toEqual({ code: 78, stdout: '' });
  expect(stderr).toContain(
    '--config (not given), ROLLCALL_CONFIG (not set) and /nowhere/rollcall.yaml (not there)',
  );
});

test('--config is taken before and after the command', async () => {
  for (const args of [
    ['--config', 'x.yaml', 'check'],
    ['check', '--config', 'x.yaml'],
  ])
    expect(await rollcall(args)).toMatchObject({
      code: 78,
      stderr: 'rollcall: x.yaml: no such file (looked at /nowhere/x.yaml)\n',
    });
});

test('a token that no header can carry is a fault of the configuration, and is not shown', async () => {
  expect(await rollcall(['status'], { ROLLCALL_URL: 'http://127.0.0.1:1', ROLLCALL_TOKEN: 'a\nb' })).toEqual({
    code: 78,
    stdout: '',
    stderr: 'rollcall: ROLLCALL_TOKEN: has characters that no token has\n',
  });
});

test('an address of the API that is none is a fault of the configuration', async () => {
  expect(await rollcall(['status'], { ROLLCALL_URL: 'nowhere' })).toEqual({
    code: 78,
    stdout: '',
    stderr: 'rollcall: ROLLCALL_URL: expected an http or https address\n',
  });
});
