import { Module } from '@nestjs/common';
import { ExpectationsService } from './expectations.service.js';

/** Evaluates expectations, in the role `poller`. Wants RULES, CONFIG and Database from the application. */
@Module({ providers: [ExpectationsService] })
export class ExpectationsModule {}
