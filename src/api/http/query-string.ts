/** The pieces of a query string whose percent-encoding is broken: kept under a name that no client can send. */
export const BROKEN = Symbol('broken');

export interface ParsedQuery {
  [name: string]: string[];
  [BROKEN]: string[];
}

/**
 * A query string by the rules of forms (`+` is a space), as lists of values. Strict, where most parsers leave what they cannot
 * decode as it is; but never throws: the router has no answer for that.
 */
export function parseQueryString(text: string): ParsedQuery {
  const query = Object.create(null) as ParsedQuery;
  query[BROKEN] = [];
  for (const piece of text.split('&')) {
    if (piece === '') continue;
    const split = piece.indexOf('=');
    try {
      const name = decode(split === -1 ? piece : piece.slice(0, split));
      const value = split === -1 ? '' : decode(piece.slice(split + 1));
      (query[name] ??= []).push(value);
    } catch (error) {
      if (!(error instanceof URIError)) throw error;
      query[BROKEN].push(piece);
    }
  }
  return query;
}

function decode(text: string): string {
  return decodeURIComponent(text.replaceAll('+', ' '));
}
