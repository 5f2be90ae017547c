import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { startApi, TestApi } from './support/api.js';
import { testConfig } from './support/config.js';
import { createTestDatabase, TestDatabase } from './support/postgres.js';
import { ROOT } from './support/repository.js';

let test: TestDatabase;
let api: TestApi;

beforeAll(async () => {
  test = await createTestDatabase();
  const config = testConfig([]);
  config.server.auth = 'tokens';
  config.file = '/etc/rollcall/rollcall.yaml';
  api = await startApi(test.database, config);
});

afterAll(async () => {
  await api?.close();
  await test?.drop();
});

/** Paths of the files that a page names. */
function filesOf(page: string): string[] {
  return [...page.matchAll(/(?:src|href)="([^"]*\/assets\/[^"]+)"/g)].map(([, url]) => url!);
}

/** What the page is told about the service. */
function factsOf(page: string): unknown {
  const content = /<meta name="rollcall" content="([^"]*)"/.exec(page)![1]!;
  return JSON.parse(content.replaceAll('&quot;', '"').replaceAll('&lt;', '<').replaceAll('&amp;', '&'));
}

describe('the dashboard', () => {
  const PAGES = [
    '/',
    '/jobs',
    '/jobs/no-uuid',
    '/sources',
    '/sources/charts',
    '/sources/charts/preview',
    '/webhooks',
    '/alerts',
  ];

  it.each(PAGES)('is one page, which needs no token, at %s', async (path) => {
    const { status, headers, text } = await api.get(`${path}?state=failed`);
    expect([status, headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
    expect(text).toBe((await api.get('/')).text);
    expect((await api.send('HEAD', path)).status).toBe(200);
  });

  it('lets nothing run or style it but its own files', async () => {
    const { headers, text } = await api.get('/');
    expect(headers['content-security-policy']).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(text).not.toMatch(/<style|<script(?![^>]* src=)|\son\w+=|\sstyle=|https?:/);
  });

  it('is told what anybody may know, and nothing else', async () => {
    expect(factsOf((await api.get('/')).text)).toEqual({
      basePath: '',
      auth: 'tokens',
      demo: false,
      version: expect.stringMatching(/^\d+\.\d+\.\d+/) as string,
    });
  });

  it('is asked for again by a browser, and sent only when it is another', async () => {
    const { headers } = await api.get('/jobs');
    expect(headers['cache-control']).toBe('private, no-cache');
    const again = await api.get('/', { 'if-none-match': String(headers['etag']) });
    expect([again.status, again.text]).toEqual([304, '']);
  });

  it('has files that a browser keeps, as small as they get', async () => {
    const files = filesOf((await api.get('/')).text);
    expect(files.map((file) => file.split('.').pop()).sort()).toEqual(['css', 'js', 'svg']);
    for (const file of files) {
      for (const coding of ['br', 'gzip']) {
        const { status, headers } = await api.get(file, { 'accept-encoding': coding });
        expect([file, status, headers['content-encoding']]).toEqual([file, 200, coding]);
        expect(headers['cache-control']).toBe('public, max-age=31536000, immutable');
        expect(String(headers['vary'])).toContain('accept-encoding');
        expect(headers['x-content-type-options']).toBe('nosniff');
      }
    }
  });

  it('takes less than 200 kB in all', () => {
    const folder = join(ROOT, 'dist/web/assets');
    const compressed = readdirSync(folder).filter((name) => name.endsWith('.gz'));
    const total = compressed.reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
    expect(total).toBeGreaterThan(50_000);
    expect(total).toBeLessThan(200_000);
  });

  it('leaves every other path to the API', async () => {
    for (const path of [
      '/nowhere',
      '/jobs/a/b',
      '/api/v1/nowhere',
      '/assets/nothing.js',
      '/assets/../index.html',
    ]) {
      const { status, body } = await api.get(path);
      expect([path, status, body.type]).toEqual([path, 404, 'urn:rollcall:problem:not-found']);
    }
    const post = await api.send('POST', '/jobs');
    expect([post.status, post.headers['allow']]).toEqual([405, 'GET, HEAD, OPTIONS']);
  });

  it('stands under the base path with all that it names, and says when it is the demo', async () => {
    const config = testConfig([]);
    config.server.basePath = '/rollcall';
    const based = await startApi(test.database, config);
    const { text } = await based.get('/rollcall/jobs');
    expect(factsOf(text)).toMatchObject({ basePath: '/rollcall', auth: 'none', demo: true });
    for (const file of filesOf(text)) {
      expect(file).toMatch(/^\/rollcall\/assets\//);
      expect((await based.get(file)).status).toBe(200);
    }
    const typed = await based.get('/rollcall/');
    expect([typed.status, typed.headers['location']]).toEqual([308, '/rollcall']);
    expect((await based.get('/jobs')).status).toBe(404);
    await based.close();
  });
});
