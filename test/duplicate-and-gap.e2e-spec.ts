import { isList, RECORD_PATHS, rewriteRecords, valueAt } from '../src/simulators/http/spoil.js';
import { SimulatedPlatform } from '../src/simulators/life.js';
import { PolledPlatform } from './support/polled-platform.js';

let polled: PolledPlatform;
afterEach(() => polled.close());

it.each<SimulatedPlatform>(['vectorcharts-oem', 'vectorcharts'])(
  'a sweep of %s that shows one row twice and lacks another proves nothing',
  async (platform) => {
    polled = await PolledPlatform.start(platform, { jobs: 60, endless: false }, { pageSize: 20 });
    await polled.ask('sweep');
    const [job] = await polled.rows<{ external_id: string }>(
      'SELECT external_id FROM rollcall.job WHERE NOT terminal ORDER BY created_at LIMIT 1',
    );
    polled.simulators.inject(platform, {
      kind: 'rewrite',
      times: Infinity,
      match: (call) => isList(platform, call),
      rewrite: (answer) =>
        rewriteRecords(answer, (records) =>
          records.map((record, place) =>
            valueAt(record, RECORD_PATHS[platform].id) === job!.external_id
              ? (records[place - 1] ?? records[place + 1])
              : record,
          ),
        ),
    });
    for (let sweep = 0; sweep < 3; sweep++) await polled.ask('sweep');
    expect(await polled.rows('SELECT external_id FROM rollcall.job WHERE vanished_at IS NOT NULL')).toEqual(
      [],
    );
  },
  60_000,
);
