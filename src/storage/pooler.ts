import { randomBytes } from 'node:crypto';
import { Client, Pool } from 'pg';
import { Session, SessionConfig } from './session.js';

/** How long one answer may take, milliseconds: a pooler with a single session of the server could never give the second one. */
const ANSWER_MS = 1_000;
/** Others use the pooler too, and may have the session that is to be occupied. */
const TRIES = 5;

/**
 * Finds out whether a pooler that stands before the server keeps prepared statements (PgBouncer 1.21 and later, where
 * `max_prepared_statements` is above 0): only then are statements named. What cannot be shown does not hold.
 */
export async function findRoute(pool: Pool): Promise<void> {
  const client = await pool.connect();
  const { isPooled } = client as unknown as Session;
  client.release();
  if (!isPooled) return;
  const { route, ...config } = pool.options as unknown as SessionConfig;
  route.keepsStatements = await keepsStatements(config);
}

/**
 * A statement is prepared in one session of the server; then somebody else occupies that one, so that the same statement, asked for by its
 * name alone, comes to another.
 */
async function keepsStatements(config: Omit<SessionConfig, 'route'>): Promise<boolean> {
  const open = () => new Session({ ...config, route: { keepsStatements: true }, patienceMs: ANSWER_MS });
  const [asking, other]: [Client, Client] = [open(), open()];
  // nobody else's, of whatever release
  const name = `rollcall-${randomBytes(12).toString('base64url')}`;
  const session = async (client: Client, asked: { name?: string }) =>
    (await client.query<{ pid: number }>({ ...asked, text: 'SELECT pg_backend_pid() AS pid' })).rows[0]!.pid;
  try {
    await asking.connect();
    await other.connect();
    for (let tries = 0; tries < TRIES; tries++) {
      const first = await session(asking, { name });
      await other.query('BEGIN');
      await session(other, {});
      const second = await session(asking, { name });
      await other.query('ROLLBACK');
      if (second !== first) return true;
    }
    return false;
  } catch {
    // mixed up, or no answer: either way not to be relied on, and the database itself has just answered
    return false;
  } finally {
    (asking as Session).cut();
    (other as Session).cut();
  }
}
