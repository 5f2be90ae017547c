import { Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { Database } from '../../storage/database.js';
import { MetricsQuery } from '../../storage/metrics.query.js';
import { TableSizes } from '../../storage/table-sizes.js';
import { AccessModule } from '../access/access.module.js';
import { HealthController } from './health.controller.js';
import { MetricsController } from './metrics.controller.js';
import { MetricsService } from './metrics.service.js';
import { ProblemFilter } from '../http/problem.filter.js';
import { Readiness } from '../http/readiness.js';

/** What every process serves, whatever its roles. */
@Module({
  imports: [AccessModule],
  controllers: [HealthController, MetricsController],
  providers: [
    Readiness,
    {
      provide: MetricsQuery,
      useFactory: (database: Database) => new MetricsQuery(database),
      inject: [Database],
    },
    {
      provide: TableSizes,
      useFactory: (database: Database) => new TableSizes(database),
      inject: [Database],
    },
    MetricsService,
    { provide: APP_FILTER, useClass: ProblemFilter },
  ],
  exports: [Readiness],
})
export class HealthModule {}
