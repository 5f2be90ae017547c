import { Logger } from '@nestjs/common';
import { EVENT_TYPES } from '../domain/event-type.js';
import { Instant } from '../domain/job.js';
import { EventCursors } from '../storage/event-cursor.js';
import {
  EventFeed,
  EventNarrowing,
  EventStretch,
  EventsGoneError,
  StoredEvent,
} from '../storage/event.feed.js';
import { JobFilter } from '../storage/job.filter.js';
import { fromPg } from '../storage/pg-time.js';
import { WebhookDispatchStore, WebhookLease } from '../storage/webhook-dispatch.store.js';
import { WorkedWebhook } from '../storage/webhook.worked.js';
import { NewDelivery, OpenAlert, WebhookTurn } from '../storage/webhook.turn.js';
import { eventSelection } from './event-selection.js';
import { feedEvent, FeedEvent } from './feed-event.js';
import { alertAfter, alertJson, alertNews, AlertNews, expiredAlert } from './webhook-alerts.js';
import { WebhookFilterParser } from './webhook-filter.js';
import { ALERTING_FORMATS } from './webhook-notification.js';

/** Events that one transaction makes deliveries of, at most. */
const STRETCH = 500;
/** Alerts that one transaction lets end. */
const MAX_EXPIRED = 100;

const DEFAULT_TYPES = EVENT_TYPES.filter((type) => type !== 'job.changed');

/** What was made of a stretch. */
export interface Planned {
  /** Deliveries. */
  made: number;
  /** There is more at once. */
  more: boolean;
}

const NOTHING: Planned = { made: 0, more: false };

/** Which events an endpoint is told of. */
interface Choice {
  narrowing: EventNarrowing;
  selects: (event: FeedEvent, now: Instant) => boolean;
}

/** A stretch of the feed, as an endpoint that stood at a place sees it. */
interface Reading {
  from: number;
  through: number;
  /** Everything up to where it was to be read has been. */
  isWhole: boolean;
  events: StoredEvent[];
  now: Instant;
  /** Events after the place that are not kept any more, at most. */
  missed: number;
}

/** Makes deliveries of what the feed tells, for the owner of an endpoint. */
export class WebhookPlanner {
  private readonly log = new Logger('Webhooks');

  constructor(
    private readonly dispatch: WebhookDispatchStore,
    private readonly feed: EventFeed,
    private readonly cursors: EventCursors,
    private readonly parseFilter: WebhookFilterParser,
  ) {}

  /**
   * Takes the next stretch of the feed, of what is replayed, and of the alerts whose time is over.
   *
   * @param webhook as its owner read it last
   * @throws WebhookLeaseLostError
   */
  async plan(lease: WebhookLease, webhook: WorkedWebhook): Promise<Planned> {
    const choice = await this.choiceOf(lease, webhook);
    if (choice === null) return NOTHING;
    const live = await this.read(webhook.position, null, choice.narrowing);
    const replay =
      webhook.replay && (await this.read(webhook.replay.position, webhook.replay.through, choice.narrowing));
    const alerts = ALERTING_FORMATS.includes(webhook.format);
    if (live.through === live.from && replay === null && !alerts) return NOTHING;
    return this.dispatch.turn(lease, async (turn) => {
      let made = alerts ? await this.expire(turn) : 0;
      if (!isSame(turn.webhook, webhook)) return { made, more: true };
      if (live.through !== live.from) {
        made += await this.add(turn, choice, live, false);
        await turn.advance(live.through);
        await turn.miss(live.missed);
      }
      if (replay !== null) {
        made += await this.add(turn, choice, replay, true);
        await turn.advanceReplay(replay.isWhole ? null : replay.through);
        await turn.miss(replay.missed);
      }
      return { made, more: !live.isWhole || (replay !== null && !replay.isWhole) };
    });
  }

  /** Null: its filter says nothing that we understand, so nobody can tell what it is to be told; it is disabled, loudly. */
  private async choiceOf(lease: WebhookLease, webhook: WorkedWebhook): Promise<Choice | null> {
    try {
      return choiceOf(webhook, this.parseFilter(webhook.filter));
    } catch (error) {
      this.log.error({
        err: error,
        webhook: webhook.name,
        msg: 'an endpoint whose filter cannot be read is disabled',
      });
      await this.dispatch.turn(lease, (turn) => turn.disable('filter'));
      return null;
    }
  }

  /** @param through null: the end of the feed */
  private async read(from: number, through: number | null, narrowing: EventNarrowing): Promise<Reading> {
    if (through !== null && from >= through)
      return { from, through: from, isWhole: true, events: [], now: 0, missed: 0 };
    try {
      const count = through === null ? STRETCH : Math.min(STRETCH, through - from);
      return readingOf(from, through, count, await this.feed.read(from, count, narrowing));
    } catch (error) {
      if (!(error instanceof EventsGoneError)) throw error;
      return this.skip(from, through);
    }
  }

  /** Goes on after what is not kept any more; in a restored database also after what it has not told yet. */
  private async skip(from: number, through: number | null): Promise<Reading> {
    const floor = await this.feed.beginning();
    const to = floor > from ? floor : await this.feed.newest();
    const isWhole = through !== null && to >= through;
    const missed = Math.max(1, await this.feed.given(from, to));
    this.log.warn({ events: missed, msg: 'events were removed before an endpoint was told of them' });
    return { from, through: to, isWhole, events: [], now: 0, missed };
  }

  /** @returns deliveries made */
  private async add(turn: WebhookTurn, choice: Choice, reading: Reading, replay: boolean): Promise<number> {
    const codec = await this.cursors.codec();
    const { webhook } = turn;
    const isNews = ({ backfill }: StoredEvent) => !backfill || replay || webhook.includeBackfill;
    const isWanted = (event: StoredEvent) => choice.selects(feedEvent(event, codec), reading.now);
    if (ALERTING_FORMATS.includes(webhook.format)) {
      const events = reading.events.filter((event) => isNews(event) || endsAlert(event));
      return addAlerts(turn, events, isWanted, replay);
    }
    const wanted = reading.events.filter((event) => isNews(event) && isWanted(event));
    await turn.addDeliveries(wanted.map((event) => deliveryOf(event, laneOf(event), replay)));
    return wanted.length;
  }

  /** @returns deliveries made */
  private async expire(turn: WebhookTurn): Promise<number> {
    const expired = await turn.alertsToExpire(MAX_EXPIRED);
    await turn.addDeliveries(
      expired.map((open) => ({
        lane: open.key,
        position: open.position,
        eventAt: open.eventAt,
        jobId: open.jobId,
        type: open.eventType,
        alert: alertJson(expiredAlert(open)),
        replay: false,
      })),
    );
    await turn.removeAlerts(expired.map(({ key }) => key));
    return expired.length;
  }
}

/**
 * The same endpoint as before: neither its settings nor its places were changed in between. Only its owner moves it in the feed, and only
 * here; but a replay can be asked for at any time.
 */
function isSame(one: WorkedWebhook, other: WorkedWebhook): boolean {
  return (
    one.enabled &&
    one.updatedAt === other.updatedAt &&
    one.position === other.position &&
    one.replay?.position === other.replay?.position
  );
}

function readingOf(from: number, through: number | null, count: number, stretch: EventStretch): Reading {
  const end = through === null ? stretch.through : Math.min(through, stretch.through);
  return {
    from,
    through: end,
    isWhole: stretch.looked < count || (through !== null && stretch.through >= through),
    events: through === null ? stretch.events : stretch.events.filter(({ position }) => position <= through),
    now: stretch.now,
    missed: 0,
  };
}

/**
 * An endpoint of alerts is told when one ends, whatever its filter says of jobs that succeed: what fires is chosen. And a filter of jobs
 * does not hide the outage of their source: of that, only what is said of sources counts; nor an expectation, which a job breaks while it runs: of
 * that, what is said of sources and types counts.
 */
function choiceOf(webhook: WorkedWebhook, filter: JobFilter): Choice {
  const { sources } = webhook;
  const types = webhook.types ?? DEFAULT_TYPES;
  const ofJobs = eventSelection({ types, filter, sources });
  if (!ALERTING_FORMATS.includes(webhook.format)) return ofJobs;
  const { source, platform, label } = filter;
  const ofSources = eventSelection({ types, filter: { source, platform, label }, sources });
  const ofExpectations = eventSelection({
    types,
    filter: { source, platform, label, type: filter.type },
    sources,
  });
  const selectionFor = ({ type, jobId }: FeedEvent) => {
    if (type === 'alert.firing' || type === 'alert.resolved') return ofExpectations;
    return jobId === null ? ofSources : ofJobs;
  };
  return {
    narrowing: { sources: sources ?? undefined },
    selects: (event, now) => selectionFor(event).selects(event, now),
  };
}

/** Other rules page nobody for what is long over, but an alert that by them should not be open ends. */
function endsAlert(event: StoredEvent): boolean {
  return event.replayed === true && alertNews(event)?.action === 'resolve';
}

/** @returns deliveries made */
async function addAlerts(
  turn: WebhookTurn,
  events: readonly StoredEvent[],
  isWanted: (event: StoredEvent) => boolean,
  replay: boolean,
): Promise<number> {
  const { now, resolveAfterMs } = turn.webhook;
  const matters = events.flatMap((event): { event: StoredEvent; news: AlertNews }[] => {
    const news = alertNews(event);
    if (news === null || (news.action === 'trigger' && !isWanted(event))) return [];
    return [{ event, news }];
  });
  const keys = [...new Set(matters.map(({ news }) => news.key))];
  const before = new Map((await turn.alerts(keys)).map((alert) => [alert.key, alert]));
  const open = new Map<string, OpenAlert>(before);
  const deliveries: NewDelivery[] = [];
  for (const { event, news } of matters) {
    const at = fromPg(event.at);
    const after = alertAfter(news, open.get(news.key) ?? null, event, { at, now, resolveAfterMs });
    if (after === null) continue;
    if (after.kept === null) open.delete(news.key);
    else open.set(news.key, after.kept);
    deliveries.push({ ...deliveryOf(event, news.key, replay), alert: alertJson(after.told) });
  }
  await turn.addDeliveries(deliveries);
  await turn.saveAlerts([...open.values()].filter((alert) => before.get(alert.key) !== alert));
  await turn.removeAlerts([...before.keys()].filter((key) => !open.has(key)));
  return deliveries.length;
}

function deliveryOf(event: StoredEvent, lane: string, replay: boolean): NewDelivery {
  const { position, at: eventAt, jobId, type } = event;
  return { lane, position, eventAt, jobId, type, alert: null, replay };
}

/** What has to arrive in order: the changes of one job, the health of one source, the rest. */
function laneOf({ jobId, source }: StoredEvent): string {
  if (jobId !== null) return jobId;
  return source === null ? 'rollcall' : `source/${source}`;
}
