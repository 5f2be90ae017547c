import { Inject, Injectable, Logger, OnApplicationShutdown, Optional } from '@nestjs/common';
import { isDeepStrictEqual } from 'node:util';
import { CONFIG, Config, SourceConfig } from '../config/config.js';
import { Connector } from '../connectors/connector.js';
import { connectorOf } from '../connectors/index.js';
import { foldContextOf } from '../connectors/record-rules.js';
import { RetryOptions } from '../connectors/shared/undici-http-client.js';
import { FinalRead } from '../domain/final-read.js';
import { Instant } from '../domain/job.js';
import { Database } from '../storage/database.js';
import { WriteContext } from '../storage/job.writer.js';
import { RequestLog } from '../storage/request.log.js';
import { USER_AGENT } from '../version.js';
import { Observer } from './observer.js';
import { Upstream } from './upstream.js';

/** In place of the HTTP client's own patience; nobody provides it but tests, which cannot wait. */
export const HTTP_RETRY = Symbol('HTTP_RETRY');

/** What this process keeps of one configured source between visits. */
export interface SourceRuntime {
  source: SourceConfig;
  connector: Connector;
  observer: Observer;
  upstream: Upstream;
  /** Final reads that the platform has refused this credential, until this process ends or a refresh may do them. */
  denied: Set<FinalRead>;
  /** When a visit of this process last found the credential refused (database time); null when none did. */
  credentialRefusedAt: Instant | null;
}

/** One runtime for each configured source, and one set of them in a process: polls and refreshes share a login and a budget. */
@Injectable()
export class SourceRuntimes implements OnApplicationShutdown {
  private readonly log = new Logger('Sources');
  private runtimes: ReadonlyMap<string, SourceRuntime>;
  /** Those that the configuration does not have any more and somebody still uses, until they are closed. */
  private readonly retiring = new Set<Promise<void>>();
  private readonly requests: RequestLog;
  private closing: Promise<void> | null = null;
  /** How many types of each source metrics tell apart. */
  readonly maxTypes: number;

  constructor(
    @Inject(CONFIG) config: Config,
    database: Database,
    @Optional() @Inject(HTTP_RETRY) private readonly retry?: RetryOptions,
  ) {
    this.maxTypes = config.metrics.maxTypes;
    this.requests = new RequestLog(database);
    this.runtimes = this.runtimesOf(config.sources, new Map());
  }

  /**
   * Takes the sources of a configuration that changed. One that did not keeps its login; polls and visits under way end with what they
   * began with.
   */
  follow(sources: readonly SourceConfig[]): void {
    const before = this.runtimes;
    this.runtimes = this.runtimesOf(sources, before);
    for (const [key, runtime] of before) if (this.runtimes.get(key) !== runtime) this.retire(runtime);
  }

  /** Undefined when this process's configuration has no such source. */
  get(key: string): SourceRuntime | undefined {
    return this.runtimes.get(key);
  }

  get keys(): string[] {
    return [...this.runtimes.keys()];
  }

  get all(): SourceRuntime[] {
    return [...this.runtimes.values()];
  }

  private runtimesOf(
    sources: readonly SourceConfig[],
    known: ReadonlyMap<string, SourceRuntime>,
  ): Map<string, SourceRuntime> {
    return new Map(
      sources.map((source) => {
        const runtime = known.get(source.key);
        const isSame = runtime !== undefined && isDeepStrictEqual(runtime.source, source);
        return [source.key, isSame ? runtime : runtimeOf(source, this.requests, this.retry)];
      }),
    );
  }

  private retire({ upstream }: SourceRuntime): void {
    const closed = upstream
      .retire()
      .catch((error: unknown) => this.log.warn({ err: error, msg: 'closing a session failed' }))
      .finally(() => this.retiring.delete(closed));
    this.retiring.add(closed);
  }

  /** Once: ends the logins where the platform has a logout, and all connections. Whoever uses them has stopped before. */
  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  onApplicationShutdown(): Promise<void> {
    return this.close();
  }

  private async end(): Promise<void> {
    const closed = await Promise.allSettled(this.all.map(({ upstream }) => upstream.close()));
    await Promise.all(this.retiring);
    for (const result of closed)
      if (result.status === 'rejected')
        this.log.warn({ err: result.reason as unknown, msg: 'closing a session failed' });
  }
}

/** What every write of a source's records has in common, whoever read them. */
export function writingOf({
  source,
  connector,
  observer,
}: Pick<SourceRuntime, 'source' | 'connector' | 'observer'>): Omit<
  WriteContext,
  'backfill' | 'pollId' | 'fence'
> {
  return {
    ...foldContextOf(source, connector),
    mapping: observer.mapping,
    labels: source.labels,
  };
}

function runtimeOf(
  source: SourceConfig,
  requests: RequestLog,
  retry: RetryOptions | undefined,
): SourceRuntime {
  const connector = connectorOf(source);
  return {
    source,
    connector,
    observer: new Observer(source, connector),
    upstream: new Upstream(source, connector, requests, USER_AGENT, retry),
    denied: new Set(),
    credentialRefusedAt: null,
  };
}
