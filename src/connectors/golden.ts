import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { MockAgent } from 'undici';
import { parse } from 'yaml';
import { z } from 'zod';
import {
  JobGoneError,
  RateLimitError,
  RecordError,
  SourceError,
  UnavailableError,
} from '../domain/errors.js';
import { FinalRead } from '../domain/final-read.js';
import { FieldRule, Instant, JobFacts, Json, TIME_FIELDS } from '../domain/job.js';
import { JOB_STATES } from '../domain/job-state.js';
import { TaskFacts } from '../domain/task.js';
import { formatInstant } from '../domain/timestamps.js';
import {
  Connector,
  ConnectorSource,
  FetchedRecord,
  NormalizeContext,
  ReadResult,
  Session,
} from './connector.js';
import { SHIPPED_FOLDER, shippedManifests } from './http/manifest.js';
import { manifestFaults } from './http/manifest.rules.js';
import { manifestSchema } from './http/manifest.schema.js';
import { connectorOf } from './index.js';
import { HttpClient } from './shared/http-client.js';
import { createRedactor } from './shared/redaction.js';
import { createHttpClient } from './shared/undici-http-client.js';

/**
 * Golden cases: a folder of data that replays one read of a connector under the real HTTP client, with undici's MockAgent in
 * place of the network. `UPDATE_GOLDEN=1` rewrites the expectations; the diff is reviewed by hand.
 */

/** When every golden read begins: the value of `observed` times. */
export const GOLDEN_NOW: Instant = Date.UTC(2026, 0, 15, 10, 0, 0);

const json: z.ZodType<Json> = z.json();

const sourceSchema = z.strictObject({
  /** Of the platform `http`: the name of a shipped manifest, or a file in the platform's folder. */
  manifest: z.string().optional(),
  baseUrl: z.string().optional(),
  auth: z.record(z.string(), z.unknown()).optional(),
  options: z.record(z.string(), z.unknown()).optional(),
  pageSize: z.number().int().positive().optional(),
  overlapMs: z.number().int().nonnegative().optional(),
  historyMs: z.number().int().positive().nullable().optional(),
});
type SourceInput = z.infer<typeof sourceSchema>;

const caseSchema = z.strictObject({
  /** Why the case exists. */
  why: z.string().min(1),
  payload: z.enum(['recorded', 'documented', 'constructed']),
  /** Where the payload, or the rule that it shows, comes from. */
  reference: z.string().min(1),
  /** What had to be mended in a document's sample, which is otherwise verbatim. */
  mended: z.string().optional(),
  /** `one`: a job's own page. `tasks`: a job's tasks by their own route. */
  read: z.enum(['incremental', 'sweep', 'one', 'tasks']).default('sweep'),
  externalId: z.string().optional(),
  bookmark: json.default(null),
  resume: json.default(null),
  source: sourceSchema.default({}),
  redact: z.array(z.string()).default([]),
  statusOverrides: z
    .record(
      z.string(),
      z.strictObject({ state: z.enum(JOB_STATES), reason: z.string().nullable().default(null) }),
    )
    .default({}),
  /** Pages, counted from 0, that the store answers with `settled`. */
  settledPages: z.array(z.number().int().nonnegative()).default([]),
});
export type GoldenCase = z.infer<typeof caseSchema>;

const exchangeSchema = z.strictObject({
  request: z.strictObject({
    method: z.string(),
    /** Path and query exactly as sent; absolute for another host than the source's. */
    url: z.string(),
    /** Those that must be sent, with these values. */
    headers: z.record(z.string(), z.string()).default({}),
    /** Exact text, or JSON that the body must equal. */
    body: z.unknown().optional(),
  }),
  response: z.strictObject({
    status: z.number().int(),
    headers: z.record(z.string(), z.string()).default({}),
    json: z.unknown().optional(),
    text: z.string().optional(),
  }),
});
type Exchange = z.infer<typeof exchangeSchema>;

/** What a case came to: one of the two, as JSON. */
export interface Outcome {
  expected?: unknown;
  expectedError?: unknown;
}

/** The folders of connectors, found on disk so that none can be forgotten. */
export function platformFolders(root: string): string[] {
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'shared')
    .map((entry) => entry.name)
    .sort();
}

export function caseNames(folder: string): string[] {
  const testdata = join(folder, 'testdata');
  if (!existsSync(testdata)) return [];
  return readdirSync(testdata, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort();
}

/** The source of a folder's `sample.yaml`; a secret `${NAME}` reads as the text NAME. */
export function loadSample(folder: string): SourceInput & { platform: string } {
  const text = readFileSync(join(folder, 'sample.yaml'), 'utf8').replaceAll(/\$\{(\w+)[^}]*\}/g, '$1');
  const file = z
    .object({ sources: z.array(z.looseObject({ platform: z.string() })).min(1) })
    .parse(parse(text));
  const { platform, manifest, baseUrl, auth, options } = file.sources[0]!;
  const source = { manifest, baseUrl, auth, options };
  return { platform, ...sourceSchema.parse(JSON.parse(JSON.stringify(source))) };
}

export function loadCase(folder: string): { golden: GoldenCase; exchanges: Exchange[] } {
  return {
    golden: caseSchema.parse(parse(readFileSync(join(folder, 'case.yaml'), 'utf8'))),
    exchanges: z.array(exchangeSchema).parse(JSON.parse(readFileSync(join(folder, 'exchange.json'), 'utf8'))),
  };
}

/** The connector that a case is read by: its platform's, or that of the manifest that it or the sample names. */
export function connectorOfCase(folder: string, platform: string, manifest: string | undefined): Connector {
  if (manifest === undefined) return connectorOf({ platform });
  const file = shippedManifests().includes(manifest)
    ? join(SHIPPED_FOLDER, `${manifest}.yaml`)
    : join(folder, manifest);
  const value: unknown = parse(readFileSync(file, 'utf8'));
  const faults = manifestFaults(value);
  if (faults.length > 0) throw new Error(`${file}: ${JSON.stringify(faults)}`);
  return connectorOf({ platform, manifest: manifestSchema.parse(value) });
}

/** The source that a case reads: the sample's, with what the case says otherwise. A given `auth` or `options` replaces the sample's. */
export function sourceOf(connector: Connector, sample: SourceInput, input: SourceInput): ConnectorSource {
  const baseUrl = input.baseUrl ?? sample.baseUrl ?? connector.defaultBaseUrl;
  if (baseUrl === null) throw new Error('sample.yaml needs a baseUrl: the platform has no public host');
  return {
    key: 'golden',
    baseUrl,
    auth: connector.auth.parse(input.auth ?? sample.auth),
    options: connector.options.parse(input.options ?? sample.options ?? {}),
    pageSize: input.pageSize ?? connector.limits.pageSize,
    overlapMs: input.overlapMs ?? 600_000,
    historyMs: input.historyMs ?? null,
  };
}

/**
 * Replays one case.
 * @param spelling an address as it is compared; as it was sent where left out
 * @throws when a request was not expected, or an expected one was not sent
 */
export async function replay(
  connector: Connector,
  source: ConnectorSource,
  golden: GoldenCase,
  exchanges: readonly Exchange[],
  spelling: (url: string) => string = (url) => url,
): Promise<Outcome> {
  const upstream = new ScriptedUpstream(source.baseUrl, exchanges, spelling);
  try {
    const outcome = await read(connector, source, golden, upstream.http);
    upstream.assertFinished();
    return outcome;
  } finally {
    await upstream.close();
  }
}

/** What records become by a connector that did not read them itself. */
export function collect(
  connector: Connector,
  source: ConnectorSource,
  golden: GoldenCase,
  records: readonly { record: unknown; shape: NormalizeContext['shape'] }[],
): Outcome {
  const collector = new Collector(connector, source, golden);
  for (const { record, shape } of records) collector.add([record], shape);
  return { expected: collector.report() };
}

/** Answers the exchanges in their order and remembers what was not as expected. */
class ScriptedUpstream {
  readonly http: HttpClient;
  private readonly agent = new MockAgent();
  private readonly faults: string[] = [];
  private next = 0;

  constructor(
    private readonly baseUrl: string,
    private readonly exchanges: readonly Exchange[],
    private readonly spelling: (url: string) => string,
  ) {
    this.agent.disableNetConnect();
    const hosts = exchanges.map(({ request }) => new URL(request.url, baseUrl).host);
    for (const origin of new Set([
      new URL(baseUrl).origin,
      ...exchanges.map(({ request }) => new URL(request.url, baseUrl).origin),
    ])) {
      this.agent
        .get(origin)
        .intercept({ path: () => true, method: () => true })
        .reply((sent) => this.answer(origin, sent))
        .persist();
    }
    this.http = createHttpClient({
      baseUrl,
      timeoutMs: 1_000,
      concurrency: 1,
      userAgent: 'rollcall-golden',
      allowedHosts: hosts,
      spend: () => undefined,
      clock: () => GOLDEN_NOW,
      dispatcher: this.agent,
      retry: { maxRetries: 0, minTimeoutMs: 0, maxTimeoutMs: 0 },
    });
  }

  assertFinished(): void {
    for (const { request } of this.exchanges.slice(this.next))
      this.faults.push(`was not sent: ${request.method} ${request.url}`);
    if (this.faults.length > 0) throw new Error(this.faults.join('\n'));
  }

  close(): Promise<void> {
    return this.agent.close();
  }

  private answer(
    origin: string,
    sent: { method: string; path: string; headers?: unknown; body?: unknown },
  ): { statusCode: number; data: string; responseOptions: { headers: Record<string, string> } } {
    const url = origin === new URL(this.baseUrl).origin ? sent.path : `${origin}${sent.path}`;
    const exchange = this.exchanges[this.next++];
    if (exchange === undefined) {
      this.faults.push(`not expected: ${sent.method} ${url}`);
      throw new Error(this.faults.at(-1));
    }
    const { request, response } = exchange;
    if (sent.method !== request.method || this.spelling(url) !== this.spelling(request.url))
      this.faults.push(`sent ${sent.method} ${url}\nexpected ${request.method} ${request.url}`);
    const headers = sent.headers as Record<string, string>;
    for (const [name, value] of Object.entries(request.headers))
      if (headers[name.toLowerCase()] !== value)
        this.faults.push(`${url}: header ${name} is ${headers[name.toLowerCase()]}, expected ${value}`);
    if (request.body !== undefined && !sameBody(sent.body, request.body))
      this.faults.push(`${url}: body is ${String(sent.body)}, expected ${JSON.stringify(request.body)}`);
    const asJson: Record<string, string> =
      response.json === undefined ? {} : { 'content-type': 'application/json' };
    return {
      statusCode: response.status,
      data: response.text ?? (response.json === undefined ? '' : JSON.stringify(response.json)),
      responseOptions: { headers: { ...asJson, ...response.headers } },
    };
  }
}

function sameBody(sent: unknown, expected: unknown): boolean {
  if (typeof expected === 'string') return sent === expected;
  return typeof sent === 'string' && isDeepStrictEqual(JSON.parse(sent), expected);
}

async function read(
  connector: Connector,
  source: ConnectorSource,
  golden: GoldenCase,
  http: HttpClient,
): Promise<Outcome> {
  const session = connector.connect(source, http);
  const collector = new Collector(connector, source, golden);
  const outcome = await outcomeOf(session, golden, collector);
  await session.close();
  return outcome;
}

async function outcomeOf(session: Session, golden: GoldenCase, collector: Collector): Promise<Outcome> {
  try {
    const result = await readRecords(session, golden, collector);
    return { expected: { ...collector.report(), result } };
  } catch (error) {
    if (!(error instanceof SourceError || error instanceof JobGoneError)) throw error;
    const retryAfterMs =
      error instanceof RateLimitError || error instanceof UnavailableError ? error.retryAfterMs : null;
    return {
      expectedError: {
        error: error.constructor.name,
        kind: error instanceof SourceError ? error.kind : null,
        message: error.message,
        ...(retryAfterMs === null ? {} : { retryAfterMs }),
        ...(collector.pages.length === 0 ? {} : { before: collector.report() }),
      },
    };
  }
}

async function readRecords(
  session: Session,
  golden: GoldenCase,
  collector: Collector,
): Promise<ReadResult | null> {
  const signal = new AbortController().signal;
  if (golden.read === 'one') {
    if (session.fetchOne === undefined) throw new Error('the connector has no by-id read');
    collector.addOwnPage(await session.fetchOne(golden.externalId!, signal));
    return null;
  }
  if (golden.read === 'tasks') {
    if (session.fetchTasks === undefined) throw new Error('the connector has no route for tasks');
    collector.addTasks(await session.fetchTasks(golden.externalId!, signal));
    return null;
  }
  const { bookmark, resume } = golden;
  const pages = session.fetchPages({ kind: golden.read, bookmark, resume, signal });
  let step = await pages.next({ settled: false });
  while (!step.done) {
    const { records, shape, skippedOld } = step.value;
    collector.add(records, shape);
    const settled = golden.settledPages.includes(collector.pages.length);
    collector.pages.push({ records: records.length, resume: step.value.resume, skippedOld });
    step = await pages.next({ settled });
  }
  return step.value;
}

/** Redacts, identifies and normalizes as a poll does. */
class Collector {
  readonly pages: { records: number; resume: Json; skippedOld: number }[] = [];
  private readonly jobs: unknown[] = [];
  /** What only reads of one job have. */
  private readonly ofOne: { unread?: FinalRead; incomplete?: string; tasks?: unknown[] } = {};
  private readonly rejects: { externalId: string | null; reasons: readonly string[] }[] = [];
  private readonly redact: (record: unknown) => unknown;
  private readonly context: Omit<NormalizeContext, 'shape'>;

  constructor(
    private readonly connector: Connector,
    source: ConnectorSource,
    golden: GoldenCase,
  ) {
    this.redact = createRedactor([...connector.redact, ...golden.redact]);
    this.context = {
      options: source.options,
      baseUrl: source.baseUrl,
      statusMap: connector.statusMap.with(golden.statusOverrides),
      observedAt: GOLDEN_NOW,
    };
  }

  add(records: readonly unknown[], shape: NormalizeContext['shape']): void {
    for (const given of records) {
      const record = this.redact(given);
      let externalId: string | null = null;
      try {
        externalId = this.connector.identify(record, shape);
        this.jobs.push(readable(this.explained(record, shape)));
      } catch (error) {
        if (!(error instanceof RecordError)) throw error;
        this.rejects.push({ externalId, reasons: error.reasons });
      }
    }
  }

  addOwnPage({ record, shape, incomplete }: FetchedRecord): void {
    this.add([record], shape);
    if (this.rejects.length > 0) return;
    const facts = this.connector.normalize(record, { ...this.context, shape });
    const unread = this.connector.unread?.(record, facts, shape) ?? null;
    if (unread !== null) this.ofOne.unread = unread;
    if (incomplete !== undefined) this.ofOne.incomplete = `${incomplete.name}: ${incomplete.message}`;
  }

  /** With the rules that `explain` shows. @throws Error when they come with other facts than a poll gets, which does without */
  private explained(record: unknown, shape: NormalizeContext['shape']): JobFacts {
    const facts = this.connector.normalize(record, { ...this.context, shape });
    const explained = this.connector.normalize(record, { ...this.context, shape, explains: true });
    if (!isDeepStrictEqual({ ...explained, rules: {} }, facts))
      throw new Error('explaining gives other facts');
    return explained;
  }

  addTasks(records: readonly unknown[]): void {
    const redacted = records.map((record) => this.redact(record));
    this.ofOne.tasks = this.connector.fetchedTasks!(redacted, this.context).map(readableTask);
  }

  report(): { pages: unknown[]; jobs: unknown[]; rejects: unknown[] } {
    return { pages: this.pages, jobs: this.jobs, rejects: this.rejects, ...this.ofOne };
  }
}

function readableTask(task: TaskFacts): unknown {
  const { startedAt, finishedAt } = task;
  return { ...task, startedAt: isoOrNull(startedAt), finishedAt: isoOrNull(finishedAt) };
}

function isoOrNull(instant: Instant | null): string | null {
  return instant === null ? null : formatInstant(instant);
}

/** Facts as a reviewer reads them: instants as ISO text, a rule as one line. What is undefined is left out. */
function readable(facts: JobFacts): unknown {
  const times = TIME_FIELDS.filter((field) => field !== 'updatedAt').map((field) => [
    field,
    typeof facts[field] === 'number' ? formatInstant(facts[field]) : facts[field],
  ]);
  return {
    ...facts,
    ...Object.fromEntries(times),
    evidence: mapValues(facts.evidence, formatInstant),
    rules: mapValues(
      facts.rules,
      ({ from, rule, note }) => `${pathText(from)}: ${rule}${note === undefined ? '' : ` (${note})`}`,
    ),
  };
}

function pathText(from: FieldRule['from']): string {
  if (from === null) return '-';
  if (typeof from === 'string') return from;
  if (Array.isArray(from)) return from.join(', ');
  return Object.keys(from).length === 0 ? '-' : '*';
}

function mapValues<T>(
  object: Readonly<Record<string, T>>,
  change: (value: T) => unknown,
): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
}
