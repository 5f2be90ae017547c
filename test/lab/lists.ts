import { ETL_ACCOUNT } from '../../src/simulators/credentials.js';
import { Call } from '../../src/simulators/http/answer.js';
import { isList } from '../../src/simulators/http/spoil.js';
import { SimulatedPlatform } from '../../src/simulators/life.js';

/** Where a platform's jobs are listed, and how a page is asked for; `then`: by what a walk goes on. Core has one page. */
export const LISTS: Record<
  SimulatedPlatform,
  { paths: string[]; limit: [string, number] | null; offset: string; then?: string }
> = {
  vectorcharts: { paths: ['/api/v1/jobs'], limit: null, offset: '' },
  'vectorcharts-oem': { paths: ['/api/portal/v1/jobs'], limit: ['limit', 200], offset: 'offset' },
  'elastic-path': { paths: ['/pcm/jobs'], limit: ['page[limit]', 100], offset: 'page[offset]' },
  workfloplus: { paths: ['/jobs/v1/'], limit: ['limit', 100], offset: 'skip' },
  'integrate-io': {
    paths: [`/${ETL_ACCOUNT}/api/jobs`],
    limit: ['limit', 100],
    offset: 'offset',
    then: 'since',
  },
  'veeva-vault': {
    paths: ['/api/v25.2/services/jobs/monitors', '/api/v25.2/services/jobs/histories'],
    limit: ['limit', 200],
    offset: 'offset',
  },
};

/** A list request in the middle of a walk: not its first page. */
export function isLaterPage(platform: SimulatedPlatform, call: Call): boolean {
  const { offset, then } = LISTS[platform];
  const goesOn = then !== undefined && call.query.get(then) !== null;
  return isList(platform, call) && (goesOn || Number(call.query.get(offset) ?? 0) > 0);
}
