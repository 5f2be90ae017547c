import { z } from 'zod';
import { ContractError } from '../../domain/errors.js';
import { Instant, JobAction, JsonObject } from '../../domain/job.js';
import { formatInstant } from '../../domain/timestamps.js';
import {
  Connector,
  ConnectorSource,
  FetchedRecord,
  Page,
  PageFeedback,
  ReadRequest,
  ReadResult,
  Session,
} from '../connector.js';
import { HttpClient } from '../shared/http-client.js';
import { historyStart, reachedTime } from '../shared/read-range.js';
import { asText, identifyBy, valueAt } from '../shared/record-reader.js';
import { IntegrateIoClient } from './integrate-io.client.js';
import { ATTRIBUTE_KEYS, normalizeIntegrateIo, STATUS_MAP } from './integrate-io.normalize.js';
import { fetchedTasks, readChildren, tasks, unread } from './integrate-io.tasks.js';
import {
  OrderError,
  walkByTime,
  walkInAnyOrder,
  WalkOutcome,
  WalkSource,
  WalkStart,
  wholeSecond,
} from './integrate-io.walk.js';

const auth = z.strictObject({ apiKey: z.string().min(1) });
const options = z.strictObject({
  /** The account's name in the path of every call. */
  accountId: z
    .union([z.string(), z.int().nonnegative()])
    .transform(String)
    .refine((id) => id.trim() !== '' && !/^\.{1,2}$/.test(id), 'is not the name of an account'),
});
type Auth = z.infer<typeof auth>;
type Options = z.infer<typeof options>;

export const integrateIo: Connector<Auth, Options> = {
  platform: 'integrate-io',
  defaultBaseUrl: 'https://api.xplenty.com',
  auth,
  options,
  limits: { pageSize: 100, maxPageSize: 100, settleMs: 0, proof: 'incremental' },
  statusMap: STATUS_MAP,
  normalizerVersion: 2,
  redact: [
    '$.variables.*',
    '$.dynamic_variables.*',
    '$.package.variables.*',
    // Only with `?include=log_summary`, which Rollcall never asks for; log lines can quote anything.
    '$.log_summary.body',
  ],
  identityPaths: ['id', 'status', 'package.name', 'package_id'],
  volatileAttributes: ['runtimeSeconds'],
  attributeKeys: () => ATTRIBUTE_KEYS,
  extraHosts: () => [],
  connect: (source, http) => new IntegrateIoSession(source, http),
  identify: (record) => identifyBy('id', record),
  normalize: normalizeIntegrateIo,
  tasks,
  unread,
  fetchedTasks,
};

/** The published reference's name first, then that of the older one. Which of them is obeyed shows in the answers. */
const SORTS = ['updated_at', 'updated'] as const;
const ANY_ORDER = 'any';

const time = z.iso
  .datetime()
  .transform((text) => Date.parse(text))
  .nullable();
const bookmarkSchema = z.object({ updatedAt: time, historyStart: time });
const resumeSchema = z.object({
  order: z.enum([...SORTS, ANY_ORDER]),
  since: time,
  walk: z.json(),
  consistent: z.boolean(),
  historyStart: time,
});
type Resume = z.infer<typeof resumeSchema>;

/** What one read of the list is about. */
interface Read {
  signal: AbortSignal;
  since: Instant | null;
  historyStart: Instant | null;
  resume: Resume | null;
  /** The platform's clock at the first answer; null until then, and when it sends none. */
  date: Instant | null;
}

class IntegrateIoSession implements Session {
  private readonly client: IntegrateIoClient;
  /** The orders that were not found to be ignored, best first. */
  private sorts: readonly (typeof SORTS)[number][] = SORTS;

  readonly actions: Partial<Record<JobAction, (externalId: string, signal: AbortSignal) => Promise<void>>> = {
    cancel: (externalId, signal) => this.client.stop(externalId, signal),
  };

  constructor(
    private readonly source: ConnectorSource<Auth, Options>,
    http: HttpClient,
  ) {
    this.client = new IntegrateIoClient(http, { ...source.auth, ...source.options });
  }

  async *fetchPages(request: ReadRequest): AsyncGenerator<Page, ReadResult, PageFeedback> {
    const bookmark = bookmarkSchema.safeParse(request.bookmark).data;
    const resume = resumeSchema.safeParse(request.resume).data ?? null;
    const start =
      resume === null
        ? historyStart(this.source.historyMs, bookmark?.historyStart, Date.now())
        : resume.historyStart;
    const known = bookmark?.updatedAt ?? null;
    const from = request.kind === 'sweep' ? null : (known ?? request.newsSince ?? null);
    const whole = from === null;
    const since = whole ? start : Math.max(from - this.source.overlapMs, start ?? -Infinity);
    const read: Read = {
      signal: request.signal,
      since: secondOf(since),
      historyStart: secondOf(start),
      resume,
      date: null,
    };

    const { consistent, newest } = yield* this.walk(read);
    return {
      whole: whole && consistent,
      provesChanges: consistent,
      bookmark: {
        updatedAt: textOf(consistent ? reachedTime(whole ? null : known, newest, read.date) : known),
        historyStart: textOf(read.historyStart),
      },
      truncated: false,
      upstreamTotal: null,
    };
  }

  /** Walks by time where the platform sorts as it is asked to, else in its own order. */
  private async *walk(read: Read): AsyncGenerator<Page, WalkOutcome, unknown> {
    const { resume } = read;
    const source: WalkSource = {
      limit: this.source.pageSize,
      fetch: async (query) => {
        const list = await this.client.list(query, read.signal);
        if (list === null) throw new OrderError();
        read.date ??= list.date;
        return { records: list.records, total: null, hasNext: null };
      },
    };
    const startIn = (order: string): WalkStart =>
      resume?.order === order ? resume : { since: read.since, walk: null, consistent: true };
    for (const sort of resume?.order === ANY_ORDER ? [] : this.sorts) {
      try {
        return yield* walkByTime(source, sort, startIn(sort), (at) => resumeOf(sort, at, read));
      } catch (error) {
        if (!(error instanceof OrderError)) throw error;
        this.sorts = this.sorts.filter((other) => other !== sort);
      }
    }
    return yield* walkInAnyOrder(source, startIn(ANY_ORDER), (at) => resumeOf(ANY_ORDER, at, read));
  }

  async fetchOne(externalId: string, signal: AbortSignal): Promise<FetchedRecord> {
    const record = await this.client.job(externalId, signal);
    if (asText(valueAt(record, 'id')) !== externalId)
      throw new ContractError(`Integrate.io answered another job than ${externalId}`, 'schema');
    return { record, shape: 'detail' };
  }

  fetchTasks(externalId: string, signal: AbortSignal): Promise<readonly unknown[]> {
    return readChildren((query) => this.client.children(externalId, query, signal));
  }

  async close(): Promise<void> {
    // Every call carries the key: there is no login to end.
  }
}

function resumeOf(order: Resume['order'], at: WalkStart, read: Read): JsonObject {
  return { ...at, order, since: textOf(at.since), historyStart: textOf(read.historyStart) };
}

function secondOf(instant: Instant | null): Instant | null {
  return instant === null ? null : wholeSecond(instant);
}

function textOf(instant: Instant | null): string | null {
  return instant === null ? null : formatInstant(instant);
}
