import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { validate } from 'dockerfile-utils';
import { repositoryFiles, ROOT } from './support/repository.js';

const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8');
const files = repositoryFiles();
const documents = files.filter((file) => file.endsWith('.md')).map((file) => ({ file, text: read(file) }));
const scripts = (JSON.parse(read('package.json')) as { scripts: Record<string, string> }).scripts;
const platforms = [
  ...new Set(files.flatMap((file) => /^src\/connectors\/(?!shared\/)([^/]+)\//.exec(file)?.[1] ?? [])),
];

/** Code is not prose: a link or a heading in it is an example. */
const prose = (text: string) => text.replace(/^(```|~~~)[^]*?^\1/gm, '').replace(/`[^`\n]*`/g, '');

/** Its counterpart: a command is named in code. */
const code = (text: string) => (text.match(/^(```|~~~)[^]*?^\1|`[^`\n]*`/gm) ?? []).join('\n');

/** GitHub's anchor of a heading. */
const anchor = (heading: string) =>
  heading
    .trim()
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .replace(/\s/g, '-');
const anchors = (text: string) =>
  [...text.replace(/^(```|~~~)[^]*?^\1/gm, '').matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    anchor(heading),
  );

describe('the documents', () => {
  it('name only commands that exist', () => {
    const builtIn = ['install', 'ci', 'start', 'test', 'view'];
    const named = documents.flatMap(({ file, text }) =>
      [...code(text).matchAll(/\bnpm (run )?([a-z][\w:-]*)/g)].map(([, run, name = '']) => ({
        file,
        run,
        name,
      })),
    );
    const unknown = named.filter(
      ({ run, name }) => !(name in scripts) && (run !== undefined || !builtIn.includes(name)),
    );
    expect(unknown).toEqual([]);
    expect(named.map(({ name }) => name)).toEqual(expect.arrayContaining(['install', 'start', 'test']));
  });

  it('name only scripts that exist', () => {
    const named = documents.flatMap(({ text }) => [...text.matchAll(/\bnode (scripts\/[\w.-]+)/g)]);
    expect(named.map(([, script = '']) => script).filter((script) => !files.includes(script))).toEqual([]);
  });

  it('link only to files and headings that exist', () => {
    const broken = documents.flatMap(({ file, text }) =>
      [...prose(text).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = '']) => {
        if (/^[a-z]+:/i.test(link)) return [];
        const [target = '', fragment] = link.split('#');
        const found = target === '' ? file : path.posix.join(path.posix.dirname(file), target);
        if (!existsSync(path.join(ROOT, found))) return [`${file}: ${link}`];
        const lost = fragment !== undefined && !anchors(read(found)).includes(fragment);
        return lost ? [`${file}: ${link}`] : [];
      }),
    );
    expect(broken).toEqual([]);
  });

  it('are each reachable from the README or the index of docs', () => {
    const indexes = ['README.md', 'docs/README.md', 'docs/decisions/README.md'];
    const linked = indexes.flatMap((index) =>
      [...read(index).matchAll(/\]\(([^)#\s]+)/g)].map(([, link = '']) =>
        path.posix.join(path.posix.dirname(index), link),
      ),
    );
    const pages = documents.map(({ file }) => file).filter((file) => file.startsWith('docs/'));
    expect(pages.filter((page) => !linked.includes(page) && page !== 'docs/README.md')).toEqual([]);
  });

  it('show the example configuration and every connector', () => {
    expect(read('README.md')).toContain('config.example.yaml');
    expect(platforms.length).toBeGreaterThan(0);
    const missing = (file: string, link: (platform: string) => string) =>
      platforms.filter((platform) => !read(file).includes(`](${link(platform)})`));
    expect(missing('README.md', (platform) => `docs/connectors/${platform}.md`)).toEqual([]);
    expect(missing('docs/README.md', (platform) => `connectors/${platform}.md`)).toEqual([]);
    expect(missing('docs/README.md', (platform) => `../src/connectors/${platform}/README.md`)).toEqual([]);
  });

  it('show the published documents beside the answer as it was recorded', () => {
    const check = [path.join(ROOT, 'scripts/readme-documents.mjs'), '--check'];
    expect(() => execFileSync(process.execPath, check, { stdio: 'pipe' })).not.toThrow();
  });
});

describe('the container files', () => {
  it('make a Dockerfile without a fault', () => {
    expect(
      validate(read('Dockerfile')).map(({ message, range }) => `${range.start.line + 1}: ${message}`),
    ).toEqual([]);
  });

  it('copy into the image only what is there and not left out', () => {
    const copied = [...read('Dockerfile').matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(([, from = '']) =>
      from.split(' '),
    );
    expect(copied.filter((file) => !existsSync(path.join(ROOT, file)))).toEqual([]);
    const included = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    expect([...new Set(copied)].sort()).toEqual(included.sort());
  });

  it('make a compose file that the schema and the linter accept', () => {
    const linter = path.join(ROOT, 'node_modules/dclint/bin/dclint.cjs');
    const lint = () =>
      execFileSync(process.execPath, [linter, '--quiet', 'docker-compose.yml'], { cwd: ROOT, stdio: 'pipe' });
    expect(lint).not.toThrow();
  });

  it('publish ports on the loopback address only', () => {
    const ports = [...read('docker-compose.yml').matchAll(/^ +- '([^']*:\d+)'$/gm)].map(([, port]) => port);
    expect(ports).toEqual(['127.0.0.1:8080:8080']);
  });
});
