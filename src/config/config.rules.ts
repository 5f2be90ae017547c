import { Connector } from '../connectors/connector.js';
import { redactPathFault } from '../connectors/shared/redaction.js';
import { pollDurations } from './config.schema.js';
import { nearest, valueAt } from './schema-faults.js';
import { EndpointReader, endpointFaults } from './webhook-endpoint.schema.js';
import { Path, PathFault } from './yaml-file.js';

/**
 * What binds several keys together. The rules read the file's plain values, faulty or not, so that they speak even when another
 * key keeps the whole from being accepted; what is not readable is the schema's business.
 */

const ENDPOINTS: Path = ['webhooks', 'endpoints'];

/** Two sources with one key, two tokens or endpoints with one name or one secret. The second is the fault. */
export function repetitionFaults(file: unknown): PathFault[] {
  return [
    ...repeated(file, ['sources'], 'key', 'another source has this key'),
    ...repeated(file, ['server', 'tokens'], 'name', 'another token has this name'),
    ...repeated(file, ['server', 'tokens'], 'value', 'another token has this value'),
    ...repeated(file, ENDPOINTS, 'name', 'another endpoint has this name'),
    ...repeated(file, ENDPOINTS, 'secret', 'another endpoint has this secret'),
  ];
}

function repeated(file: unknown, list: Path, name: string, message: string): PathFault[] {
  const seen = new Set<string>();
  const faults: PathFault[] = [];
  listAt(file, list).forEach((item, index) => {
    const value = valueAt(item, [name]);
    if (typeof value !== 'string') return;
    if (seen.has(value)) faults.push({ path: [...list, index, name], at: 'value', message });
    seen.add(value);
  });
  return faults;
}

/** A token limited to a source that the file does not name would see nothing of it, silently. */
export function tokenSourceFaults(file: unknown): PathFault[] {
  const keys = sourceKeys(file);
  return listAt(file, ['server', 'tokens']).flatMap((token, index) =>
    listAt(token, ['sources']).flatMap((key, place): PathFault[] =>
      typeof key !== 'string' || keys.includes(key)
        ? []
        : [
            {
              path: ['server', 'tokens', index, 'sources', place],
              at: 'value',
              message: `no source has this key; ${nearest(key, keys)}`,
            },
          ],
    ),
  );
}

/** Servers besides the one that the file or the environment names: the same behind a pooler, and those that repeat it. */
export function serverFaults(file: unknown, environmentUrl: string | null): PathFault[] {
  const own = valueAt(file, ['database', 'url']) ?? environmentUrl;
  const replicas = listAt(file, ['database', 'replicas']);
  const orphans = ['directUrl', 'replicas'].filter(
    (name) => own === null && valueAt(file, ['database', name]) !== undefined,
  );
  return [
    ...orphans.map((name): PathFault => ({
      path: ['database', name],
      at: 'key',
      message: 'belongs to a database.url (or DATABASE_URL), which is not there',
    })),
    ...replicas.flatMap((url, index): PathFault[] => {
      const path = ['database', 'replicas', index];
      if (url === own) return [{ path, at: 'value', message: 'is the database itself, not a replica of it' }];
      return replicas.indexOf(url) < index
        ? [{ path, at: 'value', message: 'another replica has this address' }]
        : [];
    }),
  ];
}

/** What binds the keys of each webhook endpoint together. */
export function webhookFaults(file: unknown, { readFilter, addressFault }: EndpointReader): PathFault[] {
  const sources = sourceKeys(file);
  const allowPrivate = valueAt(file, ['webhooks', 'allowPrivateAddresses']) === true;
  return listAt(file, ENDPOINTS).flatMap((endpoint, index) => {
    const path = [...ENDPOINTS, index];
    return [
      ...endpointFaults(endpoint, {
        ...{ path, readFilter, sources, wantsSecret: true },
        addressFault: (url) => addressFault(url, allowPrivate),
      }),
      ...unusableName(file, [...path, 'options', 'labels']),
    ];
  });
}

/** What the mappings of an identity provider say. */
export function oidcFaults(file: unknown): PathFault[] {
  return unusableName(file, ['server', 'oidc', 'roles']);
}

/** The faults of one source, paths relative to it. */
export function sourceFaults(source: unknown, connector: Connector | undefined): PathFault[] {
  return [
    ...paceFaults(source),
    ...overrideFaults(source),
    ...nameFaults(source),
    ...(connector === undefined
      ? []
      : [...pageSizeFaults(source, connector), ...redactFaults(source, connector)]),
  ];
}

function paceFaults(source: unknown): PathFault[] {
  const every = pollDurations.every.safeParse(valueAt(source, ['poll', 'every']));
  const stale = pollDurations.staleAfter.safeParse(valueAt(source, ['poll', 'staleAfter']));
  if (!every.success || !stale.success || stale.data === undefined || stale.data > every.data) return [];
  return [{ path: ['poll', 'staleAfter'], at: 'value', message: 'must be longer than poll.every' }];
}

/** Vendor words are compared without case, so two that differ only in case contradict each other. */
function overrideFaults(source: unknown): PathFault[] {
  const seen = new Set<string>();
  return Object.keys(valueAt(source, ['statusOverrides']) ?? {}).flatMap((word): PathFault[] => {
    const isRepeated = seen.has(word.toLowerCase());
    seen.add(word.toLowerCase());
    if (!isRepeated) return [];
    return [
      {
        path: ['statusOverrides', word],
        at: 'key',
        message: 'this word stands here twice; case does not count',
      },
    ];
  });
}

function nameFaults(source: unknown): PathFault[] {
  return [...unusableName(source, ['labels']), ...unusableName(source, ['statusOverrides'])];
}

/** The schema library drops this one name from open mappings; a setting is never dropped silently. */
function unusableName(value: unknown, mapping: Path): PathFault[] {
  const path = [...mapping, '__proto__'];
  return valueAt(value, path) === undefined ? [] : [{ path, at: 'key', message: 'is not a usable name' }];
}

function pageSizeFaults(source: unknown, { limits, platform }: Connector): PathFault[] {
  const pageSize = valueAt(source, ['poll', 'pageSize']);
  if (typeof pageSize !== 'number' || pageSize <= limits.maxPageSize) return [];
  return [
    {
      path: ['poll', 'pageSize'],
      at: 'value',
      message: `must be at most ${limits.maxPageSize} on ${platform}`,
    },
  ];
}

function redactFaults(source: unknown, { identityPaths }: Connector): PathFault[] {
  return listAt(source, ['redact']).flatMap((path, index): PathFault[] => {
    const message = typeof path === 'string' ? redactPathFault(path, identityPaths) : null;
    return message === null ? [] : [{ path: ['redact', index], at: 'value', message }];
  });
}

/** Keys of the sources that the file has. */
export function sourceKeys(file: unknown): string[] {
  return listAt(file, ['sources'])
    .map((source) => valueAt(source, ['key']))
    .filter((key) => typeof key === 'string');
}

function listAt(value: unknown, path: Path): unknown[] {
  const list = valueAt(value, path);
  return Array.isArray(list) ? list : [];
}
