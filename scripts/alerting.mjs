// node scripts/alerting.mjs: the whole chain of alerts with a real Prometheus and a real Alertmanager (test/alerting.e2e-spec.ts). Where
// they are not installed, Debian's packages are unpacked into a folder that is removed afterwards: nothing is installed, no service
// starts. Where that is not possible either, it says so and fails.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..');
const PACKAGES = ['prometheus', 'prometheus-alertmanager'];
const PROGRAMS = [['prometheus'], ['promtool'], ['prometheus-alertmanager', 'alertmanager']];

const folder = mkdtempSync(path.join(tmpdir(), 'rollcall-tools-'));
process.exitCode = main();
rmSync(folder, { recursive: true });

function main() {
  if (missing().length > 0) {
    console.log(`not installed: ${missing().join(', ')}; unpacking Debian's ${PACKAGES.join(' and ')}`);
    const fault = unpack();
    if (fault === null)
      process.env.PATH = [path.join(folder, 'usr/bin'), process.env.PATH].join(path.delimiter);
    if (missing().length > 0) {
      console.error(
        `NOT RUN: ${missing().join(', ')} cannot be had here (${fault ?? 'the packages have others'})`,
      );
      return 1;
    }
  }
  const jest = ['node_modules/jest/bin/jest.js', 'alerting', 'alerts.spec', '--runInBand'];
  return spawnSync(process.execPath, jest, { cwd: root, stdio: 'inherit' }).status ?? 1;
}

function missing() {
  return PROGRAMS.filter((names) => !names.some((name) => spawnSync(name, ['--version']).status === 0)).map(
    ([name]) => name,
  );
}

/** @returns why it could not be done; null when it was */
function unpack() {
  const run = (program, ...args) => {
    const { error, status, stderr } = spawnSync(program, args, { cwd: folder, encoding: 'utf8' });
    if (error) return `${program}: ${error.code}`;
    return status === 0 ? null : `${program} ${args[0]}: ${stderr.trim().split('\n').at(-1)}`;
  };
  let fault = run('apt-get', 'download', ...PACKAGES);
  // a machine that never asked for Debian's list knows no package; only root may ask
  if (fault !== null && process.getuid?.() === 0)
    fault = run('apt-get', 'update') ?? run('apt-get', 'download', ...PACKAGES);
  for (const file of readdirSync(folder).filter((name) => name.endsWith('.deb')))
    fault ??= run('dpkg-deb', '-x', file, '.');
  return fault;
}
