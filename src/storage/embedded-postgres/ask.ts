import { realpath } from 'node:fs/promises';
import { Client } from 'pg';
import { SUPERUSER } from './cluster.js';
import { errorCode } from './errors.js';

// A machine that is busy may take long to answer, and is asked again.
const CONNECT_TIMEOUT_MS = 5_000;

/**
 * Who answers on a port. A `Client`: the server of this data, which proved it by knowing the password (SCRAM proves both
 * sides to each other) and naming its folder. `nobody` listens; `not-yet`: it starts, stops, or is too busy; `stranger`:
 * another program; `wrong-password`: a PostgreSQL that does not take ours.
 */
export type Answer = Client | 'nobody' | 'not-yet' | 'stranger' | 'wrong-password';

/** @throws what else a PostgreSQL may refuse, such as too many connections */
export async function ask(port: number, password: string, dataFolder: string): Promise<Answer> {
  const client = new Client({
    host: '127.0.0.1',
    port,
    user: SUPERUSER,
    password,
    database: 'postgres',
    application_name: 'rollcall member',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
  });
  // What breaks the connection also rejects the query in flight; without a listener Node would end the process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ data_directory: string }>('SHOW data_directory');
    if ((await realpath(rows[0]?.data_directory ?? '')) === dataFolder) return client;
    await client.end();
    return 'stranger';
  } catch (error) {
    await client.end();
    return meaning(error);
  }
}

function meaning(error: unknown): Answer {
  switch (errorCode(error)) {
    case 'ECONNREFUSED':
      return 'nobody';
    case '28P01': // invalid_password
    case '28000': // invalid_authorization_specification: no such user, or no such rule
      return 'wrong-password';
    case '57P03': // cannot_connect_now: starting, stopping or recovering
    case '57P01': // admin_shutdown
    case '57P02': // crash_shutdown
    case 'ECONNRESET':
    case 'EPIPE':
      return 'not-yet';
    case 'ENOENT': // the folder that it names is not here
      return 'stranger';
    case null: // pg's own: timed out, ended in the middle, or not PostgreSQL's protocol
      return 'not-yet';
    default:
      throw error;
  }
}
