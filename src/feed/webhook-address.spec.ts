import dns from 'node:dns';
import { checkAddress, guardedLookup, isPrivate } from './webhook-address.js';

const PUBLIC_ONLY = { allowPrivate: false };

describe('the address of an endpoint', () => {
  test.each([
    'https://hooks.example.com/a?b=c',
    'https://example.com:8443/',
    'https://1.1.1.1/',
    'https://[2606:4700::1111]/',
    // a name that looks like one of ours
    'https://localhost.example.com/',
    'https://127.0.0.1.example.com/',
  ])('may be %s', (url) => {
    expect(checkAddress(url, PUBLIC_ONLY)).toBeNull();
  });

  test.each([
    // one address in the notations that connections take
    ...[
      '127.0.0.1',
      '2130706433',
      '0x7f.1',
      '0x7f000001',
      '017700000001',
      '127.1',
      '①②⑦.0.0.1',
      '127.0.0.1.',
    ],
    ...['[::1]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::127.0.0.1]', '[0:0:0:0:0:ffff:7f00:0001]'],
    // NAT64, its local prefix, 6to4, Teredo
    ...['[64:ff9b::7f00:1]', '[64:ff9b:1::1]', '[2002:7f00:1::]', '[2001:0:7f00:1::]'],
    // private, shared, link-local with the metadata of clouds
    ...['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', '100.64.0.1', '100.100.100.200'],
    ...['169.254.169.254', '[fe80::1]', '[fd00:ec2::254]', '[fec0::1]', '168.63.129.16', '192.0.0.192'],
    // nowhere, everywhere, not yet
    ...['0.0.0.0', '0', '[::]', '224.0.0.1', '[ff02::1]', '255.255.255.255', '240.0.0.1', '198.18.0.1'],
    ...['203.0.113.1', '[2001:db8::1]', '[100::1]', '[4000::1]', '[5f00::1]'],
    ...['localhost', 'LOCALHOST.', 'a.localhost', 'a.localhost.'],
  ])('must not be https://%s', (host) => {
    expect(checkAddress(`https://${host}/`, PUBLIC_ONLY)).toMatch(/private or reserved address/);
    expect(checkAddress(`https://${host}/`, { allowPrivate: true })).toBeNull();
  });

  test.each([
    ['http://example.com/', /must be https/],
    ['ftp://example.com/', /no address of the web/],
    ['file:///etc/passwd', /no address of the web/],
    ['example.com', /no address of the web/],
    ['https://', /no address of the web/],
    ['https://user:word@example.com/', /user name or password/],
  ])('must not be %s', (url, fault) => {
    expect(checkAddress(url, PUBLIC_ONLY)).toMatch(fault);
  });

  it('may be http where private addresses are allowed', () => {
    expect(checkAddress('http://127.0.0.1:9093/', { allowPrivate: true })).toBeNull();
  });
});

test.each(['', 'no address', 'fe80::1%eth0', '::ffff:10.0.0.1'])('%j counts as private', (address) => {
  expect(isPrivate(address)).toBe(true);
});

describe('a name that is resolved for a connection', () => {
  const standingFor = (...addresses: string[]) =>
    ((_name: string, _options: unknown, callback: (error: null, found: dns.LookupAddress[]) => void) =>
      callback(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      )) as unknown as typeof dns.lookup;
  const lookUp = (resolve: typeof dns.lookup, all: boolean, rules = PUBLIC_ONLY) =>
    new Promise((done) => {
      guardedLookup(rules, resolve)('name.example', { all }, (error, address, family) =>
        done(error ? error.message : all ? address : [address, family]),
      );
    });

  it('is connected to where all its addresses are public', async () => {
    const found = [
      { address: '1.1.1.1', family: 4 },
      { address: '2606:4700::1111', family: 6 },
    ];
    expect(await lookUp(standingFor('1.1.1.1', '2606:4700::1111'), true)).toEqual(found);
    expect(await lookUp(standingFor('1.1.1.1'), false)).toEqual(['1.1.1.1', 4]);
  });

  test.each([[['127.0.0.1']], [['1.1.1.1', '10.0.0.1']], [['2606:4700::1111', '::ffff:169.254.169.254']]])(
    'is refused where one of them is private: %j',
    async (addresses) => {
      for (const all of [true, false])
        expect(await lookUp(standingFor(...addresses), all)).toMatch(/private or reserved/);
      expect(await lookUp(standingFor(...addresses), false, { allowPrivate: true })).toEqual([
        addresses[0],
        addresses[0]!.includes(':') ? 6 : 4,
      ]);
    },
  );

  it('that nobody knows is an error as it was', async () => {
    const unknown = ((_name: string, _options: unknown, callback: (error: Error) => void) =>
      callback(new Error('ENOTFOUND'))) as unknown as typeof dns.lookup;
    expect(await lookUp(unknown, true)).toBe('ENOTFOUND');
  });
});
