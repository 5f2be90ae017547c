import { Module } from '@nestjs/common';
import { RuleNotice } from './rule-notice.js';

/** What the role `poller` says of stored jobs whose rules have changed. The replay itself is a command. */
@Module({ providers: [RuleNotice] })
export class ReplayModule {}
