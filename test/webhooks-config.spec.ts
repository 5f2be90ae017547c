import { parseWebhookFilter, readWebhookFilter } from '../src/api/dto/webhook-filter.js';
import { Config } from '../src/config/config.js';
import { parseConfig } from '../src/config/load-config.js';
import { ConfigError } from '../src/domain/errors.js';
import { checkAddress } from '../src/feed/webhook-address.js';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const SOURCES = `
sources: [{ key: charts, platform: vectorcharts, auth: { token: x } }]
`;

/** As the command line does. */
function parse(text: string): Config {
  return parseConfig(text + SOURCES, 'rollcall.yaml', {}, () => '', {
    readFilter: readWebhookFilter,
    addressFault: (url, allowPrivate) => checkAddress(url, { allowPrivate }),
  });
}

function faultsOf(text: string): string[] {
  try {
    parse(text);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.faults.map(({ line, column, path, message }) => `${line}:${column} ${path} ${message}`);
  }
  return [];
}

const endpoint = (...lines: string[]) =>
  [
    'webhooks:',
    '  endpoints:',
    '    - name: a',
    ...[`secret: ${SECRET}`, ...lines].map((line) => `      ${line}`),
  ].join('\n');

test('a filter is the same in the file, in a body and in a query string', () => {
  const [one] = parse(
    endpoint(
      'url: https://a.example.com',
      'filter: { state: [failed, missed], source: charts, minProgress: 0.5, label: "team:a" }',
    ),
  ).webhooks.endpoints;
  const [other] = parse(
    endpoint(
      'url: https://a.example.com',
      'filter: state=failed&state=missed&source=charts&minProgress=0.5&label=team:a',
    ),
  ).webhooks.endpoints;
  expect(one!.filter).toEqual({
    state: ['failed', 'missed'],
    source: ['charts'],
    minProgress: ['0.5'],
    label: ['team:a'],
  });
  expect(other!.filter).toEqual(one!.filter);
  expect(parseWebhookFilter(one!.filter)).toEqual({
    state: ['failed', 'missed'],
    source: ['charts'],
    label: [{ key: 'team', value: 'a' }],
    progress: { min: 0.5 },
  });
});

test('every fault stands at its line and column', () => {
  expect(
    faultsOf(
      endpoint(
        'url: http://10.0.0.1/',
        'filter:',
        '  stat: failed',
        '  state: [failed, faled]',
        '  createdSince: yesterday',
        '  source: chart',
        '  latest: true',
        '  __proto__: x',
      ),
    ),
  ).toEqual([
    expect.stringMatching(/^5:12 webhooks\.endpoints\[0]\.url is on a private or reserved address/),
    '7:9 webhooks.endpoints[0].filter.stat is unknown; did you mean state?',
    expect.stringMatching(/^8:16 webhooks\.endpoints\[0]\.filter\.state "faled" is none of/),
    expect.stringMatching(/^9:23 webhooks\.endpoints\[0]\.filter\.createdSince "yesterday" is not a time/),
    '10:17 webhooks.endpoints[0].filter.source names a source that there is not; did you mean charts?',
    expect.stringMatching(/^11:17 webhooks\.endpoints\[0]\.filter\.latest chooses among jobs/),
    expect.stringMatching(/^12:9 webhooks\.endpoints\[0]\.filter\.__proto__ is unknown/),
  ]);
});

test.each([
  ['stat=failed', 'stat is unknown; did you mean state?'],
  ['state=%zz', 'state has broken percent-encoding'],
  ['[]', 'is neither an object of list parameters nor a query string'],
])('filter: %s', (filter, message) => {
  const [fault, ...others] = faultsOf(endpoint('url: https://a.example.com', `filter: ${filter}`));
  expect([fault, others]).toEqual([expect.stringContaining(message), []]);
});

test('private addresses and plain http are as the file says', () => {
  const text = endpoint('url: http://localhost:8080/');
  expect(faultsOf(text)).toHaveLength(1);
  const allowed = text.replace('webhooks:', 'webhooks:\n  allowPrivateAddresses: true');
  expect(parse(allowed).webhooks.endpoints[0]!.url).toBe('http://localhost:8080/');
});

test('a stored filter that no version reads any more says so', () => {
  expect(() => parseWebhookFilter({ colour: ['red'] })).toThrow(
    'the filter cannot be read: colour is unknown',
  );
  expect(() => parseWebhookFilter({ latest: ['true'] })).toThrow('latest chooses among jobs');
});
