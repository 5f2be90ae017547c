// node scripts/client.mjs            writes the types of the client (client/src/schema.ts) anew from the OpenAPI document
// node scripts/client.mjs --check [FILE]    1 when they are not those of the document, or of the one in FILE
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import openapiTS, { astToString } from 'openapi-typescript';
import { format, resolveConfig } from 'prettier';
import { documentText } from './openapi-document.mjs';

const TARGET = path.join(path.dirname(path.dirname(fileURLToPath(import.meta.url))), 'client/src/schema.ts');
const HEAD = '// Written by `npm run client` from the OpenAPI document of the service. Not to be edited.\n\n';

const [mode, file] = process.argv.slice(2);
const document = JSON.parse(file === undefined ? documentText() : readFileSync(file, 'utf8'));
const types = astToString(await openapiTS(document));
const text = await format(HEAD + types, { ...(await resolveConfig(TARGET)), filepath: TARGET });

if (mode !== '--check') writeFileSync(TARGET, text);
else if (readFileSync(TARGET, 'utf8') !== text) {
  console.error('client/src/schema.ts is not of this document: npm run client');
  process.exitCode = 1;
}
