import { openApiDocument } from './document.js';

/** Prints the OpenAPI document: what scripts/openapi.mjs and scripts/client.mjs begin with. */
async function main(): Promise<void> {
  process.stdout.write(`${JSON.stringify(await openApiDocument(), null, 2)}\n`);
}

void main();
