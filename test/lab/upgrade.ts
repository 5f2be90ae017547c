import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stringify } from 'yaml';
import { ManualClock } from '../../src/simulators/clock.js';
import { SIMULATED_PLATFORMS } from '../../src/simulators/life.js';
import { Simulators, startSimulators } from '../../src/simulators/simulators.js';
import { Database, openDatabase } from '../../src/storage/database.js';
import { createBareDatabase } from '../support/postgres.js';
import { quietLog } from '../support/quiet-log.js';
import { waitFor } from '../support/wait-for.js';
import { check, Findings } from './check.js';
import { noteClaims, overlappingPolls } from './claims.js';
import { freePorts } from './platforms/processes.js';
import { proveAll } from './settle.js';
import { Readers } from './upgrade-readers.js';
import { Release, Running } from './upgrade-release.js';

export interface UpgradeOptions {
  seed: number;
  /** Jobs at the start, over all platforms. */
  jobs: number;
  /** Polls of each source in each phase, at least. */
  polls: number;
}

export interface UpgradeReport extends Findings {
  /** What a reader was answered that it should not have been, what a log says, and what a command did not do. */
  faults: string[];
  /** Polls of one source that overlapped. */
  simultaneous: string[];
  /** Jobs of which a reader of the feed did not hear the last event; described. */
  unheard: string[];
  readers: Readers['answers'];
  /** Claims of sources by processes of either release while both ran. */
  claims: { old: number; new: number };
  polls: number;
  phases: string[];
}

const START = Date.UTC(2025, 0, 15, 14);
/** The world goes on by this, so often. */
const TICK_MS = 50;
/** A bound on hanging, and no expectation of speed. */
const SETTLE_WITHIN_MS = 300_000;

/**
 * Two processes of an older release poll and answer; the new one migrates their database, and takes their place one after the other. Readers
 * ask all the while.
 */
export async function runUpgrade(old: Release, options: UpgradeOptions): Promise<UpgradeReport> {
  const lab = await UpgradeLab.open(options);
  try {
    return await lab.upgrade(old, Release.present);
  } finally {
    await lab.close();
  }
}

class UpgradeLab {
  private readonly running: Running[] = [];
  private readonly readers = new Readers(this.running);
  private readonly faults: string[] = [];
  private readonly phases: string[] = [];
  private database: Database | null = null;
  private ticking: NodeJS.Timeout | undefined;

  private constructor(
    private readonly options: UpgradeOptions,
    private readonly simulators: Simulators,
    private readonly clock: ManualClock,
    private readonly folder: string,
    private readonly bare: { url: string; drop(): Promise<void> },
  ) {}

  static async open(options: UpgradeOptions): Promise<UpgradeLab> {
    const bare = await createBareDatabase();
    const clock = new ManualClock(START);
    const simulators = await startSimulators({
      ...{ seed: options.seed, jobs: options.jobs, clock, platforms: SIMULATED_PLATFORMS, limits: false },
      ...{ paceMs: 3_000, birthEveryMs: 100, historyMs: 3_600_000 },
    });
    const folder = await mkdtemp(path.join(tmpdir(), 'rollcall-upgrade-'));
    const poll = {
      ...{ every: '1s', sweepEvery: '5s', overlap: '30s', timeout: '10s' },
      maxRequestsPerHour: 1_000_000,
    };
    const sources = simulators.sources.map((source) => ({ ...source, poll }));
    await writeFile(path.join(folder, 'rollcall.yaml'), stringify({ server: { auth: 'none' }, sources }));
    return new UpgradeLab(options, simulators, clock, folder, bare);
  }

  async close(): Promise<void> {
    clearInterval(this.ticking);
    await this.readers.end();
    await Promise.all(this.running.map((running) => running.kill()));
    await this.database?.close();
    await this.simulators.close();
    await rm(this.folder, { recursive: true });
    await this.bare.drop();
  }

  async upgrade(old: Release, present: Release): Promise<UpgradeReport> {
    const first = [await this.start(old), await this.start(old)] as const;
    this.database = await openDatabase({ url: this.bare.url, dataDir: '', poolSize: 3, log: quietLog() });
    await noteClaims(this.database);
    this.ticking = setInterval(() => this.clock.advance(TICK_MS), TICK_MS);
    this.readers.start();
    await this.phase('the old release alone');

    const { code, output } = await present.command(['migrate'], this.environment, this.folder);
    if (code !== 0) throw new Error(`rollcall migrate ended with ${code}:\n${output}`);
    await this.phase('the old release on the new schema');
    // what crashes in the middle of an upgrade does not come back as the old release
    const refused = await old.command(['serve'], { ...this.environment, ROLLCALL_PORT: '0' }, this.folder);
    if (refused.code !== 1 || !refused.output.includes('newer release'))
      this.faults.push(
        `a start of the old release on the new schema ended with ${refused.code}: ${refused.output}`,
      );

    await this.start(present);
    await this.phase('two old processes and a new one');
    await this.stop(first[0]);
    await this.phase('an old process and a new one');
    await this.start(present);
    await this.phase('an old process and two new ones');
    const claims = await this.claims(first);
    await this.stop(first[1]);
    await this.phase('the new release alone');

    clearInterval(this.ticking);
    await proveAll(this.database, 2, SETTLE_WITHIN_MS);
    await waitFor(async () => (await this.unheard()).length === 0, 30_000).catch(() => null);
    return this.report(claims);
  }

  private get environment(): Record<string, string> {
    return { DATABASE_URL: this.bare.url };
  }

  private async start(release: Release): Promise<Running> {
    const [port] = await freePorts(1);
    const running = release.serve(this.folder, port!, this.environment);
    // killed with the others, whatever becomes of it
    running.isLeaving = true;
    this.running.push(running);
    await waitFor(() => running.isReady(), SETTLE_WITHIN_MS);
    running.isLeaving = false;
    return running;
  }

  private async stop(running: Running): Promise<void> {
    const code = await running.stop();
    if (code !== 0) this.faults.push(`${running.name} ended with ${code}`);
  }

  /** Until each source was polled so often since now, by whomever. */
  private async phase(name: string): Promise<void> {
    const { polls } = this.options;
    const [last] = await this.query<{ id: number }>('SELECT coalesce(max(id), 0) AS id FROM rollcall.poll');
    await waitFor(async () => {
      const polled = await this.query(
        'SELECT source_key FROM rollcall.poll WHERE id > $1 GROUP BY 1 HAVING count(*) >= $2',
        [last!.id, polls],
      );
      return polled.length === this.simulators.sources.length;
    }, SETTLE_WITHIN_MS);
    const { pages, feed } = this.readers.answers;
    this.phases.push(
      `${name}: ${pages} pages and ${feed} of the feed so far, ${this.readers.faults.length} faults`,
    );
  }

  /** Of processes that are one of these, and of others, since the others came. */
  private async claims(olds: readonly Running[]): Promise<UpgradeReport['claims']> {
    const [row] = await this.query<{ old: number; new: number }>(
      `SELECT count(*) FILTER (WHERE split_part(owner, '/', 2) = ANY($1::text[])) AS old,
         count(*) FILTER (WHERE split_part(owner, '/', 2) <> ALL($1::text[])) AS new
       FROM lab.claim WHERE at >= (SELECT min(at) FROM lab.claim WHERE split_part(owner, '/', 2) <> ALL($1::text[]))`,
      [olds.map(({ pid }) => String(pid))],
    );
    return row!;
  }

  private async unheard(): Promise<string[]> {
    const jobs = await this.query<{ source: string; externalId: string; version: number }>(
      'SELECT source_key AS source, external_id AS "externalId", version FROM rollcall.job',
    );
    return jobs.flatMap(({ source, externalId, version }) =>
      Object.entries(this.readers.heard).flatMap(([reader, heard]) => {
        const last = heard.get(`${source}/${externalId}`) ?? 0;
        return last === version
          ? []
          : [`${source}/${externalId} is at ${version}, the ${reader} feed at ${last}`];
      }),
    );
  }

  private async report(claims: UpgradeReport['claims']): Promise<UpgradeReport> {
    const { world, sources } = this.simulators;
    const database = this.database!;
    const findings = await check(database, {
      world,
      sources: new Map(world.platforms.map((platform, place) => [platform, sources[place]!.key])),
      now: this.clock.now(),
      removed: [],
      strangers: new Set(),
    });
    const [count] = await this.query<{ polls: number }>('SELECT count(*) AS polls FROM rollcall.poll');
    const logged = this.running.flatMap(({ name, log }) =>
      log
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => `${name} logged ${line}`),
    );
    return {
      ...findings,
      faults: [...this.faults, ...this.readers.faults, ...logged],
      simultaneous: await overlappingPolls(database),
      unheard: await this.unheard(),
      readers: this.readers.answers,
      claims,
      polls: count!.polls,
      phases: this.phases,
    };
  }

  private query<T>(sql: string, values: readonly unknown[] = []): Promise<T[]> {
    return this.database!.query<T>(sql, values);
  }
}
