import dns, { LookupAddress } from 'node:dns';
import { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Where an endpoint may be. */
export interface AddressRules {
  /** `webhooks.allowPrivateAddresses`: private and loopback addresses, and plain http. */
  allowPrivate: boolean;
}

/** Public by their number, private by what they are: the metadata services of Azure and of Oracle's classic cloud. */
const PRIVATE_ALL_THE_SAME = new Set(['168.63.129.16', '192.0.0.192']);

/** All that is routed in IPv6. What lies outside looks like any address to a library, `::127.0.0.1` among them. */
const ROUTED_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3');

/**
 * What is wrong with an address of an endpoint, as far as it can be told without asking for its name; null: nothing. Numbers in whatever
 * notation are read as `fetch` reads them. Names are looked at when they are resolved ({@link guardedLookup}).
 */
export function checkAddress(address: string, { allowPrivate }: AddressRules): string | null {
  const url = URL.parse(address);
  if (url === null || !['http:', 'https:'].includes(url.protocol))
    return 'is no address of the web (https://…)';
  if (url.username !== '' || url.password !== '') return 'must not carry a user name or password';
  if (allowPrivate) return null;
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
  const isLocal = host === 'localhost' || host.endsWith('.localhost');
  if (isLocal || (ipaddr.isValid(host) && isPrivate(host)))
    return `is on a private or reserved address (${host}); webhooks.allowPrivateAddresses allows them`;
  if (url.protocol === 'http:')
    return 'must be https: what it is told would be readable on the way; webhooks.allowPrivateAddresses allows http';
  return null;
}

/** Whether an IP address is anything but one that the whole internet reaches. What cannot be read is. */
export function isPrivate(address: string): boolean {
  if (!ipaddr.isValid(address)) return true;
  // an IPv4 address inside an IPv6 one counts as what it is
  const read = ipaddr.process(address);
  if (PRIVATE_ALL_THE_SAME.has(read.toString()) || read.range() !== 'unicast') return true;
  return read.kind() === 'ipv6' && !(read as ipaddr.IPv6).match(ROUTED_IPV6);
}

/** The address that a name stands for, or one of them, may not be spoken to. */
export class PrivateAddressError extends Error {
  readonly code = 'ERR_PRIVATE_ADDRESS';

  constructor(host: string) {
    super(`${host} is on a private or reserved address`);
    this.name = 'PrivateAddressError';
  }
}

/**
 * Resolves names for connections, and refuses those of which any address is private. What was looked at is what is connected to: a name
 * that stands for something else a moment later changes nothing. Never asked for numbers: {@link checkAddress} is.
 */
export function guardedLookup(
  { allowPrivate }: AddressRules,
  resolve: typeof dns.lookup = dns.lookup,
): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, '', 0);
      if (!allowPrivate && addresses.some(({ address }) => isPrivate(address)))
        return callback(new PrivateAddressError(hostname), '', 0);
      if (options.all === true) return callback(null, addresses);
      const [first] = addresses as [LookupAddress];
      return callback(null, first.address, first.family);
    });
  };
}
