import { upstreamWords } from './upstream-words.js';

describe('upstreamWords', () => {
  it.each<[string, unknown, string]>([
    ['plain words', 'Job not found', 'Job not found'],
    ['several lines and controls as one line', ' a\r\nb\t\u0000c\u001b[31m\u2028d ', 'a b \uFFFDc [31m d'],
    ['no secret', 'key s3cret-key refused (s3cret-key)', 'key *** refused (***)'],
    ['no lone surrogate', 'a\uD800b', 'a\uFFFDb'],
    ['nothing for what is no text', { message: 'x' }, ''],
    ['nothing for nothing', undefined, ''],
  ])('gives %s', (_, text, expected) => {
    expect(upstreamWords(text, ['s3cret-key', ''])).toBe(expected);
  });

  it('cuts long words, never through a character', () => {
    expect(upstreamWords('x'.repeat(10_000), [])).toBe(`${'x'.repeat(200)}…`);
    expect(upstreamWords(`${'x'.repeat(199)}\u{1F600}y`, []).isWellFormed()).toBe(true);
  });
});
