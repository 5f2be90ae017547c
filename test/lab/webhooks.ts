import { ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { MOST_REPEATED } from '../../src/feed/webhook-worker.js';
import { WebhookStore } from '../../src/storage/webhook.store.js';
import { insertSource } from '../support/jobs.js';
import { newSecret, newWebhook } from '../support/notifier.js';
import { TestDatabase } from '../support/postgres.js';
import { ROOT } from '../support/repository.js';
import { waitFor } from '../support/wait-for.js';
import { ReceivedRequest, ReceiverAnswer, WebhookReceiver, verify } from '../support/webhook-receiver.js';
import { noteWebhookClaims } from './claims.js';
import { Writing, draws, sourcesOf, write } from './streams.js';

export interface WebhookLabOptions extends Writing {
  endpoints: number;
  /** Processes of the notifier at a time. */
  notifiers: number;
  /** How many of them are killed, each at a random moment, and each while it works an endpoint. */
  kills: number;
  /** Of a thousand requests, how many fail: by a status, by a broken connection, or by an answer that comes late. */
  failing: number;
  leaseMs: number;
  /** How much of the longest wait before another try is waited at most, 0 to 1: what takes days need not take days here. */
  patience: number;
  seed: number;
}

export interface WebhookLabReport {
  events: number;
  /** Distinct events that each endpoint has taken, in all. */
  delivered: number;
  requests: number;
  /** Requests that were answered with a failure, or not at all. */
  refused: number;
  /** Requests for what had been taken before. */
  repeated: number;
  kills: number;
  /** How often an endpoint changed hands, first claims included: nothing else makes a process send what was taken. */
  claims: number;
  seconds: number;
  /** What must be empty. */
  faults: string[];
}

/** What one endpoint was sent. */
export class Ledger {
  readonly faults: string[] = [];
  requests = 0;
  repeated = 0;
  private readonly taken = new Set<string>();
  private readonly names = new Map<string, string>();
  /** By job, the last sequence that came for the first time. */
  private readonly last = new Map<string, number>();

  constructor(
    readonly name: string,
    readonly secret: string,
  ) {}

  get delivered(): number {
    return this.taken.size;
  }

  meet(request: ReceivedRequest, isTaken: boolean): void {
    this.requests++;
    try {
      verify(request, this.secret);
    } catch (error) {
      this.faults.push(`${this.name}: ${String(error)}`);
    }
    const { source, sequence, job } = request.json.data;
    const of = `${source}/${job.externalId}`;
    const event = `${of}#${sequence}`;
    const name = String(request.headers['webhook-id']);
    const known = this.names.get(event);
    if (known === undefined) {
      this.names.set(event, name);
      const before = this.last.get(of) ?? 0;
      if (sequence !== before + 1) this.faults.push(`${this.name}: ${event} came first after ${before}`);
      this.last.set(of, sequence);
    } else if (known !== name) this.faults.push(`${this.name}: ${event} came as ${known} and as ${name}`);
    if (this.taken.has(event)) this.repeated++;
    if (isTaken) this.taken.add(event);
  }
}

/** A notifier in a process of its own. */
class NotifierProcess {
  private readonly child: ChildProcess;
  private readonly exited: Promise<unknown>;

  constructor(databaseUrl: string, { leaseMs, patience }: WebhookLabOptions) {
    const program = [
      path.join(ROOT, 'test/support/run-ts.mjs'),
      path.join(ROOT, 'test/lab/webhooks-notifier.ts'),
    ];
    this.child = spawn(process.execPath, [...program, databaseUrl, String(leaseMs), String(patience)], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    this.exited = once(this.child, 'exit');
  }

  get pid(): number {
    return this.child.pid!;
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
  }
}

/** The longest time between two kills. */
const LONGEST_PEACE_MS = 3_000;

/** Endpoints that fail at random, notifiers that are killed at random, writers that go on; until everything has been taken. */
export async function runWebhookLab(
  test: TestDatabase,
  options: WebhookLabOptions,
): Promise<WebhookLabReport> {
  const { endpoints, transitions, kills } = options;
  const draw = draws(options.seed);
  const receiver = await WebhookReceiver.start();
  for (const key of sourcesOf(options)) await insertSource(test.database, { key });
  const ledgers = Array.from({ length: endpoints }, (_, place) => new Ledger(String(place), newSecret()));
  let refused = 0;
  receiver.answer = async (request) => {
    receiver.requests.length = 0;
    const answer = await moodOf(draw, options.failing);
    const isTaken = answer.status < 300 && answer.breaks !== true;
    if (!isTaken) refused++;
    ledgers[Number(request.path.split('/').at(-1))]!.meet(request, isTaken);
    return answer;
  };
  await noteWebhookClaims(test.database);
  const webhooks = new WebhookStore(test.database);
  for (const { name, secret } of ledgers)
    await webhooks.create(newWebhook({ name, secret, url: `${receiver.url}/${name}` }));
  const began = performance.now();
  const start = () => new NotifierProcess(test.url, options);
  const running = Array.from({ length: options.notifiers }, start);
  let killed = 0;
  const killing = async () => {
    while (killed < kills) {
      await delay(draw(LONGEST_PEACE_MS));
      const victim = await waitFor(() => holderAmong(test, running, draw));
      await victim.kill();
      killed++;
      running[running.indexOf(victim)] = start();
    }
  };
  try {
    await Promise.all([write(test.database, options), killing()]);
    await waitFor(async () => (await waiting(test)) === 0, 1_800_000);
  } finally {
    await Promise.all(running.map((one) => one.kill()));
    await receiver.close();
  }
  const sum = (count: (ledger: Ledger) => number) =>
    ledgers.reduce((total, ledger) => total + count(ledger), 0);
  const missing = ledgers
    .filter(({ delivered }) => delivered !== transitions)
    .map(({ name, delivered }) => `${name}: has taken ${delivered} of ${transitions} events`);
  const repeated = sum((ledger) => ledger.repeated);
  const claims = await claimsOf(test);
  const tooOften =
    repeated <= MOST_REPEATED * claims
      ? []
      : [`${repeated} requests for what had been taken, after ${claims} claims`];
  return {
    events: transitions,
    delivered: sum(({ delivered }) => delivered),
    requests: sum(({ requests }) => requests),
    refused,
    repeated,
    kills: killed,
    claims,
    seconds: Math.round((performance.now() - began) / 1_000),
    faults: [...missing, ...tooOften, ...ledgers.flatMap(({ faults }) => faults)],
  };
}

async function moodOf(draw: (below: number) => number, failing: number): Promise<ReceiverAnswer> {
  if (draw(1_000) >= failing) return { status: 204 };
  switch (draw(16)) {
    // a second for all that waits: a few of these are enough
    case 0:
      return { status: 503, headers: { 'retry-after': '1' } };
    case 1:
    case 2:
    case 3:
    case 4:
    case 5:
      return { status: 500 };
    case 6:
    case 7:
    case 8:
    case 9:
    case 10:
      return { status: 204, breaks: true };
    default:
      await delay(draw(500));
      return { status: 204 };
  }
}

/** One of those that work an endpoint now. */
async function holderAmong(
  test: TestDatabase,
  running: readonly NotifierProcess[],
  draw: (below: number) => number,
): Promise<NotifierProcess | null> {
  const rows = await test.database.query<{ owner: string }>(
    'SELECT DISTINCT lease_owner AS owner FROM rollcall.webhook WHERE lease_until > now() ORDER BY 1',
  );
  const holders = running.filter(({ pid }) => rows.some(({ owner }) => owner.endsWith(`:${pid}`)));
  return holders[draw(Math.max(1, holders.length))] ?? null;
}

async function claimsOf(test: TestDatabase): Promise<number> {
  const [row] = await test.database.query<{ claims: number }>(
    'SELECT count(*) AS claims FROM lab.webhook_claim',
  );
  return row!.claims;
}

/** Events that are not delivered yet, or not even made deliveries of; of all endpoints together. */
export async function waiting(test: Pick<TestDatabase, 'database'>): Promise<number> {
  const [row] = await test.database.query<{ waiting: number }>(
    `SELECT (SELECT count(*) FROM rollcall.webhook_delivery WHERE state <> 'delivered')
       + (SELECT sum((SELECT max(position) FROM rollcall.event) - position) FROM rollcall.webhook)::bigint AS waiting`,
  );
  return row!.waiting;
}
