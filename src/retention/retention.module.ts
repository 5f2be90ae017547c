import { Module } from '@nestjs/common';
import { RetentionService } from './retention.service.js';

/** What is too old goes, and room is made for what comes: a part of the role `poller`. */
@Module({ providers: [RetentionService] })
export class RetentionModule {}
