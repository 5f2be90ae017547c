import { WebhookFilter } from '../domain/webhook.js';
import { JobFilter } from '../storage/job.filter.js';

/**
 * Reads a filter as the list of jobs would. Who knows the list's parameters gives it (app.module.ts), so that this folder need not.
 *
 * @throws Error when it is no filter (any more), `latest` included
 */
export type WebhookFilterParser = (filter: WebhookFilter) => JobFilter;
