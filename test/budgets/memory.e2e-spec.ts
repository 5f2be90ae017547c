import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { createServer, ServerResponse } from 'node:http';
import { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { chartJob } from '../support/charts-server.js';
import { createTestDatabase, TestDatabase } from '../support/postgres.js';
import { ROOT } from '../support/repository.js';
import { makeTestFolder } from '../support/test-folder.js';

const JOBS = 20_000;
/** White space between two jobs, bytes: 200 MB of array. */
const BETWEEN = 10_000;
/** Room for JavaScript's own objects, MiB: what is kept of each job would not fit, and still less the array. */
const HEAP_MIB = 64;
/** As performance.md promises it. */
const RESIDENT_MIB = 256;

let test: TestDatabase;
let folder: string;
const server = createServer((_request, response) => list(response));

beforeAll(async () => {
  test = await createTestDatabase();
  folder = await makeTestFolder();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const source = {
    ...{ key: 'charts', platform: 'vectorcharts', baseUrl: `http://127.0.0.1:${port}`, auth: { token: 'x' } },
    poll: { timeout: '2m' },
  };
  // JSON is YAML
  await writeFile(join(folder, 'rollcall.yaml'), JSON.stringify({ sources: [source] }));
});
afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await rm(folder, { recursive: true });
  await test.drop();
});

/** One array, made while it is taken. */
function list(response: ServerResponse): void {
  const space = ' '.repeat(BETWEEN);
  function* pieces(): Generator<string> {
    yield '[';
    for (let index = 0; index < JOBS; index++) {
      const state = index % 50 === 0 ? 'processing' : 'completed';
      const job = chartJob(`job-${index}`, state, {
        parameters: { dataset: `dataset-${index}`, tiles: index },
      });
      yield `${index === 0 ? '' : ','}${space}${JSON.stringify(job)}`;
    }
    yield ']';
  }
  response.writeHead(200, { 'content-type': 'application/json' });
  Readable.from(pieces()).pipe(response);
}

it(`a first read of one array of 200 MB fits a heap of ${HEAP_MIB} MiB, and ${RESIDENT_MIB} MiB in all`, async () => {
  const { stderr } = await promisify(execFile)(
    process.execPath,
    [
      `--max-old-space-size=${HEAP_MIB}`,
      ...['--import', pathToFileURL(join(__dirname, 'resident.mjs')).href],
      ...[join(ROOT, 'bin/rollcall.mjs'), 'poll', 'charts', '--sweep'],
    ],
    { cwd: folder, env: { ...process.env, DATABASE_URL: test.url } },
  );
  const [row] = await test.database.query<{ jobs: number }>('SELECT count(*) AS jobs FROM rollcall.job');
  expect(row).toEqual({ jobs: JOBS });
  const { maxResidentKiB } = JSON.parse(/\{"maxResidentKiB":\d+\}/.exec(stderr)![0]) as {
    maxResidentKiB: number;
  };
  expect(maxResidentKiB / 1024).toBeLessThan(RESIDENT_MIB);
}, 240_000);
