import { execFile, ExecFileException } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { ROOT } from './support/repository.js';

jest.setTimeout(120_000);

let project: string;
const at = (file: string) => path.join(project, file);

beforeEach(() => {
  project = mkdtempSync(path.join(tmpdir(), 'rollcall-build-'));
  for (const file of [
    'tsconfig.json',
    'tsconfig.build.json',
    'package.json',
    'package-lock.json',
    'scripts',
  ]) {
    cpSync(path.join(ROOT, file), at(file), { recursive: true });
  }
  symlinkSync(path.join(ROOT, 'node_modules'), at('node_modules'), 'junction');
  for (const folder of ['src/connectors/alpha/testdata', 'migrations'])
    mkdirSync(at(folder), { recursive: true });
  writeFileSync(at('src/main.ts'), "import { word } from './word.js';\nconsole.log(word);\n");
  writeFileSync(at('src/word.ts'), "export const word: string = 'one';\n");
  writeFileSync(at('src/word.spec.ts'), '');
  writeFileSync(at('src/connectors/alpha/sample.yaml'), 'sources: []\n');
  writeFileSync(at('src/connectors/alpha/testdata/case.yaml'), 'why: it stays behind\n');
  writeFileSync(at('migrations/1-create.ts'), 'export const up = 1;\n');
});

afterEach(() => rmSync(project, { recursive: true, force: true }));

/** Builds if needed and answers what the built program prints. */
async function start(): Promise<string> {
  const code =
    "import('./scripts/build.mjs').then((b) => b.ensureBuilt()).then(() => import('./dist/src/main.js'))";
  return run(['--eval', code]);
}

function run(args: string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { cwd: project }, (error: ExecFileException | null, stdout, stderr) =>
      error ? reject(new Error(stderr)) : resolve(stdout.trim()),
    );
  });
}

describe('the build', () => {
  it('makes what runs, with the data files beside the code and without tests', async () => {
    expect(await start()).toBe('one');
    expect(existsSync(at('dist/migrations/1-create.js'))).toBe(true);
    expect(existsSync(at('dist/src/connectors/alpha/sample.yaml'))).toBe(true);
    expect(existsSync(at('dist/src/connectors/alpha/testdata'))).toBe(false);
    expect(existsSync(at('dist/src/word.spec.js'))).toBe(false);
  });

  it('happens again only when a source has changed, and leaves nothing of what is gone', async () => {
    await start();
    const built = statSync(at('dist/src/word.js')).ino;
    expect(await start()).toBe('one');
    expect(statSync(at('dist/src/word.js')).ino).toBe(built);

    rmSync(at('src/word.ts'));
    writeFileSync(at('src/main.ts'), "console.log('two');\n");
    expect(await start()).toBe('two');
    expect(existsSync(at('dist/src/word.js'))).toBe(false);
  });

  it('is done once and whole when several processes start at the same time', async () => {
    expect(await Promise.all([start(), start(), start()])).toEqual(['one', 'one', 'one']);
    const stamp = readFileSync(at('dist/.stamp'), 'utf8');
    writeFileSync(at('src/word.ts'), "export const word: string = 'two';\n");
    expect(await Promise.all([start(), start(), start()])).toEqual(['two', 'two', 'two']);
    expect(readFileSync(at('dist/.stamp'), 'utf8')).not.toBe(stamp);
  });

  it('says what does not compile and leaves the earlier build as it was', async () => {
    await start();
    writeFileSync(at('src/word.ts'), 'export const word: = ;\n');
    await expect(start()).rejects.toThrow(/src\/word\.ts\(1,20\): error TS/);
    expect(await run(['dist/src/main.js'])).toBe('one');
  });

  describe('of the dashboard', () => {
    beforeEach(() => {
      for (const folder of ['web', 'client/src']) mkdirSync(at(folder), { recursive: true });
      cpSync(path.join(ROOT, 'web/vite.config.mjs'), at('web/vite.config.mjs'));
      writeFileSync(at('web/index.html'), '<script type="module" src="./page.ts"></script>\n');
      writeFileSync(
        at('web/page.ts'),
        "import './page.css';\nimport { word } from './word';\nalert(word);\n",
      );
      writeFileSync(at('web/page.css'), 'body { color: red }\n');
      writeFileSync(at('web/word.ts'), "export const word: string = 'one';\n");
      writeFileSync(at('web/word.spec.ts'), '');
    });
    const files = () => readdirSync(at('dist/web/assets')).sort();

    it('names each file by what is in it, and has it compressed beside', async () => {
      await start();
      const script = files().find((name) => name.endsWith('.js'))!;
      const style = files().find((name) => name.endsWith('.css'))!;
      expect(files()).toEqual([script, style].flatMap((name) => [name, `${name}.br`, `${name}.gz`]).sort());
      expect([script, style].join()).toMatch(/^index-[\w-]{8}\.js,index-[\w-]{8}\.css$/);
      expect(readFileSync(at('dist/web/index.html'), 'utf8')).toContain(`src="./assets/${script}"`);
      const plain = readFileSync(at(`dist/web/assets/${script}`));
      expect(gunzipSync(readFileSync(at(`dist/web/assets/${script}.gz`)))).toEqual(plain);
      expect(brotliDecompressSync(readFileSync(at(`dist/web/assets/${script}.br`)))).toEqual(plain);
    });

    it('happens again only when something of it has changed, and leaves nothing of what is gone', async () => {
      await start();
      const [page, program] = [statSync(at('dist/web/index.html')).ino, statSync(at('dist/src/word.js')).ino];
      writeFileSync(at('web/word.spec.ts'), 'export {};\n');
      writeFileSync(at('src/word.ts'), "export const word: string = 'two';\n");
      expect(await start()).toBe('two');
      expect(statSync(at('dist/web/index.html')).ino).toBe(page);
      expect(statSync(at('dist/src/word.js')).ino).not.toBe(program);

      const before = files();
      writeFileSync(at('web/word.ts'), "export const word: string = 'two';\n");
      expect(await start()).toBe('two');
      expect(files()).toHaveLength(before.length);
      expect(files()).not.toEqual(before);
    });

    it('is done once when several processes start, and says what does not build', async () => {
      expect(await Promise.all([start(), start()])).toEqual(['one', 'one']);
      expect(files()).toHaveLength(6);
      const before = files();
      writeFileSync(at('web/word.ts'), 'export const word: = ;\n');
      await expect(start()).rejects.toThrow(/The dashboard does not build:[^]*word\.ts/);
      expect(files()).toEqual(before);
    });
  });

  it('is not attempted where only the build was shipped', async () => {
    await start();
    for (const folder of ['src', 'migrations']) rmSync(at(folder), { recursive: true });
    expect(await start()).toBe('one');
  });
});
