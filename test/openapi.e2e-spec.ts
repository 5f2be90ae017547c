import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { OpenAPIObject } from '@nestjs/swagger';
import { SourcesService } from '../src/api/sources/sources.service.js';
import { AnswerCheck, CheckedAnswer } from './openapi/answer-check.js';
import { openApiDocument } from './openapi/document.js';
import { TestApi, startApi } from './support/api.js';
import { takeFaults } from './support/checked-answers.js';
import { insertJob, insertSource } from './support/jobs.js';
import { TestDatabase, createTestDatabase } from './support/postgres.js';
import { ROOT } from './support/repository.js';
import { makeTestFolder } from './support/test-folder.js';

const run = promisify(execFile);

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']> & { 'x-required-scope'?: string };
interface Content {
  schema: { $ref?: string };
  example?: unknown;
  examples?: Record<string, { value: unknown }>;
}
interface Response {
  $ref?: string;
  description: string;
  content?: Record<string, Content>;
}

/** Nobody waits half a minute for it; the other is a form that clients ask for by its name, of the same text. */
const WITHOUT_EXAMPLE = ['RequestTimeout', 'getMetrics application/openmetrics-text'];

describe('the OpenAPI document', () => {
  let document: OpenAPIObject;
  let operations: { method: string; path: string; operation: Operation }[];
  let folder: string;

  beforeAll(async () => {
    folder = await makeTestFolder();
    document = await openApiDocument();
    operations = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]) => ({
        method,
        path,
        operation: operation as Operation,
      })),
    );
  });
  afterAll(() => rm(folder, { recursive: true }));

  const lint = async (shown: OpenAPIObject) => {
    const file = join(folder, 'openapi.json');
    await writeFile(file, JSON.stringify(shown));
    return run(process.execPath, ['scripts/openapi.mjs', 'lint', file], { cwd: ROOT }).then(
      ({ stdout }) => stdout,
      ({ stdout }: { stdout: string }) => stdout,
    );
  };

  it('is OpenAPI 3.1, and the linter has nothing to say of it', async () => {
    expect(document.openapi).toMatch(/^3\.1\./);
    expect(JSON.stringify(document)).not.toContain('"nullable"');
    expect(await lint(document)).toBe('0 problems\n');
  });

  it('is linted by rules that bite', async () => {
    const spoiled = structuredClone(document);
    delete spoiled.paths['/health/live']!.get!.operationId;
    Object.assign(spoiled.components!.schemas!['Poll']!, { nullable: true });
    expect(await lint(spoiled)).toMatch(/operation-operationId[^]*struct[^]*2 problems/);
  });

  it('says everything of every operation', () => {
    const lacking = operations.flatMap(({ method, path, operation }) => {
      const isPublic = path.startsWith('/health/');
      const responses = Object.values(operation.responses) as Response[];
      const parameters = operation.parameters as { name: string; description?: string; schema?: object }[];
      const told: Record<string, unknown> = {
        operationId: operation.operationId,
        summary: operation.summary,
        'one tag': operation.tags?.length === 1,
        security: operation.security?.length === (isPublic ? 0 : 1),
        scope: isPublic || operation['x-required-scope'],
        parameters: parameters.every(({ description, schema }) => description && schema),
        descriptions: responses.every(({ $ref, description }) => $ref ?? description),
        401: isPublic || operation.responses['401'],
        429: isPublic || operation.responses['429'],
        500: operation.responses['500'],
      };
      return Object.keys(told)
        .filter((name) => !told[name])
        .map((name) => `${method} ${path}: ${name}`);
    });
    expect(lacking).toEqual([]);
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('has closed shapes: whatever is ours has no other members than it names', () => {
    const open: string[] = [];
    const look = (place: string, schema: Record<string, unknown>) => {
      if (schema['properties'] !== undefined && schema['additionalProperties'] !== false) open.push(place);
      for (const [name, inner] of Object.entries(schema))
        if (typeof inner === 'object' && inner !== null)
          look(`${place}/${name}`, inner as Record<string, unknown>);
    };
    for (const [name, schema] of Object.entries(document.components!.schemas!))
      look(name, schema as Record<string, unknown>);
    expect(open).toEqual([]);
  });

  it('shows an example of every answer, and each is such an answer', () => {
    const check = new AnswerCheck(document);
    const answers = operations.flatMap(({ operation }) =>
      Object.values(operation.responses as Record<string, Response>).flatMap(({ content = {} }) =>
        Object.entries(content).map(([type, one]) => ({
          name: `${operation.operationId} ${type}`,
          type,
          one,
        })),
      ),
    );
    const refusals = Object.entries(document.components!.responses as Record<string, Response>).map(
      ([name, { content }]) => ({ name, type: 'application/problem+json', one: Object.values(content!)[0]! }),
    );
    const shown = [...answers, ...refusals].map(({ name, type, one }) => {
      const examples =
        one.example === undefined ? Object.values(one.examples ?? {}) : [{ value: one.example }];
      const wrong = examples.flatMap(({ value }) => check.ofExample(type, one.schema.$ref, value));
      return { name, count: examples.length, wrong };
    });
    expect(shown.filter(({ wrong }) => wrong.length > 0)).toEqual([]);
    const without = shown.filter(({ count }) => count === 0).map(({ name }) => name);
    expect(without.sort()).toEqual(WITHOUT_EXAMPLE.sort());
  });

  it('names no machine', () => {
    expect(JSON.stringify(document)).not.toMatch(/https?:\/\/(?:localhost|127\.)|\/home\/|\/tmp\//);
  });
});

describe('the check of every answer', () => {
  let test: TestDatabase;
  let api: TestApi;
  let check: AnswerCheck;

  beforeAll(async () => {
    test = await createTestDatabase();
    await insertSource(test.database, { key: 'charts' });
    await insertJob(test.database, { source: 'charts', externalId: 'a' });
    api = await startApi(test.database);
    check = new AnswerCheck(await openApiDocument());
  });
  afterEach(() => jest.restoreAllMocks());
  afterAll(async () => {
    await api?.close();
    await test?.drop();
  });

  const answerTo = async (url: string, headers: Record<string, string> = {}): Promise<CheckedAnswer> => {
    const { status, headers: given, text } = await api.get(url, headers);
    return { method: 'GET', url, status, headers: given, body: text };
  };

  it('lies behind every test of this kind', async () => {
    jest
      .spyOn(api.app.get(SourcesService, { strict: false }), 'get')
      .mockResolvedValue({ json: '{"key":"charts"}', stable: '' });
    await api.get('/api/v1/sources/charts');
    expect(takeFaults().join()).toContain(
      'GET /api/v1/sources/charts → 200: Source must have required property',
    );
    await api.get('/api/v1/sources');
    expect(takeFaults()).toEqual([]);
  });

  it('takes what is as the document says', async () => {
    for (const url of ['/api/v1/jobs', '/api/v1/jobs?fields=state', '/health/live', '/nowhere', '/docs'])
      expect(check.faults(await answerTo(url))).toEqual([]);
    for (const accept of ['text/csv', 'application/x-ndjson'])
      expect(check.faults(await answerTo('/api/v1/jobs', { accept }))).toEqual([]);
    const { etag } = (await api.get('/api/v1/sources')).headers;
    expect(check.faults(await answerTo('/api/v1/sources', { 'if-none-match': String(etag) }))).toEqual([]);
  });

  it.each<[string, string, (answer: CheckedAnswer) => CheckedAnswer]>([
    ['a member that is not named', '/api/v1/jobs', (one) => edit(one, { more: 1 })],
    [
      'a job without a field that was not left out',
      '/api/v1/jobs?fields=state',
      (one) => ({ ...one, url: '/api/v1/jobs' }),
    ],
    ['a time that is none', '/api/v1/sources/charts', (one) => edit(one, { since: '2025-01-01' })],
    ['a status that is not named', '/api/v1/sources', (one) => ({ ...one, status: 206 })],
    ['another media type', '/api/v1/sources', (one) => head(one, 'content-type', 'text/html')],
    ['no request id', '/api/v1/sources', (one) => head(one, 'x-request-id', undefined)],
    ['a strong ETag', '/api/v1/sources', (one) => head(one, 'etag', '"abc"')],
    ['a route that is not named', '/api/v1/sources', (one) => ({ ...one, url: '/api/v1/secrets' })],
    ['a problem of another status', '/api/v1/sources/none', (one) => edit(one, { status: 410 })],
    [
      'a problem of another type',
      '/api/v1/sources/none',
      (one) => edit(one, { type: 'urn:rollcall:problem:conflict' }),
    ],
    ['a 400 without its faults', '/api/v1/jobs?limit=0', (one) => edit(one, { errors: undefined })],
    ['a refusal that is no problem', '/nowhere', (one) => head(one, 'content-type', 'application/json')],
    ['a body where there is none', '/api/v1/sources', (one) => ({ ...one, status: 304 })],
    ['what is no JSON', '/api/v1/sources', (one) => ({ ...one, body: `${one.body}}` })],
  ])('finds %s', async (_, url, spoil) => {
    const answer = await answerTo(url);
    expect(check.faults(answer)).toEqual([]);
    expect(check.faults(spoil(answer))).not.toEqual([]);
  });
});

function edit(answer: CheckedAnswer, members: object): CheckedAnswer {
  return { ...answer, body: JSON.stringify({ ...(JSON.parse(answer.body) as object), ...members }) };
}

function head(answer: CheckedAnswer, name: string, value: string | undefined): CheckedAnswer {
  return { ...answer, headers: { ...answer.headers, [name]: value } };
}
