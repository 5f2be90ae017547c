import { Config } from './config.js';
import { needsToken } from './server-access.js';

test.each([
  ['127.0.0.1', 'tokens', false],
  ['127.8.9.10', 'tokens', false],
  ['::1', 'tokens', false],
  ['localhost', 'tokens', false],
  ['0.0.0.0', 'tokens', true],
  ['::', 'tokens', true],
  ['192.168.1.2', 'tokens', true],
  ['127.0.0.1.example.com', 'tokens', true],
  ['0.0.0.0', 'none', false],
] as const)('%s with auth %s needs a token: %p', (host, auth, expected) => {
  const server = { host, auth, oidc: null } as unknown as Config['server'];
  expect(needsToken({ server })).toBe(expected);
});

test('an identity provider gives tokens out: no other is needed', () => {
  const server = { host: '0.0.0.0', auth: 'tokens', oidc: {} } as unknown as Config['server'];
  expect(needsToken({ server })).toBe(false);
});
