import { Call } from '../../src/simulators/http/answer.js';
import { Fault } from '../../src/simulators/http/faults.js';
import { isList } from '../../src/simulators/http/spoil.js';
import { ManualClock } from '../../src/simulators/clock.js';
import { SIMULATED_PLATFORMS, SimulatedPlatform } from '../../src/simulators/life.js';
import { Random } from '../../src/simulators/random.js';
import { Simulators } from '../../src/simulators/simulators.js';
import { isLaterPage } from './lists.js';

/** What a disturbance needs of the storm that it is part of. */
export interface Weather {
  simulators: Simulators;
  clock: ManualClock;
  random: Random;
  /** Deletes one job from the platform. */
  removeOne: () => void;
}

/** One way to disturb a request between a platform and its reader, or the world while it is read. */
export interface Disturbance {
  fault: (weather: Weather, platform: SimulatedPlatform) => Fault;
  /** Platforms that have what it disturbs; default all. */
  platforms?: readonly SimulatedPlatform[];
  /** Only such requests; default all, logins too. */
  match?: (platform: SimulatedPlatform, call: Call) => boolean;
  /** It costs a timeout of real time, so that it comes less often. */
  rare?: true;
}

const TEN_MINUTES = 600_000;

/** Whoever signs in. Core and Integrate.io take a key that has no end. */
const WITH_SESSIONS: readonly SimulatedPlatform[] = [
  'elastic-path',
  'workfloplus',
  'veeva-vault',
  'vectorcharts-oem',
];
const WITH_PAGES = SIMULATED_PLATFORMS.filter((platform) => platform !== 'vectorcharts');

export const DISTURBANCES: Record<string, Disturbance> = {
  '429 with Retry-After': {
    fault: ({ random }) => ({
      kind: 'status',
      status: 429,
      headers: { 'Retry-After': random.pick(['0', '30', 'Thu, 01 Jan 2026 00:00:00 GMT']) },
    }),
  },
  '429 without Retry-After': { fault: () => ({ kind: 'status', status: 429 }) },
  '500': { fault: () => ({ kind: 'status', status: 500, text: 'Internal Server Error' }) },
  '502': { fault: () => ({ kind: 'status', status: 502, text: '<html>Bad Gateway</html>' }) },
  '503': {
    fault: ({ random }) => ({
      kind: 'status',
      status: 503,
      headers: random.pick<Record<string, string>>([{}, { 'Retry-After': '60' }]),
    }),
  },
  'an error inside a 200': {
    platforms: ['veeva-vault'],
    fault: ({ random }) => ({
      kind: 'status',
      status: 200,
      json: {
        responseStatus: 'FAILURE',
        errors: [
          {
            type: random.pick(['API_LIMIT_EXCEEDED', 'UNEXPECTED_ERROR', 'ÉTRANGE']),
            message: 'by the lab',
          },
        ],
      },
    }),
  },
  'hang before headers': { rare: true, fault: () => ({ kind: 'hang' }) },
  'hang in the body': { rare: true, fault: () => ({ kind: 'hang-in-body' }) },
  'connection reset': { fault: () => ({ kind: 'reset', in: 'headers' }) },
  'connection reset in the body': { fault: () => ({ kind: 'reset', in: 'body' }) },
  'truncated JSON': { fault: () => ({ kind: 'truncated-json' }) },
  'HTML with 200': { fault: () => ({ kind: 'html' }) },
  'wrong content type': { fault: () => ({ kind: 'content-type', type: 'image/png' }) },
  'slow drip': { fault: () => ({ kind: 'drip', bytes: 8_192, everyMs: 5 }) },
  'slow drip past every patience': {
    rare: true,
    match: isList,
    fault: () => ({ kind: 'drip', bytes: 16, everyMs: 5 }),
  },
  gzip: { fault: () => ({ kind: 'gzip' }) },
  'expired session in mid-walk': {
    platforms: WITH_SESSIONS,
    match: isLaterPage,
    fault: ({ simulators }, platform) => ({
      kind: 'before',
      run: () => simulators.revokeLogins(platform),
    }),
  },
  'clock 10 minutes ahead': { fault: () => ({ kind: 'skew', ms: TEN_MINUTES, times: Infinity }) },
  'clock 10 minutes behind': { fault: () => ({ kind: 'skew', ms: -TEN_MINUTES, times: Infinity }) },
  'rows moving between pages': {
    platforms: WITH_PAGES,
    match: isLaterPage,
    fault: ({ clock, random }) => ({
      kind: 'before',
      run: () => clock.advance(random.int(200, 3_000)),
      times: random.int(1, 4),
    }),
  },
  'jobs going on while they are read': {
    fault: ({ clock, random }) => ({
      kind: 'before',
      run: () => clock.advance(random.int(200, 3_000)),
      times: random.int(1, 4),
    }),
  },
  deletion: { fault: ({ removeOne }) => ({ kind: 'before', run: removeOne, times: 2 }) },
};

/** Whether two of them can be at one request, each to be seen: what only happens beside the answer. */
export function leavesTheAnswer({ kind }: Fault): boolean {
  return kind === 'before' || kind === 'skew' || kind === 'lag';
}

export function disturbs(name: string, platform: SimulatedPlatform): boolean {
  return DISTURBANCES[name]?.platforms?.includes(platform) ?? true;
}
