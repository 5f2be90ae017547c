#!/usr/bin/env node
// The `rollcall` command. In a checkout it builds first when the sources have changed; a shipped image is built already.
import { ensureBuilt } from '../scripts/build.mjs';

const EX_SOFTWARE = 1;

try {
  await ensureBuilt();
} catch (error) {
  console.error(`rollcall: ${error.message}`);
  process.exit(EX_SOFTWARE);
}
const { default: cli } = await import('../dist/src/cli.js');
await cli.main();
