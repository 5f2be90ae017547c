import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { manifestJsonSchema, withReference } from '../../src/connectors/http/reference.js';

const ROOT = join(__dirname, '..', '..');
const PAGE = join(ROOT, 'docs', 'connectors', 'http.md');

writeFileSync(join(ROOT, 'src', 'connectors', 'http', 'manifest.schema.json'), manifestJsonSchema());
writeFileSync(PAGE, withReference(readFileSync(PAGE, 'utf8')));
