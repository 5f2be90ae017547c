import { types } from 'node:util';
import { DatabaseError } from 'pg';
import { StandbyError } from './session.js';

/**
 * SQLSTATE classes and codes (PostgreSQL 18, appendix A) that blame the server, its resources or the moment, and not what was asked:
 * connections (08), access (28), lost transactions (40, 25P02 to 25P04), a primary that became a replica (25006), prepared statements that a
 * pooler mixed up (26000, 42P05), no such database (3D000),
 * resources (53), locks (55P03), operators (57), the system (58), the server itself (XX).
 */
const SQLSTATE = /^(08...|28...|40...|25P0[234]|25006|26000|3D000|42P05|53...|55P03|57...|58...|XX...)$/;

/** Node's words for a way to the server that is not there. */
const SOCKET =
  /^(ECONNREFUSED|ECONNRESET|ECONNABORTED|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|ENOENT|EAI_AGAIN|ETIMEDOUT|EPIPE)$/;

/** What the driver says without a code (pg 8, pg-pool 3). */
const LOST =
  /^(Connection terminated|Client has encountered a connection error|Client was closed|timeout (expired|exceeded when)|Query read timeout)/;

/**
 * Whether our database could not do its part now, though what was asked of it was right: it is away, full, busy or restarting. For
 * errors of `Database` and of what is built on it; faults of upstreams are SourceErrors before anybody asks.
 */
export function isDatabaseFault(error: unknown): boolean {
  // of whatever realm: Node's own errors are not of the one in which a test runs
  if (!types.isNativeError(error)) return false;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : null;
  if (error instanceof StandbyError) return true;
  if (error instanceof DatabaseError) return code !== null && SQLSTATE.test(code);
  return code === null ? LOST.test(error.message) : SOCKET.test(code);
}
