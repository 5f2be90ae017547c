// Who may import whom. One rule a folder: everything that the folder's line does not name is forbidden.
// test/architecture.spec.ts shows that every rule bites.

/** A folder's files, and what else of the project they may import (regular expressions over paths). */
const FOLDERS = {
  domain: { files: '^src/domain/', may: [] },
  metrics: { files: '^src/metrics/', may: [] },
  'connector-contract': {
    files: '^src/connectors/connector\\.ts$',
    may: ['^src/domain/', '^src/connectors/shared/'],
  },
  'connectors-shared': {
    files: '^src/connectors/shared/',
    may: ['^src/domain/', '^src/connectors/connector\\.ts$'],
  },
  // $1 is the platform: a connector never imports another platform's.
  'connector-platform': {
    files: '^src/connectors/(?!shared/)([^/]+)/',
    self: '^src/connectors/$1/',
    may: ['^src/domain/', '^src/connectors/connector\\.ts$', '^src/connectors/shared/'],
  },
  'connectors-registry': { files: '^src/connectors/[^/]+\\.ts$', may: ['^src/domain/', '^src/connectors/'] },
  config: { files: '^src/config/', may: ['^src/domain/', '^src/connectors/'] },
  // what everybody may call is one file without imports; what loads OpenTelemetry is for main.ts alone
  tracing: { files: '^src/tracing/', may: ['^src/config/', '^src/version\\.ts$'] },
  storage: { files: '^src/storage/', may: ['^src/domain/', '^src/tracing/tracer\\.ts$', '^migrations/'] },
  polling: {
    files: '^src/polling/',
    may: [
      '^src/domain/',
      '^src/config/',
      '^src/connectors/',
      '^src/storage/',
      '^src/metrics/',
      '^src/tracing/tracer\\.ts$',
      '^src/version\\.ts$',
    ],
  },
  explain: {
    files: '^src/explain/',
    may: ['^src/domain/', '^src/config/', '^src/connectors/', '^src/storage/'],
  },
  // the one way in which somebody who only looks reaches a platform: a visit, as refresh makes one
  preview: {
    files: '^src/preview/',
    may: [
      '^src/domain/',
      '^src/config/',
      '^src/connectors/',
      '^src/storage/',
      '^src/explain/',
      '^src/polling/(observer|refresh\\.service|source-runtimes|visit)\\.ts$',
    ],
  },
  replay: {
    files: '^src/replay/',
    may: ['^src/domain/', '^src/config/', '^src/connectors/', '^src/storage/', '^src/explain/'],
  },
  retention: { files: '^src/retention/', may: ['^src/domain/', '^src/config/', '^src/storage/'] },
  expectations: {
    files: '^src/expectations/',
    may: ['^src/domain/', '^src/config/', '^src/storage/'],
  },
  feed: { files: '^src/feed/', may: ['^src/domain/', '^src/config/', '^src/storage/', '^src/metrics/'] },
  api: {
    files: '^src/api/',
    may: [
      '^src/domain/',
      '^src/config/',
      '^src/storage/',
      '^src/explain/',
      '^src/preview/',
      '^src/feed/',
      '^src/metrics/',
      '^src/tracing/tracer\\.ts$',
      '^src/polling/refresh\\.service\\.ts$',
      '^src/version\\.ts$',
    ],
  },
  simulators: { files: '^src/simulators/', may: ['^src/domain/job-state\\.ts$'] },
  migrations: { files: '^migrations/', may: [] },
  client: { files: '^client/', may: [] },
  web: { files: '^web/', may: ['^client/src/'] },
};

const OURS = '^(src|test|bench|migrations|client|web)/';
const TEST_CODE = ['\\.spec\\.ts$', '^src/connectors/golden\\.ts$', '^(test|bench)/'];
/** A package by its name, installed or not. */
const packages = (names) => `(^|node_modules/)(${names})(/|$)`;

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...Object.entries(FOLDERS).map(([name, { files, self = files, may }]) => ({
      name,
      comment: `${files} may import ${may.length ? may.join(', ') : 'no other folder'}`,
      severity: 'error',
      from: { path: files },
      to: { path: OURS, pathNot: [self, ...may] },
    })),
    {
      name: 'no-circular',
      comment: 'two files that import each other are one file, or want a third',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'domain-is-plain',
      comment: 'the vocabulary is plain TypeScript: no framework, database, HTTP or file system',
      severity: 'error',
      from: { path: '^src/domain/', pathNot: TEST_CODE },
      to: {
        dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-no-pkg'],
        pathNot: [packages('luxon|uuid'), '^(node:)?(crypto|util)$'],
      },
    },
    {
      name: 'connectors-without-framework',
      comment: 'a connector is functions over HTTP and data: no Nest, no database',
      severity: 'error',
      from: { path: '^src/connectors/' },
      to: { path: packages('@nestjs|typeorm|pg') },
    },
    {
      name: 'client-stands-alone',
      comment: 'the client is a package of its own, and runs in a browser too',
      severity: 'error',
      from: { path: '^client/' },
      to: {
        dependencyTypes: ['core', 'npm', 'npm-dev', 'npm-no-pkg'],
        pathNot: packages('openapi-fetch'),
      },
    },
    {
      name: 'web-runs-in-a-browser',
      comment: 'the dashboard has no file system or process, and knows the service by its API alone',
      severity: 'error',
      from: { path: '^web/src/', pathNot: TEST_CODE },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'production-without-dev-packages',
      comment: '`npm install --omit=dev && npm start` has to work',
      severity: 'error',
      from: { path: '^(src|migrations|client|web)/', pathNot: TEST_CODE },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], pathNot: ['node_modules/@types/'] },
    },
    {
      name: 'no-unresolvable',
      comment: 'an import that leads nowhere',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'production-without-tests',
      severity: 'error',
      from: { path: '^(src|migrations)/' },
      to: { path: '^(test|bench|client|web)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true, // imports of types count: they are what makes one folder know another
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
