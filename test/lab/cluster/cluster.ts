import { rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { closing } from '../../../bench/harness/closing.js';
import { mix, Random } from '../../../src/simulators/random.js';
import { Database, openDatabase } from '../../../src/storage/database.js';
import { quietLog } from '../../support/quiet-log.js';
import { makeTestFolder } from '../../support/test-folder.js';
import { waitFor } from '../../support/wait-for.js';
import { noteClaims } from '../claims.js';
import { proveAll } from '../settle.js';
import { waiting } from '../webhooks.js';
import { Account, AccountsOptions } from './accounts.js';
import { Databases, ReplicaLag } from './databases.js';
import { Disturber } from './disturber.js';
import { Doorway } from './doorway.js';
import { Endpoints } from './endpoints.js';
import { Follower } from './follower.js';
import { LiveClock } from './live-clock.js';
import { Pager } from './pager.js';
import { PgBouncer } from './pgbouncer.js';
import { Crew, Services } from './services.js';

export interface ClusterOptions extends AccountsOptions {
  crew: Crew;
  /** Between two polls of a source, seconds. */
  everySeconds: number;
  /** Whether a transaction is committed only when the standby has it. Without, a promotion loses the last ones. */
  isSynchronous: boolean;
  /** The PostgreSQL that npm brings, also where Debian's is installed. */
  embedded: boolean;
  /** No PgBouncer, also where it is installed. */
  direct: boolean;
  /** Ends it early. */
  signal: AbortSignal;
  tell: (what: string) => void;
}

type Later = (end: () => Promise<unknown>) => void;

const LAG_EVERY_MS = 500;
/** What everything may take that only has to come to its end. */
const PATIENCE_MS = 600_000;
const READERS_MS = 30_000;
/** Endpoints of webhooks, and readers of pages: of the sources of so many accounts. */
const TOLD_ACCOUNTS = 1;

/** Processes of every role over a primary and its standby, and all that happens to them while jobs live on the platforms. */
export class Cluster {
  readonly lags: ReplicaLag[] = [];
  promotions = 0;
  /** Of jobs, when everything had settled: of all accounts, and of those told of. */
  settledEvents = { all: 0, told: 0 };
  /** From the death of the primary until a reader heard the next event; null without a promotion. */
  failoverSeconds: number | null = null;
  private readonly began = performance.now();

  private constructor(
    readonly options: ClusterOptions,
    readonly databases: Databases,
    private readonly doorway: Doorway,
    readonly pooler: PgBouncer | null,
    readonly database: Database,
    readonly clock: LiveClock,
    readonly accounts: readonly Account[],
    readonly endpoints: Endpoints,
    private readonly services: Services,
    readonly disturber: Disturber,
    readonly followers: readonly Follower[],
    readonly pagers: readonly Pager[],
  ) {}

  /** Runs a cluster, and ends all of it whatever comes of that. */
  static run<Result>(options: ClusterOptions, work: (cluster: Cluster) => Promise<Result>): Promise<Result> {
    return closing(async (later) => {
      const cluster = await Cluster.build(options, later);
      return Promise.race([work(cluster), interrupted(options.signal)]);
    });
  }

  private static async build(options: ClusterOptions, later: Later): Promise<Cluster> {
    const { crew, direct, seed, tell } = options;
    const databases = await Databases.start(options);
    later(() => databases.stop());
    const doorway = await Doorway.start(databases.url);
    later(() => doorway.close());
    const program = direct ? null : PgBouncer.program();
    const pooler = program === null ? null : await PgBouncer.start(program, databases.url);
    if (pooler !== null) later(() => pooler.stop());
    tell(`${databases.kind}, ${pooler === null ? 'no PgBouncer' : 'PgBouncer in transaction mode'}`);
    const database = await openDatabase({ url: doorway.url, dataDir: '', poolSize: 4, log: quietLog() });
    // a question to a server that is gone is not waited for
    later(() => {
      doorway.repoint(databases.url);
      return database.close();
    });
    await noteClaims(database);

    const clock = new LiveClock();
    const accounts: Account[] = [];
    for (let place = 0; place < options.accounts; place++) {
      const account = await Account.start(place, options, clock);
      accounts.push(account);
      later(() => account.simulators.close());
    }
    const told = accounts.slice(0, TOLD_ACCOUNTS).flatMap(({ sources }) => [...sources.values()]);
    const endpoints = await Endpoints.start(database, told);
    later(() => endpoints.close());

    const folder = await makeTestFolder();
    later(() => rm(folder, { recursive: true }));
    const poll = {
      ...{ every: `${options.everySeconds}s`, sweepEvery: '20s', overlap: '30s', timeout: '10s' },
      maxRequestsPerHour: 1_000_000,
    };
    const config = {
      server: { auth: 'none', rateLimit: { requests: 1_000_000_000, failures: 1_000_000_000 } },
      // the standby answers what may be read from one, until it takes writes
      database: {
        replicas: [databases.standby.url],
        ...(pooler !== null && { directUrl: doorway.url }),
      },
      webhooks: { allowPrivateAddresses: true },
      sources: accounts.flatMap((account) => account.configured(poll)),
    };
    // JSON is YAML
    await writeFile(path.join(folder, 'rollcall.yaml'), JSON.stringify(config));
    const services = new Services(folder, pooler?.url ?? doorway.url);
    later(() => services.end());
    await services.start('api', crew.api);
    await waitFor(() => services.ready());
    const followers: Follower[] = [];
    const pagers: Pager[] = [];
    for (const url of services.urls('api')) {
      followers.push(await Follower.fromNowOn(url, !options.isSynchronous));
      pagers.push(await Pager.fromNowOn(url, told, !options.isSynchronous));
    }
    for (const reader of [...followers, ...pagers]) {
      reader.start();
      later(() => reader.end());
    }
    await services.start('poller', crew.poller);
    await services.start('notifier', crew.notifier);
    const disturber = new Disturber(services, database, new Random(mix(seed, 2)));
    return new Cluster(
      ...[options, databases, doorway, pooler, database, clock, accounts, endpoints, services, disturber],
      ...[followers, pagers],
    );
  }

  /** Seconds since it began to be built. */
  get seconds(): number {
    return Math.round((performance.now() - this.began) / 1_000);
  }

  /** Processes that ended by themselves though the database was there. */
  get ended(): string[] {
    return this.services.ended;
  }

  /** Every source has been read for the first time; nothing has happened on the platforms yet. */
  async firstReads(): Promise<void> {
    await this.until(async () => {
      const unread = await this.database.query(
        'SELECT 1 FROM rollcall.source WHERE first_read_at IS NULL LIMIT 1',
      );
      const [row] = await this.database.query<{ sources: number }>(
        'SELECT count(*) AS sources FROM rollcall.source',
      );
      return unread.length === 0 && row!.sources === this.accounts.length * this.accounts[0]!.sources.size;
    });
  }

  /** The platforms live for as long as the options say. `isDisturbed`: processes are killed and stopped, and the standby promoted halfway. */
  async live(isDisturbed: boolean): Promise<void> {
    const { seconds, tell } = this.options;
    const over = new AbortController();
    const measuring = this.measureLag(over.signal);
    this.clock.go();
    try {
      if (!isDisturbed) await this.pass(seconds);
      else {
        await this.disturbFor(seconds / 2);
        tell(`${this.seconds} s: ${this.disturber.disturbances} disturbances; the primary dies`);
        await this.failOver();
        tell(
          `${this.seconds} s: the standby has taken its place, the next event came after ${this.failoverSeconds} s`,
        );
        await this.disturbFor(seconds / 2);
      }
    } finally {
      this.clock.stand();
      over.abort();
      await measuring;
      await this.disturber.calm();
    }
    tell(`${this.seconds} s: the platforms stand still after ${this.disturber.disturbances} disturbances`);
  }

  /** Everything that is under way comes to its end: sweeps, the feed, webhooks. */
  async settle(): Promise<void> {
    const { database, followers, pagers, options } = this;
    await proveAll(database, 2, PATIENCE_MS, options.signal);
    options.tell(`${this.seconds} s: every source is proven`);
    await this.until(async () => (await waiting({ database })) === 0);
    options.tell(`${this.seconds} s: every webhook is delivered`);
    const [all, told] = await Promise.all([this.eventsOf(this.accounts), this.eventsOf(this.told)]);
    this.settledEvents = { all, told };
    // whoever lacks some of them in the end has a fault
    await waitFor(
      async () =>
        followers.every(({ events }) => events >= all) && pagers.every(({ events }) => events >= told),
      READERS_MS,
    ).catch(() => undefined);
  }

  /** Those whose sources have endpoints, and readers of pages. */
  get told(): readonly Account[] {
    return this.accounts.slice(0, TOLD_ACCOUNTS);
  }

  async eventsOf(accounts: readonly Account[]): Promise<number> {
    const [row] = await this.database.query<{ events: number }>(
      'SELECT count(*) AS events FROM rollcall.event WHERE job_id IS NOT NULL AND source_key = ANY($1)',
      [accounts.flatMap(({ sources }) => [...sources.values()])],
    );
    return row!.events;
  }

  private async disturbFor(seconds: number): Promise<void> {
    const over = new AbortController();
    const disturbing = this.disturber.disturb(over.signal);
    await this.pass(seconds).finally(() => over.abort());
    await disturbing;
  }

  private async pass(seconds: number): Promise<void> {
    await pause(seconds * 1_000, undefined, { signal: this.options.signal });
    this.check();
  }

  /** While the database is away nothing else is disturbed: whoever starts then ends again, and is started again. */
  private async failOver(): Promise<void> {
    this.services.isWithoutDatabase = true;
    const began = performance.now();
    await this.databases.failOver();
    this.doorway.repoint(this.databases.url);
    await this.pooler?.repoint(this.databases.url);
    this.promotions++;
    const { heard } = this;
    await this.until(async () => this.heard > heard);
    this.failoverSeconds = Math.round((performance.now() - began) / 100) / 10;
    await this.until(() => this.services.ready());
    this.services.isWithoutDatabase = false;
  }

  /** @throws when it is interrupted, or processes end by themselves again and again */
  private until(ask: () => Promise<boolean>): Promise<unknown> {
    return waitFor(() => {
      this.check();
      return ask();
    }, PATIENCE_MS);
  }

  private get heard(): number {
    return this.followers.reduce((sum, { heardInAll }) => sum + heardInAll, 0);
  }

  private check(): void {
    this.options.signal.throwIfAborted();
    if (this.ended.length > 10) throw new Error(`processes end by themselves: ${this.ended.at(-1)}`);
  }

  private async measureLag(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      // null also while the primary is gone
      const lag = await this.databases.lag().catch(() => null);
      if (lag !== null) this.lags.push(lag);
      await pause(LAG_EVERY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
}

/** @throws when it is; never ends otherwise */
function interrupted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const end = () => reject(signal.reason as Error);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}
