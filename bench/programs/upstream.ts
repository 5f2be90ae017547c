import { createReadStream, createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { createServer } from 'node:http';
import { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CHARTS_TOKEN } from '../../src/simulators/credentials.js';
import { chartsFace } from '../../src/simulators/vectorcharts.simulator.js';
import { createWorld } from '../../src/simulators/world.js';
import { makeTestFolder } from '../../test/support/test-folder.js';
import { runProgram, say } from '../harness/program.js';

export interface UpstreamTask {
  jobs: number;
  /** Each time it is told to, every so many-th job has changed; 0 for a list that never changes. */
  changeEvery: number;
}

export interface UpstreamWord {
  baseUrl: string;
  token: string;
  /** Of the list. */
  bytes: number;
}

// VectorCharts core with a list of any length. The simulator's records are written to a file before anything is measured, so that sending
// them takes next to none of the cores that the product and its database need. `{change: true}` changes some of the jobs.

const NOW = Date.now();
/** A job a second, so that a larger list is a longer history and not a busier one. */
const BIRTH_EVERY_MS = 1_000;
const CHUNK = 262_144;
/** How often the list can change. */
const CHANGES = 2;

runProgram<UpstreamTask>(async ({ jobs, changeEvery }) => {
  const folder = await makeTestFolder();
  const write = async (name: string, pieces: Iterable<string>) => {
    const file = join(folder, name);
    await pipeline(Readable.from(pieces), createWriteStream(file));
    return file;
  };
  const list = await write('list.json', listOf(jobs));
  const changed: string[] = [];
  for (let times = 1; changeEvery > 0 && times <= CHANGES; times++)
    changed.push(await write(`changed-${times}.json`, withChanges(listOf(jobs), changeEvery, times)));
  let shown = list;
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    pipeline(createReadStream(shown, { highWaterMark: CHUNK }), response).catch((error: unknown) => {
      // Whoever hung up ends this answer only.
      if (!response.destroyed) throw error;
    });
  });
  process.on('message', () => (shown = changed.shift() ?? shown));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const { size } = await stat(list);
  say({ baseUrl: `http://127.0.0.1:${port}`, token: CHARTS_TOKEN, bytes: size } satisfies UpstreamWord);
  return () => rm(folder, { recursive: true });
});

/** The list as the simulated platform sends it. */
function listOf(jobs: number): Iterable<string> {
  const world = createWorld({
    seed: 8,
    jobs,
    start: NOW,
    platforms: ['vectorcharts'],
    endless: false,
    birthEveryMs: BIRTH_EVERY_MS,
    historyMs: jobs * BIRTH_EVERY_MS,
  });
  const { pieces } = chartsFace(world.population('vectorcharts')).handle({
    method: 'GET',
    path: '/api/v1/jobs',
    query: new URLSearchParams(),
    headers: { authorization: `Bearer ${CHARTS_TOKEN}` },
    body: '',
    now: NOW,
    seenAt: NOW,
    origin: '',
  });
  if (pieces === undefined) throw new Error('the simulator refused');
  return pieces;
}

/** The same list, in which every so many-th job has come to another state and back, so many times in all, each a moment later. */
function* withChanges(pieces: Iterable<string>, every: number, times: number): Generator<string> {
  let index = 0;
  for (const piece of pieces) {
    // A piece is what begins or goes on the array, some records, and perhaps its end.
    const [opening, records, end] = /^([[,]?)(.*?)(\]?)$/s.exec(piece)!.slice(1) as [string, string, string];
    const jobs = JSON.parse(`[${records}]`) as { job_state: string; updated_at: number }[];
    for (const job of jobs) {
      if (index++ % every !== 0) continue;
      if (times % 2 === 1) job.job_state = job.job_state === 'completed' ? 'failed' : 'completed';
      job.updated_at += times;
    }
    yield opening + jobs.map((job) => JSON.stringify(job)).join() + end;
  }
}
