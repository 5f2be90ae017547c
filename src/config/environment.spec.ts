import { ConfigError } from '../domain/errors.js';
import { checkEnvironment, readEnvironment } from './environment.js';

test('nothing set gives the defaults', () => {
  expect(readEnvironment({}, '/srv')).toEqual({
    host: null,
    port: null,
    databaseUrl: null,
    roles: ['api', 'poller', 'notifier'],
    dataDir: '/srv/.rollcall',
    logLevel: 'info',
    tracing: null,
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
    tracing: null,
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

const COLLECTOR = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318' };

test.each([
  [COLLECTOR, { protocol: 'http/protobuf', sampler: 'parentbased_always_on', ratio: 1 }],
  [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://collector.example.com/v1/traces' }, {}],
  [{ OTEL_TRACES_EXPORTER: 'otlp' }, {}],
  [{ ...COLLECTOR, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json' }, { protocol: 'http/json' }],
  [
    { ...COLLECTOR, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: 'http/json' },
    { protocol: 'http/json' },
  ],
  [
    { ...COLLECTOR, OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.1' },
    { sampler: 'traceidratio', ratio: 0.1 },
  ],
])('%j traces', (env, settings) => {
  expect(readEnvironment(env, '/srv').tracing).toMatchObject(settings);
});

test.each([
  [{ ...COLLECTOR, OTEL_TRACES_EXPORTER: 'none' }],
  [{ ...COLLECTOR, OTEL_SDK_DISABLED: 'TRUE' }],
  // meant for other programs
  [{ OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc', OTEL_TRACES_SAMPLER: 'jaeger_remote' }],
])('%j traces nothing', (env) => {
  expect(readEnvironment(env as Record<string, string>, '/srv').tracing).toBeNull();
});

test('every fault of tracing is told, without the values', () => {
  const env = {
    OTEL_TRACES_EXPORTER: 'zipkin',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4317',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    OTEL_TRACES_SAMPLER: 'jaeger_remote',
    OTEL_TRACES_SAMPLER_ARG: '2',
  };
  const { faults } = checkEnvironment(env, '/srv');
  expect(faults.map(({ path, message }) => `${path}: ${message}`)).toEqual([
    'OTEL_TRACES_EXPORTER: expected otlp or none',
    'OTEL_EXPORTER_OTLP_ENDPOINT: expected an http or https address; or say OTEL_TRACES_EXPORTER=none',
    'OTEL_TRACES_SAMPLER_ARG: expected a number from 0 to 1',
    'OTEL_EXPORTER_OTLP_PROTOCOL: expected one of http/protobuf, http/json; or say OTEL_TRACES_EXPORTER=none',
    expect.stringMatching(
      /^OTEL_TRACES_SAMPLER: expected one of always_on, .*parentbased_traceidratio; or say/,
    ),
  ]);
});
