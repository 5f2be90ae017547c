import { hash as digest, randomBytes } from 'node:crypto';
import { Database } from './database.js';
import { Page, Position, readPage } from './page-cursor.js';
import { isoFromPg } from './pg-time.js';
import { SharedReads } from './shared-reads.js';

/** A token as it is kept: never the token itself. Instants as the database writes them. */
export interface StoredToken {
  name: string;
  scopes: string[];
  /** Null: every source. */
  sources: string[] | null;
  createdAt: string;
  /** Null: it does not expire. */
  expiresAt: string | null;
  /** To the minute; null before its first use. */
  lastUsedAt: string | null;
  revokedAt: string | null;
}

export interface NewToken {
  name: string;
  scopes: readonly string[];
  sources: readonly string[] | null;
  /** Null: it does not expire. */
  expiresAt: Date | null;
}

/** What a token has to keep within: no other scope, and no other source. */
export interface TokenReach {
  scopes: readonly string[];
  /** Null: every source. */
  sources: readonly string[] | null;
}

/** A token of this name is in use; the name of a revoked one is free again. */
export class TokenNameTakenError extends Error {
  constructor(readonly tokenName: string) {
    super(`a token named ${JSON.stringify(tokenName)} exists already`);
    this.name = 'TokenNameTakenError';
  }
}

const COLUMNS = `name, scopes, sources, created_at AS "createdAt", expires_at AS "expiresAt", last_used_at AS "lastUsedAt",
  revoked_at AS "revokedAt"`;

/** The token as it is shown: instants in ISO 8601. */
export function shownToken(token: StoredToken): StoredToken {
  const iso = (text: string | null) => (text === null ? null : isoFromPg(text));
  return {
    name: token.name,
    scopes: token.scopes,
    sources: token.sources,
    createdAt: isoFromPg(token.createdAt),
    expiresAt: iso(token.expiresAt),
    lastUsedAt: iso(token.lastUsedAt),
    revokedAt: iso(token.revokedAt),
  };
}

/** What a token is recognized by: its SHA-256. A token has 256 random bits, so no slower hash is needed. */
export function tokenHash(token: string): Buffer {
  return digest('sha256', token, 'buffer');
}

/** Whether a token may have this name. It stands in paths, lists and logs; as a segment of a path, dots alone would lead elsewhere. */
export function isTokenName(name: unknown): name is string {
  return (
    typeof name === 'string' &&
    name.length >= 1 &&
    name.length <= MAX_NAME &&
    name.isWellFormed() &&
    !/\p{Cc}/u.test(name) &&
    name !== '.' &&
    name !== '..'
  );
}

const MAX_NAME = 100;

const WITHIN = 'scopes <@ $1::text[] AND ($2::text[] IS NULL OR sources <@ $2::text[])';

/** The tokens made by `rollcall token`, or over the API. */
export class TokenStore {
  private readonly found = new SharedReads<StoredToken | null>();

  constructor(private readonly database: Database) {}

  /**
   * @returns the token: shown here only, `rc_` and 256 random bits
   * @throws TokenNameTakenError
   */
  async create({ name, scopes, sources, expiresAt }: NewToken): Promise<{ token: string }> {
    const token = `rc_${randomBytes(32).toString('base64url')}`;
    const rows = await this.database.query(
      `INSERT INTO rollcall.token (name, hash, scopes, sources, expires_at) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (name) DO UPDATE SET hash = excluded.hash, scopes = excluded.scopes, sources = excluded.sources,
         created_at = now(), expires_at = excluded.expires_at, last_used_at = NULL, revoked_at = NULL
       WHERE token.revoked_at IS NOT NULL
       RETURNING name`,
      [name, tokenHash(token), scopes, sources, expiresAt?.toISOString() ?? null],
    );
    if (rows.length === 0) throw new TokenNameTakenError(name);
    return { token };
  }

  /** By name, revoked ones too. */
  list(): Promise<StoredToken[]> {
    return this.database.query<StoredToken>(`SELECT ${COLUMNS} FROM rollcall.token ORDER BY name`);
  }

  /** Those within a reach, by name, revoked ones too. */
  page({ scopes, sources }: TokenReach, limit: number, position: Position): Promise<Page<StoredToken>> {
    const beyond = `${position.backward ? '<' : '>'}${position.inclusive ? '=' : ''}`;
    const [name] = position.key ?? [null];
    return readPage(
      position,
      limit,
      (count) =>
        this.database.query<StoredToken>(
          `SELECT ${COLUMNS} FROM rollcall.token
           WHERE ${WITHIN} AND ($3::text IS NULL OR name ${beyond} $3)
           ORDER BY name ${position.backward ? 'DESC' : 'ASC'} LIMIT $4`,
          [scopes, sources, name, count],
        ),
      (row) => [row.name],
    );
  }

  /**
   * Takes effect with the next request.
   *
   * @param within only a token that keeps within this
   * @returns false when there is no such token, or it is revoked already
   */
  async revoke(name: string, within: TokenReach | null = null): Promise<boolean> {
    const rows = await this.database.query(
      `UPDATE rollcall.token SET revoked_at = now()
       WHERE name = $3 AND revoked_at IS NULL AND ($4::boolean OR (${WITHIN})) RETURNING name`,
      [within?.scopes ?? [], within?.sources ?? null, name, within === null],
    );
    return rows.length > 0;
  }

  /**
   * The token that may be used now; null when it is unknown, expired or revoked. Notes its use, at most once a minute. Whoever asks for the
   * same token at the same time shares a query, never one that began before: a token that was revoked is refused from then on.
   */
  findByHash(hash: Buffer): Promise<StoredToken | null> {
    return this.found.ask(hash.toString('base64'), () => this.readByHash(hash));
  }

  private async readByHash(hash: Buffer): Promise<StoredToken | null> {
    const rows = await this.database.query<StoredToken & { noted: boolean }>(
      {
        name: 'token-by-hash',
        text: `SELECT ${COLUMNS}, coalesce(last_used_at > now() - interval '1 minute', false) AS noted FROM rollcall.token
          WHERE hash = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())`,
      },
      [hash],
    );
    if (rows.length === 0) return null;
    const { noted, ...token } = rows[0]!;
    if (!noted) {
      await this.database.query(
        `UPDATE rollcall.token SET last_used_at = now()
         WHERE hash = $1 AND (last_used_at IS NULL OR last_used_at <= now() - interval '1 minute')`,
        [hash],
      );
    }
    return token;
  }
}
