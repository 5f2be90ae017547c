import { MigrationInterface } from 'typeorm';
import { CreateSchema1763852400000 } from './1763852400000-create-schema.js';
import { FinalReads1763942400000 } from './1763942400000-final-reads.js';
import { LatestJobs1763942500000 } from './1763942500000-latest-jobs.js';
import { QueryIndexes1763942600000 } from './1763942600000-query-indexes.js';
import { PublicViews1763942700000 } from './1763942700000-public-views.js';
import { AuditLog1763942800000 } from './1763942800000-audit-log.js';
import { EventFeed1763943000000 } from './1763943000000-event-feed.js';

import { Metrics1763943100000 } from './1763943100000-metrics.js';
import { Webhooks1763943200000 } from './1763943200000-webhooks.js';
import { Expectations1763943300000 } from './1763943300000-expectations.js';
import { Retention1763943400000 } from './1763943400000-retention.js';
import { ExpectationAlerts1763943500000 } from './1763943500000-expectation-alerts.js';
import { PollHistory1763943600000 } from './1763943600000-poll-history.js';
import { CarryFiltersInOrder1763943700000 } from './1763943700000-carry-filters-in-order.js';
import { ReplayAndReload1763943800000 } from './1763943800000-replay-and-reload.js';
import { EventHistory1763944100000 } from './1763944100000-event-history.js';
import { ListedJobs1763944200000 } from './1763944200000-listed-jobs.js';
import { EventGaps1763944300000 } from './1763944300000-event-gaps.js';

/** Every migration, oldest first. A test holds that none is missing. */
export const MIGRATIONS: readonly (new () => MigrationInterface)[] = [
  CreateSchema1763852400000,
  FinalReads1763942400000,
  LatestJobs1763942500000,
  QueryIndexes1763942600000,
  PublicViews1763942700000,
  AuditLog1763942800000,
  EventFeed1763943000000,
  Metrics1763943100000,
  Webhooks1763943200000,
  Expectations1763943300000,
  Retention1763943400000,
  ExpectationAlerts1763943500000,
  PollHistory1763943600000,
  CarryFiltersInOrder1763943700000,
  ReplayAndReload1763943800000,
  EventHistory1763944100000,
  ListedJobs1763944200000,
  EventGaps1763944300000,
];
