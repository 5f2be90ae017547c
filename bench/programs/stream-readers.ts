import { SseReader } from '../../test/support/sse-reader.js';
import { latencyOf } from '../harness/figures.js';
import { monotonicMs, runProgram, say } from '../harness/program.js';
import { Latency } from '../harness/figures.js';

export interface ReadersTask {
  url: string;
  headers: Record<string, string>;
  streams: number;
}

/** When each change was committed, by the external id of its job; {@link monotonicMs}. */
export type Commits = Record<string, number>;

export interface ReadersWord {
  /** Null before the last stream has every change. */
  latency: Latency | null;
}

// Open streams, of which each hears every change. Told when the changes were committed, it says how long each took to each stream.

runProgram<ReadersTask>(async ({ url, headers, streams }) => {
  const arrivals = new Map<string, number[]>();
  let heard = 0;
  let commits: Commits | null = null;

  const tellWhenComplete = () => {
    if (commits === null || heard < streams * Object.keys(commits).length) return;
    const waits = Object.entries(commits).flatMap(([id, at]) =>
      arrivals.get(id)!.map((arrived) => arrived - at),
    );
    say({ latency: latencyOf(waits) } satisfies ReadersWord);
  };
  const hear = ({ data }: { data: string }) => {
    const now = monotonicMs();
    const [, id] = /"externalId":"(\d+)"/.exec(data) ?? [];
    if (id === undefined) return;
    const own = arrivals.get(id);
    if (own) own.push(now);
    else arrivals.set(id, [now]);
    heard++;
    tellWhenComplete();
  };
  process.on('message', (told: Commits) => {
    commits = told;
    tellWhenComplete();
  });
  for (let opened = 0; opened < streams; opened++) {
    const { status } = await SseReader.open(url, headers, hear);
    if (status !== 200) throw new Error(`the stream answered ${status}`);
  }
  say({ latency: null } satisfies ReadersWord);
});
