import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { run } from '../src/cli.js';
import { Cli } from '../src/cli/cli.js';
import { doctorCommand } from '../src/cli/doctor.command.js';
import { diagnose } from '../src/cli/doctor/diagnose.js';
import { CheckName, Verdict } from '../src/cli/doctor/verdict.js';
import { watchSource, WatchResult } from '../src/cli/doctor/watch.js';
import { SourceConfig } from '../src/config/config.js';
import { parseManifest } from '../src/config/manifest-file.js';
import { connectorOf } from '../src/connectors/index.js';
import { ManualClock } from '../src/simulators/clock.js';
import { Simulators, startSimulators } from '../src/simulators/simulators.js';
import { sourceConfig, SourceDraft } from './support/config.js';

const START = Date.UTC(2026, 0, 15, 10, 0, 0);
const ROUND_MS = 5_000;

const MANIFEST = `
manifest: 1
name: made-up
auth: { type: bearer }
pageSize: { default: 50, max: 100 }
lists:
  - name: runs
    request: { path: /runs, query: { limit: '{{limit}}', offset: '{{offset}}' } }
    records: runs
    pagination: { type: offset, total: total }
    incremental: { by: filter, request: { query: { since: '{{since}}' } }, time: updated }
record:
  id: id
  type: kind
  status: state
  states: { waiting: queued, active: running, done: succeeded, failed: failed }
  times: { createdAt: created, startedAt: started, finishedAt: ended, updatedAt: updated }
`;

interface Run {
  id: string;
  kind: string;
  state: string;
  created: string;
  started: string | null;
  ended: string | null;
  updated: string;
}

/** What the platform does wrong. Nothing: it is honest. */
interface Traps {
  /** A change of state leaves `updated` as it was. */
  updatedStands?: boolean;
  /** Every other read of everything is the other way round. */
  shuffles?: boolean;
  /** Offsets count from 1 where they should from 0. */
  offByOne?: boolean;
  /** Never more records than this, whatever is asked for. */
  atMost?: number;
  /** Added to the total. */
  totalOff?: number;
  /** The filter knows nothing of runs that ended. */
  filterForgetsEnded?: boolean;
  /** Of the Date header, milliseconds. */
  clockAhead?: number;
  /** Sent with every answer; honoured or not. */
  etag?: 'honoured' | 'ignored';
  /** Requests that are answered before each third is refused. */
  refuseEveryThird?: boolean;
  /** No credential is good. */
  refusesEverybody?: boolean;
  /** Every third read of everything lacks the first record. */
  dropsFirst?: boolean;
}

const clock = new ManualClock(START);
let runs: Run[];
let traps: Traps;
/** Of them, those that began to read everything. */
let begun: number;
let asked: { url: URL; status: number }[];
const server = createServer((request, response) => answer(request, response));

function answer(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url!, 'http://localhost');
  const noted = { url, status: 0 };
  asked.push(noted);
  response.on('finish', () => (noted.status = response.statusCode));
  response.setHeader('date', new Date(clock.now() + (traps.clockAhead ?? 0)).toUTCString());
  response.setHeader('content-type', 'application/json');
  if (traps.refusesEverybody === true || request.headers.authorization !== 'Bearer right-token')
    return void response.writeHead(401).end('{}');
  if (traps.refuseEveryThird === true && asked.length % 3 === 0)
    return void response.writeHead(429, { 'retry-after': '60' }).end('{}');
  const since = url.searchParams.get('since');
  if (since === null && url.searchParams.get('offset') === '0') begun++;
  let listed = runs.filter(({ updated }) => since === null || updated >= since);
  if (since !== null && traps.filterForgetsEnded === true)
    listed = listed.filter(({ ended }) => ended === null);
  if (traps.shuffles === true && begun % 2 === 0) listed = [...listed].reverse();
  if (traps.dropsFirst === true && since === null && begun % 3 === 1) listed = listed.slice(1);
  const asSaid = Number(url.searchParams.get('offset'));
  const offset = traps.offByOne === true && asSaid > 0 ? asSaid + 1 : asSaid;
  const limit = Math.min(Number(url.searchParams.get('limit')), traps.atMost ?? Infinity);
  const body = JSON.stringify({
    runs: listed.slice(offset, offset + limit),
    total: listed.length + (traps.totalOff ?? 0),
  });
  if (traps.etag !== undefined) {
    const etag = `"${Buffer.from(body).toString('base64url').slice(-40)}"`;
    response.setHeader('etag', etag);
    if (traps.etag === 'honoured' && request.headers['if-none-match'] === etag)
      return void response.writeHead(304).end();
  }
  response.writeHead(200).end(body);
}

beforeAll(() => new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve)));
afterAll(() => new Promise<void>((resolve) => (server.close(() => resolve()), server.closeAllConnections())));

const at = (ms: number) => new Date(ms).toISOString();

beforeEach(() => {
  traps = {};
  asked = [];
  begun = 0;
  runs = Array.from({ length: 12 }, (_, index) => aRun(`run-${index}`, clock.now() - (12 - index) * 60_000));
});

/** The even ones are done. */
function aRun(id: string, created: number, state = Number(id.slice(4)) % 2 === 0 ? 'done' : 'active'): Run {
  const ended = state === 'done' ? at(created + 20_000) : null;
  return {
    id,
    kind: 'tiles',
    state,
    created: at(created),
    started: at(created + 1_000),
    ended,
    updated: ended ?? at(created + 1_000),
  };
}

function end(id: string): void {
  const ended = runs.find((one) => one.id === id)!;
  ended.state = 'done';
  ended.ended = at(clock.now());
  if (traps.updatedStands !== true) ended.updated = at(clock.now());
}

function madeUp(over: Partial<SourceDraft> = {}): SourceConfig {
  const { manifest, faults } = parseManifest(MANIFEST, 'made-up');
  expect(faults).toEqual([]);
  return sourceConfig({
    key: 'made-up',
    platform: 'http',
    manifest: manifest!,
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    auth: { token: 'right-token' },
    ...over,
  });
}

/** Watches for so many rounds; the world moves in the pauses, whose number from 1 is given. */
function watch(
  source: SourceConfig,
  rounds: number,
  between: (pause: number) => void = usualLife,
  signal = new AbortController().signal,
): Promise<WatchResult> {
  let pauses = 0;
  return watchSource(source, connectorOf(source), {
    forMs: rounds * ROUND_MS,
    everyMs: ROUND_MS,
    userAgent: 'doctor-test',
    signal,
    clock: () => clock.now(),
    pause: async (ms) => {
      clock.advance(ms);
      between(++pauses);
    },
  });
}

/** One run ends, one begins, and then it is quiet. */
function usualLife(pause: number): void {
  if (pause === 1) end('run-1');
  if (pause === 2) runs.push(aRun('run-13', clock.now() - 500));
}

async function verdictsOf(rounds = 6): Promise<Map<CheckName, Verdict>> {
  const { watched } = await watch(madeUp(), rounds);
  return new Map(diagnose(watched).map((verdict) => [verdict.check, verdict]));
}

const foundIn = (verdicts: ReadonlyMap<CheckName, Verdict>) =>
  [...verdicts.values()].filter(({ verdict }) => verdict === 'found').map(({ check }) => check);

describe('a declared platform', () => {
  test('an honest one has no finding, and nearly everything was tested', async () => {
    const verdicts = await verdictsOf();
    expect(foundIn(verdicts)).toEqual([]);
    const untested = [...verdicts.values()].filter(({ verdict }) => verdict === 'not-tested');
    expect(untested.map(({ check }) => check)).toEqual([]);
    expect(verdicts.get('filter-omits')).toMatchObject({ verdict: 'not-seen', of: 2 });
  });

  test.each<[CheckName, Traps, string]>([
    ['updated-stands-still', { updatedStands: true }, 'run-1'],
    ['order-unstable', { shuffles: true }, ''],
    ['page-borders', { offByOne: true }, ''],
    ['page-size', { atMost: 2 }, ''],
    ['total', { totalOff: 3 }, ''],
    ['filter-omits', { filterForgetsEnded: true }, 'run-1'],
    ['clock', { clockAhead: 90_000 }, ''],
    ['conditional', { etag: 'ignored' }, ''],
    ['rate-limit', { refuseEveryThird: true }, ''],
    ['rows-missing', { dropsFirst: true }, 'run-0'],
  ])('%s is found where %j', async (name, planted, id) => {
    traps = planted;
    const verdicts = await verdictsOf(8);
    const verdict = verdicts.get(name);
    expect(verdict).toMatchObject({ verdict: 'found', check: name });
    if (id !== '') expect(JSON.stringify(verdict)).toContain(`"externalId":"${id}"`);
  });

  test('an ETag that is honoured is told', async () => {
    traps = { etag: 'honoured' };
    expect((await verdictsOf(1)).get('conditional')).toMatchObject({
      verdict: 'noted',
      summary: expect.stringContaining('304') as string,
    });
  });

  test('half of the hourly budget ends the watch', async () => {
    const source = madeUp({ poll: { maxRequestsPerHour: 40 } });
    const { end: ended, watched, allowance } = await watch(source, 100);
    expect({ ended, allowance }).toEqual({ ended: 'budget', allowance: 20 });
    expect(asked.length).toBeLessThanOrEqual(20);
    expect(watched.exchanges).toHaveLength(asked.length);
  });

  test('a fault on the way is a finding, and the watch goes on', async () => {
    const { watched } = await watch(madeUp({ poll: { pageSize: 100 } }), 4, (pause) => {
      traps = pause === 2 ? { refuseEveryThird: true } : {};
      if (pause === 2) asked.length = 2;
    });
    const faults = diagnose(watched).find(({ check }) => check === 'faults')!;
    expect(faults).toMatchObject({ verdict: 'found', seen: 1 });
    expect(watched.reads.at(-1)).toMatchObject({ fault: null, cut: false });
  });

  test('what was seen counts when it is interrupted, and when the credential is refused later', async () => {
    const source = madeUp();
    const interruption = new AbortController();
    const interrupted = await watch(
      source,
      100,
      (pause) => {
        if (pause === 3) interruption.abort();
      },
      interruption.signal,
    );
    expect(interrupted.end).toBe('interrupted');
    expect(interrupted.watched.reads.filter(({ fault }) => fault !== null)).toEqual([]);
    expect(interrupted.watched.reads.filter(({ kind }) => kind === 'whole')).toHaveLength(3);

    asked = [];
    const refused = await watch(source, 100, (pause) => {
      if (pause === 2) traps.refusesEverybody = true;
    });
    expect(refused.end).toBe('refused');
    expect(asked.filter(({ status }) => status === 401)).toHaveLength(1);
    expect(diagnose(refused.watched).find(({ check }) => check === 'faults')).toMatchObject({
      verdict: 'found',
      evidence: [{ text: expect.stringContaining('authentication') as string }],
    });
  });

  test('a refused credential ends it, and is shown nowhere', async () => {
    await expect(watch(madeUp({ auth: { token: 'wrong-secret' } }), 3)).rejects.toMatchObject({
      kind: 'authentication',
    });
  });
});

describe('built-in connectors', () => {
  let simulators: Simulators;
  const world = new ManualClock(START);

  beforeAll(async () => {
    simulators = await startSimulators({ seed: 7, jobs: 60, clock: world, limits: false });
  });
  afterAll(() => simulators.close());

  // As the connectors' pages say of the platforms; `updated` that stands still is in the published documents.
  test.each<[string, CheckName[]]>([
    ['charts', []],
    ['store', ['updated-stands-still']],
    ['field', ['order-unstable']],
    ['etl', ['updated-stands-still']],
    ['vault', ['updated-stands-still']],
  ])('%s is watched, and what its platform is known for is found: %j', async (key, known) => {
    const draft = simulators.sources.find((one) => one.key === key)!;
    const source = sourceConfig({ ...draft, poll: { maxRequestsPerHour: 1_000_000 } });
    const { watched, end: ended } = await watchSource(source, connectorOf(source), {
      forMs: 8 * 60_000,
      everyMs: 60_000,
      userAgent: 'doctor-test',
      signal: new AbortController().signal,
      clock: () => world.now(),
      pause: (ms) => Promise.resolve(world.advance(ms)),
    });
    expect(ended).toBe('time');
    const found = diagnose(watched).flatMap(({ verdict, check }) => (verdict === 'found' ? [check] : []));
    expect(found).toEqual(known);
  });
});

class Collected extends Writable {
  text = '';
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

describe('the command', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'rollcall-doctor-'));
    writeFileSync(join(folder, 'made-up.yaml'), MANIFEST);
    writeFileSync(
      join(folder, 'rollcall.yaml'),
      `sources:
  - key: made-up
    platform: http
    manifest: ./made-up.yaml
    baseUrl: http://127.0.0.1:${(server.address() as AddressInfo).port}
    auth: { token: "\${TOKEN}" }
`,
    );
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  async function doctor(args: string[], token = 'right-token') {
    const [stdout, stderr] = [new Collected(), new Collected()];
    let pauses = 0;
    const cli = new Cli({
      env: { TOKEN: token },
      cwd: folder,
      stdout,
      stderr,
      interruption: () => new AbortController().signal,
    });
    const time = {
      clock: () => clock.now(),
      pause: (ms: number) => {
        clock.advance(ms);
        usualLife(++pauses);
        return Promise.resolve();
      },
    };
    await doctorCommand(cli, time).parseAsync(args, { from: 'user' });
    return { code: cli.exitCode, stdout: stdout.text, stderr: stderr.text };
  }

  test('says what it found with evidence, and ends with settings to paste', async () => {
    traps = { updatedStands: true };
    const { code, stdout, stderr } = await doctor(['made-up', '--for', '30s']);
    expect(code).toBe(0);
    expect(stderr).toMatch(/watching for 30s\n.*: 15 reads, \d+ requests\n$/);
    expect(stdout).toMatch(/^FOUND: would break a naive poller$/m);
    expect(stdout).toMatch(
      /^ {2}updated-stands-still \(likely\): updated did not move in 1 of 1 changes of state$/m,
    );
    expect(stdout).toMatch(/^ {4}run-1: running → succeeded, updated stayed 20/m);
    expect(stdout).toMatch(/^NOT SEEN: looked for and not met, which is not never$/m);
    expect(stdout).toMatch(
      /^ {2}order-unstable: not seen; pairs of reads: 6, so rarer than about one in 2$/m,
    );
    const yaml = stdout.slice(stdout.indexOf('poll:\n'));
    expect(yaml).toMatch(
      /^poll:\n {2}# .*\n {2}every: 1m\n {2}# .*\n {2}overlap: 10m\n {2}# .*\n {2}sweepEvery: 5m\n {2}# .*\n {2}pageSize: 50\n {2}# .*\n {2}maxRequestsPerHour: 3000\n$/,
    );
    expect(stdout + stderr).not.toContain('right-token');
  });

  test('--json is one line with every check', async () => {
    const { code, stdout } = await doctor(['made-up', '--for', '10s', '--json']);
    expect(code).toBe(0);
    expect(stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(JSON.parse(stdout)).toMatchObject({
      source: 'made-up',
      ok: true,
      ended: 'time',
      checks: expect.any(Array) as unknown[],
      recommended: { every: { value: '1m' }, pageSize: { value: '50' } },
    });
  });

  test('a refused credential is exit 1 with what to do', async () => {
    const { code, stdout, stderr } = await doctor(['made-up'], 'wrong-secret');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('authentication: ');
    expect(stderr).toContain('What to do: the platform refuses the credential');
    expect(stderr).not.toContain('wrong-secret');
  });

  test('a key that no source has, and a duration that is none, are a wrong command line', async () => {
    const [stdout, stderr] = [new Collected(), new Collected()];
    const options = { env: { TOKEN: 'x' }, cwd: folder, stdout, stderr };
    expect(await run(['doctor', 'made-u'], options)).toBe(2);
    expect(await run(['doctor', 'made-up', '--every', '5'], options)).toBe(2);
    expect(stderr.text).toContain('no source has the key made-u; did you mean made-up?');
    expect(stderr.text).toContain('Expected a duration from 1s to 1h');
  });
});
