import { setImmediate as turn } from 'node:timers/promises';
import { SharedReads } from './shared-reads.js';

/** Queries that a test answers when it likes. */
class Queries {
  readonly open: { answer: (value: string) => void; fail: (error: Error) => void }[] = [];
  begun = 0;

  readonly read = () =>
    new Promise<string>((answer, fail) => {
      this.begun += 1;
      this.open.push({ answer, fail });
    });
}

describe('shared reads', () => {
  let queries: Queries;
  let reads: SharedReads<string>;

  beforeEach(() => {
    queries = new Queries();
    reads = new SharedReads();
  });

  it('begin at once when none is under way', async () => {
    const first = reads.ask('a', queries.read);
    expect(queries.begun).toBe(1);
    queries.open[0]!.answer('one');
    expect(await first).toBe('one');
    const second = reads.ask('a', queries.read);
    expect(queries.begun).toBe(2);
    queries.open[1]!.answer('two');
    expect(await second).toBe('two');
  });

  it('are never answered by a query that began before they were asked for', async () => {
    const first = reads.ask('a', queries.read);
    const late = [reads.ask('a', queries.read), reads.ask('a', queries.read)];
    expect(queries.begun).toBe(1);
    queries.open[0]!.answer('old');
    expect(await first).toBe('old');
    await turn();
    expect(queries.begun).toBe(2);
    const later = reads.ask('a', queries.read);
    queries.open[1]!.answer('new');
    expect(await Promise.all(late)).toEqual(['new', 'new']);
    await turn();
    expect(queries.begun).toBe(3);
    queries.open[2]!.answer('newest');
    expect(await later).toBe('newest');
  });

  it('fail alone: the next query is a query of its own', async () => {
    const first = reads.ask('a', queries.read);
    const second = reads.ask('a', queries.read);
    queries.open[0]!.fail(new Error('gone'));
    await expect(first).rejects.toThrow('gone');
    await turn();
    queries.open[1]!.answer('back');
    expect(await second).toBe('back');
  });

  it('of different things do not wait for each other', () => {
    void reads.ask('a', queries.read);
    void reads.ask('b', queries.read);
    expect(queries.begun).toBe(2);
  });
});
