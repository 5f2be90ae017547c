import { PollSummary } from '../../src/polling/poll-report.js';
import { PollService } from '../../src/polling/poll.service.js';
import { PollConfig } from '../../src/config/config.js';
import { jobId } from '../../src/domain/job-id.js';
import { PollKind } from '../../src/domain/poll-kind.js';
import { ManualClock } from '../../src/simulators/clock.js';
import { Call } from '../../src/simulators/http/answer.js';
import { isList, RECORD_PATHS, rewriteRecords, valueAt } from '../../src/simulators/http/spoil.js';
import { SimulatedPlatform } from '../../src/simulators/life.js';
import { Simulators, startSimulators } from '../../src/simulators/simulators.js';
import { WorldOptions } from '../../src/simulators/world.js';
import { sourceConfig, testConfig } from './config.js';
import { createTestDatabase, TestDatabase } from './postgres.js';
import { waitFor } from './wait-for.js';

/** Nobody waits for an upstream's patience in a test. */
const RETRY = { maxRetries: 0, minTimeoutMs: 1, maxTimeoutMs: 1 };

const START = Date.UTC(2025, 0, 15, 14);

/** One simulated platform, and the one source that reads it. */
export class PolledPlatform {
  private services: PollService[] = [];

  private constructor(
    readonly platform: SimulatedPlatform,
    readonly key: string,
    readonly test: TestDatabase,
    readonly clock: ManualClock,
    readonly simulators: Simulators,
    private readonly poll: Partial<PollConfig>,
  ) {}

  static async start(
    platform: SimulatedPlatform,
    world: Omit<WorldOptions, 'seed' | 'start' | 'platforms'>,
    poll: Partial<PollConfig>,
  ): Promise<PolledPlatform> {
    const test = await createTestDatabase();
    const clock = new ManualClock(START);
    const simulators = await startSimulators({
      ...{ seed: 3, clock, platforms: [platform], limits: false },
      ...world,
    });
    const { key } = simulators.sources[0]!;
    const polled = new PolledPlatform(platform, key, test, clock, simulators, poll);
    await polled.startService();
    return polled;
  }

  /** A poller of its own, as after a kill: the one before wrote nothing at its end. */
  async startService(): Promise<void> {
    const source = sourceConfig({ ...this.simulators.sources[0]!, poll: this.poll });
    const service = new PollService(testConfig([source]), this.test.database, RETRY);
    this.services.push(service);
    await service.reconcile();
  }

  async close(): Promise<void> {
    await Promise.all(this.services.map((service) => service.onApplicationShutdown()));
    await this.simulators.close();
    await this.test.drop();
  }

  /** A poll that somebody asks for. */
  ask(kind: PollKind): Promise<PollSummary> {
    return this.services.at(-1)!.pollNow(this.key, kind);
  }

  /** The poll that the schedule brings: of which kind it was, and how it went. */
  async scheduled(): Promise<{ kind: PollKind; result: string }> {
    const before = (await this.polls()).length;
    await this.rows('UPDATE rollcall.source SET next_poll_at = now()');
    // A service that has told the result of a poll may not have let go of its source yet.
    await waitFor(async () => {
      if ((await this.polls()).length > before) return true;
      await this.services.at(-1)!.pollDue(1);
      return false;
    });
    return (await this.polls()).at(-1)!;
  }

  polls(): Promise<{ kind: PollKind; result: string; requests: number }[]> {
    return this.rows('SELECT kind, result, requests FROM rollcall.poll ORDER BY id');
  }

  /** As far as budgets can tell. */
  async anHourPasses(): Promise<void> {
    await this.rows(
      "UPDATE rollcall.poll SET began_at = began_at - interval '61 minutes', ended_at = ended_at - interval '61 minutes'",
    );
    await this.rows('DELETE FROM rollcall.upstream_request');
  }

  rows<T>(sql: string, values: unknown[] = []): Promise<T[]> {
    return this.test.database.query<T>(sql, values);
  }

  async source(): Promise<Record<string, unknown>> {
    return (await this.rows<Record<string, unknown>>('SELECT * FROM rollcall.source'))[0]!;
  }

  /** Addresses that the platform was asked for since the last call. */
  asked(): string[] {
    const urls = this.simulators.requests.list(this.platform).map(({ url }) => url);
    this.simulators.requests.clear();
    return urls;
  }

  /** Ids of the jobs that list pages show from now on, page by page. */
  watchLists(match: (call: Call) => boolean = () => true): string[][] {
    const pages: string[][] = [];
    this.simulators.inject(this.platform, {
      kind: 'rewrite',
      times: Infinity,
      match: (call) => isList(this.platform, call) && match(call),
      rewrite: (answer) =>
        rewriteRecords(answer, (records) => {
          pages.push(records.map((record) => String(valueAt(record, RECORD_PATHS[this.platform].id))));
          return records;
        }),
    });
    return pages;
  }

  /** Jobs that are stored otherwise than the platform has them. */
  async wrong(): Promise<unknown[]> {
    const stored = await this.rows<{ id: string; state: string }>(
      'SELECT id, state FROM rollcall.job WHERE absent_at IS NULL AND vanished_at IS NULL',
    );
    const states = new Map(stored.map(({ id, state }) => [id, state]));
    const truth = this.simulators.world.truth(this.clock.now());
    const wrong = truth.filter(({ externalId, state }) => states.get(jobId(this.key, externalId)) !== state);
    const known = new Set(truth.map(({ externalId }) => jobId(this.key, externalId)));
    return [...wrong, ...stored.filter(({ id }) => !known.has(id))];
  }
}
