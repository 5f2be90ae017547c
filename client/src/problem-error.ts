import type { Problem } from './types.js';

const PREFIX = 'urn:rollcall:problem:';

/** A refusal or a failure, as the service explains it (RFC 9457). */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';

  constructor(
    /** What the service answered; null when that was no problem document, but perhaps of a proxy before it. */
    readonly problem: Problem | null,
    readonly status: number,
    /** How long to wait before asking again, milliseconds; null when the service does not say. */
    readonly retryAfterMs: number | null,
    /** Names the request in the log of the service; null when the answer has none. */
    readonly requestId: string | null,
  ) {
    super(problem?.detail ?? `The service answered ${status} without an explanation`);
  }

  /** The kind of problem, such as `not-found` or `cursor-mismatch`; null without a problem document. */
  get kind(): string | null {
    return this.problem === null ? null : this.problem.type.slice(PREFIX.length);
  }

  /** Reads the answer to its end. */
  static async of(response: Response): Promise<ProblemError> {
    const { headers, status } = response;
    const isProblem = /^application\/problem\+json\b/.test(headers.get('content-type') ?? '');
    const problem = isProblem ? ((await response.json()) as Problem) : null;
    if (!isProblem) await response.body?.cancel();
    const seconds = /^\d+$/.exec(headers.get('retry-after') ?? '')?.[0];
    const retryAfterMs = seconds === undefined ? null : Number(seconds) * 1_000;
    return new ProblemError(problem, status, retryAfterMs, headers.get('x-request-id'));
  }
}
