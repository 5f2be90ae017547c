import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Server } from 'node:http';
import { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { run } from '../src/cli.js';
import { Cli } from '../src/cli/cli.js';
import { doctorCommand } from '../src/cli/doctor.command.js';
import { parseManifest } from '../src/config/manifest-file.js';
import { ManualClock } from '../src/simulators/clock.js';
import { createTestDatabase, TestDatabase } from './support/postgres.js';

/**
 * Runs docs/connectors/tutorial.md from its top to its end: every file that it shows is written, every command run, and every output
 * compared. UPDATE_GOLDEN=1 writes the outputs into the page.
 */
const DOCS = join(__dirname, '..', 'docs', 'connectors');
const PAGE = join(DOCS, 'tutorial.md');
/** The port that the page names; the test's is another. */
const PORT = '4010';

const { createPrintShop, greeting } = jest.requireActual<{
  createPrintShop(clock: () => number): Server;
  greeting(port: number | string): string;
}>('../docs/connectors/tutorial/server.cjs');

class Terminal extends Writable {
  text = '';
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

const clock = new ManualClock(Date.UTC(2025, 5, 15, 10, 0, 0));
let shop: Server;
let port: string;
let folder: string;
let database: TestDatabase;
const env: Record<string, string> = {};

beforeAll(async () => {
  database = await createTestDatabase();
  env['DATABASE_URL'] = database.url;
  folder = mkdtempSync(join(tmpdir(), 'rollcall-tutorial-'));
  shop = createPrintShop(() => clock.now());
  await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve));
  port = String((shop.address() as AddressInfo).port);
});

afterAll(async () => {
  await new Promise<void>((resolve) => (shop.close(() => resolve()), shop.closeAllConnections()));
  rmSync(folder, { recursive: true });
  await database.drop();
});

/** What a command prints, standard error included, as a terminal shows it. */
async function output(command: string): Promise<string> {
  const [program, ...args] = words(command);
  const terminal = new Terminal();
  switch (program) {
    case 'node':
      return `${greeting(port)}\n`;
    case 'export': {
      const [name, value] = args[0]!.split('=') as [string, string];
      env[name] = value;
      return '';
    }
    case 'cp':
      copyFileSync(join(DOCS, 'tutorial', 'printshop.yaml'), join(folder, 'printshop.yaml'));
      return '';
    case 'curl':
      return `${await curl(args)}\n`;
    case 'rollcall': {
      const options = { env, cwd: folder, stdout: terminal, stderr: terminal };
      if (args[0] === 'doctor') await doctor(args.slice(1), options);
      else await run(args, options);
      return terminal.text;
    }
    default:
      throw new Error(`the test does not know how to run ${command}`);
  }
}

/** `'a b' c` → `a b`, `c` */
function words(command: string): string[] {
  return [...command.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
}

async function curl(args: readonly string[]): Promise<string> {
  const header = args[args.indexOf('-H') + 1]!;
  const [name, value] = header.split(': ') as [string, string];
  const response = await fetch(args.at(-1)!, { headers: { [name]: value } });
  return response.text();
}

/** With the shop's clock, which its pauses move. */
async function doctor(args: string[], options: ConstructorParameters<typeof Cli>[0]): Promise<void> {
  const cli = new Cli({ ...options, interruption: () => new AbortController().signal });
  const pause = (ms: number) => Promise.resolve(clock.advance(ms));
  await doctorCommand(cli, { clock: () => clock.now(), pause }).parseAsync(args, { from: 'user' });
  expect(cli.exitCode).toBe(0);
}

/** What is another at each run: ports, and how long something took. */
function steady(text: string): string {
  return (
    text
      .replaceAll(`127.0.0.1:${port}`, `127.0.0.1:${PORT}`)
      .replace(/\b\d+ ms$/gm, '5 ms')
      .replace(/(requests? in) [\dhms ]+$/gm, '$1 65ms')
      // The page shows one record; the others look the same.
      .replace(/^RECORD 2 OF [^]*?^(?=WARNINGS|NO WARNING)/m, '…\n\n')
      .replace(/[ \t]+$/gm, '')
  );
}

/** The page, with every output as it is now. */
async function played(page: string): Promise<string> {
  const parts = page.split(/^(```(?:console|yaml)\n[^]*?^```\n)/gm);
  const now: string[] = [];
  for (const part of parts) {
    const [, kind, text] = /^```(console|yaml)\n([^]*)```\n$/.exec(part) ?? [];
    if (kind === 'yaml') {
      const name = /^# (\S+)$/m.exec(text!)![1]!;
      writeFileSync(join(folder, name), text!.replaceAll(`:${PORT}`, `:${port}`));
    }
    now.push(kind === 'console' ? await playedConsole(text!) : part);
  }
  return now.join('');
}

async function playedConsole(text: string): Promise<string> {
  const commands = [...text.matchAll(/^\$ (.*)$/gm)].map(([, command]) => command!);
  let shown = '';
  for (const command of commands)
    shown += `$ ${command}\n${steady(await output(command.replaceAll(`:${PORT}`, `:${port}`)))}`;
  return `\`\`\`console\n${shown}\`\`\`\n`;
}

test('every command of the tutorial does what the page shows', async () => {
  const page = readFileSync(PAGE, 'utf8');
  const now = await played(page);
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(PAGE, now);
  expect(page.split('\n').filter((line) => line.startsWith('$ ')).length).toBeGreaterThan(8);
  expect(now).toBe(readFileSync(PAGE, 'utf8'));
});

test('the manifest that stands beside it is the last one of the page, without the filter', () => {
  const shipped = readFileSync(join(DOCS, 'tutorial', 'printshop.yaml'), 'utf8');
  const blocks = [...readFileSync(PAGE, 'utf8').matchAll(/```yaml\n# printshop\.yaml\n([^]*?)```/g)];
  const last = parseManifest(blocks.at(-1)![1]!, 'page').manifest!;
  const { manifest, faults } = parseManifest(shipped, 'printshop.yaml');
  expect(faults).toEqual([]);
  expect(last.lists[0]!.incremental).toBeDefined();
  expect(manifest).toEqual({
    ...last,
    lists: last.lists.map(({ incremental: _, ...list }) => list),
  });
});
