import { gunzipSync } from 'node:zlib';
import { request } from 'undici';
import { ManualClock } from '../src/simulators/clock.js';
import { CHARTS_TOKEN } from '../src/simulators/credentials.js';
import { Fault } from '../src/simulators/http/faults.js';
import {
  READABLE_SPOILS,
  RECORD_PATHS,
  rewriteRecords,
  spoilRecord,
  UNREADABLE_SPOILS,
  valueAt,
} from '../src/simulators/http/spoil.js';
import { Random } from '../src/simulators/random.js';
import { Simulators, startSimulators } from '../src/simulators/simulators.js';

const PLATFORM = 'vectorcharts';

let simulators: Simulators;

beforeEach(async () => {
  simulators = await startSimulators({
    seed: 2,
    jobs: 30,
    clock: new ManualClock(Date.UTC(2025, 0, 15, 14)),
    platforms: [PLATFORM],
  });
});
afterEach(() => simulators.close());

const ask = () =>
  request(`${simulators.sources[0]!.baseUrl}/api/v1/jobs`, {
    headers: { authorization: `Bearer ${CHARTS_TOKEN}` },
    headersTimeout: 1_000,
    bodyTimeout: 1_000,
  });
const honest = async (): Promise<string> => (await ask()).body.text();
const outcome = async (fault: Fault): Promise<unknown> => {
  simulators.inject(PLATFORM, fault);
  const headers = await ask().catch((error: { code: string }) => error.code);
  if (typeof headers === 'string') return { headers };
  const text = await headers.body.text().catch((error: { code: string }) => ({ body: error.code }));
  return typeof text === 'string'
    ? { status: headers.statusCode, type: headers.headers['content-type'], text }
    : text;
};

it.each<[string, Fault, unknown]>([
  ['a hang before headers', { kind: 'hang' }, { headers: 'UND_ERR_HEADERS_TIMEOUT' }],
  ['a hang in the body', { kind: 'hang-in-body' }, { body: 'UND_ERR_BODY_TIMEOUT' }],
  [
    'a reset before headers',
    { kind: 'reset', in: 'headers' },
    { headers: expect.stringMatching(/RESET|SOCKET/) },
  ],
  ['a reset in the body', { kind: 'reset', in: 'body' }, { body: expect.stringMatching(/RESET|SOCKET/) }],
])('%s', async (_, fault, expected) => {
  expect(await outcome(fault)).toEqual(expected);
  // One request only: the next is answered.
  expect(JSON.parse(await honest())).toHaveLength(30);
});

it('a drip brings the whole body', async () => {
  const text = await honest();
  expect(await outcome({ kind: 'drip', bytes: 500, everyMs: 1 })).toMatchObject({ status: 200, text });
});

it('another content type leaves the body as it is', async () => {
  const text = await honest();
  expect(await outcome({ kind: 'content-type', type: 'image/png' })).toEqual({
    status: 200,
    type: 'image/png',
    text,
  });
});

it('gzip is the same body, compressed', async () => {
  const text = await honest();
  simulators.inject(PLATFORM, { kind: 'gzip' });
  const { headers, body } = await ask();
  expect(headers['content-encoding']).toBe('gzip');
  expect(gunzipSync(Buffer.from(await body.arrayBuffer())).toString()).toBe(text);
});

it('a flood goes on after the list for so many bytes, and ends as an array', async () => {
  const rows = JSON.parse(await honest()) as unknown[];
  simulators.inject(PLATFORM, {
    kind: 'flood',
    bytes: 1_000_000,
    element: (number) => `{"number":${number}}`,
  });
  const text = await honest();
  expect(text.length).toBeGreaterThan(1_000_000);
  expect(text.length).toBeLessThan(1_200_000);
  const flooded = JSON.parse(text) as { number?: number }[];
  expect(flooded.slice(0, rows.length)).toEqual(rows);
  const numbers = flooded.slice(rows.length).map(({ number }) => number);
  expect(numbers.length).toBeGreaterThan(10_000);
  expect(numbers).toEqual(numbers.map((_, place) => place));
});

it('a flood is made while it is taken, and never held', async () => {
  let made = 0;
  const element = (number: number): string => {
    made = number;
    return `"${'x'.repeat(1_000)}"`;
  };
  simulators.inject(PLATFORM, { kind: 'flood', bytes: 500_000_000, element });
  const { body } = await ask();
  for await (const chunk of body as AsyncIterable<Buffer>) {
    expect(chunk.length).toBeGreaterThan(0);
    break;
  }
  // 50 MB are far more than all buffers on the way.
  expect(made).toBeLessThan(50_000);
});

it('an answer that is no longer a list of records is not rewritten', async () => {
  const rewrite: Fault = {
    kind: 'rewrite',
    times: Infinity,
    rewrite: (answer) => rewriteRecords(answer, () => ['rewritten']),
  };
  for (const fault of [
    { kind: 'html' },
    { kind: 'truncated-json' },
    { kind: 'status', status: 500 },
  ] as Fault[]) {
    simulators.inject(PLATFORM, fault);
    const undo = simulators.inject(PLATFORM, rewrite);
    expect(await honest()).not.toContain('rewritten');
    undo();
  }
  simulators.inject(PLATFORM, rewrite);
  expect(JSON.parse(await honest())).toEqual(['rewritten']);
  expect(simulators.requests.failures).toEqual([]);
});

it('what goes wrong in a simulator itself is kept for whoever asks', async () => {
  simulators.inject(PLATFORM, {
    kind: 'rewrite',
    rewrite: () => {
      throw new Error('by this test');
    },
  });
  expect((await ask()).statusCode).toBe(500);
  expect(simulators.requests.failures).toEqual([expect.stringContaining('by this test')]);
});

it('every way to spoil a record shows another list of otherwise the same rows', async () => {
  const rows = JSON.parse(await honest()) as unknown[];
  const paths = RECORD_PATHS[PLATFORM];
  for (const spoil of [...UNREADABLE_SPOILS, ...READABLE_SPOILS]) {
    const undo = simulators.inject(PLATFORM, {
      kind: 'rewrite',
      times: Infinity,
      rewrite: (answer) =>
        rewriteRecords(answer, (records) =>
          records.flatMap((record, place) =>
            place === 7
              ? spoilRecord(spoil, record, { paths, random: new Random(1), before: records[6] })
              : [record],
          ),
        ),
    });
    const spoiled = JSON.parse(await honest()) as unknown[];
    undo();
    expect({ spoil, spoiled }).not.toEqual({ spoil, spoiled: rows });
    expect(spoiled.slice(0, 7)).toEqual(rows.slice(0, 7));
    expect(spoiled.slice(-20)).toEqual(rows.slice(-20));
    const ids = spoiled.map((row) => valueAt(row, paths.id));
    const hasId = typeof ids[7] === 'string' && ids[7] !== '';
    if (spoil !== 'wrong type of a time')
      expect({ spoil, hasId }).toEqual({ spoil, hasId: isReadable(spoil) });
  }
});

function isReadable(spoil: string): boolean {
  return (READABLE_SPOILS as readonly string[]).includes(spoil);
}
