import { FastifyInstance } from 'fastify';

interface KnownPath {
  pattern: RegExp;
  methods: Set<string>;
}

const tables = new WeakMap<object, Map<string, KnownPath>>();

/** Remembers every route as it is added, so that a wrong method can be told from an unknown path. Called before any route is. */
export function keepMethodTable(instance: FastifyInstance): void {
  const table = new Map<string, KnownPath>();
  tables.set(instance.server, table);
  instance.addHook('onRoute', ({ url, method }) => {
    // what answers OPTIONS for every path is no path of its own
    if (method === 'OPTIONS') return;
    const known = table.get(url) ?? { pattern: patternOf(url), methods: new Set() };
    for (const name of [method].flat()) known.methods.add(name);
    table.set(url, known);
  });
}

/** The methods that this path has, OPTIONS with them; none when there is no such path. */
export function allowedMethods(instance: FastifyInstance, path: string): string[] {
  const paths = [...(tables.get(instance.server)?.values() ?? [])];
  const read = decoded(path);
  const methods = paths.filter(({ pattern }) => pattern.test(read)).flatMap((known) => [...known.methods]);
  return methods.length === 0 ? [] : [...new Set([...methods, 'OPTIONS'])].sort();
}

function patternOf(url: string): RegExp {
  const segments = url.split('/').map((segment) => {
    if (segment.startsWith(':')) return '[^/]+';
    return segment.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*');
  });
  return new RegExp(`^${segments.join('/')}$`);
}

/** As the router reads it; one that cannot be decoded, which no route has, as it is. */
function decoded(path: string): string {
  try {
    return decodeURI(path);
  } catch (error) {
    if (error instanceof URIError) return path;
    throw error;
  }
}
