import { z } from 'zod';
import { SourceError } from '../domain/errors.js';
import { FinalRead } from '../domain/final-read.js';
import { Instant, JobAction, JobFacts, Json, RecordShape } from '../domain/job.js';
import { StatusMap } from '../domain/status-map.js';
import { TaskFacts } from '../domain/task.js';
import { HttpClient } from './shared/http-client.js';

/**
 * The code that reads one platform. A connector holds no state of its own: one instance serves every source of its
 * platform, and everything that belongs to a source arrives in the context.
 */
export interface Connector<Auth = unknown, Options = unknown> {
  /** The platform's name and the folder's name. */
  readonly platform: string;
  /** The platform's one public host, where it has one; a source may then leave `baseUrl` out. */
  readonly defaultBaseUrl: string | null;
  /** Checks a source's `auth` block. */
  readonly auth: z.ZodType<Auth>;
  /** Checks a source's `options` block. */
  readonly options: z.ZodType<Options>;
  readonly limits: ConnectorLimits;
  /** In place of `limits.proof` where that depends on the options. */
  proof?(options: Options): ConnectorLimits['proof'];
  /** Vendor word → state and reason. A source's `statusOverrides` are laid over it. */
  readonly statusMap: StatusMap;
  /** Changes whenever `normalize` or `tasks` would answer differently for the same record; part of a record's hash. */
  readonly normalizerVersion: number;
  /** Paths that are redacted before anything else sees the record, beside the source's own list. */
  readonly redact: readonly string[];
  /** Paths that may not be redacted: the id, the status and the type. */
  readonly identityPaths: readonly string[];

  /** The platform's keys of a job's `attributes`: always present, null when not given. */
  attributeKeys(options: Options): readonly string[];
  /** Dotted attribute paths that tick along: a change of them alone is no change of the job. */
  readonly volatileAttributes: readonly string[];

  /** Hosts beside the base URL's that this source's credentials are exchanged at (`tokenUrl`), with their port where it is not the scheme's. */
  extraHosts(auth: Auth): readonly string[];

  /** Opens a session with one source: one HTTP client, one login. */
  connect(source: ConnectorSource<Auth, Options>, http: HttpClient): Session;

  /**
   * The record's own id, as text.
   * @throws RecordError when the record is not an object or has no usable id
   */
  identify(record: unknown, shape: RecordShape): string;

  /**
   * Pure: no clock, no I/O.
   * @throws RecordError when the record is not an object, has no usable id, or carries an unreadable time
   */
  normalize(record: unknown, context: NormalizeContext<Options>): JobFacts;

  /**
   * The parts of a job that its record carries, in the platform's order. Pure, of a record that `normalize` could read, and never
   * throws: what cannot be read is null. Undefined when this record does not carry them, so that the stored ones stay.
   */
  tasks?(record: unknown, context: NormalizeContext<Options>): TaskFacts[] | undefined;

  /**
   * What a job's record leaves to a request of its own; null for nothing. It is read once when the job has ended (each ended job costs
   * this request), and on refresh. Pure, of a record that `normalize` could read. Absent where records say everything.
   */
  unread?(record: unknown, facts: JobFacts, shape: RecordShape): FinalRead | null;

  /** The parts of a job that `fetchTasks` gave, in the same order. Pure, and never throws: what cannot be read is null. */
  fetchedTasks?(records: readonly unknown[], context: TaskContext<Options>): TaskFacts[];
}

export interface ConnectorLimits {
  /** The platform's best page size, used unless `poll.pageSize` says otherwise. */
  pageSize: number;
  maxPageSize: number;
  /** How long after a change its record may still be missing from reads (Elastic Path: 60 s). */
  settleMs: number;
  /** `list`: every poll reads the whole collection. `sweep`: only a sweep proves all changes. `incremental`: a quiet poll does. */
  proof: 'list' | 'sweep' | 'incremental';
}

/** What a connector may know of its source. Secrets are in `auth` and nowhere else. */
export interface ConnectorSource<Auth = unknown, Options = unknown> {
  key: string;
  baseUrl: string;
  auth: Auth;
  options: Options;
  pageSize: number;
  /** How far an incremental read reaches back behind its bookmark, milliseconds. */
  overlapMs: number;
  /** How far back a first read goes, milliseconds; null for everything. */
  historyMs: number | null;
}

export interface NormalizeContext<Options = unknown> {
  options: Options;
  shape: RecordShape;
  baseUrl: string;
  statusMap: StatusMap;
  /** When this read began (database time): the value of `observed` times. */
  observedAt: Instant;
  /**
   * True where somebody asks why: `rules` of the facts then tell how every field was decided. Else they stay empty, since telling takes
   * up to three times as long as reading (VectorCharts 4.0 against 1.1 µs a record, GitHub Actions 28 against 9).
   */
  explains?: boolean;
}

/** What is known where tasks are read that their own route gave. */
export type TaskContext<Options = unknown> = Omit<NormalizeContext<Options>, 'shape' | 'observedAt'>;

/** One live connection to one source. `close` ends the login where the platform has a logout. */
export interface Session {
  /**
   * Reads the collection page by page, oldest knowledge first used: pages before a fault stay. The consumer answers each page
   * with what the store already knew of it, which lets a newest-first walk stop.
   * @throws SourceError only
   */
  fetchPages(request: ReadRequest): AsyncGenerator<Page, ReadResult, PageFeedback>;

  /**
   * Reads one job by its own page. Absent where the platform has none.
   * @throws JobGoneError when the platform does not know the id
   */
  fetchOne?(externalId: string, signal: AbortSignal): Promise<FetchedRecord>;

  /**
   * Reads a job's tasks by their own route, as many of the first as are kept (`MAX_TASKS`), in the platform's order. Absent where the platform has none.
   * @throws JobGoneError when the platform knows no tasks of such a job
   */
  fetchTasks?(externalId: string, signal: AbortSignal): Promise<readonly unknown[]>;

  /** What the platform lets a client do to a job; only those that a job lists in `actions` are ever called. */
  actions?: Partial<Record<JobAction, (externalId: string, signal: AbortSignal) => Promise<void>>>;

  close(): Promise<void>;
}

export interface ReadRequest {
  /** `sweep` reads the whole collection and may prove absence; `incremental` reads what can have changed. */
  kind: 'incremental' | 'sweep';
  /** What the last completed read of this source left for the next; null before the first. */
  bookmark: Json;
  /**
   * While the first read is under way there is no bookmark yet: its start, by the upstream's clock. What changed since then is what an
   * incremental read is asked for. Absent when no first read is under way.
   */
  newsSince?: Instant;
  /** Where an interrupted walk of the same kind stopped (the last page's `resume`); null to begin anew. */
  resume: Json;
  signal: AbortSignal;
}

export interface Page {
  /** Raw records as parsed; a page of a streamed array is one slice of it. */
  records: readonly unknown[];
  shape: RecordShape;
  /** Stored with the page's rows; a killed walk goes on from it. Null where the walk cannot be resumed. */
  resume: Json;
  /** Records that `history` leaves out: older than the configured limit. */
  skippedOld: number;
}

export interface PageFeedback {
  /** Every record of the page was stored before, is unchanged, and is terminal. */
  settled: boolean;
}

/** One record of a by-id read; the platforms with lists on their by-id page (WorkfloPlus) pick the one that was asked for. */
export interface FetchedRecord {
  record: unknown;
  shape: RecordShape;
  /** Why a further page that belongs to the record could not be read; what the job's own page said counts all the same. */
  incomplete?: SourceError;
}

export interface ReadResult {
  /** Every job that the platform lists was on some page and the walk stayed consistent: absence proves absence. */
  whole: boolean;
  /** Once the open jobs have been re-read too, every upstream change before this read's start is known. */
  provesChanges: boolean;
  /** For the next incremental read; taken from upstream values only. */
  bookmark: Json;
  /** The platform does not let its collection be read whole. */
  truncated: boolean;
  /** The total that the platform claims; shown, never proof. Null where it gives none. */
  upstreamTotal: number | null;
}
