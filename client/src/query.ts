/** Lists of `key:value`: a comma in them is only a comma. */
const PAIRS = new Set(['label', 'attribute']);

/** A query string as the service reads it: lists are repeated, and a comma inside a value is told from one between two. */
export function writeQuery(parameters: Record<string, unknown>): string {
  return Object.entries(parameters)
    .flatMap(([name, value]) => {
      if (value === undefined || value === null) return [];
      if (!Array.isArray(value)) return [pair(name, String(value))];
      const values = value.map(String);
      return values.map((one) => pair(name, PAIRS.has(name) ? one : one.replaceAll(',', '\\,')));
    })
    .join('&');
}

function pair(name: string, value: string): string {
  return `${encodeURIComponent(name)}=${encodeURIComponent(value)}`;
}
