import { ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../support/repository.js';

const run = promisify(execFile);

/** Of an answer that is late, milliseconds. */
const ANSWER_WITHIN_MS = 10_000;

/** A checkout of some commit with its own dependencies, built at its first start. */
export class Release {
  private constructor(
    readonly name: string,
    private readonly folder: string,
    private readonly isOurs: boolean,
  ) {}

  /** This one. */
  static readonly present = new Release('new', ROOT, true);

  /**
   * Of the repository's history, so not in a clone without one; installs that commit's own dependencies.
   *
   * @throws Error when there is no such commit, or it cannot be installed
   */
  static async of(revision: string): Promise<Release> {
    const folder = await mkdtemp(path.join(tmpdir(), 'rollcall-release-'));
    try {
      await run('git', ['clone', '--quiet', '--shared', '--no-checkout', ROOT, folder]);
      await run('git', ['checkout', '--quiet', '--detach', revision], { cwd: folder });
      await run('npm', ['ci', '--omit=dev', '--no-audit', '--no-fund'], { cwd: folder });
      const release = new Release('old', folder, false);
      await release.command(['--version'], {});
      return release;
    } catch (error) {
      await rm(folder, { recursive: true });
      throw error;
    }
  }

  /** Removes it, unless it is this one. */
  async remove(): Promise<void> {
    if (!this.isOurs) await rm(this.folder, { recursive: true });
  }

  /** `rollcall …`, to its end. @returns what it said and its exit code */
  async command(
    args: readonly string[],
    environment: Readonly<Record<string, string>>,
    cwd = this.folder,
  ): Promise<{ code: number; output: string }> {
    try {
      const { stdout, stderr } = await run(process.execPath, [this.program, ...args], {
        cwd,
        env: { ...process.env, ...environment },
      });
      return { code: 0, output: stdout + stderr };
    } catch (error) {
      const { code, stdout, stderr } = error as { code?: unknown; stdout: string; stderr: string };
      if (typeof code !== 'number') throw error;
      return { code, output: stdout + stderr };
    }
  }

  /** `rollcall serve` with every role, in the folder of its configuration. */
  serve(cwd: string, port: number, environment: Readonly<Record<string, string>>): Running {
    const child = spawn(process.execPath, [this.program, 'serve'], {
      cwd,
      env: { ...process.env, ROLLCALL_PORT: String(port), LOG_LEVEL: 'warn', ...environment },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    return new Running(`${this.name}:${port}`, `http://127.0.0.1:${port}`, child);
  }

  private get program(): string {
    return path.join(this.folder, 'bin/rollcall.mjs');
  }
}

/** One process of a release. */
export class Running {
  /** Its log: warnings and worse, JSON lines. */
  log = '';
  /** Nobody asks it any more: it was told to stop, and balancers know. */
  isLeaving = false;
  /** It has a feed, and is ready. */
  servesFeed = false;
  private readonly exited: Promise<unknown>;

  constructor(
    readonly name: string,
    readonly url: string,
    private readonly child: ChildProcess,
  ) {
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.log += text));
    this.exited = once(child, 'exit');
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** @throws Error when it has ended */
  async isReady(): Promise<boolean> {
    if (this.child.exitCode !== null) throw new Error(`${this.name} ended by itself:\n${this.log}`);
    const answer = await this.ask('/health/ready').catch(() => null);
    if (answer?.status !== 200) return false;
    this.servesFeed = (await this.ask('/api/v1/events?limit=1')).ok;
    return true;
  }

  ask(target: string): Promise<Response> {
    return fetch(this.url + target, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
  }

  /** Asks it to end, as a rolling upgrade does. @returns its exit code */
  async stop(): Promise<number | null> {
    this.isLeaving = true;
    this.child.kill('SIGTERM');
    await this.exited;
    return this.child.exitCode;
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await this.exited;
  }
}
