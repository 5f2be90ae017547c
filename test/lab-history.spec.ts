import { JobState } from '../src/domain/job-state.js';
import { JobBackground, judgeHistory, Move } from './lab/history.js';

/** The discovery, and then from each state to the next. */
const moves = (...states: JobState[]): Move[] =>
  states.map((to, place) => ({ from_state: states[place - 1] ?? null, to_state: to }));

const background = (over: Partial<JobBackground> = {}): JobBackground => ({
  platform: 'veeva-vault',
  shown: ['scheduled', 'queued', 'running', 'succeeded'],
  mangled: false,
  removed: false,
  ...over,
});

describe('what a job may have gone through', () => {
  it.each<[string, Partial<JobBackground>, JobState[]]>([
    ['all that its platform showed', {}, ['scheduled', 'queued', 'running', 'succeeded']],
    ['some of it, since nobody reads all the time', {}, ['queued', 'succeeded']],
    ['its end alone', {}, ['succeeded']],
    ['nothing that was read', {}, []],
    ['a word without a rule on the way', { mangled: true }, ['queued', 'unknown', 'running', 'succeeded']],
    ['such a word at first', { mangled: true }, ['unknown', 'succeeded']],
    [
      'an open state once more, where reads lag',
      { platform: 'elastic-path', shown: ['queued', 'running', 'succeeded'] },
      ['queued', 'running', 'queued', 'succeeded'],
    ],
  ])('%s', (_, over, states) => {
    expect(judgeHistory(background(over), moves(...states))).toEqual({ stray: [], detours: 0 });
  });

  it.each<[string, Partial<JobBackground>, JobState[], number]>([
    [
      'from its end, to a word without a rule, and back',
      {},
      ['running', 'succeeded', 'unknown', 'succeeded'],
      1,
    ],
    ['twice', {}, ['succeeded', 'unknown', 'succeeded', 'unknown', 'succeeded'], 2],
    ['and then it was deleted', { removed: true }, ['running', 'succeeded', 'unknown'], 1],
  ])('a detour that the contract wants, and that is counted: %s', (_, over, states, detours) => {
    expect(judgeHistory(background({ mangled: true, ...over }), moves(...states))).toEqual({
      stray: [],
      detours,
    });
  });
});

describe('what no job may have gone through', () => {
  it.each<[string, Partial<JobBackground>, JobState[], string[]]>([
    [
      'a detour of a job whose word was never mangled',
      {},
      ['succeeded', 'unknown', 'succeeded'],
      ['left succeeded for unknown', 'was never shown with a word that has no rule'],
    ],
    [
      'a word without a rule that was never served',
      {},
      ['queued', 'unknown', 'succeeded'],
      ['was never shown with a word that has no rule'],
    ],
    [
      'a detour to another end',
      { mangled: true, shown: ['running', 'succeeded', 'failed'] },
      ['succeeded', 'unknown', 'failed'],
      ['left succeeded for unknown'],
    ],
    [
      'a detour that goes on to an open state',
      { mangled: true },
      ['succeeded', 'unknown', 'running', 'succeeded'],
      [
        'left succeeded for unknown',
        'was never running, at least not after scheduled, queued, running, succeeded',
      ],
    ],
    [
      'a detour without an end',
      { mangled: true },
      ['running', 'succeeded', 'unknown'],
      ['left succeeded for unknown'],
    ],
    [
      'an end that is left for an open state',
      { mangled: true },
      ['succeeded', 'running', 'succeeded'],
      [
        'left succeeded for running',
        'was never running, at least not after scheduled, queued, running, succeeded',
      ],
    ],
    [
      'a state that its platform never showed',
      {},
      ['running', 'failed'],
      ['was never failed, at least not after scheduled, queued, running'],
    ],
    [
      'states in another order',
      {},
      ['running', 'queued', 'succeeded'],
      ['was never queued, at least not after scheduled, queued, running'],
    ],
    [
      'an end that it had not reached when it was deleted',
      { removed: true, shown: ['scheduled', 'queued'] },
      ['queued', 'succeeded'],
      ['was never succeeded, at least not after scheduled, queued'],
    ],
  ])('%s', (_, over, states, stray) => {
    expect(judgeHistory(background(over), moves(...states)).stray).toEqual(stray);
  });
});
