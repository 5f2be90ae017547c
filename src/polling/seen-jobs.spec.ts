import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { SeenJobs } from './seen-jobs.js';

/** Neighbours, also across the end of a page, and others far away. */
const ordinals = fc.oneof(fc.nat(100), fc.integer({ min: 32_760, max: 32_775 }), fc.nat(300_000));

describe('SeenJobs', () => {
  it('remembers exactly what was added, across serialization', () => {
    fc.assert(
      fc.property(fc.array(ordinals), fc.array(ordinals), (added, asked) => {
        const seen = new SeenJobs();
        for (const ordinal of added) seen.add(ordinal);
        const copy = SeenJobs.deserialize(seen.serialize());
        expect(copy.size).toBe(new Set(added).size);
        for (const ordinal of [...added, ...asked]) expect(copy.has(ordinal)).toBe(added.includes(ordinal));
      }),
    );
  });

  it('takes as much for the newest of a billion jobs as for the first', () => {
    const seen = new SeenJobs();
    const before = process.memoryUsage().arrayBuffers;
    for (let ordinal = 1e9; ordinal < 1e9 + 1_000; ordinal++) seen.add(ordinal);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(100_000);
    expect([seen.size, seen.has(1e9 + 999), seen.has(1e9 + 1_000), seen.has(999)]).toEqual([
      1_000,
      true,
      false,
      false,
    ]);
  });

  it('reads what a release wrote that kept all bits in one array, of any length', () => {
    const bits = new Uint8Array(5_000);
    bits[0] = 0b10;
    bits[4_999] = 0b1000_0000;
    const seen = SeenJobs.deserialize(gzipSync(bits).toString('base64'));
    expect([seen.size, seen.has(1), seen.has(39_999), seen.has(0), seen.has(40_000)]).toEqual([
      2,
      true,
      true,
      false,
      false,
    ]);
    const again = gunzipSync(Buffer.from(seen.serialize(), 'base64'));
    expect(again.subarray(0, bits.length)).toEqual(Buffer.from(bits));
    expect(again.subarray(bits.length).every((byte) => byte === 0)).toBe(true);
  });
});
