import { Module, Provider } from '@nestjs/common';
import { CONFIG, Config } from '../config/config.js';
import { RulesBySource } from '../explain/source-rules.js';
import { StreamService } from '../feed/stream.service.js';
import { PreviewService } from '../preview/preview.service.js';
import { Database } from '../storage/database.js';
import { BreachQuery } from '../storage/expectation.query.js';
import { EventCursors } from '../storage/event-cursor.js';
import { EventFeed } from '../storage/event.feed.js';
import { ExplanationQuery } from '../storage/explanation.query.js';
import { JobQuery } from '../storage/job.query.js';
import { PollQuery } from '../storage/poll.query.js';
import { Reader } from '../storage/reader.js';
import { RejectQuery } from '../storage/reject.query.js';
import { SettingStore } from '../storage/setting.store.js';
import { SourceControl } from '../storage/source.control.js';
import { SourceQuery } from '../storage/source.query.js';
import { SummaryQuery } from '../storage/summary.query.js';
import { TaskQuery } from '../storage/task.query.js';
import { TransitionQuery } from '../storage/transition.query.js';
import { WebhookDeliveryStore } from '../storage/webhook-delivery.store.js';
import { WebhookStore } from '../storage/webhook.store.js';
import { AccessModule } from './access/access.module.js';
import { AuditController } from './access/audit.controller.js';
import { AuditService } from './access/audit.service.js';
import { AlertsController } from './alerts/alerts.controller.js';
import { AlertsService } from './alerts/alerts.service.js';
import { EventsController } from './events/events.controller.js';
import { EventsService } from './events/events.service.js';
import { ExplainService } from './jobs/explain.service.js';
import { ExportService } from './jobs/export.service.js';
import { DashboardController } from './operations/dashboard.controller.js';
import { JobActionsService } from './jobs/job-actions.service.js';
import { JobsController } from './jobs/jobs.controller.js';
import { JobsService } from './jobs/jobs.service.js';
import { PollsService } from './sources/polls.service.js';
import { PreviewsService } from './sources/previews.service.js';
import { RejectsController } from './sources/rejects.controller.js';
import { RejectsService } from './sources/rejects.service.js';
import { SourcesController } from './sources/sources.controller.js';
import { SourcesService } from './sources/sources.service.js';
import { SummaryController } from './jobs/summary.controller.js';
import { SummaryService } from './jobs/summary.service.js';
import { TasksService } from './jobs/tasks.service.js';
import { TokensController } from './access/tokens.controller.js';
import { TokensService } from './access/tokens.service.js';
import { TransitionsService } from './jobs/transitions.service.js';
import { DeliveriesService } from './webhooks/deliveries.service.js';
import { WebhooksController } from './webhooks/webhooks.controller.js';
import { WebhooksService } from './webhooks/webhooks.service.js';

export { configureApi, fastifyOptions } from './http/configure-api.js';

/** Storage knows nothing of Nest: each of these wants the database and nothing else. */
const QUERIES: Provider[] = [
  SourceQuery,
  PollQuery,
  RejectQuery,
  BreachQuery,
  SourceControl,
  WebhookStore,
  WebhookDeliveryStore,
].map((query: new (database: Database) => object) => ({
  provide: query,
  useFactory: (database: Database) => new query(database),
  inject: [Database],
}));

/** Of jobs and their past: what a replica may do the work of. */
const READS: Provider[] = [JobQuery, SummaryQuery, TransitionQuery, TaskQuery, ExplanationQuery].map(
  (query: new (reader: Reader) => object) => ({
    provide: query,
    useFactory: ({ reader }: Database) => new query(reader),
    inject: [Database],
  }),
);

/** The HTTP API. Wants CONFIG, Database, RefreshService and SourceRuntimes from the application; `configureApi` does the rest. */
@Module({
  imports: [AccessModule],
  controllers: [
    JobsController,
    SummaryController,
    SourcesController,
    RejectsController,
    EventsController,
    WebhooksController,
    AlertsController,
    DashboardController,
    TokensController,
    AuditController,
  ],
  providers: [
    ...QUERIES,
    ...READS,
    {
      provide: EventFeed,
      useFactory: (database: Database) => new EventFeed(database, database.reader),
      inject: [Database],
    },
    {
      provide: EventCursors,
      useFactory: (database: Database) => new EventCursors(new SettingStore(database)),
      inject: [Database],
    },
    {
      provide: StreamService,
      // streams are told by the primary: one look serves all of them
      useFactory: (config: Config, database: Database, cursors: EventCursors) =>
        new StreamService(config, database, new EventFeed(database), cursors),
      inject: [CONFIG, Database, EventCursors],
    },
    EventsService,
    WebhooksService,
    DeliveriesService,
    AlertsService,
    JobsService,
    ExportService,
    SummaryService,
    JobActionsService,
    TransitionsService,
    TasksService,
    ExplainService,
    { provide: RulesBySource, useFactory: (config: Config) => new RulesBySource(config), inject: [CONFIG] },
    SourcesService,
    PollsService,
    PreviewsService,
    PreviewService,
    RejectsService,
    TokensService,
    AuditService,
  ],
})
export class ApiModule {}
