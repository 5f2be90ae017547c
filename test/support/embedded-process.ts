import { ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface EmbeddedProcess {
  url: string;
  folder: string;
  /** What the process logged until it was in. */
  messages: string[];
  /** Leaves the server and ends. */
  leave(): Promise<void>;
  /** kill -9. */
  kill(): Promise<void>;
}

/** Another process that uses the embedded server of a data folder. @throws with what it wrote when it does not get in */
export async function startEmbeddedProcess(
  dataDir: string,
  env: NodeJS.ProcessEnv = process.env,
): Promise<EmbeddedProcess> {
  const child: ChildProcessWithoutNullStreams = spawn(
    process.execPath,
    [join(__dirname, 'run-ts.mjs'), join(__dirname, 'embedded-child.ts'), dataDir],
    { env },
  );
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  const exited = once(child, 'exit');
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const first = await lines.next();
  if (first.done === true) {
    await exited;
    throw new Error(`the process did not get in: ${errors}`);
  }
  const said = JSON.parse(first.value) as { url: string; folder: string; messages: string[] };
  return {
    ...said,
    async leave() {
      child.stdin.end();
      const [code] = (await exited) as [number | null];
      if (code !== 0) throw new Error(`the process ended with ${code}: ${errors}`);
    },
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
