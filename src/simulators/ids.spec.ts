import * as fc from 'fast-check';
import { indexIn, scramble, unscramble, uuidOf } from './ids.js';

const word = fc.nat({ max: 0xffffffff });

describe('ids that carry their index', () => {
  it('undoes its own scrambling', () => {
    fc.assert(fc.property(word, word, (index, key) => unscramble(scramble(index, key), key) === index));
  });

  it('reads the index back out of a UUID', () => {
    fc.assert(fc.property(word, word, (index, key) => indexIn(uuidOf(index, key), key) === index));
    expect(uuidOf(7, 42)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  it('knows text that carries none', () => {
    expect(indexIn('not-an-id', 1)).toBeNull();
  });
});
