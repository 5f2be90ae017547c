import { OpenAPIObject } from '@nestjs/swagger';
import fc from 'fast-check';
import { brokenEncoding, hostile, nested, percent } from './hostile.js';

/** A request as it goes over the wire. */
export interface FuzzRequest {
  /** What it is counted under. */
  operation: string;
  method: string;
  /** Path and query; characters to U+00FF, each a byte. */
  target: string;
  headers: Record<string, string>;
  body: Buffer | null;
}

/** What the service has, so that some requests meet it. */
export interface KnownThings {
  jobs: string[];
  /** Jobs that list an action. */
  actionable: string[];
  sources: string[];
  types: string[];
  tokens: string[];
  webhooks: string[];
  /** One of each of `webhooks`, in their order. */
  deliveries: string[];
  cursors: string[];
  etags: string[];
  /** Values of `Authorization`: the first one may do everything. */
  bearers: string[];
}

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']> & { requestBody?: object };
interface Schema {
  type?: string | string[];
  enum?: string[];
  items?: Schema;
  minimum?: number;
  maximum?: number;
  properties?: Record<string, Schema>;
}
interface Parameter {
  name: string;
  in: string;
  schema: Schema;
}

const EXPRESSIONS = [
  'state in (failed, missed) and (labels.team = "data" or duration > 2h)',
  'not (state = running) and createdAt > "2025-01-01T00:00:00Z"',
  'progress >= 0.5 or progress = null',
  'attributes.priority = 5',
  'name contains "a" and type != "b"',
];

/** Requests for every operation of the document, and for what is none, as likely as each other. */
export function requests(document: OpenAPIObject, known: KnownThings): fc.Arbitrary<FuzzRequest> {
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    (['get', 'post', 'patch', 'delete'] as const).flatMap((method) => {
      const operation = item[method] as Operation | undefined;
      return operation ? [requestFor(document, path, method.toUpperCase(), operation, known)] : [];
    }),
  );
  return fc.oneof(...operations, elsewhere(known));
}

/** What the placeholders of a path may lead to together: a delivery to the endpoint that it is of. */
function knownOf(path: string, known: KnownThings): KnownThings[] {
  if (path.includes('{delivery}'))
    return known.webhooks.map((webhook, index) => ({
      ...known,
      ...{ jobs: [webhook], deliveries: [known.deliveries[index]!] },
    }));
  if (path.startsWith('/api/v1/webhooks/')) return [{ ...known, jobs: known.webhooks }];
  return [path.includes('{action}') ? { ...known, jobs: known.actionable } : known];
}

function requestFor(
  document: OpenAPIObject,
  path: string,
  method: string,
  operation: Operation,
  known: KnownThings,
): fc.Arbitrary<FuzzRequest> {
  const parameters = (operation.parameters ?? []) as Parameter[];
  const inPath = parameters.filter((parameter) => parameter.in === 'path');
  const inQuery = parameters.filter((parameter) => parameter.in === 'query');
  const content = (
    operation.requestBody as { content?: Record<string, { schema: { $ref: string } }> } | undefined
  )?.content?.['application/json']?.schema.$ref;
  const body = content === undefined ? null : document.components!.schemas![content.split('/').pop()!]!;
  return fc
    .record({
      method: mostly(
        15,
        fc.constant(method),
        fc.constantFrom('HEAD', 'OPTIONS', 'PUT', 'PATCH', 'DELETE', 'POST', 'GET'),
      ),
      path: fc
        .constantFrom(...knownOf(path, known))
        .chain((place) => fc.tuple(...inPath.map((parameter) => pathValue(parameter, place))))
        .map((values) =>
          inPath.reduce((at, { name }, index) => at.replace(`{${name}}`, () => values[index]!), path),
        ),
      query: queryOf(inQuery, known),
      headers: headersOf(known),
      body:
        method === 'GET' ? fc.constant(null) : mostly(1, bodyOf(body as Schema | null), fc.constant(null)),
    })
    .map(({ method: asked, path: at, query, headers, body: sent }) => ({
      operation: asked === method ? operation.operationId! : '(another method)',
      method: asked,
      target: query === '' ? at : `${at}?${query}`,
      headers: { ...headers, ...sent?.headers },
      body: asked === 'GET' || asked === 'HEAD' ? null : (sent?.bytes ?? null),
    }));
}

/** Paths that nothing has, or nearly something. */
function elsewhere(known: KnownThings): fc.Arbitrary<FuzzRequest> {
  const segment = fc.oneof(
    hostile.map(percent),
    brokenEncoding,
    fc.constantFrom(
      'api',
      'v1',
      'jobs',
      'docs',
      'sources',
      '..',
      '.',
      '',
      'openapi.json',
      '%6Aobs',
      'JOBS',
      'health',
    ),
  );
  return fc
    .record({
      method: fc.constantFrom('GET', 'POST', 'HEAD', 'OPTIONS', 'DELETE', 'PUT', 'PROPFIND'),
      segments: fc.array(segment, { maxLength: 6 }),
      prefix: fc.constantFrom('/', '/api/v1/', '/api/v1/jobs/', '/docs/', '//', '/health/'),
      query: fc.oneof(
        fc.constant(''),
        hostile.map((value) => `?${percent(value)}`),
      ),
      headers: headersOf(known),
    })
    .map(({ method, segments, prefix, query, headers }) => ({
      operation: '(no operation)',
      method,
      target: `${prefix}${segments.join('/')}${query}`,
      headers,
      body: null,
    }));
}

/** `weight` times out of `weight + 1` the first. */
function mostly<T, U>(weight: number, usual: fc.Arbitrary<T>, odd: fc.Arbitrary<U>): fc.Arbitrary<T | U> {
  return fc.oneof({ weight, arbitrary: usual }, { weight: 1, arbitrary: odd });
}

function pick(values: readonly string[]): fc.Arbitrary<string> {
  return values.length === 0 ? fc.constant('none') : fc.constantFrom(...values);
}

function pathValue({ name, schema }: Parameter, known: KnownThings): fc.Arbitrary<string> {
  const values: Record<string, fc.Arbitrary<string>> = {
    id: fc.oneof(pick(known.jobs), fc.uuid()),
    key: pick(known.sources),
    name: pick(known.tokens),
    action: pick(schema.enum ?? []),
    delivery: pick(known.deliveries),
  };
  return fc.oneof(
    { weight: 8, arbitrary: (values[name] ?? fc.constant('x')).map(percent) },
    { weight: 2, arbitrary: hostile.map((value) => percent(value).replaceAll('%2F', '/')) },
    { weight: 1, arbitrary: brokenEncoding },
  );
}

function queryOf(parameters: readonly Parameter[], known: KnownThings): fc.Arbitrary<string> {
  const names = parameters.map(({ name }) => name);
  const wild = fc.oneof(
    ...(parameters.length > 0
      ? [
          {
            weight: 20,
            arbitrary: fc.constantFrom(...parameters).chain((one) => pieceOf(one, wildValue(one, known))),
          },
        ]
      : []),
    {
      weight: 1,
      arbitrary: fc.tuple(hostile, hostile).map(([name, value]) => `${percent(name)}=${percent(value)}`),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        ...['state[]=failed', 'state[__proto__]=x', '__proto__=x', 'a[b][c]=1', '=', '&&&', ';', '?'],
      ),
    },
    { weight: 1, arbitrary: fc.tuple(pick(names), brokenEncoding).map((pair) => pair.join('=')) },
  );
  const again = fc
    .tuple(wild, fc.integer({ min: 2, max: 300 }))
    .map(([one, times]) => Array(times).fill(one).join('&'));
  const tame = parameters.length > 0 ? tameQuery(parameters, known) : fc.constant('');
  return fc.oneof(
    { weight: 10, arbitrary: tame },
    { weight: 9, arbitrary: fc.array(wild, { maxLength: 4 }).map((pieces) => pieces.join('&')) },
    { weight: 1, arbitrary: again },
  );
}

/** Nothing in it is wrong by itself. */
function tameQuery(parameters: readonly Parameter[], known: KnownThings): fc.Arbitrary<string> {
  return fc
    .uniqueArray(fc.constantFrom(...parameters), { maxLength: 3 })
    .chain((some) => fc.tuple(...some.map((one) => pieceOf(one, validValue(one, known)))))
    .map((pieces) => pieces.join('&'));
}

function pieceOf({ name }: Parameter, value: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return value.map((text) => `${name}=${percent(text)}`);
}

function wildValue(parameter: Parameter, known: KnownThings): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 5, arbitrary: validValue(parameter, known) },
    { weight: 3, arbitrary: hostile },
    { weight: 1, arbitrary: nested },
    {
      weight: 1,
      arbitrary: fc.tuple(validValue(parameter, known), hostile).map((parts) => parts.join('')),
    },
  );
}

function validValue({ name, schema }: Parameter, known: KnownThings): fc.Arbitrary<string> {
  const words = schema.enum ?? schema.items?.enum;
  if (words)
    return fc.array(fc.constantFrom(...words), { minLength: 1, maxLength: 3 }).map((list) => list.join(','));
  if (name === 'cursor') return cursorOf(known);
  if (name === 'filter') return fc.oneof(pick(EXPRESSIONS), nested, expression());
  if (name === 'id' || name === 'parentId') return pick(known.jobs);
  if (name === 'source') return pick(known.sources);
  if (name === 'type') return pick(known.types);
  if (/Since$|Until$/.test(name))
    return pick(['-15m', '-1d', '2025-01-15T14:00:00Z', '1736950000000', '0001-01-01T00:00:00Z']);
  if (/Duration$/.test(name) || name === 'bucket') return pick(['1h', '30s', 'PT30S', '7d', '500ms']);
  if (name === 'label' || name === 'attribute') return pick(['team:data', 'priority:5', 'a:b:c']);
  if (schema.type === 'boolean') return pick(['true', 'false']);
  if (schema.type === 'integer')
    return fc.integer({ min: schema.minimum ?? 0, max: schema.maximum ?? 100 }).map(String);
  if (schema.type === 'number') return fc.double({ min: 0, max: 1, noNaN: true }).map(String);
  return fc.string({ maxLength: 12 });
}

/** What was given out, also changed in one place, and what never was. */
function cursorOf(known: KnownThings): fc.Arbitrary<string> {
  const changed = fc
    .tuple(pick(known.cursors), fc.nat(400), fc.constantFrom('A', '_', '=', '.'))
    .map(([cursor, at, by]) => {
      const place = at % cursor.length;
      return cursor.slice(0, place) + by + cursor.slice(place + 1);
    });
  const made = fc.json().map((json) => Buffer.from(json).toString('base64url'));
  return fc.oneof(pick(known.cursors), changed, made, fc.constant('A'.repeat(9_000)));
}

/** Expressions of the right words in any order. */
function expression(): fc.Arbitrary<string> {
  const word = fc.constantFrom(
    ...[
      'state',
      'type',
      'labels.team',
      'attributes."a b"',
      'duration',
      'progress',
      'createdAt',
      'owner',
      'nothing',
    ],
    ...['and', 'or', 'not', 'in', '(', ')', ',', '=', '!=', '<', '>=', 'contains', 'is', 'null', 'true'],
    ...[
      'failed',
      '"x"',
      '"\\"',
      "'y'",
      '1',
      '-1',
      '1e400',
      '2h',
      '-15m',
      '"2025-01-01T00:00:00Z"',
      '\u0000',
      'é',
    ],
  );
  return fc.array(word, { minLength: 1, maxLength: 40 }).map((words) => words.join(' '));
}

/** Most requests have a token, and few have more. */
function headersOf(known: KnownThings): fc.Arbitrary<Record<string, string>> {
  const odd = hostile.map(headerText);
  const authorization = fc.oneof(
    { weight: 14, arbitrary: fc.constant(known.bearers[0]!) },
    { weight: 4, arbitrary: pick(known.bearers) },
    { weight: 1, arbitrary: odd },
    { weight: 1, arbitrary: odd.map((text) => `Bearer ${text}`) },
  );
  const others = {
    accept: mostly(
      3,
      fc.constantFrom(
        ...['*/*', 'application/json', 'application/x-ndjson', 'text/csv'],
        'text/csv;q=0.1, application/json;q=0',
      ),
      odd,
    ),
    'if-none-match': fc.oneof(pick(known.etags), fc.constant('*'), odd, fc.constant('"a",'.repeat(2_000))),
    'accept-encoding': mostly(
      2,
      fc.constantFrom('gzip', 'br', 'identity;q=0', 'gzip;q=0, br;q=0, *;q=0'),
      odd,
    ),
    'x-forwarded-for': odd,
    'x-request-id': odd,
    origin: odd,
    range: fc.constantFrom('bytes=0-1', 'bytes=-99999999999999999999'),
    'x-http-method-override': fc.constantFrom('DELETE', 'POST'),
    'content-encoding': fc.constantFrom('gzip', 'br', 'x'),
    cookie: odd,
  };
  return fc.oneof(
    { weight: 3, arbitrary: fc.record({ authorization }) },
    { weight: 1, arbitrary: fc.record({ authorization, accept: others.accept }) },
    { weight: 1, arbitrary: fc.record({ authorization, ...others }, { requiredKeys: [] }) },
  ) as fc.Arbitrary<Record<string, string>>;
}

/** What may stand in a header. */
function headerText(text: string): string {
  return text.replace(/[^\t\x20-\x7e\x80-\xff]/g, '?').slice(0, 3_000);
}

const TAME_MEMBERS: Record<string, fc.Arbitrary<unknown>> = {
  name: fc.uuid(),
  scopes: fc.constantFrom(['jobs:read'], ['sources:read', 'jobs:act']),
  sources: fc.constantFrom(['charts'], null),
  expiresAt: fc.constantFrom('2035-01-01T00:00:00Z', null),
  until: fc.constantFrom('2035-01-01T00:00:00Z', null),
  url: fc.constantFrom('https://hooks.example.com/', 'https://hooks.example.com/a?b=c'),
  format: fc.constantFrom('plain', 'slack', 'alertmanager', 'cloudevents'),
  types: fc.constantFrom(['job.transitioned'], null),
  filter: fc.constantFrom({ state: 'failed' }, 'state=failed', { filter: 'duration > 1h', q: ['a b'] }, null),
  options: fc.constantFrom({}, null),
  secret: fc.constantFrom(null, `whsec_${'A'.repeat(32)}`),
  resolveAfter: fc.constantFrom('1h', 'PT30M', null),
  includeBackfill: fc.boolean(),
  enabled: fc.boolean(),
};

/** Nothing in it is wrong by itself. */
function tameBody(names: readonly string[]): fc.Arbitrary<object> {
  // exactly one of its members
  if (names.includes('deliveryId'))
    return fc.constantFrom({ since: '-1h' }, { since: '2026-01-15T10:00:00Z' });
  const members = names.map((name) => [name, TAME_MEMBERS[name] ?? fc.constant('x')]);
  return fc.record(Object.fromEntries(members) as Record<string, fc.Arbitrary<unknown>>, {
    requiredKeys: names.filter((name) => name === 'name' || name === 'url'),
  });
}

interface FuzzBody {
  bytes: Buffer;
  headers: Record<string, string>;
}

function bodyOf(schema: Schema | null): fc.Arbitrary<FuzzBody> {
  const names = Object.keys(schema?.properties ?? {});
  const value = fc.oneof(
    hostile,
    fc.jsonValue(),
    fc.constant(null),
    fc.constantFrom('2035-01-01T00:00:00Z', ['jobs:read'], ['charts'], 'a name', 1e308, -0, {}, []),
  );
  const object = fc
    .array(fc.tuple(mostly(5, pick(names), hostile), value), { maxLength: 4 })
    .map(
      (entries) =>
        `{${entries.map(([name, member]) => `${JSON.stringify(name)}:${JSON.stringify(member)}`).join(',')}}`,
    );
  const text = fc.oneof(
    { weight: 8, arbitrary: object },
    { weight: 1, arbitrary: fc.json() },
    { weight: 1, arbitrary: hostile },
    { weight: 1, arbitrary: nested },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        ...[
          '{"__proto__":{"polluted":1}}',
          '{"constructor":{"prototype":{"polluted":1}}}',
          '{"until":1,"until":2}',
        ],
        ...[
          '[',
          '{',
          '{}',
          'null',
          '0',
          '""',
          '\ufeff{}',
          '{"a":1}x',
          `${'['.repeat(30_000)}`,
          `{"name":"${'x'.repeat(66_000)}"}`,
        ],
        ...[`{"sources":[${'"x",'.repeat(1_001)}"x"]}`, `${'{"a":'.repeat(9_000)}1${'}'.repeat(9_000)}`],
      ),
    },
  );
  const bytes = fc.oneof(
    { weight: 8, arbitrary: tameBody(names).map((one) => Buffer.from(JSON.stringify(one))) },
    { weight: 12, arbitrary: text.map((one) => Buffer.from(one)) },
    { weight: 1, arbitrary: text.map((one) => Buffer.from(one, 'utf16le')) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((one) => Buffer.from(one)) },
  );
  const type = fc.oneof(
    { weight: 10, arbitrary: fc.constant('application/json') },
    {
      weight: 2,
      arbitrary: fc.constantFrom(
        ...[
          'application/json; charset=utf-16',
          'application/x-www-form-urlencoded',
          'multipart/form-data',
          'text/plain',
        ],
        ...[
          'application/merge-patch+json',
          'application/json;;',
          '',
          '/',
          'application/problem+json',
          'text/json',
        ],
      ),
    },
    { weight: 1, arbitrary: hostile.map(headerText) },
  );
  return fc.record({ bytes, type }).map(({ bytes: sent, type: named }) => ({
    bytes: sent,
    headers: { 'content-type': named },
  }));
}
