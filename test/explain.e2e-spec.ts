import { createHash } from 'node:crypto';
import { Scope } from '../src/config/config.js';
import { jobId } from '../src/domain/job-id.js';
import { RulesBySource } from '../src/explain/source-rules.js';
import { PollService } from '../src/polling/poll.service.js';
import { SourceReplay } from '../src/replay/source-replay.js';
import { ManualClock } from '../src/simulators/clock.js';
import { SIMULATED_PLATFORMS } from '../src/simulators/life.js';
import { Simulators, startSimulators } from '../src/simulators/simulators.js';
import { JOB_FIELDS } from '../src/storage/job.fields.js';
import { startApi, TestApi } from './support/api.js';
import { chartJob, ChartsServer, startChartsServer } from './support/charts-server.js';
import { sourceConfig, SourceDraft, testConfig } from './support/config.js';
import { createTestDatabase, TestDatabase } from './support/postgres.js';

interface Poll {
  id: number;
  kind: string;
  beganAt: string;
}

type Path = string | string[] | null;

interface Field {
  value: unknown;
  raw: unknown;
  path: Path | Record<string, Path>;
  shape: 'list' | 'detail' | null;
  rule: string | null;
  provenance: string | null;
  poll: Poll | null;
  note: string | null;
}

interface Explanation {
  id: string;
  source: string;
  platform: string;
  externalId: string;
  notes: string[];
  records: Record<'list' | 'detail', { readAt: string; poll: Poll | null; sameRules: boolean | null } | null>;
  fields: Record<string, Field>;
}

const FIELD_NAMES = JOB_FIELDS.map(({ name }) => name);

describe('one source', () => {
  const JOB = jobId('charts', 'a');
  let test: TestDatabase;
  let charts: ChartsServer;
  let api: TestApi;
  const open: { close(): Promise<unknown> }[] = [];

  beforeEach(async () => {
    test = await createTestDatabase();
    charts = await startChartsServer();
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((one) => one.close()));
    await charts.close();
    await test.drop();
  });

  /** Polls once under these rules, and answers from then on as a process with the same configuration. */
  async function poll(over: Partial<SourceDraft> = {}): Promise<Poll> {
    const { baseUrl, token } = charts;
    const source = sourceConfig({
      key: 'charts',
      platform: 'vectorcharts',
      baseUrl,
      auth: { token },
      ...over,
    });
    const config = testConfig([source]);
    const service = new PollService(config, test.database);
    open.push({ close: () => service.onApplicationShutdown() });
    await service.reconcile();
    expect(await service.pollNow('charts', 'sweep')).toMatchObject({ error: null });
    await serve([source]);
    return lastPoll();
  }

  async function serve(sources: ReturnType<typeof sourceConfig>[]): Promise<void> {
    api = await startApi(test.database, testConfig(sources));
    open.push(api);
  }

  async function lastPoll(): Promise<Poll> {
    const [row] = await test.database.query<{ id: number; kind: string; began: number }>(
      'SELECT id, kind, floor(extract(epoch FROM began_at) * 1000)::float8 AS began FROM rollcall.poll ORDER BY id DESC LIMIT 1',
    );
    return { id: row!.id, kind: row!.kind, beganAt: new Date(row!.began).toISOString() };
  }

  async function explain(): Promise<Explanation> {
    const { status, body } = await api.get(`/api/v1/jobs/${JOB}/explain`);
    expect(status).toBe(200);
    return body as Explanation;
  }
  const field = async (name: string): Promise<Field> => (await explain()).fields[name]!;

  it('explains every field of the job, in its order, with what the record says', async () => {
    charts.jobs = [chartJob('a', 'completed', { parameters: { area: 7 } })];
    const first = await poll();
    const explanation = await explain();
    const { body: job } = await api.get(`/api/v1/jobs/${JOB}`);
    expect(Object.keys(explanation.fields)).toEqual(FIELD_NAMES);
    expect(Object.fromEntries(FIELD_NAMES.map((name) => [name, explanation.fields[name]!.value]))).toEqual(
      job,
    );
    expect(explanation).toMatchObject({
      id: JOB,
      source: 'charts',
      platform: 'vectorcharts',
      externalId: 'a',
      notes: [],
      records: { list: { poll: first, sameRules: true }, detail: null },
    });
    const plain = { shape: 'list', provenance: null, poll: first, note: null };
    expect(explanation.fields).toMatchObject({
      externalId: { value: 'a', raw: 'a', path: 'id', rule: 'as text', ...plain },
      type: { raw: 'index-custom-encs', path: 'job_type', rule: 'as given', ...plain },
      name: {
        raw: 'index-custom-encs',
        path: 'job_type',
        rule: 'the type: the platform has no title',
        ...plain,
      },
      state: {
        value: 'succeeded',
        raw: 'completed',
        path: 'job_state',
        rule: 'status map vectorcharts-1: "completed" → succeeded',
        ...plain,
      },
      reason: {
        value: null,
        raw: 'completed',
        rule: 'status map vectorcharts-1: "completed" → none',
        ...plain,
      },
      rawStatus: { value: 'completed', raw: 'completed', rule: 'as given', ...plain },
      progress: { value: 1, raw: 100, path: 'percent_complete', rule: 'progress 0–100 → 0–1', ...plain },
      createdAt: { raw: 1736950000000, path: 'created_at', rule: 'as given', ...plain },
      finishedAt: {
        ...plain,
        value: '2025-01-15T14:15:00.000Z',
        raw: 1736950500000,
        path: 'updated_at',
        rule: 'the last update of a finished job',
        provenance: 'inferred',
      },
      updatedAt: { raw: 1736950500000, path: 'updated_at', rule: 'the latest time of the job', ...plain },
      startedAt: {
        value: null,
        raw: null,
        path: null,
        rule: 'the platform gives none',
        provenance: 'unknown',
        note: 'the moment has passed, and the platform does not say when it was',
      },
      attributes: { raw: { parameters: { area: 7 } }, path: { parameters: 'parameters' }, ...plain },
      terminal: { value: true, raw: null, rule: 'succeeded is a final state', poll: first },
      freshness: { value: 'fresh', rule: 'a finished job stays as it is', poll: null, note: null },
      durationMs: { value: null, rule: 'null without a start', poll: null },
      stateChangedAt: { rule: 'finishedAt: when the last change of state happened', provenance: 'inferred' },
      version: { value: 1, poll: first },
    });
  });

  it('names the poll of the event in which each field last changed', async () => {
    charts.jobs = [chartJob('a', 'pending', { percent_complete: 0 })];
    const discovery = await poll();
    charts.jobs = [chartJob('a', 'processing', { percent_complete: 10, updated_at: 1736950600000 })];
    const begun = await poll();
    charts.jobs = [chartJob('a', 'processing', { percent_complete: 60, updated_at: 1736950700000 })];
    const moved = await poll();
    await poll();
    const { fields } = await explain();
    expect(new Set([discovery.id, begun.id, moved.id]).size).toBe(3);
    expect(fields).toMatchObject({
      state: { value: 'running', poll: begun },
      rawStatus: { poll: begun },
      stateChangedAt: { poll: begun },
      progress: { value: 0.6, raw: 60, poll: moved },
      updatedAt: { poll: moved },
      changedAt: { poll: moved },
      version: { value: 3, poll: moved },
      type: { poll: discovery },
      createdAt: { poll: discovery },
      firstSeenAt: { poll: discovery },
      lastSeenAt: { poll: null, note: null },
    });
  });

  it.each([
    [140, 1, 'clamped: 140 is above 100'],
    [-5, 0, 'clamped: -5 is below 0'],
    [{ percent: 5 }, null, 'unreadable progress of type object'],
    ['', null, null],
    ['45', 0.45, null],
  ])('progress %j is %j, with the note %j', async (raw, value, note) => {
    charts.jobs = [chartJob('a', 'processing', { percent_complete: raw })];
    await poll();
    expect(await field('progress')).toMatchObject({ raw, value, note, rule: 'progress 0–100 → 0–1' });
  });

  it('names the override of a source, and the lack of a rule', async () => {
    charts.jobs = [chartJob('a', 'ODD', { error: null })];
    await poll();
    expect(await field('state')).toMatchObject({
      value: 'unknown',
      raw: 'ODD',
      rule: 'no rule for "ODD" → unknown',
    });
    const decided = await poll({ statusOverrides: { odd: { state: 'failed', reason: 'odd_one' } } });
    expect((await explain()).fields).toMatchObject({
      state: { value: 'failed', raw: 'ODD', rule: 'statusOverrides: "ODD" → failed', poll: decided },
      reason: { value: 'odd_one', rule: 'statusOverrides: "ODD" → odd_one', poll: decided },
    });
  });

  it('shows what is redacted as redacted, also where the record was stored before the rule', async () => {
    charts.jobs = [chartJob('a', 'processing', { parameters: { secret: 'hush' } })];
    const { baseUrl, token } = charts;
    const draft = { key: 'charts', platform: 'vectorcharts', baseUrl, auth: { token } };
    await poll();
    await serve([sourceConfig({ ...draft, redact: ['$.parameters', '$.percent_complete'] })]);
    const before = await explain();
    expect(JSON.stringify(before.fields['attributes']!.raw)).not.toContain('hush');
    expect(before.notes).toEqual([
      'The list record was stored under other rules; it is explained by the present ones.',
    ]);
    expect(before.fields['progress']).toMatchObject({
      value: 0.45,
      raw: '[redacted]',
      note: 'the record was read under other rules; the present ones would give another value',
    });

    await poll({ redact: ['$.parameters', '$.percent_complete', '$.created_at'] });
    const { fields, notes } = await explain();
    expect(notes).toEqual([]);
    expect(fields).toMatchObject({
      attributes: { value: { parameters: null }, raw: { parameters: '[redacted]' } },
      progress: { value: null, raw: '[redacted]', provenance: 'redacted' },
      createdAt: { value: null, raw: '[redacted]', provenance: 'redacted' },
    });
  });

  it('says what is no longer kept: records, events, polls', async () => {
    charts.jobs = [chartJob('a', 'pending')];
    const discovery = await poll();
    charts.jobs = [chartJob('a', 'completed', { updated_at: 1736950600000 })];
    const finished = await poll();
    await test.database.query('DELETE FROM rollcall.job_payload');
    const bare = await explain();
    expect(bare.notes).toEqual([
      'The upstream record is no longer stored (retention.payloads): raw values and most rules are not known.',
    ]);
    expect(bare.records).toEqual({ list: null, detail: null });
    expect(FIELD_NAMES.filter((name) => bare.fields[name]!.raw !== null)).toEqual([]);
    expect(bare.fields).toMatchObject({
      state: {
        value: 'succeeded',
        rule: 'status map vectorcharts-1: "completed" → succeeded',
        poll: finished,
      },
      finishedAt: { rule: null, provenance: 'inferred', poll: finished },
      type: { rule: null, poll: discovery },
    });

    await test.database.query("DELETE FROM rollcall.event WHERE type <> 'job.transitioned'");
    expect((await explain()).fields).toMatchObject({
      type: { poll: discovery },
      progress: { poll: finished },
    });
    await test.database.query('DELETE FROM rollcall.event');
    expect((await explain()).fields).toMatchObject({
      type: { poll: null, note: 'set before the oldest event that is kept' },
      state: { poll: finished, note: null },
      firstSeenAt: { poll: discovery },
    });
    await test.database.query('DELETE FROM rollcall.poll');
    expect(await field('state')).toMatchObject({
      poll: null,
      note: `set by poll ${finished.id}, which is no longer kept`,
    });
  });

  it('says when a refresh, and no poll, set a value', async () => {
    charts.jobs = [chartJob('a', 'pending')];
    const discovery = await poll();
    charts.jobs = [chartJob('a', 'processing', { updated_at: 1736950600000 })];
    expect((await api.send('POST', `/api/v1/jobs/${JOB}/refresh`)).status).toBe(200);
    expect((await explain()).fields).toMatchObject({
      state: { value: 'running', poll: null, note: 'set by a refresh, an action or a replay, not by a poll' },
      type: { poll: discovery },
    });
  });

  it('names the poll that proved a job gone, and by which its value stayed as it was', async () => {
    charts.jobs = [chartJob('a', 'processing')];
    const discovery = await poll();
    charts.jobs = [chartJob('b', 'processing')];
    await poll();
    const proof = await poll();
    expect((await explain()).fields).toMatchObject({
      freshness: { value: 'vanished', poll: proof },
      state: { value: 'running', raw: 'processing', poll: discovery },
      progress: { poll: discovery },
    });
  });

  it('answers from what is stored when this process has no such source, or it is retired', async () => {
    charts.jobs = [chartJob('a', 'completed')];
    const discovery = await poll();
    await serve([]);
    const foreign = await explain();
    expect(foreign.notes).toEqual([
      'The source charts is not configured in this process: its rules are not known here, and so neither raw values nor rules.',
    ]);
    expect(foreign.fields).toMatchObject({
      state: { value: 'succeeded', raw: null, rule: null, poll: discovery },
      finishedAt: { value: '2025-01-15T14:15:00.000Z', provenance: 'inferred' },
    });
    await test.database.query('UPDATE rollcall.source SET retired_at = now()');
    expect((await explain()).notes[0]).toMatch(/^The source charts is retired: /);
  });

  it('says that a value was kept, and that a stored record is refused by the present rules', async () => {
    charts.jobs = [chartJob('a', 'processing', { parameters: { area: 1 } })];
    await poll();
    await test.database.query(
      `UPDATE rollcall.job_payload SET record = replace(record, '"percent_complete":45', '"percent_complete":50')`,
    );
    expect(await field('progress')).toMatchObject({
      value: 0.45,
      raw: 50,
      note: 'the value is kept from an earlier record',
    });
    await test.database.query(
      `UPDATE rollcall.job_payload SET record = replace(record, '1736950000000', '"no time"')`,
    );
    const { notes, fields, records } = await explain();
    expect(notes[0]).toMatch(/^The list record is refused by the present rules: created_at: /);
    expect(records.list).toMatchObject({ sameRules: null });
    expect(fields['progress']).toMatchObject({ value: 0.45, raw: null });
  });

  it('survives hostile records', async () => {
    const hostile = JSON.parse(
      `{"id": "a", "job_type": "\\u0000\\ud800\\u202e", "job_state": "${'x'.repeat(10_000)}", "percent_complete": "1e999",
        "created_at": null, "updated_at": 1736950500000, "parameters": {"__proto__": {"polluted": true}}}`,
    );
    charts.jobs = [hostile];
    await poll();
    const { fields } = await explain();
    expect(fields['state']!.rule).toBe(`no rule for "${'x'.repeat(100)}" → unknown`);
    expect(fields['rawStatus']!.raw).toHaveLength(10_000);
    expect(fields['progress']).toMatchObject({ value: null, note: 'unreadable progress of type string' });
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });

  it('does not exist for a token without the source, and needs the scope', async () => {
    charts.jobs = [chartJob('a', 'processing')];
    await poll();
    const token = (name: string, scopes: Scope[], sources: string[] | null) => ({
      name,
      hash: createHash('sha256').update(name.repeat(32)).digest(),
      scopes,
      sources,
    });
    const tokens = [
      token('all', ['jobs:read'], null),
      token('other', ['jobs:read'], ['vault']),
      token('sources', ['sources:read'], null),
    ];
    const config = testConfig([]);
    const guarded = await startApi(test.database, {
      ...config,
      server: { ...config.server, auth: 'tokens', tokens },
    });
    open.push(guarded);
    const statusFor = async (name: string) =>
      (await guarded.get(`/api/v1/jobs/${JOB}/explain`, { authorization: `Bearer ${name.repeat(32)}` }))
        .status;
    expect([await statusFor('all'), await statusFor('other'), await statusFor('sources')]).toEqual([
      200, 404, 403,
    ]);
    expect((await guarded.get(`/api/v1/jobs/${JOB}/explain`)).status).toBe(401);
  });

  it('is a 404 where there is no job, a 400 with a parameter, and a 304 while nothing changed', async () => {
    charts.jobs = [chartJob('a', 'processing')];
    await poll();
    const missing = await api.get('/api/v1/jobs/00000000-0000-4000-8000-000000000000/explain');
    expect([missing.status, missing.body.type]).toEqual([404, 'urn:rollcall:problem:not-found']);
    expect((await api.get('/api/v1/jobs/none/explain')).status).toBe(400);
    expect((await api.get(`/api/v1/jobs/${JOB}/explain?verbose=1`)).status).toBe(400);

    const url = `/api/v1/jobs/${JOB}/explain`;
    const etag = String((await api.get(url)).headers['etag']);
    expect((await api.get(url, { 'if-none-match': etag })).status).toBe(304);
    charts.jobs = [chartJob('a', 'processing', { percent_complete: 46 })];
    await poll();
    expect((await api.get(url, { 'if-none-match': etag })).status).toBe(200);
  });
});

describe('a living world', () => {
  let test: TestDatabase;
  let simulators: Simulators;
  let polls: PollService;
  let api: TestApi;

  beforeAll(async () => {
    test = await createTestDatabase();
    const clock = new ManualClock(Date.UTC(2025, 0, 15, 14, 0, 0));
    simulators = await startSimulators({
      seed: 11,
      jobs: 240,
      clock,
      platforms: SIMULATED_PLATFORMS,
      limits: false,
    });
    const config = testConfig(simulators.sources.map((source) => sourceConfig(source)));
    polls = new PollService(config, test.database);
    await polls.reconcile();
    for (let round = 0; round < 4; round++) {
      clock.advance(20_000);
      for (const { key } of simulators.sources)
        expect(await polls.pollNow(key, round === 0 ? 'sweep' : 'incremental')).toMatchObject({
          error: null,
        });
    }
    api = await startApi(test.database, config);
  }, 60_000);
  afterAll(async () => {
    await api?.close();
    await polls?.onApplicationShutdown();
    await simulators?.close();
    await test?.drop();
  });

  /** What stands at a place of a record, read here without the project's own reader. */
  function at(record: unknown, path: Path | Record<string, Path>): unknown {
    if (path === null) return null;
    if (Array.isArray(path)) return path.map((one) => at(record, one));
    if (typeof path === 'object')
      return Object.fromEntries(Object.entries(path).map(([part, one]) => [part, at(record, one)]));
    let value: unknown = record;
    for (const step of path.split('.')) value = (value as Record<string, unknown> | null | undefined)?.[step];
    return value ?? null;
  }

  it.each(SIMULATED_PLATFORMS.map((name, place) => [name, place] as const))(
    '%s: every field of every job, raw values from the stored records, every rule, the right polls',
    async (_, place) => {
      const { key } = simulators.sources[place]!;
      const { body } = await api.get(`/api/v1/jobs?source=${key}&limit=500`);
      expect(body.data.length).toBeGreaterThan(10);
      for (const listed of body.data as { id: string }[]) {
        const { body: job } = await api.get(`/api/v1/jobs/${listed.id}?include=payload`);
        const explanation = (await api.get(`/api/v1/jobs/${listed.id}/explain`)).body as Explanation;
        expect(explanation.notes).toEqual([]);
        expect(Object.keys(explanation.fields)).toEqual(FIELD_NAMES);
        const changes = await changesOf(listed.id);
        for (const name of FIELD_NAMES) {
          const field = explanation.fields[name]!;
          // A running job's duration goes on between two questions.
          if (name === 'durationMs' && !job.terminal && job.startedAt !== null)
            expect(field.value).toBeGreaterThanOrEqual(job.durationMs);
          else expect([name, field.value]).toEqual([name, job[name]]);
          expect([name, field.rule]).toEqual([name, expect.any(String)]);
          if (field.shape !== null)
            expect([name, field.raw]).toEqual([name, at(job.payload[field.shape], field.path)]);
          else if (name === 'attributes')
            for (const [part, path] of Object.entries(field.path as Record<string, Path>))
              expect([at(job.payload.list, path), at(job.payload.detail, path)]).toContainEqual(
                (field.raw as Record<string, unknown>)[part],
              );
          if (name in job.provenance) expect(field.provenance).toBe(job.provenance[name]);
          const setBy = changes.findLast(({ changed }) => changed.includes(name));
          if (setBy !== undefined && name !== 'state')
            expect([name, field.poll?.id]).toEqual([name, setBy.poll_id]);
        }
        const moved = changes.findLast(({ from_state, to_state }) => from_state !== to_state);
        expect(explanation.fields['state']!.poll?.id).toBe(moved!.poll_id);
        const { value, path } = explanation.fields['attributes']!;
        expect(Object.keys(path as object)).toEqual(Object.keys(value as object));
      }
    },
    120_000,
  );

  function changesOf(
    id: string,
  ): Promise<{ changed: string[]; poll_id: number; from_state: string | null; to_state: string }[]> {
    return test.database.query(
      'SELECT changed, poll_id, from_state, to_state FROM rollcall.event WHERE job_id = $1 ORDER BY sequence',
      [id],
    );
  }

  it('shows an end that was only observed, and where it came from', async () => {
    const { body } = await api.get('/api/v1/jobs?platform=elastic-path&state=cancelled&limit=500');
    const observed = (body.data as { id: string; provenance: Record<string, string> }[]).filter(
      ({ provenance }) => provenance['finishedAt'] === 'observed',
    );
    expect(observed.length).toBeGreaterThan(0);
    for (const { id } of observed) {
      const { fields } = (await api.get(`/api/v1/jobs/${id}/explain`)).body as Explanation;
      expect(fields['finishedAt']).toMatchObject({
        provenance: 'observed',
        rule: 'first seen cancelled: the platform gives no end',
      });
    }
  });

  it('tells the detail record from the list, field by field', async () => {
    const shapes = new Set<string | null>();
    const { body } = await api.get('/api/v1/jobs?platform=integrate-io,elastic-path,veeva-vault&limit=500');
    for (const { id } of body.data as { id: string }[]) {
      const { fields, records } = (await api.get(`/api/v1/jobs/${id}/explain`)).body as Explanation;
      for (const { shape } of Object.values(fields)) {
        shapes.add(shape);
        if (shape !== null) expect(records[shape]).not.toBeNull();
      }
    }
    expect([...shapes].sort()).toEqual(['detail', 'list', null].sort());
  });

  it('is the same under other rules that mean the same, when it is replayed', async () => {
    const jobs = 'SELECT id, version, state, row_to_json(j) -> $1 AS kept FROM rollcall.job j ORDER BY id';
    const before = await test.database.query(jobs, ['attributes']);
    const never = { 'NO PLATFORM SAYS THIS': { state: 'failed' as const, reason: null } };
    const drafts = simulators.sources.map((source) => ({ ...source, statusOverrides: never }));
    const config = testConfig(drafts.map(sourceConfig));
    const rules = new RulesBySource(config);
    for (const { key } of simulators.sources) {
      const replay = new SourceReplay(rules.get(key)!, test.database, config.metrics.maxTypes);
      const { signal } = new AbortController();
      const { counts, groups } = await replay.apply({ signal, onWait: () => undefined });
      expect([key, groups, counts.changed + counts.refused + counts.notReplayable]).toEqual([key, [], 0]);
      expect([key, counts.unchanged]).toEqual([key, counts.jobs]);
    }
    expect(await test.database.query(jobs, ['attributes'])).toEqual(before);
  });
});
