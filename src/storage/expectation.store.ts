import { PoolClient } from 'pg';
import { Instant } from '../domain/job.js';
import { ADVISORY_LOCK, LOCK_SPACE } from './advisory-locks.js';
import { Database } from './database.js';
import { appendEvents } from './event.log.js';
import { SELECT_JOB, SelectedJob, writeJob } from './job.fields.js';
import { fromPg, toPg } from './pg-time.js';
import { Column, columnNames, selectRows } from './sql-values.js';

/** Something that breaks a rule, before it is stored. */
export interface NewBreach {
  rule: string;
  kind: string;
  source: string;
  /** Tells it from all else of the source that breaks the rule, in few bytes. */
  subject: string;
  jobId: string | null;
  type: string | null;
  since: Instant;
  value: number;
  limit: number;
  message: string;
}

/** A breach that goes on. */
export interface FiringBreach extends NewBreach {
  id: string;
}

/** What the feed is to be told of a breach. */
export interface BreachNews {
  type: 'alert.firing' | 'alert.resolved';
  breach: FiringBreach;
}

/** What a rule remembers of a source. */
export interface ExpectationState {
  watchedSince: Instant;
  /** Why it cannot be evaluated now; null: it is. */
  suspended: string | null;
  memory: object;
}

/** The most breaches that one transaction begins or ends: each is an event. */
export const MAX_CHANGES = 400;

const BREACH = `id, rule, kind, source_key AS source, subject, job_id AS "jobId", type,
  (extract(epoch FROM since) * 1000)::float8 AS since, value, limit_value AS "limit", message`;

const COLUMNS: readonly Column<NewBreach & { firedAt: Instant }>[] = [
  { name: 'rule', type: 'text', value: (breach) => breach.rule },
  { name: 'kind', type: 'text', value: (breach) => breach.kind },
  { name: 'source_key', type: 'text', value: (breach) => breach.source },
  { name: 'subject', type: 'text', value: (breach) => breach.subject },
  { name: 'job_id', type: 'uuid', value: (breach) => breach.jobId },
  { name: 'type', type: 'text', value: (breach) => breach.type },
  { name: 'since', type: 'timestamptz', value: (breach) => toPg(Math.trunc(breach.since)) },
  { name: 'fired_at', type: 'timestamptz', value: (breach) => toPg(breach.firedAt) },
  { name: 'value', type: 'float8', value: (breach) => breach.value },
  { name: 'limit_value', type: 'float8', value: (breach) => breach.limit },
  { name: 'message', type: 'text', value: (breach) => breach.message },
];

/** What expectations found and remember. A breach is stored with its event, or not at all. */
export class ExpectationStore {
  constructor(private readonly database: Database) {}

  /**
   * Claims the next evaluation for these rules.
   *
   * @param digest of the rules
   * @param everyMs how long after the last evaluation the next one is due
   * @param foreignMs how long the rules of another configuration, which was the last to be declared, keep the turn without using it
   * @returns the time (database time); null when it is not due, or another configuration's
   */
  async claimTurn(digest: string, everyMs: number, foreignMs: number): Promise<Instant | null> {
    const rows = await this.database.query<{ now: string }>(
      `UPDATE rollcall.expectation_evaluation SET rules_digest = $1, evaluated_at = clock_timestamp()
       WHERE rules_digest IS NULL OR evaluated_at IS NULL
         OR evaluated_at <= clock_timestamp() - CASE WHEN rules_digest = $1 THEN $2::float8 ELSE $3::float8 END * interval '1 millisecond'
       RETURNING evaluated_at AS now`,
      [digest, everyMs, foreignMs],
    );
    return rows[0] === undefined ? null : fromPg(rows[0].now);
  }

  /** The rules of the configuration that was read last are those that count. */
  async declare(digest: string): Promise<void> {
    await this.database.query(
      'UPDATE rollcall.expectation_evaluation SET rules_digest = $1 WHERE rules_digest IS DISTINCT FROM $1',
      [digest],
    );
  }

  /** When expectations were last evaluated; null: never. */
  async evaluatedAt(): Promise<Instant | null> {
    const [row] = await this.database.query<{ at: string | null }>(
      'SELECT evaluated_at AS at FROM rollcall.expectation_evaluation',
    );
    return row?.at == null ? null : fromPg(row.at);
  }

  /**
   * One rule's work, within a time bound for each statement.
   *
   * @returns null when another process evaluates at this moment
   */
  async work<T>(boundMs: number, work: (client: PoolClient) => Promise<T>): Promise<T | null> {
    return this.database.transaction(async (client) => {
      const { rows } = await client.query<{ taken: boolean }>(
        'SELECT pg_try_advisory_xact_lock($1, $2) AS taken',
        [LOCK_SPACE, ADVISORY_LOCK.expectations],
      );
      if (!rows[0]!.taken) return null;
      await client.query(`SET LOCAL statement_timeout = ${boundMs}`);
      return work(client);
    });
  }

  /** Forgets what belongs to no rule any more, and ends its breaches. */
  async keepOnly(rules: readonly string[], now: Instant): Promise<void> {
    await this.work(60_000, async (client) => {
      await client.query('DELETE FROM rollcall.expectation_state WHERE NOT rule = ANY($1::text[])', [rules]);
      const { rows } = await client.query<FiringBreach>(
        `SELECT ${BREACH} FROM rollcall.expectation_breach WHERE resolved_at IS NULL AND NOT rule = ANY($1::text[])
         ORDER BY fired_at, id LIMIT ${MAX_CHANGES}`,
        [rules],
      );
      const ended = await resolveBreaches(
        client,
        rows.map((breach) => ({ ...breach, message: 'the rule is not in the configuration any more' })),
        now,
      );
      await tellBreaches(client, ended, now);
    });
  }

  /** Removes breaches that ended longer ago. */
  async prune(olderThanMs: number): Promise<void> {
    await this.database.query(
      `DELETE FROM rollcall.expectation_breach WHERE resolved_at < clock_timestamp() - $1::float8 * interval '1 millisecond'`,
      [olderThanMs],
    );
  }

  /** How every rule stands with each source that it covers. */
  async states(): Promise<
    {
      rule: string;
      source: string;
      watchedSince: string;
      suspended: string | null;
      suspendedSince: string | null;
      firing: number;
    }[]
  > {
    return this.database.query(
      `SELECT s.rule, s.source_key AS source, s.watched_since AS "watchedSince", s.suspended,
         s.suspended_since AS "suspendedSince", count(b.id)::int AS firing
       FROM rollcall.expectation_state s
       LEFT JOIN rollcall.expectation_breach b ON b.rule = s.rule AND b.source_key = s.source_key AND b.resolved_at IS NULL
       GROUP BY s.rule, s.source_key ORDER BY s.rule, s.source_key`,
    );
  }
}

export async function firingOf(client: PoolClient, rule: string): Promise<FiringBreach[]> {
  const { rows } = await client.query<FiringBreach>(
    `SELECT ${BREACH} FROM rollcall.expectation_breach WHERE rule = $1 AND resolved_at IS NULL ORDER BY fired_at, id`,
    [rule],
  );
  return rows;
}

/** Stores what broke. Of two that are alike the first stays. @returns what is to be told of it, in this transaction */
export async function fireBreaches(
  client: PoolClient,
  breaches: readonly NewBreach[],
  now: Instant,
): Promise<BreachNews[]> {
  if (breaches.length === 0) return [];
  const { text, values } = selectRows(
    COLUMNS,
    breaches.map((breach) => ({ ...breach, firedAt: now })),
  );
  const { rows } = await client.query<FiringBreach>(
    `INSERT INTO rollcall.expectation_breach (${columnNames(COLUMNS)}) ${text}
     ON CONFLICT (rule, source_key, subject) WHERE resolved_at IS NULL DO NOTHING RETURNING ${BREACH}`,
    values,
  );
  return rows.map((breach) => ({ type: 'alert.firing', breach }));
}

/**
 * Ends breaches.
 *
 * @param breaches with the value and the message with which they end
 * @returns what is to be told of it, in this transaction
 */
export async function resolveBreaches(
  client: PoolClient,
  breaches: readonly FiringBreach[],
  now: Instant,
): Promise<BreachNews[]> {
  if (breaches.length === 0) return [];
  const { rows } = await client.query<{ id: string }>(
    `UPDATE rollcall.expectation_breach SET resolved_at = $2 WHERE id = ANY($1::uuid[]) AND resolved_at IS NULL RETURNING id`,
    [breaches.map(({ id }) => id), toPg(now)],
  );
  const ended = new Set(rows.map(({ id }) => id));
  return breaches.filter(({ id }) => ended.has(id)).map((breach) => ({ type: 'alert.resolved', breach }));
}

/**
 * The last act of a transaction: whoever changes a job or a source waits until it is committed. To wait for one's turn is no rule's work,
 * and so not bounded as that is.
 */
export async function tellBreaches(
  client: PoolClient,
  news: readonly BreachNews[],
  at: Instant,
): Promise<void> {
  if (news.length === 0) return;
  const jobs = await jobsOf(
    client,
    news.map(({ breach }) => breach),
    at,
  );
  await client.query('SET LOCAL statement_timeout TO DEFAULT');
  await appendEvents(
    client,
    news.map(({ type, breach }) => ({
      type,
      at,
      source: breach.source,
      jobId: breach.jobId,
      sequence: null,
      from: null,
      to: null,
      backfill: false,
      changed: [],
      body: {
        alert: {
          name: breach.rule,
          kind: breach.kind,
          since: new Date(breach.since).toISOString(),
          value: breach.value,
          limit: breach.limit,
          type: breach.type,
          message: breach.message,
        },
        job: breach.jobId === null ? null : (jobs.get(breach.jobId) ?? null),
      },
      pollId: null,
    })),
  );
}

/** The jobs of breaches as they are now; one that retention has removed is missing. */
async function jobsOf(
  client: PoolClient,
  breaches: readonly FiringBreach[],
  now: Instant,
): Promise<Map<string, unknown>> {
  const ids = breaches.map(({ jobId }) => jobId).filter((id) => id !== null);
  if (ids.length === 0) return new Map();
  const { rows } = await client.query<SelectedJob>(
    `SELECT ${SELECT_JOB} FROM rollcall.job j JOIN rollcall.source s ON s.key = j.source_key
     WHERE $1::timestamptz IS NOT NULL AND j.id = ANY($2::uuid[])`,
    [toPg(now), ids],
  );
  return new Map(
    rows.map((row) => {
      const job = JSON.parse(writeJob(row).json) as { id: string };
      return [job.id, job];
    }),
  );
}

export async function statesOf(client: PoolClient, rule: string): Promise<Map<string, ExpectationState>> {
  const { rows } = await client.query<ExpectationState & { source: string }>(
    `SELECT source_key AS source, (extract(epoch FROM watched_since) * 1000)::float8 AS "watchedSince", suspended, memory
     FROM rollcall.expectation_state WHERE rule = $1`,
    [rule],
  );
  return new Map(rows.map(({ source, ...state }) => [source, state]));
}

/** Stores what a rule remembers of sources, by their keys; `suspended` counts from when its reason changed. */
export async function saveStates(
  client: PoolClient,
  rule: string,
  states: ReadonlyMap<string, ExpectationState>,
  now: Instant,
): Promise<void> {
  if (states.size === 0) return;
  const values = [...states.values()];
  await client.query(
    `INSERT INTO rollcall.expectation_state AS s (rule, source_key, watched_since, suspended, suspended_since, memory)
     SELECT $1, source_key, watched_since, suspended, CASE WHEN suspended IS NOT NULL THEN $5::timestamptz END, memory::jsonb
     FROM unnest($2::text[], $3::timestamptz[], $4::text[], $6::text[]) AS v (source_key, watched_since, suspended, memory)
     ON CONFLICT (rule, source_key) DO UPDATE SET suspended = excluded.suspended, memory = excluded.memory,
       suspended_since = CASE WHEN s.suspended IS NOT DISTINCT FROM excluded.suspended THEN s.suspended_since ELSE excluded.suspended_since END`,
    [
      rule,
      [...states.keys()],
      values.map(({ watchedSince }) => toPg(watchedSince)),
      values.map(({ suspended }) => suspended),
      toPg(now),
      values.map(({ memory }) => JSON.stringify(memory)),
    ],
  );
}

export async function forgetStates(
  client: PoolClient,
  rule: string,
  covered: readonly string[],
): Promise<void> {
  await client.query(
    'DELETE FROM rollcall.expectation_state WHERE rule = $1 AND NOT source_key = ANY($2::text[])',
    [rule, covered],
  );
}
