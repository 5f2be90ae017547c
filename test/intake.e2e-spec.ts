import { isList, rewriteRecords } from '../src/simulators/http/spoil.js';
import { PolledPlatform } from './support/polled-platform.js';

let polled: PolledPlatform;
afterEach(() => polled.close());

it('a first read whose rows were refused once goes on before them, and nothing is lost', async () => {
  polled = await PolledPlatform.start('elastic-path', { jobs: 1_150, endless: false }, { pageSize: 100 });
  await polled.rows(`
    CREATE SEQUENCE turn;
    CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $r$ BEGIN
      IF nextval('turn') = 2 THEN RAISE EXCEPTION 'refused' USING ERRCODE = 'invalid_parameter_value'; END IF;
      RETURN NULL;
    END $r$;
    CREATE TRIGGER refuse BEFORE INSERT ON rollcall.job FOR EACH STATEMENT EXECUTE FUNCTION refuse()`);
  expect(await polled.ask('sweep')).toMatchObject({
    error: { message: expect.stringContaining('unexpected') as unknown },
  });
  expect(await polled.ask('sweep')).toMatchObject({ error: null });
  expect((await polled.source())['complete_through']).not.toBeNull();
  expect(await polled.wrong()).toEqual([]);
}, 60_000);

it('records of some megabytes go into several transactions, none of which outlasts the lease', async () => {
  polled = await PolledPlatform.start('vectorcharts', { jobs: 12, endless: false }, {});
  polled.simulators.inject('vectorcharts', {
    kind: 'rewrite',
    times: Infinity,
    match: (call) => isList('vectorcharts', call),
    rewrite: (answer) =>
      rewriteRecords(answer, (records) =>
        records.map((record) => ({ ...(record as object), parameters: { text: 'x'.repeat(3_000_000) } })),
      ),
  });
  expect(await polled.ask('sweep')).toMatchObject({ error: null });
  const written = await polled.rows<{ jobs: number }>(
    'SELECT count(*) AS jobs FROM rollcall.job GROUP BY xmin',
  );
  expect(Math.max(...written.map(({ jobs }) => jobs))).toBe(2);
}, 60_000);
