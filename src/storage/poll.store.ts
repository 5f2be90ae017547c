import { PoolClient } from 'pg';
import { ErrorKind } from '../domain/errors.js';
import { Instant, Json } from '../domain/job.js';
import { PollKind } from '../domain/poll-kind.js';
import { Database } from './database.js';
import { FACTS, settleHealth, SourceFacts } from './health.record.js';
import { Lease, LeaseLostError, OpenRound, Walk } from './lease.js';
import { ADDED_TO_COUNTER } from './metrics.counter.js';
import { ADDED_TO_HISTOGRAM, HistogramDelta } from './metrics.histogram.js';
import { toPg } from './pg-time.js';
import { ADDED_TO_REQUESTS, Spent } from './request.log.js';
import { Health, HealthFacts, healthStep } from './source-health.js';

/** What one poll made known; stored in one transaction that also gives the source back. */
export interface PollOutcome {
  kind: PollKind;
  beganAt: Instant;
  /** From the claim to the conclusion. */
  durationMs: number;
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

/** Polls that one statement forgets. A thousand sources can make hundreds of thousands in an hour. */
const POLLS_PRUNED = 10_000;

/** How polls ended. */
export class PollStore {
  constructor(private readonly database: Database) {}

  /**
   * Stores what a poll made known, with the requests that it made, gives the source back and sets its next time: together or not at all.
   * One statement, unless there is news of the source's health.
   *
   * @throws LeaseLostError
   */
  async finish(lease: Lease, outcome: PollOutcome, spent: Spent): Promise<void> {
    if (isHealthAsTold(lease, outcome)) {
      const stored = await this.database.query(FINISH, finishValues(lease, outcome, spent, true));
      if (stored.length === 1) return;
    }
    await this.database.transaction((client) => finishWithHealth(client, lease, outcome, spent));
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

async function finishWithHealth(
  client: PoolClient,
  lease: Lease,
  outcome: PollOutcome,
  spent: Spent,
): Promise<void> {
  const { rows } = await client.query<SourceFacts>({
    ...FINISH,
    values: finishValues(lease, outcome, spent, false),
  });
  const [facts] = rows;
  if (facts === undefined) throw new LeaseLostError(lease.key);
  const { health, reason } = outcome;
  const after = { ...facts, health, reason };
  await settleHealth(client, [{ before: facts, after }], { pollId: lease.pollId });
}

/** Nothing was paused at the claim, and the poll found what was told before. Whether that is still so, the statement itself looks. */
function isHealthAsTold({ health: before, claimedAt }: Lease, outcome: PollOutcome): boolean {
  if (before.pausedAt !== null) return false;
  const { health, reason, completeThrough, clockSkewMs, durationMs } = outcome;
  const proven: Partial<HealthFacts> =
    completeThrough === undefined ? {} : { completeThrough, clockSkewMs: clockSkewMs ?? before.clockSkewMs };
  const step = healthStep(before, { ...before, ...proven, health, reason }, claimedAt + durationMs);
  return !step.isNews && step.isStored;
}

/** The source is given back; only what the poll proved is moved. The rest is added only if that could be done. */
const FINISH = {
  name: 'poll-finish',
  text: `WITH given_back AS (
    UPDATE rollcall.source SET
      lease_owner = NULL, lease_until = NULL,
      -- a source that was retired while it was polled has no next poll
      next_poll_at = CASE WHEN retired_at IS NOT NULL THEN NULL WHEN requested_poll IS NULL THEN $3::timestamptz ELSE now() END,
      bookmark = $4::jsonb, walk = $5::jsonb, open_round = $6::jsonb,
      -- a sweep of many parts proves what is older than what the polls between them proved
      open_round_at = greatest($7::timestamptz, open_round_at),
      swept_at = greatest($8::timestamptz, swept_at),
      sweep_ended_at = coalesce($9::timestamptz, sweep_ended_at),
      first_read_at = coalesce(first_read_at, $10::timestamptz),
      -- the last proof's, even if it is earlier: an upstream whose clock was set back must not have us claim its future
      complete_through = CASE WHEN $11::timestamptz IS NULL OR $12::timestamptz < proven_at THEN complete_through ELSE $11::timestamptz END,
      proven_at = greatest(proven_at, $12::timestamptz),
      truncated = coalesce($13::boolean, truncated),
      -- goes with complete_through: that is taken to our clock by it
      clock_skew_ms = CASE WHEN $11::timestamptz IS NULL AND complete_through IS NOT NULL THEN clock_skew_ms
        ELSE coalesce($14::bigint, clock_skew_ms) END,
      upstream_total = coalesce($15::bigint, upstream_total),
      upstream_total_at = CASE WHEN $15::bigint IS NULL THEN upstream_total_at ELSE now() END,
      skipped_old = CASE WHEN $16::bigint > 0 THEN $16::bigint ELSE skipped_old END,
      last_poll_at = date_trunc('milliseconds', now()),
      last_success_at = CASE WHEN $17::jsonb IS NULL THEN date_trunc('milliseconds', now()) ELSE last_success_at END,
      last_error = coalesce($17::jsonb || jsonb_build_object('at', to_char(now(), 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')), last_error),
      consecutive_failures = $18::integer
    WHERE key = $1 AND lease_token = $2 AND lease_until > clock_timestamp()
      -- the last three: nobody paused or retired it meanwhile, and its health is what was told
      AND (NOT $19::boolean OR (enabled AND retired_at IS NULL AND paused_at IS NULL
        AND health = $20::text AND health_reason IS NOT DISTINCT FROM $21::text))
    RETURNING ${FACTS}),
  stored AS (
    INSERT INTO rollcall.poll (id, source_key, kind, began_at, ended_at, result, error, requests, records, discovered, changed, rejected)
    SELECT $22::bigint, key, $23::text, $24::timestamptz, date_trunc('milliseconds', now()), $25::text, $17::jsonb,
      $26::integer, $27::integer, $28::integer, $29::integer, $30::integer
    FROM given_back),
  requested AS (
    INSERT INTO rollcall.upstream_request (source_key, minute, requests)
    SELECT key, date_trunc('minute', now()), $31::integer FROM given_back WHERE $31::integer > 0
    ${ADDED_TO_REQUESTS}
    RETURNING 1),
  answered AS (
    INSERT INTO rollcall.metric_counter (source_key, name, label, value)
    SELECT key, 'requests', label, value
    FROM given_back, unnest($32::text[], $33::bigint[]) WITH ORDINALITY AS answer(label, value, place)
    -- behind the requests, as everybody who writes both: two writers of a source wait for each other and never deadlock
    WHERE (SELECT count(*) FROM requested) >= 0 ORDER BY place
    ${ADDED_TO_COUNTER}),
  timed AS (
    INSERT INTO rollcall.metric_histogram (source_key, name, label, buckets, sum)
    SELECT key, 'poll_duration', $25::text, $34::bigint[], $35::float8 FROM given_back
    ${ADDED_TO_HISTOGRAM})
  SELECT * FROM given_back`,
};

function finishValues(lease: Lease, outcome: PollOutcome, spent: Spent, asTold: boolean): unknown[] {
  const { error } = outcome;
  const result = error?.kind ?? 'ok';
  const durations = new HistogramDelta();
  durations.observe('poll_duration', result, outcome.durationMs);
  const [duration] = durations.inOrder();
  const labels = [...spent.answers.keys()].sort();
  return [
    lease.key,
    lease.token,
    toPg(outcome.nextPollAt),
    json(outcome.bookmark),
    json(outcome.walk),
    json(outcome.openRound),
    instant(outcome.openRoundAt),
    instant(outcome.sweptAt),
    instant(outcome.sweepEndedAt),
    instant(outcome.firstReadAt),
    instant(outcome.completeThrough),
    instant(outcome.provenAt),
    outcome.truncated ?? null,
    outcome.clockSkewMs ?? null,
    outcome.upstreamTotal ?? null,
    outcome.skippedOld,
    json(error),
    outcome.consecutiveFailures,
    asTold,
    lease.health.health,
    lease.health.reason,
    lease.pollId,
    outcome.kind,
    toPg(outcome.beganAt),
    result,
    outcome.requests,
    outcome.records,
    outcome.discovered,
    outcome.changed,
    outcome.rejected,
    spent.requests,
    labels,
    labels.map((label) => spent.answers.get(label)!),
    duration!.buckets,
    duration!.sum,
  ];
}

function instant(value: Instant | undefined): string | null {
  return value === undefined ? null : toPg(value);
}

function json(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value);
}
