import { randomUUID } from 'node:crypto';
import { Instant } from '../clock.js';

interface Login {
  grant: string;
  startedAt: Instant;
  usedAt: Instant;
}

/** The tokens or sessions that a platform has given out, with how long they live by its own clock. */
export class Logins {
  private readonly given = new Map<string, Login>();

  constructor(private readonly limits: { lifetimeMs: number; idleMs?: number }) {}

  /** `grant` is what the login is good for: a scope, a user, a vault. */
  give(grant: string, now: Instant, shape: (id: string) => string = (id) => id): string {
    for (const [token, login] of this.given) if (this.isOver(login, now)) this.given.delete(token);
    const token = shape(randomUUID().replaceAll('-', ''));
    this.given.set(token, { grant, startedAt: now, usedAt: now });
    return token;
  }

  /** What the token is good for; null when it is unknown or over. Renews the idle clock. */
  check(token: string, now: Instant): string | null {
    const login = this.given.get(token);
    if (login === undefined || this.isOver(login, now)) return null;
    login.usedAt = now;
    return login.grant;
  }

  end(token: string): boolean {
    return this.given.delete(token);
  }

  endAll(): void {
    this.given.clear();
  }

  private isOver(login: Login, now: Instant): boolean {
    const { lifetimeMs, idleMs = Infinity } = this.limits;
    return now - login.startedAt >= lifetimeMs || now - login.usedAt >= idleMs;
  }
}

/** The token of an `Authorization: Bearer` header. */
export function bearer(authorization: string | undefined): string | null {
  return /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1] ?? null;
}
