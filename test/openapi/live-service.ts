import { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Config, SCOPES, Scope } from '../../src/config/config.js';
import { PollService } from '../../src/polling/poll.service.js';
import { ManualClock } from '../../src/simulators/clock.js';
import { SIMULATED_PLATFORMS } from '../../src/simulators/life.js';
import { Simulators, startSimulators } from '../../src/simulators/simulators.js';
import { TokenStore } from '../../src/storage/token.store.js';
import { startApp } from '../support/app.js';
import { sourceConfig, testConfig } from '../support/config.js';
import { TestDatabase, createTestDatabase } from '../support/postgres.js';

const NOW = Date.UTC(2025, 0, 15, 14);
/** Far enough for jobs to have changed since the first poll. */
const A_WHILE_MS = 20_000;

/** The service over the five simulated platforms, each polled twice, listening on loopback. */
export class LiveService {
  private constructor(
    readonly app: NestFastifyApplication,
    readonly url: string,
    readonly config: Config,
    readonly test: TestDatabase,
    readonly simulators: Simulators,
  ) {}

  /**
   * @param limits whether the platforms' own request limits bite
   * @param now what the clocks of the platforms say in the end; left out, it is the same in every run
   */
  static async start({
    jobs,
    limits,
    now = NOW,
  }: {
    jobs: number;
    limits: boolean;
    now?: number;
  }): Promise<LiveService> {
    const test = await createTestDatabase();
    const clock = new ManualClock(now - A_WHILE_MS);
    const simulators = await startSimulators({
      ...{ seed: 7, jobs, limits, clock, platforms: SIMULATED_PLATFORMS, birthEveryMs: 500 },
    });
    try {
      const config = testConfig(
        simulators.sources.map((source) => sourceConfig({ ...source, label: source.key })),
      );
      config.server.auth = 'tokens';
      await pollAll(config, test, clock);
      const app = await startApp(config, test.database);
      await app.listen(0, '127.0.0.1');
      return new LiveService(app, await app.getUrl(), config, test, simulators);
    } catch (error) {
      await simulators.close();
      await test.drop();
      throw error;
    }
  }

  /** A token as it is sent. */
  async bearer(
    name: string,
    scopes: readonly Scope[] = SCOPES,
    sources: string[] | null = null,
  ): Promise<string> {
    const { token } = await new TokenStore(this.test.database).create({
      ...{ name, scopes, sources, expiresAt: null },
    });
    return `Bearer ${token}`;
  }

  async close(): Promise<void> {
    await this.app.close();
    await this.simulators.close();
    await this.test.drop();
  }
}

async function pollAll(config: Config, { database }: TestDatabase, clock: ManualClock): Promise<void> {
  const polls = new PollService(config, database);
  await polls.reconcile();
  for (const { key } of config.sources) await polls.pollNow(key, 'sweep');
  clock.advance(A_WHILE_MS);
  for (const { key } of config.sources) await polls.pollNow(key, 'incremental');
  await polls.onApplicationShutdown();
}
