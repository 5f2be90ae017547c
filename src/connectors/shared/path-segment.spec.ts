import { JobGoneError } from '../../domain/errors.js';
import { pathSegment } from './path-segment.js';

describe('pathSegment', () => {
  it.each([
    ['92f237be-beac-4f22-945f-b6b73681ac09', '92f237be-beac-4f22-945f-b6b73681ac09'],
    ['a/../b', 'a%2F..%2Fb'],
    ['a?b#c', 'a%3Fb%23c'],
    ['%2e%2e', '%252e%252e'],
    ['...', '...'],
    ['日', '%E6%97%A5'],
  ])('%p becomes %p', (id, segment) => {
    expect(pathSegment(id)).toBe(segment);
  });

  it.each(['', ' ', '\t', '.', '..', 'x'.repeat(10_000)])('refuses %p', (id) => {
    expect(() => pathSegment(id)).toThrow(JobGoneError);
  });
});
