import { Following, Writing, followAll } from './streams.js';

// A process of nothing but readers; its last line is what came of them. Started by streams-main.ts.

export interface ReadersTask {
  url: string;
  start: string;
  following: Following;
  writing: Writing;
}

async function main(): Promise<void> {
  const { url, start, following, writing } = JSON.parse(process.argv[2]!) as ReadersTask;
  console.log(JSON.stringify(await followAll(url, start, following, writing)));
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
