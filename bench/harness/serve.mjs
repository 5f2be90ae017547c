// node serve.mjs ARGUMENT…: the built `rollcall`, as bin/rollcall.mjs starts it, but never built anew: a benchmark measures one build.
const { default: cli } = await import('../../dist/src/cli.js');
await cli.main();
