// Written by `npm run client` from the OpenAPI document of the service. Not to be edited.

export interface paths {
  '/health/live': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The process answers */
    get: operations['live'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/health/ready': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Migrated, database reachable, not draining */
    get: operations['ready'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/metrics': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** What Prometheus scrapes */
    get: operations['getMetrics'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/jobs': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Jobs of every platform: a page, or with `Accept` of NDJSON or CSV the whole list as one stream */
    get: operations['listJobs'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/jobs/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** One job */
    get: operations['getJob'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/jobs/{id}/transitions': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** A job's changes of state, oldest first */
    get: operations['listTransitions'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/jobs/{id}/tasks': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** A job's steps, outputs or tasks, in the platform's order */
    get: operations['listTasks'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/jobs/{id}/explain': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Why every field of a job is what it is */
    get: operations['explainJob'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/jobs/{id}/refresh': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Read one job upstream now, and answer it */
    post: operations['refreshJob'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/jobs/{id}/actions/{action}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Do what the job lists in `actions`, exactly once */
    post: operations['actOnJob'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/jobs/summary': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** How many jobs there are, by what they have in common */
    get: operations['summarizeJobs'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/sources': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The configured sources and how they are */
    get: operations['listSources'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/sources/{key}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** One source */
    get: operations['getSource'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/sources/{key}/polls': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** What came of the polls of a source, newest first: those of the last seven days */
    get: operations['listPolls'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/sources/{key}/poll': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Poll a source as soon as possible */
    post: operations['pollSource'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/sources/{key}/preview': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Read one page of a source now and show what would become of it; store none of it */
    post: operations['previewSource'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/sources/{key}/pause': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Poll a source no more, for a time or until it is resumed */
    post: operations['pauseSource'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/sources/{key}/resume': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** End the pause of a source: it is due at once */
    post: operations['resumeSource'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/rejects': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Upstream records that could not be normalized, with why */
    get: operations['listRejects'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/events': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The change feed: every change of a job or of the health of a source, in the order of their commits */
    get: operations['listEvents'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/events/stream': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** The change feed as Server-Sent Events: from now on, or after a cursor */
    get: operations['streamEvents'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/webhooks': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Endpoints within the own sources, by name */
    get: operations['listWebhooks'];
    put?: never;
    /** Make an endpoint: it is told of what comes from now on. Its secret is shown in this answer only */
    post: operations['createWebhook'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/webhooks/{id}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** One endpoint */
    get: operations['getWebhook'];
    put?: never;
    post?: never;
    /** Delete an endpoint and its deliveries */
    delete: operations['deleteWebhook'];
    options?: never;
    head?: never;
    /** Change an endpoint that the configuration does not declare */
    patch: operations['changeWebhook'];
    trace?: never;
  };
  '/api/v1/webhooks/{id}/rotate-secret': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Give an endpoint a new secret, shown in this answer only; the one before it signs too for 24 hours */
    post: operations['rotateWebhookSecret'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/webhooks/{id}/test': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Send a `webhook.test` message now */
    post: operations['testWebhook'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/webhooks/{id}/replay': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    /** Deliver once more: one delivery, or what the feed has after a cursor or since a time */
    post: operations['replayWebhook'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/webhooks/{id}/deliveries': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** What an endpoint was told and will be, the newest first, each with its last try */
    get: operations['listDeliveries'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/webhooks/{id}/deliveries/{delivery}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** One delivery with its event and every try: request, response and timing */
    get: operations['getDelivery'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/alerts': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** What breaks the expectations of the configuration, or did, newest first */
    get: operations['listAlerts'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/tokens': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Tokens that have nothing the own one lacks, by name */
    get: operations['listTokens'];
    put?: never;
    /** Make a token; it is shown in this answer only */
    post: operations['createToken'];
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/tokens/{name}': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    get?: never;
    put?: never;
    post?: never;
    /** Revoke a token: it is refused from its next request on */
    delete: operations['revokeToken'];
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
  '/api/v1/audit': {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    /** Who did what, and who was refused, newest first */
    get: operations['listAudit'];
    put?: never;
    post?: never;
    delete?: never;
    options?: never;
    head?: never;
    patch?: never;
    trace?: never;
  };
}
export type webhooks = Record<string, never>;
export interface components {
  schemas: {
    NoBody: Record<string, never>;
    PauseSourceBody: {
      /**
       * Format: date-time
       * @description When the pause ends by itself: ISO 8601 with zone. Without it, when somebody resumes the source.
       */
      until?: string | null;
    };
    CreateWebhookBody: {
      /** @description No two alike. */
      name?: string;
      /**
       * Format: uri
       * @description Where messages are posted: http or https. Of `alertmanager`, the Alertmanager itself. Default of `pagerduty`: its public address.
       */
      url?: string;
      /**
       * @description `plain` and `cloudevents` tell of events; `slack`, `pagerduty` and `alertmanager` of alerts: one for each source and type. Default: `plain`.
       * @enum {string}
       */
      format?: 'plain' | 'slack' | 'pagerduty' | 'alertmanager' | 'cloudevents';
      /** @description Types of events. Default: every type but `job.changed`. */
      types?:
        | (
            | 'job.discovered'
            | 'job.transitioned'
            | 'job.changed'
            | 'job.vanished'
            | 'job.reappeared'
            | 'source.health'
            | 'alert.firing'
            | 'alert.resolved'
            | 'webhook.disabled'
          )[]
        | null;
      /** @description Parameters of the list of jobs with their values, of the job as it was just after the change: `{"state": ["failed", "missed"]}`. A query string such as `state=failed&source=charts` is read too. Default: every job. */
      filter?:
        | {
            [key: string]: string | number | boolean | (string | number | boolean)[];
          }
        | string
        | null;
      /** @description Whether it is told of history too: of what a first complete read of a source finds. Default: false. */
      includeBackfill?: boolean;
      /** @description Of the format. `pagerduty`: `routingKey` (required), `severity` (critical, error, warning or info; default error). `alertmanager`: `labels`, added to every alert. In a change they take the place of all that were, a `routingKey` that is left out excepted. */
      options?: {
        [key: string]: unknown;
      } | null;
      /** @description How long an alert goes on without any later run of its type: 1m to 30d. Default: 24h. */
      resolveAfter?: string | null;
      /** @description Whether it is told of anything. One that is enabled again goes on where it stopped. Default: true. */
      enabled?: boolean;
      /** @description `whsec_` and the base64 of 24 to 64 bytes. Default: 32 random bytes. */
      secret?: string | null;
    };
    ChangeWebhookBody: {
      /** @description No two alike. */
      name?: string;
      /**
       * Format: uri
       * @description Where messages are posted: http or https. Of `alertmanager`, the Alertmanager itself. Default of `pagerduty`: its public address.
       */
      url?: string;
      /**
       * @description `plain` and `cloudevents` tell of events; `slack`, `pagerduty` and `alertmanager` of alerts: one for each source and type. Default: `plain`.
       * @enum {string}
       */
      format?: 'plain' | 'slack' | 'pagerduty' | 'alertmanager' | 'cloudevents';
      /** @description Types of events. Default: every type but `job.changed`. */
      types?:
        | (
            | 'job.discovered'
            | 'job.transitioned'
            | 'job.changed'
            | 'job.vanished'
            | 'job.reappeared'
            | 'source.health'
            | 'alert.firing'
            | 'alert.resolved'
            | 'webhook.disabled'
          )[]
        | null;
      /** @description Parameters of the list of jobs with their values, of the job as it was just after the change: `{"state": ["failed", "missed"]}`. A query string such as `state=failed&source=charts` is read too. Default: every job. */
      filter?:
        | {
            [key: string]: string | number | boolean | (string | number | boolean)[];
          }
        | string
        | null;
      /** @description Whether it is told of history too: of what a first complete read of a source finds. Default: false. */
      includeBackfill?: boolean;
      /** @description Of the format. `pagerduty`: `routingKey` (required), `severity` (critical, error, warning or info; default error). `alertmanager`: `labels`, added to every alert. In a change they take the place of all that were, a `routingKey` that is left out excepted. */
      options?: {
        [key: string]: unknown;
      } | null;
      /** @description How long an alert goes on without any later run of its type: 1m to 30d. Default: 24h. */
      resolveAfter?: string | null;
      /** @description Whether it is told of anything. One that is enabled again goes on where it stopped. Default: true. */
      enabled?: boolean;
    };
    ReplayWebhookBody: {
      /** @description Everything since this time is delivered once more: ISO 8601 with zone, epoch milliseconds, or relative (`-1h`). */
      since?: string;
      /** @description Everything after this cursor of the feed is delivered once more. */
      after?: string;
      /** @description This one delivery is made once more. */
      deliveryId?: string;
    };
    CreateTokenBody: {
      /** @description What the token is for. The name of a revoked token is free again. */
      name: string;
      /** @description Of those of the token that asks. Default: the read scopes (`…:read` of jobs, sources, events, metrics) that it has. */
      scopes?: (
        | 'jobs:read'
        | 'jobs:act'
        | 'sources:read'
        | 'sources:act'
        | 'events:read'
        | 'webhooks:manage'
        | 'metrics:read'
        | 'tokens:manage'
        | 'audit:read'
      )[];
      /** @description Keys of sources; what else there is does not exist for the token. Default: those of the token that asks. */
      sources?: string[] | null;
      /**
       * Format: date-time
       * @description ISO 8601 with zone. Default: it ends with the token that asks, or never.
       */
      expiresAt?: string | null;
    };
    /**
     * @description `unknown`: the platform said something that no rule reads.
     * @enum {string}
     */
    JobState:
      | 'scheduled'
      | 'queued'
      | 'running'
      | 'paused'
      | 'stopping'
      | 'succeeded'
      | 'failed'
      | 'cancelled'
      | 'skipped'
      | 'missed'
      | 'unknown';
    /**
     * @description How a value came about that the platform does not plainly report.
     * @enum {string}
     */
    Provenance: 'inferred' | 'observed' | 'unknown' | 'redacted';
    Job: {
      /**
       * Format: uuid
       * @description UUIDv5 of `<source>/<externalId>`: the same after a rebuild from nothing.
       */
      id: string;
      /** @description Key of the source. */
      source: string;
      /** @description A kind of upstream, such as `vectorcharts`. */
      platform: string;
      /** @description The platform's own id, always as text. */
      externalId: string;
      /** @description What ran: the same for every run of the same thing. */
      type: string | null;
      /** @description Title of this run; the type where the platform has no title. */
      name: string | null;
      state: components['schemas']['JobState'];
      /** @description How it came to its state. */
      reason: string | null;
      /** @description The platform's word, verbatim. */
      rawStatus: string | null;
      /** @description The state is final. */
      terminal: boolean;
      /** @description Null where the platform gives none. */
      progress: number | null;
      /**
       * Format: date-time
       * @description When the platform took the job.
       */
      createdAt: string | null;
      /**
       * Format: date-time
       * @description The last planned start.
       */
      scheduledFor: string | null;
      /**
       * Format: date-time
       * @description When it began to work.
       */
      startedAt: string | null;
      /**
       * Format: date-time
       * @description When it came to its final state.
       */
      finishedAt: string | null;
      /**
       * Format: date-time
       * @description The latest upstream time known for the job.
       */
      updatedAt: string | null;
      /** @description Up to now while not terminal; null without a start. */
      durationMs: number | null;
      /** @description Every time that is not plainly reported, and how it came about. */
      provenance: {
        [key: string]: components['schemas']['Provenance'];
      };
      error: {
        /** @description The platform's words. */
        message: string;
        /** @description The platform's code, as text. */
        code: string | null;
        /** @description What else the platform says of it. */
        details: unknown;
      } | null;
      /** @description Whose job it is, as the platform says it. */
      owner: string | null;
      /**
       * Format: uuid
       * @description The parent's Rollcall id.
       */
      parentId: string | null;
      /** @description The source's labels. */
      labels: {
        [key: string]: string;
      };
      /** @description The platform's own facts, by fixed names for each platform. */
      attributes: {
        [key: string]: unknown;
      };
      /** @description Addresses at the platform: https, without a query. */
      links: {
        /** @description The job at the platform. */
        self?: string;
        /** @description Its page for people. */
        html?: string;
        /** @description Its log. */
        log?: string;
      };
      /** @description What can be done to it now. */
      actions: ('cancel' | 'start')[];
      /**
       * @description Whether what is shown is known to be what the platform says.
       * @enum {string}
       */
      freshness: 'fresh' | 'stale' | 'vanished';
      /**
       * Format: date-time
       * @description When Rollcall first stored the job.
       */
      firstSeenAt: string;
      /**
       * Format: date-time
       * @description When it was last known to be what the platform says.
       */
      lastSeenAt: string;
      /**
       * Format: date-time
       * @description When its last transition occurred.
       */
      stateChangedAt: string;
      /**
       * Format: date-time
       * @description When Rollcall recorded the last change.
       */
      changedAt: string;
      /** @description Counts changes from 1. */
      version: number;
      /** @description With `include=payload`: the last upstream record of each shape, redacted. */
      payload?: {
        /** @description An item of a list. */
        list: {
          [key: string]: unknown;
        } | null;
        /** @description The job's own page. */
        detail: {
          [key: string]: unknown;
        } | null;
      };
    };
    /** @description A job with those members that `fields` names, and `id`. */
    SelectedJob: {
      /**
       * Format: uuid
       * @description UUIDv5 of `<source>/<externalId>`: the same after a rebuild from nothing.
       */
      id: string;
      /** @description Key of the source. */
      source?: string;
      /** @description A kind of upstream, such as `vectorcharts`. */
      platform?: string;
      /** @description The platform's own id, always as text. */
      externalId?: string;
      /** @description What ran: the same for every run of the same thing. */
      type?: string | null;
      /** @description Title of this run; the type where the platform has no title. */
      name?: string | null;
      state?: components['schemas']['JobState'];
      /** @description How it came to its state. */
      reason?: string | null;
      /** @description The platform's word, verbatim. */
      rawStatus?: string | null;
      /** @description The state is final. */
      terminal?: boolean;
      /** @description Null where the platform gives none. */
      progress?: number | null;
      /**
       * Format: date-time
       * @description When the platform took the job.
       */
      createdAt?: string | null;
      /**
       * Format: date-time
       * @description The last planned start.
       */
      scheduledFor?: string | null;
      /**
       * Format: date-time
       * @description When it began to work.
       */
      startedAt?: string | null;
      /**
       * Format: date-time
       * @description When it came to its final state.
       */
      finishedAt?: string | null;
      /**
       * Format: date-time
       * @description The latest upstream time known for the job.
       */
      updatedAt?: string | null;
      /** @description Up to now while not terminal; null without a start. */
      durationMs?: number | null;
      /** @description Every time that is not plainly reported, and how it came about. */
      provenance?: {
        [key: string]: components['schemas']['Provenance'];
      };
      error?: {
        /** @description The platform's words. */
        message: string;
        /** @description The platform's code, as text. */
        code: string | null;
        /** @description What else the platform says of it. */
        details: unknown;
      } | null;
      /** @description Whose job it is, as the platform says it. */
      owner?: string | null;
      /**
       * Format: uuid
       * @description The parent's Rollcall id.
       */
      parentId?: string | null;
      /** @description The source's labels. */
      labels?: {
        [key: string]: string;
      };
      /** @description The platform's own facts, by fixed names for each platform. */
      attributes?: {
        [key: string]: unknown;
      };
      /** @description Addresses at the platform: https, without a query. */
      links?: {
        /** @description The job at the platform. */
        self?: string;
        /** @description Its page for people. */
        html?: string;
        /** @description Its log. */
        log?: string;
      };
      /** @description What can be done to it now. */
      actions?: ('cancel' | 'start')[];
      /**
       * @description Whether what is shown is known to be what the platform says.
       * @enum {string}
       */
      freshness?: 'fresh' | 'stale' | 'vanished';
      /**
       * Format: date-time
       * @description When Rollcall first stored the job.
       */
      firstSeenAt?: string;
      /**
       * Format: date-time
       * @description When it was last known to be what the platform says.
       */
      lastSeenAt?: string;
      /**
       * Format: date-time
       * @description When its last transition occurred.
       */
      stateChangedAt?: string;
      /**
       * Format: date-time
       * @description When Rollcall recorded the last change.
       */
      changedAt?: string;
      /** @description Counts changes from 1. */
      version?: number;
    };
    JobPage: {
      /** @description Whole jobs, unless `fields` was given. */
      data: (components['schemas']['Job'] | components['schemas']['SelectedJob'])[];
      page: components['schemas']['JobPageMembers'];
      coverage: components['schemas']['Coverage'];
    };
    JobSummary: {
      /** @description The members that `groupBy` names, and the count. */
      data: {
        /** @description Key of the source. */
        source?: string;
        state?: components['schemas']['JobState'];
        /** @description What ran. */
        type?: string | null;
        /** @description A kind of upstream, such as `vectorcharts`. */
        platform?: string;
        /**
         * Format: date-time
         * @description When the bucket begins; null: of jobs that lack the time.
         */
        bucket?: string | null;
        /** @description Jobs of this row. */
        count: number;
        /** @description With `stats=duration`; null where no job of the row has one. */
        durationMs?: {
          p50: number | null;
          p95: number | null;
          max: number | null;
        };
      }[];
      /** @description Jobs in all rows together. */
      total: number;
      coverage: components['schemas']['Coverage'];
    };
    /** @description Where a page stands in its list. */
    Page: {
      /** @description Rows at most. */
      limit: number;
      /** @description The cursor of the next page; null on the last one. */
      next: string | null;
      /** @description The cursor of the previous page; null on the first one. */
      prev: string | null;
      /** @description With `count`. */
      total: number | null;
      /** @enum {string} */
      totalKind: 'none' | 'exact' | 'estimated';
    };
    /** @description Where a page stands in a list of jobs. */
    JobPageMembers: {
      /** @description Rows at most. */
      limit: number;
      /** @description The cursor of the next page; null on the last one. */
      next: string | null;
      /** @description The cursor of the previous page; null on the first one. */
      prev: string | null;
      /** @description With `count`. */
      total: number | null;
      /** @enum {string} */
      totalKind: 'none' | 'exact' | 'estimated';
      /** @description On a first page: an event cursor from before the read. Walk the pages, then follow the events after it. */
      feed?: string;
    };
    /** @description How complete an answer is. */
    Coverage: {
      /** @description Sources that the filter and the token cover. */
      sources: number;
      /** @description Those of them that are healthy. */
      healthy: number;
      /**
       * Format: date-time
       * @description Every upstream change before it is in this answer.
       */
      completeThrough: string | null;
      /**
       * Format: date-time
       * @description Every change recorded by Rollcall before it is in this answer; the next `changedSince`.
       */
      changedThrough: string;
      /** @description Those of them that are not healthy. */
      degraded: {
        /** @description Key of the source. */
        source: string;
        health: components['schemas']['Health'];
        /**
         * Format: date-time
         * @description Since when.
         */
        since: string;
        /** @description Why, in one word. */
        reason: string | null;
      }[];
    };
    Transition: {
      /** @description Of the job's event that tells of it. */
      sequence: number;
      /** @description Null in the first: the discovery. */
      from: components['schemas']['JobState'] | null;
      to: components['schemas']['JobState'];
      /** @description How it came to this state. */
      reason: string | null;
      /** @description The platform's word, verbatim. */
      rawStatus: string | null;
      /**
       * Format: date-time
       * @description When it occurred, as far as the platform tells.
       */
      occurredAt: string;
      /**
       * Format: date-time
       * @description When Rollcall saw it.
       */
      observedAt: string;
      /** @description How `occurredAt` came about, where it is not plainly reported. */
      provenance: components['schemas']['Provenance'] | null;
    };
    /** @description One page of a list. */
    TransitionPage: {
      data: components['schemas']['Transition'][];
      page: components['schemas']['Page'];
    };
    Poll: {
      /** @description Counts the polls of this installation. */
      id: number;
      /** @enum {string} */
      kind: 'incremental' | 'sweep' | 'refresh';
      /**
       * Format: date-time
       * @description By the database.
       */
      beganAt: string;
    };
    FieldExplanation: {
      /** @description As the job shows it. */
      value: unknown;
      /** @description What the stored record says at `path`, redacted, in the same form as `path`. */
      raw: unknown;
      /** @description Where in the upstream record: a dotted path, several, or one for each part; null where none decides. */
      path:
        | string
        | string[]
        | {
            [key: string]: components['schemas']['RecordPath'];
          }
        | null;
      /** @enum {string|null} */
      shape: 'list' | 'detail' | null;
      /** @description How the value follows; null when nothing that is stored can tell. */
      rule: string | null;
      /** @description Null where the platform plainly reports it, or it is Rollcall's own. */
      provenance: components['schemas']['Provenance'] | null;
      /** @description The poll that set the value; where it is null, `note` says why. */
      poll: components['schemas']['Poll'] | null;
      /** @description What else there is to know: clamped, unreadable, kept, set by a refresh. */
      note: string | null;
    };
    /** @description A dotted path into the upstream record, several, or none. */
    RecordPath: string | string[] | null;
    JobExplanation: {
      /**
       * Format: uuid
       * @description The job's id.
       */
      id: string;
      /** @description Key of the source. */
      source: string;
      /** @description A kind of upstream, such as `vectorcharts`. */
      platform: string;
      /** @description The platform's own id. */
      externalId: string;
      /** @description What limits this explanation as a whole. */
      notes: string[];
      /** @description The last upstream record of each shape, where it is stored. */
      records: {
        list: components['schemas']['StoredRecord'] | null;
        detail: components['schemas']['StoredRecord'] | null;
      };
      /** @description Every field of the job, in its order. */
      fields: {
        id: components['schemas']['FieldExplanation'];
        source: components['schemas']['FieldExplanation'];
        platform: components['schemas']['FieldExplanation'];
        externalId: components['schemas']['FieldExplanation'];
        type: components['schemas']['FieldExplanation'];
        name: components['schemas']['FieldExplanation'];
        state: components['schemas']['FieldExplanation'];
        reason: components['schemas']['FieldExplanation'];
        rawStatus: components['schemas']['FieldExplanation'];
        terminal: components['schemas']['FieldExplanation'];
        progress: components['schemas']['FieldExplanation'];
        createdAt: components['schemas']['FieldExplanation'];
        scheduledFor: components['schemas']['FieldExplanation'];
        startedAt: components['schemas']['FieldExplanation'];
        finishedAt: components['schemas']['FieldExplanation'];
        updatedAt: components['schemas']['FieldExplanation'];
        durationMs: components['schemas']['FieldExplanation'];
        provenance: components['schemas']['FieldExplanation'];
        error: components['schemas']['FieldExplanation'];
        owner: components['schemas']['FieldExplanation'];
        parentId: components['schemas']['FieldExplanation'];
        labels: components['schemas']['FieldExplanation'];
        attributes: components['schemas']['FieldExplanation'];
        links: components['schemas']['FieldExplanation'];
        actions: components['schemas']['FieldExplanation'];
        freshness: components['schemas']['FieldExplanation'];
        firstSeenAt: components['schemas']['FieldExplanation'];
        lastSeenAt: components['schemas']['FieldExplanation'];
        stateChangedAt: components['schemas']['FieldExplanation'];
        changedAt: components['schemas']['FieldExplanation'];
        version: components['schemas']['FieldExplanation'];
      };
    };
    StoredRecord: {
      /**
       * Format: date-time
       * @description When its read began, by the database.
       */
      readAt: string;
      poll: components['schemas']['Poll'] | null;
      /** @description Whether it was stored under the present rules; null when they do not read it, or are not known. */
      sameRules: boolean | null;
    };
    Task: {
      /** @description The platform's own id of this part of the job. */
      externalId: string | null;
      /** @description The platform's name of it. */
      name: string | null;
      state: components['schemas']['JobState'];
      /** @description The platform's word, verbatim; null where it gives a part none. */
      rawStatus: string | null;
      progress: number | null;
      /**
       * Format: date-time
       * @description When it began.
       */
      startedAt: string | null;
      /**
       * Format: date-time
       * @description When it ended.
       */
      finishedAt: string | null;
      /** @description The platform's own facts. */
      attributes: {
        [key: string]: unknown;
      };
    };
    /** @description One page of a list. */
    TaskPage: {
      data: components['schemas']['Task'][];
      page: components['schemas']['Page'];
    };
    /** @enum {string} */
    Health: 'healthy' | 'degraded' | 'failing' | 'paused' | 'retired';
    Source: {
      /** @description Its name in the configuration. */
      key: string;
      /** @description A kind of upstream, such as `vectorcharts`. */
      platform: string;
      /** @description Its title for people. */
      label: string | null;
      /** @description Shown on its jobs. */
      labels: {
        [key: string]: string;
      };
      /** @description Whether the configuration has it polled. */
      enabled: boolean;
      health: components['schemas']['Health'];
      /** @description Why it is not healthy, in one word. */
      reason: string | null;
      /**
       * Format: date-time
       * @description Since when its health is this.
       */
      since: string;
      /**
       * Format: date-time
       * @description When its last poll began.
       */
      lastPollAt: string | null;
      /**
       * Format: date-time
       * @description When its last poll that went well ended.
       */
      lastSuccessAt: string | null;
      /**
       * Format: date-time
       * @description When it is due.
       */
      nextPollAt: string | null;
      /** @description Polls that failed since the last one that went well. */
      consecutiveFailures: number;
      lastError: {
        /** @enum {string} */
        kind:
          | 'authentication'
          | 'permission'
          | 'rate-limited'
          | 'timeout'
          | 'network'
          | 'upstream-error'
          | 'malformed-response'
          | 'schema'
          | 'configuration';
        /** @description In words, without secrets. */
        message: string;
        /**
         * Format: date-time
         * @description When.
         */
        at: string;
      } | null;
      /**
       * Format: date-time
       * @description By the platform's clock.
       */
      completeThrough: string | null;
      /** @description Now less the beginning of the poll that proved `completeThrough`. */
      lagMs: number | null;
      /** @description Requests to the platform. */
      requestsLastHour: number;
      /** @description Jobs by state. */
      jobs: {
        scheduled: number;
        queued: number;
        running: number;
        paused: number;
        stopping: number;
        succeeded: number;
        failed: number;
        cancelled: number;
        skipped: number;
        missed: number;
        unknown: number;
      };
      /** @description Records that could not be normalized. */
      rejects: number;
      /** @description Records that `poll.history` leaves out. */
      skippedOld: number;
      /** @description The platform's clock less ours. */
      clockSkewMs: number | null;
      /** @description What the platform says it has. */
      upstreamTotal: {
        /** @description Jobs. */
        value: number;
        /**
         * Format: date-time
         * @description When it said so.
         */
        at: string | null;
      } | null;
      /** @description Words that no rule reads, the most frequent first. */
      unmappedStatuses: {
        /** @description The platform's word; null: none at all. */
        status: string | null;
        /** @description Distinct jobs. */
        count: number;
      }[];
      /** @description Its budget; null when no service has read the configuration since it is kept. */
      maxRequestsPerHour: number | null;
      /** @description What whoever asks may ask of it now. */
      actions: ('poll' | 'preview' | 'pause' | 'resume')[];
    };
    /** @description One page of a list. */
    SourcePage: {
      data: components['schemas']['Source'][];
      page: components['schemas']['Page'];
    };
    PollReport: {
      /** @description Counts the polls of this installation. */
      id: number;
      /** @enum {string} */
      kind: 'incremental' | 'sweep' | 'refresh';
      /**
       * Format: date-time
       * @description By the database.
       */
      beganAt: string;
      /**
       * Format: date-time
       * @description By the database.
       */
      endedAt: string;
      /** @enum {string} */
      result:
        | 'ok'
        | 'authentication'
        | 'permission'
        | 'rate-limited'
        | 'timeout'
        | 'network'
        | 'upstream-error'
        | 'malformed-response'
        | 'schema'
        | 'configuration';
      error: {
        /** @enum {string} */
        kind:
          | 'authentication'
          | 'permission'
          | 'rate-limited'
          | 'timeout'
          | 'network'
          | 'upstream-error'
          | 'malformed-response'
          | 'schema'
          | 'configuration';
        /** @description In words, without secrets. */
        message: string;
      } | null;
      /** @description To the platform, repeated ones and logins included. */
      requests: number;
      /** @description That were read. */
      records: number;
      /** @description Jobs that were new. */
      discovered: number;
      /** @description Jobs that had changed. */
      changed: number;
      /** @description Records that could not be normalized. */
      rejected: number;
    };
    /** @description One page of a list. */
    PollReportPage: {
      data: components['schemas']['PollReport'][];
      page: components['schemas']['Page'];
    };
    SourcePreview: {
      /** @description Key of the source. */
      source: string;
      /** @description A kind of upstream, such as `vectorcharts`. */
      platform: string;
      /**
       * Format: date-time
       * @description When the read began, by the database.
       */
      readAt: string;
      /** @description In the order of their answers; a login is there when one was needed. */
      requests: components['schemas']['UpstreamRequest'][];
      /** @description Up to the first that has records: five at most. */
      pages: {
        /** @description The list of the manifest that it is of; null where there are no several. */
        list: string | null;
        /** @description On it. */
        records: number;
      }[];
      /** @description That were read. */
      records: number;
      /** @description Five at most, one of each word of the platform first. */
      jobs: components['schemas']['PreviewedRecord'][];
      /** @description Records that are no job here. */
      rejected: number;
      /** @description The first five. */
      rejects: {
        /** @description The platform's own id, where the record has a usable one. */
        externalId: string | null;
        /** @description Everything that is wrong with it. */
        reasons: string[];
        /** @description Redacted; text when its size limit cut it. */
        record: unknown;
      }[];
      /** @description Words that no rule reads. */
      unmappedStatuses: {
        /** @description The platform's word; null: none at all. */
        status: string | null;
        /** @description Records. */
        count: number;
      }[];
      /** @description What in these records would trip a poller. */
      warnings: {
        /** @enum {string} */
        trap:
          | 'nothing-listed'
          | 'status-unmapped'
          | 'id-missing'
          | 'id-repeats'
          | 'record-rejected'
          | 'time-in-future'
          | 'time-unset'
          | 'no-updated-time'
          | 'end-without-time'
          | 'progress-out-of-range'
          | 'path-finds-nothing'
          | 'page-too-long'
          | 'page-short'
          | 'total-differs'
          | 'unordered';
        /** @description What was seen, and what to do. */
        message: string;
      }[];
    };
    UpstreamRequest: {
      /** @description Of HTTP. */
      method: string;
      /** @description At the platform; `***` where it holds a secret. */
      path: string;
      /** @description In its order. */
      query: {
        /** @description Of the parameter. */
        name: string;
        /** @description `***` where it holds a secret. */
        value: string;
      }[];
      /** @description Of the answer; null when there was none. */
      status: number | null;
      /** @description From its sending to the end of the answer's head; null without an answer. */
      ms: number | null;
    };
    PreviewedRecord: {
      /** @description As the platform sent it, redacted; text when its size limit cut it. */
      record: unknown;
      /** @description As it would be if it were new. */
      job: {
        /**
         * Format: uuid
         * @description UUIDv5 of `<source>/<externalId>`: the same after a rebuild from nothing.
         */
        id: string;
        /** @description Key of the source. */
        source: string;
        /** @description A kind of upstream, such as `vectorcharts`. */
        platform: string;
        /** @description The platform's own id, always as text. */
        externalId: string;
        /** @description What ran: the same for every run of the same thing. */
        type: string | null;
        /** @description Title of this run; the type where the platform has no title. */
        name: string | null;
        state: components['schemas']['JobState'];
        /** @description How it came to its state. */
        reason: string | null;
        /** @description The platform's word, verbatim. */
        rawStatus: string | null;
        /** @description The state is final. */
        terminal: boolean;
        /** @description Null where the platform gives none. */
        progress: number | null;
        /**
         * Format: date-time
         * @description When the platform took the job.
         */
        createdAt: string | null;
        /**
         * Format: date-time
         * @description The last planned start.
         */
        scheduledFor: string | null;
        /**
         * Format: date-time
         * @description When it began to work.
         */
        startedAt: string | null;
        /**
         * Format: date-time
         * @description When it came to its final state.
         */
        finishedAt: string | null;
        /**
         * Format: date-time
         * @description The latest upstream time known for the job.
         */
        updatedAt: string | null;
        /** @description Every time that is not plainly reported, and how it came about. */
        provenance: {
          [key: string]: components['schemas']['Provenance'];
        };
        error: {
          /** @description The platform's words. */
          message: string;
          /** @description The platform's code, as text. */
          code: string | null;
          /** @description What else the platform says of it. */
          details: unknown;
        } | null;
        /** @description Whose job it is, as the platform says it. */
        owner: string | null;
        /**
         * Format: uuid
         * @description The parent's Rollcall id.
         */
        parentId: string | null;
        /** @description The platform's own facts, by fixed names for each platform. */
        attributes: {
          [key: string]: unknown;
        };
        /** @description Addresses at the platform: https, without a query. */
        links: {
          /** @description The job at the platform. */
          self?: string;
          /** @description Its page for people. */
          html?: string;
          /** @description Its log. */
          log?: string;
        };
        /** @description What can be done to it now. */
        actions: ('cancel' | 'start')[];
      };
      /** @description Every field that records decide. */
      fields: {
        externalId: components['schemas']['PreviewedField'];
        type: components['schemas']['PreviewedField'];
        name: components['schemas']['PreviewedField'];
        state: components['schemas']['PreviewedField'];
        reason: components['schemas']['PreviewedField'];
        rawStatus: components['schemas']['PreviewedField'];
        progress: components['schemas']['PreviewedField'];
        createdAt: components['schemas']['PreviewedField'];
        scheduledFor: components['schemas']['PreviewedField'];
        startedAt: components['schemas']['PreviewedField'];
        finishedAt: components['schemas']['PreviewedField'];
        updatedAt: components['schemas']['PreviewedField'];
        error: components['schemas']['PreviewedField'];
        owner: components['schemas']['PreviewedField'];
        parentId: components['schemas']['PreviewedField'];
        attributes: components['schemas']['PreviewedField'];
        links: components['schemas']['PreviewedField'];
        actions: components['schemas']['PreviewedField'];
      };
    };
    PreviewedField: {
      /** @description As the job shows it. */
      value: unknown;
      /** @description What the record says at `path`, redacted, in the same form as `path`. */
      raw: unknown;
      /** @description Where in the upstream record: a dotted path, several, or one for each part; null where none decides. */
      path:
        | string
        | string[]
        | {
            [key: string]: components['schemas']['RecordPath'];
          }
        | null;
      /** @description How the value follows; null where the record says nothing of it. */
      rule: string | null;
      /** @description Null where the platform plainly reports it. */
      provenance: components['schemas']['Provenance'] | null;
      /** @description What else there is to know: clamped, unreadable. */
      note: string | null;
    };
    PollRequested: {
      /** @description Key of the source. */
      source: string;
      /** @enum {string} */
      poll: 'incremental' | 'sweep';
    };
    Reject: {
      /**
       * Format: uuid
       * @description Of this distinct record.
       */
      id: string;
      /** @description Key of the source. */
      source: string;
      /** @description The platform's own id, where the record has a usable one. */
      externalId: string | null;
      /** @description Everything that is wrong with it. */
      reasons: string[];
      /**
       * Format: date-time
       * @description When it was first polled.
       */
      firstSeenAt: string;
      /**
       * Format: date-time
       * @description When it was last polled.
       */
      lastSeenAt: string;
      /** @description How often it was polled. */
      count: number;
      /** @description The redacted record; text when its size limit cut it. */
      payload: unknown;
    };
    /** @description One page of a list. */
    RejectPage: {
      data: components['schemas']['Reject'][];
      page: components['schemas']['Page'];
    };
    /** @description An entry of the change feed. */
    Event: {
      /** @description Its cursor: what follows it is asked for by `after`. */
      id: string;
      /** @enum {string} */
      type:
        | 'job.discovered'
        | 'job.transitioned'
        | 'job.changed'
        | 'job.vanished'
        | 'job.reappeared'
        | 'source.health'
        | 'alert.firing'
        | 'alert.resolved'
        | 'webhook.disabled';
      /**
       * Format: date-time
       * @description When Rollcall recorded the change.
       */
      at: string;
      /** @description Key of the source; null for `webhook.disabled`. */
      source: string | null;
      /** @description Counts the events of its job from 1; null for a source. */
      sequence: number | null;
      /** @description The job as it was just after the change. */
      job: components['schemas']['Job'] | null;
      /** @description Null for a discovery, and for a source. */
      from: components['schemas']['JobState'] | null;
      /** @description Null for a source. */
      to: components['schemas']['JobState'] | null;
      /** @description History, which should page nobody: of a source's first complete read, or `replayed`. */
      backfill: boolean;
      /** @description Only where it is true: a stored record was read again under other rules, and the platform said nothing new. */
      replayed?: boolean;
      /** @description Fields of the job that changed. */
      changed: string[];
      /** @description Of `source.health` only. */
      health?: components['schemas']['Health'];
      /** @description Of `source.health` only. */
      previousHealth?: components['schemas']['Health'];
      /** @description Of `source.health` and `webhook.disabled` only: why, in one word. */
      reason?: string | null;
      /** @description Of `webhook.disabled` only: an endpoint that is told of nothing any more. */
      webhook?: {
        /**
         * Format: uuid
         * @description Of the endpoint.
         */
        id: string;
        /** @description Of the endpoint. */
        name: string;
      };
      /** @description Of `alert.firing` and `alert.resolved` only. */
      alert?: {
        /** @description Of the expectation. */
        name: string;
        /** @enum {string} */
        kind: 'duration' | 'stuck' | 'start' | 'cadence' | 'queue' | 'success-rate' | 'learned';
        /** @description What ran; null where several types are meant. */
        type: string | null;
        /**
         * Format: date-time
         * @description Since when the expectation is broken.
         */
        since: string;
        /** @description What was measured when it fired: milliseconds; of `queue` jobs, of `success-rate` a part of 1. */
        value: number;
        /** @description What is expected, in the same unit. */
        limit: number;
        /** @description What is wrong, or how it ended, for people. */
        message: string;
      };
    };
    /** @description One page of a list. */
    EventPage: {
      data: components['schemas']['Event'][];
      page: components['schemas']['Page'];
    };
    Alert: {
      /**
       * Format: uuid
       * @description Of this breach.
       */
      id: string;
      /** @description Of the expectation that is broken. */
      name: string;
      /** @enum {string} */
      kind: 'duration' | 'stuck' | 'start' | 'cadence' | 'queue' | 'success-rate' | 'learned';
      /** @enum {string} */
      state: 'firing' | 'resolved';
      /** @description Key of the source. */
      source: string;
      /**
       * Format: uuid
       * @description Of the job that breaks it; null where no single job does.
       */
      jobId: string | null;
      /** @description What ran; null where several types are meant. */
      type: string | null;
      /**
       * Format: date-time
       * @description Since when the expectation is broken.
       */
      since: string;
      /** @description What was measured when it fired: milliseconds; of `queue` jobs, of `success-rate` a part of 1. */
      value: number;
      /** @description What is expected, in the same unit. */
      limit: number;
      /**
       * Format: date-time
       * @description When it was noticed.
       */
      firedAt: string;
      /**
       * Format: date-time
       * @description When it ended.
       */
      resolvedAt: string | null;
      /** @description What was wrong when it fired, for people. */
      message: string;
      /** @description While it fires: why nobody can say now whether it goes on, such as `failing` or `paused`. */
      suspended: string | null;
    };
    /** @description One page of a list. */
    AlertPage: {
      data: components['schemas']['Alert'][];
      page: components['schemas']['Page'];
    };
    /** @description An endpoint. Its secret, and those of its options, are never shown. */
    Webhook: {
      /**
       * Format: uuid
       * @description Of this endpoint.
       */
      id: string;
      /** @description No two alike. */
      name: string;
      /** @description Where messages are posted. What may be a secret stands there as `…`: the path of `slack`, any query. */
      url: string;
      /** @enum {string} */
      format: 'plain' | 'slack' | 'pagerduty' | 'alertmanager' | 'cloudevents';
      /** @description Null: every type but `job.changed`. */
      types:
        | (
            | 'job.discovered'
            | 'job.transitioned'
            | 'job.changed'
            | 'job.vanished'
            | 'job.reappeared'
            | 'source.health'
            | 'alert.firing'
            | 'alert.resolved'
            | 'webhook.disabled'
          )[]
        | null;
      /** @description Parameters of the list of jobs, each with its values; none: every job. */
      filter: {
        [key: string]: string[];
      };
      /** @description Whether it is told of history too. */
      includeBackfill: boolean;
      /** @description Of the format; secret ones as `***`. */
      options: {
        [key: string]: unknown;
      };
      /** @description How long an alert goes on without any later run of its type. */
      resolveAfter: string;
      /** @description Those of the token that made it; null: every source. */
      sources: string[] | null;
      /**
       * @description `config`: declared in the configuration, and changed there.
       * @enum {string}
       */
      origin: 'api' | 'config';
      /** @description Whether it is told of anything. */
      enabled: boolean;
      /** @description Why it is told of nothing, in one word. */
      disabledReason: string | null;
      /**
       * Format: date-time
       * @description Since when.
       */
      disabledAt: string | null;
      /**
       * Format: date-time
       * @description The first try since the last one that succeeded; null: that was the last one.
       */
      failingSince: string | null;
      /** @description Tries that failed since then. */
      consecutiveFailures: number;
      /**
       * Format: date-time
       * @description When it last took a message.
       */
      lastSuccessAt: string | null;
      /**
       * Format: date-time
       * @description Nothing is sent before; null: nothing holds it back.
       */
      nextAttemptAt: string | null;
      /** @description Events that were too old to be kept before they could be delivered, at most. */
      missedEvents: number;
      /**
       * Format: date-time
       * @description When that was found, the last time.
       */
      missedAt: string | null;
      /** @description A range is being delivered once more. */
      replaying: boolean;
      /**
       * Format: date-time
       * @description Until when the secret before the last rotation signs too.
       */
      previousSecretUntil: string | null;
      /**
       * Format: date-time
       * @description When it was made.
       */
      createdAt: string;
      /**
       * Format: date-time
       * @description When it was changed.
       */
      updatedAt: string;
    };
    /** @description One page of a list. */
    WebhookPage: {
      data: components['schemas']['Webhook'][];
      page: components['schemas']['Page'];
    };
    MadeWebhook: {
      /**
       * Format: uuid
       * @description Of this endpoint.
       */
      id: string;
      /** @description No two alike. */
      name: string;
      /** @description Where messages are posted. What may be a secret stands there as `…`: the path of `slack`, any query. */
      url: string;
      /** @enum {string} */
      format: 'plain' | 'slack' | 'pagerduty' | 'alertmanager' | 'cloudevents';
      /** @description Null: every type but `job.changed`. */
      types:
        | (
            | 'job.discovered'
            | 'job.transitioned'
            | 'job.changed'
            | 'job.vanished'
            | 'job.reappeared'
            | 'source.health'
            | 'alert.firing'
            | 'alert.resolved'
            | 'webhook.disabled'
          )[]
        | null;
      /** @description Parameters of the list of jobs, each with its values; none: every job. */
      filter: {
        [key: string]: string[];
      };
      /** @description Whether it is told of history too. */
      includeBackfill: boolean;
      /** @description Of the format; secret ones as `***`. */
      options: {
        [key: string]: unknown;
      };
      /** @description How long an alert goes on without any later run of its type. */
      resolveAfter: string;
      /** @description Those of the token that made it; null: every source. */
      sources: string[] | null;
      /**
       * @description `config`: declared in the configuration, and changed there.
       * @enum {string}
       */
      origin: 'api' | 'config';
      /** @description Whether it is told of anything. */
      enabled: boolean;
      /** @description Why it is told of nothing, in one word. */
      disabledReason: string | null;
      /**
       * Format: date-time
       * @description Since when.
       */
      disabledAt: string | null;
      /**
       * Format: date-time
       * @description The first try since the last one that succeeded; null: that was the last one.
       */
      failingSince: string | null;
      /** @description Tries that failed since then. */
      consecutiveFailures: number;
      /**
       * Format: date-time
       * @description When it last took a message.
       */
      lastSuccessAt: string | null;
      /**
       * Format: date-time
       * @description Nothing is sent before; null: nothing holds it back.
       */
      nextAttemptAt: string | null;
      /** @description Events that were too old to be kept before they could be delivered, at most. */
      missedEvents: number;
      /**
       * Format: date-time
       * @description When that was found, the last time.
       */
      missedAt: string | null;
      /** @description A range is being delivered once more. */
      replaying: boolean;
      /**
       * Format: date-time
       * @description Until when the secret before the last rotation signs too.
       */
      previousSecretUntil: string | null;
      /**
       * Format: date-time
       * @description When it was made.
       */
      createdAt: string;
      /**
       * Format: date-time
       * @description When it was changed.
       */
      updatedAt: string;
      /** @description `whsec_…`: shown here only. */
      secret: string;
    };
    WebhookSecret: {
      /**
       * Format: uuid
       * @description Of the endpoint.
       */
      id: string;
      /** @description `whsec_…`: shown here only. */
      secret: string;
      /**
       * Format: date-time
       * @description Until when the secret before it signs too.
       */
      previousSecretUntil: string;
    };
    WebhookAccepted: {
      /** @description What will be sent; null of a range, whose deliveries are made one after the other. */
      delivery: components['schemas']['Delivery'] | null;
      /** @description Of a range: the cursor of the last event that it may tell of. How many of them the endpoint wants is known when they were looked at: `replaying` is false then. */
      through: string | null;
    };
    /** @description What a delivery does to an alert. */
    WebhookAlert: {
      /** @description One for each source and type; an outage of a source and a broken expectation have their own. */
      key: string;
      /** @enum {string} */
      action: 'trigger' | 'resolve';
      /** @enum {string} */
      kind: 'job' | 'source' | 'expectation';
      /** @description Key of the source. */
      source: string;
      /** @description What ran, or was to run; null of an outage, and of several types. */
      type: string | null;
      /** @description The name of the expectation; null of the other kinds. */
      rule: string | null;
      /** @description The one job that an expectation speaks of. */
      jobId: string | null;
      /**
       * Format: date-time
       * @description When it fired first.
       */
      firedAt: string;
      /**
       * Format: date-time
       * @description When it resolves by itself.
       */
      resolveAt: string | null;
      /** @enum {string|null} */
      because: 'succeeded' | 'recovered' | 'kept' | 'expired' | null;
    };
    Delivery: {
      /** @description The `webhook-id` of its requests: the same with every try. */
      id: string;
      /** @description The event's type, or `webhook.test`. */
      type: string;
      /**
       * @description `failed`: for good. `skipped`: there was nothing to deliver any more.
       * @enum {string}
       */
      state: 'pending' | 'delivered' | 'failed' | 'skipped';
      /** @description The event's cursor; null of a try. */
      eventId: string | null;
      /**
       * Format: uuid
       * @description Of the job that it tells of.
       */
      jobId: string | null;
      /** @description Null: it is no matter of an alert. */
      alert: components['schemas']['WebhookAlert'] | null;
      /** @description It was asked for once more. */
      replay: boolean;
      /** @description The delivery that it repeats. */
      replayOf: string | null;
      /** @description Tries so far. */
      attempts: number;
      /**
       * Format: date-time
       * @description When it is tried at the earliest; null: no more.
       */
      nextAttemptAt: string | null;
      /**
       * Format: date-time
       * @description When it was made.
       */
      createdAt: string;
      /**
       * Format: date-time
       * @description When it was delivered, or given up.
       */
      finishedAt: string | null;
      /** @description Null before the first. */
      lastAttempt: {
        /** @description From 1. */
        number: number;
        /**
         * Format: date-time
         * @description When it began.
         */
        at: string;
        /** @description Until its answer was there, or none came. */
        durationMs: number;
        /** @description Of the answer; null: none came. */
        status: number | null;
        /** @description Null: it was taken. */
        error: {
          /** @enum {string} */
          kind: 'address' | 'network' | 'timeout' | 'status' | 'redirect' | 'request';
          /** @description In words. */
          message: string;
        } | null;
      } | null;
    };
    /** @description One page of a list. */
    DeliveryPage: {
      data: components['schemas']['Delivery'][];
      page: components['schemas']['Page'];
    };
    DeliveryDetail: {
      /** @description The `webhook-id` of its requests: the same with every try. */
      id: string;
      /** @description The event's type, or `webhook.test`. */
      type: string;
      /**
       * @description `failed`: for good. `skipped`: there was nothing to deliver any more.
       * @enum {string}
       */
      state: 'pending' | 'delivered' | 'failed' | 'skipped';
      /** @description The event's cursor; null of a try. */
      eventId: string | null;
      /**
       * Format: uuid
       * @description Of the job that it tells of.
       */
      jobId: string | null;
      /** @description Null: it is no matter of an alert. */
      alert: components['schemas']['WebhookAlert'] | null;
      /** @description It was asked for once more. */
      replay: boolean;
      /** @description The delivery that it repeats. */
      replayOf: string | null;
      /** @description Tries so far. */
      attempts: number;
      /**
       * Format: date-time
       * @description When it is tried at the earliest; null: no more.
       */
      nextAttemptAt: string | null;
      /**
       * Format: date-time
       * @description When it was made.
       */
      createdAt: string;
      /**
       * Format: date-time
       * @description When it was delivered, or given up.
       */
      finishedAt: string | null;
      /** @description Null before the first. */
      lastAttempt: {
        /** @description From 1. */
        number: number;
        /**
         * Format: date-time
         * @description When it began.
         */
        at: string;
        /** @description Until its answer was there, or none came. */
        durationMs: number;
        /** @description Of the answer; null: none came. */
        status: number | null;
        /** @description Null: it was taken. */
        error: {
          /** @enum {string} */
          kind: 'address' | 'network' | 'timeout' | 'status' | 'redirect' | 'request';
          /** @description In words. */
          message: string;
        } | null;
      } | null;
      /** @description The event that it tells of, as the feed shows it; null: it is not kept any more. */
      event: unknown;
      /** @description The newest first, at most 100. */
      tries: {
        /** @description From 1. */
        number: number;
        /**
         * Format: date-time
         * @description When it began.
         */
        at: string;
        /** @description Until its answer was there, or none came. */
        durationMs: number;
        /** @description Null: it was taken. */
        error: {
          /** @enum {string} */
          kind: 'address' | 'network' | 'timeout' | 'status' | 'redirect' | 'request';
          /** @description In words. */
          message: string;
        } | null;
        request: {
          /** @description Of the request. */
          headers: {
            [key: string]: string;
          };
          /** @description Of its body. */
          bytes: number;
        };
        response: {
          /** @description Its status. */
          status: number;
          /** @description Of the answer. */
          headers: {
            [key: string]: string;
          };
          /** @description Its beginning, as text. */
          body: string | null;
        } | null;
      }[];
    };
    /**
     * @description What a token may do.
     * @enum {string}
     */
    Scope:
      | 'jobs:read'
      | 'jobs:act'
      | 'sources:read'
      | 'sources:act'
      | 'events:read'
      | 'webhooks:manage'
      | 'metrics:read'
      | 'tokens:manage'
      | 'audit:read';
    Token: {
      /** @description What it is for. */
      name: string;
      scopes: components['schemas']['Scope'][];
      /** @description Keys of the sources that exist for it; null: every source. */
      sources: string[] | null;
      /**
       * Format: date-time
       * @description When it was made.
       */
      createdAt: string;
      /**
       * Format: date-time
       * @description Null: it does not expire.
       */
      expiresAt: string | null;
      /**
       * Format: date-time
       * @description To the minute; null before its first use.
       */
      lastUsedAt: string | null;
      /**
       * Format: date-time
       * @description Null: it is not revoked.
       */
      revokedAt: string | null;
    };
    /** @description One page of a list. */
    TokenPage: {
      data: components['schemas']['Token'][];
      page: components['schemas']['Page'];
    };
    MadeToken: {
      /** @description What it is for. */
      name: string;
      /** @description Shown here only. */
      token: string;
      scopes: components['schemas']['Scope'][];
      /** @description Keys of the sources that exist for it; null: every source. */
      sources: string[] | null;
      /**
       * Format: date-time
       * @description Null: it does not expire.
       */
      expiresAt: string | null;
    };
    AuditEntry: {
      /**
       * Format: uuid
       * @description Of this entry.
       */
      id: string;
      /**
       * @description A refusal stands for all that are alike within seconds.
       * @enum {string}
       */
      kind: 'act' | 'refusal';
      /**
       * Format: date-time
       * @description Of the act, or of the first refusal.
       */
      at: string;
      /**
       * Format: date-time
       * @description Of the last refusal.
       */
      lastAt: string | null;
      /** @description Refusals that this stands for. */
      count: number;
      /** @description The token's name; null when no valid one was sent. */
      actor: string | null;
      /** @description Of the client, as far as its proxies are believed. */
      address: string | null;
      /** @description `CLI` for a command. */
      method: string;
      /** @description An act's path; of a refusal the route's pattern. */
      path: string;
      /** @description Null: not answered, because it is under way or the process ended. */
      status: number | null;
      /** @description What the path does not say. */
      details: unknown;
      /** @description Of the first of them; `X-Request-Id` of its answer. */
      requestId: string | null;
    };
    /** @description One page of a list. */
    AuditPage: {
      data: components['schemas']['AuditEntry'][];
      page: components['schemas']['Page'];
    };
    Status: {
      /** @enum {string} */
      status: 'ok';
    };
    /** @description One line for each series: its name, its labels and its value. */
    Metrics: string;
    /** @description RFC 9457. */
    Problem: {
      /**
       * @description The kind of problem: never changes.
       * @enum {string}
       */
      type:
        | 'urn:rollcall:problem:invalid-request'
        | 'urn:rollcall:problem:cursor-mismatch'
        | 'urn:rollcall:problem:unauthorized'
        | 'urn:rollcall:problem:forbidden'
        | 'urn:rollcall:problem:not-found'
        | 'urn:rollcall:problem:method-not-allowed'
        | 'urn:rollcall:problem:not-acceptable'
        | 'urn:rollcall:problem:request-timeout'
        | 'urn:rollcall:problem:conflict'
        | 'urn:rollcall:problem:not-shown'
        | 'urn:rollcall:problem:cursor-expired'
        | 'urn:rollcall:problem:content-too-large'
        | 'urn:rollcall:problem:uri-too-long'
        | 'urn:rollcall:problem:unsupported-media-type'
        | 'urn:rollcall:problem:query-too-broad'
        | 'urn:rollcall:problem:too-many-requests'
        | 'urn:rollcall:problem:too-soon'
        | 'urn:rollcall:problem:headers-too-large'
        | 'urn:rollcall:problem:internal-error'
        | 'urn:rollcall:problem:upstream-failed'
        | 'urn:rollcall:problem:identity-unavailable'
        | 'urn:rollcall:problem:not-ready'
        | 'urn:rollcall:problem:database-unavailable'
        | 'urn:rollcall:problem:upstream-timeout';
      /** @description The kind in words. */
      title: string;
      /** @description The status of the answer. */
      status: number;
      /** @description This very case in words. */
      detail: string;
      /** @description The path that was asked for. */
      instance: string;
      /** @description Every fault of the request. */
      errors?: components['schemas']['RequestFault'][];
      /**
       * @description Where a platform is the reason: of its fault.
       * @enum {string}
       */
      kind?:
        | 'authentication'
        | 'permission'
        | 'rate-limited'
        | 'timeout'
        | 'network'
        | 'upstream-error'
        | 'malformed-response'
        | 'schema'
        | 'configuration';
      /** @description Of a preview: what was asked of the platform until then. */
      requests?: components['schemas']['UpstreamRequest'][];
      /**
       * Format: uuid
       * @description Of a 5xx: what to look for in the log.
       */
      requestId?: string;
    };
    RequestFault:
      | {
          /** @description Of the path or the query. */
          parameter: string;
          /** @description What is wrong with it. */
          detail: string;
        }
      | {
          /** @description JSON pointer into the body, as a URI fragment. */
          pointer: string;
          /** @description What is wrong there. */
          detail: string;
        };
  };
  responses: {
    /** @description Every fault of the request, at once. `type` is `urn:rollcall:problem:invalid-request` or `urn:rollcall:problem:cursor-mismatch`. */
    BadRequest: {
      headers: {
        'X-Request-Id': components['headers']['X-Request-Id'];
        'Cache-Control': components['headers']['Cache-Control'];
        Vary: components['headers']['Vary'];
        RateLimit: components['headers']['RateLimit'];
        'RateLimit-Policy': components['headers']['RateLimit-Policy'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description No token, or one that is unknown, expired or revoked. `type` is `urn:rollcall:problem:unauthorized`. */
    Unauthorized: {
      headers: {
        'X-Request-Id': components['headers']['X-Request-Id'];
        'Cache-Control': components['headers']['Cache-Control'];
        Vary: components['headers']['Vary'];
        RateLimit: components['headers']['RateLimit'];
        'RateLimit-Policy': components['headers']['RateLimit-Policy'];
        'WWW-Authenticate': components['headers']['WWW-Authenticate'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description The token lacks the scope. `type` is `urn:rollcall:problem:forbidden`. */
    Forbidden: {
      headers: {
        'X-Request-Id': components['headers']['X-Request-Id'];
        'Cache-Control': components['headers']['Cache-Control'];
        Vary: components['headers']['Vary'];
        RateLimit: components['headers']['RateLimit'];
        'RateLimit-Policy': components['headers']['RateLimit-Policy'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description Not there, or not for this token. `type` is `urn:rollcall:problem:not-found`. */
    NotFound: {
      headers: {
        'X-Request-Id': components['headers']['X-Request-Id'];
        'Cache-Control': components['headers']['Cache-Control'];
        Vary: components['headers']['Vary'];
        RateLimit: components['headers']['RateLimit'];
        'RateLimit-Policy': components['headers']['RateLimit-Policy'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description There is no form that `Accept` names. `type` is `urn:rollcall:problem:not-acceptable`. */
    NotAcceptable: {
      headers: {
        'X-Request-Id': components['headers']['X-Request-Id'];
        'Cache-Control': components['headers']['Cache-Control'];
        Vary: components['headers']['Vary'];
        RateLimit: components['headers']['RateLimit'];
        'RateLimit-Policy': components['headers']['RateLimit-Policy'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description The request took too long to arrive. `type` is `urn:rollcall:problem:request-timeout`. */
    RequestTimeout: {
      headers: {
        'X-Request-Id': components['headers']['X-Request-Id'];
        'Cache-Control': components['headers']['Cache-Control'];
        Vary: components['headers']['Vary'];
        RateLimit: components['headers']['RateLimit'];
        'RateLimit-Policy': components['headers']['RateLimit-Policy'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description Not possible in the present state. `type` is `urn:rollcall:problem:conflict` or `urn:rollcall:problem:not-shown`. */
    Conflict: {
      headers: {
        'X-Request-Id': components['headers']['X-Request-Id'];
        'Cache-Control': components['headers']['Cache-Control'];
        Vary: components['headers']['Vary'];
        RateLimit: components['headers']['RateLimit'];
        'RateLimit-Policy': components['headers']['RateLimit-Policy'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description Events after the cursor are not kept any more. `type` is `urn:rollcall:problem:cursor-expired`. */
    Gone: {
      headers: {
        'X-Request-Id': components['headers']['X-Request-Id'];
        'Cache-Control': components['headers']['Cache-Control'];
        Vary: components['headers']['Vary'];
        RateLimit: components['headers']['RateLimit'];
        'RateLimit-Policy': components['headers']['RateLimit-Policy'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description The body is too large. `type` is `urn:rollcall:problem:content-too-large`. */
    ContentTooLarge: {
      headers: {
        'X-Request-Id': components['headers']['X-Request-Id'];
        'Cache-Control': components['headers']['Cache-Control'];
        Vary: components['headers']['Vary'];
        RateLimit: components['headers']['RateLimit'];
        'RateLimit-Policy': components['headers']['RateLimit-Policy'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description The path, a part of it, or the query is too long. `type` is `urn:rollcall:problem:uri-too-long`. */
    UriTooLong: {
      headers: {
        'X-Request-Id': components['headers']['X-Request-Id'];
        'Cache-Control': components['headers']['Cache-Control'];
        Vary: components['headers']['Vary'];
        RateLimit: components['headers']['RateLimit'];
        'RateLimit-Policy': components['headers']['RateLimit-Policy'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description The body is not JSON. `type` is `urn:rollcall:problem:unsupported-media-type`. */
    UnsupportedMediaType: {
      headers: {
        'X-Request-Id': components['headers']['X-Request-Id'];
        'Cache-Control': components['headers']['Cache-Control'];
        Vary: components['headers']['Vary'];
        RateLimit: components['headers']['RateLimit'];
        'RateLimit-Policy': components['headers']['RateLimit-Policy'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description No index bounds the query, and it took too long; `detail` says what narrows it. `type` is `urn:rollcall:problem:query-too-broad`. */
    QueryTooBroad: {
      headers: {
        'X-Request-Id': components['headers']['X-Request-Id'];
        'Cache-Control': components['headers']['Cache-Control'];
        Vary: components['headers']['Vary'];
        RateLimit: components['headers']['RateLimit'];
        'RateLimit-Policy': components['headers']['RateLimit-Policy'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description Too many requests, or too soon for the platform; `Retry-After` says when. `type` is `urn:rollcall:problem:too-many-requests` or `urn:rollcall:problem:too-soon`. */
    TooManyRequests: {
      headers: {
        'X-Request-Id': components['headers']['X-Request-Id'];
        'Cache-Control': components['headers']['Cache-Control'];
        Vary: components['headers']['Vary'];
        RateLimit: components['headers']['RateLimit'];
        'RateLimit-Policy': components['headers']['RateLimit-Policy'];
        'Retry-After': components['headers']['Retry-After'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description The request line or the headers are too large. `type` is `urn:rollcall:problem:headers-too-large`. */
    HeadersTooLarge: {
      headers: {
        'X-Request-Id': components['headers']['X-Request-Id'];
        'Cache-Control': components['headers']['Cache-Control'];
        Vary: components['headers']['Vary'];
        RateLimit: components['headers']['RateLimit'];
        'RateLimit-Policy': components['headers']['RateLimit-Policy'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description A fault of Rollcall; it is logged under `requestId`. `type` is `urn:rollcall:problem:internal-error`. */
    InternalError: {
      headers: {
        'X-Request-Id': components['headers']['X-Request-Id'];
        'Cache-Control': components['headers']['Cache-Control'];
        Vary: components['headers']['Vary'];
        RateLimit: components['headers']['RateLimit'];
        'RateLimit-Policy': components['headers']['RateLimit-Policy'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description The platform refused or failed; `kind` says how. `type` is `urn:rollcall:problem:upstream-failed`. */
    UpstreamFailed: {
      headers: {
        'X-Request-Id': components['headers']['X-Request-Id'];
        'Cache-Control': components['headers']['Cache-Control'];
        Vary: components['headers']['Vary'];
        RateLimit: components['headers']['RateLimit'];
        'RateLimit-Policy': components['headers']['RateLimit-Policy'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description The database or the identity provider cannot be reached, or the process drains. `type` is `urn:rollcall:problem:identity-unavailable` or `urn:rollcall:problem:not-ready` or `urn:rollcall:problem:database-unavailable`. */
    Unavailable: {
      headers: {
        'X-Request-Id': components['headers']['X-Request-Id'];
        'Cache-Control': components['headers']['Cache-Control'];
        Vary: components['headers']['Vary'];
        RateLimit: components['headers']['RateLimit'];
        'RateLimit-Policy': components['headers']['RateLimit-Policy'];
        'Retry-After': components['headers']['Retry-After'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
    /** @description The platform did not answer in time. `type` is `urn:rollcall:problem:upstream-timeout`. */
    UpstreamTimeout: {
      headers: {
        'X-Request-Id': components['headers']['X-Request-Id'];
        'Cache-Control': components['headers']['Cache-Control'];
        Vary: components['headers']['Vary'];
        RateLimit: components['headers']['RateLimit'];
        'RateLimit-Policy': components['headers']['RateLimit-Policy'];
        [name: string]: unknown;
      };
      content: {
        'application/problem+json': components['schemas']['Problem'];
      };
    };
  };
  parameters: never;
  requestBodies: never;
  headers: {
    /** @description Names the request in the log; never what the client sent. */
    'X-Request-Id': string;
    /** @description What is left of the limit (draft-ietf-httpapi-ratelimit-headers): `"token";r=left;t=seconds`. Absent where nobody needs a token, or none was sent. */
    RateLimit: string;
    /** @description The limit itself: `"token";q=requests;w=seconds`. Absent where nobody needs a token, or none was sent. */
    'RateLimit-Policy': string;
    /** @description Weak: what moves only with time or with a quiet poll does not change it. */
    ETag: string;
    /** @description `no-store`, or `private, no-cache` where there is an ETag. */
    'Cache-Control': string;
    /** @description Request headers that the answer depends on. */
    Vary: string;
    /** @description RFC 8288: `next` and `prev` where they are, and `first`; relative targets. Of a long question only those that fit into 12 KiB. */
    Link: string;
    /** @description What a browser saves an export as; only of NDJSON and CSV. */
    'Content-Disposition': string;
    /** @description RFC 6750. */
    'WWW-Authenticate': string;
    /** @description Seconds to wait. */
    'Retry-After': number;
  };
  pathItems: never;
}
export type $defs = Record<string, never>;
export interface operations {
  live: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "status": "ok"
           *     }
           */
          'application/json': components['schemas']['Status'];
        };
      };
      400: components['responses']['BadRequest'];
      408: components['responses']['RequestTimeout'];
      414: components['responses']['UriTooLong'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
    };
  };
  ready: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "status": "ok"
           *     }
           */
          'application/json': components['schemas']['Status'];
        };
      };
      400: components['responses']['BadRequest'];
      408: components['responses']['RequestTimeout'];
      414: components['responses']['UriTooLong'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['Unavailable'];
    };
  };
  getMetrics: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example # HELP rollcall_build_info Always 1; the version is a label.
           *     # TYPE rollcall_build_info gauge
           *     rollcall_build_info{version="0.1.0"} 1
           *
           *     # HELP rollcall_source_info Always 1, for each source of the configuration; labels of the source are label_<name>.
           *     # TYPE rollcall_source_info gauge
           *     rollcall_source_info{source="charts",platform="vectorcharts"} 1
           *     rollcall_source_info{source="charts-oem",platform="vectorcharts"} 1
           *     rollcall_source_info{source="etl",platform="integrate-io"} 1
           *     rollcall_source_info{source="field",platform="workfloplus"} 1
           *     rollcall_source_info{source="store",platform="elastic-path"} 1
           *     rollcall_source_info{source="vault",platform="veeva-vault"} 1
           */
          'text/plain': components['schemas']['Metrics'];
          'application/openmetrics-text': components['schemas']['Metrics'];
        };
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['Forbidden'];
      408: components['responses']['RequestTimeout'];
      414: components['responses']['UriTooLong'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['Unavailable'];
    };
  };
  listJobs: {
    parameters: {
      query?: {
        /** @description Rollcall job ids. Any of several: repeated, or separated by commas (`\,` inside a value). */
        id?: string[];
        /** @description Source keys. Any of several: repeated, or separated by commas (`\,` inside a value). */
        source?: string[];
        /** @description Platforms. Any of several: repeated, or separated by commas (`\,` inside a value). */
        platform?: string[];
        /** @description What ran. Any of several: repeated, or separated by commas (`\,` inside a value). */
        type?: string[];
        /** @description Owners. Any of several: repeated, or separated by commas (`\,` inside a value). */
        owner?: string[];
        /** @description The platform's own ids. Any of several: repeated, or separated by commas (`\,` inside a value). */
        externalId?: string[];
        /** @description Reasons of a state. Any of several: repeated, or separated by commas (`\,` inside a value). */
        reason?: string[];
        /** @description The platform's own words, verbatim. Any of several: repeated, or separated by commas (`\,` inside a value). */
        rawStatus?: string[];
        /** @description Rollcall ids of parents. Any of several: repeated, or separated by commas (`\,` inside a value). */
        parentId?: string[];
        /** @description Only the newest job of each source and type by `createdAt` (ties: the greater id), chosen before all other filters but `source` and `platform`. */
        latest?: boolean;
        /** @description States, or the groups `active` (not terminal, `unknown` included) and `terminal`. Any of several: repeated, or separated by commas (`\,` inside a value). */
        state?: (
          | 'scheduled'
          | 'queued'
          | 'running'
          | 'paused'
          | 'stopping'
          | 'succeeded'
          | 'failed'
          | 'cancelled'
          | 'skipped'
          | 'missed'
          | 'unknown'
          | 'active'
          | 'terminal'
        )[];
        /** @description How sure we are of what is shown. Any of several: repeated, or separated by commas (`\,` inside a value). */
        freshness?: ('fresh' | 'stale' | 'vanished')[];
        /** @description Whether an expectation of `alerts` about single jobs (`duration`, `stuck`, `start`, `learned`) found the job overdue in its last evaluation. Left out: no condition. */
        overdue?: boolean;
        /** @description `key:value` of the source's labels. Repeated: all of them. */
        label?: string[];
        /** @description `key:value` of the attributes; scalars only, compared as text. Repeated: all of them. */
        attribute?: string[];
        /** @description Every word stands somewhere in name, type, external id or error message: as a substring, case-insensitive. */
        q?: string;
        /** @description Created at or after. ISO 8601 with zone, epoch milliseconds, or relative (`-15m`). A null time never matches. */
        createdSince?: string;
        /** @description Created before. ISO 8601 with zone, epoch milliseconds, or relative (`-15m`). A null time never matches. */
        createdUntil?: string;
        /** @description Started at or after. ISO 8601 with zone, epoch milliseconds, or relative (`-15m`). A null time never matches. */
        startedSince?: string;
        /** @description Started before. ISO 8601 with zone, epoch milliseconds, or relative (`-15m`). A null time never matches. */
        startedUntil?: string;
        /** @description Finished at or after. ISO 8601 with zone, epoch milliseconds, or relative (`-15m`). A null time never matches. */
        finishedSince?: string;
        /** @description Finished before. ISO 8601 with zone, epoch milliseconds, or relative (`-15m`). A null time never matches. */
        finishedUntil?: string;
        /** @description Last changed upstream at or after. ISO 8601 with zone, epoch milliseconds, or relative (`-15m`). A null time never matches. */
        updatedSince?: string;
        /** @description Last changed upstream before. ISO 8601 with zone, epoch milliseconds, or relative (`-15m`). A null time never matches. */
        updatedUntil?: string;
        /** @description Change recorded by Rollcall at or after. ISO 8601 with zone, epoch milliseconds, or relative (`-15m`). A null time never matches. */
        changedSince?: string;
        /** @description Change recorded by Rollcall before. ISO 8601 with zone, epoch milliseconds, or relative (`-15m`). A null time never matches. */
        changedUntil?: string;
        /** @description Ran at least so long; a running job counts up to now. */
        minDuration?: string;
        /** @description Ran at most so long; a running job counts up to now. */
        maxDuration?: string;
        /** @description Progress at least. */
        minProgress?: number;
        /** @description Progress at most. */
        maxProgress?: number;
        /** @description What flat parameters cannot say, in words of its own (docs/api.md, "Filter expressions"); together with them, both hold. */
        filter?: string;
        /** @description Rows of a page; of an export, rows at most. */
        limit?: number;
        /** @description A place in this list, from `page.next` or `page.prev`; opaque, and bound to the question it was given for. */
        cursor?: string;
        /** @description `-` is descending. Nulls are last in both directions; ties go by id in the direction of the sort. */
        sort?:
          | 'updatedAt'
          | '-updatedAt'
          | 'createdAt'
          | '-createdAt'
          | 'startedAt'
          | '-startedAt'
          | 'finishedAt'
          | '-finishedAt'
          | 'changedAt'
          | '-changedAt'
          | 'durationMs'
          | '-durationMs'
          | 'duration'
          | '-duration';
        /** @description Rows to leave out, for tools that can only offset; not with `cursor`. */
        offset?: number;
        /** @description Whether `page.total` is given. An exact count is bounded in time, and answers `estimated` past it. */
        count?: 'none' | 'exact' | 'estimated';
        /** @description Only these fields, in this order; `id` always. Any of several: repeated, or separated by commas (`\,` inside a value). */
        fields?: (
          | 'id'
          | 'source'
          | 'platform'
          | 'externalId'
          | 'type'
          | 'name'
          | 'state'
          | 'reason'
          | 'rawStatus'
          | 'terminal'
          | 'progress'
          | 'createdAt'
          | 'scheduledFor'
          | 'startedAt'
          | 'finishedAt'
          | 'updatedAt'
          | 'durationMs'
          | 'provenance'
          | 'error'
          | 'owner'
          | 'parentId'
          | 'labels'
          | 'attributes'
          | 'links'
          | 'actions'
          | 'freshness'
          | 'firstSeenAt'
          | 'lastSeenAt'
          | 'stateChangedAt'
          | 'changedAt'
          | 'version'
        )[];
      };
      header?: {
        /** @description The ETag of an answer that the client has: 304 when it is still true. */
        'If-None-Match'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          ETag: components['headers']['ETag'];
          Link: components['headers']['Link'];
          'Content-Disposition': components['headers']['Content-Disposition'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "data": [
           *         {
           *           "id": "30a0b9b9-765f-5a60-8bc7-dd536a6439cc",
           *           "source": "field",
           *           "platform": "workfloplus",
           *           "externalId": "040e67168bea93e40001oomq",
           *           "type": "Line Clearance",
           *           "name": "Line Clearance 9",
           *           "state": "running",
           *           "reason": null,
           *           "rawStatus": "Active",
           *           "terminal": false,
           *           "progress": null,
           *           "createdAt": "2026-11-23T09:44:10.965Z",
           *           "scheduledFor": null,
           *           "startedAt": "2026-11-23T09:44:10.965Z",
           *           "finishedAt": null,
           *           "updatedAt": "2026-11-23T09:44:26.310Z",
           *           "durationMs": 19651,
           *           "provenance": {
           *             "startedAt": "inferred"
           *           },
           *           "error": null,
           *           "owner": "api.user1@example.com",
           *           "parentId": null,
           *           "labels": {},
           *           "attributes": {
           *             "team": "apiteam",
           *             "userId": "3f2da09d3f2da09d3f2da09d",
           *             "excluded": false,
           *             "metadata": {
           *               "status": "Urgent",
           *               "updated": "last Tuesday"
           *             },
           *             "packetIds": null,
           *             "modifiedAt": "2026-11-23T09:44:26.000Z",
           *             "workflowId": "1dd1aea8-1765-4036-abfb-c8b60dab73c0",
           *             "clientJobId": "040e6716-7ced-4616-af61-b3fgf6d492d3",
           *             "currentStep": {
           *               "type": "Text",
           *               "title": "Step 2",
           *               "number": 2,
           *               "startedAt": "2026-11-23T09:44:26.310Z",
           *               "updatedAt": "2026-11-23T09:44:26.310Z"
           *             },
           *             "abandonReason": null,
           *             "scheduledJobId": null,
           *             "scheduledTaskId": null,
           *             "workflowVersionId": "bc099123-ae36-4a46-aaab-6e921bf17d7d",
           *             "completedStepCount": 1
           *           },
           *           "links": {},
           *           "actions": [
           *             "cancel"
           *           ],
           *           "freshness": "fresh",
           *           "firstSeenAt": "2026-11-23T09:44:29.215Z",
           *           "lastSeenAt": "2026-11-23T09:44:29.215Z",
           *           "stateChangedAt": "2026-11-23T09:44:10.965Z",
           *           "changedAt": "2026-11-23T09:44:29.215Z",
           *           "version": 1
           *         },
           *         {
           *           "id": "17ef1a96-b7b0-5545-a16d-1b628f0c2a81",
           *           "source": "vault",
           *           "platform": "veeva-vault",
           *           "externalId": "361005",
           *           "type": "Deploy Package",
           *           "name": "Deploy Package",
           *           "state": "running",
           *           "reason": null,
           *           "rawStatus": "RUNNING",
           *           "terminal": false,
           *           "progress": null,
           *           "createdAt": "2026-11-23T09:44:04.000Z",
           *           "scheduledFor": null,
           *           "startedAt": "2026-11-23T09:44:10.000Z",
           *           "finishedAt": null,
           *           "updatedAt": "2026-11-23T09:44:25.000Z",
           *           "durationMs": 20616,
           *           "provenance": {},
           *           "error": null,
           *           "owner": "44532",
           *           "parentId": null,
           *           "labels": {},
           *           "attributes": {
           *             "modifiedAt": "2026-11-23T09:44:25.000Z",
           *             "modifiedBy": 44532,
           *             "taskCounts": null
           *           },
           *           "links": {},
           *           "actions": [],
           *           "freshness": "fresh",
           *           "firstSeenAt": "2026-11-23T09:44:28.609Z",
           *           "lastSeenAt": "2026-11-23T09:44:29.593Z",
           *           "stateChangedAt": "2026-11-23T09:44:10.000Z",
           *           "changedAt": "2026-11-23T09:44:29.593Z",
           *           "version": 2
           *         }
           *       ],
           *       "page": {
           *         "limit": 2,
           *         "next": "WyJRTElaOWhLRndSYnI3X1JTIixbIjIwMjYtMTEtMjMgMDk6NDQ6MjUrMDAiLCIxN2VmMWE5Ni1iN2IwLTU1NDUtYTE2ZC0xYjYyOGYwYzJhODEiXSwwLDAsMTc5NTQyNzA3MDYxNl0.wEKtz3d7iFboqR4gk1REyg",
           *         "prev": null,
           *         "total": 19,
           *         "totalKind": "exact",
           *         "feed": "aiGNwwHva9RVQDaz9-yoNg"
           *       },
           *       "coverage": {
           *         "sources": 6,
           *         "healthy": 6,
           *         "completeThrough": "2026-11-23T09:43:28.992Z",
           *         "changedThrough": "2026-11-23T09:44:30.577Z",
           *         "degraded": []
           *       }
           *     }
           */
          'application/json': components['schemas']['JobPage'];
          /**
           * @example {"id":"e535d520-681e-56bd-b8c6-bfdfc08fb7d9","state":"cancelled","name":"Synchronize Portal Assets","durationMs":null}
           *     {"id":"a82afc14-af56-5425-9a21-61d002f07c74","state":"queued","name":"child-products","durationMs":null}
           */
          'application/x-ndjson': string;
          /**
           * @example id,state,name,durationMs
           *     e535d520-681e-56bd-b8c6-bfdfc08fb7d9,cancelled,Synchronize Portal Assets,
           *     a82afc14-af56-5425-9a21-61d002f07c74,queued,child-products,
           */
          'text/csv': string;
        };
      };
      /** @description What the ETag of `If-None-Match` names is still true. */
      304: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          ETag: components['headers']['ETag'];
          Link: components['headers']['Link'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['Forbidden'];
      406: components['responses']['NotAcceptable'];
      408: components['responses']['RequestTimeout'];
      414: components['responses']['UriTooLong'];
      422: components['responses']['QueryTooBroad'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['Unavailable'];
    };
  };
  getJob: {
    parameters: {
      query?: {
        /** @description `payload` adds the last upstream record of each shape, redacted. */
        include?: 'payload'[];
      };
      header?: {
        /** @description The ETag of an answer that the client has: 304 when it is still true. */
        'If-None-Match'?: string;
      };
      path: {
        /** @description The job's Rollcall id. */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          ETag: components['headers']['ETag'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "30a0b9b9-765f-5a60-8bc7-dd536a6439cc",
           *       "source": "field",
           *       "platform": "workfloplus",
           *       "externalId": "040e67168bea93e40001oomq",
           *       "type": "Line Clearance",
           *       "name": "Line Clearance 9",
           *       "state": "running",
           *       "reason": null,
           *       "rawStatus": "Active",
           *       "terminal": false,
           *       "progress": null,
           *       "createdAt": "2026-11-23T09:44:10.965Z",
           *       "scheduledFor": null,
           *       "startedAt": "2026-11-23T09:44:10.965Z",
           *       "finishedAt": null,
           *       "updatedAt": "2026-11-23T09:44:26.310Z",
           *       "durationMs": 19763,
           *       "provenance": {
           *         "startedAt": "inferred"
           *       },
           *       "error": null,
           *       "owner": "api.user1@example.com",
           *       "parentId": null,
           *       "labels": {},
           *       "attributes": {
           *         "team": "apiteam",
           *         "userId": "3f2da09d3f2da09d3f2da09d",
           *         "excluded": false,
           *         "metadata": {
           *           "status": "Urgent",
           *           "updated": "last Tuesday"
           *         },
           *         "packetIds": null,
           *         "modifiedAt": "2026-11-23T09:44:26.000Z",
           *         "workflowId": "1dd1aea8-1765-4036-abfb-c8b60dab73c0",
           *         "clientJobId": "040e6716-7ced-4616-af61-b3fgf6d492d3",
           *         "currentStep": {
           *           "type": "Text",
           *           "title": "Step 2",
           *           "number": 2,
           *           "startedAt": "2026-11-23T09:44:26.310Z",
           *           "updatedAt": "2026-11-23T09:44:26.310Z"
           *         },
           *         "abandonReason": null,
           *         "scheduledJobId": null,
           *         "scheduledTaskId": null,
           *         "workflowVersionId": "bc099123-ae36-4a46-aaab-6e921bf17d7d",
           *         "completedStepCount": 1
           *       },
           *       "links": {},
           *       "actions": [
           *         "cancel"
           *       ],
           *       "freshness": "fresh",
           *       "firstSeenAt": "2026-11-23T09:44:29.215Z",
           *       "lastSeenAt": "2026-11-23T09:44:29.215Z",
           *       "stateChangedAt": "2026-11-23T09:44:10.965Z",
           *       "changedAt": "2026-11-23T09:44:29.215Z",
           *       "version": 1
           *     }
           */
          'application/json': components['schemas']['Job'];
        };
      };
      /** @description What the ETag of `If-None-Match` names is still true. */
      304: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          ETag: components['headers']['ETag'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['Forbidden'];
      404: components['responses']['NotFound'];
      408: components['responses']['RequestTimeout'];
      414: components['responses']['UriTooLong'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['Unavailable'];
    };
  };
  listTransitions: {
    parameters: {
      query?: {
        /** @description Rows of a page. */
        limit?: number;
        /** @description A place in this list, from `page.next` or `page.prev`; opaque, and bound to the question it was given for. */
        cursor?: string;
      };
      header?: {
        /** @description The ETag of an answer that the client has: 304 when it is still true. */
        'If-None-Match'?: string;
      };
      path: {
        /** @description The job's Rollcall id. */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          ETag: components['headers']['ETag'];
          Link: components['headers']['Link'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "data": [
           *         {
           *           "sequence": 1,
           *           "from": null,
           *           "to": "queued",
           *           "reason": null,
           *           "rawStatus": "QUEUED",
           *           "occurredAt": "2026-11-23T09:44:04.000Z",
           *           "observedAt": "2026-11-23T09:44:28.536Z",
           *           "provenance": "inferred"
           *         },
           *         {
           *           "sequence": 2,
           *           "from": "queued",
           *           "to": "running",
           *           "reason": null,
           *           "rawStatus": "RUNNING",
           *           "occurredAt": "2026-11-23T09:44:10.000Z",
           *           "observedAt": "2026-11-23T09:44:29.521Z",
           *           "provenance": null
           *         }
           *       ],
           *       "page": {
           *         "limit": 2,
           *         "next": null,
           *         "prev": null,
           *         "total": null,
           *         "totalKind": "none"
           *       }
           *     }
           */
          'application/json': components['schemas']['TransitionPage'];
        };
      };
      /** @description What the ETag of `If-None-Match` names is still true. */
      304: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          ETag: components['headers']['ETag'];
          Link: components['headers']['Link'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['Forbidden'];
      404: components['responses']['NotFound'];
      408: components['responses']['RequestTimeout'];
      414: components['responses']['UriTooLong'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['Unavailable'];
    };
  };
  listTasks: {
    parameters: {
      query?: {
        /** @description Rows of a page. */
        limit?: number;
        /** @description A place in this list, from `page.next` or `page.prev`; opaque, and bound to the question it was given for. */
        cursor?: string;
      };
      header?: {
        /** @description The ETag of an answer that the client has: 304 when it is still true. */
        'If-None-Match'?: string;
      };
      path: {
        /** @description The job's Rollcall id. */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          ETag: components['headers']['ETag'];
          Link: components['headers']['Link'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "data": [
           *         {
           *           "externalId": "8ff3c8ca-4792-4786-a07c-0a698105882e",
           *           "name": "Step 1",
           *           "state": "succeeded",
           *           "rawStatus": null,
           *           "progress": null,
           *           "startedAt": "2026-11-23T09:44:10.965Z",
           *           "finishedAt": "2026-11-23T09:44:26.310Z",
           *           "attributes": {
           *             "type": "Text",
           *             "number": 1,
           *             "updatedAt": "2026-11-23T09:44:26.310Z"
           *           }
           *         },
           *         {
           *           "externalId": "2e2aeec0-f850-4ac5-abaf-6c2b36cc6ddf",
           *           "name": "Step 2",
           *           "state": "running",
           *           "rawStatus": null,
           *           "progress": null,
           *           "startedAt": "2026-11-23T09:44:26.310Z",
           *           "finishedAt": null,
           *           "attributes": {
           *             "type": "Text",
           *             "number": 2,
           *             "updatedAt": "2026-11-23T09:44:26.310Z"
           *           }
           *         }
           *       ],
           *       "page": {
           *         "limit": 2,
           *         "next": null,
           *         "prev": null,
           *         "total": null,
           *         "totalKind": "none"
           *       }
           *     }
           */
          'application/json': components['schemas']['TaskPage'];
        };
      };
      /** @description What the ETag of `If-None-Match` names is still true. */
      304: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          ETag: components['headers']['ETag'];
          Link: components['headers']['Link'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['Forbidden'];
      404: components['responses']['NotFound'];
      408: components['responses']['RequestTimeout'];
      414: components['responses']['UriTooLong'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['Unavailable'];
    };
  };
  explainJob: {
    parameters: {
      query?: never;
      header?: {
        /** @description The ETag of an answer that the client has: 304 when it is still true. */
        'If-None-Match'?: string;
      };
      path: {
        /** @description The job's Rollcall id. */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          ETag: components['headers']['ETag'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "30a0b9b9-765f-5a60-8bc7-dd536a6439cc",
           *       "source": "field",
           *       "platform": "workfloplus",
           *       "externalId": "040e67168bea93e40001oomq",
           *       "notes": [],
           *       "records": {
           *         "list": {
           *           "readAt": "2026-11-23T09:44:29.173Z",
           *           "poll": {
           *             "id": 9,
           *             "kind": "incremental",
           *             "beganAt": "2026-11-23T09:44:29.153Z"
           *           },
           *           "sameRules": true
           *         },
           *         "detail": null
           *       },
           *       "fields": {
           *         "id": {
           *           "value": "30a0b9b9-765f-5a60-8bc7-dd536a6439cc",
           *           "raw": null,
           *           "path": null,
           *           "shape": null,
           *           "rule": "UUIDv5 of the name <source>/<externalId>",
           *           "provenance": null,
           *           "poll": {
           *             "id": 9,
           *             "kind": "incremental",
           *             "beganAt": "2026-11-23T09:44:29.153Z"
           *           },
           *           "note": null
           *         },
           *         "source": {
           *           "value": "field",
           *           "raw": null,
           *           "path": null,
           *           "shape": null,
           *           "rule": "the source's key in the configuration",
           *           "provenance": null,
           *           "poll": {
           *             "id": 9,
           *             "kind": "incremental",
           *             "beganAt": "2026-11-23T09:44:29.153Z"
           *           },
           *           "note": null
           *         },
           *         "platform": {
           *           "value": "workfloplus",
           *           "raw": null,
           *           "path": null,
           *           "shape": null,
           *           "rule": "the source's platform in the configuration",
           *           "provenance": null,
           *           "poll": {
           *             "id": 9,
           *             "kind": "incremental",
           *             "beganAt": "2026-11-23T09:44:29.153Z"
           *           },
           *           "note": null
           *         },
           *         "externalId": {
           *           "value": "040e67168bea93e40001oomq",
           *           "raw": "040e67168bea93e40001oomq",
           *           "path": "jobId",
           *           "shape": "list",
           *           "rule": "as text",
           *           "provenance": null,
           *           "poll": {
           *             "id": 9,
           *             "kind": "incremental",
           *             "beganAt": "2026-11-23T09:44:29.153Z"
           *           },
           *           "note": null
           *         },
           *         "type": {
           *           "value": "Line Clearance",
           *           "raw": "Line Clearance",
           *           "path": "metadata.workflowName",
           *           "shape": "list",
           *           "rule": "as given",
           *           "provenance": null,
           *           "poll": {
           *             "id": 9,
           *             "kind": "incremental",
           *             "beganAt": "2026-11-23T09:44:29.153Z"
           *           },
           *           "note": null
           *         },
           *         "name": {
           *           "value": "Line Clearance 9",
           *           "raw": "Line Clearance 9",
           *           "path": "metadata.jobTitle",
           *           "shape": "list",
           *           "rule": "as given",
           *           "provenance": null,
           *           "poll": {
           *             "id": 9,
           *             "kind": "incremental",
           *             "beganAt": "2026-11-23T09:44:29.153Z"
           *           },
           *           "note": null
           *         },
           *         "state": {
           *           "value": "running",
           *           "raw": "Active",
           *           "path": "metadata.status",
           *           "shape": "list",
           *           "rule": "status map workfloplus-1: \"Active\" → running",
           *           "provenance": null,
           *           "poll": {
           *             "id": 9,
           *             "kind": "incremental",
           *             "beganAt": "2026-11-23T09:44:29.153Z"
           *           },
           *           "note": null
           *         },
           *         "reason": {
           *           "value": null,
           *           "raw": "Active",
           *           "path": "metadata.status",
           *           "shape": "list",
           *           "rule": "status map workfloplus-1: \"Active\" → none",
           *           "provenance": null,
           *           "poll": {
           *             "id": 9,
           *             "kind": "incremental",
           *             "beganAt": "2026-11-23T09:44:29.153Z"
           *           },
           *           "note": null
           *         },
           *         "rawStatus": {
           *           "value": "Active",
           *           "raw": "Active",
           *           "path": "metadata.status",
           *           "shape": "list",
           *           "rule": "as given",
           *           "provenance": null,
           *           "poll": {
           *             "id": 9,
           *             "kind": "incremental",
           *             "beganAt": "2026-11-23T09:44:29.153Z"
           *           },
           *           "note": null
           *         },
           *         "terminal": {
           *           "value": false,
           *           "raw": null,
           *           "path": null,
           *           "shape": null,
           *           "rule": "running is not a final state",
           *           "provenance": null,
           *           "poll": {
           *             "id": 9,
           *             "kind": "incremental",
           *             "beganAt": "2026-11-23T09:44:29.153Z"
           *           },
           *           "note": null
           *         },
           *         "progress": {
           *           "value": null,
           *           "raw": null,
           *           "path": null,
           *           "shape": null,
           *           "rule": "the platform gives none",
           *           "provenance": null,
           *           "poll": {
           *             "id": 9,
           *             "kind": "incremental",
           *             "beganAt": "2026-11-23T09:44:29.153Z"
           *           },
           *           "note": null
           *         },
           *         "createdAt": {
           *           "value": "2026-11-23T09:44:10.965Z",
           *           "raw": "2026-11-23T09:44:10.965Z",
           *           "path": "metadata.created",
           *           "shape": "list",
           *           "rule": "as given",
           *           "provenance": null,
           *           "poll": {
           *             "id": 9,
           *             "kind": "incremental",
           *             "beganAt": "2026-11-23T09:44:29.153Z"
           *           },
           *           "note": null
           *         },
           *         "scheduledFor": {
           *           "value": null,
           *           "raw": null,
           *           "path": null,
           *           "shape": null,
           *           "rule": "the platform gives none",
           *           "provenance": null,
           *           "poll": {
           *             "id": 9,
           *             "kind": "incremental",
           *             "beganAt": "2026-11-23T09:44:29.153Z"
           *           },
           *           "note": null
           *         },
           *         "startedAt": {
           *           "value": "2026-11-23T09:44:10.965Z",
           *           "raw": "2026-11-23T09:44:10.965Z",
           *           "path": "metadata.created",
           *           "shape": "list",
           *           "rule": "created, once the job has begun",
           *           "provenance": "inferred",
           *           "poll": {
           *             "id": 9,
           *             "kind": "incremental",
           *             "beganAt": "2026-11-23T09:44:29.153Z"
           *           },
           *           "note": null
           *         },
           *         "finishedAt": {
           *           "value": null,
           *           "raw": null,
           *           "path": null,
           *           "shape": null,
           *           "rule": "not finished",
           *           "provenance": null,
           *           "poll": {
           *             "id": 9,
           *             "kind": "incremental",
           *             "beganAt": "2026-11-23T09:44:29.153Z"
           *           },
           *           "note": null
           *         },
           *         "updatedAt": {
           *           "value": "2026-11-23T09:44:26.310Z",
           *           "raw": "2026-11-23T09:44:26.310Z",
           *           "path": "metadata.updated",
           *           "shape": "list",
           *           "rule": "the latest time of the job",
           *           "provenance": null,
           *           "poll": {
           *             "id": 9,
           *             "kind": "incremental",
           *             "beganAt": "2026-11-23T09:44:29.153Z"
           *           },
           *           "note": null
           *         },
           *         "durationMs": {
           *           "value": 19888,
           *           "raw": null,
           *           "path": null,
           *           "shape": null,
           *           "rule": "now − startedAt",
           *           "provenance": null,
           *           "poll": {
           *             "id": 9,
           *             "kind": "incremental",
           *             "beganAt": "2026-11-23T09:44:29.153Z"
           *           },
           *           "note": null
           *         },
           *         "provenance": {
           *           "value": {
           *             "startedAt": "inferred"
           *           },
           *           "raw": null,
           *           "path": null,
           *           "shape": null,
           *           "rule": "names every time that the platform does not plainly report",
           *           "provenance": null,
           *           "poll": {
           *             "id": 9,
           *             "kind": "incremental",
           *             "beganAt": "2026-11-23T09:44:29.153Z"
           *           },
           *           "note": null
           *         },
           *         "error": {
           *           "value": null,
           *           "raw": null,
           *           "path": null,
           *           "shape": null,
           *           "rule": "the platform knows no failure",
           *           "provenance": null,
           *           "poll": {
           *             "id": 9,
           *             "kind": "incremental",
           *             "beganAt": "2026-11-23T09:44:29.153Z"
           *           },
           *           "note": null
           *         },
           *         "owner": {
           *           "value": "api.user1@example.com",
           *           "raw": "api.user1@example.com",
           *           "path": "metadata.username",
           *           "shape": "list",
           *           "rule": "as given",
           *           "provenance": null,
           *           "poll": {
           *             "id": 9,
           *             "kind": "incremental",
           *             "beganAt": "2026-11-23T09:44:29.153Z"
           *           },
           *           "note": null
           *         },
           *         "parentId": {
           *           "value": null,
           *           "raw": null,
           *           "path": null,
           *           "shape": null,
           *           "rule": "the platform gives none",
           *           "provenance": null,
           *           "poll": {
           *             "id": 9,
           *             "kind": "incremental",
           *             "beganAt": "2026-11-23T09:44:29.153Z"
           *           },
           *           "note": null
           *         },
           *         "labels": {
           *           "value": {},
           *           "raw": null,
           *           "path": null,
           *           "shape": null,
           *           "rule": "the source's labels, joined when read",
           *           "provenance": null,
           *           "poll": null,
           *           "note": null
           *         },
           *         "attributes": {
           *           "value": {
           *             "team": "apiteam",
           *             "userId": "3f2da09d3f2da09d3f2da09d",
           *             "excluded": false,
           *             "metadata": {
           *               "status": "Urgent",
           *               "updated": "last Tuesday"
           *             },
           *             "packetIds": null,
           *             "modifiedAt": "2026-11-23T09:44:26.000Z",
           *             "workflowId": "1dd1aea8-1765-4036-abfb-c8b60dab73c0",
           *             "clientJobId": "040e6716-7ced-4616-af61-b3fgf6d492d3",
           *             "currentStep": {
           *               "type": "Text",
           *               "title": "Step 2",
           *               "number": 2,
           *               "startedAt": "2026-11-23T09:44:26.310Z",
           *               "updatedAt": "2026-11-23T09:44:26.310Z"
           *             },
           *             "abandonReason": null,
           *             "scheduledJobId": null,
           *             "scheduledTaskId": null,
           *             "workflowVersionId": "bc099123-ae36-4a46-aaab-6e921bf17d7d",
           *             "completedStepCount": 1
           *           },
           *           "raw": {
           *             "team": "apiteam",
           *             "userId": "3f2da09d3f2da09d3f2da09d",
           *             "excluded": false,
           *             "metadata": {
           *               "status": "Urgent",
           *               "updated": "last Tuesday"
           *             },
           *             "packetIds": null,
           *             "modifiedAt": "2026-11-23T09:44:26Z",
           *             "workflowId": "1dd1aea8-1765-4036-abfb-c8b60dab73c0",
           *             "clientJobId": "040e6716-7ced-4616-af61-b3fgf6d492d3",
           *             "currentStep": {
           *               "singleStep": {
           *                 "values": "[redacted]",
           *                 "valueResourceIds": "[redacted]",
           *                 "uniqueStepId": "2e2aeec0-f850-4ac5-abaf-6c2b36cc6ddf",
           *                 "previousUniqueStepId": "",
           *                 "userId": "3f2da09d3f2da09d3f2da09d",
           *                 "userName": "[redacted]",
           *                 "deviceId": "[redacted]",
           *                 "stepId": "adc45776-4e4c-4da5-a4f3-22be0b2a5d8a",
           *                 "stepNumber": 2,
           *                 "stepTitle": "Step 2",
           *                 "stepDescription": "",
           *                 "stepType": "Text",
           *                 "connectionType": null,
           *                 "started": "2026-11-23T09:44:26.310Z",
           *                 "completed": null,
           *                 "updated": "2026-11-23T09:44:26.310Z",
           *                 "cancelled": null,
           *                 "timeEvents": {
           *                   "2026-11-23T09:44:26.310Z": 0
           *                 },
           *                 "note": "[redacted]",
           *                 "noteResourceFilenames": "[redacted]",
           *                 "coordinates": "[redacted]",
           *                 "parentStepId": null,
           *                 "parentUniqueStepId": null,
           *                 "parentStepTitle": null,
           *                 "parentStepDescription": null,
           *                 "metadata": {
           *                   "tags": ""
           *                 }
           *               },
           *               "reportStep": "[redacted]"
           *             },
           *             "abandonReason": null,
           *             "scheduledJobId": null,
           *             "scheduledTaskId": null,
           *             "workflowVersionId": "bc099123-ae36-4a46-aaab-6e921bf17d7d",
           *             "completedStepCount": [
           *               {
           *                 "singleStep": {
           *                   "values": "[redacted]",
           *                   "valueResourceIds": "[redacted]",
           *                   "uniqueStepId": "8ff3c8ca-4792-4786-a07c-0a698105882e",
           *                   "previousUniqueStepId": "",
           *                   "userId": "3f2da09d3f2da09d3f2da09d",
           *                   "userName": "[redacted]",
           *                   "deviceId": "[redacted]",
           *                   "stepId": "0f8d8e8c-c50d-41a0-a012-332fb04dc459",
           *                   "stepNumber": 1,
           *                   "stepTitle": "Step 1",
           *                   "stepDescription": "",
           *                   "stepType": "Text",
           *                   "connectionType": null,
           *                   "started": "2026-11-23T09:44:10.965Z",
           *                   "completed": "2026-11-23T09:44:26.310Z",
           *                   "updated": "2026-11-23T09:44:26.310Z",
           *                   "cancelled": null,
           *                   "timeEvents": {
           *                     "2026-11-23T09:44:26.310Z": 0
           *                   },
           *                   "note": "[redacted]",
           *                   "noteResourceFilenames": "[redacted]",
           *                   "coordinates": "[redacted]",
           *                   "parentStepId": null,
           *                   "parentUniqueStepId": null,
           *                   "parentStepTitle": null,
           *                   "parentStepDescription": null,
           *                   "metadata": {
           *                     "tags": ""
           *                   }
           *                 },
           *                 "reportStep": "[redacted]"
           *               }
           *             ]
           *           },
           *           "path": {
           *             "team": "team",
           *             "userId": "metadata.userId",
           *             "excluded": "excluded",
           *             "metadata": "metadata.metadata",
           *             "packetIds": "packetIds",
           *             "modifiedAt": "metadata.modified",
           *             "workflowId": "metadata.workflowId",
           *             "clientJobId": "metadata.clientJobId",
           *             "currentStep": "metadata.currentStep",
           *             "abandonReason": "metadata.abandonReason",
           *             "scheduledJobId": "metadata.metadata.ScheduledJobId",
           *             "scheduledTaskId": "metadata.metadata.ScheduledTaskId",
           *             "workflowVersionId": "metadata.workflowVersionId",
           *             "completedStepCount": "completedSteps"
           *           },
           *           "shape": "list",
           *           "rule": "as given; times as ISO 8601, completed steps counted",
           *           "provenance": null,
           *           "poll": {
           *             "id": 9,
           *             "kind": "incremental",
           *             "beganAt": "2026-11-23T09:44:29.153Z"
           *           },
           *           "note": null
           *         },
           *         "links": {
           *           "value": {},
           *           "raw": null,
           *           "path": null,
           *           "shape": null,
           *           "rule": "the platform gives none",
           *           "provenance": null,
           *           "poll": {
           *             "id": 9,
           *             "kind": "incremental",
           *             "beganAt": "2026-11-23T09:44:29.153Z"
           *           },
           *           "note": null
           *         },
           *         "actions": {
           *           "value": [
           *             "cancel"
           *           ],
           *           "raw": [
           *             "Active",
           *             "040e6716-7ced-4616-af61-b3fgf6d492d3"
           *           ],
           *           "path": [
           *             "metadata.status",
           *             "metadata.clientJobId"
           *           ],
           *           "shape": "list",
           *           "rule": "an unfinished job with a client id can be aborted",
           *           "provenance": null,
           *           "poll": {
           *             "id": 9,
           *             "kind": "incremental",
           *             "beganAt": "2026-11-23T09:44:29.153Z"
           *           },
           *           "note": null
           *         },
           *         "freshness": {
           *           "value": "fresh",
           *           "raw": null,
           *           "path": null,
           *           "shape": null,
           *           "rule": "read again within the source's staleAfter",
           *           "provenance": null,
           *           "poll": null,
           *           "note": null
           *         },
           *         "firstSeenAt": {
           *           "value": "2026-11-23T09:44:29.215Z",
           *           "raw": null,
           *           "path": null,
           *           "shape": null,
           *           "rule": "when Rollcall first stored the job, by the database",
           *           "provenance": null,
           *           "poll": {
           *             "id": 9,
           *             "kind": "incremental",
           *             "beganAt": "2026-11-23T09:44:29.153Z"
           *           },
           *           "note": null
           *         },
           *         "lastSeenAt": {
           *           "value": "2026-11-23T09:44:29.215Z",
           *           "raw": null,
           *           "path": null,
           *           "shape": null,
           *           "rule": "its last write, or the last complete round that covers it",
           *           "provenance": null,
           *           "poll": null,
           *           "note": null
           *         },
           *         "stateChangedAt": {
           *           "value": "2026-11-23T09:44:10.965Z",
           *           "raw": null,
           *           "path": null,
           *           "shape": null,
           *           "rule": "startedAt: when the last change of state happened",
           *           "provenance": "inferred",
           *           "poll": {
           *             "id": 9,
           *             "kind": "incremental",
           *             "beganAt": "2026-11-23T09:44:29.153Z"
           *           },
           *           "note": null
           *         },
           *         "changedAt": {
           *           "value": "2026-11-23T09:44:29.215Z",
           *           "raw": null,
           *           "path": null,
           *           "shape": null,
           *           "rule": "when Rollcall recorded the last change, by the database",
           *           "provenance": null,
           *           "poll": {
           *             "id": 9,
           *             "kind": "incremental",
           *             "beganAt": "2026-11-23T09:44:29.153Z"
           *           },
           *           "note": null
           *         },
           *         "version": {
           *           "value": 1,
           *           "raw": null,
           *           "path": null,
           *           "shape": null,
           *           "rule": "counts changes from 1",
           *           "provenance": null,
           *           "poll": {
           *             "id": 9,
           *             "kind": "incremental",
           *             "beganAt": "2026-11-23T09:44:29.153Z"
           *           },
           *           "note": null
           *         }
           *       }
           *     }
           */
          'application/json': components['schemas']['JobExplanation'];
        };
      };
      /** @description What the ETag of `If-None-Match` names is still true. */
      304: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          ETag: components['headers']['ETag'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['Forbidden'];
      404: components['responses']['NotFound'];
      408: components['responses']['RequestTimeout'];
      414: components['responses']['UriTooLong'];
      422: components['responses']['QueryTooBroad'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['Unavailable'];
    };
  };
  refreshJob: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description The job's Rollcall id. */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: {
      content: {
        'application/json': components['schemas']['NoBody'];
      };
    };
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "2c301c11-c2d9-5eba-bfd8-3f5b1c0ef02e",
           *       "source": "etl",
           *       "platform": "integrate-io",
           *       "externalId": "4100011",
           *       "type": "projected_results",
           *       "name": "projected_results",
           *       "state": "queued",
           *       "reason": "requested",
           *       "rawStatus": "idle",
           *       "terminal": false,
           *       "progress": 0,
           *       "createdAt": "2026-11-23T09:44:21.000Z",
           *       "scheduledFor": null,
           *       "startedAt": null,
           *       "finishedAt": null,
           *       "updatedAt": "2026-11-23T09:44:21.000Z",
           *       "durationMs": null,
           *       "provenance": {},
           *       "error": null,
           *       "owner": "9",
           *       "parentId": null,
           *       "labels": {},
           *       "attributes": {
           *         "attempt": 1,
           *         "outputs": [
           *           {
           *             "id": 41000110,
           *             "name": "output_1",
           *             "recordsCount": 436000,
           *             "componentName": "destination1",
           *             "componentType": "amazon_redshift_destination"
           *           },
           *           {
           *             "id": 41000111,
           *             "name": "output_2",
           *             "recordsCount": 436001,
           *             "componentName": "destination2",
           *             "componentType": "amazon_redshift_destination"
           *           },
           *           {
           *             "id": 41000112,
           *             "name": "output_3",
           *             "recordsCount": 436002,
           *             "componentName": "destination3",
           *             "componentType": "amazon_redshift_destination"
           *           }
           *         ],
           *         "ownerId": 9,
           *         "clusterId": 53,
           *         "creatorId": null,
           *         "packageId": 436,
           *         "clusterName": "cluster 53",
           *         "creatorType": null,
           *         "outputsCount": 3,
           *         "recordsCount": 1308003,
           *         "variableNames": [
           *           "InputPath",
           *           "TargetPassword"
           *         ],
           *         "runtimeSeconds": 0
           *       },
           *       "links": {},
           *       "actions": [
           *         "cancel"
           *       ],
           *       "freshness": "fresh",
           *       "firstSeenAt": "2026-11-23T09:44:29.408Z",
           *       "lastSeenAt": "2026-11-23T09:44:31.060Z",
           *       "stateChangedAt": "2026-11-23T09:44:21.000Z",
           *       "changedAt": "2026-11-23T09:44:29.408Z",
           *       "version": 1
           *     }
           */
          'application/json': components['schemas']['Job'];
        };
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['Forbidden'];
      404: components['responses']['NotFound'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict'];
      413: components['responses']['ContentTooLarge'];
      414: components['responses']['UriTooLong'];
      415: components['responses']['UnsupportedMediaType'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      502: components['responses']['UpstreamFailed'];
      503: components['responses']['Unavailable'];
      504: components['responses']['UpstreamTimeout'];
    };
  };
  actOnJob: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description The job's Rollcall id. */
        id: string;
        /** @description What to do. */
        action: 'cancel' | 'start';
      };
      cookie?: never;
    };
    requestBody?: {
      content: {
        'application/json': components['schemas']['NoBody'];
      };
    };
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "e3cad1eb-db79-5973-88f2-dbbf1c4642c3",
           *       "source": "etl",
           *       "platform": "integrate-io",
           *       "externalId": "4100012",
           *       "type": "orders to warehouse",
           *       "name": "orders to warehouse",
           *       "state": "stopping",
           *       "reason": "stop_requested",
           *       "rawStatus": "pending_stoppage",
           *       "terminal": false,
           *       "progress": 0,
           *       "createdAt": "2026-11-23T09:44:24.000Z",
           *       "scheduledFor": null,
           *       "startedAt": null,
           *       "finishedAt": null,
           *       "updatedAt": "2026-11-23T09:44:24.000Z",
           *       "durationMs": null,
           *       "provenance": {},
           *       "error": null,
           *       "owner": "Cy Okafor",
           *       "parentId": null,
           *       "labels": {},
           *       "attributes": {
           *         "attempt": 0,
           *         "outputs": [
           *           {
           *             "id": 41000120,
           *             "name": "output_1",
           *             "recordsCount": 430000,
           *             "componentName": "destination1",
           *             "componentType": "amazon_redshift_destination"
           *           },
           *           {
           *             "id": 41000121,
           *             "name": "output_2",
           *             "recordsCount": 430001,
           *             "componentName": "destination2",
           *             "componentType": "amazon_redshift_destination"
           *           }
           *         ],
           *         "ownerId": 2,
           *         "clusterId": 51,
           *         "creatorId": 7,
           *         "packageId": 430,
           *         "clusterName": "cluster 51",
           *         "creatorType": "User",
           *         "outputsCount": 2,
           *         "recordsCount": 860001,
           *         "variableNames": [
           *           "InputPath",
           *           "TargetPassword"
           *         ],
           *         "runtimeSeconds": 0
           *       },
           *       "links": {},
           *       "actions": [],
           *       "freshness": "fresh",
           *       "firstSeenAt": "2026-11-23T09:44:29.408Z",
           *       "lastSeenAt": "2026-11-23T09:44:31.220Z",
           *       "stateChangedAt": "2026-11-23T09:44:24.000Z",
           *       "changedAt": "2026-11-23T09:44:31.220Z",
           *       "version": 2
           *     }
           */
          'application/json': components['schemas']['Job'];
        };
      };
      /** @description The platform took it; its outcome could not be read back yet, and comes with the next poll */
      202: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "e3cad1eb-db79-5973-88f2-dbbf1c4642c3",
           *       "source": "etl",
           *       "platform": "integrate-io",
           *       "externalId": "4100012",
           *       "type": "orders to warehouse",
           *       "name": "orders to warehouse",
           *       "state": "stopping",
           *       "reason": "stop_requested",
           *       "rawStatus": "pending_stoppage",
           *       "terminal": false,
           *       "progress": 0,
           *       "createdAt": "2026-11-23T09:44:24.000Z",
           *       "scheduledFor": null,
           *       "startedAt": null,
           *       "finishedAt": null,
           *       "updatedAt": "2026-11-23T09:44:24.000Z",
           *       "durationMs": null,
           *       "provenance": {},
           *       "error": null,
           *       "owner": "Cy Okafor",
           *       "parentId": null,
           *       "labels": {},
           *       "attributes": {
           *         "attempt": 0,
           *         "outputs": [
           *           {
           *             "id": 41000120,
           *             "name": "output_1",
           *             "recordsCount": 430000,
           *             "componentName": "destination1",
           *             "componentType": "amazon_redshift_destination"
           *           },
           *           {
           *             "id": 41000121,
           *             "name": "output_2",
           *             "recordsCount": 430001,
           *             "componentName": "destination2",
           *             "componentType": "amazon_redshift_destination"
           *           }
           *         ],
           *         "ownerId": 2,
           *         "clusterId": 51,
           *         "creatorId": 7,
           *         "packageId": 430,
           *         "clusterName": "cluster 51",
           *         "creatorType": "User",
           *         "outputsCount": 2,
           *         "recordsCount": 860001,
           *         "variableNames": [
           *           "InputPath",
           *           "TargetPassword"
           *         ],
           *         "runtimeSeconds": 0
           *       },
           *       "links": {},
           *       "actions": [],
           *       "freshness": "fresh",
           *       "firstSeenAt": "2026-11-23T09:44:29.408Z",
           *       "lastSeenAt": "2026-11-23T09:44:31.220Z",
           *       "stateChangedAt": "2026-11-23T09:44:24.000Z",
           *       "changedAt": "2026-11-23T09:44:31.220Z",
           *       "version": 2
           *     }
           */
          'application/json': components['schemas']['Job'];
        };
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['Forbidden'];
      404: components['responses']['NotFound'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict'];
      413: components['responses']['ContentTooLarge'];
      414: components['responses']['UriTooLong'];
      415: components['responses']['UnsupportedMediaType'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      502: components['responses']['UpstreamFailed'];
      503: components['responses']['Unavailable'];
      504: components['responses']['UpstreamTimeout'];
    };
  };
  summarizeJobs: {
    parameters: {
      query?: {
        /** @description Rollcall job ids. Any of several: repeated, or separated by commas (`\,` inside a value). */
        id?: string[];
        /** @description Source keys. Any of several: repeated, or separated by commas (`\,` inside a value). */
        source?: string[];
        /** @description Platforms. Any of several: repeated, or separated by commas (`\,` inside a value). */
        platform?: string[];
        /** @description What ran. Any of several: repeated, or separated by commas (`\,` inside a value). */
        type?: string[];
        /** @description Owners. Any of several: repeated, or separated by commas (`\,` inside a value). */
        owner?: string[];
        /** @description The platform's own ids. Any of several: repeated, or separated by commas (`\,` inside a value). */
        externalId?: string[];
        /** @description Reasons of a state. Any of several: repeated, or separated by commas (`\,` inside a value). */
        reason?: string[];
        /** @description The platform's own words, verbatim. Any of several: repeated, or separated by commas (`\,` inside a value). */
        rawStatus?: string[];
        /** @description Rollcall ids of parents. Any of several: repeated, or separated by commas (`\,` inside a value). */
        parentId?: string[];
        /** @description Only the newest job of each source and type by `createdAt` (ties: the greater id), chosen before all other filters but `source` and `platform`. */
        latest?: boolean;
        /** @description States, or the groups `active` (not terminal, `unknown` included) and `terminal`. Any of several: repeated, or separated by commas (`\,` inside a value). */
        state?: (
          | 'scheduled'
          | 'queued'
          | 'running'
          | 'paused'
          | 'stopping'
          | 'succeeded'
          | 'failed'
          | 'cancelled'
          | 'skipped'
          | 'missed'
          | 'unknown'
          | 'active'
          | 'terminal'
        )[];
        /** @description How sure we are of what is shown. Any of several: repeated, or separated by commas (`\,` inside a value). */
        freshness?: ('fresh' | 'stale' | 'vanished')[];
        /** @description Whether an expectation of `alerts` about single jobs (`duration`, `stuck`, `start`, `learned`) found the job overdue in its last evaluation. Left out: no condition. */
        overdue?: boolean;
        /** @description `key:value` of the source's labels. Repeated: all of them. */
        label?: string[];
        /** @description `key:value` of the attributes; scalars only, compared as text. Repeated: all of them. */
        attribute?: string[];
        /** @description Every word stands somewhere in name, type, external id or error message: as a substring, case-insensitive. */
        q?: string;
        /** @description Created at or after. ISO 8601 with zone, epoch milliseconds, or relative (`-15m`). A null time never matches. */
        createdSince?: string;
        /** @description Created before. ISO 8601 with zone, epoch milliseconds, or relative (`-15m`). A null time never matches. */
        createdUntil?: string;
        /** @description Started at or after. ISO 8601 with zone, epoch milliseconds, or relative (`-15m`). A null time never matches. */
        startedSince?: string;
        /** @description Started before. ISO 8601 with zone, epoch milliseconds, or relative (`-15m`). A null time never matches. */
        startedUntil?: string;
        /** @description Finished at or after. ISO 8601 with zone, epoch milliseconds, or relative (`-15m`). A null time never matches. */
        finishedSince?: string;
        /** @description Finished before. ISO 8601 with zone, epoch milliseconds, or relative (`-15m`). A null time never matches. */
        finishedUntil?: string;
        /** @description Last changed upstream at or after. ISO 8601 with zone, epoch milliseconds, or relative (`-15m`). A null time never matches. */
        updatedSince?: string;
        /** @description Last changed upstream before. ISO 8601 with zone, epoch milliseconds, or relative (`-15m`). A null time never matches. */
        updatedUntil?: string;
        /** @description Change recorded by Rollcall at or after. ISO 8601 with zone, epoch milliseconds, or relative (`-15m`). A null time never matches. */
        changedSince?: string;
        /** @description Change recorded by Rollcall before. ISO 8601 with zone, epoch milliseconds, or relative (`-15m`). A null time never matches. */
        changedUntil?: string;
        /** @description Ran at least so long; a running job counts up to now. */
        minDuration?: string;
        /** @description Ran at most so long; a running job counts up to now. */
        maxDuration?: string;
        /** @description Progress at least. */
        minProgress?: number;
        /** @description Progress at most. */
        maxProgress?: number;
        /** @description What flat parameters cannot say, in words of its own (docs/api.md, "Filter expressions"); together with them, both hold. */
        filter?: string;
        /** @description What is counted apart, in this order; `state` when it is left out. Any of several: repeated, or separated by commas (`\,` inside a value). */
        groupBy?: ('source' | 'state' | 'type' | 'platform')[];
        /** @description Counts by spans of this length, aligned to 1970-01-01T00:00:00Z; null for jobs that lack the time. At most 1,000 rows are answered. */
        bucket?: string;
        /** @description The time that decides the bucket. */
        bucketBy?: 'createdAt' | 'startedAt' | 'finishedAt';
        /** @description `duration`: `durationMs` of each row, over its jobs that have one; a running job counts up to now. */
        stats?: 'duration'[];
      };
      header?: {
        /** @description The ETag of an answer that the client has: 304 when it is still true. */
        'If-None-Match'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          ETag: components['headers']['ETag'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "data": [
           *         {
           *           "source": "charts",
           *           "state": "failed",
           *           "count": 2,
           *           "durationMs": {
           *             "p50": null,
           *             "p95": null,
           *             "max": null
           *           }
           *         },
           *         {
           *           "source": "charts",
           *           "state": "queued",
           *           "count": 7,
           *           "durationMs": {
           *             "p50": null,
           *             "p95": null,
           *             "max": null
           *           }
           *         },
           *         {
           *           "source": "charts",
           *           "state": "running",
           *           "count": 1,
           *           "durationMs": {
           *             "p50": null,
           *             "p95": null,
           *             "max": null
           *           }
           *         },
           *         {
           *           "source": "charts",
           *           "state": "succeeded",
           *           "count": 4,
           *           "durationMs": {
           *             "p50": null,
           *             "p95": null,
           *             "max": null
           *           }
           *         }
           *       ],
           *       "total": 14,
           *       "coverage": {
           *         "sources": 1,
           *         "healthy": 1,
           *         "completeThrough": "2026-11-23T09:44:28.822Z",
           *         "changedThrough": "2026-11-23T09:44:30.985Z",
           *         "degraded": []
           *       }
           *     }
           */
          'application/json': components['schemas']['JobSummary'];
        };
      };
      /** @description What the ETag of `If-None-Match` names is still true. */
      304: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          ETag: components['headers']['ETag'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['Forbidden'];
      408: components['responses']['RequestTimeout'];
      414: components['responses']['UriTooLong'];
      422: components['responses']['QueryTooBroad'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['Unavailable'];
    };
  };
  listSources: {
    parameters: {
      query?: {
        /** @description Rows of a page. */
        limit?: number;
        /** @description A place in this list, from `page.next` or `page.prev`; opaque, and bound to the question it was given for. */
        cursor?: string;
      };
      header?: {
        /** @description The ETag of an answer that the client has: 304 when it is still true. */
        'If-None-Match'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          ETag: components['headers']['ETag'];
          Link: components['headers']['Link'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "data": [
           *         {
           *           "key": "charts",
           *           "platform": "vectorcharts",
           *           "label": "charts",
           *           "labels": {},
           *           "enabled": true,
           *           "health": "healthy",
           *           "reason": null,
           *           "since": "2026-11-23T09:44:27.929Z",
           *           "lastPollAt": "2026-11-23T09:44:28.947Z",
           *           "lastSuccessAt": "2026-11-23T09:44:28.947Z",
           *           "nextPollAt": "2026-11-23T09:45:28.813Z",
           *           "consecutiveFailures": 0,
           *           "lastError": null,
           *           "completeThrough": "2026-11-23T09:44:27.000Z",
           *           "lagMs": 2472,
           *           "requestsLastHour": 2,
           *           "jobs": {
           *             "scheduled": 0,
           *             "queued": 7,
           *             "running": 1,
           *             "paused": 0,
           *             "stopping": 0,
           *             "succeeded": 4,
           *             "failed": 2,
           *             "cancelled": 0,
           *             "skipped": 0,
           *             "missed": 0,
           *             "unknown": 0
           *           },
           *           "rejects": 0,
           *           "skippedOld": 0,
           *           "clockSkewMs": -1822,
           *           "upstreamTotal": null,
           *           "unmappedStatuses": [],
           *           "maxRequestsPerHour": 100000,
           *           "actions": [
           *             "poll",
           *             "preview",
           *             "pause"
           *           ]
           *         }
           *       ],
           *       "page": {
           *         "limit": 1,
           *         "next": "WyIwT1ZHOUlpRlFVVXVjNHBOIixbImNoYXJ0cyJdLDAsMCwxNzk1NDI3MDcxMjY4XQ.7WlS8yBgPP46kacFTqyfeA",
           *         "prev": null,
           *         "total": null,
           *         "totalKind": "none"
           *       }
           *     }
           */
          'application/json': components['schemas']['SourcePage'];
        };
      };
      /** @description What the ETag of `If-None-Match` names is still true. */
      304: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          ETag: components['headers']['ETag'];
          Link: components['headers']['Link'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['Forbidden'];
      408: components['responses']['RequestTimeout'];
      414: components['responses']['UriTooLong'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['Unavailable'];
    };
  };
  getSource: {
    parameters: {
      query?: never;
      header?: {
        /** @description The ETag of an answer that the client has: 304 when it is still true. */
        'If-None-Match'?: string;
      };
      path: {
        /** @description The source's key in the configuration. */
        key: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          ETag: components['headers']['ETag'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "key": "vault",
           *       "platform": "veeva-vault",
           *       "label": "vault",
           *       "labels": {},
           *       "enabled": true,
           *       "health": "healthy",
           *       "reason": null,
           *       "since": "2026-11-23T09:44:28.654Z",
           *       "lastPollAt": "2026-11-23T09:44:29.749Z",
           *       "lastSuccessAt": "2026-11-23T09:44:29.749Z",
           *       "nextPollAt": "2026-11-23T09:45:29.512Z",
           *       "consecutiveFailures": 0,
           *       "lastError": null,
           *       "completeThrough": "2026-11-23T09:44:27.000Z",
           *       "lagMs": 1792,
           *       "requestsLastHour": 6,
           *       "jobs": {
           *         "scheduled": 4,
           *         "queued": 1,
           *         "running": 3,
           *         "paused": 0,
           *         "stopping": 0,
           *         "succeeded": 2,
           *         "failed": 1,
           *         "cancelled": 1,
           *         "skipped": 0,
           *         "missed": 0,
           *         "unknown": 0
           *       },
           *       "rejects": 0,
           *       "skippedOld": 0,
           *       "clockSkewMs": -2515,
           *       "upstreamTotal": {
           *         "value": 6,
           *         "at": "2026-11-23T09:44:28.654Z"
           *       },
           *       "unmappedStatuses": [],
           *       "maxRequestsPerHour": 100000,
           *       "actions": [
           *         "poll",
           *         "preview",
           *         "pause"
           *       ]
           *     }
           */
          'application/json': components['schemas']['Source'];
        };
      };
      /** @description What the ETag of `If-None-Match` names is still true. */
      304: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          ETag: components['headers']['ETag'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['Forbidden'];
      404: components['responses']['NotFound'];
      408: components['responses']['RequestTimeout'];
      414: components['responses']['UriTooLong'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['Unavailable'];
    };
  };
  listPolls: {
    parameters: {
      query?: {
        /** @description Rows of a page. */
        limit?: number;
        /** @description A place in this list, from `page.next` or `page.prev`; opaque, and bound to the question it was given for. */
        cursor?: string;
      };
      header?: {
        /** @description The ETag of an answer that the client has: 304 when it is still true. */
        'If-None-Match'?: string;
      };
      path: {
        /** @description The source's key in the configuration. */
        key: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          ETag: components['headers']['ETag'];
          Link: components['headers']['Link'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "data": [
           *         {
           *           "id": 11,
           *           "kind": "incremental",
           *           "beganAt": "2026-11-23T09:44:29.512Z",
           *           "endedAt": "2026-11-23T09:44:29.750Z",
           *           "result": "ok",
           *           "error": null,
           *           "requests": 3,
           *           "records": 11,
           *           "discovered": 6,
           *           "changed": 1,
           *           "rejected": 0
           *         }
           *       ],
           *       "page": {
           *         "limit": 1,
           *         "next": "WyIySGY2WUw1OGI2aG1qYkd2IixbMTFdLDAsMCwxNzk1NDI3MDcxMzE3XQ.eRRDN3R9PaiB4kxWdiEmYw",
           *         "prev": null,
           *         "total": null,
           *         "totalKind": "none"
           *       }
           *     }
           */
          'application/json': components['schemas']['PollReportPage'];
        };
      };
      /** @description What the ETag of `If-None-Match` names is still true. */
      304: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          ETag: components['headers']['ETag'];
          Link: components['headers']['Link'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['Forbidden'];
      404: components['responses']['NotFound'];
      408: components['responses']['RequestTimeout'];
      414: components['responses']['UriTooLong'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['Unavailable'];
    };
  };
  pollSource: {
    parameters: {
      query?: {
        /** @description Read the whole collection. */
        sweep?: boolean;
      };
      header?: never;
      path: {
        /** @description The source's key in the configuration. */
        key: string;
      };
      cookie?: never;
    };
    requestBody?: {
      content: {
        'application/json': components['schemas']['NoBody'];
      };
    };
    responses: {
      /** @description The answer. */
      202: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "source": "store",
           *       "poll": "sweep"
           *     }
           */
          'application/json': components['schemas']['PollRequested'];
        };
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['Forbidden'];
      404: components['responses']['NotFound'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict'];
      413: components['responses']['ContentTooLarge'];
      414: components['responses']['UriTooLong'];
      415: components['responses']['UnsupportedMediaType'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['Unavailable'];
    };
  };
  previewSource: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description The source's key in the configuration. */
        key: string;
      };
      cookie?: never;
    };
    requestBody?: {
      content: {
        'application/json': components['schemas']['NoBody'];
      };
    };
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "source": "charts",
           *       "platform": "vectorcharts",
           *       "readAt": "2026-11-23T09:44:31.349Z",
           *       "requests": [
           *         {
           *           "method": "GET",
           *           "path": "/api/v1/jobs",
           *           "query": [],
           *           "status": 200,
           *           "ms": 10
           *         }
           *       ],
           *       "pages": [
           *         {
           *           "list": null,
           *           "records": 14
           *         }
           *       ],
           *       "records": 14,
           *       "jobs": [
           *         {
           *           "record": {
           *             "id": "a575ea6e-05fa-47f5-a9ed-0346a8b742f1",
           *             "job_type": "index-custom-encs",
           *             "job_state": "pending",
           *             "parameters": null,
           *             "percent_complete": 0,
           *             "created_at": 1795427065510,
           *             "updated_at": 1795427065510
           *           },
           *           "job": {
           *             "id": "1d7a0f93-1310-501c-bcae-d06f000ad1ff",
           *             "source": "charts",
           *             "platform": "vectorcharts",
           *             "externalId": "a575ea6e-05fa-47f5-a9ed-0346a8b742f1",
           *             "type": "index-custom-encs",
           *             "name": "index-custom-encs",
           *             "state": "queued",
           *             "reason": null,
           *             "rawStatus": "pending",
           *             "terminal": false,
           *             "progress": 0,
           *             "createdAt": "2026-11-23T09:44:25.510Z",
           *             "scheduledFor": null,
           *             "startedAt": null,
           *             "finishedAt": null,
           *             "updatedAt": "2026-11-23T09:44:25.510Z",
           *             "provenance": {},
           *             "error": null,
           *             "owner": null,
           *             "parentId": null,
           *             "attributes": {
           *               "parameters": null
           *             },
           *             "links": {},
           *             "actions": []
           *           },
           *           "fields": {
           *             "externalId": {
           *               "value": "a575ea6e-05fa-47f5-a9ed-0346a8b742f1",
           *               "raw": "a575ea6e-05fa-47f5-a9ed-0346a8b742f1",
           *               "path": "id",
           *               "rule": "as text",
           *               "provenance": null,
           *               "note": null
           *             },
           *             "type": {
           *               "value": "index-custom-encs",
           *               "raw": "index-custom-encs",
           *               "path": "job_type",
           *               "rule": "as given",
           *               "provenance": null,
           *               "note": null
           *             },
           *             "name": {
           *               "value": "index-custom-encs",
           *               "raw": "index-custom-encs",
           *               "path": "job_type",
           *               "rule": "the type: the platform has no title",
           *               "provenance": null,
           *               "note": null
           *             },
           *             "state": {
           *               "value": "queued",
           *               "raw": "pending",
           *               "path": "job_state",
           *               "rule": "status map vectorcharts-1: \"pending\" → queued",
           *               "provenance": null,
           *               "note": null
           *             },
           *             "reason": {
           *               "value": null,
           *               "raw": "pending",
           *               "path": "job_state",
           *               "rule": "status map vectorcharts-1: \"pending\" → none",
           *               "provenance": null,
           *               "note": null
           *             },
           *             "rawStatus": {
           *               "value": "pending",
           *               "raw": "pending",
           *               "path": "job_state",
           *               "rule": "as given",
           *               "provenance": null,
           *               "note": null
           *             },
           *             "progress": {
           *               "value": 0,
           *               "raw": 0,
           *               "path": "percent_complete",
           *               "rule": "progress 0–100 → 0–1",
           *               "provenance": null,
           *               "note": null
           *             },
           *             "createdAt": {
           *               "value": "2026-11-23T09:44:25.510Z",
           *               "raw": 1795427065510,
           *               "path": "created_at",
           *               "rule": "as given",
           *               "provenance": null,
           *               "note": null
           *             },
           *             "scheduledFor": {
           *               "value": null,
           *               "raw": null,
           *               "path": null,
           *               "rule": "the platform gives none",
           *               "provenance": null,
           *               "note": null
           *             },
           *             "startedAt": {
           *               "value": null,
           *               "raw": null,
           *               "path": null,
           *               "rule": "the platform gives none",
           *               "provenance": null,
           *               "note": null
           *             },
           *             "finishedAt": {
           *               "value": null,
           *               "raw": null,
           *               "path": null,
           *               "rule": "not finished",
           *               "provenance": null,
           *               "note": null
           *             },
           *             "updatedAt": {
           *               "value": "2026-11-23T09:44:25.510Z",
           *               "raw": 1795427065510,
           *               "path": "updated_at",
           *               "rule": "the latest time of the job",
           *               "provenance": null,
           *               "note": null
           *             },
           *             "error": {
           *               "value": null,
           *               "raw": null,
           *               "path": null,
           *               "rule": "none: the job has not failed",
           *               "provenance": null,
           *               "note": null
           *             },
           *             "owner": {
           *               "value": null,
           *               "raw": null,
           *               "path": null,
           *               "rule": "the platform gives none",
           *               "provenance": null,
           *               "note": null
           *             },
           *             "parentId": {
           *               "value": null,
           *               "raw": null,
           *               "path": null,
           *               "rule": "the platform gives none",
           *               "provenance": null,
           *               "note": null
           *             },
           *             "attributes": {
           *               "value": {
           *                 "parameters": null
           *               },
           *               "raw": {
           *                 "parameters": null
           *               },
           *               "path": {
           *                 "parameters": "parameters"
           *               },
           *               "rule": "as given",
           *               "provenance": null,
           *               "note": null
           *             },
           *             "links": {
           *               "value": {},
           *               "raw": null,
           *               "path": null,
           *               "rule": "the platform gives none",
           *               "provenance": null,
           *               "note": null
           *             },
           *             "actions": {
           *               "value": [],
           *               "raw": null,
           *               "path": null,
           *               "rule": "the platform gives none",
           *               "provenance": null,
           *               "note": null
           *             }
           *           }
           *         }
           *       ],
           *       "rejected": 0,
           *       "rejects": [],
           *       "unmappedStatuses": [],
           *       "warnings": []
           *     }
           */
          'application/json': components['schemas']['SourcePreview'];
        };
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['Forbidden'];
      404: components['responses']['NotFound'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict'];
      413: components['responses']['ContentTooLarge'];
      414: components['responses']['UriTooLong'];
      415: components['responses']['UnsupportedMediaType'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      502: components['responses']['UpstreamFailed'];
      503: components['responses']['Unavailable'];
      504: components['responses']['UpstreamTimeout'];
    };
  };
  pauseSource: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description The source's key in the configuration. */
        key: string;
      };
      cookie?: never;
    };
    requestBody?: {
      content: {
        'application/json': components['schemas']['PauseSourceBody'];
      };
    };
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "key": "store",
           *       "platform": "elastic-path",
           *       "label": "store",
           *       "labels": {},
           *       "enabled": true,
           *       "health": "paused",
           *       "reason": "paused",
           *       "since": "2026-11-23T09:44:31.417Z",
           *       "lastPollAt": "2026-11-23T09:44:29.114Z",
           *       "lastSuccessAt": "2026-11-23T09:44:29.114Z",
           *       "nextPollAt": null,
           *       "consecutiveFailures": 0,
           *       "lastError": null,
           *       "completeThrough": "2026-11-23T09:43:27.000Z",
           *       "lagMs": 2449,
           *       "requestsLastHour": 3,
           *       "jobs": {
           *         "scheduled": 0,
           *         "queued": 10,
           *         "running": 0,
           *         "paused": 0,
           *         "stopping": 0,
           *         "succeeded": 3,
           *         "failed": 0,
           *         "cancelled": 1,
           *         "skipped": 0,
           *         "missed": 0,
           *         "unknown": 0
           *       },
           *       "rejects": 0,
           *       "skippedOld": 0,
           *       "clockSkewMs": -1992,
           *       "upstreamTotal": {
           *         "value": 14,
           *         "at": "2026-11-23T09:44:29.115Z"
           *       },
           *       "unmappedStatuses": [],
           *       "maxRequestsPerHour": 100000,
           *       "actions": [
           *         "pause",
           *         "resume"
           *       ]
           *     }
           */
          'application/json': components['schemas']['Source'];
        };
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['Forbidden'];
      404: components['responses']['NotFound'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict'];
      413: components['responses']['ContentTooLarge'];
      414: components['responses']['UriTooLong'];
      415: components['responses']['UnsupportedMediaType'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['Unavailable'];
    };
  };
  resumeSource: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description The source's key in the configuration. */
        key: string;
      };
      cookie?: never;
    };
    requestBody?: {
      content: {
        'application/json': components['schemas']['NoBody'];
      };
    };
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "key": "store",
           *       "platform": "elastic-path",
           *       "label": "store",
           *       "labels": {},
           *       "enabled": true,
           *       "health": "healthy",
           *       "reason": null,
           *       "since": "2026-11-23T09:44:31.465Z",
           *       "lastPollAt": "2026-11-23T09:44:29.114Z",
           *       "lastSuccessAt": "2026-11-23T09:44:29.114Z",
           *       "nextPollAt": "2026-11-23T09:44:31.466Z",
           *       "consecutiveFailures": 0,
           *       "lastError": null,
           *       "completeThrough": "2026-11-23T09:43:27.000Z",
           *       "lagMs": 2496,
           *       "requestsLastHour": 3,
           *       "jobs": {
           *         "scheduled": 0,
           *         "queued": 10,
           *         "running": 0,
           *         "paused": 0,
           *         "stopping": 0,
           *         "succeeded": 3,
           *         "failed": 0,
           *         "cancelled": 1,
           *         "skipped": 0,
           *         "missed": 0,
           *         "unknown": 0
           *       },
           *       "rejects": 0,
           *       "skippedOld": 0,
           *       "clockSkewMs": -1992,
           *       "upstreamTotal": {
           *         "value": 14,
           *         "at": "2026-11-23T09:44:29.115Z"
           *       },
           *       "unmappedStatuses": [],
           *       "maxRequestsPerHour": 100000,
           *       "actions": [
           *         "poll",
           *         "preview",
           *         "pause"
           *       ]
           *     }
           */
          'application/json': components['schemas']['Source'];
        };
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['Forbidden'];
      404: components['responses']['NotFound'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict'];
      413: components['responses']['ContentTooLarge'];
      414: components['responses']['UriTooLong'];
      415: components['responses']['UnsupportedMediaType'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['Unavailable'];
    };
  };
  listRejects: {
    parameters: {
      query?: {
        /** @description Rows of a page. */
        limit?: number;
        /** @description A place in this list, from `page.next` or `page.prev`; opaque, and bound to the question it was given for. */
        cursor?: string;
        /** @description Source keys, any of them. */
        source?: string[];
      };
      header?: {
        /** @description The ETag of an answer that the client has: 304 when it is still true. */
        'If-None-Match'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          ETag: components['headers']['ETag'];
          Link: components['headers']['Link'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "data": [
           *         {
           *           "id": "89cfa7a7-589f-402e-a530-52003c1d1ad5",
           *           "source": "charts",
           *           "externalId": "a575ea6e-05fa-47f5-a9ed-0346a8b742f1",
           *           "reasons": [
           *             "created_at: not a time: \"yesterday\""
           *           ],
           *           "firstSeenAt": "2026-11-23T09:44:31.584Z",
           *           "lastSeenAt": "2026-11-23T09:44:31.584Z",
           *           "count": 1,
           *           "payload": {
           *             "id": "a575ea6e-05fa-47f5-a9ed-0346a8b742f1",
           *             "job_type": "index-custom-encs",
           *             "job_state": "pending",
           *             "parameters": null,
           *             "percent_complete": 0,
           *             "created_at": "yesterday",
           *             "updated_at": 1795427065510
           *           }
           *         }
           *       ],
           *       "page": {
           *         "limit": 1,
           *         "next": null,
           *         "prev": null,
           *         "total": null,
           *         "totalKind": "none"
           *       }
           *     }
           */
          'application/json': components['schemas']['RejectPage'];
        };
      };
      /** @description What the ETag of `If-None-Match` names is still true. */
      304: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          ETag: components['headers']['ETag'];
          Link: components['headers']['Link'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['Forbidden'];
      408: components['responses']['RequestTimeout'];
      414: components['responses']['UriTooLong'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['Unavailable'];
    };
  };
  listEvents: {
    parameters: {
      query?: {
        /** @description Rollcall job ids. Any of several: repeated, or separated by commas (`\,` inside a value). */
        id?: string[];
        /** @description Source keys. Any of several: repeated, or separated by commas (`\,` inside a value). */
        source?: string[];
        /** @description Platforms. Any of several: repeated, or separated by commas (`\,` inside a value). */
        platform?: string[];
        /** @description What ran. Any of several: repeated, or separated by commas (`\,` inside a value). */
        type?: string[];
        /** @description Owners. Any of several: repeated, or separated by commas (`\,` inside a value). */
        owner?: string[];
        /** @description The platform's own ids. Any of several: repeated, or separated by commas (`\,` inside a value). */
        externalId?: string[];
        /** @description Reasons of a state. Any of several: repeated, or separated by commas (`\,` inside a value). */
        reason?: string[];
        /** @description The platform's own words, verbatim. Any of several: repeated, or separated by commas (`\,` inside a value). */
        rawStatus?: string[];
        /** @description Rollcall ids of parents. Any of several: repeated, or separated by commas (`\,` inside a value). */
        parentId?: string[];
        /** @description Of lists of jobs; here `true` is refused. */
        latest?: false;
        /** @description States, or the groups `active` (not terminal, `unknown` included) and `terminal`. Any of several: repeated, or separated by commas (`\,` inside a value). */
        state?: (
          | 'scheduled'
          | 'queued'
          | 'running'
          | 'paused'
          | 'stopping'
          | 'succeeded'
          | 'failed'
          | 'cancelled'
          | 'skipped'
          | 'missed'
          | 'unknown'
          | 'active'
          | 'terminal'
        )[];
        /** @description How sure we are of what is shown. Any of several: repeated, or separated by commas (`\,` inside a value). */
        freshness?: ('fresh' | 'stale' | 'vanished')[];
        /** @description Of lists of jobs; refused here, where `types=alert.firing,alert.resolved` tells. */
        overdue?: boolean;
        /** @description `key:value` of the source's labels. Repeated: all of them. */
        label?: string[];
        /** @description `key:value` of the attributes; scalars only, compared as text. Repeated: all of them. */
        attribute?: string[];
        /** @description Every word stands somewhere in name, type, external id or error message: as a substring, case-insensitive. */
        q?: string;
        /** @description Created at or after. ISO 8601 with zone, epoch milliseconds, or relative (`-15m`). A null time never matches. */
        createdSince?: string;
        /** @description Created before. ISO 8601 with zone, epoch milliseconds, or relative (`-15m`). A null time never matches. */
        createdUntil?: string;
        /** @description Started at or after. ISO 8601 with zone, epoch milliseconds, or relative (`-15m`). A null time never matches. */
        startedSince?: string;
        /** @description Started before. ISO 8601 with zone, epoch milliseconds, or relative (`-15m`). A null time never matches. */
        startedUntil?: string;
        /** @description Finished at or after. ISO 8601 with zone, epoch milliseconds, or relative (`-15m`). A null time never matches. */
        finishedSince?: string;
        /** @description Finished before. ISO 8601 with zone, epoch milliseconds, or relative (`-15m`). A null time never matches. */
        finishedUntil?: string;
        /** @description Last changed upstream at or after. ISO 8601 with zone, epoch milliseconds, or relative (`-15m`). A null time never matches. */
        updatedSince?: string;
        /** @description Last changed upstream before. ISO 8601 with zone, epoch milliseconds, or relative (`-15m`). A null time never matches. */
        updatedUntil?: string;
        /** @description Change recorded by Rollcall at or after. ISO 8601 with zone, epoch milliseconds, or relative (`-15m`). A null time never matches. */
        changedSince?: string;
        /** @description Change recorded by Rollcall before. ISO 8601 with zone, epoch milliseconds, or relative (`-15m`). A null time never matches. */
        changedUntil?: string;
        /** @description Ran at least so long; a running job counts up to now. */
        minDuration?: string;
        /** @description Ran at most so long; a running job counts up to now. */
        maxDuration?: string;
        /** @description Progress at least. */
        minProgress?: number;
        /** @description Progress at most. */
        maxProgress?: number;
        /** @description What flat parameters cannot say, in words of its own (docs/api.md, "Filter expressions"); together with them, both hold. */
        filter?: string;
        /** @description Types of events. Any of several: repeated, or separated by commas (`\,` inside a value). */
        types?: (
          | 'job.discovered'
          | 'job.transitioned'
          | 'job.changed'
          | 'job.vanished'
          | 'job.reappeared'
          | 'source.health'
          | 'alert.firing'
          | 'alert.resolved'
          | 'webhook.disabled'
        )[];
        /** @description States that the job came to, or the groups `active` and `terminal`. Events of sources come to none. Any of several: repeated, or separated by commas (`\,` inside a value). */
        to?: (
          | 'scheduled'
          | 'queued'
          | 'running'
          | 'paused'
          | 'stopping'
          | 'succeeded'
          | 'failed'
          | 'cancelled'
          | 'skipped'
          | 'missed'
          | 'unknown'
          | 'active'
          | 'terminal'
        )[];
        /** @description The cursor after which events are wanted: an event's `id`, `page.next`, or `page.feed` of a list of jobs. `latest`: after all that there are now. */
        after?: string;
        /** @description Events of a page. A page may have fewer, and even none, before the feed is at its end: `page.next` goes on. */
        limit?: number;
      };
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          Link: components['headers']['Link'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "data": [
           *         {
           *           "id": "m4lmnlNKG5tf75H3cwOTIQ",
           *           "type": "job.transitioned",
           *           "at": "2026-11-23T09:44:28.869Z",
           *           "source": "charts",
           *           "sequence": 2,
           *           "job": {
           *             "id": "cce119a5-aca5-53ac-bbcd-97053163d3f5",
           *             "source": "charts",
           *             "platform": "vectorcharts",
           *             "externalId": "b3b9322a-a5eb-439d-af94-57ccaf7348cd",
           *             "type": "index-custom-encs",
           *             "name": "index-custom-encs",
           *             "state": "succeeded",
           *             "reason": null,
           *             "rawStatus": "completed",
           *             "terminal": true,
           *             "progress": 1,
           *             "createdAt": "2026-11-23T09:44:03.315Z",
           *             "scheduledFor": null,
           *             "startedAt": null,
           *             "finishedAt": "2026-11-23T09:44:22.063Z",
           *             "updatedAt": "2026-11-23T09:44:22.063Z",
           *             "durationMs": null,
           *             "provenance": {
           *               "startedAt": "unknown",
           *               "finishedAt": "inferred"
           *             },
           *             "error": null,
           *             "owner": null,
           *             "parentId": null,
           *             "labels": {},
           *             "attributes": {
           *               "parameters": null
           *             },
           *             "links": {},
           *             "actions": [],
           *             "freshness": "fresh",
           *             "firstSeenAt": "2026-11-23T09:44:27.784Z",
           *             "lastSeenAt": "2026-11-23T09:44:28.869Z",
           *             "stateChangedAt": "2026-11-23T09:44:22.063Z",
           *             "changedAt": "2026-11-23T09:44:28.869Z",
           *             "version": 2
           *           },
           *           "from": "queued",
           *           "to": "succeeded",
           *           "backfill": false,
           *           "changed": [
           *             "state",
           *             "rawStatus",
           *             "progress",
           *             "finishedAt",
           *             "updatedAt",
           *             "provenance"
           *           ]
           *         }
           *       ],
           *       "page": {
           *         "limit": 1,
           *         "next": "m4lmnlNKG5tf75H3cwOTIQ",
           *         "prev": null,
           *         "total": null,
           *         "totalKind": "none"
           *       }
           *     }
           */
          'application/json': components['schemas']['EventPage'];
        };
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['Forbidden'];
      408: components['responses']['RequestTimeout'];
      410: components['responses']['Gone'];
      414: components['responses']['UriTooLong'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['Unavailable'];
    };
  };
  streamEvents: {
    parameters: {
      query?: {
        /** @description Rollcall job ids. Any of several: repeated, or separated by commas (`\,` inside a value). */
        id?: string[];
        /** @description Source keys. Any of several: repeated, or separated by commas (`\,` inside a value). */
        source?: string[];
        /** @description Platforms. Any of several: repeated, or separated by commas (`\,` inside a value). */
        platform?: string[];
        /** @description What ran. Any of several: repeated, or separated by commas (`\,` inside a value). */
        type?: string[];
        /** @description Owners. Any of several: repeated, or separated by commas (`\,` inside a value). */
        owner?: string[];
        /** @description The platform's own ids. Any of several: repeated, or separated by commas (`\,` inside a value). */
        externalId?: string[];
        /** @description Reasons of a state. Any of several: repeated, or separated by commas (`\,` inside a value). */
        reason?: string[];
        /** @description The platform's own words, verbatim. Any of several: repeated, or separated by commas (`\,` inside a value). */
        rawStatus?: string[];
        /** @description Rollcall ids of parents. Any of several: repeated, or separated by commas (`\,` inside a value). */
        parentId?: string[];
        /** @description Of lists of jobs; here `true` is refused. */
        latest?: false;
        /** @description States, or the groups `active` (not terminal, `unknown` included) and `terminal`. Any of several: repeated, or separated by commas (`\,` inside a value). */
        state?: (
          | 'scheduled'
          | 'queued'
          | 'running'
          | 'paused'
          | 'stopping'
          | 'succeeded'
          | 'failed'
          | 'cancelled'
          | 'skipped'
          | 'missed'
          | 'unknown'
          | 'active'
          | 'terminal'
        )[];
        /** @description How sure we are of what is shown. Any of several: repeated, or separated by commas (`\,` inside a value). */
        freshness?: ('fresh' | 'stale' | 'vanished')[];
        /** @description Of lists of jobs; refused here, where `types=alert.firing,alert.resolved` tells. */
        overdue?: boolean;
        /** @description `key:value` of the source's labels. Repeated: all of them. */
        label?: string[];
        /** @description `key:value` of the attributes; scalars only, compared as text. Repeated: all of them. */
        attribute?: string[];
        /** @description Every word stands somewhere in name, type, external id or error message: as a substring, case-insensitive. */
        q?: string;
        /** @description Created at or after. ISO 8601 with zone, epoch milliseconds, or relative (`-15m`). A null time never matches. */
        createdSince?: string;
        /** @description Created before. ISO 8601 with zone, epoch milliseconds, or relative (`-15m`). A null time never matches. */
        createdUntil?: string;
        /** @description Started at or after. ISO 8601 with zone, epoch milliseconds, or relative (`-15m`). A null time never matches. */
        startedSince?: string;
        /** @description Started before. ISO 8601 with zone, epoch milliseconds, or relative (`-15m`). A null time never matches. */
        startedUntil?: string;
        /** @description Finished at or after. ISO 8601 with zone, epoch milliseconds, or relative (`-15m`). A null time never matches. */
        finishedSince?: string;
        /** @description Finished before. ISO 8601 with zone, epoch milliseconds, or relative (`-15m`). A null time never matches. */
        finishedUntil?: string;
        /** @description Last changed upstream at or after. ISO 8601 with zone, epoch milliseconds, or relative (`-15m`). A null time never matches. */
        updatedSince?: string;
        /** @description Last changed upstream before. ISO 8601 with zone, epoch milliseconds, or relative (`-15m`). A null time never matches. */
        updatedUntil?: string;
        /** @description Change recorded by Rollcall at or after. ISO 8601 with zone, epoch milliseconds, or relative (`-15m`). A null time never matches. */
        changedSince?: string;
        /** @description Change recorded by Rollcall before. ISO 8601 with zone, epoch milliseconds, or relative (`-15m`). A null time never matches. */
        changedUntil?: string;
        /** @description Ran at least so long; a running job counts up to now. */
        minDuration?: string;
        /** @description Ran at most so long; a running job counts up to now. */
        maxDuration?: string;
        /** @description Progress at least. */
        minProgress?: number;
        /** @description Progress at most. */
        maxProgress?: number;
        /** @description What flat parameters cannot say, in words of its own (docs/api.md, "Filter expressions"); together with them, both hold. */
        filter?: string;
        /** @description Types of events. Any of several: repeated, or separated by commas (`\,` inside a value). */
        types?: (
          | 'job.discovered'
          | 'job.transitioned'
          | 'job.changed'
          | 'job.vanished'
          | 'job.reappeared'
          | 'source.health'
          | 'alert.firing'
          | 'alert.resolved'
          | 'webhook.disabled'
        )[];
        /** @description States that the job came to, or the groups `active` and `terminal`. Events of sources come to none. Any of several: repeated, or separated by commas (`\,` inside a value). */
        to?: (
          | 'scheduled'
          | 'queued'
          | 'running'
          | 'paused'
          | 'stopping'
          | 'succeeded'
          | 'failed'
          | 'cancelled'
          | 'skipped'
          | 'missed'
          | 'unknown'
          | 'active'
          | 'terminal'
        )[];
        /** @description The cursor after which events are wanted: an event's `id`, `page.next`, or `page.feed` of a list of jobs. `latest`: after all that there are now. */
        after?: string;
      };
      header?: {
        /** @description The `id` of the last event that arrived; counts more than `after`. */
        'Last-Event-ID'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example id: GpAAs1Jzcd-WUUVOOQBkrA
           *     event: job.discovered
           *     data: {"id":"GpAAs1Jzcd-WUUVOOQBkrA","type":"job.discovered","at":"2026-11-23T09:44:27.784Z","source":"charts","sequence":1,"job":{"id":"cce119a5-aca5-53ac-bbcd-97053163d3f5","source":"charts","platform":"vectorcharts","externalId":"b3b9322a-a5eb-439d-af94-57ccaf7348cd","type":"index-custom-encs","name":"index-custom-encs","state":"queued","reason":null,"rawStatus":"pending","terminal":false,"progress":0,"createdAt":"2026-11-23T09:44:03.315Z","scheduledFor":null,"startedAt":null,"finishedAt":null,"updatedAt":"2026-11-23T09:44:03.315Z","durationMs":null,"provenance":{},"error":null,"owner":null,"parentId":null,"labels":{},"attributes":{"parameters":null},"links":{},"actions":[],"freshness":"fresh","firstSeenAt":"2026-11-23T09:44:27.784Z","lastSeenAt":"2026-11-23T09:44:27.784Z","stateChangedAt":"2026-11-23T09:44:03.315Z","changedAt":"2026-11-23T09:44:27.784Z","version":1},"from":null,"to":"queued","backfill":true,"changed":[]}
           */
          'text/event-stream': string;
        };
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['Forbidden'];
      408: components['responses']['RequestTimeout'];
      410: components['responses']['Gone'];
      414: components['responses']['UriTooLong'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['Unavailable'];
    };
  };
  listWebhooks: {
    parameters: {
      query?: {
        /** @description Rows of a page. */
        limit?: number;
        /** @description A place in this list, from `page.next` or `page.prev`; opaque, and bound to the question it was given for. */
        cursor?: string;
      };
      header?: {
        /** @description The ETag of an answer that the client has: 304 when it is still true. */
        'If-None-Match'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          ETag: components['headers']['ETag'];
          Link: components['headers']['Link'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "data": [
           *         {
           *           "id": "71e8fcfd-1744-4330-b5ce-fb945111ff0f",
           *           "name": "on call",
           *           "url": "https://hooks.example.com/rollcall",
           *           "format": "plain",
           *           "types": null,
           *           "filter": {
           *             "label": [
           *               "env:prod"
           *             ],
           *             "state": [
           *               "failed",
           *               "missed"
           *             ]
           *           },
           *           "includeBackfill": false,
           *           "options": {},
           *           "resolveAfter": "12h",
           *           "sources": null,
           *           "origin": "api",
           *           "enabled": true,
           *           "disabledReason": null,
           *           "disabledAt": null,
           *           "failingSince": null,
           *           "consecutiveFailures": 0,
           *           "lastSuccessAt": null,
           *           "nextAttemptAt": null,
           *           "missedEvents": 0,
           *           "missedAt": null,
           *           "replaying": false,
           *           "previousSecretUntil": "2026-11-24T09:44:31.835Z",
           *           "createdAt": "2026-11-23T09:44:31.717Z",
           *           "updatedAt": "2026-11-23T09:44:31.856Z"
           *         }
           *       ],
           *       "page": {
           *         "limit": 1,
           *         "next": null,
           *         "prev": null,
           *         "total": null,
           *         "totalKind": "none"
           *       }
           *     }
           */
          'application/json': components['schemas']['WebhookPage'];
        };
      };
      /** @description What the ETag of `If-None-Match` names is still true. */
      304: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          ETag: components['headers']['ETag'];
          Link: components['headers']['Link'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['Forbidden'];
      408: components['responses']['RequestTimeout'];
      414: components['responses']['UriTooLong'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['Unavailable'];
    };
  };
  createWebhook: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['CreateWebhookBody'];
      };
    };
    responses: {
      /** @description The answer. */
      201: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "71e8fcfd-1744-4330-b5ce-fb945111ff0f",
           *       "name": "on call",
           *       "url": "https://hooks.example.com/rollcall",
           *       "format": "plain",
           *       "types": null,
           *       "filter": {
           *         "label": [
           *           "env:prod"
           *         ],
           *         "state": [
           *           "failed",
           *           "missed"
           *         ]
           *       },
           *       "includeBackfill": false,
           *       "options": {},
           *       "resolveAfter": "1d",
           *       "sources": null,
           *       "origin": "api",
           *       "enabled": true,
           *       "disabledReason": null,
           *       "disabledAt": null,
           *       "failingSince": null,
           *       "consecutiveFailures": 0,
           *       "lastSuccessAt": null,
           *       "nextAttemptAt": null,
           *       "missedEvents": 0,
           *       "missedAt": null,
           *       "replaying": false,
           *       "previousSecretUntil": null,
           *       "createdAt": "2026-11-23T09:44:31.717Z",
           *       "updatedAt": "2026-11-23T09:44:31.717Z",
           *       "secret": "whsec_0b1DyDoD6kMXpZ8pcAKKkncu0h6QnHF6L7Zq8j/r7Ug="
           *     }
           */
          'application/json': components['schemas']['MadeWebhook'];
        };
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['Forbidden'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict'];
      413: components['responses']['ContentTooLarge'];
      414: components['responses']['UriTooLong'];
      415: components['responses']['UnsupportedMediaType'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['Unavailable'];
    };
  };
  getWebhook: {
    parameters: {
      query?: never;
      header?: {
        /** @description The ETag of an answer that the client has: 304 when it is still true. */
        'If-None-Match'?: string;
      };
      path: {
        /** @description The endpoint's id. */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          ETag: components['headers']['ETag'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "71e8fcfd-1744-4330-b5ce-fb945111ff0f",
           *       "name": "on call",
           *       "url": "https://hooks.example.com/rollcall",
           *       "format": "plain",
           *       "types": null,
           *       "filter": {
           *         "label": [
           *           "env:prod"
           *         ],
           *         "state": [
           *           "failed",
           *           "missed"
           *         ]
           *       },
           *       "includeBackfill": false,
           *       "options": {},
           *       "resolveAfter": "12h",
           *       "sources": null,
           *       "origin": "api",
           *       "enabled": true,
           *       "disabledReason": null,
           *       "disabledAt": null,
           *       "failingSince": null,
           *       "consecutiveFailures": 0,
           *       "lastSuccessAt": null,
           *       "nextAttemptAt": null,
           *       "missedEvents": 0,
           *       "missedAt": null,
           *       "replaying": false,
           *       "previousSecretUntil": "2026-11-24T09:44:31.835Z",
           *       "createdAt": "2026-11-23T09:44:31.717Z",
           *       "updatedAt": "2026-11-23T09:44:31.856Z"
           *     }
           */
          'application/json': components['schemas']['Webhook'];
        };
      };
      /** @description What the ETag of `If-None-Match` names is still true. */
      304: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          ETag: components['headers']['ETag'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['Forbidden'];
      404: components['responses']['NotFound'];
      408: components['responses']['RequestTimeout'];
      414: components['responses']['UriTooLong'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['Unavailable'];
    };
  };
  deleteWebhook: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description The endpoint's id. */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description It is deleted */
      204: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['Forbidden'];
      404: components['responses']['NotFound'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict'];
      413: components['responses']['ContentTooLarge'];
      414: components['responses']['UriTooLong'];
      415: components['responses']['UnsupportedMediaType'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['Unavailable'];
    };
  };
  changeWebhook: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description The endpoint's id. */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['ChangeWebhookBody'];
      };
    };
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "71e8fcfd-1744-4330-b5ce-fb945111ff0f",
           *       "name": "on call",
           *       "url": "https://hooks.example.com/rollcall",
           *       "format": "plain",
           *       "types": null,
           *       "filter": {
           *         "label": [
           *           "env:prod"
           *         ],
           *         "state": [
           *           "failed",
           *           "missed"
           *         ]
           *       },
           *       "includeBackfill": false,
           *       "options": {},
           *       "resolveAfter": "12h",
           *       "sources": null,
           *       "origin": "api",
           *       "enabled": true,
           *       "disabledReason": null,
           *       "disabledAt": null,
           *       "failingSince": null,
           *       "consecutiveFailures": 0,
           *       "lastSuccessAt": null,
           *       "nextAttemptAt": null,
           *       "missedEvents": 0,
           *       "missedAt": null,
           *       "replaying": false,
           *       "previousSecretUntil": "2026-11-24T09:44:31.835Z",
           *       "createdAt": "2026-11-23T09:44:31.717Z",
           *       "updatedAt": "2026-11-23T09:44:31.856Z"
           *     }
           */
          'application/json': components['schemas']['Webhook'];
        };
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['Forbidden'];
      404: components['responses']['NotFound'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict'];
      413: components['responses']['ContentTooLarge'];
      414: components['responses']['UriTooLong'];
      415: components['responses']['UnsupportedMediaType'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['Unavailable'];
    };
  };
  rotateWebhookSecret: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description The endpoint's id. */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: {
      content: {
        'application/json': components['schemas']['NoBody'];
      };
    };
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "71e8fcfd-1744-4330-b5ce-fb945111ff0f",
           *       "secret": "whsec_r0FcI2fG5lkODBSXJ/Th0rwBWAGimzsZUbrIcIfLwFM=",
           *       "previousSecretUntil": "2026-11-24T09:44:31.835Z"
           *     }
           */
          'application/json': components['schemas']['WebhookSecret'];
        };
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['Forbidden'];
      404: components['responses']['NotFound'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict'];
      413: components['responses']['ContentTooLarge'];
      414: components['responses']['UriTooLong'];
      415: components['responses']['UnsupportedMediaType'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['Unavailable'];
    };
  };
  testWebhook: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description The endpoint's id. */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: {
      content: {
        'application/json': components['schemas']['NoBody'];
      };
    };
    responses: {
      /** @description The answer. */
      202: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "delivery": {
           *         "id": "msg_sNFU88spbzpKANKLivAENi9w",
           *         "type": "webhook.test",
           *         "state": "pending",
           *         "eventId": null,
           *         "jobId": null,
           *         "alert": null,
           *         "replay": false,
           *         "replayOf": null,
           *         "attempts": 0,
           *         "nextAttemptAt": "2026-11-23T09:44:31.741Z",
           *         "createdAt": "2026-11-23T09:44:31.741Z",
           *         "finishedAt": null,
           *         "lastAttempt": null
           *       },
           *       "through": null
           *     }
           */
          'application/json': components['schemas']['WebhookAccepted'];
        };
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['Forbidden'];
      404: components['responses']['NotFound'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict'];
      413: components['responses']['ContentTooLarge'];
      414: components['responses']['UriTooLong'];
      415: components['responses']['UnsupportedMediaType'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['Unavailable'];
    };
  };
  replayWebhook: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description The endpoint's id. */
        id: string;
      };
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['ReplayWebhookBody'];
      };
    };
    responses: {
      /** @description The answer. */
      202: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "delivery": {
           *         "id": "msg_2pBwl14keRlxcr78M16GLW-C",
           *         "type": "webhook.test",
           *         "state": "pending",
           *         "eventId": null,
           *         "jobId": null,
           *         "alert": null,
           *         "replay": true,
           *         "replayOf": "msg_sNFU88spbzpKANKLivAENi9w",
           *         "attempts": 0,
           *         "nextAttemptAt": "2026-11-23T09:44:31.814Z",
           *         "createdAt": "2026-11-23T09:44:31.814Z",
           *         "finishedAt": null,
           *         "lastAttempt": null
           *       },
           *       "through": null
           *     }
           */
          'application/json': components['schemas']['WebhookAccepted'];
        };
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['Forbidden'];
      404: components['responses']['NotFound'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict'];
      410: components['responses']['Gone'];
      413: components['responses']['ContentTooLarge'];
      414: components['responses']['UriTooLong'];
      415: components['responses']['UnsupportedMediaType'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['Unavailable'];
    };
  };
  listDeliveries: {
    parameters: {
      query?: {
        /** @description Rows of a page. */
        limit?: number;
        /** @description A place in this list, from `page.next` or `page.prev`; opaque, and bound to the question it was given for. */
        cursor?: string;
        /** @description States of deliveries. Any of several: repeated, or separated by commas (`\,` inside a value). */
        state?: ('pending' | 'delivered' | 'failed' | 'skipped')[];
      };
      header?: {
        /** @description The ETag of an answer that the client has: 304 when it is still true. */
        'If-None-Match'?: string;
      };
      path: {
        /** @description The endpoint's id. */
        id: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          ETag: components['headers']['ETag'];
          Link: components['headers']['Link'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "data": [
           *         {
           *           "id": "msg_sNFU88spbzpKANKLivAENi9w",
           *           "type": "webhook.test",
           *           "state": "delivered",
           *           "eventId": null,
           *           "jobId": null,
           *           "alert": null,
           *           "replay": false,
           *           "replayOf": null,
           *           "attempts": 1,
           *           "nextAttemptAt": null,
           *           "createdAt": "2026-11-23T09:44:31.741Z",
           *           "finishedAt": "2026-11-23T09:44:31.759Z",
           *           "lastAttempt": {
           *             "number": 1,
           *             "at": "2026-11-23T09:44:31.758Z",
           *             "durationMs": 21,
           *             "status": 204,
           *             "error": null
           *           }
           *         }
           *       ],
           *       "page": {
           *         "limit": 1,
           *         "next": null,
           *         "prev": null,
           *         "total": null,
           *         "totalKind": "none"
           *       }
           *     }
           */
          'application/json': components['schemas']['DeliveryPage'];
        };
      };
      /** @description What the ETag of `If-None-Match` names is still true. */
      304: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          ETag: components['headers']['ETag'];
          Link: components['headers']['Link'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['Forbidden'];
      404: components['responses']['NotFound'];
      408: components['responses']['RequestTimeout'];
      414: components['responses']['UriTooLong'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['Unavailable'];
    };
  };
  getDelivery: {
    parameters: {
      query?: never;
      header?: {
        /** @description The ETag of an answer that the client has: 304 when it is still true. */
        'If-None-Match'?: string;
      };
      path: {
        /** @description The endpoint's id. */
        id: string;
        /** @description The delivery's id: the `webhook-id` of its requests. */
        delivery: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          ETag: components['headers']['ETag'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "id": "msg_sNFU88spbzpKANKLivAENi9w",
           *       "type": "webhook.test",
           *       "state": "delivered",
           *       "eventId": null,
           *       "jobId": null,
           *       "alert": null,
           *       "replay": false,
           *       "replayOf": null,
           *       "attempts": 1,
           *       "nextAttemptAt": null,
           *       "createdAt": "2026-11-23T09:44:31.741Z",
           *       "finishedAt": "2026-11-23T09:44:31.759Z",
           *       "lastAttempt": {
           *         "number": 1,
           *         "at": "2026-11-23T09:44:31.758Z",
           *         "durationMs": 21,
           *         "status": 204,
           *         "error": null
           *       },
           *       "event": {
           *         "at": "2026-11-23T09:44:31.741Z",
           *         "id": null,
           *         "to": null,
           *         "job": null,
           *         "from": null,
           *         "type": "webhook.test",
           *         "source": null,
           *         "changed": [],
           *         "webhook": {
           *           "id": "71e8fcfd-1744-4330-b5ce-fb945111ff0f",
           *           "name": "on call"
           *         },
           *         "backfill": false,
           *         "sequence": null
           *       },
           *       "tries": [
           *         {
           *           "number": 1,
           *           "at": "2026-11-23T09:44:31.758Z",
           *           "durationMs": 21,
           *           "error": null,
           *           "request": {
           *             "headers": {
           *               "webhook-id": "msg_sNFU88spbzpKANKLivAENi9w",
           *               "content-type": "application/json"
           *             },
           *             "bytes": 301
           *           },
           *           "response": {
           *             "status": 204,
           *             "headers": {
           *               "date": "Thu, 15 Jan 2026 10:00:00 GMT"
           *             },
           *             "body": ""
           *           }
           *         }
           *       ]
           *     }
           */
          'application/json': components['schemas']['DeliveryDetail'];
        };
      };
      /** @description What the ETag of `If-None-Match` names is still true. */
      304: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          ETag: components['headers']['ETag'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['Forbidden'];
      404: components['responses']['NotFound'];
      408: components['responses']['RequestTimeout'];
      414: components['responses']['UriTooLong'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['Unavailable'];
    };
  };
  listAlerts: {
    parameters: {
      query?: {
        /** @description Rows of a page. */
        limit?: number;
        /** @description A place in this list, from `page.next` or `page.prev`; opaque, and bound to the question it was given for. */
        cursor?: string;
        /** @description Source keys. Any of several: repeated, or separated by commas (`\,` inside a value). */
        source?: string[];
        /** @description Names of expectations. Any of several: repeated, or separated by commas (`\,` inside a value). */
        name?: string[];
        /** @description `firing`: it goes on; `resolved`: it has ended. Any of several: repeated, or separated by commas (`\,` inside a value). */
        state?: ('firing' | 'resolved')[];
      };
      header?: {
        /** @description The ETag of an answer that the client has: 304 when it is still true. */
        'If-None-Match'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          ETag: components['headers']['ETag'];
          Link: components['headers']['Link'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "data": [
           *         {
           *           "id": "2809c52b-48c6-4095-955f-c5b8b373ae6b",
           *           "name": "tiles-too-long",
           *           "kind": "duration",
           *           "state": "firing",
           *           "source": "charts",
           *           "jobId": "0aaf7775-bfd6-51d8-85e9-6d26c196c64d",
           *           "type": "index-custom-encs",
           *           "since": "2026-11-23T09:43:43.686Z",
           *           "firedAt": "2026-11-23T09:44:31.686Z",
           *           "resolvedAt": null,
           *           "value": 2748000,
           *           "limit": 2700000,
           *           "message": "has run for 45m 48s, longer than 45m 00s",
           *           "suspended": null
           *         }
           *       ],
           *       "page": {
           *         "limit": 1,
           *         "next": null,
           *         "prev": null,
           *         "total": null,
           *         "totalKind": "none"
           *       }
           *     }
           */
          'application/json': components['schemas']['AlertPage'];
        };
      };
      /** @description What the ETag of `If-None-Match` names is still true. */
      304: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          ETag: components['headers']['ETag'];
          Link: components['headers']['Link'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['Forbidden'];
      408: components['responses']['RequestTimeout'];
      414: components['responses']['UriTooLong'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['Unavailable'];
    };
  };
  listTokens: {
    parameters: {
      query?: {
        /** @description Rows of a page. */
        limit?: number;
        /** @description A place in this list, from `page.next` or `page.prev`; opaque, and bound to the question it was given for. */
        cursor?: string;
      };
      header?: {
        /** @description The ETag of an answer that the client has: 304 when it is still true. */
        'If-None-Match'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          ETag: components['headers']['ETag'];
          Link: components['headers']['Link'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "data": [
           *         {
           *           "name": "docs",
           *           "scopes": [
           *             "jobs:read",
           *             "jobs:act",
           *             "sources:read",
           *             "sources:act",
           *             "events:read",
           *             "webhooks:manage",
           *             "metrics:read",
           *             "tokens:manage",
           *             "audit:read"
           *           ],
           *           "sources": null,
           *           "createdAt": "2026-11-23T09:44:30.499Z",
           *           "expiresAt": null,
           *           "lastUsedAt": "2026-11-23T09:44:30.552Z",
           *           "revokedAt": null
           *         },
           *         {
           *           "name": "grafana",
           *           "scopes": [
           *             "jobs:read"
           *           ],
           *           "sources": [
           *             "charts"
           *           ],
           *           "createdAt": "2026-11-23T09:44:31.908Z",
           *           "expiresAt": "2035-01-01T00:00:00.000Z",
           *           "lastUsedAt": null,
           *           "revokedAt": null
           *         }
           *       ],
           *       "page": {
           *         "limit": 2,
           *         "next": null,
           *         "prev": null,
           *         "total": null,
           *         "totalKind": "none"
           *       }
           *     }
           */
          'application/json': components['schemas']['TokenPage'];
        };
      };
      /** @description What the ETag of `If-None-Match` names is still true. */
      304: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          ETag: components['headers']['ETag'];
          Link: components['headers']['Link'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['Forbidden'];
      408: components['responses']['RequestTimeout'];
      414: components['responses']['UriTooLong'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['Unavailable'];
    };
  };
  createToken: {
    parameters: {
      query?: never;
      header?: never;
      path?: never;
      cookie?: never;
    };
    requestBody: {
      content: {
        'application/json': components['schemas']['CreateTokenBody'];
      };
    };
    responses: {
      /** @description The answer. */
      201: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "name": "grafana",
           *       "token": "rc_-Uf0qoWosgd06G-jHynQV-DIjlUa8GQeDN4KmjmPJss",
           *       "scopes": [
           *         "jobs:read"
           *       ],
           *       "sources": [
           *         "charts"
           *       ],
           *       "expiresAt": "2035-01-01T00:00:00.000Z"
           *     }
           */
          'application/json': components['schemas']['MadeToken'];
        };
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['Forbidden'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict'];
      413: components['responses']['ContentTooLarge'];
      414: components['responses']['UriTooLong'];
      415: components['responses']['UnsupportedMediaType'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['Unavailable'];
    };
  };
  revokeToken: {
    parameters: {
      query?: never;
      header?: never;
      path: {
        /** @description The token's name. */
        name: string;
      };
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description It is revoked */
      204: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['Forbidden'];
      404: components['responses']['NotFound'];
      408: components['responses']['RequestTimeout'];
      409: components['responses']['Conflict'];
      413: components['responses']['ContentTooLarge'];
      414: components['responses']['UriTooLong'];
      415: components['responses']['UnsupportedMediaType'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['Unavailable'];
    };
  };
  listAudit: {
    parameters: {
      query?: {
        /** @description Rows of a page. */
        limit?: number;
        /** @description A place in this list, from `page.next` or `page.prev`; opaque, and bound to the question it was given for. */
        cursor?: string;
      };
      header?: {
        /** @description The ETag of an answer that the client has: 304 when it is still true. */
        'If-None-Match'?: string;
      };
      path?: never;
      cookie?: never;
    };
    requestBody?: never;
    responses: {
      /** @description The answer. */
      200: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          ETag: components['headers']['ETag'];
          Link: components['headers']['Link'];
          [name: string]: unknown;
        };
        content: {
          /**
           * @example {
           *       "data": [
           *         {
           *           "id": "272f0e51-015a-4f61-9bd5-2d70fd3ca065",
           *           "kind": "act",
           *           "at": "2026-11-23T09:44:31.894Z",
           *           "lastAt": null,
           *           "count": 1,
           *           "actor": "docs",
           *           "address": "127.0.0.1",
           *           "method": "POST",
           *           "path": "/api/v1/tokens",
           *           "status": 201,
           *           "details": {
           *             "name": "grafana",
           *             "scopes": [
           *               "jobs:read"
           *             ],
           *             "sources": [
           *               "charts"
           *             ],
           *             "expiresAt": "2035-01-01T00:00:00.000Z"
           *           },
           *           "requestId": "36f7a576-3c26-459a-a1a4-5cf42cc02f4b"
           *         },
           *         {
           *           "id": "e7ec723f-5e18-451d-b737-c9644957e97e",
           *           "kind": "act",
           *           "at": "2026-11-23T09:44:31.847Z",
           *           "lastAt": null,
           *           "count": 1,
           *           "actor": "docs",
           *           "address": "127.0.0.1",
           *           "method": "PATCH",
           *           "path": "/api/v1/webhooks/71e8fcfd-1744-4330-b5ce-fb945111ff0f",
           *           "status": 200,
           *           "details": {
           *             "url": "https://hooks.example.com/rollcall",
           *             "name": "on call",
           *             "types": null,
           *             "filter": {
           *               "label": [
           *                 "env:prod"
           *               ],
           *               "state": [
           *                 "failed",
           *                 "missed"
           *               ]
           *             },
           *             "format": "plain",
           *             "enabled": true,
           *             "sources": null
           *           },
           *           "requestId": "b8ee10e1-7df5-4026-ac91-609baabc8f0e"
           *         }
           *       ],
           *       "page": {
           *         "limit": 2,
           *         "next": "WyJubXdjWTJrUzN6NEIxMWJxIixbIjIwMjYtMTEtMjMgMDk6NDQ6MzEuODQ3KzAwIiwiZTdlYzcyM2YtNWUxOC00NTFkLWI3MzctYzk2NDQ5NTdlOTdlIl0sMCwwLDE3OTU0MjcwNzE4ODFd.2UQq8THRs6mrx8A_p81QfQ",
           *         "prev": null,
           *         "total": null,
           *         "totalKind": "none"
           *       }
           *     }
           */
          'application/json': components['schemas']['AuditPage'];
        };
      };
      /** @description What the ETag of `If-None-Match` names is still true. */
      304: {
        headers: {
          'X-Request-Id': components['headers']['X-Request-Id'];
          'Cache-Control': components['headers']['Cache-Control'];
          Vary: components['headers']['Vary'];
          RateLimit: components['headers']['RateLimit'];
          'RateLimit-Policy': components['headers']['RateLimit-Policy'];
          ETag: components['headers']['ETag'];
          Link: components['headers']['Link'];
          [name: string]: unknown;
        };
        content?: never;
      };
      400: components['responses']['BadRequest'];
      401: components['responses']['Unauthorized'];
      403: components['responses']['Forbidden'];
      408: components['responses']['RequestTimeout'];
      414: components['responses']['UriTooLong'];
      429: components['responses']['TooManyRequests'];
      431: components['responses']['HeadersTooLarge'];
      500: components['responses']['InternalError'];
      503: components['responses']['Unavailable'];
    };
  };
}
