import { ModulesContainer } from '@nestjs/core';
import { Client } from 'pg';
import { ACCESS, PUBLIC } from '../src/api/access/access.js';
import { SCOPES, Scope } from '../src/config/config.js';
import { TokenStore } from '../src/storage/token.store.js';
import { Answer, TestApi, startApi } from './support/api.js';
import { testConfig } from './support/config.js';
import { append } from './support/events.js';
import { insertJob, insertSource, insertTransition } from './support/jobs.js';
import { TestDatabase, createTestDatabase } from './support/postgres.js';

/**
 * Every route of the OpenAPI document, asked by everybody who may not use it. Nothing here names a route to be tested: a new one is
 * tested as soon as it is documented, and fails until the tables below say what its path and its body lead to.
 */

/** What a path or a body may lead to: what the caller may see, what is there for others only, and what is not there. */
type Place = 'seen' | 'hidden' | 'absent';

const SOURCES: Record<Place, string> = { seen: 'charts', hidden: 'vault', absent: 'nowhere' };
const TOKENS: Record<Place, string> = { seen: 'limited', hidden: 'everything', absent: 'nobody' };
const WEBHOOKS: Record<Place, string> = {
  seen: '00000000-0000-4000-8000-000000000001',
  hidden: '00000000-0000-4000-8000-000000000002',
  absent: '00000000-0000-4000-8000-000000000003',
};
const JOBS: Record<Place, string> = { seen: '', hidden: '', absent: '00000000-0000-4000-8000-000000000000' };

/** Where the placeholders of a path lead, by how the path begins. */
const PLACES: { path: string; values: (place: Place) => Record<string, string> }[] = [
  { path: '/api/v1/jobs/{id}', values: (place) => ({ id: JOBS[place], action: 'cancel' }) },
  { path: '/api/v1/sources/{key}', values: (place) => ({ key: SOURCES[place] }) },
  { path: '/api/v1/tokens/{name}', values: (place) => ({ name: TOKENS[place] }) },
  {
    path: '/api/v1/webhooks/{id}',
    values: (place) => ({ id: WEBHOOKS[place], delivery: deliveryOf(WEBHOOKS[place]) }),
  },
];

const deliveryOf = (webhook: string) => `msg_${webhook}`;

/** A valid body, where a route needs one. */
const BODIES: Record<string, (place: Place) => object> = {
  'POST /api/v1/tokens': (place) => ({ name: `made-${place}`, sources: [SOURCES[place]] }),
  'POST /api/v1/webhooks': (place) => ({
    name: `made-${place}`,
    url: 'https://hooks.example.com/',
    filter: { source: SOURCES[place] },
  }),
  'PATCH /api/v1/webhooks/{id}': () => ({ includeBackfill: true }),
  'POST /api/v1/webhooks/{id}/replay': (place) => ({ deliveryId: deliveryOf(WEBHOOKS[place]) }),
};

/** Questions of a list that could tell of what they leave out. */
const QUESTIONS: Record<string, string[]> = {
  '/api/v1/jobs': [
    ...['count=exact', 'source=vault&count=exact', 'sort=-changedAt&limit=1', 'state=failed', 'latest=true'],
    ...['platform=veeva-vault', 'q=secret', 'owner=mallory'],
  ],
  '/api/v1/jobs/summary': ['groupBy=source,state', 'groupBy=platform', 'groupBy=type&stats=duration'],
  '/api/v1/rejects': ['source=vault'],
  '/api/v1/alerts': ['source=vault', 'name=rule%20of%20vault', 'state=firing', 'limit=1'],
  '/api/v1/events': [
    ...['source=vault', 'after=latest', 'types=source.health', 'limit=1', 'q=secret', 'platform=veeva-vault'],
    ...['label=team:vault', `filter=${encodeURIComponent('not (source = charts)')}`],
  ],
};

/** Members that a clock or chance decides. Their names are compared all the same. */
const VOLATILE = new Set(['lagMs', 'changedThrough', 'next', 'prev', 'feed', 'token', 'lastUsedAt']);
const VOLATILE_HEADERS = ['x-request-id', 'date', 'content-length', 'ratelimit'];

const BEGUN = new Date().toISOString();

interface Operation {
  method: string;
  path: string;
  scope: Scope;
  /** Media types of its answer. */
  accepts: string[];
  hasBody: boolean;
}

interface World {
  test: TestDatabase;
  api: TestApi;
  bearer: Record<string, string>;
}

const worlds: World[] = [];
let full: World;
let bare: World;
let operations: Operation[];

/** A world in which one source is hidden from the limited tokens, or the same without that source. */
async function createWorld({ hidden }: { hidden: boolean }): Promise<World> {
  const test = await createTestDatabase();
  const { database } = test;
  const sources = hidden ? ['charts', 'vault'] : ['charts'];
  for (const key of sources) {
    const platform = key === 'vault' ? 'veeva-vault' : 'vectorcharts';
    const health = key === 'vault' ? 'failing' : 'healthy';
    await insertSource(database, { key, platform, health, labels: { team: key } });
    for (const externalId of ['1', '2']) {
      const id = await insertJob(database, {
        ...{
          source: key,
          externalId,
          platform,
          type: `type of ${key}`,
          owner: key === 'vault' ? 'mallory' : 'ann',
        },
        ...{
          name: key === 'vault' ? 'secret' : 'plain',
          state: 'failed',
          createdAt: `2025-01-0${externalId}T00:00:00Z`,
        },
        ...{
          startedAt: '2025-01-01T00:00:00Z',
          finishedAt: '2025-01-01T01:00:00Z',
          updatedAt: '2025-01-01T01:00:00Z',
        },
      });
      if (externalId === '1') JOBS[key === 'vault' ? 'hidden' : 'seen'] = id;
      await insertTransition(database, id, 1, null, 'failed');
    }
    await database.query(
      `INSERT INTO rollcall.reject (id, source_key, digest, reasons, first_seen_at, last_seen_at, payload)
       VALUES ($2, $1, '\\x01', '{no id}', '2025-01-01', '2025-01-01', '{}')`,
      [key, key === 'vault' ? JOBS.hidden : JOBS.seen],
    );
    await database.query(
      `INSERT INTO rollcall.expectation_breach (id, rule, kind, source_key, subject, since, fired_at, value, limit_value, message)
       VALUES ($2, 'rule of ' || $1::text, 'queue', $1, '', '2025-01-01', '2025-01-01', 2, 1, '')`,
      [key, key === 'vault' ? JOBS.hidden : JOBS.seen],
    );
  }
  await database.query(
    `UPDATE rollcall.source SET complete_through = $1, proven_at = $1, last_poll_at = $1, last_success_at = $1,
       open_round_at = $1`,
    [BEGUN],
  );
  for (const source of [...sources, ...sources]) {
    const isHidden = source === 'vault';
    const job = { externalId: '1', name: isHidden ? 'secret' : 'plain', owner: isHidden ? 'mallory' : 'ann' };
    await append(database, { source, job, labels: { team: source } }, { type: 'source.health', source });
  }
  for (const place of hidden ? (['seen', 'hidden'] as const) : (['seen'] as const)) {
    await database.query(
      `INSERT INTO rollcall.webhook (id, name, url, secret, sources, position, created_at, updated_at)
       VALUES ($1::uuid, $2, 'https://hooks.example.com/' || $3, 'whsec_', $4, 0, '2025-01-01', '2025-01-01')`,
      [
        WEBHOOKS[place],
        place === 'seen' ? 'plain' : 'secret',
        SOURCES[place],
        place === 'seen' ? [SOURCES.seen] : null,
      ],
    );
    await database.query(
      `INSERT INTO rollcall.webhook_delivery (id, webhook_id, lane, head, type, body, next_attempt_at, created_at)
       VALUES ($1, $2, $1, true, 'webhook.test', '{}', '2025-01-01', '2025-01-01')`,
      [deliveryOf(WEBHOOKS[place]), WEBHOOKS[place]],
    );
  }
  const tokens = new TokenStore(database);
  const bearer: Record<string, string> = { garbage: `rc_${'x'.repeat(43)}` };
  const make = async (name: string, scopes: readonly Scope[], limit: string[] | null, expiresAt?: Date) => {
    bearer[name] = (
      await tokens.create({ name, scopes, sources: limit, expiresAt: expiresAt ?? null })
    ).token;
  };
  await make('limited', SCOPES, ['charts']);
  if (hidden) {
    await make('everything', SCOPES, null);
    await make('expired', SCOPES, null, new Date(Date.now() - 1_000));
    await make('revoked', SCOPES, null);
    await tokens.revoke('revoked');
    for (const scope of SCOPES)
      await make(
        `without ${scope}`,
        SCOPES.filter((one) => one !== scope),
        null,
      );
  }
  await database.query("UPDATE rollcall.token SET created_at = '2025-01-01', last_used_at = now()");
  await database.query(
    `INSERT INTO rollcall.audit (id, kind, at, actor, actor_sources, method, path)
     SELECT gen_random_uuid(), 'act', '2025-01-01', 'everything', NULL, 'POST', '/' FROM generate_series(1, $1)`,
    [hidden ? 3 : 0],
  );
  await database.query(
    `INSERT INTO rollcall.audit (id, kind, at, actor, actor_sources, method, path)
     VALUES ($1, 'act', '2025-01-01', 'limited', '{charts}', 'POST', '/')`,
    [JOBS.seen],
  );
  const config = testConfig([]);
  config.server.auth = 'tokens';
  const world = { test, api: await startApi(database, config), bearer };
  worlds.push(world);
  return world;
}

beforeAll(async () => {
  full = await createWorld({ hidden: true });
  bare = await createWorld({ hidden: false });
  operations = await readOperations(full.api);
});
afterAll(async () => {
  for (const { api, test } of worlds) {
    await api.close();
    await test.drop();
  }
});

async function readOperations(api: TestApi): Promise<Operation[]> {
  const { body } = await api.get('/openapi.json');
  type Documented = {
    security?: object[];
    'x-required-scope'?: Scope;
    requestBody?: { required?: boolean };
    responses: Record<string, { content?: Record<string, unknown> }>;
  };
  const paths = Object.entries(body.paths as Record<string, Record<string, Documented>>);
  return paths.flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, { security }]) => security === undefined || security.length > 0)
      .map(([method, documented]) => ({
        method: method.toUpperCase(),
        path,
        scope: documented['x-required-scope']!,
        accepts: Object.keys(documented.responses['200']?.content ?? {}),
        hasBody: documented.requestBody?.required === true,
      })),
  );
}

/** An answer without an end is asked for its head, where it would begin; what it says then is in stream.e2e-spec.ts. */
const ending = (operation: Operation): Operation =>
  operation.accepts.includes('text/event-stream') ? { ...operation, method: 'HEAD' } : operation;

const nameOf = ({ method, path }: Operation) => `${method} ${path}`;

function urlOf({ path }: Operation, place: Place): string {
  const known = PLACES.find(({ path: start }) => path === start || path.startsWith(`${start}/`));
  return path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = known?.values(place)[name];
    if (value === undefined) throw new Error(`${path}: say in PLACES what {${name}} leads to`);
    return value;
  });
}

/** Places that make a difference to a route. */
function placesOf(operation: Operation): Place[] {
  return leadsSomewhere(operation) ? ['seen', 'hidden', 'absent'] : ['seen'];
}

const leadsSomewhere = (operation: Operation) => operation.path.includes('{') || operation.hasBody;

function ask(
  { api, bearer }: World,
  operation: Operation,
  place: Place,
  as: string | null,
  { search = '', headers = {} }: { search?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const body = operation.hasBody ? BODIES[nameOf(operation)] : undefined;
  if (operation.hasBody && body === undefined)
    throw new Error(`${nameOf(operation)}: say in BODIES what a valid body is`);
  return api.send(operation.method, `${urlOf(operation, place)}${search}`, {
    headers: { ...(as === null ? {} : { authorization: `Bearer ${bearer[as]}` }), ...headers },
    ...(body === undefined ? {} : { payload: body(place) }),
  });
}

/** An answer without what the question itself said, and without what a clock or chance decides. */
function plain(operation: Operation, place: Place, { status, headers, body, text }: Answer): object {
  const echoes = [WEBHOOKS[place], JOBS[place], SOURCES[place], TOKENS[place]];
  const clean = (value: string) =>
    echoes
      .reduce((left, echo) => left.replaceAll(echo, '…'), value.replaceAll(urlOf(operation, place), '<path>'))
      .replaceAll(/(cursor|after)=[^>&]*/g, '$1=…')
      // an event's cursor is another text in every installation
      .replaceAll(/"id":"[\w-]{22}"/g, '"id":"~"');
  const shown =
    body === undefined
      ? text
      : JSON.stringify(body, (key, value: unknown) => (VOLATILE.has(key) && value !== null ? '~' : value));
  const kept = Object.entries(headers).filter(([name]) => !VOLATILE_HEADERS.includes(name));
  return { status, headers: clean(JSON.stringify(kept)), body: clean(shown) };
}

describe('every route of the document', () => {
  it('is known here: its scope, where its path leads, what its body is', () => {
    expect(operations.length).toBeGreaterThan(15);
    for (const operation of operations) {
      expect([nameOf(operation), SCOPES]).toEqual([
        nameOf(operation),
        expect.arrayContaining([operation.scope]),
      ]);
      for (const place of placesOf(operation)) expect(urlOf(operation, place)).not.toMatch(/[{}]/);
      if (operation.hasBody) expect(Object.keys(BODIES)).toContain(nameOf(operation));
    }
    const names = operations.map(nameOf);
    expect(names).toEqual(expect.arrayContaining(Object.keys(BODIES)));
    expect(operations.map(({ path }) => path)).toEqual(expect.arrayContaining(Object.keys(QUESTIONS)));
  });

  it('is every route that is not public: none is left out of the document', () => {
    const controllers = [...full.api.app.get(ModulesContainer).values()].flatMap((module) => [
      ...module.controllers.values(),
    ]);
    const guarded = controllers.flatMap(({ metatype, name }) => {
      const type = metatype as { prototype: Record<string, object> };
      return Object.getOwnPropertyNames(type.prototype)
        .map((method) => ({ method, handler: type.prototype[method]! }))
        .filter(({ handler }) => Reflect.hasMetadata('method', handler))
        .filter(
          ({ handler }) =>
            (Reflect.getMetadata(ACCESS, handler) ?? Reflect.getMetadata(ACCESS, type)) !== PUBLIC,
        )
        .map(({ method }) => `${String(name)}.${method}`);
    });
    expect([guarded, guarded.length]).toEqual([guarded, operations.length]);
  });

  it('is 401 without a valid token, whatever is there, and says the same of every token that is not valid', async () => {
    for (const operation of operations) {
      for (const method of operation.method === 'GET' ? ['GET', 'HEAD'] : [operation.method]) {
        const asked = { ...operation, method };
        const missing = await ask(full, asked, 'seen', null);
        expect([nameOf(asked), missing.status, missing.headers['www-authenticate']]).toEqual([
          nameOf(asked),
          401,
          'Bearer',
        ]);
        const expected = plain(asked, 'seen', await ask(full, asked, 'seen', 'garbage'));
        expect(expected).toMatchObject({ status: 401 });
        for (const place of placesOf(asked)) {
          for (const name of ['garbage', 'expired', 'revoked'])
            expect([nameOf(asked), name, plain(asked, place, await ask(full, asked, place, name))]).toEqual([
              nameOf(asked),
              name,
              expected,
            ]);
          expect(plain(asked, place, await ask(full, asked, place, null))).toEqual(
            plain(asked, 'seen', missing),
          );
        }
      }
    }
  });

  it('is 403 without its scope, whatever is there', async () => {
    for (const operation of operations) {
      const as = `without ${operation.scope}`;
      const expected = plain(operation, 'seen', await ask(full, operation, 'seen', as));
      expect([nameOf(operation), expected]).toEqual([
        nameOf(operation),
        expect.objectContaining({ status: 403 }),
      ]);
      for (const place of placesOf(operation))
        expect([nameOf(operation), plain(operation, place, await ask(full, operation, place, as))]).toEqual([
          nameOf(operation),
          expected,
        ]);
    }
  });

  it('answers what is there for others like what is not there: status, headers, body, and the statements that find out', async () => {
    const frozen = jest.spyOn(performance, 'now').mockReturnValue(performance.now());
    try {
      for (const operation of operations.filter(leadsSomewhere)) {
        const outcome = async (place: Place) => {
          const { statements, result } = await recording(() => ask(full, operation, place, 'limited'));
          return { statements, answer: plain(operation, place, result) };
        };
        // what a process keeps for later is there before the first comparison
        await outcome('absent');
        const [hidden, absent] = [await outcome('hidden'), await outcome('absent')];
        expect([nameOf(operation), hidden]).toEqual([nameOf(operation), absent]);
        expect([400, 404]).toContain((absent.answer as { status: number }).status);
        expect(absent.statements.length).toBeGreaterThan(1);
      }
    } finally {
      frozen.mockRestore();
    }
  });

  it('did nothing of what it refused', async () => {
    const acts = await full.test.database.query(
      `SELECT path, status FROM rollcall.audit WHERE kind = 'act' AND path <> '/' AND status NOT IN (400, 404)`,
    );
    expect(acts).toEqual([]);
    const changed = await full.test.database.query(
      'SELECT key FROM rollcall.source WHERE paused_at IS NOT NULL OR requested_poll IS NOT NULL',
    );
    expect(changed).toEqual([]);
    expect(
      await full.test.database.query(
        'SELECT id FROM rollcall.webhook WHERE name IN ($1, $2) OR include_backfill OR NOT enabled',
        ['made-hidden', 'made-absent'],
      ),
    ).toEqual([]);
    expect(await new TokenStore(full.test.database).list()).not.toContainEqual(
      expect.objectContaining({ name: expect.stringMatching(/^made-/) as string }),
    );
  });

  it('says to a limited token exactly what it would say if nothing else were there', async () => {
    const acted = "DELETE FROM rollcall.audit WHERE path <> '/'";
    for (const { test } of [full, bare]) await test.database.query(acted);
    for (const operation of operations.filter(({ method }) => method === 'GET')) {
      const searches = ['', ...(QUESTIONS[operation.path] ?? []).map((question) => `?${question}`)];
      for (const search of searches) {
        for (const accept of operation.accepts) {
          const answers = await Promise.all(
            [full, bare].map((world) =>
              ask(world, ending(operation), 'seen', 'limited', { search, headers: { accept } }),
            ),
          );
          const [among, alone] = answers.map((answer) => plain(operation, 'seen', answer));
          expect([nameOf(operation), search, accept, among]).toEqual([
            nameOf(operation),
            search,
            accept,
            alone,
          ]);
          expect([nameOf(operation), search, accept, among]).toEqual([
            nameOf(operation),
            search,
            accept,
            expect.objectContaining({ status: 200 }),
          ]);
          expect(answers[0]!.text).not.toMatch(/vault|mallory|secret/);
        }
      }
    }
  });

  it('is open to a token that has everything', async () => {
    const last = (operation: Operation) => Number(operation.method === 'DELETE');
    for (const operation of operations.toSorted((a, b) => last(a) - last(b))) {
      const { status } = await ask(full, ending(operation), 'seen', 'everything');
      // this process has no source in its configuration: what it would have to ask a platform is a 409
      expect([nameOf(operation), status]).toEqual([nameOf(operation), expect.any(Number)]);
      expect([200, 201, 202, 204, 409]).toContain(status);
    }
  });
});

/** The text of every statement that `work` sent to any database. */
async function recording<T>(work: () => Promise<T>): Promise<{ result: T; statements: string[] }> {
  const statements: string[] = [];
  const query = Client.prototype.query as (...args: unknown[]) => unknown;
  const spy = jest.spyOn(Client.prototype, 'query').mockImplementation(function (
    this: Client,
    ...args: unknown[]
  ) {
    const [first] = args as [string | { text: string }];
    statements.push(typeof first === 'string' ? first : first.text);
    return query.apply(this, args) as never;
  });
  try {
    return { result: await work(), statements };
  } finally {
    spy.mockRestore();
  }
}
