import { MigrationInterface, QueryRunner } from 'typeorm';

/** Endpoints that are told of events, what they were told, and how each try went. */
export class Webhooks1763943200000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- null: an event of the installation itself, such as webhook.disabled; whoever is limited to sources does not see it
      ALTER TABLE rollcall.event ALTER COLUMN source_key DROP NOT NULL;

      CREATE TABLE rollcall.webhook (
        id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
        name text NOT NULL CONSTRAINT webhook_name_key UNIQUE,
        url text NOT NULL,
        format text NOT NULL DEFAULT 'plain'
          CONSTRAINT webhook_format_check CHECK (format IN ('plain', 'slack', 'pagerduty', 'alertmanager', 'cloudevents')),
        -- null: every type but job.changed
        types text[],
        -- the list parameters as they were given: an object of lists of texts
        filter jsonb NOT NULL DEFAULT '{}',
        include_backfill boolean NOT NULL DEFAULT false,
        -- of the token that made it; null: every source
        sources text[],
        -- null: of a vendor's format, whose receiver checks no signature
        secret text,
        -- signs beside the new one until then
        previous_secret text,
        previous_secret_until timestamptz(3),
        -- of the format; may hold secrets
        options jsonb NOT NULL DEFAULT '{}',
        resolve_after_ms bigint NOT NULL DEFAULT 86400000,
        origin text NOT NULL DEFAULT 'api' CONSTRAINT webhook_origin_check CHECK (origin IN ('api', 'config')),
        config_generation bigint NOT NULL DEFAULT 0,
        enabled boolean NOT NULL DEFAULT true,
        disabled_reason text,
        disabled_at timestamptz(3),
        -- up to this position of the feed its deliveries were made
        position bigint NOT NULL,
        -- a range of the feed that is made deliveries of once more; both null: none
        replay_position bigint,
        replay_through bigint,
        -- events that were removed because of their age before their deliveries were made
        missed_at timestamptz(3),
        missed_events bigint NOT NULL DEFAULT 0,
        -- the first try since the last that succeeded
        failing_since timestamptz(3),
        last_success_at timestamptz(3),
        -- those of tries that went on at one time count once
        consecutive_failures integer NOT NULL DEFAULT 0,
        last_failure_at timestamptz(3),
        -- nothing is sent before
        next_attempt_at timestamptz(3),
        lease_owner text,
        lease_until timestamptz(3),
        -- raised with every claim: who held it before writes nothing more
        fence bigint NOT NULL DEFAULT 0,
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        updated_at timestamptz(3) NOT NULL DEFAULT now()
      );

      CREATE TABLE rollcall.webhook_delivery (
        -- the webhook-id of Standard Webhooks: the same with every try
        id text PRIMARY KEY,
        -- the order in which an endpoint's deliveries were made
        number bigint GENERATED ALWAYS AS IDENTITY,
        webhook_id uuid NOT NULL CONSTRAINT webhook_delivery_webhook_id_fkey REFERENCES rollcall.webhook ON DELETE CASCADE,
        -- what is delivered one after the other: a job, a source's health, or an alert
        lane text NOT NULL,
        -- nothing of its lane waits before it
        head boolean NOT NULL,
        -- of its event, with its time, which says in which partition it is; null where the event is in body
        position bigint,
        event_at timestamptz(3),
        job_id uuid,
        type text NOT NULL,
        -- what it does to an alert; null: it is no matter of one
        alert jsonb,
        -- the event, where the feed does not have it
        body jsonb,
        state text NOT NULL DEFAULT 'pending'
          CONSTRAINT webhook_delivery_state_check CHECK (state IN ('pending', 'delivered', 'failed', 'skipped')),
        attempts integer NOT NULL DEFAULT 0,
        next_attempt_at timestamptz(3) NOT NULL,
        first_attempt_at timestamptz(3),
        -- since when it alone fails, while the endpoint takes others
        alone_since timestamptz(3),
        replay boolean NOT NULL DEFAULT false,
        replay_of text,
        created_at timestamptz(3) NOT NULL DEFAULT now(),
        finished_at timestamptz(3)
      );
      CREATE UNIQUE INDEX webhook_delivery_number_key ON rollcall.webhook_delivery (webhook_id, number DESC);
      CREATE INDEX webhook_delivery_due_idx ON rollcall.webhook_delivery (webhook_id, next_attempt_at, number)
        WHERE state = 'pending' AND head;
      CREATE INDEX webhook_delivery_lane_idx ON rollcall.webhook_delivery (webhook_id, lane, number) WHERE state = 'pending';
      CREATE INDEX webhook_delivery_created_at_idx ON rollcall.webhook_delivery (created_at) WHERE state <> 'pending';

      CREATE TABLE rollcall.webhook_attempt (
        delivery_id text NOT NULL
          CONSTRAINT webhook_attempt_delivery_id_fkey REFERENCES rollcall.webhook_delivery ON DELETE CASCADE,
        number integer NOT NULL,
        at timestamptz(3) NOT NULL,
        duration_ms integer NOT NULL,
        -- null: no answer came
        status integer,
        -- null: it was taken
        error_kind text,
        error_message text,
        request_headers jsonb NOT NULL,
        request_bytes integer NOT NULL,
        response_headers jsonb,
        -- its beginning
        response_body text,
        PRIMARY KEY (delivery_id, number)
      );

      -- Alerts that an endpoint was told of and that are not resolved.
      CREATE TABLE rollcall.webhook_alert (
        webhook_id uuid NOT NULL CONSTRAINT webhook_alert_webhook_id_fkey REFERENCES rollcall.webhook ON DELETE CASCADE,
        key text NOT NULL,
        kind text NOT NULL CONSTRAINT webhook_alert_kind_check CHECK (kind IN ('job', 'source')),
        source_key text NOT NULL,
        type text,
        fired_at timestamptz(3) NOT NULL,
        -- of the last event that fired it
        position bigint NOT NULL,
        event_at timestamptz(3) NOT NULL,
        event_type text NOT NULL,
        job_id uuid,
        -- where the last failed run stands among the runs of its type; null: nobody knows
        run_at timestamptz(3),
        -- null: only news resolve it
        resolve_at timestamptz(3),
        PRIMARY KEY (webhook_id, key)
      );
      CREATE INDEX webhook_alert_resolve_at_idx ON rollcall.webhook_alert (webhook_id, resolve_at);
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP TABLE rollcall.webhook_alert, rollcall.webhook_attempt, rollcall.webhook_delivery, rollcall.webhook;
      DELETE FROM rollcall.event WHERE source_key IS NULL;
      ALTER TABLE rollcall.event ALTER COLUMN source_key SET NOT NULL;
    `);
  }
}
