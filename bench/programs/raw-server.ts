import { createServer } from 'node:http';
import { AddressInfo } from 'node:net';
import { QueryResult } from 'pg';
import { Statement } from '../../src/storage/statement.js';
import { openDatabase } from '../../src/storage/database.js';
import { quietLog } from '../../test/support/quiet-log.js';
import { runProgram, say } from '../harness/program.js';

/** One question: the statements that the product runs for it, one after the other. */
export type RawQuestion = readonly (Statement & { values: unknown[] })[];

export interface RawTask {
  databaseUrl: string;
  poolSize: number;
  questions: readonly RawQuestion[];
}

// The limit of the list: `http` and `pg` alone, over a pool that is set up as the product's. `GET /7` runs the statements of question 7,
// prepared by name, and sends the rows as the driver gives them. It knows nobody, checks nothing and says nothing of what it sends.

runProgram<RawTask>(async ({ databaseUrl, poolSize, questions }) => {
  const { pool } = await openDatabase({ url: databaseUrl, dataDir: '', poolSize, log: quietLog() });
  const answer = async (path: string): Promise<string> => {
    const data: unknown[] = [];
    for (const statement of questions[Number(path.slice(1))]!) {
      const { rows }: QueryResult = await pool.query(statement);
      data.push(...rows);
    }
    return JSON.stringify({ data });
  };
  const server = createServer((request, response) => {
    answer(request.url!).then(
      (body) => {
        response.writeHead(200, { 'content-type': 'application/json' }).end(body);
      },
      (error: unknown) => {
        console.error(error);
        response.writeHead(500).end();
      },
    );
  });
  server.listen(0, '127.0.0.1', () => say({ port: (server.address() as AddressInfo).port }));
});
