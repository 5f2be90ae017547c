import { Ready, readyText } from './ready-text.js';

function ready(
  server: Partial<Ready['config']['server']>,
  over: Partial<Ready> = {},
  url: string | null = null,
): string {
  const config = {
    server: { auth: 'tokens', tokens: [], basePath: '', ...server },
    database: { url },
    sources: [{}],
  } as unknown as Ready['config'];
  return readyText({ url: 'http://127.0.0.1:8080', config, dataDir: '/srv/.rollcall', demo: false, ...over });
}

test('says where it is, how to ask for failed jobs, where the data are, and what to do next', () => {
  expect(ready({})).toBe(`
Rollcall is ready: 1 source
  open         http://127.0.0.1:8080/
  failed jobs  curl -H "Authorization: Bearer $ROLLCALL_TOKEN" "http://127.0.0.1:8080/api/v1/jobs?state=failed"
  data         /srv/.rollcall (embedded PostgreSQL)
  next         npx rollcall token create NAME   makes a token for the API
`);
});

test('the demo says that it is one, and needs no token', () => {
  const text = ready({ auth: 'none' }, { demo: true });
  expect(text).toMatch(/^DEMO: these jobs are simulated/m);
  expect(text).toContain('curl "http://127.0.0.1:8080/api/v1/jobs?state=failed"');
  expect(text).toContain('npx rollcall init');
});

test('a path in front and a database of the user’s own are told, its address is not', () => {
  const text = ready({ basePath: '/rollcall' }, {}, 'postgres://user:hunter2@db/rollcall');
  expect(text).toContain('open         http://127.0.0.1:8080/rollcall/');
  expect(text).not.toContain('hunter2');
});
