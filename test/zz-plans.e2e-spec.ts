import { createTestDatabase } from './support/postgres.js';
import { insertSource } from './support/jobs.js';
import { JobQuery } from '../src/storage/job.query.js';
import { Database } from '../src/storage/database.js';
it('plans', async () => {
  const t = await createTestDatabase();
  for (let i=0;i<5;i++) await insertSource(t.database, { key: 's'+i });
  await t.database.query(`INSERT INTO rollcall.job (id, source_key, platform, external_id, type, state, status_mapped, updated_at, first_seen_at, state_changed_at, changed_at, version, read_at, mapping, seen_at)
   SELECT gen_random_uuid(), 's'||(i%5), 'p', i::text, 't'||(i%50), 'succeeded', true, now()-i*interval '1 s', now(), now(), now()-i*interval '1 s', 1, now(), 'm', now() FROM generate_series(1,100000) i`);
  await t.database.query('VACUUM ANALYZE rollcall.job');
  const spy = { query: async (sql: any, values: any[]) => {
    const r: any[] = await t.database.query('EXPLAIN (ANALYZE, BUFFERS, FORMAT TEXT) ' + sql.text, values);
    console.log(r.map((x) => x['QUERY PLAN']).join('\n'));
    return t.database.query(sql, values);
  } };
  const q = new JobQuery(spy as unknown as Database);
  await q.page({ filter: {type:['t3']}, sources: null, sort: {field: 'updatedAt', descending: true}, limit: 50, offset: 0, position: {key:null, backward:false, inclusive:false, now: Date.now()} });
  await t.drop();
}, 120000);
