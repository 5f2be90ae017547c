import { AuthError } from '../../domain/errors.js';
import { Instant } from '../../domain/job.js';

export interface LoginResult<T> {
  value: T;
  /** How long the platform says that it lasts, milliseconds; null where it does not say. */
  expiresInMs: number | null;
}

interface Attempt<T> {
  promise: Promise<T>;
  /** Of the caller who began it. */
  signal: AbortSignal;
}

/** One login for a session: made once however many ask at once, shared until it ends, kept in memory only. */
export class Login<T> {
  private held: { value: T; until: Instant } | null = null;
  private attempt: Attempt<T> | null = null;

  constructor(
    private readonly login: (signal: AbortSignal) => Promise<LoginResult<T>>,
    /** How long before its end a login is renewed, milliseconds; at most half of its life. */
    private readonly marginMs: number,
    private readonly clock: () => Instant = Date.now,
  ) {}

  /** What is held now; null when nothing is. For a logout. */
  get current(): T | null {
    return this.held?.value ?? null;
  }

  /** @throws what the login throws */
  async get(signal: AbortSignal): Promise<T> {
    for (;;) {
      if (this.held !== null && this.clock() < this.held.until) return this.held.value;
      const own = this.attempt === null;
      const attempt = (this.attempt ??= this.begin(signal));
      try {
        return await attempt.promise;
      } catch (error) {
        // Whoever only waited is not given up because the one who began was.
        if (own || !attempt.signal.aborted || signal.aborted) throw error;
      }
    }
  }

  /** Forgets a login that the platform no longer accepts; one that was renewed meanwhile stays. */
  invalidate(value: T): void {
    if (this.held?.value === value) this.held = null;
  }

  private begin(signal: AbortSignal): Attempt<T> {
    const promise = this.run(signal).finally(() => (this.attempt = null));
    return { promise, signal };
  }

  private async run(signal: AbortSignal): Promise<T> {
    const askedAt = this.clock();
    const { value, expiresInMs } = await this.login(signal);
    const lifeMs = expiresInMs ?? Infinity;
    this.held = { value, until: askedAt + lifeMs - Math.min(this.marginMs, lifeMs / 2) };
    return value;
  }
}

/**
 * Works with the login; where the platform refuses it (it ended early), logs in anew and tries exactly once more, so that a wrong
 * credential never becomes a loop of logins.
 *
 * @param hasEnded what says that the login is no longer good; any refused credential where left out
 */
export async function withLogin<T, R>(
  login: Login<T>,
  signal: AbortSignal,
  work: (credential: T) => Promise<R>,
  hasEnded: (error: unknown) => boolean = isRefusedCredential,
): Promise<R> {
  const credential = await login.get(signal);
  try {
    return await work(credential);
  } catch (error) {
    if (!hasEnded(error)) throw error;
    login.invalidate(credential);
  }
  return work(await login.get(signal));
}

function isRefusedCredential(error: unknown): boolean {
  return error instanceof AuthError && error.kind === 'authentication';
}
