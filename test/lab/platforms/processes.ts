import { ChildProcess, execFile, spawn, SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { AddressInfo, createServer } from 'node:net';
import { promisify } from 'node:util';
import { waitFor } from '../../support/wait-for.js';

const run = promisify(execFile);

/** How long a process may take to end by itself, milliseconds. */
const END_WITHIN_MS = 20_000;
/** Of what a process writes, so much is kept for messages. */
const KEPT_CHARACTERS = 4_000;

/** Whom a process runs as. */
export interface User {
  uid: number;
  gid: number;
}

/** Processes of one platform, in the order in which they were started; they end in the opposite order. */
export class Processes {
  private readonly running: { name: string; child: ChildProcess; exited: Promise<unknown> }[] = [];
  private isEnding = false;
  private fault: string | null = null;

  /** Starts a program that stays in the foreground. */
  start(name: string, program: string, args: readonly string[], options: SpawnOptions = {}): void {
    // Detached: an interrupt from the keyboard is for us, who end them in order.
    const child = spawn(program, args, { ...options, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    const hear = (text: string): void => {
      said = `${said}${text}`.slice(-KEPT_CHARACTERS);
    };
    child.stdout!.setEncoding('utf8').on('data', hear);
    child.stderr!.setEncoding('utf8').on('data', hear);
    const ended = (how: unknown): void => {
      if (!this.isEnding) this.fault ??= `${name} ended by itself (${String(how)}):\n${said}`;
    };
    child.once('error', ended);
    child.once('exit', (code, signal) => ended(code ?? signal));
    this.running.push({ name, child, exited: once(child, 'exit') });
  }

  /** @throws Error when one of them has ended by itself, with what it wrote */
  check(): void {
    if (this.fault !== null) throw new Error(this.fault);
  }

  /**
   * Asks until something answers.
   *
   * @throws Error when one of them has ended by itself; with what was answered last when nothing comes of it
   */
  async answer(ask: () => Promise<unknown>): Promise<void> {
    let fault: unknown = null;
    const hasAnswered = async (): Promise<boolean> => {
      this.check();
      return ask().then(
        (answer) => answer !== false,
        (error: unknown) => {
          fault = error;
          return false;
        },
      );
    };
    await waitFor(hasAnswered).catch((error: unknown) => {
      throw fault ?? error;
    });
  }

  /** Asks each to end, and kills what does not. */
  async end(): Promise<void> {
    this.isEnding = true;
    for (const { child, exited } of this.running.reverse()) {
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) continue;
      child.kill('SIGTERM');
      const impatience = setTimeout(() => child.kill('SIGKILL'), END_WITHIN_MS);
      await exited;
      clearTimeout(impatience);
    }
  }
}

/** What a program wrote to its standard output. @throws Error with what it wrote to the other when it fails */
export async function output(
  program: string,
  args: readonly string[],
  options: { env?: NodeJS.ProcessEnv; cwd?: string } & Partial<User> = {},
): Promise<string> {
  return (await run(program, args, { ...options, maxBuffer: 64 * 2 ** 20 })).stdout;
}

/** @returns those of these programs that are not installed */
export async function missingPrograms(names: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    names.map((name) =>
      run('sh', ['-c', 'command -v "$0"', name]).then(
        () => true,
        () => false,
      ),
    ),
  );
  return names.filter((_, place) => !found[place]);
}

/** @returns so many ports of the loopback interface that nobody listens on */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** @throws Error when there is no such user */
export async function userNamed(name: string): Promise<User> {
  const id = async (flag: string): Promise<number> => Number(await output('id', [flag, name]));
  return { uid: await id('-u'), gid: await id('-g') };
}
