import { Attempt } from '../connectors/shared/undici-http-client.js';
import { ExchangeLog, requestText, secretsIn } from './exchange-log.js';

const attempt = (url: string, over: Partial<Attempt> = {}): Attempt => ({
  method: 'GET',
  url: new URL(url, 'http://jobs.example'),
  headers: { authorization: 'Bearer s3 cret' },
  sentAt: 1,
  ms: 7,
  answerHeaders: { etag: '"1"' },
  signal: AbortSignal.timeout(1_000),
  ...over,
});

function logged(url: string, secrets: string[] = ['s3 cret']): string {
  const log = new ExchangeLog(secrets);
  log.note(200, attempt(url));
  return requestText(log.exchanges[0]!);
}

test('no text of an address that holds a secret is kept, however it is written', () => {
  expect(logged('/runs?limit=5&key=s3+cret')).toBe('GET /runs?limit=5&key=***');
  expect(logged('/runs?key=x%20s3%20cret')).toBe('GET /runs?key=***');
  expect(logged('/of/s3%20cret/runs')).toBe('GET ***');
  // what cannot be decoded, and what was encoded twice
  expect(logged('/of/%zz/s3%20cret')).toBe('GET ***');
  expect(logged('/runs?key=s3%2520cret')).toBe('GET /runs?key=***');
  expect(logged('/runs', [])).toBe('GET /runs');
});

test('every text of an `auth` block is a secret', () => {
  expect(secretsIn({ clientId: 'a', more: { token: 'b' }, none: '' })).toEqual(['a', 'b']);
  expect(secretsIn(null)).toEqual([]);
});

test('what was sent can be sent again, unless it changed something', () => {
  const log = new ExchangeLog([]);
  log.note(200, attempt('/runs?limit=5'));
  log.note(null, attempt('/login', { method: 'POST', ms: null }));
  const [read, login] = log.exchanges;
  expect(log.again(read!)).toEqual({
    url: 'http://jobs.example/runs?limit=5',
    headers: { authorization: 'Bearer s3 cret' },
  });
  expect(log.again(login!)).toBeNull();
  expect(read).toMatchObject({ status: 200, ms: 7, sentAt: 1, headers: { etag: '"1"' } });
  expect(login).toMatchObject({ status: null, ms: null });
});
