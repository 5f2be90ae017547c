import { ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { ROOT } from '../../test/support/repository.js';

const RUN_TS = path.join(ROOT, 'test/support/run-ts.mjs');

/**
 * A part of a benchmark in a process of its own (bench/programs), so that it shares neither core nor memory with what is measured.
 * It is given its task as its one argument, and both talk in messages; it ends when this process does.
 */
export class Program<Said> {
  private readonly said: Said[] = [];
  private readonly waiting: { resolve: (word: Said) => void; reject: (error: Error) => void }[] = [];
  private readonly exited: Promise<unknown>;
  private isEnding = false;

  private constructor(
    private readonly name: string,
    private readonly child: ChildProcess,
  ) {
    child.on('message', (word: Said) => {
      const next = this.waiting.shift();
      if (next) next.resolve(word);
      else this.said.push(word);
    });
    this.exited = once(child, 'exit').then(() => {
      for (const { reject } of this.waiting.splice(0)) reject(this.ended());
    });
  }

  /** @param name of a file of bench/programs */
  static start<Said>(name: string, task: object): Program<Said> {
    const file = path.join(__dirname, '../programs', `${name}.ts`);
    const child = spawn(process.execPath, [RUN_TS, file, JSON.stringify(task)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      // what is measured runs as it would at work
      env: { ...process.env, NODE_ENV: 'production' },
    });
    return new Program(name, child);
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** The next thing that it says. @throws when it ends instead */
  next(): Promise<Said> {
    const word = this.said.shift();
    if (word !== undefined) return Promise.resolve(word);
    if (this.child.exitCode !== null || this.child.signalCode !== null) return Promise.reject(this.ended());
    return new Promise((resolve, reject) => this.waiting.push({ resolve, reject }));
  }

  tell(word: object): void {
    this.child.send(word);
  }

  async end(): Promise<void> {
    this.isEnding = true;
    if (this.child.connected) this.child.disconnect();
    await this.exited;
  }

  private ended(): Error {
    return new Error(`${this.name} ${this.isEnding ? 'was ended' : 'ended by itself'}`);
  }
}

/**
 * What runs in the process of a program: its task, and a way to talk.
 *
 * @param work resolves when the program is ready, with what it does at its end, if anything
 */
export function runProgram<Task>(work: (task: Task) => Promise<(() => Promise<void>) | void>): void {
  let atEnd: () => Promise<void> = () => Promise.resolve();
  const fail = (error: unknown) => {
    console.error(error);
    process.exit(1);
  };
  // Without whoever started it there is nobody to work for.
  process.once('disconnect', () => void atEnd().then(() => process.exit(), fail));
  work(JSON.parse(process.argv[2]!) as Task).then((end) => (atEnd = end ?? atEnd), fail);
}

/** Says something to whoever started this program. */
export function say(word: object): void {
  process.send!(word);
}

/** Milliseconds of a clock that all processes of this machine share and that nobody sets. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
