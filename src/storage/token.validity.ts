import { Database } from './database.js';

/** Those of the tokens, by their hashes in hexadecimal, that were made here and are neither expired nor revoked. Notes no use. */
export async function validTokens(database: Database, hashes: readonly string[]): Promise<Set<string>> {
  if (hashes.length === 0) return new Set();
  const rows = await database.query<{ hash: string }>(
    {
      name: 'tokens-valid',
      text: `SELECT encode(hash, 'hex') AS hash FROM rollcall.token
        WHERE hash = ANY(SELECT decode(unnest($1::text[]), 'hex')) AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())`,
    },
    [hashes],
  );
  return new Set(rows.map(({ hash }) => hash));
}
