import dns from 'node:dns';
import { randomBytes } from 'node:crypto';
import { parseWebhookFilter } from '../../src/api/dto/webhook-filter.js';
import { NotifierService } from '../../src/feed/notifier.service.js';
import { WebhookPlanner } from '../../src/feed/webhook-planner.js';
import { WebhookSender } from '../../src/feed/webhook-sender.js';
import { Database } from '../../src/storage/database.js';
import { EventCursors } from '../../src/storage/event-cursor.js';
import { EventFeed } from '../../src/storage/event.feed.js';
import { SettingStore } from '../../src/storage/setting.store.js';
import { WebhookDispatchStore } from '../../src/storage/webhook-dispatch.store.js';
import { NewWebhook } from '../../src/storage/webhook.store.js';

export interface NotifierOptions {
  /** True unless said otherwise: receivers of tests are on loopback. */
  allowPrivate?: boolean;
  resolve?: typeof dns.lookup;
  /** 0 unless said otherwise: the shortest waits. */
  random?: () => number;
  leaseMs?: number;
  tickMs?: number;
}

/** A notifier that looks for work all the time. */
export function makeNotifier(
  database: Database,
  { allowPrivate = true, resolve, random = () => 0, leaseMs = 10_000, tickMs = 100 }: NotifierOptions = {},
): NotifierService {
  const dispatch = new WebhookDispatchStore(database);
  const cursors = new EventCursors(new SettingStore(database));
  const planner = new WebhookPlanner(dispatch, new EventFeed(database), cursors, parseWebhookFilter);
  const sender = new WebhookSender({ allowPrivate }, resolve);
  return new NotifierService({ dispatch, planner, sender, cursors, random }, () => database.session, {
    tickMs,
    leaseMs,
  });
}

export function newSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

/** An endpoint as a test wants it; what is left out is as the API makes it. */
export function newWebhook(over: Partial<NewWebhook> & { url: string }): NewWebhook {
  return {
    name: 'hook',
    format: 'plain',
    types: null,
    filter: {},
    includeBackfill: false,
    sources: null,
    secret: newSecret(),
    options: {},
    resolveAfterMs: 86_400_000,
    enabled: true,
    ...over,
  };
}
