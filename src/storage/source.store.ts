import { PoolClient } from 'pg';
import { ErrorKind } from '../domain/errors.js';
import { Instant, Json } from '../domain/job.js';
import { Database } from './database.js';
import {
  FACTS,
  lockFacts,
  settleHealth,
  SourceFacts,
  tellByTheClock,
  transactionTime,
} from './health.record.js';
import { addToCounter } from './metrics.counter.js';
import { HistogramDelta } from './metrics.histogram.js';
import { fromPg, toPg } from './pg-time.js';
import { Health } from './source-health.js';

export type PollKind = 'incremental' | 'sweep';

/** What the configuration says of a source and every process must know. */
export interface SourceDeclaration {
  key: string;
  platform: string;
  baseUrl: string;
  label: string | null;
  labels: Record<string, string>;
  enabled: boolean;
  everyMs: number;
  idleEveryMs: number;
  sweepEveryMs: number;
  staleAfterMs: number;
  /** How often this source can prove its knowledge complete. */
  proofEveryMs: number;
  /** Requests to the platform. */
  maxRequestsPerHour: number;
  /** Where in its interval a source that has never been polled starts, milliseconds. */
  firstDelayMs: number;
}

/** Where a walk that is not finished goes on. */
export interface Walk {
  kind: PollKind;
  resume: Json;
  /** Database time at which the walk began. */
  beganAt: Instant;
  /** The upstream's clock at the walk's first answer; null before there was one. */
  upstreamDate: Instant | null;
  /** The jobs met so far ({@link SeenJobs.serialize}); null when the walk cannot prove absence any more. */
  seen: string | null;
  /** What `history` left out so far. */
  skippedOld: number;
  /** Whose turn it is: parts of a sweep take turns with incremental reads. */
  next: PollKind;
}

/** A round over all open jobs that takes more than one poll, and what the one before it left to say. */
export interface OpenRound {
  /** Database time; null between two rounds. */
  beganAt: Instant | null;
  /** The upstream's clock when the round began; null when it sends none. */
  upstreamDate: Instant | null;
  /** Of the jobs that are read by their own page, the number of the last one. */
  afterOrdinal: number;
  /** The read that the round began with proved all changes but those of open jobs. */
  proven: boolean;
  /** Jobs that the platform put off, or whose own page could not be read: with one of them the round proves nothing. */
  skipped: number;
  /** Numbers of the open jobs whose own page could not be read when it was last tried, in this round or before. */
  failing: number[];
}

export const NO_ROUND: OpenRound = {
  beganAt: null,
  upstreamDate: null,
  afterOrdinal: 0,
  proven: false,
  skipped: 0,
  failing: [],
};

export interface LastError {
  kind: ErrorKind;
  message: string;
  at: string;
}

/** A source that this process alone may poll until `until`, and what a poll needs to know of it. */
export interface Lease {
  key: string;
  token: number;
  /** Database time of the claim. */
  claimedAt: Instant;
  /** What was asked for by hand; null for a scheduled poll. */
  requested: PollKind | null;
  bookmark: Json;
  walk: Walk | null;
  openRound: OpenRound | null;
  /** When the last sweep ended; null before the first. */
  sweepEndedAt: Instant | null;
  firstReadAt: Instant | null;
  consecutiveFailures: number;
  /** Since when nothing but patience was asked of every poll; null when the last one was not limited. */
  limitedSince: Instant | null;
}

/** What one poll made known; stored in one transaction that also gives the source back. */
export interface PollOutcome {
  pollId: number;
  kind: PollKind;
  beganAt: Instant;
  /** Null: the poll did what it set out to do. */
  error: { kind: ErrorKind; message: string } | null;
  /** As far as the poll can tell; what is shown depends on pauses and the time too. */
  health: Health;
  reason: string | null;
  nextPollAt: Instant;
  consecutiveFailures: number;
  bookmark: Json;
  walk: Walk | null;
  openRound: OpenRound | null;
  /** Set only when this poll proved it; undefined leaves what is stored. */
  openRoundAt?: Instant;
  sweptAt?: Instant;
  /** From when `sweepEvery` counts to the next sweep. */
  sweepEndedAt?: Instant;
  firstReadAt?: Instant;
  completeThrough?: Instant;
  provenAt?: Instant;
  truncated?: boolean;
  clockSkewMs?: number;
  upstreamTotal?: number;
  skippedOld: number;
  requests: number;
  records: number;
  discovered: number;
  changed: number;
  rejected: number;
}

/** The lease is gone: another process polls this source now. Nothing more may be written. */
export class LeaseLostError extends Error {
  constructor(key: string) {
    super(`the lease of source ${key} is gone`);
    this.name = 'LeaseLostError';
  }
}

interface LeaseRow {
  key: string;
  lease_token: number;
  claimed_at: string;
  requested: PollKind | null;
  bookmark: Json;
  walk: (Omit<Walk, 'next' | 'skippedOld'> & Partial<Walk>) | null;
  open_round: Partial<OpenRound> | null;
  sweep_ended_at: string | null;
  first_read_at: string | null;
  consecutive_failures: number;
  limited_since: string | null;
}

/** Polls that one statement forgets. A thousand sources can make hundreds of thousands in an hour. */
const POLLS_PRUNED = 10_000;

const DUE = `enabled AND retired_at IS NULL AND next_poll_at <= now() AND (lease_until IS NULL OR lease_until < now())
  AND (paused_at IS NULL OR paused_until <= now())`;

/** The rows of sources: who polls, from where, and how the last poll went. All instants are the database's. */
export class SourceStore {
  constructor(private readonly database: Database) {}

  /**
   * Makes the rows follow the configuration: new sources are added, changed ones updated, missing ones retired (their jobs stay readable).
   * An older generation of the configuration never retires what a newer one added.
   *
   * @param when `start`: what is overdue starts spread; `reload`: what is due stays due
   */
  async reconcile(
    declarations: readonly SourceDeclaration[],
    generation: number,
    when: 'start' | 'reload',
  ): Promise<void> {
    await this.database.transaction(async (client) => {
      const before = new Map((await lockFacts(client)).map((facts) => [facts.key, facts]));
      for (const source of declarations) await upsertSource(client, source, generation, when);
      await client.query(
        `UPDATE rollcall.source SET retired_at = now(), next_poll_at = NULL, health = 'retired', health_reason = NULL
         WHERE retired_at IS NULL AND NOT key = ANY($1::text[]) AND config_generation <= $2`,
        [declarations.map(({ key }) => key), generation],
      );
      for (const after of await lockFacts(client, [...before.keys()]))
        await settleHealth(client, before.get(after.key)!, after);
    });
  }

  /** For a command that polls before any service did: adds the source, and leaves one that is there as it is. */
  async addMissing(declaration: SourceDeclaration): Promise<void> {
    await this.database.transaction(async (client) => {
      const { rowCount } = await client.query('SELECT 1 FROM rollcall.source WHERE key = $1', [
        declaration.key,
      ]);
      if (rowCount === 0) await upsertSource(client, declaration, 0, 'start');
    });
  }

  /** A number that grows with every start of a service that brings a configuration. */
  async nextGeneration(): Promise<number> {
    const rows = await this.database.query<{ generation: number }>(
      `INSERT INTO rollcall.setting (name, value) VALUES ('config-generation', '1')
       ON CONFLICT (name) DO UPDATE SET value = to_jsonb((setting.value #>> '{}')::bigint + 1)
       RETURNING (value #>> '{}')::bigint AS generation`,
    );
    return rows[0]!.generation;
  }

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

  private async claim(condition: string, values: unknown[]): Promise<Lease[]> {
    const rows = await this.database.query<LeaseRow>(
      `WITH due AS (SELECT key, requested_poll FROM rollcall.source WHERE ${condition} FOR UPDATE SKIP LOCKED)
       UPDATE rollcall.source AS s
       SET lease_owner = $1, lease_token = lease_token + 1, lease_until = now() + $2 * interval '1 millisecond', requested_poll = NULL
       FROM due WHERE s.key = due.key
       RETURNING s.key, s.lease_token, now() AS claimed_at, due.requested_poll AS requested, s.bookmark, s.walk, s.open_round,
         s.sweep_ended_at, s.first_read_at, s.consecutive_failures,
         CASE WHEN s.health_reason = 'rate-limited' THEN s.health_since END AS limited_since`,
      values,
    );
    return rows.map(leaseFromRow);
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
   * transaction are committed (undefined leaves it).
   *
   * @throws LeaseLostError
   */
  async fence(client: PoolClient, lease: Lease, walk?: Walk): Promise<void> {
    const { rowCount } = await client.query(
      walk === undefined
        ? 'SELECT 1 FROM rollcall.source WHERE key = $1 AND lease_token = $2 AND lease_until > clock_timestamp() FOR UPDATE'
        : `UPDATE rollcall.source SET walk = $3::jsonb
           WHERE key = $1 AND lease_token = $2 AND lease_until > clock_timestamp()`,
      walk === undefined ? [lease.key, lease.token] : [lease.key, lease.token, JSON.stringify(walk)],
    );
    if (rowCount !== 1) throw new LeaseLostError(lease.key);
  }

  /** Stores what a poll made known, gives the source back and sets its next time, in one transaction. @throws LeaseLostError */
  async finish(lease: Lease, outcome: PollOutcome): Promise<void> {
    await this.database.transaction(async (client) => {
      await this.fence(client, lease);
      const at = await transactionTime(client);
      const { rows } = await client.query<SourceFacts>(FINISH, finishValues(lease, outcome, at));
      await insertPoll(client, lease.key, outcome);
      const durations = new HistogramDelta();
      durations.observe('poll_duration', outcome.error?.kind ?? 'ok', at - lease.claimedAt);
      await durations.write(client, lease.key);
      const { health, reason, pollId } = outcome;
      await settleHealth(client, rows[0]!, { ...rows[0]!, health, reason }, { pollId });
    });
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

  async nextPollId(): Promise<number> {
    const rows = await this.database.query<{ id: number }>("SELECT nextval('rollcall.poll_id_seq') AS id");
    return rows[0]!.id;
  }

  /** Distinct known jobs whose word has no rule, and rejected records: what keeps a source from being healthy. */
  async complaints(key: string): Promise<{ unmapped: number; rejects: number; open: number }> {
    const rows = await this.database.query<{ unmapped: number; rejects: number; open: number }>(
      `SELECT (SELECT count(*) FROM rollcall.job WHERE source_key = $1 AND NOT status_mapped AND vanished_at IS NULL) AS unmapped,
         (SELECT count(*) FROM rollcall.reject WHERE source_key = $1) AS rejects,
         (SELECT coalesce(sum(jobs - absent), 0)::bigint FROM rollcall.job_count
          WHERE source_key = $1 AND state IN ('scheduled', 'queued', 'running', 'paused', 'stopping', 'unknown')) AS open`,
      [key],
    );
    return rows[0]!;
  }

  /**
   * Adds to the requests of the present minute; the budget of the hour is counted from here, whichever process polls.
   *
   * @param answers what became of requests, by status; for the metrics, which count as soon as there is an answer
   */
  async addRequests(
    key: string,
    requests: number,
    answers: ReadonlyMap<string, number> = new Map(),
  ): Promise<void> {
    if (requests === 0 && answers.size === 0) return;
    await this.database.transaction(async (client) => {
      if (requests > 0)
        await client.query(
          `INSERT INTO rollcall.upstream_request (source_key, minute, requests) VALUES ($1, date_trunc('minute', now()), $2)
           ON CONFLICT (source_key, minute) DO UPDATE SET requests = upstream_request.requests + excluded.requests`,
          [key, requests],
        );
      await addToCounter(client, key, 'requests', answers);
    });
  }

  /** Requests of the last hour, and when the oldest of them leave the hour. */
  async requestsLastHour(key: string): Promise<{ requests: number; freeInMs: number }> {
    const rows = await this.database.query<{ requests: number; free_in_ms: number }>(
      `SELECT coalesce(sum(requests), 0)::bigint AS requests,
         coalesce(extract(epoch FROM min(minute) + interval '61 minutes' - now()) * 1000, 0)::float8 AS free_in_ms
       FROM rollcall.upstream_request WHERE source_key = $1 AND minute > now() - interval '1 hour'`,
      [key],
    );
    return { requests: rows[0]!.requests, freeInMs: Math.max(0, Math.ceil(rows[0]!.free_in_ms)) };
  }

  /** What the sweeps of the last hour asked for, their by-id reads included. */
  async sweepRequestsLastHour(key: string): Promise<number> {
    const rows = await this.database.query<{ requests: number }>(
      `SELECT coalesce(sum(requests), 0)::bigint AS requests FROM rollcall.poll
       WHERE source_key = $1 AND kind = 'sweep' AND began_at > now() - interval '1 day' AND ended_at > now() - interval '1 hour'`,
      [key],
    );
    return rows[0]!.requests;
  }

  /** Stores and tells health that changed by the time of day alone. */
  async tellHealth(): Promise<void> {
    await tellByTheClock(this.database);
  }

  /** Drops the poll history and request counts that nothing reads any more, in small batches. */
  async prune(pollsKeptMs: number): Promise<void> {
    await this.database.query(
      "DELETE FROM rollcall.upstream_request WHERE minute < now() - interval '2 hours'",
    );
    // Numbers are given in the order of time but for the length of a poll: when none of the first is too old, none is worth a look.
    for (let removed = POLLS_PRUNED; removed === POLLS_PRUNED;) {
      const gone = await this.database.query(
        `WITH first AS MATERIALIZED (SELECT id, began_at FROM rollcall.poll ORDER BY id LIMIT ${POLLS_PRUNED})
         DELETE FROM rollcall.poll AS p USING first
         WHERE p.id = first.id AND first.began_at < now() - $1 * interval '1 millisecond' RETURNING 1`,
        [pollsKeptMs],
      );
      removed = gone.length;
    }
  }
}

/** The source was given back; only what the poll proved is moved. */
const FINISH = `
  UPDATE rollcall.source SET
    lease_owner = NULL, lease_until = NULL,
    -- a source that was retired while it was polled has no next poll
    next_poll_at = CASE WHEN retired_at IS NOT NULL THEN NULL WHEN requested_poll IS NULL THEN $3::timestamptz ELSE now() END,
    bookmark = $4::jsonb, walk = $5::jsonb, open_round = $6::jsonb,
    -- a sweep of many parts proves what is older than what the polls between them proved
    open_round_at = greatest($7::timestamptz, open_round_at),
    swept_at = greatest($8::timestamptz, swept_at),
    sweep_ended_at = coalesce($19::timestamptz, sweep_ended_at),
    first_read_at = coalesce(first_read_at, $9::timestamptz),
    -- the last proof's, even if it is earlier: an upstream whose clock was set back must not have us claim its future
    complete_through = CASE WHEN $10::timestamptz IS NULL OR $11::timestamptz < proven_at THEN complete_through ELSE $10::timestamptz END,
    proven_at = greatest(proven_at, $11::timestamptz),
    truncated = coalesce($12::boolean, truncated),
    -- goes with complete_through: that is taken to our clock by it
    clock_skew_ms = CASE WHEN $10::timestamptz IS NULL AND complete_through IS NOT NULL THEN clock_skew_ms
      ELSE coalesce($13::bigint, clock_skew_ms) END,
    upstream_total = coalesce($14::bigint, upstream_total),
    upstream_total_at = CASE WHEN $14::bigint IS NULL THEN upstream_total_at ELSE now() END,
    skipped_old = CASE WHEN $15::bigint > 0 THEN $15::bigint ELSE skipped_old END,
    last_poll_at = $16,
    last_success_at = CASE WHEN $17::jsonb IS NULL THEN $16 ELSE last_success_at END,
    last_error = coalesce($17::jsonb, last_error),
    consecutive_failures = $18
  WHERE key = $1 AND lease_token = $2
  RETURNING ${FACTS}`;

function finishValues(lease: Lease, outcome: PollOutcome, at: Instant): unknown[] {
  const instant = (value: Instant | undefined): string | null => (value === undefined ? null : toPg(value));
  const json = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));
  const error = outcome.error === null ? null : { ...outcome.error, at: new Date(at).toISOString() };
  return [
    lease.key,
    lease.token,
    toPg(outcome.nextPollAt),
    json(outcome.bookmark),
    json(outcome.walk),
    json(outcome.openRound),
    instant(outcome.openRoundAt),
    instant(outcome.sweptAt),
    instant(outcome.firstReadAt),
    instant(outcome.completeThrough),
    instant(outcome.provenAt),
    outcome.truncated ?? null,
    outcome.clockSkewMs ?? null,
    outcome.upstreamTotal ?? null,
    outcome.skippedOld,
    toPg(at),
    json(error),
    outcome.consecutiveFailures,
    instant(outcome.sweepEndedAt),
  ];
}

async function insertPoll(client: PoolClient, key: string, outcome: PollOutcome): Promise<void> {
  await client.query(
    `INSERT INTO rollcall.poll (id, source_key, kind, began_at, ended_at, result, error, requests, records, discovered, changed, rejected)
     VALUES ($1, $2, $3, $4, now(), $5, $6, $7, $8, $9, $10, $11)`,
    [
      outcome.pollId,
      key,
      outcome.kind,
      toPg(outcome.beganAt),
      outcome.error === null ? 'ok' : outcome.error.kind,
      outcome.error === null ? null : JSON.stringify(outcome.error),
      outcome.requests,
      outcome.records,
      outcome.discovered,
      outcome.changed,
      outcome.rejected,
    ],
  );
}

async function upsertSource(
  client: PoolClient,
  source: SourceDeclaration,
  generation: number,
  when: 'start' | 'reload',
): Promise<void> {
  const soon = "now() + $13 * interval '1 millisecond'";
  await client.query(
    `INSERT INTO rollcall.source (key, platform, base_url, label, labels, enabled, every_ms, idle_every_ms, sweep_every_ms, stale_after_ms,
       proof_every_ms, config_generation, max_requests_per_hour, next_poll_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $14, ${soon})
     ON CONFLICT (key) DO UPDATE SET platform = excluded.platform, base_url = excluded.base_url, label = excluded.label,
       labels = excluded.labels, enabled = excluded.enabled, every_ms = excluded.every_ms, idle_every_ms = excluded.idle_every_ms,
       sweep_every_ms = excluded.sweep_every_ms, stale_after_ms = excluded.stale_after_ms, proof_every_ms = excluded.proof_every_ms,
       max_requests_per_hour = excluded.max_requests_per_hour,
       config_generation = greatest(source.config_generation, excluded.config_generation),
       retired_at = NULL,
       health = CASE WHEN source.retired_at IS NULL THEN source.health ELSE 'degraded' END,
       health_reason = CASE WHEN source.retired_at IS NULL THEN source.health_reason ELSE 'not-polled-yet' END,
       -- after a stop, what is overdue starts spread as at first; what is not due yet keeps its time unless the pace grew
       next_poll_at = CASE WHEN source.next_poll_at IS NULL OR ($15 AND source.next_poll_at < now()) THEN excluded.next_poll_at
         ELSE least(source.next_poll_at, now() + excluded.every_ms * interval '1 millisecond' + interval '5 minutes') END`,
    [
      source.key,
      source.platform,
      source.baseUrl,
      source.label,
      JSON.stringify(source.labels),
      source.enabled,
      source.everyMs,
      source.idleEveryMs,
      source.sweepEveryMs,
      source.staleAfterMs,
      source.proofEveryMs,
      generation,
      source.firstDelayMs,
      source.maxRequestsPerHour,
      when === 'start',
    ],
  );
}

function leaseFromRow(row: LeaseRow): Lease {
  const instant = (text: string | null): Instant | null => (text === null ? null : fromPg(text));
  return {
    key: row.key,
    token: row.lease_token,
    claimedAt: fromPg(row.claimed_at),
    requested: row.requested,
    bookmark: row.bookmark,
    // Rows that an earlier version wrote know less.
    walk: row.walk && { skippedOld: 0, next: 'sweep', ...row.walk },
    openRound: row.open_round && { ...NO_ROUND, ...row.open_round },
    sweepEndedAt: instant(row.sweep_ended_at),
    firstReadAt: instant(row.first_read_at),
    consecutiveFailures: row.consecutive_failures,
    limitedSince: instant(row.limited_since),
  };
}
