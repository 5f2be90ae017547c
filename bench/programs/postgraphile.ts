import { createServer } from 'node:http';
import { AddressInfo } from 'node:net';
import { postgraphile } from 'postgraphile';
import { openDatabase } from '../../src/storage/database.js';
import { quietLog } from '../../test/support/quiet-log.js';
import { runProgram, say } from '../harness/program.js';

export interface PostGraphileTask {
  databaseUrl: string;
  poolSize: number;
}

const OMIT_VIEWS = `
  DO $$ DECLARE view regclass; BEGIN
    FOR view IN SELECT oid FROM pg_class WHERE relnamespace = 'rollcall'::regnamespace AND relkind = 'v' LOOP
      EXECUTE format('COMMENT ON VIEW %s IS ''@omit''', view);
    END LOOP;
  END $$`;

// What the list is compared to: PostGraphile over the same tables, with those settings that its documentation recommends for production and that matter for lists
// (https://www.graphile.org/postgraphile/usage-library/), over a pool that is set up as the product's. It knows nobody and offers no mutations.

runProgram<PostGraphileTask>(async ({ databaseUrl, poolSize }) => {
  const { pool } = await openDatabase({ url: databaseUrl, dataDir: '', poolSize, log: quietLog() });
  // its lists of the tables have the names of the views
  await pool.query(OMIT_VIEWS);
  const handler = postgraphile(pool, ['rollcall'], {
    ...{ dynamicJson: true, setofFunctionsContainNulls: false, ignoreRBAC: false },
    ...{ legacyRelations: 'omit', disableDefaultMutations: true, graphiql: false, disableQueryLog: true },
    // as the indexes have it
    graphileBuildOptions: { orderByNullsLast: true },
  });
  await handler.getGraphQLSchema();
  const server = createServer((request, response) => void handler(request, response));
  server.listen(0, '127.0.0.1', () => say({ port: (server.address() as AddressInfo).port }));
});
