import { EventType } from '../../../src/domain/event-type.js';
import { Database } from '../../../src/storage/database.js';
import { WebhookStore } from '../../../src/storage/webhook.store.js';
import { newSecret, newWebhook } from '../../support/notifier.js';
import { WebhookReceiver } from '../../support/webhook-receiver.js';
import { Ledger } from '../webhooks.js';

const TYPES: readonly EventType[] = [
  ...(['job.discovered', 'job.transitioned', 'job.changed'] as const),
  ...(['job.vanished', 'job.reappeared'] as const),
];

/** Endpoints of webhooks, each told of all that happens to the jobs of one source, and what they were sent. */
export class Endpoints {
  private constructor(
    private readonly receiver: WebhookReceiver,
    private readonly ledgers: ReadonlyMap<string, Ledger>,
  ) {}

  /** Before any event: each is told of all. */
  static async start(database: Database, sources: readonly string[]): Promise<Endpoints> {
    const receiver = await WebhookReceiver.start();
    const ledgers = new Map(sources.map((source) => [source, new Ledger(source, newSecret())]));
    receiver.answer = (request) => {
      receiver.requests.length = 0;
      ledgers.get(request.path.split('/').at(-1)!)!.meet(request, true);
      return { status: 204 };
    };
    const store = new WebhookStore(database);
    for (const { name, secret } of ledgers.values()) {
      const url = `${receiver.url}/${name}`;
      const filter = { source: [name] };
      await store.create(newWebhook({ name, secret, url, filter, types: TYPES, includeBackfill: true }));
    }
    return new Endpoints(receiver, ledgers);
  }

  get counts(): { delivered: number; requests: number; repeated: number } {
    const sum = (count: (ledger: Ledger) => number) =>
      Array.from(this.ledgers.values(), count).reduce((total, number) => total + number, 0);
    return {
      delivered: sum(({ delivered }) => delivered),
      requests: sum(({ requests }) => requests),
      repeated: sum(({ repeated }) => repeated),
    };
  }

  /** What was lost, came in another order than it happened, or was signed wrongly. */
  async faults(database: Database): Promise<string[]> {
    const rows = await database.query<{ source: string; events: number }>(
      `SELECT source_key AS source, count(*) AS events FROM rollcall.event
       WHERE job_id IS NOT NULL AND source_key = ANY($1) GROUP BY source_key`,
      [[...this.ledgers.keys()]],
    );
    const missing = rows.flatMap(({ source, events }) => {
      const { delivered } = this.ledgers.get(source)!;
      return delivered === events ? [] : [`${source}: was told of ${delivered} of ${events} events`];
    });
    return [...missing, ...Array.from(this.ledgers.values(), ({ faults }) => faults).flat()];
  }

  close(): Promise<void> {
    return this.receiver.close();
  }
}
