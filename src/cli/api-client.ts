import { CommandError, EXIT } from './exit-codes.js';

/** What an error answer says (RFC 9457). */
export interface Problem {
  type?: string;
  title?: string;
  detail?: string;
  errors?: { parameter?: string; pointer?: string; detail: string }[];
  requestId?: string;
}

/** An answer as it arrived. */
export interface RawAnswer {
  status: number;
  etag: string | null;
  body: string;
}

/** A page of any list. */
export interface AnswerPage<Row> {
  data: Row[];
  page: { next: string | null; total: number | null; totalKind: string };
}

/** The API as commands use it, whether it is far away or in this very process. */
export abstract class ApiClient {
  /** @param path under `/api/v1`, beginning with a slash */
  protected abstract send(
    path: string,
    query: URLSearchParams,
    headers: Record<string, string>,
  ): Promise<RawAnswer>;

  abstract close(): Promise<void>;

  /**
   * @param path under `/api/v1`, beginning with a slash
   * @throws ApiProblem for every answer but 2xx; CommandError when nothing answers, or something that is not Rollcall
   */
  async get<Answer>(path: string, query = new URLSearchParams()): Promise<Answer> {
    return readAnswer<Answer>(await this.send(path, query, {}));
  }

  /**
   * Asks again for what may not have changed.
   * @param etag of the answer that is there already; null for none
   * @returns null while that answer is still true
   * @throws as {@link get} does
   */
  async getChanged<Answer>(
    path: string,
    query: URLSearchParams,
    etag: string | null,
  ): Promise<{ answer: Answer; etag: string | null } | null> {
    const raw = await this.send(path, query, etag === null ? {} : { 'if-none-match': etag });
    return raw.status === 304 ? null : { answer: readAnswer<Answer>(raw), etag: raw.etag };
  }
}

/** Nothing answered, not in time, or something on the way failed: it may another time. */
export class TransientError extends CommandError {}

/** Whether asking again later can help. */
export function isTransient(error: unknown): error is TransientError | ApiProblem {
  if (error instanceof ApiProblem) return error.status >= 500 || error.status === 429;
  return error instanceof TransientError;
}

/** The API refused or failed. */
export class ApiProblem extends Error {
  constructor(
    readonly status: number,
    readonly problem: Problem,
  ) {
    super(problem.detail ?? problem.title ?? `the API answered ${status}`);
    this.name = 'ApiProblem';
  }

  /** Every fault on a line of its own. */
  lines(): string[] {
    const faults = this.problem.errors ?? [];
    if (faults.length > 0)
      return faults.map(({ parameter, pointer, detail }) =>
        [parameter ?? pointer, detail].filter(Boolean).join(': '),
      );
    const request = this.problem.requestId === undefined ? '' : ` (request ${this.problem.requestId})`;
    const advice = this.status === 401 ? ' Is ROLLCALL_TOKEN a token of this service?' : '';
    return [`${this.message}${request}${advice}`];
  }
}

const NOT_ROLLCALL = 'is ROLLCALL_URL the address of Rollcall, with its base path?';

/** @throws ApiProblem unless the answer is 2xx; CommandError when it is not Rollcall's */
export function readAnswer<Answer>({ status, body }: Pick<RawAnswer, 'status' | 'body'>): Answer {
  const parsed = parseJson(body);
  const answered = typeof parsed === 'object' && parsed !== null;
  if (status >= 200 && status < 300) {
    if (!answered) throw new CommandError(`the answer is not JSON; ${NOT_ROLLCALL}`);
    return parsed as Answer;
  }
  if (!answered || !isProblem(parsed)) {
    const kind = status >= 500 ? TransientError : CommandError;
    throw new kind(`the answer is ${status}, and not as Rollcall says it; ${NOT_ROLLCALL}`, EXIT.failed);
  }
  throw new ApiProblem(status, parsed);
}

/** @throws CommandError when the answer is no page of a list: another service answers */
export function assertPage<Page extends AnswerPage<unknown>>(answer: Page): Page {
  if (!Array.isArray(answer.data) || typeof answer.page !== 'object' || answer.page === null)
    throw new CommandError(`the answer is not a list; ${NOT_ROLLCALL}`);
  return answer;
}

function isProblem(answer: object): answer is Problem {
  return 'type' in answer && String(answer.type).startsWith('urn:rollcall:problem:');
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
