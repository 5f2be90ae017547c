import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { parse } from 'yaml';
import { z } from 'zod';
import { Connector, ConnectorSource } from './connector.js';
import {
  caseNames,
  GOLDEN_NOW,
  GoldenCase,
  loadCase,
  loadSample,
  collect,
  Outcome,
  replay,
  sourceOf,
} from './golden.js';
import { connectorOf } from './index.js';
import { extended } from './http/http.records.js';
import { SHIPPED_FOLDER, shippedManifests } from './http/manifest.js';
import { manifestFaults } from './http/manifest.rules.js';
import { ManifestInput, manifestSchema } from './http/manifest.schema.js';

/**
 * Every golden case of the built-in connectors, once more by the manifest of its platform. What differs is listed, with why, in
 * `builtin.differences.yaml`; the table of docs/connectors/manifest-comparison.md is made from it (`UPDATE_GOLDEN=1` writes the page).
 */

const CONNECTORS = __dirname;
const PAGE = join(__dirname, '..', '..', 'docs', 'connectors', 'manifest-comparison.md');
const PLATFORMS = ['vectorcharts', 'elastic-path', 'workfloplus', 'integrate-io', 'veeva-vault'] as const;
type Platform = (typeof PLATFORMS)[number];

const differencesSchema = z.strictObject({
  /** Why a manifest cannot say it, by a name. */
  reasons: z.record(z.string(), z.string().min(1)),
  /** By platform and case: what differs, and the reasons. What is not here is equal. */
  cases: z.record(
    z.enum(PLATFORMS),
    z.record(
      z.string(),
      z.strictObject({ differs: z.array(z.string()).min(1), why: z.array(z.string()).min(1) }),
    ),
  ),
});
const listed = differencesSchema.parse(
  parse(readFileSync(join(__dirname, 'http', 'builtin.differences.yaml'), 'utf8')),
);

// What `history` leaves out counts from our clock where a manifest reads, from the platform's in some connectors: here they are one.
beforeAll(() => jest.spyOn(Date, 'now').mockReturnValue(GOLDEN_NOW));
afterAll(() => jest.restoreAllMocks());

describe.each(PLATFORMS)('%s', (platform) => {
  const folder = join(CONNECTORS, platform);
  const differences = listed.cases[platform];

  test.each(caseNames(folder))('%s', async (name) => {
    expect(await compare(platform, name)).toEqual(differences[name]?.differs ?? []);
  });

  test('lists no case that is none, and no reason that is none', () => {
    expect(Object.keys(differences).filter((name) => !caseNames(folder).includes(name))).toEqual([]);
    const reasons = Object.values(differences).flatMap(({ why }) => why);
    expect(reasons.filter((reason) => !Object.hasOwn(listed.reasons, reason))).toEqual([]);
  });
});

test('gives every reason that it explains', () => {
  const used = new Set(
    PLATFORMS.flatMap((platform) => Object.values(listed.cases[platform])).flatMap(({ why }) => why),
  );
  expect(Object.keys(listed.reasons).filter((reason) => !used.has(reason))).toEqual([]);
});

test('the page has the table as it is (UPDATE_GOLDEN=1 writes it)', () => {
  if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(PAGE, page());
  expect(existsSync(PAGE) ? readFileSync(PAGE, 'utf8') : '').toBe(page());
});

test('every manifest that ships is on a page', () => {
  const pages = ['http.md', 'manifests.md']
    .map((name) => readFileSync(join(dirname(PAGE), name), 'utf8'))
    .join('');
  expect(shippedManifests().filter((name) => !pages.includes(`\`${name}\``))).toEqual([]);
});

/** What differs between the platform's connector and its manifest: requests, what the read proves, and fields of jobs. */
async function compare(platform: Platform, name: string): Promise<string[]> {
  const folder = join(CONNECTORS, platform);
  const { golden, exchanges } = loadCase(join(folder, 'testdata', name));
  const builtIn = connectorOf({ platform });
  const source = sourceOf(builtIn, loadSample(folder), golden.source);
  const seen: Seen[] = [];
  const ours = plain(await replay(recording(builtIn, seen), source, golden, exchanges));

  const manifest = manifestFor(platform, source);
  const connector = connectorOf({ platform: 'http', manifest });
  const given = sourceGiven(connector, source);
  if (golden.read === 'tasks') return ['tasks'];
  const read = { ...golden, bookmark: bookmarkOf(platform, golden) };
  try {
    const theirs = plain(await replay(connector, given, read, exchanges, sortedQuery));
    return outcomeDifferences(ours, theirs);
  } catch (error) {
    if (!/^(?:was not sent|not expected|sent )/.test((error as Error).message)) throw error;
    // Other requests: at least the records that were read are compared.
    const detailed = seen.map(({ record, shape }) => ({
      record: shape === 'detail' ? extended(record, manifest.one?.fields ?? {}) : record,
      shape,
    }));
    const theirs = plain(collect(connector, given, golden, detailed));
    return ['requests', ...reportDifferences(reportOf(ours), reportOf(theirs))];
  }
}

interface Seen {
  record: unknown;
  shape: 'list' | 'detail';
}

/** The connector; what it reads is kept as it was when redacted. */
function recording(connector: Connector, seen: Seen[]): Connector {
  return {
    ...connector,
    identify: (record, shape) => {
      seen.push({ record: structuredClone(record), shape });
      return connector.identify(record, shape);
    },
  };
}

function manifestFor(platform: Platform, { auth, options }: ConnectorSource): ManifestInput {
  const isOem = platform === 'vectorcharts' && (options as { variant: string }).variant === 'oem';
  const name = isOem ? 'vectorcharts-oem' : platform;
  const value = parse(readFileSync(join(SHIPPED_FOLDER, `${name}.yaml`), 'utf8')) as {
    errors?: { kind: string }[];
  };
  const other = otherAuth(platform, auth as object);
  const errors = (value.errors ?? []).map((rule) => ({
    ...rule,
    // A session that something else renews is refused like any credential.
    ...(other !== null && rule.kind === 'renew' ? { kind: 'authentication' } : {}),
  }));
  const manifest = other === null ? value : { ...value, auth: other, errors };
  expect(manifestFaults(manifest)).toEqual([]);
  return manifestSchema.parse(manifest);
}

/** What the comments of the manifests say to write for the other way in; null where the case uses the manifest's own. */
function otherAuth(platform: Platform, auth: object): unknown {
  if (platform === 'veeva-vault')
    return 'sessionId' in auth ? { type: 'header', headers: { Authorization: '{{auth.sessionId}}' } } : null;
  if (platform === 'elastic-path' || platform === 'workfloplus')
    return 'token' in auth ? { type: 'bearer' } : null;
  if (platform === 'vectorcharts' && 'username' in auth)
    return {
      type: 'session',
      login: {
        method: 'POST',
        path: '/api/portal/v1/auth/login',
        json: { username: '{{auth.username}}', password: '{{auth.password}}' },
      },
      session: 'token.id',
      headers: { Authorization: 'Bearer {{session}}' },
      logout: { method: 'POST', path: '/api/portal/v1/auth/logout' },
    };
  return null;
}

/** The case's source as one of the manifest: options that only the built-in connector has are left out. */
function sourceGiven(connector: Connector, source: ConnectorSource): ConnectorSource {
  const { variant: _, vaultId: __, ...options } = source.options as Record<string, unknown>;
  return {
    ...source,
    auth: connector.auth.parse(source.auth),
    options: connector.options.parse(options),
    pageSize: Math.min(source.pageSize, connector.limits.maxPageSize),
  };
}

const TIME_OF_BOOKMARK: Partial<Record<Platform, [list: string, field: string]>> = {
  'elastic-path': ['jobs', 'newest'],
  'integrate-io': ['jobs', 'updatedAt'],
  'veeva-vault': ['histories', 'createdAt'],
};

/** Where the case's read begins, in the form that manifests keep it in. */
function bookmarkOf(platform: Platform, { bookmark }: GoldenCase): GoldenCase['bookmark'] {
  const [list, field] = TIME_OF_BOOKMARK[platform] ?? [];
  if (list === undefined || field === undefined || bookmark === null) return null;
  const { [field]: newest, historyStart } = bookmark as Record<string, string | null>;
  return { newest: { [list]: newest ?? null }, historyStart: historyStart ?? null };
}

/** The order of parameters means nothing. */
function sortedQuery(address: string): string {
  const [path, query] = address.split('?');
  return query === undefined ? address : `${path}?${query.split('&').sort().join('&')}`;
}

type Facts = Record<string, unknown> & { rules: Record<string, string> };
interface Report {
  jobs: Facts[];
  rejects: unknown[];
  pages: { skippedOld: number }[];
  result?: Record<string, unknown> | null;
  [beside: string]: unknown;
}

function outcomeDifferences(ours: Outcome, theirs: Outcome): string[] {
  const [fault, other] = [ours.expectedError, theirs.expectedError] as (
    Record<string, unknown> | undefined
  )[];
  const differs = ['kind', 'retryAfterMs'].filter((key) => fault?.[key] !== other?.[key]);
  return [
    ...differs.map((key) => `fault.${key}`),
    ...(differs.length === 0 ? reportDifferences(reportOf(ours), reportOf(theirs)) : []),
  ];
}

function reportOf({ expected, expectedError }: Outcome): Report {
  const before = (expectedError as { before?: unknown } | undefined)?.before;
  return { jobs: [], rejects: [], pages: [], ...((expected ?? before ?? {}) as Partial<Report>) };
}

function reportDifferences(ours: Report, theirs: Report): string[] {
  const differs: string[] = [];
  const idsOf = ({ jobs }: Report) => jobs.map(({ externalId }) => externalId);
  if (!isDeepStrictEqual(idsOf(ours), idsOf(theirs))) differs.push('jobs');
  else ours.jobs.forEach((job, index) => differs.push(...jobDifferences(job, theirs.jobs[index]!)));
  if (!isDeepStrictEqual(ours.rejects, theirs.rejects)) differs.push('rejects');
  for (const beside of ['unread', 'incomplete'])
    if (!isDeepStrictEqual(ours[beside], theirs[beside])) differs.push(beside);
  if (ours.result !== undefined && theirs.result !== undefined) {
    const old = ({ pages }: Report) => pages.reduce((sum, { skippedOld }) => sum + skippedOld, 0);
    if (old(ours) !== old(theirs)) differs.push('skippedOld');
    // Bookmarks are of a form of their own.
    for (const key of ['whole', 'provesChanges', 'truncated', 'upstreamTotal'])
      if (ours.result?.[key] !== theirs.result?.[key]) differs.push(`read.${key}`);
  }
  return [...new Set(differs)].sort();
}

function jobDifferences(ours: Facts, theirs: Facts): string[] {
  const fields = new Set([...Object.keys(ours), ...Object.keys(theirs)]);
  // How a field was decided names places in the manifest, or in the code.
  fields.delete('rules');
  return [...fields].flatMap((field) => {
    const [mine, other] = [ours[field], theirs[field]];
    if (field === 'attributes') return attributeDifferences(mine as object, other as object);
    // By whatever name: the times that decide which of two records is newer.
    if (field === 'evidence') return isDeepStrictEqual(instants(mine), instants(other)) ? [] : [field];
    if (isDeepStrictEqual(mine, other)) return [];
    // What a manifest has no rule for, no record can have given.
    const without = theirs.rules[field]?.includes('has no rule for it') === true;
    return without && isNothing(mine) ? [] : [field];
  });
}

function attributeDifferences(ours: object, theirs: object): string[] {
  const [mine, other] = [ours, theirs] as Record<string, unknown>[];
  return [...new Set([...Object.keys(ours), ...Object.keys(theirs)])]
    .filter((key) => !isDeepStrictEqual(mine![key], other![key]))
    .map((key) => `attributes.${key}`);
}

function instants(evidence: unknown): unknown[] {
  return [...new Set(Object.values(evidence as object))].sort();
}

function isNothing(value: unknown): boolean {
  return (
    value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0)
  );
}

function plain(outcome: Outcome): Outcome {
  return JSON.parse(JSON.stringify(outcome)) as Outcome;
}

const INTRODUCTION = `# Manifests against built-in connectors

<!-- written by \`UPDATE_GOLDEN=1 npx jest src/connectors/manifest-comparison.spec.ts\` from \`src/connectors/http/builtin.differences.yaml\` -->

The five built-in platforms come as [manifests](manifests.md) as well: to copy from, and to show what the language can say. Every golden
case of a built-in connector is replayed by the manifest of its platform, with the same answers of the platform in place of the network.
Compared are the requests (the order of parameters left out), every field of every job, the rejects, the kind of a fault and how long to
wait, and what the read proves. Where a manifest sends other requests, the records that the connector read are compared. How a field was
decided (\`explain\`) and bookmarks are of a form of their own, and so are the words of faults.
`;

const BEYOND = `What no case shows: a manifest's list is read whole into memory; a change inside \`currentStep\` of WorkfloPlus other than its
\`updatedAt\` is no change of the job either, since an attribute is \`volatile\` as a whole; the Vault's burst allowance is spared by waiting,
not spread over its window.
`;

function page(): string {
  const rows = PLATFORMS.map((platform) => {
    const all = caseNames(join(CONNECTORS, platform)).length;
    const other = Object.keys(listed.cases[platform]).length;
    return `| ${platform} | ${all} | ${all - other} | ${other} |`;
  });
  const tables = PLATFORMS.map((platform) => {
    const differing = Object.entries(listed.cases[platform]).map(
      ([name, { differs, why }]) =>
        `| \`${name}\` | ${differs.map((field) => `\`${field}\``).join(', ')} | ${why.map((reason) => `[${reason}](#${reason})`).join(', ')} |`,
    );
    return `## ${platform}\n\n| case | what differs | why |\n| --- | --- | --- |\n${differing.join('\n')}\n`;
  });
  const reasons = Object.entries(listed.reasons).map(([name, text]) => `### ${name}\n\n${text.trim()}\n`);
  return [
    INTRODUCTION,
    `| platform | cases | equal | not equal |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`,
    BEYOND,
    ...tables,
    '## What a manifest cannot say\n',
    ...reasons,
  ].join('\n');
}
