import { Followed, Following, Writing, followAll } from './streams.js';

// A process of nothing but readers, which writes a line of JSON now and then, and what came of them in the end. Started by streams-main.ts.

export interface ReadersTask {
  url: string;
  start: string;
  following: Following;
  writing: Writing;
}

/** How far the readers of a process are; in the last line, what came of them. */
export interface ReadersWord {
  done: number;
  events: number;
  followed: Followed | null;
}

const say = (word: ReadersWord) => console.log(JSON.stringify(word));

async function main(): Promise<void> {
  const { url, start, following, writing } = JSON.parse(process.argv[2]!) as ReadersTask;
  const followed = await followAll(url, start, following, writing, (done, events) =>
    say({ done, events, followed: null }),
  );
  say({ done: followed.complete, events: followed.events, followed });
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
