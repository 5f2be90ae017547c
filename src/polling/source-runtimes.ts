import { Inject, Injectable, Logger, OnApplicationShutdown, Optional } from '@nestjs/common';
import { CONFIG, Config, SourceConfig } from '../config/config.js';
import { Connector } from '../connectors/connector.js';
import { connectorOf } from '../connectors/index.js';
import { foldContextOf } from '../connectors/record-rules.js';
import { RetryOptions } from '../connectors/shared/undici-http-client.js';
import { FinalRead } from '../domain/final-read.js';
import { Database } from '../storage/database.js';
import { WriteContext } from '../storage/job.writer.js';
import { SourceStore } from '../storage/source.store.js';
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
}

/** One runtime for each configured source, and one set of them in a process: polls and refreshes share a login and a budget. */
@Injectable()
export class SourceRuntimes implements OnApplicationShutdown {
  private readonly log = new Logger('Sources');
  private readonly runtimes: ReadonlyMap<string, SourceRuntime>;
  private closing: Promise<void> | null = null;
  /** How many types of each source metrics tell apart. */
  readonly maxTypes: number;

  constructor(
    @Inject(CONFIG) config: Config,
    database: Database,
    @Optional() @Inject(HTTP_RETRY) retry?: RetryOptions,
  ) {
    this.maxTypes = config.metrics.maxTypes;
    const store = new SourceStore(database);
    this.runtimes = new Map(config.sources.map((source) => [source.key, runtimeOf(source, store, retry)]));
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

function runtimeOf(source: SourceConfig, store: SourceStore, retry: RetryOptions | undefined): SourceRuntime {
  const connector = connectorOf(source);
  return {
    source,
    connector,
    observer: new Observer(source, connector),
    upstream: new Upstream(source, connector, store, USER_AGENT, retry),
    denied: new Set(),
  };
}
