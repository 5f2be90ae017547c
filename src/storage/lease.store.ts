import { PoolClient } from 'pg';
import { Instant, Json } from '../domain/job.js';
import { PollKind } from '../domain/poll-kind.js';
import { claimNumber } from './claim-number.js';
import { Database } from './database.js';
import { FACTS_OF_SOURCE, SourceFacts } from './health.record.js';
import { Lease, LeaseLostError, NO_ROUND, OpenRound, Walk } from './lease.js';
import { fromPg } from './pg-time.js';
import { SPENT_COLUMN, spentFromRow, SpentRow } from './request.log.js';
import { STANDING_COLUMNS, standingFromRow, StandingRow } from './source.standing.js';

interface LeaseRow extends SourceFacts, StandingRow, SpentRow {
  lease_token: number;
  claimed_at: string;
  poll_id: number;
  requested: PollKind | null;
  bookmark: Json;
  walk: (Omit<Walk, 'next' | 'skippedOld'> & Partial<Walk>) | null;
  open_round: Partial<OpenRound> | null;
  sweep_ended_at: string | null;
  first_read_at: string | null;
  consecutive_failures: number;
  limited_since: string | null;
  is_current: boolean;
}

const DUE = `enabled AND retired_at IS NULL AND next_poll_at <= now() AND (lease_until IS NULL OR lease_until < now())
  AND (paused_at IS NULL OR paused_until <= now())`;

/** Who polls a source: one process at a time, and every write of it proves that it still is the one. All instants are the database's. */
export class LeaseStore {
  constructor(private readonly database: Database) {}

  /**
   * Claims sources that are due, the longest overdue first. Every claim raises the fencing token, so that whoever held the source before
   * can write nothing more.
   */
  async claimDue(owner: string, keys: readonly string[], leaseMs: number, limit: number): Promise<Lease[]> {
    return this.claim(`${DUE} AND key = ANY($4::text[]) ORDER BY next_poll_at LIMIT $3`, [
      owner,
      leaseMs,
      limit,
      keys,
    ]);
  }

  /** Claims one source now, due or not; null while another process holds it. Pauses and pace do not count: somebody asked. */
  async claimNow(owner: string, key: string, leaseMs: number): Promise<Lease | null> {
    const leases = await this.claim(
      `key = $3 AND retired_at IS NULL AND (lease_until IS NULL OR lease_until < now()) LIMIT 1`,
      [owner, leaseMs, key],
    );
    return leases[0] ?? null;
  }

  /**
   * One statement tells what a poll needs to know, of many sources at one time: a poll that finds nothing new then asks for little more
   * than whether its records are known (decision 0020).
   */
  private async claim(condition: string, values: unknown[]): Promise<Lease[]> {
    const askedAt = performance.now();
    const rows = await this.database.query<LeaseRow>(
      `WITH due AS (SELECT key, requested_poll, xmin AS version FROM rollcall.source WHERE ${condition} FOR NO KEY UPDATE SKIP LOCKED)
       UPDATE rollcall.source AS s
       SET lease_owner = $1, lease_token = ${claimNumber('s.lease_token')}, lease_until = now() + $2 * interval '1 millisecond', requested_poll = NULL
       FROM due WHERE s.key = due.key
       RETURNING ${FACTS_OF_SOURCE}, s.lease_token,
         -- behind the end of the poll before, even if that came after this statement had begun
         clock_timestamp() AS claimed_at, nextval('rollcall.poll_id_seq') AS poll_id,
         due.requested_poll AS requested, s.bookmark, s.walk, s.open_round, s.sweep_ended_at, s.first_read_at, s.consecutive_failures,
         CASE WHEN s.health_reason = 'rate-limited' THEN s.health_since END AS limited_since,
         ${SPENT_COLUMN}, ${STANDING_COLUMNS},
         -- what is told beside the row is of the statement's beginning: a poll that ended since is not in it
         (SELECT seen.xmin FROM rollcall.source AS seen WHERE seen.key = s.key) = due.version AS is_current`,
      values,
    );
    return Promise.all(
      rows.map(async (row) =>
        leaseFromRow(row.is_current ? row : { ...row, ...(await this.besides(row.key)) }, askedAt),
      ),
    );
  }

  private async besides(key: string): Promise<StandingRow & SpentRow> {
    const [row] = await this.database.query<StandingRow & SpentRow>(
      `SELECT ${SPENT_COLUMN}, ${STANDING_COLUMNS} FROM rollcall.source AS s WHERE key = $1`,
      [key],
    );
    return row!;
  }

  /** @throws LeaseLostError */
  async renew(lease: Lease, leaseMs: number): Promise<void> {
    const rows = await this.database.query(
      `UPDATE rollcall.source SET lease_until = now() + $3 * interval '1 millisecond'
       WHERE key = $1 AND lease_token = $2 AND lease_until > now() RETURNING key`,
      [lease.key, lease.token, leaseMs],
    );
    if (rows.length === 0) throw new LeaseLostError(lease.key);
  }

  /**
   * The fencing check of every write transaction. Locks the source's row, and stores where the walk goes on when the rows of this
   * transaction are committed (undefined leaves it). Not its key: who writes a job without a lease (a refresh) locks the job first, and
   * then refers to the source; each would wait for the other.
   *
   * @throws LeaseLostError
   */
  async fence(client: PoolClient, lease: Lease, walk?: Walk): Promise<void> {
    const { rowCount } = await client.query(
      walk === undefined
        ? {
            name: 'lease-fence',
            text: 'SELECT 1 FROM rollcall.source WHERE key = $1 AND lease_token = $2 AND lease_until > clock_timestamp() FOR NO KEY UPDATE',
          }
        : `UPDATE rollcall.source SET walk = $3::jsonb
           WHERE key = $1 AND lease_token = $2 AND lease_until > clock_timestamp()`,
      walk === undefined ? [lease.key, lease.token] : [lease.key, lease.token, JSON.stringify(walk)],
    );
    if (rowCount !== 1) throw new LeaseLostError(lease.key);
  }

  /**
   * Gives a source back without a result: nothing is said of its health, what was asked for stays asked for, and it is due in `delayMs`
   * for whoever comes next.
   *
   * @throws LeaseLostError when somebody else has claimed it since
   */
  async release(lease: Lease, delayMs: number): Promise<void> {
    const rows = await this.database.query(
      `UPDATE rollcall.source SET lease_owner = NULL, lease_until = NULL,
         next_poll_at = CASE WHEN retired_at IS NULL THEN now() + $3 * interval '1 millisecond' END,
         requested_poll = coalesce(requested_poll, $4)
       WHERE key = $1 AND lease_token = $2 RETURNING key`,
      [lease.key, lease.token, delayMs, lease.requested],
    );
    if (rows.length === 0) throw new LeaseLostError(lease.key);
  }
}

function leaseFromRow(row: LeaseRow, askedAt: number): Lease {
  const instant = (text: string | null): Instant | null => (text === null ? null : fromPg(text));
  return {
    key: row.key,
    token: row.lease_token,
    claimedAt: fromPg(row.claimed_at),
    pollId: row.poll_id,
    requested: row.requested,
    bookmark: row.bookmark,
    // Rows that an earlier version wrote know less.
    walk: row.walk && { skippedOld: 0, next: 'sweep', ...row.walk },
    openRound: row.open_round && { ...NO_ROUND, ...row.open_round },
    sweepEndedAt: instant(row.sweep_ended_at),
    firstReadAt: instant(row.first_read_at),
    consecutiveFailures: row.consecutive_failures,
    limitedSince: instant(row.limited_since),
    health: row,
    standing: standingFromRow(row),
    spent: spentFromRow(row, askedAt),
  };
}
