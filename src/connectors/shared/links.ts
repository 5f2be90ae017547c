export interface LinkHosts {
  /** The source's base URL; its host is allowed. */
  baseUrl: string;
  /** Further hosts that the connector names, with their port where it is not 443. */
  hosts?: readonly string[];
}

/**
 * A platform's link as it may be shown: an absolute https URL on the source's host or on one that the connector names, without
 * query, fragment and user information, since those can carry secrets. Undefined for everything else.
 */
export function safeLink(value: unknown, { baseUrl, hosts = [] }: LinkHosts): string | undefined {
  if (typeof value !== 'string' || !URL.canParse(value)) return undefined;
  const link = new URL(value);
  const allowed = link.host === new URL(baseUrl).host || hosts.includes(link.host);
  return link.protocol === 'https:' && allowed ? `${link.origin}${link.pathname}` : undefined;
}
