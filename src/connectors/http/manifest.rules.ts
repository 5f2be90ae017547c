import { redactPathFault } from '../shared/redaction.js';
import { Expression, expressionFault } from './expression.js';
import { Template, templateFault } from './template.js';

/**
 * What binds several keys of a manifest together. The rules read plain values, faulty or not, so that they speak even when another key
 * keeps the whole from being accepted; what is not readable is the schema's business.
 */

/** A fault of a manifest and where it stands: at the value of `path`, or at its key. */
export interface ManifestFault {
  path: readonly (string | number)[];
  at: 'value' | 'key';
  message: string;
}

type Path = ManifestFault['path'];

/** Lists that one manifest may come to, its `each` multiplied out. */
export const MAX_LISTS = 50;

export function manifestFaults(manifest: unknown): ManifestFault[] {
  return [
    ...nameFaults(manifest, []),
    ...optionFaults(manifest),
    ...authFaults(manifest),
    ...placeholderFaults(manifest, ['headers'], optionsOf(manifest)),
    ...headerFaults(manifest, ['headers']),
    ...listsFaults(manifest),
    ...oneFaults(manifest),
    ...recordFaults(manifest),
    ...errorFaults(manifest),
    ...actionFaults(manifest),
    ...redactFaults(manifest),
    ...guaranteeFaults(manifest),
  ];
}

/** The schema library drops this one name from open mappings; what a manifest says is never dropped silently. */
function nameFaults(value: unknown, path: Path): ManifestFault[] {
  if (typeof value !== 'object' || value === null || path.length > 30) return [];
  return Object.entries(value).flatMap(([key, item]) => {
    const place = [...path, Array.isArray(value) ? Number(key) : key];
    if (key === '__proto__') return [keyFault(place, 'is not a usable name')];
    return nameFaults(item, place);
  });
}

function optionsOf(manifest: unknown): Set<string> {
  return new Set(Object.keys(objectAt(manifest, ['options'])).map((name) => `options.${name}`));
}

function optionFaults(manifest: unknown): ManifestFault[] {
  return Object.entries(objectAt(manifest, ['options'])).flatMap(([name, option]): ManifestFault[] => {
    const path = ['options', name];
    const { default: given, values, list = false } = asObject(option);
    if (given === undefined) return [];
    if (Array.isArray(given) !== list)
      return [valueFault([...path, 'default'], list === true ? 'expected a list of texts' : 'expected text')];
    const allowed = Array.isArray(values) ? values : null;
    return [given].flat().every((text) => allowed === null || allowed.includes(text))
      ? []
      : [valueFault([...path, 'default'], 'is none of the values')];
  });
}

function authFaults(manifest: unknown): ManifestFault[] {
  const path = ['auth'];
  const auth = asObject(valueAt(manifest, path));
  const own = new Set([...optionsOf(manifest), 'auth']);
  const faults: ManifestFault[] = [];
  for (const key of ['token', 'username', 'password', 'clientId', 'clientSecret'])
    faults.push(...placeholderFaults(manifest, [...path, key], own));
  const sent = auth['type'] === 'session' ? new Set([...own, 'session']) : own;
  for (const key of ['headers', 'query']) faults.push(...placeholderFaults(manifest, [...path, key], sent));
  faults.push(...headerFaults(manifest, [...path, 'headers'], true));
  if (auth['tokenUrl'] !== '{{auth.tokenUrl}}')
    faults.push(...placeholderFaults(manifest, [...path, 'tokenUrl'], optionsOf(manifest)));
  if (auth['type'] !== 'session') return faults;
  faults.push(
    ...requestFaults(manifest, [...path, 'login'], own, { secretsInBody: true }),
    ...requestFaults(manifest, [...path, 'logout'], new Set([...own, 'session']), { secretsInBody: true }),
  );
  if (!namesUnder(auth['headers']).includes('session'))
    faults.push(valueFault([...path, 'headers'], 'needs {{session}}: requests would go without it'));
  return faults;
}

const PAGE_PLACEHOLDERS: Readonly<Record<string, string>> = {
  offset: 'offset',
  page: 'page',
  cursor: 'cursor',
};

function listsFaults(manifest: unknown): ManifestFault[] {
  const lists = arrayAt(manifest, ['lists']);
  const faults = repeated(lists.map((list) => asObject(list)['name'])).map((index) =>
    valueFault(['lists', index, 'name'], 'another list has this name'),
  );
  let count = 0;
  lists.forEach((given, index) => {
    faults.push(...listFaults(manifest, asObject(given), ['lists', index]));
    count += eachCount(manifest, asObject(given)['each']);
  });
  if (count > MAX_LISTS)
    faults.push(valueFault(['lists'], `come to more than ${MAX_LISTS}, each of each counted`));
  return faults;
}

function listFaults(manifest: unknown, list: Record<string, unknown>, path: Path): ManifestFault[] {
  const each = Object.keys(asObject(list['each'])).map((name) => `each.${name}`);
  const known = new Set([...optionsOf(manifest), ...each]);
  const pagination = asObject(list['pagination']);
  const type = typeof pagination['type'] === 'string' ? pagination['type'] : 'none';
  const needed = PAGE_PLACEHOLDERS[type];
  const allowed = new Set([...known, 'limit', ...(needed === undefined ? [] : [needed])]);
  const faults = [
    ...eachFaults(manifest, list['each'], [...path, 'each']),
    ...requestFaults(manifest, [...path, 'request'], allowed),
    ...placeholderFaults(manifest, [...path, 'fields'], known),
  ];
  const incremental = asObject(list['incremental']);
  const overlay = [...path, 'incremental', 'request'];
  faults.push(...requestFaults(manifest, overlay, new Set([...allowed, 'since'])));
  const used = namesUnder(list['request']);
  const filtered = namesUnder(incremental['request']);
  if (needed !== undefined && !used.includes(needed))
    faults.push(
      valueFault(
        [...path, 'pagination', 'type'],
        `needs {{${needed}}} in the request: every page would be the first`,
      ),
    );
  if (
    needed !== undefined &&
    asObject(incremental['request'])['json'] !== undefined &&
    !filtered.includes(needed)
  )
    faults.push(valueFault([...overlay, 'json'], `needs {{${needed}}}: every page would be the first`));
  if (incremental['by'] === 'filter' && !filtered.includes('since'))
    faults.push(valueFault(overlay, 'needs {{since}}: the filter would filter nothing'));
  const method = methodOf(list['request']);
  if (!READS.has(method))
    faults.push(valueFault([...path, 'request', 'method'], 'a list is read by GET or POST'));
  if ((type === 'next' || type === 'link') && method !== 'GET')
    faults.push(valueFault([...path, 'request', 'method'], 'the address of a next page is read by GET'));
  if (list['conditional'] !== undefined && (type !== 'none' || list['incremental'] !== undefined))
    faults.push(keyFault([...path, 'conditional'], 'is for lists of one answer that are read whole'));
  return faults;
}

function eachFaults(manifest: unknown, each: unknown, path: Path): ManifestFault[] {
  return Object.entries(asObject(each)).flatMap(([name, values]): ManifestFault[] => {
    const option = asObject(values)['option'];
    if (typeof option !== 'string') return [];
    const declared = asObject(valueAt(manifest, ['options', option]));
    if (declared['list'] === true) return [];
    return [valueFault([...path, name, 'option'], 'is no option with `list: true`')];
  });
}

/** As many as can be said before a source gives its options. */
function eachCount(manifest: unknown, each: unknown): number {
  return Object.values(asObject(each)).reduce<number>((product, values) => {
    const given = Array.isArray(values)
      ? values
      : valueAt(manifest, ['options', String(asObject(values)['option']), 'default']);
    return product * (Array.isArray(given) ? given.length : 1);
  }, 1);
}

function idNames(manifest: unknown): Set<string> {
  const parts = Object.keys(objectAt(manifest, ['record', 'id', 'parts'])).map((name) => `id.${name}`);
  return new Set([...optionsOf(manifest), 'id', ...parts]);
}

function oneFaults(manifest: unknown): ManifestFault[] {
  const one = valueAt(manifest, ['one']);
  if (one === undefined) return [];
  const faults = requestFaults(manifest, ['one', 'request'], idNames(manifest));
  if (!namesUnder(valueAt(one, ['request'])).some((name) => name === 'id' || name.startsWith('id.')))
    faults.push(valueFault(['one', 'request'], 'needs {{id}}: every job would get the same answer'));
  if (!READS.has(methodOf(valueAt(manifest, ['one', 'request']))))
    faults.push(valueFault(['one', 'request', 'method'], 'a job is read by GET or POST'));
  faults.push(...placeholderFaults(manifest, ['one', 'fields'], idNames(manifest)));
  if (valueAt(one, ['id']) !== undefined && valueAt(one, ['shape']) === 'list')
    faults.push(keyFault(['one', 'id'], "a record of the list's shape has its id where the list has it"));
  return [...faults, ...idShapeFaults(manifest, ['one', 'id'])];
}

function idShapeFaults(manifest: unknown, path: Path): ManifestFault[] {
  const id = valueAt(manifest, path);
  if (id === undefined) return [];
  const partsOf = (value: unknown) => Object.keys(asObject(asObject(value)['parts'])).join(',');
  return partsOf(id) === partsOf(valueAt(manifest, ['record', 'id']))
    ? []
    : [valueFault(path, 'must be made of the same parts as record.id, in their order')];
}

function recordFaults(manifest: unknown): ManifestFault[] {
  const record = objectAt(manifest, ['record']);
  const faults = idShapeFaults(manifest, ['record', 'parent']);
  const words = Object.keys(asObject(record['states']));
  for (const index of repeated(words.map((word) => word.toLowerCase())))
    faults.push(
      keyFault(['record', 'states', words[index]!], 'this word stands here twice; case does not count'),
    );
  const times = asObject(record['times']);
  for (const field of ['createdAt', 'scheduledFor', 'startedAt', 'finishedAt', 'updatedAt'])
    [times[field]].flat().forEach((time, index) => {
      const { from, observed } = asObject(time);
      const path = ['record', 'times', field, ...(Array.isArray(times[field]) ? [index] : [])];
      if (typeof time === 'object' && time !== null && (from === undefined) === (observed === undefined))
        faults.push(valueFault(path, 'needs from, or observed: true, and not both'));
    });
  const usedZones = [times, ...Object.values(times).flat()].map((time) => asObject(time)['zone']);
  for (const zone of usedZones)
    if (typeof zone === 'string' && templateFault(zone) === null)
      for (const name of new Template(zone).names)
        if (!optionsOf(manifest).has(name))
          faults.push(valueFault(['record', 'times'], `a zone names {{${name}}}, which is no option`));
  arrayAt(record, ['links', 'hosts']).forEach((host, index) => {
    if (typeof host === 'string' && !/^[a-z0-9.-]+(?::\d{1,5})?$/i.test(host))
      faults.push(valueFault(['record', 'links', 'hosts', index], 'is not a host'));
  });
  return faults;
}

function errorFaults(manifest: unknown): ManifestFault[] {
  const auth = objectAt(manifest, ['auth'])['type'];
  return arrayAt(manifest, ['errors']).flatMap((rule, index): ManifestFault[] => {
    const { status, body, header, kind, on } = asObject(rule);
    const path = ['errors', index];
    const faults: ManifestFault[] = [];
    if (status === undefined && body === undefined && header === undefined)
      faults.push(valueFault(path, 'needs a status, a body or a header: it would apply to every answer'));
    if (kind === 'renew' && auth !== 'session' && auth !== 'oauth2')
      faults.push(valueFault([...path, 'kind'], 'renew is for session and oauth2'));
    if (kind === 'gone' && Array.isArray(on) && on.some((what) => what === 'list' || what === 'login'))
      faults.push(valueFault([...path, 'on'], 'a list or a login cannot be gone'));
    return faults;
  });
}

function actionFaults(manifest: unknown): ManifestFault[] {
  return Object.keys(objectAt(manifest, ['actions'])).flatMap((name) => {
    const path = ['actions', name, 'request'];
    const faults = requestFaults(manifest, path, idNames(manifest));
    const names = namesUnder(valueAt(manifest, path));
    if (!names.some((used) => used === 'id' || used.startsWith('id.')))
      faults.push(valueFault(path, 'needs {{id}}: it would be asked of every job'));
    return faults;
  });
}

function redactFaults(manifest: unknown): ManifestFault[] {
  const identity = identityPaths(manifest);
  return arrayAt(manifest, ['redact']).flatMap((path, index): ManifestFault[] => {
    const message = typeof path === 'string' ? redactPathFault(path, identity) : null;
    return message === null ? [] : [valueFault(['redact', index], message)];
  });
}

/** The places of a record that a job cannot be known without: its id, status and type. */
export function identityPaths(manifest: unknown): string[] {
  const record = objectAt(manifest, ['record']);
  const id =
    typeof record['id'] === 'string'
      ? [record['id']]
      : Object.values(asObject(asObject(record['id'])['parts']));
  return [...id, record['status'], record['type']]
    .flat()
    .filter((source) => typeof source === 'string' && expressionFault(source) === null)
    .flatMap((source) => new Expression(source as string).paths);
}

function guaranteeFaults(manifest: unknown): ManifestFault[] {
  const path = ['guarantees', 'changes'];
  const changes = valueAt(manifest, path);
  const isIncremental = arrayAt(manifest, ['lists']).some(
    (list) => asObject(list)['incremental'] !== undefined,
  );
  const pageSize = objectAt(manifest, ['pageSize']);
  const faults: ManifestFault[] =
    Number(pageSize['default']) > Number(pageSize['max'])
      ? [valueFault(['pageSize', 'default'], 'must be at most max')]
      : [];
  if (changes === 'list' && isIncremental)
    faults.push(valueFault(path, 'a list is incremental, so not every poll reads the whole'));
  if (changes === 'incremental' && !isIncremental) faults.push(valueFault(path, 'no list is incremental'));
  return faults;
}

/** Headers that are the HTTP client's own business. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  ...[
    'host',
    'connection',
    'content-length',
    'transfer-encoding',
    'accept-encoding',
    'upgrade',
    'te',
    'trailer',
  ],
  ...['expect', 'keep-alive', 'proxy-authorization', 'proxy-connection', 'http2-settings'],
]);
/** Those that carry credentials, which a manifest must not hold. */
const SECRET_HEADERS: ReadonlySet<string> = new Set(['authorization', 'cookie']);

function headerFaults(manifest: unknown, path: Path, isAuth = false): ManifestFault[] {
  const headers = objectAt(manifest, path);
  const names = Object.keys(headers);
  const twice = repeated(names.map((name) => name.toLowerCase())).map((index) =>
    keyFault([...path, names[index]!], 'this header stands here twice; case does not count'),
  );
  return names.reduce((faults, name) => {
    const place = [...path, name];
    if (OWN_HEADERS.has(name.toLowerCase())) faults.push(keyFault(place, 'is set by Rollcall itself'));
    if (!isAuth && SECRET_HEADERS.has(name.toLowerCase()))
      faults.push(keyFault(place, 'carries a credential: use auth'));
    if (typeof headers[name] === 'string' && /[^\t\x20-\x7e]/.test(headers[name]))
      faults.push(valueFault(place, 'must be ASCII on one line, since it is sent in a header'));
    return faults;
  }, twice);
}

/** What a platform is read by: a read may be sent again, and must change nothing. */
const READS: ReadonlySet<unknown> = new Set(['GET', 'POST']);

function methodOf(request: unknown): unknown {
  return asObject(request)['method'] ?? 'GET';
}

function requestFaults(
  manifest: unknown,
  path: Path,
  allowed: ReadonlySet<string>,
  { secretsInBody = false } = {},
): ManifestFault[] {
  const request = objectAt(manifest, path);
  // Paths and parameters stand in messages and in the logs of whatever is on the way.
  const open = new Set([...allowed].filter((name) => name !== 'auth' && name !== 'session'));
  const inPath = new Set([...open].filter((name) => name !== 'cursor' && name !== 'since'));
  const faults = [
    ...placeholderFaults(manifest, [...path, 'path'], inPath),
    ...placeholderFaults(manifest, [...path, 'query'], open),
    ...placeholderFaults(manifest, [...path, 'headers'], secretsInBody ? allowed : open),
    ...placeholderFaults(manifest, [...path, 'json'], secretsInBody ? allowed : open),
    ...placeholderFaults(manifest, [...path, 'form'], secretsInBody ? allowed : open),
    ...headerFaults(manifest, [...path, 'headers'], secretsInBody),
  ];
  const method = methodOf(request);
  const isOverlay = !Object.hasOwn(request, 'path') || path.at(-2) === 'incremental';
  const hasBody = request['json'] !== undefined || request['form'] !== undefined;
  if (hasBody && method === 'GET' && !isOverlay)
    faults.push(keyFault([...path, request['json'] === undefined ? 'form' : 'json'], 'a GET has no body'));
  if (request['json'] !== undefined && request['form'] !== undefined)
    faults.push(keyFault([...path, 'form'], 'json stands here as well'));
  return faults;
}

/** Placeholders under a path that are not known there; `auth` stands for all of its names. */
function placeholderFaults(manifest: unknown, path: Path, allowed: ReadonlySet<string>): ManifestFault[] {
  return textsUnder(valueAt(manifest, path), path).flatMap(({ text, path: place }) => {
    const fault = templateFault(text);
    // Those of a template that the schema checks are told by it.
    if (fault !== null) return isChecked(path) ? [] : [valueFault(place, fault)];
    return new Template(text).names
      .filter((name) => !allowed.has(name) && !(allowed.has('auth') && name.startsWith('auth.')))
      .map((name) => valueFault(place, `{{${name}}} is not known here${hintOf(name, allowed)}`));
  });
}

function isChecked(path: Path): boolean {
  return path.at(-1) !== 'json';
}

function hintOf(name: string, allowed: ReadonlySet<string>): string {
  if (name.startsWith('auth.') || name === 'session')
    return ': credentials stand in auth, and never in a path or a parameter';
  return allowed.size === 0 ? '' : `; known: ${[...allowed].join(', ')}`;
}

function namesUnder(value: unknown): string[] {
  return textsUnder(value, []).flatMap(({ text }) =>
    templateFault(text) === null ? new Template(text).names : [],
  );
}

/** Every text in a value, keys left out. Deeper than a template may be, nothing is looked at: the schema refuses it. */
function textsUnder(value: unknown, path: Path): { text: string; path: Path }[] {
  if (typeof value === 'string') return [{ text: value, path }];
  if (typeof value !== 'object' || value === null || path.length > 40) return [];
  return Object.entries(value).flatMap(([key, item]) =>
    textsUnder(item, [...path, Array.isArray(value) ? Number(key) : key]),
  );
}

function repeated(values: readonly unknown[]): number[] {
  return values.flatMap((value, index) =>
    typeof value === 'string' && values.indexOf(value) < index ? [index] : [],
  );
}

function valueFault(path: Path, message: string): ManifestFault {
  return { path, at: 'value', message };
}

function keyFault(path: Path, message: string): ManifestFault {
  return { path, at: 'key', message };
}

function asObject(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}

function objectAt(value: unknown, path: Path): Record<string, unknown> {
  return asObject(valueAt(value, path));
}

function arrayAt(value: unknown, path: Path): unknown[] {
  const list = valueAt(value, path);
  return Array.isArray(list) ? list : [];
}

function valueAt(root: unknown, path: Path): unknown {
  let value = root;
  for (const step of path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}
