// node --import resident.mjs PROGRAM: says at its end how much memory it had at most, as `{"maxResidentKiB":N}` on standard error.
import { writeSync } from 'node:fs';

process.on('exit', () => {
  writeSync(2, `\n${JSON.stringify({ maxResidentKiB: process.resourceUsage().maxRSS })}\n`);
});
