import { DatabaseError, PoolClient } from 'pg';
import { EventType } from '../domain/event-type.js';
import { Instant, JsonObject } from '../domain/job.js';
import { WebhookFilter, WebhookFormat } from '../domain/webhook.js';
import { Database } from './database.js';
import { EventsGoneError } from './event.feed.js';
import { isKeptPlace, NEWEST_POSITION } from './event.position.js';
import { FEED_CHANNEL } from './event.log.js';
import { Page, Position, readPage } from './page-cursor.js';
import { toPg } from './pg-time.js';

/** What is said of an endpoint when it is made. */
export interface NewWebhook {
  name: string;
  url: string;
  format: WebhookFormat;
  /** Null: every type but `job.changed`. */
  types: readonly EventType[] | null;
  filter: WebhookFilter;
  includeBackfill: boolean;
  /** Those that whoever made it may see; null: every source. */
  sources: readonly string[] | null;
  /** `whsec_…`; null: a vendor's format, whose receivers check no signature. */
  secret: string | null;
  /** Of the format. May hold secrets. */
  options: JsonObject;
  resolveAfterMs: number;
  enabled: boolean;
}

/** What may be changed of it later. Left out: stays. Its secret is changed by rotation, and its sources never. */
export type WebhookChange = Partial<Omit<NewWebhook, 'secret' | 'sources'>>;

/** Why an endpoint is told of nothing. */
export type WebhookDisabledReason =
  /** Somebody asked for it. */
  | 'by-hand'
  /** Its configuration says so. */
  | 'by-configuration'
  /** The configuration does not name it any more. */
  | 'not-configured'
  /** It answered 410. */
  | 'gone'
  /** Nothing but failures for five days. */
  | 'failing'
  /** Its filter cannot be read (any more). */
  | 'filter';

/** An endpoint as it is kept. Instants as the database writes them. */
export interface StoredWebhook extends NewWebhook {
  id: string;
  origin: 'api' | 'config';
  /** Signs beside `secret` until `previousSecretUntil`; null: there is none, or its time is over. */
  previousSecret: string | null;
  previousSecretUntil: string | null;
  disabledReason: WebhookDisabledReason | null;
  disabledAt: string | null;
  /** The first try since the last that succeeded; null: the last one succeeded. */
  failingSince: string | null;
  lastSuccessAt: string | null;
  consecutiveFailures: number;
  /** Nothing is sent before; null: nothing holds it back. */
  nextAttemptAt: string | null;
  /** When events had been removed before their deliveries were made, the last time; null: never. */
  missedAt: string | null;
  /** How many that were in all, at most. */
  missedEvents: number;
  /** A range is being replayed. */
  replaying: boolean;
  createdAt: string;
  updatedAt: string;
}

/** An endpoint with this name is there already. */
export class WebhookNameTakenError extends Error {
  constructor(readonly webhookName: string) {
    super(`there is an endpoint ${webhookName} already`);
    this.name = 'WebhookNameTakenError';
  }
}

/** How long the secret before the last rotation signs too. */
export const ROTATION_MS = 24 * 3_600_000;

export const WEBHOOK_COLUMNS = `w.id, w.name, w.url, w.format, w.types, w.filter, w.include_backfill AS "includeBackfill", w.sources,
  w.secret, CASE WHEN w.previous_secret_until > now() THEN w.previous_secret END AS "previousSecret",
  CASE WHEN w.previous_secret_until > now() THEN w.previous_secret_until END AS "previousSecretUntil", w.options,
  w.resolve_after_ms AS "resolveAfterMs", w.origin, w.enabled, w.disabled_reason AS "disabledReason",
  w.disabled_at AS "disabledAt", w.failing_since AS "failingSince", w.last_success_at AS "lastSuccessAt",
  w.consecutive_failures AS "consecutiveFailures", w.next_attempt_at AS "nextAttemptAt", w.missed_at AS "missedAt",
  w.missed_events AS "missedEvents", w.replay_through IS NOT NULL AS replaying, w.created_at AS "createdAt",
  w.updated_at AS "updatedAt"`;

/** Those that somebody limited to `$1` sources may see. */
const WITHIN = '($1::text[] IS NULL OR w.sources <@ $1)';

/**
 * The endpoints as the API and the configuration see them. What changes one also wakes whoever works it. `within` is the sources that
 * exist for the caller (null: every source): an endpoint with further ones does not exist for them.
 */
export class WebhookStore {
  constructor(private readonly database: Database) {}

  /** It is told of what comes from now on. @throws WebhookNameTakenError */
  async create(draft: NewWebhook): Promise<StoredWebhook> {
    return this.unlessTaken(draft.name, () => this.database.transaction((client) => insert(client, draft)));
  }

  /** By name. */
  list(within: readonly string[] | null, limit: number, position: Position): Promise<Page<StoredWebhook>> {
    const beyond = `${position.backward ? '<' : '>'}${position.inclusive ? '=' : ''}`;
    const [name] = position.key ?? [null];
    return readPage(
      position,
      limit,
      (count) =>
        this.database.query<StoredWebhook>(
          `SELECT ${WEBHOOK_COLUMNS} FROM rollcall.webhook w
           WHERE ${WITHIN} AND ($2::text IS NULL OR w.name ${beyond} $2)
           ORDER BY w.name ${position.backward ? 'DESC' : 'ASC'} LIMIT $3`,
          [within, name, count],
        ),
      (row) => [row.name],
    );
  }

  /** Null: there is none. */
  async get(within: readonly string[] | null, id: string): Promise<StoredWebhook | null> {
    const rows = await this.database.query<StoredWebhook>(
      `SELECT ${WEBHOOK_COLUMNS} FROM rollcall.webhook w WHERE ${WITHIN} AND w.id = $2`,
      [within, id],
    );
    return rows[0] ?? null;
  }

  /**
   * An endpoint that is enabled goes on where it stopped, and its failures are forgotten.
   *
   * @returns it as it is now; null: there is none
   * @throws WebhookNameTakenError
   */
  async update(
    within: readonly string[] | null,
    id: string,
    change: WebhookChange,
  ): Promise<StoredWebhook | null> {
    return this.unlessTaken(change.name ?? '', () =>
      this.database.transaction(async (client) => {
        const before = await locked(client, within, id);
        if (before === null) return null;
        return save(client, id, { ...before, ...defined(change) }, 'by-hand');
      }),
    );
  }

  /** With its deliveries. @returns false: there is none */
  async delete(within: readonly string[] | null, id: string): Promise<boolean> {
    const rows = await this.database.query(
      `DELETE FROM rollcall.webhook w WHERE ${WITHIN} AND w.id = $2 RETURNING w.id`,
      [within, id],
    );
    return rows.length > 0;
  }

  /** The secret before it signs for {@link ROTATION_MS} more. @returns null: there is no such endpoint */
  async rotateSecret(
    within: readonly string[] | null,
    id: string,
    secret: string,
  ): Promise<StoredWebhook | null> {
    return this.database.transaction(async (client) => {
      const { rows } = await client.query<StoredWebhook>(
        `UPDATE rollcall.webhook w SET secret = $3, previous_secret = w.secret,
           previous_secret_until = now() + ${ROTATION_MS} * interval '1 millisecond', updated_at = now()
         WHERE ${WITHIN} AND w.id = $2 RETURNING ${WEBHOOK_COLUMNS}`,
        [within, id, secret],
      );
      return rows[0] ?? null;
    });
  }

  /**
   * Asks that what the feed has after a place, and up to where the endpoint is now, is delivered once more.
   *
   * @param from a position of the feed, or a time: the first event at or after it
   * @returns the position up to which that is; `busy`: a range is being replayed already; null: there is no such endpoint
   * @throws EventsGoneError when events after the position are not kept any more
   */
  async replay(
    within: readonly string[] | null,
    id: string,
    from: { after: number } | { since: Instant },
  ): Promise<{ through: number } | 'busy' | null> {
    return this.database.transaction(async (client) => {
      const before = await locked(client, within, id);
      if (before === null) return null;
      if (before.replaying) return 'busy';
      const { rows } = await client.query<{ after: number | null; kept: boolean }>(
        `SELECT place.after, place.after IS NULL OR ${isKeptPlace('place.after')} AS kept
         FROM (SELECT CASE WHEN $1::timestamptz IS NULL THEN $2::bigint
           ELSE (SELECT min(position) - 1 FROM rollcall.event WHERE at >= $1) END AS after) place`,
        'since' in from ? [toPg(from.since), null] : [null, from.after],
      );
      const { after, kept } = rows[0]!;
      if (!kept) throw new EventsGoneError();
      const { rows: places } = await client.query<{ through: number }>(
        `UPDATE rollcall.webhook SET replay_position = CASE WHEN position > $2 THEN $2::bigint END,
           replay_through = CASE WHEN position > $2 THEN position END
         WHERE id = $1 RETURNING position AS through`,
        [id, after],
      );
      await wake(client);
      return { through: places[0]!.through };
    });
  }

  /**
   * Makes the endpoints of the configuration's origin follow it: by their names, one made by the API is taken over. One that is not named
   * any more is told of nothing; an older generation never takes away what a newer one added. What was disabled because it failed stays so.
   */
  async reconcile(declared: readonly NewWebhook[], generation: number): Promise<void> {
    await this.database.transaction(async (client) => {
      for (const draft of [...declared].sort((a, b) => (a.name < b.name ? -1 : 1)))
        await declare(client, draft, generation);
      await client.query(
        `UPDATE rollcall.webhook SET enabled = false, disabled_reason = 'not-configured', disabled_at = now(), updated_at = now()
         WHERE origin = 'config' AND config_generation < $2 AND NOT name = ANY($1::text[])
           AND disabled_reason IS DISTINCT FROM 'not-configured'`,
        [declared.map(({ name }) => name), generation],
      );
      await wake(client);
    });
  }

  private async unlessTaken<T>(name: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof DatabaseError && error.constraint === 'webhook_name_key')
        throw new WebhookNameTakenError(name);
      throw error;
    }
  }
}

/** Whoever works endpoints listens to the feed: a look more than needed costs nothing. */
export async function wake(client: PoolClient): Promise<void> {
  await client.query(`SELECT pg_notify('${FEED_CHANNEL}', '')`);
}

async function locked(
  client: PoolClient,
  within: readonly string[] | null,
  id: string,
): Promise<StoredWebhook | null> {
  const { rows } = await client.query<StoredWebhook>(
    `SELECT ${WEBHOOK_COLUMNS} FROM rollcall.webhook w WHERE ${WITHIN} AND w.id = $2 FOR UPDATE`,
    [within, id],
  );
  return rows[0] ?? null;
}

async function insert(client: PoolClient, draft: NewWebhook): Promise<StoredWebhook> {
  const { rows } = await client.query<StoredWebhook>(
    `INSERT INTO rollcall.webhook AS w (name, url, format, types, filter, include_backfill, options, resolve_after_ms, enabled,
       secret, sources, disabled_reason, disabled_at, position)
     VALUES ($1, $2, $3, $4, $5::jsonb, $6, $7::jsonb, $8, $9, $10, $11, CASE WHEN NOT $9 THEN 'by-hand' END,
       CASE WHEN NOT $9 THEN now() END, ${NEWEST_POSITION})
     RETURNING ${WEBHOOK_COLUMNS}`,
    [...changeable(draft), draft.secret, draft.sources],
  );
  await wake(client);
  return rows[0]!;
}

function changeable(draft: Omit<NewWebhook, 'secret' | 'sources'>): unknown[] {
  const { name, url, format, types, filter, includeBackfill, options, resolveAfterMs, enabled } = draft;
  return [
    ...[name, url, format, types, JSON.stringify(filter), includeBackfill],
    ...[JSON.stringify(options), resolveAfterMs, enabled],
  ];
}

/** A try that was put off because of failures comes at once: what was changed may be what it needed. */
async function save(
  client: PoolClient,
  id: string,
  draft: Omit<NewWebhook, 'secret' | 'sources'>,
  disabledReason: WebhookDisabledReason,
): Promise<StoredWebhook> {
  const { rows } = await client.query<StoredWebhook>(
    `UPDATE rollcall.webhook AS w SET name = $1, url = $2, format = $3, types = $4, filter = $5::jsonb, include_backfill = $6,
       options = $7::jsonb, resolve_after_ms = $8, enabled = $9,
       disabled_reason = CASE WHEN $9 THEN NULL ELSE coalesce(w.disabled_reason, $11) END,
       disabled_at = CASE WHEN $9 THEN NULL ELSE coalesce(w.disabled_at, now()) END,
       failing_since = CASE WHEN $9 AND NOT w.enabled THEN NULL ELSE w.failing_since END,
       consecutive_failures = CASE WHEN $9 AND NOT w.enabled THEN 0 ELSE w.consecutive_failures END,
       next_attempt_at = NULL, updated_at = now()
     WHERE w.id = $10 RETURNING ${WEBHOOK_COLUMNS}`,
    [...changeable(draft), id, disabledReason],
  );
  await wake(client);
  return rows[0]!;
}

async function declare(client: PoolClient, draft: NewWebhook, generation: number): Promise<void> {
  const { rows } = await client.query<StoredWebhook>(
    `SELECT ${WEBHOOK_COLUMNS} FROM rollcall.webhook w WHERE w.name = $1 FOR UPDATE`,
    [draft.name],
  );
  const before = rows[0] ?? (await insert(client, draft));
  const keepsDisabled =
    !before.enabled && (before.disabledReason === 'gone' || before.disabledReason === 'failing');
  await save(
    client,
    before.id,
    { ...draft, enabled: draft.enabled && !(keepsDisabled && before.url === draft.url) },
    'by-configuration',
  );
  await client.query(
    `UPDATE rollcall.webhook SET origin = 'config', config_generation = $2, sources = NULL,
       previous_secret = CASE WHEN secret IS NOT DISTINCT FROM $3 THEN previous_secret ELSE secret END,
       previous_secret_until = CASE WHEN secret IS NOT DISTINCT FROM $3 THEN previous_secret_until
         ELSE now() + ${ROTATION_MS} * interval '1 millisecond' END,
       secret = $3 WHERE id = $1`,
    [before.id, generation, draft.secret],
  );
}

function defined<T extends object>(change: T): Partial<T> {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) as Partial<T>;
}
