import { Injectable } from '@nestjs/common';
import { formatInstant } from '../../domain/timestamps.js';
import { readKnowledge } from '../../storage/coverage.query.js';
import { Database } from '../../storage/database.js';
import { EventCursors } from '../../storage/event-cursor.js';
import { TaggedJson } from '../../storage/job.fields.js';
import { PageCursors, Position } from '../../storage/page-cursor.js';
import { isoOf } from '../../storage/time-bound.js';
import { DeliveryDetail, WebhookDeliveryStore } from '../../storage/webhook-delivery.store.js';
import { StoredWebhook, WebhookStore } from '../../storage/webhook.store.js';
import { Principal } from '../access/principal.js';
import { ListDeliveriesParameters } from '../dto/delivery.parameters.js';
import { refusingGone } from '../events/kept-events.js';
import { PagedAnswer, answerPage, questionOf } from '../http/page-answer.js';
import { Problem, invalidRequest } from '../http/problem.js';
import { shownDelivery, writeDelivery, writeDeliveryDetail } from './webhook.answers.js';
import { ReplayRange, readReplay } from './webhook.reader.js';
import { Acted, WebhooksService } from './webhooks.service.js';

/** What endpoints were told and will be, over HTTP. */
@Injectable()
export class DeliveriesService {
  constructor(
    private readonly database: Database,
    private readonly endpoints: WebhooksService,
    private readonly webhooks: WebhookStore,
    private readonly deliveries: WebhookDeliveryStore,
    private readonly cursors: PageCursors,
    private readonly eventCursors: EventCursors,
  ) {}

  /** Newest first. @throws Problem `not-found` */
  async list(id: string, parameters: ListDeliveriesParameters, caller: Principal): Promise<PagedAnswer> {
    const { state, limit } = parameters;
    await this.endpoints.find(id, caller);
    const { now } = await readKnowledge(this.database);
    const codec = await this.eventCursors.codec();
    const binding = questionOf('deliveries', [id, state ? [...state].sort() : null], caller.sources);
    const read = (position: Position) => this.deliveries.list(id, state ?? null, limit, position);
    return answerPage({ binding, now, cursors: this.cursors }, parameters, read, (row) =>
      writeDelivery(row, codec),
    );
  }

  /** With its tries. @throws Problem `not-found` */
  async one(id: string, deliveryId: string, caller: Principal): Promise<TaggedJson> {
    await this.endpoints.find(id, caller);
    const detail = deliveryId.includes('\0') ? null : await this.deliveries.get(id, deliveryId);
    if (detail === null) throw new Problem('not-found', 'There is no such delivery (any more).');
    return writeDeliveryDetail(detail, await this.eventCursors.codec());
  }

  /** @throws Problem `not-found` or `conflict` */
  async test(id: string, caller: Principal): Promise<Acted> {
    const webhook = enabled(await this.endpoints.find(id, caller));
    const made = await this.deliveries.makeTest(id);
    return this.accepted(webhook, made);
  }

  /** @throws Problem `invalid-request`, `not-found`, `conflict` or `cursor-expired` */
  async replay(id: string, body: unknown, caller: Principal): Promise<Acted> {
    const found = await this.endpoints.find(id, caller);
    const range = readReplay(body);
    const webhook = enabled(found);
    if (!('deliveryId' in range)) return this.replayRange(webhook, range, caller);
    const { deliveryId } = range;
    if ((await this.deliveries.get(id, deliveryId)) === null)
      throw invalidRequest([
        { pointer: '#/deliveryId', detail: 'is no delivery of this endpoint (any more)' },
      ]);
    return this.accepted(webhook, await this.deliveries.replayOne(id, deliveryId), { deliveryId });
  }

  private async replayRange(
    { id, name }: StoredWebhook,
    range: Exclude<ReplayRange, { deliveryId: string }>,
    { sources }: Principal,
  ): Promise<Acted> {
    const from = await this.beginningOf(range);
    const outcome = await refusingGone('`since` delivers what is.', () =>
      this.webhooks.replay(sources, id, from),
    );
    if (outcome === null) throw new Problem('not-found', 'There is no such endpoint.');
    if (outcome === 'busy')
      throw new Problem('conflict', 'A range is being delivered to this endpoint once more already.');
    const note = 'since' in from ? { name, since: formatInstant(from.since) } : { name, ...range };
    const through = (await this.eventCursors.codec()).encode(outcome.through);
    return { json: JSON.stringify({ delivery: null, through }), note: note as Acted['note'] };
  }

  private async beginningOf(
    range: Exclude<ReplayRange, { deliveryId: string }>,
  ): Promise<{ after: number } | { since: number }> {
    if ('since' in range) return { since: Date.parse(isoOf(range.since, await this.database.now())) };
    const after = (await this.eventCursors.codec()).decode(range.after);
    if (after === null)
      throw invalidRequest([{ pointer: '#/after', detail: 'is not a cursor that was given out here' }]);
    return { after };
  }

  /** @param made null: it was disabled, or went away, meanwhile */
  private async accepted(
    webhook: StoredWebhook,
    made: string | null,
    note: Record<string, string> = {},
  ): Promise<Acted> {
    const detail: DeliveryDetail | null = made === null ? null : await this.deliveries.get(webhook.id, made);
    if (detail === null) throw isDisabled();
    const delivery = shownDelivery(detail, await this.eventCursors.codec());
    return { json: JSON.stringify({ delivery, through: null }), note: { name: webhook.name, ...note } };
  }
}

function enabled(webhook: StoredWebhook): StoredWebhook {
  if (!webhook.enabled) throw isDisabled();
  return webhook;
}

function isDisabled(): Problem {
  return new Problem('conflict', 'The endpoint is disabled: enable it first.');
}
