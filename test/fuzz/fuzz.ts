import { Pool } from 'undici';
import fc from 'fast-check';
import { AnswerCheck } from '../openapi/answer-check.js';
import { openApiDocument } from '../openapi/document.js';
import { LiveService } from '../openapi/live-service.js';
import { FuzzRequest, KnownThings, requests } from './requests.js';
import { RawAnswer, rawRequests, sendRaw } from './raw.js';

/** No answer takes so long, on whatever machine; beyond it is a hang. */
const HANG_MS = 60_000;
const AT_A_TIME = 8;
/** Generated in one go. */
const BATCH = 500;
/** One in so many requests is no HTTP. */
const RAW_SHARE = 20;
const JOBS = 120;
const RAW = '(no HTTP)';
/** To be deleted. */
const SPARE_WEBHOOKS = 100;
/** To be revoked. */
const SPARE_TOKENS = 50;

/** What must never be seen outside: of the code, of its machine, of its database. */
const INTERNALS =
  /node_modules|\n\s+at |\.(?:ts|js|mjs|cjs)\b[:)]|rollcall\.[a-z_]+|\bpg_|relation "|syntax error at|invalid input syntax|invalid byte sequence|violates|out of range for type|QueryFailedError|TypeError|RangeError|Cannot read|is not a function|ECONN|ERR_|\[object |\bundefined\b(?! )|\/(?:work|home|usr|tmp|root)\//;

export interface FuzzResult {
  requests: number;
  /** Answers by operation and status. A connection that was closed without an answer counts as status 0. */
  table: Map<string, Map<number, number>>;
  /** What was wrong, each kind of it once. */
  faults: string[];
}

/** Asks the service whatever it may be asked, and holds every answer against the document. The same requests for the same seed. */
export async function fuzz(
  service: LiveService,
  {
    count,
    seed,
    onProgress = () => {},
  }: { count: number; seed: number; onProgress?: (done: number) => void },
): Promise<FuzzResult> {
  const document = await openApiDocument();
  const known = await knownThings(service);
  const run = new FuzzRun(service, new AnswerCheck(document));
  const structured = requests(document, known);
  const raw = rawRequests(known.bearers[0]!);
  try {
    for (let done = 0; done < count;) {
      const size = Math.min(BATCH, count - done);
      const sample = { seed: seed + done };
      const rawSize = Math.floor(size / RAW_SHARE);
      await run.all([
        ...fc.sample(structured, { ...sample, numRuns: size - rawSize }),
        ...(rawSize > 0 ? fc.sample(raw, { ...sample, numRuns: rawSize }) : []),
      ]);
      done += size;
      onProgress(done);
    }
    await run.aftermath();
  } finally {
    await run.close();
  }
  return run.result;
}

/** The world that is asked. */
export function startFuzzedService(): Promise<LiveService> {
  return LiveService.start({ jobs: JOBS, limits: false });
}

class FuzzRun {
  readonly result: FuzzResult = { requests: 0, table: new Map(), faults: [] };
  private readonly seen = new Set<string>();
  private readonly pool: Pool;
  private readonly port: number;

  constructor(
    service: LiveService,
    private readonly check: AnswerCheck,
  ) {
    this.port = Number(new URL(service.url).port);
    this.pool = new Pool(service.url, {
      connections: AT_A_TIME,
      headersTimeout: HANG_MS,
      bodyTimeout: HANG_MS,
    });
  }

  async all(list: readonly (FuzzRequest | string)[]): Promise<void> {
    const waiting = [...list];
    const worker = async () => {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
        await (typeof next === 'string' ? this.askRaw(next) : this.ask(next));
        this.result.requests += 1;
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, worker));
  }

  /** Nothing that was asked changed the process, or stopped it from answering. */
  async aftermath(): Promise<void> {
    if (Object.keys(Object.prototype).length > 0 || 'polluted' in {})
      this.fault('Object.prototype was changed');
    const { statusCode, body } = await this.pool.request({ method: 'GET', path: '/health/ready' });
    if (statusCode !== 200) this.fault(`not ready afterwards: ${statusCode} ${await body.text()}`);
    else await body.dump();
  }

  close(): Promise<void> {
    return this.pool.close();
  }

  private async ask(request: FuzzRequest): Promise<void> {
    const { operation, method, target, headers, body } = request;
    try {
      const answer = await this.pool.request({ method: method as 'GET', path: target, headers, body });
      const text = await this.textOf(answer);
      this.count(operation, answer.statusCode);
      if (text === null) return;
      const faults = this.check.faults({
        ...{ method, url: target, status: answer.statusCode, body: text },
        headers: answer.headers,
      });
      for (const fault of faults) this.fault(fault);
      this.judge(`${method} ${target.slice(0, 300)}${shownBody(body)}`, operation, answer.statusCode, text);
    } catch (error) {
      this.count(operation, 0);
      this.fault(
        `${method} ${target.slice(0, 300)} ${JSON.stringify(headers).slice(0, 300)}: ${String(error)}`,
      );
    }
  }

  /** Null for what is not read: a coding that the client asked for, and a stream that has no end. */
  private async textOf({ headers, body }: Awaited<ReturnType<Pool['request']>>): Promise<string | null> {
    if (headers['content-encoding'] === undefined && !isEndless(headers)) return body.text();
    // what it is destroyed with is our own wish
    if (isEndless(headers)) body.on('error', () => {}).destroy();
    else await body.dump({ limit: Number.MAX_SAFE_INTEGER });
    return null;
  }

  private async askRaw(bytes: string): Promise<void> {
    const shown = JSON.stringify(bytes.slice(0, 300));
    try {
      const answers = await sendRaw(this.port, bytes, HANG_MS);
      if (answers.length === 0) this.count(RAW, 0);
      for (const answer of answers) {
        this.count(RAW, answer.status);
        this.judge(shown, RAW, answer.status, answer.body);
        for (const fault of problemFaults(answer)) this.fault(`${shown}: ${fault}`);
      }
    } catch (error) {
      this.fault(`${shown}: ${String(error)}`);
    }
  }

  private judge(request: string, operation: string, status: number, body: string): void {
    const isUpstream = status === 502 || status === 504;
    const mayFail = status === 503 || (isUpstream && /^(?:refreshJob|actOnJob)$/.test(operation));
    if (status >= 500 && !mayFail) this.fault(`${request} → ${status} ${body.slice(0, 300)}`);
    // what is no refusal holds what the world has
    const leak = status >= 400 ? INTERNALS.exec(body) : null;
    if (leak) this.fault(`${request} → ${status} tells ${JSON.stringify(leak[0])}: ${body.slice(0, 500)}`);
  }

  private count(operation: string, status: number): void {
    const row = this.result.table.get(operation) ?? new Map<number, number>();
    row.set(status, (row.get(status) ?? 0) + 1);
    this.result.table.set(operation, row);
  }

  private fault(text: string): void {
    const kind = text
      .replace(/^\S+ \S+/, '')
      .replace(/[0-9a-f-]{8,}|\d+/g, '#')
      .slice(0, 120);
    if (this.seen.has(kind)) return;
    this.seen.add(kind);
    this.result.faults.push(text);
  }
}

function shownBody(body: Buffer | null): string {
  return body === null ? '' : ` ${JSON.stringify(body.toString('latin1').slice(0, 300))}`;
}

function isEndless(headers: Record<string, unknown>): boolean {
  return String(headers['content-type']).startsWith('text/event-stream');
}

/** Below HTTP there is no operation: what is answered at all has a status that fits, and refusals are problem documents. */
function problemFaults({ status, headers, body }: RawAnswer): string[] {
  if (status < 400) return status === 0 ? [`no HTTP came back: ${body.slice(0, 100)}`] : [];
  if (!/^application\/problem\+json/.test(headers['content-type'] ?? ''))
    return [`${status} is no problem document: ${body.slice(0, 200)}`];
  return [];
}

/** Endpoints, some of them a limited token's, with a delivery each. */
async function knownWebhooks(service: LiveService): Promise<Pick<KnownThings, 'webhooks' | 'deliveries'>> {
  const rows = await service.test.database.query<{ id: string; delivery: string }>(
    `WITH made AS (
       INSERT INTO rollcall.webhook (name, url, secret, sources, position)
       SELECT 'hook ' || n, 'https://hooks.example.com/' || n, 'whsec_' || repeat('A', 32),
         CASE WHEN n % 2 = 0 THEN ARRAY['charts'] END, 0
       FROM generate_series(1, $1::int) n RETURNING id)
     INSERT INTO rollcall.webhook_delivery (id, webhook_id, lane, head, type, body, next_attempt_at)
     SELECT 'msg_' || replace(id::text, '-', ''), id, 'test', true, 'webhook.test', '{}', now() FROM made
     RETURNING webhook_id AS id, id AS delivery`,
    [SPARE_WEBHOOKS],
  );
  return { webhooks: rows.map(({ id }) => id), deliveries: rows.map(({ delivery }) => delivery) };
}

async function knownThings(service: LiveService): Promise<KnownThings> {
  const admin = await service.bearer('4b6f1f6e-the-fuzzer');
  const get = async (url: string) => {
    const answer = await service.app.inject({ url, headers: { authorization: admin } });
    const { data, page } = answer.json<{ data: Record<string, string>[]; page: { next: string | null } }>();
    return { data, next: page.next, etag: String(answer.headers['etag']) };
  };
  const jobs = await get('/api/v1/jobs?limit=20');
  const sources = await get('/api/v1/sources?limit=3');
  const other = await get('/api/v1/jobs?limit=3&sort=createdAt&state=terminal');
  const [charts, reader] = [
    await service.bearer('charts-only', undefined, ['charts']),
    await service.bearer('reader', ['jobs:read']),
  ];
  const actionable = await service.test.database.query<{ id: string }>(
    "SELECT id FROM rollcall.job WHERE actions <> '{}' ORDER BY id",
  );
  const webhooks = await knownWebhooks(service);
  const tokens = Array.from({ length: SPARE_TOKENS }, (_, index) => `spare ${index}`);
  for (const name of tokens) await service.bearer(name);
  return {
    jobs: jobs.data.map(({ id }) => id!),
    actionable: actionable.map(({ id }) => id),
    sources: service.config.sources.map(({ key }) => key),
    types: [...new Set(jobs.data.map(({ type }) => type ?? 'none'))],
    tokens,
    ...webhooks,
    cursors: [jobs.next!, sources.next!, other.next!],
    etags: [jobs.etag, sources.etag],
    bearers: [admin, charts, reader, 'Bearer nobody', 'Basic eDp5'],
  };
}
