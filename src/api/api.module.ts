import { Module, Provider } from '@nestjs/common';
import { APP_GUARD, APP_PIPE } from '@nestjs/core';
import { Database } from '../storage/database.js';
import { JobQuery } from '../storage/job.query.js';
import { PageCursors } from '../storage/page-cursor.js';
import { RejectQuery } from '../storage/reject.query.js';
import { SettingStore } from '../storage/setting.store.js';
import { SourceControl } from '../storage/source.control.js';
import { SourceQuery } from '../storage/source.query.js';
import { TokenStore } from '../storage/token.store.js';
import { TaskQuery } from '../storage/task.query.js';
import { TransitionQuery } from '../storage/transition.query.js';
import { HomeController } from './home.controller.js';
import { JobActionsService } from './job-actions.service.js';
import { JobsController } from './jobs.controller.js';
import { JobsService } from './jobs.service.js';
import { ParameterPipe } from './parameter.pipe.js';
import { RejectsController } from './rejects.controller.js';
import { RejectsService } from './rejects.service.js';
import { SourcesController } from './sources.controller.js';
import { SourcesService } from './sources.service.js';
import { TasksService } from './tasks.service.js';
import { TokenGuard } from './token.guard.js';
import { TransitionsService } from './transitions.service.js';

export { configureApi, fastifyOptions } from './configure-api.js';

/** Storage knows nothing of Nest: each of these wants the database and nothing else. */
const QUERIES: Provider[] = [
  JobQuery,
  SourceQuery,
  TransitionQuery,
  TaskQuery,
  RejectQuery,
  SourceControl,
  SettingStore,
  TokenStore,
].map((query: new (database: Database) => object) => ({
  provide: query,
  useFactory: (database: Database) => new query(database),
  inject: [Database],
}));

/** The HTTP API. Wants CONFIG, Database and RefreshService from the application; `configureApi` does the rest. */
@Module({
  controllers: [JobsController, SourcesController, RejectsController, HomeController],
  providers: [
    ...QUERIES,
    {
      provide: PageCursors,
      useFactory: (settings: SettingStore) => new PageCursors(settings),
      inject: [SettingStore],
    },
    JobsService,
    JobActionsService,
    TransitionsService,
    TasksService,
    SourcesService,
    RejectsService,
    { provide: APP_GUARD, useClass: TokenGuard },
    { provide: APP_PIPE, useClass: ParameterPipe },
  ],
})
export class ApiModule {}
