import { setTimeout as delay } from 'node:timers/promises';
import { TestDatabase } from '../../test/support/postgres.js';
import { UpstreamTask, UpstreamWord } from '../programs/upstream.js';
import { Product } from './product.js';
import { Program } from './program.js';

/** The one source of a service that polls an {@link Upstream}. */
export const SOURCE = 'core';
const LOOK_EVERY_MS = 50;

/** VectorCharts core with a list of any length, in a process of its own. */
export class Upstream {
  private constructor(
    private readonly program: Program<UpstreamWord>,
    private readonly word: UpstreamWord,
  ) {}

  static async start(task: UpstreamTask): Promise<Upstream> {
    const program = Program.start<UpstreamWord>('upstream', task);
    return new Upstream(program, await program.next());
  }

  get bytes(): number {
    return this.word.bytes;
  }

  get pid(): number {
    return this.program.pid;
  }

  get baseUrl(): string {
    return this.word.baseUrl;
  }

  get token(): string {
    return this.word.token;
  }

  /** The source as a `rollcall.yaml` has it: polled once at the start, and then when it is asked for. */
  get source(): object {
    const { baseUrl, token } = this;
    return {
      key: SOURCE,
      platform: 'vectorcharts',
      baseUrl,
      auth: { token },
      options: { variant: 'core' },
      poll: { every: '7d', sweepEvery: '30d', staleAfter: '30d', timeout: '10m' },
    };
  }

  /** Some of its jobs change; twice at most. */
  change(): void {
    this.program.tell({ change: true });
  }

  end(): Promise<void> {
    return this.program.end();
  }
}

/** What one poll cost. */
export interface PollCost {
  seconds: number;
  records: number;
  discovered: number;
  changed: number;
  /** Of the whole server, from before the poll was asked for until after it: nobody else writes. */
  walBytes: number;
  /** Job rows that it wrote, new or again. */
  jobRows: number;
}

/** The polls of a service, told by what it wrote of them in its database. */
export class Polls {
  private ended = 0;

  constructor(
    private readonly test: TestDatabase,
    private readonly product: Product,
  ) {}

  /** The poll that every source begins with, a few seconds after the start of the service. */
  async first(): Promise<PollCost> {
    return this.cost(await this.state(true));
  }

  /** A poll of the whole list, once nothing of what came before is under way any more. */
  async again(): Promise<PollCost> {
    await this.settle();
    return this.atOnce();
  }

  /** A poll of the whole list. */
  async atOnce(): Promise<PollCost> {
    const before = await this.state();
    await this.product.ask(`/api/v1/sources/${SOURCE}/poll?sweep=true`, 'POST');
    return this.cost(before);
  }

  private async cost(before: State): Promise<PollCost> {
    const poll = await this.next();
    const after = await this.state();
    const [written] = await this.test.database.query<{ jobRows: number }>(
      'SELECT count(*)::float8 AS "jobRows" FROM rollcall.job WHERE xmin::text::bigint >= $1',
      [before.transaction],
    );
    return { ...poll, walBytes: after.walBytes - before.walBytes, jobRows: written!.jobRows };
  }

  /** @throws when it failed */
  private async next(): Promise<Pick<PollCost, 'seconds' | 'records' | 'discovered' | 'changed'>> {
    for (;;) {
      const polls = await this.test.database.query<
        Pick<PollCost, 'seconds' | 'records' | 'discovered' | 'changed'> & { result: string; error: unknown }
      >(
        `SELECT extract(epoch FROM ended_at - began_at)::float8 AS seconds, records, discovered, changed, result, error
         FROM rollcall.poll WHERE ended_at IS NOT NULL ORDER BY id`,
      );
      const poll = polls[this.ended];
      if (poll !== undefined) {
        const { result, error, ...told } = poll;
        if (error !== null) throw new Error(`the poll failed (${result}): ${JSON.stringify(error)}`);
        this.ended++;
        return told;
      }
      await delay(LOOK_EVERY_MS);
    }
  }

  /** What a server does of itself after a large load is done at once, so that none of it falls into the next measurement. */
  private async settle(): Promise<void> {
    const isBusy = async () => {
      const [row] = await this.test.database.query<{ busy: number }>(
        `SELECT count(*)::int AS busy FROM pg_stat_activity
         WHERE datname = current_database() AND state <> 'idle' AND pid <> pg_backend_pid() AND backend_type = 'client backend'`,
      );
      return row!.busy > 0;
    };
    while (await isBusy()) await delay(LOOK_EVERY_MS);
    await this.test.database.query('VACUUM (ANALYZE)');
    await this.test.database.query('CHECKPOINT');
  }

  /** @param isNew of a database that only its migration has written to */
  private async state(isNew = false): Promise<State> {
    const [row] = await this.test.database.query<State>(
      `SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 AS "walBytes",
         CASE WHEN $1 THEN 0 ELSE pg_current_xact_id()::text::bigint END AS transaction`,
      [isNew],
    );
    return row!;
  }
}

interface State {
  walBytes: number;
  /** The first that is later has at least this number. */
  transaction: number;
}
