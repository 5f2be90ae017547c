import { PoolClient } from 'pg';
import { ErrorKind } from '../domain/errors.js';
import { Database } from './database.js';
import { lockFacts, settleHealth, tellByTheClock } from './health.record.js';

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

export interface LastError {
  kind: ErrorKind;
  message: string;
  at: string;
}

/** The rows of sources, as the configuration declares them. All instants are the database's. */
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
      const after = await lockFacts(client, [...before.keys()]);
      await settleHealth(
        client,
        after.map((facts) => ({ before: before.get(facts.key)!, after: facts })),
      );
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

  /** Stores and tells health that changed by the time of day alone. */
  async tellHealth(): Promise<void> {
    await tellByTheClock(this.database);
  }
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
