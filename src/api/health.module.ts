import { Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { HealthController } from './health.controller.js';
import { ProblemFilter } from './problem.filter.js';
import { Readiness } from './readiness.js';

/** What every process serves, whatever its roles. */
@Module({
  controllers: [HealthController],
  providers: [Readiness, { provide: APP_FILTER, useClass: ProblemFilter }],
  exports: [Readiness],
})
export class HealthModule {}
