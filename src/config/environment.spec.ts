import { ConfigError } from '../domain/errors.js';
import { readEnvironment } from './environment.js';

test('nothing set gives the defaults', () => {
  expect(readEnvironment({}, '/srv')).toEqual({
    host: null,
    port: null,
    databaseUrl: null,
    roles: ['api', 'poller', 'notifier'],
    dataDir: '/srv/.rollcall',
    logLevel: 'info',
  });
});

test('a variable that is set to nothing counts as not set', () => {
  const names = [
    'ROLLCALL_HOST',
    'ROLLCALL_PORT',
    'DATABASE_URL',
    'ROLLCALL_ROLES',
    'ROLLCALL_DATA_DIR',
    'LOG_LEVEL',
  ];
  const empty = Object.fromEntries(names.map((name) => [name, ' ']));
  expect(readEnvironment(empty, '/srv')).toEqual(readEnvironment({}, '/srv'));
});

test('everything set', () => {
  const env = {
    ROLLCALL_HOST: '::',
    ROLLCALL_PORT: '0',
    DATABASE_URL: 'postgresql:///rollcall?host=/run/postgresql',
    ROLLCALL_ROLES: 'poller, api',
    ROLLCALL_DATA_DIR: 'data',
    LOG_LEVEL: 'debug',
  };
  expect(readEnvironment(env, '/srv')).toEqual({
    host: '::',
    port: 0,
    databaseUrl: 'postgresql:///rollcall?host=/run/postgresql',
    roles: ['api', 'poller'],
    dataDir: '/srv/data',
    logLevel: 'debug',
  });
});

test.each([
  [{ ROLLCALL_PORT: '65536' }, 'ROLLCALL_PORT: expected a port number, 0 to 65535'],
  [{ ROLLCALL_PORT: '-1' }, 'ROLLCALL_PORT: expected a port number, 0 to 65535'],
  [{ ROLLCALL_ROLES: 'api,,poller' }, 'ROLLCALL_ROLES: unknown role; known here: api, poller, notifier'],
  [{ DATABASE_URL: 'hunter2' }, 'DATABASE_URL: expected an address such as postgres://user@host:5432/name'],
])('%j is a fault', (env, message) => {
  expect(() => readEnvironment(env as Record<string, string>, '/srv')).toThrow(ConfigError);
  expect(() => readEnvironment(env as Record<string, string>, '/srv')).toThrow(`environment: ${message}`);
});
