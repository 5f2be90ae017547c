import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { PollService } from './poll.service.js';
import { SchedulerService } from './scheduler.service.js';

/** The role `poller`: claims due sources and polls them. */
@Module({
  imports: [ScheduleModule.forRoot()],
  providers: [PollService, SchedulerService],
})
export class PollingModule {}
