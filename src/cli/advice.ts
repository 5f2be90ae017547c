import { ErrorKind } from '../domain/errors.js';

/** What to do about a fault of a source, by its kind. */
export const ADVICE: Record<ErrorKind, string> = {
  authentication:
    'the platform refuses the credential: look at `auth`, and whether the secret reached this process whole',
  permission:
    'the credential is known but may not read jobs: give its account the role that the connector page names',
  'rate-limited':
    'the platform asks for patience: wait, then poll less often (poll.every, poll.maxRequestsPerHour)',
  timeout: 'the platform answers too slowly: raise poll.timeout, or lower poll.pageSize',
  network: 'the host cannot be reached from here: look at `baseUrl`, DNS, proxies and firewalls',
  'upstream-error': 'the platform fails on its side: look at its status page and try again later',
  'malformed-response':
    'the answer is not JSON: `baseUrl` may lead to a web page or a proxy instead of the API',
  schema: 'the answer has not the documented shape: look at `baseUrl` and the API version in `options`',
  configuration: 'the platform answers for another account: look at `options` and `baseUrl`',
};
