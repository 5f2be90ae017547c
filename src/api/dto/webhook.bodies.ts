import { ApiProperty } from '@nestjs/swagger';
import { EVENT_TYPES, EventType } from '../../domain/event-type.js';
import { WEBHOOK_FORMATS, WebhookFormat } from '../../domain/webhook.js';

/**
 * The bodies of `/api/v1/webhooks`, for the document. They are read by the schema that the configuration file is read by
 * (config/webhook-endpoint.schema.ts): one set of bounds, one wording.
 */

const SCALARS = [{ type: 'string' }, { type: 'number' }, { type: 'boolean' }];

/** The body of `PATCH /api/v1/webhooks/{id}`. What is left out stays; null means the default. */
export class ChangeWebhookBody {
  @ApiProperty({ required: false, type: String, minLength: 1, maxLength: 100, description: 'No two alike.' })
  name?: string;

  @ApiProperty({
    required: false,
    type: String,
    format: 'uri',
    maxLength: 2_048,
    description:
      'Where messages are posted: http or https. Of `alertmanager`, the Alertmanager itself. Default of `pagerduty`: its public address.',
  })
  url?: string;

  @ApiProperty({
    required: false,
    enum: WEBHOOK_FORMATS,
    description:
      '`plain` and `cloudevents` tell of events; `slack`, `pagerduty` and `alertmanager` of alerts: one for each source and type. Default: `plain`.',
  })
  format?: WebhookFormat;

  @ApiProperty({
    required: false,
    isArray: true,
    nullable: true,
    enum: EVENT_TYPES,
    description: 'Types of events. Default: every type but `job.changed`.',
  })
  types?: EventType[] | null;

  @ApiProperty({
    required: false,
    oneOf: [
      {
        type: 'object',
        additionalProperties: {
          oneOf: [...SCALARS, { type: 'array', items: { oneOf: SCALARS }, minItems: 1 }],
        },
      },
      { type: 'string' },
      { type: 'null' },
    ],
    description:
      'Parameters of the list of jobs with their values, of the job as it was just after the change: `{"state": ["failed", "missed"]}`. A query string such as `state=failed&source=charts` is read too. Default: every job.',
  })
  filter?: Record<string, unknown> | string | null;

  @ApiProperty({
    required: false,
    type: Boolean,
    description:
      'Whether it is told of history too: of what a first complete read of a source finds. Default: false.',
  })
  includeBackfill?: boolean;

  @ApiProperty({
    selfRequired: false,
    nullable: true,
    type: 'object',
    additionalProperties: true,
    description:
      'Of the format. `pagerduty`: `routingKey` (required), `severity` (critical, error, warning or info; default error). `alertmanager`: `labels`, added to every alert. In a change they take the place of all that were, a `routingKey` that is left out excepted.',
  })
  options?: Record<string, unknown> | null;

  @ApiProperty({
    required: false,
    nullable: true,
    type: String,
    description: 'How long an alert goes on without any later run of its type: 1m to 30d. Default: 24h.',
  })
  resolveAfter?: string | null;

  @ApiProperty({
    required: false,
    type: Boolean,
    description:
      'Whether it is told of anything. One that is enabled again goes on where it stopped. Default: true.',
  })
  enabled?: boolean;
}

/** The body of `POST /api/v1/webhooks`. */
export class CreateWebhookBody extends ChangeWebhookBody {
  @ApiProperty({ type: String, minLength: 1, maxLength: 100, description: 'No two alike.' })
  declare name: string;

  @ApiProperty({
    required: false,
    nullable: true,
    type: String,
    pattern: '^whsec_[A-Za-z0-9+/]+=*$',
    description: '`whsec_` and the base64 of 24 to 64 bytes. Default: 32 random bytes.',
  })
  secret?: string | null;
}

/** The body of `POST /api/v1/webhooks/{id}/replay`: exactly one of them. */
export class ReplayWebhookBody {
  @ApiProperty({
    required: false,
    type: String,
    description:
      'Everything since this time is delivered once more: ISO 8601 with zone, epoch milliseconds, or relative (`-1h`).',
  })
  since?: string;

  @ApiProperty({
    required: false,
    type: String,
    description: 'Everything after this cursor of the feed is delivered once more.',
  })
  after?: string;

  @ApiProperty({
    required: false,
    type: String,
    description: 'This one delivery is made once more.',
  })
  deliveryId?: string;
}
