import { Client, QueryConfig } from 'pg';

/** How a connection of ours begins, once: no part of what a request or a poll costs. */
const SETUP = /^SET TimeZone/;

/**
 * What many requests share, so that one of them asks for it, or none: what is known of the sources, for a tenth of a second
 * (src/storage/coverage.query.ts), how large the tables are, and that a token is in use, for a minute.
 */
const SHARED =
  /^(?:change-clock-through|coverage-clocks|coverage-sources|table-sizes|UPDATE rollcall\.token SET last_used_at)/;

/** Names and beginnings of the statements that this process sends while `work` goes on, in order, those within transactions too; what is shared is left out. */
export async function statementsOf(work: () => Promise<unknown>): Promise<string[]> {
  const heard: string[] = [];
  const { query } = Client.prototype;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- handed on as it is, in all of its forms
  Client.prototype.query = function (this: Client, ...given: any[]): any {
    const statement = given[0] as string | QueryConfig;
    const { name, text } = typeof statement === 'string' ? { name: undefined, text: statement } : statement;
    const shown = name ?? text.trim().replace(/\s+/g, ' ').slice(0, 90);
    if (!SETUP.test(shown) && !SHARED.test(shown)) heard.push(shown);
    return Reflect.apply(query, this, given);
  } as typeof query;
  try {
    await work();
  } finally {
    Client.prototype.query = query;
  }
  return heard;
}
