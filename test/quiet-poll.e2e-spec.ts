import { SIMULATED_PLATFORMS, SimulatedPlatform } from '../src/simulators/life.js';
import { measureQuietPoll } from './lab/quiet-poll.js';

const FEW = 500;
const MANY = 5_000;

/**
 * The most requests of a poll that finds nothing, as performance.md promises them. VectorCharts core has one request only, the whole list.
 * Integrate.io and Veeva Vault end a list with a page that says so. WorkfloPlus has no order: a bounded look at both ends of its list.
 */
const MOST: Record<SimulatedPlatform, number> = {
  vectorcharts: 1,
  'vectorcharts-oem': 1,
  'elastic-path': 1,
  'integrate-io': 1,
  'veeva-vault': 2,
  workfloplus: 8,
};

it.each(SIMULATED_PLATFORMS)(
  'a quiet poll of %s asks as little for 5,000 finished jobs as for 500',
  async (platform) => {
    const few = await measureQuietPoll(platform, FEW);
    const many = await measureQuietPoll(platform, MANY);
    expect(many.requests).toBe(few.requests);
    expect(many.requests).toBeLessThanOrEqual(MOST[platform]);
    // Core has nothing but the whole list; everybody else shows a page, or what lies in the overlap.
    if (platform !== 'vectorcharts') expect(many.records).toBeLessThan(FEW);
    expect(many.sweepRequests).toBeGreaterThanOrEqual(few.sweepRequests);
  },
  120_000,
);
