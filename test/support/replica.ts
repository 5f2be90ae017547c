import { ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { ROOT } from './repository.js';

const SHIFTED_CLOCK = path.join(__dirname, 'shifted-clock.cjs');

/** One `rollcall serve` in a process of its own, of which a test says when it stops, goes on and dies. */
export class Replica {
  /** What it logged: warnings and worse, JSON lines. */
  log = '';
  /** Rejects, with what it logged, when it ends and nobody has ended it. */
  readonly failed: Promise<never>;
  private readonly child: ChildProcess;
  private readonly exited: Promise<unknown>;
  private isEnding = false;

  /**
   * Starts it in the folder of its `rollcall.yaml`, on a machine whose clock is so far ahead (negative: behind).
   *
   * @param environment over what every replica has: all roles, and any port
   */
  constructor(
    folder: string,
    databaseUrl: string,
    clockOffsetMs = 0,
    environment: Readonly<Record<string, string>> = {},
  ) {
    const program = [path.join(ROOT, 'bin/rollcall.mjs'), 'serve'];
    this.child = spawn(process.execPath, ['--require', SHIFTED_CLOCK, ...program], {
      cwd: folder,
      env: {
        ...process.env,
        DATABASE_URL: databaseUrl,
        ROLLCALL_PORT: '0',
        LOG_LEVEL: 'warn',
        ROLLCALL_TEST_CLOCK_OFFSET_MS: String(clockOffsetMs),
        ...environment,
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => (this.log += text));
    this.exited = once(this.child, 'exit');
    this.failed = new Promise((_resolve, reject) => {
      this.child.once('exit', () => {
        if (!this.isEnding) reject(new Error(`a replica ended by itself:\n${this.log}`));
      });
    });
    this.failed.catch(() => {});
  }

  get pid(): number {
    return this.child.pid!;
  }

  get isAlive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  stop(): void {
    this.child.kill('SIGSTOP');
  }

  goOn(): void {
    this.child.kill('SIGCONT');
  }

  /** Kills it (also when it is stopped), or asks it to end; returns when it is gone. */
  async end(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    this.isEnding = true;
    if (this.isAlive) this.child.kill(signal);
    await this.exited;
  }
}
