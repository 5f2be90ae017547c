import { Connector } from '../connector.js';
import { CoreSession } from './vectorcharts.core.js';
import {
  attributeKeys,
  identify,
  IDENTITY_PATHS,
  normalize,
  Options,
  options,
  STATUS_MAP,
} from './vectorcharts.normalize.js';
import { OemSession } from './vectorcharts.oem.js';
import { Auth, auth } from './vectorcharts.auth.js';
import { PortalClient } from './vectorcharts.portal.js';
import { tasks } from './vectorcharts.tasks.js';

export const vectorcharts: Connector<Auth, Options> = {
  platform: 'vectorcharts',
  // The cloud's. An OEM portal has its own.
  defaultBaseUrl: 'https://api.vectorcharts.com',
  auth,
  options,
  // Of Core, the records that are handed on at once. The portal caps a page at 200.
  limits: { pageSize: 1_000, maxPageSize: 1_000, settleMs: 0, proof: 'list' },
  proof: ({ variant }) => (variant === 'core' ? 'list' : 'incremental'),
  statusMap: STATUS_MAP,
  normalizerVersion: 1,
  redact: [],
  identityPaths: IDENTITY_PATHS,
  attributeKeys,
  volatileAttributes: [],
  extraHosts: () => [],
  connect: (source, http) => {
    const { options, baseUrl, auth } = source;
    const read = (record: unknown) =>
      normalize(record, { options, shape: 'list', baseUrl, statusMap: STATUS_MAP, observedAt: 0 });
    return options.variant === 'core'
      ? new CoreSession(source, http, read)
      : new OemSession(source, new PortalClient(http, auth), read);
  },
  identify,
  normalize,
  tasks,
};
