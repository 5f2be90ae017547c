import { SourceConfig } from '../../config/config.js';
import { Connector, ReadRequest, ReadResult, Session } from '../../connectors/connector.js';
import { connectorOfManifest } from '../../connectors/http/manifest.js';
import { createHttpClient } from '../../connectors/shared/undici-http-client.js';
import { AuthError, ErrorKind, RateLimitError, SourceConfigError, SourceError } from '../../domain/errors.js';
import { Instant, Json, RecordShape } from '../../domain/job.js';
import { isTerminal } from '../../domain/job-state.js';
import { isReject, Observer, Sighting } from '../../polling/observer.js';
import { Exchange, ExchangeLog, secretsIn } from '../../preview/exchange-log.js';
import { ConditionalAnswer, SeenJob, SeenPage, SeenRead, Watched, wholeReads } from './observed.js';

const HOUR_MS = 3_600_000;

/** Of the source's hourly budget; the rest is for a service that polls it meanwhile. */
const BUDGET_SHARE = 1 / 2;

/** Of one read: what is behind it is not looked at. */
const MAX_PAGES = 200;

/** Into how many pages a probe cuts the collection. */
const PROBE_PAGES = 4;

/** The longest wait for a platform that asks for patience. */
const LONGEST_PAUSE_MS = 600_000;

export interface WatchOptions {
  forMs: number;
  /** From the beginning of one round to that of the next. */
  everyMs: number;
  userAgent: string;
  /** Ends the watch early; what was seen until then counts. */
  signal: AbortSignal;
  clock?: () => Instant;
  /** Waits; ends early, without an error, when the signal is aborted. */
  pause: (ms: number, signal: AbortSignal) => Promise<void>;
  onRead?: (read: SeenRead, leftMs: number) => void;
}

/** Why a watch was at its end. */
export type WatchEnd = 'time' | 'budget' | 'interrupted' | 'refused';

export interface WatchResult {
  watched: Watched;
  end: WatchEnd;
  /** Requests that the watch may make in an hour. */
  allowance: number;
}

/**
 * Watches an upstream: again and again what changed, and everything, as polls read it, and once everything in small pages. Stores nothing.
 * @throws SourceError when the first read of everything fails
 */
export async function watchSource(
  source: SourceConfig,
  connector: Connector,
  options: WatchOptions,
): Promise<WatchResult> {
  const watch = new Watch(source, connector, options);
  try {
    return await watch.run();
  } finally {
    await watch.close();
  }
}

class Watch {
  private readonly reads: SeenRead[] = [];
  private readonly clock: () => Instant;
  private readonly log: ExchangeLog;
  private readonly http;
  private readonly session: Session;
  private readonly observer: Observer;
  private readonly allowance: number;
  /** When each request of the last hour was sent. */
  private spent: Instant[] = [];
  /** Every job as it was shown last. A record that comes again unchanged is kept once, however often it is read. */
  private readonly known = new Map<string, SeenJob>();
  /** The credential, or the configuration, was refused after a good beginning: asking on could lock an account. */
  private refused = false;
  /** Where the next read of changes begins. */
  private bookmark: Json = null;
  private conditional: ConditionalAnswer = 'not-asked';

  constructor(
    private readonly source: SourceConfig,
    private readonly connector: Connector,
    private readonly options: WatchOptions,
  ) {
    const { baseUrl, auth, poll } = source;
    const { timeoutMs, concurrency, maxRequestsPerHour } = poll;
    this.clock = options.clock ?? Date.now;
    this.log = new ExchangeLog(secretsIn(auth));
    this.allowance = Math.max(1, Math.floor(maxRequestsPerHour * BUDGET_SHARE));
    this.http = createHttpClient({
      baseUrl,
      timeoutMs,
      concurrency,
      userAgent: options.userAgent,
      allowedHosts: connector.extraHosts(auth),
      spend: () => this.spend(),
      clock: this.clock,
      onResponse: this.log.note,
      wait: async (ms, signal) => {
        await options.pause(ms, signal);
        signal.throwIfAborted();
      },
    });
    this.session = this.connect(connector, poll.pageSize);
    this.observer = new Observer(source, connector);
  }

  async run(): Promise<WatchResult> {
    const until = this.clock() + this.options.forMs;
    const first = await this.readWhole();
    if (first.fault !== null) throw new FirstReadError(first.fault.kind, first.fault.message);
    await this.askAgain();
    if (!this.refused) await this.probe(first);
    let end: WatchEnd = 'time';
    for (let { beganAt } = first; ;) {
      const next = beganAt + this.options.everyMs;
      if (next > until) break;
      await this.options.pause(Math.max(0, next - this.clock()), this.options.signal);
      end = this.mayGoOn();
      if (end !== 'time') break;
      beganAt = this.clock();
      if (!this.isList) await this.readChanges();
      if (!this.refused) await this.readWhole();
    }
    // What changed just before the last whole read has to have its chance.
    if (!this.isList && this.mayGoOn() === 'time') await this.readChanges();
    return { watched: this.watched(), end, allowance: this.allowance };
  }

  async close(): Promise<void> {
    try {
      await this.session.close();
    } finally {
      await this.http.close();
    }
  }

  private watched(): Watched {
    const { limits } = this.connector;
    return {
      reads: this.reads,
      exchanges: this.log.exchanges,
      conditional: this.conditional,
      poll: this.source.poll,
      proof: this.proof,
      settleMs: limits.settleMs,
      readsById: this.session.fetchOne !== undefined,
      updatedNames: updatedNamesOf(this.source.manifest),
      maxPageSize: limits.maxPageSize,
    };
  }

  private get proof(): Watched['proof'] {
    return this.connector.proof?.(this.source.options) ?? this.connector.limits.proof;
  }

  private get isList(): boolean {
    return this.proof === 'list';
  }

  private connect(connector: Connector, pageSize: number): Session {
    const { key, baseUrl, auth, options, poll } = this.source;
    const { overlapMs, historyMs } = poll;
    return connector.connect({ key, baseUrl, auth, options, pageSize, overlapMs, historyMs }, this.http);
  }

  private async readWhole(): Promise<SeenRead> {
    const { read, result } = await this.read(this.session, 'whole', this.source.poll.pageSize);
    // Reads of changes go on from each other, so that what one of them left out stays left out.
    if (result !== null && this.bookmark === null) this.bookmark = result.bookmark;
    return read;
  }

  private async readChanges(): Promise<void> {
    const { result } = await this.read(this.session, 'changes', this.source.poll.pageSize);
    if (result !== null) this.bookmark = result.bookmark;
  }

  /** Everything once more in smaller pages; what is declared is read as if pages joined of themselves. */
  private async probe(first: SeenRead): Promise<void> {
    const records = first.pages.reduce((sum, { jobs, rejected }) => sum + jobs.length + rejected, 0);
    const { pageSize } = this.source.poll;
    const size = Math.min(pageSize - 1, Math.ceil(records / PROBE_PAGES));
    if (records < 2 || size < 1 || first.cut || this.left < first.requests + 2 * PROBE_PAGES) return;
    const { manifest } = this.source;
    const naive = manifest === undefined ? this.connector : connectorOfManifest(withoutOverlap(manifest));
    const session = this.connect(naive, size);
    try {
      await this.read(session, 'probe', size, manifest !== undefined);
    } finally {
      await session.close();
    }
  }

  private async read(
    session: Session,
    kind: SeenRead['kind'],
    pageSize: number,
    naive = false,
  ): Promise<{ read: SeenRead; result: ReadResult | null }> {
    const beganAt = this.clock();
    const began = performance.now();
    const requestsBefore = this.log.exchanges.length;
    const pages: SeenPage[] = [];
    let result: ReadResult | null = null;
    let fault: SeenRead['fault'] = null;
    try {
      result = await this.walk(session, kind, pages);
    } catch (error) {
      fault = await this.faultOf(error);
    }
    const read: SeenRead = {
      kind,
      beganAt,
      pageSize,
      naive,
      pages,
      cut: result === null,
      fault,
      whole: result?.whole ?? false,
      truncated: result?.truncated ?? false,
      total: result?.upstreamTotal ?? null,
      requests: this.log.exchanges.length - requestsBefore,
      ms: Math.round(performance.now() - began),
    };
    // What was cut off by whoever watches is no fault of the platform's.
    if (fault === null || !this.options.signal.aborted) this.reads.push(read);
    this.options.onRead?.(read, this.left);
    return { read, result };
  }

  /** Null when there are more pages than are looked at. */
  private async walk(
    session: Session,
    kind: SeenRead['kind'],
    pages: SeenPage[],
  ): Promise<ReadResult | null> {
    const isSweep = kind !== 'changes';
    const request: ReadRequest = {
      kind: isSweep ? 'sweep' : 'incremental',
      bookmark: isSweep ? null : this.bookmark,
      resume: null,
      signal: this.options.signal,
    };
    const walk = session.fetchPages(request);
    try {
      let settled = false;
      for (let count = 0; count <= MAX_PAGES; count++) {
        const { done, value } = await walk.next({ settled });
        if (done === true) return value;
        settled = this.see(value.records, value.shape, listIn(value.resume), pages);
      }
      return null;
    } finally {
      await walk.return(undefined as never);
    }
  }

  /** @returns whether every record was known, unchanged and finished */
  private see(
    records: readonly unknown[],
    shape: RecordShape,
    list: string | null,
    pages: SeenPage[],
  ): boolean {
    const readAt = this.clock();
    const { sightings, rejects } = this.observer.identify(records, shape, readAt);
    const jobs: SeenJob[] = [];
    let rejected = rejects.length;
    let settled = true;
    for (const sighting of sightings) {
      const before = this.known.get(sighting.externalId);
      const job =
        before?.fingerprint === fingerprintOf(sighting) ? before : this.seenJob(sighting, shape, readAt);
      if (job === null) {
        rejected++;
        continue;
      }
      if (job !== before || !isTerminal(job.state)) settled = false;
      this.known.set(job.externalId, job);
      jobs.push(job);
    }
    pages.push({ jobs, rejected, list });
    return settled && rejected === 0;
  }

  /** Null for a record that cannot be read. */
  private seenJob(sighting: Sighting, shape: RecordShape, readAt: Instant): SeenJob | null {
    const item = this.observer.normalize(sighting, shape, readAt);
    if (isReject(item)) return null;
    const { state, rawStatus, createdAt, startedAt, finishedAt, evidence, provenance } = item.facts;
    return {
      externalId: sighting.externalId,
      state,
      rawStatus,
      createdAt: createdAt ?? null,
      startedAt: startedAt ?? null,
      // What we observed is no time of the platform's.
      finishedAt: provenance.finishedAt === 'observed' ? null : (finishedAt ?? null),
      evidence,
      fingerprint: fingerprintOf(sighting),
    };
  }

  /** Asks for the last list once more, if it has not changed. */
  private async askAgain(): Promise<void> {
    const last = this.log.exchanges.findLast(isListAnswer);
    const etag = last?.headers['etag'];
    const sent = last === undefined ? null : this.log.again(last);
    if (etag === undefined || sent === null) {
      this.conditional = last === undefined ? 'not-asked' : 'none-offered';
      return;
    }
    if (this.left < 1) return;
    try {
      const response = await this.http.request({
        method: 'GET',
        url: sent.url,
        headers: { ...sent.headers, 'if-none-match': etag },
        signal: this.options.signal,
      });
      await response.text();
      if (response.status === 304) this.conditional = 'honoured';
      else if (response.headers['etag'] === etag) this.conditional = 'ignored';
    } catch (error) {
      // It was asked beside the reads; theirs say what is wrong.
      await this.faultOf(error);
    }
  }

  /** What a read met. @throws what is no fault of the upstream, and what refuses us from the beginning */
  private async faultOf(error: unknown): Promise<{ kind: ErrorKind; message: string }> {
    if (!(error instanceof SourceError)) throw error;
    const isLasting = error instanceof AuthError || error instanceof SourceConfigError;
    if (isLasting && this.reads.length === 0) throw error;
    if (isLasting) this.refused = true;
    if (error instanceof RateLimitError && error.retryAfterMs !== null && this.reads.length > 0)
      await this.options.pause(Math.min(error.retryAfterMs, LONGEST_PAUSE_MS), this.options.signal);
    return { kind: error.kind, message: error.message };
  }

  private mayGoOn(): WatchEnd {
    if (this.options.signal.aborted) return 'interrupted';
    if (this.refused) return 'refused';
    const whole = wholeReads({ reads: this.reads }).at(-1)?.requests ?? 1;
    const changes = this.reads.findLast(({ kind }) => kind === 'changes')?.requests ?? 0;
    return this.left < whole + changes + 1 ? 'budget' : 'time';
  }

  /** Requests that the watch may still make in this hour. */
  private get left(): number {
    this.spent = this.spent.filter((sentAt) => sentAt > this.clock() - HOUR_MS);
    return this.allowance - this.spent.length;
  }

  private spend(): void {
    if (this.left < 1)
      throw new RateLimitError(`half of poll.maxRequestsPerHour is spent (${this.allowance} requests)`, null);
    this.spent.push(this.clock());
  }
}

function fingerprintOf({ hash }: Sighting): string {
  return hash.toString('base64url');
}

/** The first read failed: there is nothing to watch. */
export class FirstReadError extends SourceError {
  constructor(
    readonly kind: ErrorKind,
    message: string,
  ) {
    super(message);
  }
}

/** A JSON answer that could be a list's: what a login answers is asked for by POST. */
function isListAnswer({ method, status }: Exchange): boolean {
  return method === 'GET' && status === 200;
}

function listIn(resume: Json): string | null {
  const list =
    typeof resume === 'object' && resume !== null && !Array.isArray(resume) ? resume['list'] : null;
  return typeof list === 'string' ? list : null;
}

/** The expressions by which a manifest dates a job's last change. */
function updatedNamesOf(manifest: SourceConfig['manifest']): string[] {
  if (manifest === undefined) return [];
  const filters = manifest.lists.flatMap(({ incremental }) => incremental?.time ?? []);
  const times = [manifest.record.times.updatedAt ?? []].flat();
  return [...filters, ...times.flatMap((time) => (typeof time === 'string' ? time : (time.from ?? [])))];
}

function withoutOverlap(
  manifest: NonNullable<SourceConfig['manifest']>,
): NonNullable<SourceConfig['manifest']> {
  return {
    ...manifest,
    lists: manifest.lists.map((list) =>
      list.pagination.type === 'offset' ? { ...list, pagination: { ...list.pagination, overlap: 0 } } : list,
    ),
  };
}
