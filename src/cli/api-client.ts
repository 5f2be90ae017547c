/** The API as commands use it, whether it is far away or in this very process. */
export interface ApiClient {
  /**
   * @param path under `/api/v1`, beginning with a slash
   * @throws ApiProblem for every answer but 2xx
   */
  get<Answer>(path: string, query?: URLSearchParams): Promise<Answer>;
  close(): Promise<void>;
}

/** What an error answer says (RFC 9457). */
export interface Problem {
  title?: string;
  detail?: string;
  errors?: { parameter?: string; pointer?: string; detail: string }[];
  requestId?: string;
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
    return [`${this.message}${request}`];
  }
}

/** @throws ApiProblem unless the answer is 2xx with JSON */
export function readAnswer<Answer>(status: number, body: string): Answer {
  const parsed = parseJson(body);
  if (status >= 200 && status < 300 && parsed !== undefined) return parsed as Answer;
  const problem = typeof parsed === 'object' && parsed !== null ? (parsed as Problem) : {};
  throw new ApiProblem(
    status,
    status < 300 ? { detail: 'the answer is not JSON; is this the address of Rollcall?' } : problem,
  );
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
