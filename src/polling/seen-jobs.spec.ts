import fc from 'fast-check';
import { SeenJobs } from './seen-jobs.js';

describe('SeenJobs', () => {
  it('remembers exactly what was added, across serialization', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(100_000)), fc.array(fc.nat(100_000)), (added, asked) => {
        const seen = new SeenJobs();
        for (const ordinal of added) seen.add(ordinal);
        const copy = SeenJobs.deserialize(seen.serialize());
        expect(copy.size).toBe(new Set(added).size);
        for (const ordinal of [...added, ...asked]) expect(copy.has(ordinal)).toBe(added.includes(ordinal));
      }),
    );
  });
});
