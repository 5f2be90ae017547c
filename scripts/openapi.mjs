// node scripts/openapi.mjs print          the OpenAPI document as the service answers it
// node scripts/openapi.mjs lint [FILE]    what the linter says of it (redocly.yaml), or of the one in FILE; 1 when it says anything
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { lintFromString, loadConfig } from '@redocly/openapi-core';
import { documentText } from './openapi-document.mjs';

const ROOT = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

const [command, file] = process.argv.slice(2);
const text = file === undefined ? documentText() : readFileSync(file, 'utf8');
if (command === 'print') process.stdout.write(text);
else if (command === 'lint') process.exitCode = await lint();
else {
  console.error('node scripts/openapi.mjs print | lint [FILE]');
  process.exitCode = 2;
}

async function lint() {
  const config = await loadConfig({ configPath: path.join(ROOT, 'redocly.yaml') });
  const problems = await lintFromString({ source: text, absoluteRef: 'openapi.json', config });
  for (const { severity, ruleId, message, location } of problems)
    console.log(`${severity} ${ruleId}: ${message} (${location[0]?.pointer ?? '#'})`);
  console.log(`${problems.length} problems`);
  return problems.length === 0 ? 0 : 1;
}
