import { execFile } from 'node:child_process';
import { parse } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

/** The operating system's user that the server runs as. */
export interface Account {
  uid: number;
  gid: number;
}

/** What a child needs of our environment. Not the rest: the server outlives us, and our environment holds secrets. */
const PASSED_ON = ['PATH', 'SystemRoot', 'SystemDrive', 'windir', 'TEMP', 'TMP', 'TMPDIR', 'LD_LIBRARY_PATH'];

export interface ChildOptions {
  cwd: string;
  env: Record<string, string>;
  windowsHide: true;
  uid?: number;
  gid?: number;
}

/** How a child of ours is started: as `account` (null: as us), in a folder that everyone can enter, with the C locale. */
export function childOptions(account: Account | null): ChildOptions {
  const env: Record<string, string> = { LC_ALL: 'C', TZ: 'UTC' };
  for (const name of PASSED_ON) {
    const value = process.env[name];
    if (value !== undefined) env[name] = value;
  }
  const options: ChildOptions = { cwd: parse(process.execPath).root, env, windowsHide: true };
  return account === null ? options : { ...options, uid: account.uid, gid: account.gid };
}

/** Runs a program to its end. @throws when it cannot be started or fails, with what it wrote in the message */
export async function run(
  program: string,
  args: readonly string[],
  account: Account | null,
  timeoutMs = 120_000,
): Promise<void> {
  try {
    await execute(program, [...args], { ...childOptions(account), timeout: timeoutMs });
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as Error & { stdout?: string; stderr?: string };
    const output = `${stdout}${stderr}`.trim();
    throw new Error(output === '' ? message : `${program} failed: ${output}`, { cause: error });
  }
}
