import { DynamicModule, Module } from '@nestjs/common';
import { CONFIG, Config } from '../config/config.js';
import { Database } from '../storage/database.js';
import { EventCursors } from '../storage/event-cursor.js';
import { EventFeed } from '../storage/event.feed.js';
import { SettingStore } from '../storage/setting.store.js';
import { WebhookDispatchStore } from '../storage/webhook-dispatch.store.js';
import { DeclaredWebhooks } from './declared-webhooks.js';
import { listeningConnection } from './feed-listener.js';
import { NotifierService } from './notifier.service.js';
import { WebhookFilterParser } from './webhook-filter.js';
import { WebhookPlanner } from './webhook-planner.js';
import { WebhookSender } from './webhook-sender.js';

/** The role `notifier`. Wants CONFIG and Database from the application. */
@Module({})
export class NotifierModule {
  /** @param parseFilter reads an endpoint's filter as the list of jobs would */
  static forRoot(parseFilter: WebhookFilterParser): DynamicModule {
    return {
      module: NotifierModule,
      providers: [
        {
          provide: NotifierService,
          useFactory: (config: Config, database: Database) => notifierOf(config, database, parseFilter),
          inject: [CONFIG, Database],
        },
        {
          provide: DeclaredWebhooks,
          useFactory: (config: Config, database: Database) => new DeclaredWebhooks(config, database),
          inject: [CONFIG, Database],
        },
      ],
    };
  }
}

function notifierOf(config: Config, database: Database, parseFilter: WebhookFilterParser): NotifierService {
  const dispatch = new WebhookDispatchStore(database);
  const cursors = new EventCursors(new SettingStore(database));
  return new NotifierService(
    {
      dispatch,
      planner: new WebhookPlanner(dispatch, new EventFeed(database), cursors, parseFilter),
      sender: new WebhookSender({ allowPrivate: config.webhooks.allowPrivateAddresses }),
      cursors,
      random: Math.random,
    },
    listeningConnection(config, database),
  );
}
