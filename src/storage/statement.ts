import { createHash } from 'node:crypto';

/** SQL with its values; a name asks the driver to prepare it once a connection. */
export interface Statement {
  name?: string;
  text: string;
}

/** A server keeps every named statement of every connection in memory, so only so many shapes are named. */
const MAX_NAMED = 256;
const named = new Map<string, Statement>();

/** A statement for the driver: prepared by name while there is room, else planned anew each time. */
export function statement(text: string): Statement {
  const known = named.get(text);
  if (known) return known;
  if (named.size >= MAX_NAMED) return { text };
  const fresh = { name: createHash('sha256').update(text).digest('base64url').slice(0, 22), text };
  named.set(text, fresh);
  return fresh;
}
