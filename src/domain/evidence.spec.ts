import fc from 'fast-check';
import { compareEvidence, Dated, supersedes } from './evidence.js';
import { JOB_STATES } from './job-state.js';

describe('compareEvidence', () => {
  it.each([
    [{ updated: 2 }, { updated: 1 }, 'older'],
    [{ updated: 1 }, { updated: 2 }, 'newer'],
    [{ updated: 1 }, { updated: 1 }, 'equal'],
    [{ updated: 1, modified: 1 }, { updated: 2, modified: 1 }, 'newer'],
    [{ updated: 1, modified: 2 }, { updated: 2, modified: 1 }, 'incomparable'],
    [{ created: 1, finished: 9 }, { created: 1 }, 'equal'],
    [{ updated: 5 }, { created: 1 }, 'incomparable'],
    [{}, {}, 'incomparable'],
  ] as const)('stored %p, incoming %p: %s', (stored, incoming, order) => {
    expect(compareEvidence(stored, incoming)).toBe(order);
  });
});

describe('supersedes', () => {
  const record = (state: Dated['state'], updated: number | null, readAt: number): Dated => ({
    state,
    evidence: updated === null ? {} : { updated },
    readAt,
  });

  it.each([
    [
      'what is older changes nothing, terminal or not',
      record('succeeded', 1, 9),
      record('running', 2, 1),
      false,
    ],
    [
      'a restart on newer evidence wins over terminal',
      record('running', 3, 9),
      record('succeeded', 2, 1),
      true,
    ],
    ['equal times: terminal wins over open', record('succeeded', 1, 1), record('running', 1, 9), true],
    ['equal times: open never wins over terminal', record('running', 1, 9), record('succeeded', 1, 1), false],
    ['no times: terminal wins over open', record('failed', null, 1), record('running', null, 9), true],
    ['equal and both open: the later read wins', record('paused', 1, 2), record('running', 1, 1), true],
    ['equal and both open: the earlier read loses', record('paused', 1, 1), record('running', 1, 2), false],
  ])('%s', (_why, incoming, stored, expected) => {
    expect(supersedes(incoming, stored)).toBe(expected);
  });

  it('resolves two records the same way in any order of arrival', () => {
    const dated = fc.record({
      state: fc.constantFrom(...JOB_STATES),
      evidence: fc.dictionary(
        fc.constantFrom('created', 'updated', 'finished'),
        fc.integer({ min: 0, max: 3 }),
      ),
      readAt: fc.integer({ min: 0, max: 3 }),
    });
    fc.assert(
      fc.property(dated, dated, (a, b) => {
        fc.pre(a.readAt !== b.readAt);
        expect(supersedes(b, a)).toBe(!supersedes(a, b));
      }),
    );
  });
});
